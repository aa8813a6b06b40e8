"""Digests: personal, of a unit and for managers; reminders missed while the program did not run; and the
request to confirm the calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from i18n import say
from notifications.digest_schedule import unconfirmed_year
from notifications.letters.lists import OVERDUE, SLIPPED, Item, count, sections
from notifications.letters.overview import CAUSES, OpenDeadline, Overview
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.letters.subjects import Matters
from notifications.letters.texts import (
    Matter,
    answer_links,
    case_page,
    entry,
    object_names,
    relation_to_matter,
)
from notifications.notice import Letter, Notice
from workflow.cases.registers.entries import period_in, row_kind
from workflow.law.procedure import Text
from workflow.org.duties import stand_in
from workflow.org.office import Office
from workflow.registers.rows import name_in


def reminder_items(notice_pairs: Sequence[tuple[Notice, Matter]], matters: Matters) -> list[Item]:
    """Return these reminders as items of a list, each deadline once."""
    items: dict[tuple[str, str], Item] = {}
    for notice, matter in notice_pairs:
        if not matter.dated and (notice.case, notice.obligation) in items:
            continue
        day, now = relation_to_matter(matter, matters.calendar, today=matters.today)
        items[notice.case, notice.obligation] = Item(
            title=matter.deadline.obligation.title,
            period=matter.deadline.period,
            object=object_names(matter.case, matter.procedure),
            due=day,
            relation=now,
            force=matter.deadline.obligation.force,
            link=case_page(matter),
            today=matters.today,
            discreet=matter.confidential,
            answers=answer_links(matter, notice.language),
        )
    return list(items.values())


def collected_letter(notice_pairs: Sequence[tuple[Notice, Matter]], matters: Matters, language: str) -> Letter:
    """Return the letter; each deadline in it is also a calendar item, except confidential ones."""
    items = reminder_items(notice_pairs, matters)
    page = Page(
        subject=say("digest.collected_subject", {"count": len(items)}, language),
        greeting=say("letter.greeting", {"name": notice_pairs[0][1].name}, language),
        lead=say("digest.collected_lead", {"count": len(items)}, language),
        table=(),
        sections=sections(items, language),
        footer=say("letter.footer", {}, language),
    )
    return render_letter(
        page,
        language,
        entries=tuple(
            entry(matter, language=language, domain=matters.rules.domain, queued_at=notice.queued_at)
            for notice, matter in notice_pairs
            if not matter.confidential and matter.dated
        ),
    )


LONGEST = 100
"""Maximum lines of one list; the rest is counted."""


def digest_letter(
    notice: Notice, notice_pairs: Sequence[tuple[Notice, Matter]], matters: Matters, overview: Overview
) -> Letter | None:
    """Return a person's own digest: the reminders collected in it, and their other overdue or near
    deadlines.
    """
    language = notice.language
    mine = overview.of(notice.person)
    told_obligations = {(notice.case, notice.obligation) for notice, _ in notice_pairs}
    items = reminder_items(notice_pairs, matters)
    items += [
        _item(deadline, matters) for deadline in mine if (deadline.case.id, deadline.id) not in told_obligations
    ]
    if not items:
        return None
    lead = say("digest.personal_lead", {"today": matters.today, "count": len(items)}, language)
    return _written(notice, matters, "personal", items, lead, sections(items, language))


def unit_letter(notice: Notice, matters: Matters, overview: Overview) -> Letter | None:
    """Return the digest for the head of a unit: open deadlines in the unit and below, with the responsible
    people. Confidential cases are left out.
    """
    language = notice.language
    items: dict[tuple[str, str], Item] = {}
    units = _units(notice, overview, "head_of_unit")
    for unit in units:
        for deadline in overview.below(unit):
            items[deadline.case.id, deadline.id] = _item(deadline, matters, extra_text=_who(deadline, language))
    if not items:
        return None
    names = tuple(name_in(overview.office, unit, language) for unit in units)
    lead = say("digest.unit_lead", {"units": names, "today": matters.today}, language)
    all_items = list(items.values())
    return _written(notice, matters, "unit", all_items, lead, sections(all_items, language))


def managers_letter(notice: Notice, matters: Matters, overview: Overview) -> Letter | None:
    """Return the managers' digest: obligations that stayed overdue past the last step of their escalation, by
    stage and cause, each with its unit and who must act. Confidential cases and recommendations are left out.
    """
    language = notice.language
    late = {
        (deadline.case.id, deadline.id): deadline
        for unit in _units(notice, overview, "head")
        for deadline in overview.below(unit)
        if _is_for_managers(deadline)
    }
    if not late:
        return None
    stages: dict[str, list[OpenDeadline]] = {}
    for deadline in late.values():
        stages.setdefault(_stage(deadline, language), []).append(deadline)
    table = tuple(_stage_line(stage, group, language) for stage, group in stages.items())
    items = [
        _item(deadline, matters, extra_text=_whose(deadline, overview.office, language))
        for deadline in late.values()
    ]
    lead = say("digest.managers_lead", {"count": len(late), "today": matters.today}, language)
    return _written(notice, matters, "managers", items, lead, sections(items, language), table)


def _is_for_managers(deadline: OpenDeadline) -> bool:
    """Return whether an obligatory deadline is overdue past its last step: the first head is notified last."""
    steps = deadline.procedure.ladders[deadline.obligation.ladder].rungs
    last = max((step.at for step in steps), default=0)
    return deadline.overdue and deadline.relation.late >= last and deadline.obligation.force == "obligatory"


def says_something(notice: Notice, overview: Overview) -> bool:
    """Return whether a digest has any content at present."""
    match notice.kind:
        case "digest":
            return bool(overview.of(notice.person))
        case "unit_digest":
            return any(overview.below(unit) for unit in _units(notice, overview, "head_of_unit"))
        case "managers_digest":
            units = _units(notice, overview, "head")
            return any(_is_for_managers(deadline) for unit in units for deadline in overview.below(unit))
        case _:
            return True


def unconfirmed_letter(notice: Notice, matters: Matters) -> Letter | None:
    """Return the letter asking the officer to adopt next year's calendar; None once it is confirmed."""
    year, language = unconfirmed_year(matters.calendar, matters.today), notice.language
    if year is None:
        return None
    page = Page(
        subject=say("digest.calendar_subject", {"year": year}, language),
        greeting=say("letter.greeting", {"name": matters.name(notice)}, language),
        lead=say("digest.calendar_lead", {"year": year}, language),
        table=(),
        sections=(
            Section(
                heading=say("letter.heading_do", {}, language),
                lines=(
                    Line(text=say("digest.calendar_do", {"year": year}, language)),
                    *_page_or_commands(matters, year, language),
                ),
            ),
        ),
        footer=say("letter.footer", {}, language),
    )
    return render_letter(page, language)


