"""Notices of events, beside reminder steps: a date that moved, a comment, a campaign, one's own account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from calendars import OutOfRange
from calendars.hours import local_date
from i18n import paragraph
from notifications.channels import NO_ADDRESS, Channel
from notifications.daily import DAY, bundle_of, next_opening
from notifications.dispatch import Dispatch, InboxLine, Move
from notifications.notice import ANSWER_DAY, Notice, message_id
from workflow.cases.case import AWAITED, Event
from workflow.cases.commands.planning import DeadlineChange
from workflow.deadlines.deadline import lateness
from workflow.org.office import Person, Recipient
from workflow.registers.definition import Campaign, Register, RegisterField
from workflow.reminders import PLAN_STEPS, undated_kind

COMMENT = "comment"
_KINDS = {"assignment_answered": "done", "assignment_extended": "extension"}
"""Events for which the letter's kind differs from the inbox entry's."""
_DATED = frozenset({"question", "assignment", "extension"})
"""Kinds of letters that name a day by which their reader must do something."""
_AT_ONCE = frozenset({"question", "assignment"})
"""Kinds of letters addressed to one person who must act: they leave alone and do not wait for the morning."""
TEXT_LIMIT = 1000
"""Maximum characters of a comment quoted in its letter."""


def comment_notices(line: InboxLine, dispatch: Dispatch) -> Iterator[Notice]:
    """Yield a notice about an event for every channel that reaches the person, and of a question another one on
    its day; none for somebody who left.
    """
    office = dispatch.office
    person, event = office.people.get(line.person), line.event
    if person is None:
        return
    due = event.on or local_date(event.at)
    author = office.people.get(str(event.payload.get("person", "")))
    kind = _KINDS.get(event.kind, line.kind)
    # The anchor of the event on the page of the case.
    place = f"given-{event.name}" if event.kind.startswith("assignment_") else f"comment-{event.seq}"
    about: dict[str, object] = {"kind": kind, "line": event.seq, "place": place}
    if not line.confidential:
        about["text"] = str(event.payload.get("text", ""))[:TEXT_LIMIT]
        about["by"] = author.name_in(person.language) if author else event.by
    if event.on is not None and kind in _DATED:
        about["until"] = event.on.isoformat()
    for notice in dispatch.notices_to(
        person,
        f"{event.case}:#{event.seq}:{due.isoformat()}:{COMMENT}",
        kind="comment",
        case=event.case,
        due=due,
        step=COMMENT,
        bundle="" if kind in _AT_ONCE else bundle_of(person, dispatch),
        about=about,
    ):
        yield notice
        if kind == "question" and event.on is not None:
            yield from _on_its_day(notice, dispatch)


def _on_its_day(notice: Notice, dispatch: Dispatch) -> Iterator[Notice]:
    """Yield the reminder of a question on its day, or on the working day before a day off.

    None where the question itself leaves no earlier.
    """
    try:
        day = dispatch.times.days(notice.person).find_previous_working_day(notice.due)
    except OutOfRange:
        day = notice.due
    if day <= local_date(notice.not_before):
        return
    key = notice.key.replace(f":{COMMENT}:", f":{ANSWER_DAY}:", 1)
    yield replace(
        notice,
        key=key,
        step=ANSWER_DAY,
        bundle=DAY,
        not_before=next_opening(day, notice.person, dispatch.times, now=dispatch.moment.now),
        message_id=message_id(key, dispatch.rules.domain),
        about={**notice.about, "kind": ANSWER_DAY},
    )


def account_notices(
    person: Person,
    dispatch: Dispatch,
    *,
    login: str,
    event: str,
    facts: Mapping[str, object],
    mark: str = "",
) -> tuple[Notice, ...]:
    """Return a notice for every channel that reaches the person; they are sent at once, at any hour. `event`:
    its code; `mark`: distinguishes two notices of the same second.
    """
    at = dispatch.moment
    notices = dispatch.notices_to(
        person,
        f"::{at.today.isoformat()}:{event}.{login}@{at.now:%Y%m%dT%H%M%S}{mark}",
        kind="account",
        due=at.today,
        step="account",
        about={"event": event, "login": login, "at": at.now.isoformat(), **facts},
    )
    return tuple(notices)


INVITATION, REMINDER = "invitation", "reminder"


def given_days(register: Register, given: Mapping[str, object]) -> list[tuple[RegisterField, date]]:
    """Return the days the officer gave to every row, each with its date field, but for what is confidential:
    they stand in letters and on pages opened without log-in, beside the last day of answering.
    """
    shown_fields = {
        name for name, field in register.fields.items() if field.kind == "date" and not field.confidential
    }
    days = [(name, value) for name, value in given.items() if name in shown_fields and value]
    return [
        (register.fields[name], date.fromisoformat(str(value)))
        for name, value in days
        if not register.confidential
    ]


def chosen_channel(person: Person, channels: Sequence[Channel]) -> Channel | None:
    """Return the channel for asking a person, rather one they enabled themselves; None if none reaches them."""
    reaching = [channel for channel in channels if channel.address(person) not in (None, NO_ADDRESS)]
    reaching.sort(key=lambda channel: not channel.is_chosen)
    return reaching[0] if reaching else None


def cited_act(register: Register, campaign: Campaign, language: str) -> str:
    """Return the act a campaign rests on with its paragraph, in words; "" if there is none."""
    if not campaign.act:
        return ""
    act = register.acts[campaign.act].title[language]
    return f"{act}, {paragraph(campaign.paragraph, language)}"


MOVED, WITHDRAWN = "moved", "withdrawn"
"""The steps of these notices: another due date, or none that is valid."""
DELIVERED_STATES = ("sending", "sent", "unknown")
"""States of a notice whose recipient knows it, or may know it."""


def people_to_tell(changes: Iterable[DeadlineChange], notices: Iterable[Notice]) -> frozenset[str]:
    """Return the keys of the people to notify of these changes: those whom notices of the case (in any order)
    told the old dates.
    """
    after = {change.obligation: change.after for change in changes if change.before is not None}
    return frozenset(
        last.person
        for last in last_told(sorted(notices, key=lambda notice: (notice.queued_at, notice.key)))
        if last.obligation in after and _is_news(after[last.obligation], last)
    )


def last_told(notices: Iterable[Notice]) -> Iterable[Notice]:
    """Return the last notice of a due date, of these in order of time, that each person had of each deadline:
    none of the questions about a plan date or an open duty.
    """
    return {
        (notice.obligation, notice.person): notice
        for notice in notices
        if notice.state in DELIVERED_STATES and notice.step not in PLAN_STEPS and not undated_kind(notice.step)
    }.values()


def was_notified(notices: Iterable[Notice], event: Event) -> bool:
    """Return whether a letter of the event's case that speaks of it may have left: of a date it moved, or
    queued after it.
    """
    change = f"{event.case}#{event.seq}"
    return any(
        notice.state in DELIVERED_STATES
        and (notice.about.get("change") == change or notice.queued_at > event.at)
        for notice in notices
    )


def _is_news(due: date | None, last: Notice) -> bool:
    """Return whether a due date (None: none is valid) differs from the one in the person's last notice."""
    was_withdrawn = last.step == WITHDRAWN
    return not was_withdrawn if due is None else was_withdrawn or due != last.due


