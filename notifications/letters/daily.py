"""Turns claimed notices into letters when they leave. The letter of a day has all its items in one page, in the
order of their urgency.

Overdue, today, coming, planned, slipped, decisions, without a term; then dates that moved, comments, the call
to confirm the calendar; for a head what is overdue in their units; in a letter of the week also what its reader
must do soon.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from itertools import chain
from types import MappingProxyType

from calendars.hours import local_date
from calendars.kazakhstan import Kazakhstan
from i18n import available_language, say
from notifications.channels import OutgoingMessage
from notifications.daily import WEEK, first_of_week
from notifications.dispatch import Dispatch
from notifications.letters import LetterLine, render_letter
from notifications.letters.deadlines import (
    OVERDUE,
    SECTIONS,
    SLIPPED,
    UNDATED,
    DayRelation,
    ListedDeadline,
    Matter,
    calendar_entry,
    list_line,
    relation_to,
    reminder_letter,
    reminder_line,
)
from notifications.letters.events import (
    account_letter,
    campaign_letter,
    comment_letter,
    comment_line,
    lost_letter,
    moved_entry,
    moved_line,
    moved_subject,
)
from notifications.letters.matters import NOTHING_LEFT, Item, Matters, put_off
from notifications.notice import Action, CalendarEntry, Letter, Notice, Outcome
from notifications.recipients import resolve_assignees
from workflow.cases.case import Case
from workflow.cases.commands.answers import days_to_offer
from workflow.deadlines.deadline import Row, holds_on, last_near_day, lateness
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.org.duties import stand_in
from workflow.org.office import OUTSIDE, Office, Person
from workflow.refusal import Refusal
from workflow.registers.rows import name_in

LONGEST = 100
"""Maximum lines of one list; the rest is counted."""
BUTTONS = 5
"""Items of a letter with buttons of their own in a chat."""
AHEAD = tuple(word for name in ("soon", "planned", "asked") for word in SECTIONS[name])
SUBJECT = {"late": OVERDUE, "today": ("today",), "ahead": AHEAD, "slipped": SLIPPED, "undated": UNDATED}
"""What a subject counts, each with the words of its deadlines."""
Line = tuple[DayRelation, LetterLine]
"""A deadline in a list: its day with how today relates to it, and its line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposedLetters:
    """Letters ready to send, the outcomes of notices that need none (by key), and the notices that are to go to
    another person.
    """

    parcels: tuple[OutgoingMessage, ...]
    settled: Mapping[str, Outcome]
    redirected: Sequence[tuple[Notice, Person]]


def compose(
    dispatch: Dispatch,
    letters: Sequence[Notice],
    *,
    related: Sequence[Notice] = (),
    carried: Mapping[str, Sequence[Notice]] = MappingProxyType({}),
    overview: OpenDeadlines | None = None,
) -> ComposedLetters:
    """Return a letter with today's data for each notice that is still needed (`Matters.item`). `related`: what
    may say the same to the same people; `carried`: the notices that letters of this batch carry, by the
    letter's key.
    """
    overview = overview or OpenDeadlines(dispatch)
    matters = Matters(dispatch, [*letters, *chain.from_iterable(carried.values())], related=related)
    parcels: list[OutgoingMessage] = []
    settled: dict[str, Outcome] = {}
    for letter in letters:
        # A language may have left the installation since.
        letter = replace(letter, language=available_language(letter.language))
        is_carrier = letter.kind == "letter"
        members = carried.get(letter.key, ()) if is_carrier else [letter]
        items = {member.key: matters.item(member) for member in members}
        settled |= {key: item for key, item in items.items() if isinstance(item, Outcome)}
        if letter.key in settled:
            continue
        valid = [item for item in items.values() if not isinstance(item, Outcome)]
        try:
            content = _content(letter, valid, matters, overview)
        except (Refusal, LookupError) as trouble:
            settled[letter.key] = put_off(trouble)
            continue
        if content is None or not matters.is_still_for(letter):
            settled[letter.key] = NOTHING_LEFT
            continue
        address, one_click = matters.settings(letter)
        parcels.append(
            OutgoingMessage(
                notice=replace(letter, address=matters.address(letter)),
                letter=replace(content, settings=address, one_click=one_click),
                name=matters.name(letter),
            )
        )
    return ComposedLetters(parcels=tuple(parcels), settled=settled, redirected=matters.redirected)


