"""A notice is acknowledged: in the chain of its case and in its delivery record. One place for all ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from notifications.notice import Notice
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.desk import CaseCommands
from workflow.refusal import Refusal


class UnknownNotice(Refusal, LookupError):
    """There is no notice of that key."""

    def __init__(self, key: str) -> None:
        super().__init__("unknown_notice", key=key)


class Register(Protocol):
    """What an acknowledgement needs of the outbox."""

    def carried(self, key: str) -> Sequence[Notice]:
        """What the letter of that notice carried."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """The reader says it was read; the first time stays. False when there is no such notice."""


def acknowledge(
    register: Register,
    desk: CaseCommands,
    notice: Notice | None,
    key: str,
    *,
    by: str,
    now: datetime,
    today: date,
) -> Notice:
    """Its reader says that it was read. Said again, the first time stays.

    Args:
        notice: the notice of that key, None when there is none.
        by: who says so, as the chain writes it.

    Raises:
        UnknownNotice: there is none of that key.
    """
    if notice is None:
        raise UnknownNotice(key)
    if notice.acknowledged_at is not None:
        return notice
    # A letter that carried others was read with all it carried.
    for one in (*register.carried(notice.key), notice):
        if one.case:
            reminder_actions.acknowledged(desk, one.case, one.obligation, one.key, by=by, now=now, today=today)
        register.acknowledge(one.key, now=now)
    return replace(notice, acknowledged_at=now)
