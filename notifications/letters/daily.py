"""The letter of a day: all its items in one page, in the order of their urgency.

Overdue, today, coming, planned, slipped, decisions, without a term; then dates that moved, comments, the call
to confirm the calendar; for a head what is overdue in their units; in a letter of the week also what its reader
must do soon.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from i18n import explain, say
from notifications.daily import WEEK, first_of_week
from notifications.letters.events import comment_letter, comment_line
from notifications.letters.moved import moved_entry, moved_line, moved_subject
from notifications.letters.overview import OpenDeadline, OpenDeadlines
from notifications.letters.page import LetterLine, LetterPage, LetterSection, render_letter
from notifications.letters.subjects import Matters
from notifications.letters.texts import (
    OVERDUE,
    SECTIONS,
    SLIPPED,
    UNDATED,
    DayRelation,
    Matter,
    answer_links,
    entry,
    in_place_of,
    letter,
    object_names,
    relation_to_matter,
    with_period,
)
from notifications.notice import Action, CalendarEntry, Letter, Notice
from notifications.recipients import present_officer
from notifications.rules import local_day
from workflow.cases.case import Case
from workflow.cases.commands.reminder_actions import days_to_offer
from workflow.cases.registers.entries import period_in
from workflow.law.procedure import Obligation, Procedure
from workflow.org.duties import stand_in
from workflow.registers.rows import name_in

LONGEST = 100
"""Maximum lines of one list; the rest is counted."""
BUTTONS = 5
"""Items of a letter with buttons of their own in a chat."""
FROM_MONTH = 11
"""From 1 November on the officer is reminded to confirm next year's production calendar."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """The items of one letter that still hold.

    `reminders`, `moved`: with their matters; `comments`; `calls`: to confirm next year's calendar.
    """

    reminders: list[tuple[Notice, Matter]] = field(default_factory=list)
    moved: list[tuple[Notice, Matter]] = field(default_factory=list)
    comments: list[Notice] = field(default_factory=list)
    calls: list[Notice] = field(default_factory=list)

    def number(self) -> int:
        """Return how many items there are."""
        return len(self.reminders) + len(self.moved) + len(self.comments) + len(self.calls)


def daily_letter(notice: Notice, items: Items, matters: Matters, overview: OpenDeadlines) -> Letter | None:
    """Return the letter; None when there is nothing to say.

    One reminder or comment alone is the letter it is: it says more than a line of a list.
    """
    language = notice.language
    deadlines = reminder_items(items.reminders, matters)
    told = {(notice.case, notice.obligation) for notice, _ in items.reminders}
    if notice.step == WEEK:
        mine = [deadline for deadline in overview.of(notice.person) if deadline.place not in told]
        deadlines += [_item(deadline, matters, language) for deadline in mine]
        told |= {deadline.place for deadline in mine}
    never = tuple(_never_confirmed_lines(notice, matters, overview))
    units = tuple(_units_lines(notice, told, matters, overview))
    if not (deadlines or items.number() or units or never):
        return None
    seal = _seal_line(notice, matters, overview)
    is_alone = items.number() == 1 and len(deadlines) == len(items.reminders) and not (units or never or seal)
    if is_alone and items.reminders:
        return _reminder(items, matters)
    if is_alone and items.comments:
        return comment_letter(items.comments[0], matters)
    parts = [
        *_sections(deadlines, language),
        *_section("dates", (moved_line(*pair, language) for pair in items.moved), language),
        *_section("comments", (comment_line(one, matters) for one in items.comments), language),
        *([_calendar_section(matters, language)] if items.calls else ()),
        *_section("never_confirmed", never, language),
        *_section("units", units, language),
    ]
    subject, lead = _words(deadlines, items, len(units), matters, language)
    page = LetterPage(
        subject=subject,
        greeting=say("letter.greeting", {"name": matters.name(notice)}, language),
        lead=lead,
        table=(),
        sections=tuple(_shortened(part, language) for part in parts),
        footer=say("digest.footer_weekly" if notice.step == WEEK else "letter.footer", {}, language) + seal,
    )
    return render_letter(
        page, language, entries=tuple(_entries(items, matters, language)), actions=_actions(items, matters)
    )


class ListedDeadline(NamedTuple):
    """A deadline in a list: its day, the word for how today relates to it, and its line."""

    due: date
    word: str
    line: LetterLine


def _listed(
    case: Case,
    procedure: Procedure,
    obligation: Obligation,
    period: str | None,
    due: date,
    relation: DayRelation,
    matters: Matters,
    language: str,
    *,
    more: str = "",
    answers: tuple[tuple[str, str], ...] = (),
    note: str = "",
) -> ListedDeadline:
    """Return a deadline with its line: title, object, day, working days left or late, and force; of a
    confidential one the line says the day alone.

    Args:
        period: of what recurs; more: text after it; answers, note: as in `LetterLine`.
    """
    arguments = {"due": due, "left": relation.left, "late": relation.late, "today": matters.today}
    link = f"{matters.rules.public_address}/cases/{case.id}"
    when = say(f"digest.when_{relation.word}", arguments, language)
    if procedure.confidential:
        text = f"{say('digest.discreet', {}, language)} – {when}"
        return ListedDeadline(due, relation.word, LetterLine(text=text, link=link, below=True))
    subject = with_period(obligation.title, period, language)
    if about := object_names(case, procedure)[language]:
        subject += f" ({about})"
    force = say(f"letter.force_{obligation.force}", {}, language)
    text = "; ".join(filter(None, (f"{subject} – {when}", force, more)))
    line = LetterLine(text=text, link=link, below=True, answers=answers, note=note)
    return ListedDeadline(due, relation.word, line)


def _sections(items: Iterable[ListedDeadline], language: str) -> tuple[LetterSection, ...]:
    """Return the items grouped by urgency, each by day; empty groups are left out."""
    ordered = sorted(items, key=lambda item: item.due)
    groups = (
        (name, tuple(item.line for item in ordered if item.word in words)) for name, words in SECTIONS.items()
    )
    return tuple(
        LetterSection(heading=say(f"digest.heading_{name}", {}, language), lines=lines)
        for name, lines in groups
        if lines
    )


def _words(
    deadlines: Sequence[ListedDeadline], items: Items, units: int, matters: Matters, language: str
) -> tuple[str, str]:
    """Return the subject and the first sentence: of one moved date alone, of news, or of the deadlines.

    `units`: number of lines about the reader's units.
    """
    today = matters.today
    if not deadlines:
        about = "units" if units and not items.number() else "news"
        arguments = {"today": today, "count": units}
        lead = say(f"digest.{about}_lead", arguments, language)
        if items.number() == 1 and items.moved:
            return moved_subject(*items.moved[0], language), lead
        return say(f"digest.{about}_subject", arguments, language), lead
    lead = say("digest.personal_lead", {"today": today, "count": len(deadlines)}, language)
    late, slipped, undated = (
        sum(deadline.word in words for deadline in deadlines) for words in (OVERDUE, SLIPPED, UNDATED)
    )
    counts = {
        "late": late,
        "ahead": len(deadlines) - late - slipped - undated,
        "slipped": slipped,
        "undated": undated,
    }
    parts = [say(f"digest.subject_{part}", {"count": n}, language) for part, n in counts.items() if n]
    return say("digest.personal_subject", {"today": today, "parts": parts}, language), lead


def reminder_items(notice_pairs: Sequence[tuple[Notice, Matter]], matters: Matters) -> list[ListedDeadline]:
    """Return these reminders as items of a list, each deadline once: where several speak of one, that of its
    due date, else the first.
    """
    items: dict[tuple[str, str], ListedDeadline] = {}
    for notice, matter in notice_pairs:
        if not matter.about_due_date and (notice.case, notice.obligation) in items:
            continue
        items[notice.case, notice.obligation] = _listed(
            matter.case,
            matter.procedure,
            matter.deadline.obligation,
            matter.deadline.period,
            *relation_to_matter(matter, matters.calendar, today=matters.today),
            matters,
            notice.language,
            more=in_place_of(matter, notice.language),
            answers=answer_links(matter, notice.language),
            note=_note(matter, notice.language),
        )
    return list(items.values())


def _note(matter: Matter, language: str) -> str:
    """Return why a deadline is on its day, and what proves that it was done."""
    if matter.confidential:
        return ""
    said = " ".join(explain(matter.deadline.explanation, language))
    if kinds := matter.deadline.obligation.evidence:
        label = say("head.proof", {}, language)
        said += f" {label}: {say('letter.evidence', {'kinds': kinds}, language)}."
    return said.strip()


def _entries(items: Items, matters: Matters, language: str) -> Iterator[CalendarEntry]:
    """Yield the letter's deadlines for its reader's calendar, each once, but for confidential ones."""
    domain = matters.rules.domain
    entries = {}
    for notice, matter in items.moved:
        if not matter.confidential:
            moved = moved_entry(notice, matter, matters.rules, language)
            entries[moved.uid] = moved
    for notice, matter in items.reminders:
        if not matter.confidential and matter.about_due_date:
            due = entry(matter, language=language, domain=domain, queued_at=notice.queued_at)
            entries[due.uid] = due
    yield from entries.values()


def _actions(items: Items, matters: Matters) -> tuple[Action, ...]:
    """Return the first reminders of a letter, which a chat gives buttons of their own."""
    return tuple(
        Action(
            key=notice.key,
            obligation=notice.obligation,
            asks=bool(matter.deadline.obligation.options),
            can_put_off=can_put_off(matter, matters.calendar, today=matters.today),
        )
        for notice, matter in items.reminders[:BUTTONS]
        if not matter.confidential
    )


def _section(
    name: str, lines: Iterator[LetterLine] | Sequence[LetterLine], language: str
) -> tuple[LetterSection, ...]:
    """Return a section with these lines; none without lines."""
    written = tuple(lines)
    return (
        (LetterSection(heading=say(f"digest.heading_{name}", {}, language), lines=written),) if written else ()
    )


def _units_lines(
    notice: Notice, told: set[tuple[str, str]], matters: Matters, overview: OpenDeadlines
) -> Iterator[LetterLine]:
    """Yield what is overdue in the units the reader heads (or stands in for their head), with who must act;
    once a week for the officer what is overdue in the whole office. What is in `told` already is left out.
    """
    language, today = notice.language, matters.today
    units = [
        unit
        for (unit, duty), people in sorted(overview.office.holders.items())
        if duty in ("head_of_unit", "head")
        for person in people
        if (present := stand_in(overview.office, person, today)) is not None and present.key == notice.person
    ]
    if _is_officers_weekly(notice, matters, overview):
        units += [unit.id for unit in overview.office.units.values() if unit.parent is None]
    written: dict[tuple[str, str], LetterLine] = {}
    for unit in units:
        for deadline in overview.below(unit):
            if deadline.overdue and deadline.place not in told and deadline.place not in written:
                whose = _whose(deadline, overview, language)
                written[deadline.place] = _item(deadline, matters, language, more=whose).line
    yield from written.values()


def _is_officers_weekly(notice: Notice, matters: Matters, overview: OpenDeadlines) -> bool:
    """Return whether it is the officer's letter of the first working day of their week."""
    reader = present_officer(overview.office, matters.today)
    is_officers = reader is not None and reader.key == notice.person
    return is_officers and first_of_week(matters.today, matters.times.days(notice.person))