def _content(letter: Notice, items: Sequence[Item], matters: Matters, overview: OpenDeadlines) -> Letter | None:
    """Return what a letter with these items says; None when there is nothing to say any more."""
    name = matters.name(letter)
    match letter.kind:
        case "lost":
            return lost_letter(letter, name=name, office=matters.office)
        case "comment":
            return comment_letter(letter, matters)
        case "account":
            return account_letter(letter, name=name, rules=matters.rules)
        case "campaign":
            return campaign_letter(letter, name=name, rules=matters.rules)
    return daily_letter(letter, items, matters, overview)


def daily_letter(
    letter: Notice, items: Sequence[Item], matters: Matters, overview: OpenDeadlines
) -> Letter | None:
    """Return the letter with these items; None when there is nothing to say.

    One reminder or comment alone is the letter it is: it says more than a line of a list.
    """
    language, office, today = letter.language, matters.office, matters.today
    reminders = [item for item in items if isinstance(item, Matter) and item.notice.kind == "reminder"]
    moved = [item for item in items if isinstance(item, Matter) and item.notice.kind == "moved"]
    comments = [item for item in items if isinstance(item, Notice) and item.kind == "comment"]
    calls = any(isinstance(item, Notice) and item.kind == "calendar" for item in items)
    own = [(reminder_line(matter), matter) for matter in _each_once(reminders)]
    lines = [(matter.relation, line) for line, matter in own]
    told = {matter.place for matter in reminders}
    if letter.step == WEEK:
        pressing = (deadline for deadline in overview.pressing if deadline.is_for(letter.person))
        mine = [deadline for deadline in pressing if deadline.place not in told]
        lines += [(deadline.relation, list_line(deadline, language)) for deadline in mine]
        told |= {deadline.place for deadline in mine}
    # The officer's letter of the first working day of their week says more.
    days, officer = matters.dispatch.times.days(letter.person), matters.dispatch.present_officer
    is_officers = officer is not None and officer.key == letter.person and first_of_week(today, days)
    never = overview.never_confirmed if is_officers else ()
    units = _overdue_in_units(letter, matters, overview, told, whole_office=is_officers)
    if not (lines or items or units or never):
        return None
    seal = _seal(overview, language) if is_officers else ""
    is_alone = len(items) == 1 and len(lines) == len(reminders) and not (units or never or seal)
    if is_alone and comments:
        return comment_letter(comments[0], matters)
    entries = _entries(reminders, moved, matters.rules.domain)
    if is_alone and reminders:
        return replace(reminder_letter(reminders[0]), entries=entries, actions=_actions(reminders, matters))
    subject, lead = _words(lines, items, len(units), today, language)
    lines.sort(key=lambda line: line[0].day)
    sections = {
        **{
            f"heading_{name}": [line for relation, line in lines if relation.word in words]
            for name, words in SECTIONS.items()
        },
        "heading_dates": [moved_line(matter) for matter in moved],
        "heading_comments": [comment_line(comment, matters) for comment in comments],
        "calendar_subject": _calendar_call(matters, language) if calls else [],
        "heading_never_confirmed": _lines_of_others(never, office, language),
        "heading_units": _lines_of_others(units, office, language),
    }
    # A chat numbers the lines that have buttons, in the order in which they stand.
    by_line = {line: matter for line, matter in own if not matter.confidential}
    listed = chain.from_iterable(section[:LONGEST] for section in sections.values())
    numbered = [line for line in listed if line in by_line][:BUTTONS]
    return render_letter(
        language=language,
        subject=subject,
        name=matters.name(letter),
        lead=lead,
        numbered=numbered,
        sections={
            say(f"digest.{code}", {"year": today.year + 1}, language): _shortened(section, language)
            for code, section in sections.items()
        },
        footer="digest.footer_weekly" if letter.step == WEEK else "letter.footer",
        postscript=seal,
        entries=entries,
        actions=_actions([by_line[line] for line in numbered], matters),
    )


def _each_once(reminders: Sequence[Matter]) -> Iterable[Matter]:
    """Return each deadline of these reminders once: where several speak of one, that of its due date, else the
    first.
    """
    matters: dict[tuple[str, str], Matter] = {}
    for matter in reminders:
        if matter.about_due_date or matter.place not in matters:
            matters[matter.place] = matter
    return matters.values()


