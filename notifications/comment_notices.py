"""Notifies people by letter of events that concern them: a mention, a question, an answer, an assignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from calendars import OutOfRange
from notifications.bundling import next_opening
from notifications.channels import Channel, language_of
from notifications.notice import ANSWER_DAY, Notice, message_id
from notifications.office_time import OfficeTimes
from notifications.ports import InboxLine, Outbox
from notifications.rules import Rules, local_day
from workflow.cases.case import Event
from workflow.org.office import Office

COMMENT = "comment"
"""The step of these notices."""
PAGE = 500
_KINDS = {"assignment_answered": "done", "assignment_extended": "extension"}
"""Events for which the letter's kind differs from the inbox entry's."""
_DATED = frozenset({"question", "assignment", "extension"})
"""Kinds of letters that name a day by which their reader must do something."""
TEXT_LIMIT = 1000
"""Maximum characters of a comment quoted in its letter."""


def queue_comment_notices(
    outbox: Outbox,
    office: Office,
    times: OfficeTimes,
    channels: Sequence[Channel],
    *,
    now: datetime,
    rules: Rules,
) -> int:
    """Queue a letter for every such event nobody was notified of; return how many were queued."""
    queued = 0
    while lines := outbox.untold(limit=PAGE):
        notices = [
            one
            for line in lines
            for one in comment_notices(line, office, times, channels, now=now, rules=rules)
        ]
        queued += outbox.settle_untold(lines, notices, now=now)
    return queued


def comment_notices(
    line: InboxLine,
    office: Office,
    times: OfficeTimes,
    channels: Sequence[Channel],
    *,
    now: datetime,
    rules: Rules,
) -> Iterator[Notice]:
    """Yield a notice about an event for every channel that reaches the person."""
    person, event = office.people.get(line.person), line.event
    if person is None:
        return
    due = event.on or local_day(event.at, rules)
    author = office.people.get(str(event.payload.get("person", "")))
    kind = _KINDS.get(event.kind, line.kind)
    about: dict[str, object] = {"kind": kind, "line": event.seq, "place": _place(event)}
    if not line.confidential:
        text = str(event.payload.get("text", ""))
        about["text"] = text[:TEXT_LIMIT]
    if event.on is not None and kind in _DATED:
        about["until"] = event.on.isoformat()
    for channel in channels:
        address = channel.address(person)
        if address is None:
            continue
        language = language_of(channel, person)
        if not line.confidential:
            about["by"] = author.name_in(language) if author else event.by
        key = f"{line_key(event.case, event.seq)}{due.isoformat()}:{COMMENT}:{person.key}:{channel.name}"
        notice = Notice(
            key=key,
            case=event.case,
            obligation="",
            due=due,
            rung=COMMENT,
            person=person.key,
            channel=channel.name,
            address=address,
            language=language,
            queued_at=now,
            not_before=times.opening(person.key, now),
            message_id=message_id(key, rules.domain),
            kind="comment",
            about={**about},
        )
        yield notice
        if kind == "question" and event.on is not None:
            yield from _on_its_day(notice, times, now=now, rules=rules)


def _on_its_day(notice: Notice, times: OfficeTimes, *, now: datetime, rules: Rules) -> Iterator[Notice]:
    """Yield the reminder of a question on its day, or on the working day before a day off.

    None where the question itself leaves no earlier.
    """
    try:
        day = times.days(notice.person).previous_working(notice.due)
    except OutOfRange:
        day = notice.due
    if day <= local_day(notice.not_before, rules):
        return
    key = notice.key.replace(f":{COMMENT}:", f":{ANSWER_DAY}:", 1)
    yield replace(
        notice,
        key=key,
        rung=ANSWER_DAY,
        not_before=next_opening(day, notice.person, times, now=now, rules=rules),
        message_id=message_id(key, rules.domain),
        about={**notice.about, "kind": ANSWER_DAY},
    )


def _place(event: Event) -> str:
    """Return the anchor of the event on the page of the case."""
    return f"given-{event.name}" if event.kind.startswith("assignment_") else f"comment-{event.seq}"


def line_key(case: str, seq: int) -> str:
    """Return the common prefix of the keys of notices about an event of a case."""
    return f"{case}:#{seq}:"