def _never_confirmed_lines(notice: Notice, matters: Matters, overview: OpenDeadlines) -> Iterator[LetterLine]:
    """Yield, once a week for the officer, what completed cases still wait for, with who must act."""
    if _is_officers_weekly(notice, matters, overview):
        for deadline in overview.never_confirmed:
            whose = _whose(deadline, overview, notice.language)
            yield _item(deadline, matters, notice.language, more=whose).line


def _seal_line(notice: Notice, matters: Matters, overview: OpenDeadlines) -> str:
    """Return, once a week for the officer, the line with the last seal over the events; "" without one."""
    if overview.seal is None or not _is_officers_weekly(notice, matters, overview):
        return ""
    n, at, hash = overview.seal
    return "\n" + say("digest.seal", {"on": local_day(at), "seal": f"{n} {hash}"}, notice.language)


def unconfirmed_year(calendar: Kazakhstan, today: date) -> int | None:
    """Return next year, when it is late in the year and its production calendar is not confirmed yet; else
    None.
    """
    year = today.year + 1
    if today.month < FROM_MONTH or year > calendar.last.year:
        return None
    return year if calendar.provisional_years(date(year, 1, 1), date(year, 12, 31)) else None


def _calendar_section(matters: Matters, language: str) -> LetterSection:
    """Return the section asking the officer to adopt next year's calendar."""
    year = matters.today.year + 1
    address = f"{matters.rules.public_address}/calendar/acts"
    lines = (
        LetterLine(text=say("digest.calendar_do", {"year": year}, language)),
        LetterLine(text=say("digest.calendar_link", {}, language), link=address),
    )
    return LetterSection(heading=say("digest.calendar_subject", {"year": year}, language), lines=lines)