def _page_or_commands(matters: Matters, year: int, language: str) -> Iterator[Line]:
    """Yield a link to the page for adopting an act, or the commands for it where letters do not link to
    pages.
    """
    if address := matters.rules.public_address:
        yield Line(text=say("digest.calendar_link", {}, language), link=f"{address}/calendar/acts")
        return
    for step in ("preview", "apply"):
        yield Line(text=f"merzim calendar-change {step} {year}.toml", command=True)


def _written(
    notice: Notice,
    matters: Matters,
    kind: str,
    items: Sequence[Item],
    lead: str,
    parts: tuple[Section, ...],
    table: tuple[Line, ...] = (),
) -> Letter:
    """Return a digest as a letter."""
    language = notice.language
    late, slipped = count(items, *OVERDUE), count(items, *SLIPPED)
    arguments = {"today": matters.today, "late": late, "ahead": len(items) - late - slipped}
    subject = say(f"digest.{kind}_subject", arguments, language)
    if slipped:
        subject += say("digest.subject_slipped", {"count": slipped}, language)
    page = Page(
        subject=subject,
        greeting=say("letter.greeting", {"name": matters.name(notice)}, language),
        lead=lead,
        table=table,
        sections=tuple(_shortened(part, language) for part in parts),
        footer=say(f"digest.footer_{kind}", {}, language),
    )
    return render_letter(page, language, dispensable=kind != "personal")


def _shortened(part: Section, language: str) -> Section:
    """Return a section cut to its limit, with the number of lines left out."""
    if len(part.lines) <= LONGEST:
        return part
    rest_line = Line(text=say("digest.more", {"count": len(part.lines) - LONGEST}, language))
    return Section(heading=part.heading, lines=(*part.lines[:LONGEST], rest_line))


def _item(deadline: OpenDeadline, matters: Matters, *, extra_text: str = "") -> Item:
    """Return an open deadline as a line of a list."""
    address = matters.rules.public_address
    return Item(
        title=deadline.title,
        period=period_in(deadline.id),
        object=object_names(deadline.case, deadline.procedure),
        due=deadline.due,
        relation=deadline.relation,
        force=deadline.obligation.force,
        link=f"{address}/cases/{deadline.case.id}" if address else None,
        today=matters.today,
        discreet=deadline.confidential,
        more=extra_text,
    )


def _who(deadline: OpenDeadline, language: str) -> str:
    """Return the words that name who must act on a deadline; "nobody" where only the officer is notified."""
    names = tuple(
        dict.fromkeys(
            recipient.person.name_in(language) for recipient in deadline.people if recipient.why != "officer"
        )
    )
    if not names:
        return say("digest.cause.nobody", {}, language)
    return say("digest.who_several" if len(names) > 1 else "digest.who", {"people": names}, language)


def _whose(deadline: OpenDeadline, office: Office, language: str) -> str:
    """Return the unit of a deadline, who must act on it, and why it is late."""
    people_names = _who(deadline, language) if deadline.cause != "nobody" else ""
    unit = name_in(office, deadline.case.unit, language)
    return "; ".join(filter(None, (unit, people_names, say(f"digest.cause.{deadline.cause}", {}, language))))


def _stage(deadline: OpenDeadline, language: str) -> str:
    """Return the title of a deadline's stage; assignments share one title of their own."""
    if row_kind(deadline.id) == "assignment":
        return say("digest.assignments", {}, language)
    title: Text | None = deadline.procedure.stage_title.get(deadline.obligation.stage)
    return title[language] if title else deadline.obligation.stage


def _stage_line(stage: str, group: Sequence[OpenDeadline], language: str) -> Line:
    """Return the line of a stage's overdue deadlines."""
    causes = Counter(deadline.cause for deadline in group)
    cause_counts = [
        say(
            "digest.cause_count",
            {"cause": say(f"digest.cause.{cause}", {}, language), "count": causes[cause]},
            language,
        )
        for cause in CAUSES
        if causes[cause]
    ]
    return Line(label=stage, text=f"{len(group)} ({'; '.join(cause_counts)})")


def _units(notice: Notice, overview: Overview, duty: str) -> list[str]:
    """Return the units whose digest the recipient gets: their own, or those of a person they are deputy of."""
    office = overview.office
    units: Iterable[str] = (
        unit
        for (unit, holder_duty), people in sorted(office.holders.items())
        if holder_duty == duty
        for person in people
        if (present := stand_in(office, person, notice.due)) is not None and present.key == notice.person
    )
    return list(dict.fromkeys(units))
