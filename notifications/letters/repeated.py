"""Finds letters that would only repeat another: one of a server that was away, or of a case opened at night.

Of several steps of one deadline a person is told of the newest alone. A letter that names a day by which
something is to be done is not followed by its reminder on the day it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from notifications.notice import ANSWER_DAY, Notice
from notifications.rules import local_day
from workflow.cases.registers.entries import number_of, row_kind
from workflow.reminders import step_order

WAITING = ("queued", "sending")


def repeated(batch: Sequence[Notice], related: Sequence[Notice], *, today: date) -> frozenset[str]:
    """Return the keys of the notices that another makes superfluous.

    Args:
        batch: notices about to be sent.
        related: all that may say the same (`Outbox.related`).
    """

    def goes_today(other: Notice) -> bool:
        sent_today = other.sent_at is not None and local_day(other.sent_at) == today
        return other.state in WAITING or sent_today

    by_recipient: dict[tuple[str, str, str], list[Notice]] = {}
    for other in related:
        by_recipient.setdefault((other.case, other.person, other.channel), []).append(other)
    keys: set[str] = set()
    for notice in batch:
        others = by_recipient.get((notice.case, notice.person, notice.channel), [])
        today_others = [other for other in others if goes_today(other)]
        is_told = any(_gives(other, notice) or _asks(other, notice) for other in today_others)
        if is_told or any(_is_newer_step(other, notice) for other in others):
            keys.add(notice.key)
    return frozenset(keys)


def _is_newer_step(other: Notice, notice: Notice) -> bool:
    """Return whether another notice is about a later step of the same deadline."""
    kinds = (other.kind, notice.kind)
    if kinds != ("reminder", "reminder") or (other.obligation, other.due) != (notice.obligation, notice.due):
        return False
    kind, at = step_order(notice.step)
    other_kind, other_at = step_order(other.step)
    return kind == other_kind and other_at > at


def _gives(other: Notice, notice: Notice) -> bool:
    """Return whether another letter gives the assignment a notice reminds of."""
    kinds = (other.kind, notice.kind)
    if kinds != ("comment", "reminder") or row_kind(notice.obligation) != "assignment":
        return False
    return other.about.get("place") == f"given-{number_of(notice.obligation)}"


def _asks(other: Notice, notice: Notice) -> bool:
    """Return whether another letter asks the question whose day a notice reminds of."""
    is_question = other.kind == "comment" and other.step != ANSWER_DAY
    return notice.step == ANSWER_DAY and is_question and other.about.get("line") == notice.about.get("line")