def _words(
    lines: Sequence[Line], items: Sequence[Item], units: int, today: date, language: str
) -> tuple[str, str]:
    """Return the subject and the first sentence: of one moved date alone, of news, or of the deadlines, which
    the subject counts by urgency.

    `units`: number of lines about the reader's units.
    """
    if not lines:
        about = "units" if units and not items else "news"
        arguments = {"today": today, "count": units}
        subject, lead = (say(f"digest.{about}_{part}", arguments, language) for part in ("subject", "lead"))
        item = items[0] if len(items) == 1 else None
        if isinstance(item, Matter):
            subject = moved_subject(item)
        elif item is not None and item.kind == "calendar":
            subject = say("digest.calendar_subject", {"year": today.year + 1}, language)
        return subject, lead
    counts = {name: sum(relation.word in words for relation, _ in lines) for name, words in SUBJECT.items()}
    parts = [say(f"digest.subject_{part}", {"count": n}, language) for part, n in counts.items() if n]
    subject = say("digest.personal_subject", {"today": today, "parts": parts}, language)
    return subject, say("digest.personal_lead", {"today": today, "count": len(lines)}, language)


def _entries(reminders: Iterable[Matter], moved: Iterable[Matter], domain: str) -> tuple[CalendarEntry, ...]:
    """Return the letter's deadlines for its reader's calendar, each once, but for confidential ones."""
    entries = [moved_entry(matter, domain) for matter in moved if not matter.confidential]
    entries += [
        calendar_entry(matter, domain)
        for matter in reminders
        if matter.about_due_date and not matter.confidential
    ]
    return tuple({entry.uid: entry for entry in entries}.values())


def _actions(reminders: Sequence[Matter], matters: Matters) -> tuple[Action, ...]:
    """Return the reminders of a letter which a chat gives buttons of their own."""
    return tuple(
        Action(
            key=matter.notice.key,
            obligation=matter.id,
            asks=bool(matter.obligation.options),
            can_put_off=can_put_off(matter, matters.dispatch.calendar),
        )
        for matter in reminders
        if not matter.confidential
    )


def can_put_off(matter: Matter, calendar: Kazakhstan) -> bool:
    """Return whether the recipient may put it off: they must act, and have a day before the due date left."""
    may = matter.about_due_date and matter.recipient_is_responsible
    return may and bool(days_to_offer(matter.deadline, matter.procedure, calendar, today=matter.relation.today))


def _overdue_in_units(
    notice: Notice,
    matters: Matters,
    overview: OpenDeadlines,
    told: Collection[tuple[str, str]],
    *,
    whole_office: bool,
) -> list[ListedDeadline]:
    """Return what is overdue in the units the reader heads (or stands in for their head), or in the whole
    office, each once, without what is confidential or in `told` already.
    """
    office = matters.office
    units = [
        unit
        for (unit, duty), people in sorted(office.holders.items())
        if duty in ("head_of_unit", "head")
        for person in people
        if (present := stand_in(office, person, matters.today)) is not None and present.key == notice.person
    ]
    if whole_office:
        units += [unit.id for unit in office.units.values() if unit.parent is None]
    overdue = {
        deadline.place: deadline
        for unit in units
        for deadline in overview.pressing
        if deadline.relation.word in OVERDUE and deadline.place not in told and not deadline.confidential
        if any(unit in office.above(place) for place in overview.places(deadline))
    }
    return sorted(overdue.values(), key=lambda deadline: deadline.relation.day)


def _lines_of_others(deadlines: Iterable[ListedDeadline], office: Office, language: str) -> list[LetterLine]:
    """Return deadlines as lines with the unit and who must act."""
    lines = []
    for deadline in deadlines:
        whose = (name_in(office, deadline.case.unit, language), deadline.whose(language))
        lines.append(list_line(deadline, language, more="; ".join(filter(None, whose))))
    return lines


def _seal(overview: OpenDeadlines, language: str) -> str:
    """Return the line with the last seal over the events; "" without one."""
    if overview.seal is None:
        return ""
    n, at, hash = overview.seal
    return say("digest.seal", {"on": local_date(at), "seal": f"{n} {hash}"}, language)


