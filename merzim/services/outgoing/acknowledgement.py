"""Acknowledges a notice in its case's chain and in its delivery record; used by page, API, bot and command
line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from notifications.notice import Notice
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.case_commands import CaseCommands
from workflow.refusal import Refusal


class UnknownNotice(Refusal, LookupError):
    """No notice has this key."""

    def __init__(self, key: str) -> None:
        super().__init__("unknown_notice", key=key)


class Register(Protocol):
    """The part of the outbox that acknowledgement uses."""

    def carried(self, key: str) -> Sequence[Notice]:
        """Return the notices carried by that notice's letter."""

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """Record that the notice was read; the first time is kept. False when there is no such notice."""


def acknowledge(
    register: Register,
    case_commands: CaseCommands,
    notice: Notice | None,
    key: str,
    *,
    by: str,
    now: datetime,
    today: date,
) -> Notice:
    """Record that the recipient has read a notice; when repeated, the first time is kept.

    Args:
        notice: the notice of the key, None when there is none.
        by: the person, as written in the chain.

    Raises:
        UnknownNotice: no notice has this key.
    """
    if notice is None:
        raise UnknownNotice(key)
    if notice.acknowledged_at is not None:
        return notice
    # A letter that carried others was read with all it carried.
    for carried_notice in (*register.carried(notice.key), notice):
        if carried_notice.case:
            reminder_actions.acknowledged(
                case_commands,
                carried_notice.case,
                carried_notice.obligation,
                carried_notice.key,
                by=by,
                now=now,
                today=today,
            )
        register.acknowledge(carried_notice.key, now=now)
    return replace(notice, acknowledged_at=now)