def _shortened(part: LetterSection, language: str) -> LetterSection:
    """Return a section cut to its limit, with the number of lines left out."""
    if len(part.lines) <= LONGEST:
        return part
    rest_line = LetterLine(text=say("digest.more", {"count": len(part.lines) - LONGEST}, language))
    return LetterSection(heading=part.heading, lines=(*part.lines[:LONGEST], rest_line))


def _item(deadline: OpenDeadline, matters: Matters, language: str, *, more: str = "") -> ListedDeadline:
    """Return an open deadline as a line of a list. `more`: text after it."""
    return _listed(
        deadline.case,
        deadline.procedure,
        deadline.obligation,
        period_in(deadline.id),
        deadline.due,
        deadline.relation,
        matters,
        language,
        more=more,
    )


def _whose(deadline: OpenDeadline, overview: OpenDeadlines, language: str) -> str:
    """Return the unit of a deadline and who must act on it; "nobody" where only the officer is notified."""
    names = tuple(
        dict.fromkeys(
            recipient.person.name_in(language) for recipient in deadline.people if recipient.why != "officer"
        )
    )
    unit = name_in(overview.office, deadline.case.unit, language)
    who = say("digest.who", {"people": names}, language) if names else say("digest.cause.nobody", {}, language)
    return "; ".join(filter(None, (unit, who)))


def _reminder(items: Items, matters: Matters) -> Letter:
    """Return the letter about the one deadline of these items, with its calendar item and its buttons."""
    ((notice, matter),) = items.reminders
    language = notice.language
    return replace(
        letter(matter, matters.calendar, language=language, today=matters.today),
        entries=tuple(_entries(items, matters, language)),
        actions=_actions(items, matters),
    )


def can_put_off(matter: Matter, calendar: Kazakhstan, *, today: date) -> bool:
    """Return whether the recipient may put it off: they must act, and have a day before the due date left."""
    may = matter.about_due_date and matter.recipient_is_responsible
    return may and bool(days_to_offer(matter.deadline, matter.procedure, calendar, today=today))
