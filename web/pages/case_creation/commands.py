"""Commands that open cases: one by hand, the programmes of a year, a schedule; used by pages and API.

Cases are opened only in units visible to the reader.
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
    """Return the cases that opening a year would open, for organisations at or below a unit; "" is the reader's
    own.
    """
    return preview_year(ctx.app, year, _scoped(ctx, ctx.reads.office(), unit), today=ctx.today)


def open_the_year(ctx: RequestContext, year: int, unit: str) -> int:
    """Open the cases of a year; return the number opened."""
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
    """Import a schedule, all of it or none.

    Args:
        answers: function that returns the meaning of unmatched responsible texts: id, key, name or e-mail.
        of_analyses: information missing in the file about its analyses.

    Raises:
        Refusal: a bad row, a unit not among the reader's, an answer that matches nobody.
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
    """Return whether an analysis belongs to a unit hidden from the reader, who cannot open cases there."""
    unit = one.case.unit if one.case else one.unit
    return bool(ctx.reader.root) and not within(office, unit, ctx.reader.root)


def change_of(one: Analysis) -> str:
    """Return what importing it would do: open, replan, or nothing (same)."""
    if one.case is None:
        return "open"
    return "replan" if one.new or one.moved else "same"


def own_unit(ctx: RequestContext, office: Office, unit: str) -> str:
    """Return the unit if the reader may open cases for it.

    Raises:
        InvalidForm: it does not exist, or is not one of theirs.
    """
    if unit and office.units and unit not in office.units:
        raise refuse("web.refusal.unknown_unit", unit=unit[:100])
    if ctx.reader.root and not within(office, unit, ctx.reader.root):
        raise refuse("web.refusal.not_your_unit", unit=_named_unit(office, ctx.reader.root))
    return unit


def _named_unit(office: Office, unit: str) -> str:
    known = office.units.get(unit)
    return known.name if known else unit


def parse_year(said: str) -> int:
    """Parse a year. Raises InvalidForm if it is outside the calendar's records."""
    if not (said.isascii() and said.isdigit() and len(said) == 4 and FIRST_YEAR <= int(said) <= LAST_YEAR):
        raise refuse("web.refusal.bad_year", text=said[:40])
    return int(said)


def _answered(office: Office, strange: Sequence[str], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the meaning of unmatched texts, as the reader answered.

    Raises:
        InvalidForm: an answer matches nobody, or more than one.
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
    """Return the requested unit, else the reader's own, if the reader may open cases for it."""
    return own_unit(ctx, office, unit or ctx.reader.root)