def move_notices(move: Move, dispatch: Dispatch) -> Iterator[Notice]:
    """Yield the notices of a moved deadline for each recipient of an earlier one to whom it is news, unless
    another letter tells them or they left: the officer in place of whom no channel reaches any more; none of a
    deadline that is done or missed.
    """
    row, today = move.row, dispatch.moment.today
    if row is not None and row.state in ("done", "missed"):
        # Missed obligations are no longer reminded of, but they are not waived: the case shows the finding.
        return
    # The unrecorded fact without which the deadline has no valid date.
    awaited = lateness(row, today=today).waiting_for if row is not None else None
    due = row.due if row is not None and row.state in AWAITED and awaited is None else None
    step, elsewhere = MOVED if due else WITHDRAWN, move.cause.get("told")
    author = dispatch.office.people.get(move.author)
    for last in last_told(move.notified):
        person = dispatch.office.people.get(last.person)
        is_told_elsewhere = isinstance(elsewhere, list) and last.person in elsewhere
        if person is None or is_told_elsewhere or not _is_news(due, last):
            continue
        told = dispatch.reached(Recipient(person=person, why="duty"))
        person = told.person if told else person
        by = {"by": author.name_in(person.language)} if author else {}
        about = {"old": last.due.isoformat(), "cause": {**move.cause, **by}, "change": move.change}
        told_due = due or last.due
        yield from dispatch.notices_to(
            person,
            # The change is part of the key: each time a date moves away and back is a new notice.
            f"{move.case}:{move.obligation}:{told_due.isoformat()}:{step}@{move.change}",
            case=move.case,
            obligation=move.obligation,
            due=told_due,
            step=step,
            kind="moved",
            bundle=bundle_of(person, dispatch, due=due),
            about=about if awaited is None else {**about, "awaited": awaited},
        )