def _calendar_call(matters: Matters, language: str) -> list[LetterLine]:
    """Return the lines that ask the officer to adopt next year's calendar."""
    address = f"{matters.rules.public_address}/calendar/acts"
    return [
        LetterLine(text=say("digest.calendar_do", {"year": matters.today.year + 1}, language)),
        LetterLine(text=say("digest.calendar_link", {}, language), link=address),
    ]


def _shortened(lines: Sequence[LetterLine], language: str) -> Sequence[LetterLine]:
    """Return the lines of a section cut to its limit, with the number of those left out."""
    if len(lines) <= LONGEST:
        return lines
    rest = say("digest.more", {"count": len(lines) - LONGEST}, language)
    return [*lines[:LONGEST], LetterLine(text=rest)]


DAYS_AHEAD = 5
"""Working days a digest looks ahead."""


class OpenDeadlines:
    """The open deadlines that digests list, read when they are first asked for, once for a whole delivery."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._outbox, self._today = dispatch.outbox, dispatch.moment.today

    @cached_property
    def pressing(self) -> Sequence[ListedDeadline]:
        """Those overdue, due within DAYS_AHEAD working days, or whose plan slipped, by due date; without those
        of bodies outside the office.
        """
        until = last_near_day(self._dispatch.calendar, self._today, DAYS_AHEAD)
        return self._read(self._outbox.open_rows(until, today=self._today))

    @cached_property
    def never_confirmed(self) -> Sequence[ListedDeadline]:
        """Obligations nobody confirmed as done though their cases are completed: overdue, or without a term."""
        return self._read(self._outbox.never_confirmed(today=self._today))

    @cached_property
    def seal(self) -> tuple[int, datetime, str] | None:
        """Number, moment and hash of the last seal over the events, for a copy outside the database."""
        return self._outbox.newest_seal()

    def due_by(self, last: date) -> Sequence[ListedDeadline]:
        """Return those overdue or due by a day, by due date, whatever became of their plan dates."""
        rows = self._outbox.open_rows(last, today=self._today)
        due = [row for row in rows if row.due and row.due <= last and holds_on(row, self._today)]
        return self._read([row._replace(planned_on=None) for row in due])

    def places(self, deadline: ListedDeadline) -> Iterable[str]:
        """Return the units whose digests list the deadline: those of who must act, not the object of the
        analysis. Where nobody is found, the case's unit, else all organisations.
        """
        office = self._dispatch.office
        if acting := {each.person.unit for each in deadline.people if each.why != "officer"}:
            return acting
        return [office.unit_id(deadline.case.unit)] if deadline.case.unit else office.organisations

    def _read(self, rows: Sequence[Row]) -> Sequence[ListedDeadline]:
        """Return the deadlines of board rows that can be listed."""
        cases = self._outbox.cases({row.case for row in rows})
        read = (self._listed(row, cases[row.case]) for row in rows if row.case in cases)
        return [deadline for deadline in read if deadline is not None]

    def _listed(self, row: Row, case: Case) -> ListedDeadline | None:
        """Return a board row as a line of a letter, with who must act; None for one of a body outside the
        office, whose obligations are no lateness here, and where the edition (every round reports that) or the
        obligation is missing.
        """
        try:
            procedure = self._dispatch.library.named(case.edition)
            obligation = entry_obligation(case, procedure, row.obligation)
        except (Refusal, KeyError):
            return None
        if obligation.duty == OUTSIDE:
            return None
        return ListedDeadline(
            case=case,
            procedure=procedure,
            obligation=obligation,
            id=row.obligation,
            relation=self._relation(row),
            page=f"{self._dispatch.rules.public_address}/cases/{case.id}",
            people=resolve_assignees(self._dispatch.office, case, obligation, row.obligation, on=self._today),
        )

    def _relation(self, row: Row) -> DayRelation:
        """Return how today relates to the day a row is about: due, planned where the plan slipped, or open
        since.
        """
        today, calendar = self._today, self._dispatch.calendar
        if row.due is not None and not lateness(row, today=today).slipped:
            return relation_to(row.due, calendar, today=today)
        if row.planned_on is not None:
            return relation_to(row.planned_on, calendar, today=today, planned=True)
        assert row.reminds_from is not None
        return DayRelation(word="open", day=row.reminds_from, today=today)
