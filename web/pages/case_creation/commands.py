"""What opens cases: one by hand, the programmes of a year, a schedule. For forms of pages and for the API.

Nothing is opened in a unit the reader does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from services.context import RequestContext, stamp
from services.imports import previews
from services.imports.previews import Analysis, ImportResult, YearPreview, preview_schedule, preview_year
from services.imports.schedules import ScheduleAnswers
from services.yearly import opening as yearly
from web.pages.case_creation.intended_dates import refuse, text
from workflow.org.access import within
from workflow.org.office import Office

FIRST_YEAR, LAST_YEAR = 2000, 2100
Answers = Callable[[Sequence[str]], Mapping[str, str]]


def year_ahead(ctx: RequestContext, year: int, unit: str) -> YearPreview:
    """What opening a year would open, for the organisations at a unit or below it; "" is the reader's own."""
    return preview_year(ctx.app, year, _scoped(ctx, ctx.reads.office(), unit), today=ctx.today)


def open_the_year(ctx: RequestContext, year: int, unit: str) -> int:
    """Open it; how many cases were opened."""
    unit = _scoped(ctx, ctx.reads.office(), unit)
    return len(yearly.open_year(ctx.app, year, unit=unit, **stamp(ctx)).cases)


def take_schedule(
    ctx: RequestContext,
    content: bytes,
    name: str,
    procedure: str,
    answers: Answers,
    of_analyses: ScheduleAnswers | None = None,
) -> ImportResult:
    """A schedule taken in, all of it or none.

    Args:
        answers: gives, of responsible texts nobody is known by, whom they mean: by id, key, name or e-mail.
        of_analyses: what the file does not say of its analyses.

    Raises:
        Refusal: a bad row, a unit that is not the reader's, an answer nobody is known by.
    """
    office = ctx.reads.office()
    of_analyses = replace(of_analyses or ScheduleAnswers(), root=ctx.reader.root)
    analyses, seen = preview_schedule(ctx.app, content, name, procedure, answers=of_analyses, today=ctx.today)
    for one in analyses:
        if foreign(ctx, office, one):
            raise refuse("web.open.foreign", row=one.row, object=one.object)
    matches = _answered(office, seen.strange, answers(seen.strange))
    return previews.take_schedule(
        ctx.app, content, name, procedure, matches=matches, answers=of_analyses, **stamp(ctx)
    )


def foreign(ctx: RequestContext, office: Office, one: Analysis) -> bool:
    """Whether it is of a unit the reader does not see: nothing is opened there by them."""
    unit = one.case.unit if one.case else one.unit
    return bool(ctx.reader.root) and not within(office, unit, ctx.reader.root)


def change_of(one: Analysis) -> str:
    """What taking it in would do: open, replan, or nothing (same)."""
    if one.case is None:
        return "open"
    return "replan" if one.new or one.moved else "same"


def own_unit(ctx: RequestContext, office: Office, unit: str) -> str:
    """The unit, where the reader may open for it.

    Raises:
        BadForm: it is none, or not one of theirs.
    """
    if unit and office.units and unit not in office.units:
        raise refuse("web.refusal.unknown_unit", unit=unit[:100])
    if ctx.reader.root and not within(office, unit, ctx.reader.root):
        raise refuse("web.refusal.not_your_unit", unit=named_unit(office, ctx.reader.root))
    return unit


def named_unit(office: Office, unit: str) -> str:
    known = office.units.get(unit)
    return known.name if known else unit


def parse_year(said: str) -> int:
    """Raises BadForm: it is no year of ours."""
    if not (said.isascii() and said.isdigit() and len(said) == 4 and FIRST_YEAR <= int(said) <= LAST_YEAR):
        raise refuse("web.refusal.bad_year", text=said[:40])
    return int(said)


def _person(office: Office, said: str) -> str:
    """The key of the person meant by e-mail or name; "" stays "".

    Raises:
        BadForm: nobody, or more than one person, of that name.
    """
    if not said:
        return ""
    asked = said.casefold()
    found = [
        one.key for one in office.people.values() if asked in (one.key.casefold(), (one.email or "").casefold())
    ]
    found = found or [one.key for one in office.people.values() if asked == one.name.casefold()]
    if len(found) != 1:
        raise refuse("web.refusal.unknown_person", text=said[:100])
    return found[0]


def _answered(office: Office, strange: Sequence[str], answers: Mapping[str, str]) -> dict[str, str]:
    """Return who is meant by texts that name nobody known, as the reader answered.

    Raises:
        BadForm: an answer nobody, or more than one, is known by.
    """
    meant = {}
    for said in strange:
        answer = text(answers.get(said))
        if not answer:
            continue
        found = [*office.unit_called.exactly(answer), *office.person_called.exactly(answer)]
        if len(found) != 1:
            raise refuse("web.refusal.unknown_meaning", text=said, answer=text(answers[said]))
        meant[said] = found[0]
    return meant


def _scoped(ctx: RequestContext, office: Office, unit: str) -> str:
    """The unit asked for, else the reader's own, where the reader may open for it."""
    return own_unit(ctx, office, unit or ctx.reader.root)
