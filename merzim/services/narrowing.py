"""The procedure, unit and year a query is about, within what the reader may see and the calendar knows."""

from __future__ import annotations

from merzim.services.context import RequestContext
from merzim.services.verbs import NotFound
from workflow.law.procedure import Procedure
from workflow.org.access import within
from workflow.refusal import Refusal

USUAL = "internal-analysis"


class HiddenUnit(NotFound):
    """The unit does not exist, or is not among the reader's."""

    not_found = "web.problem.not_found"


class UnknownYear(NotFound):
    """The calendar has no records of the year."""

    not_found = "web.problem.no_year"


def chosen_procedure(ctx: RequestContext, name: str) -> Procedure:
    """Return the latest edition of a procedure, by default the internal analysis. Raises UnknownProcedure."""
    procedures = ctx.library.procedures()
    return ctx.library.latest(name or (USUAL if USUAL in procedures else procedures[0]))


def seen_unit(ctx: RequestContext, unit: str) -> str:
    """Return the requested unit, else the reader's own, "" for the whole office. Raises HiddenUnit."""
    root = unit or ctx.reader.root
    office = ctx.reads.office()
    if root and (root not in office.units or not within(office, root, ctx.reader.root)):
        raise HiddenUnit("web.problem.not_found")
    return root


def known_year(ctx: RequestContext, year: int | None = None) -> int:
    """Return the requested year, by default the present one. Raises UnknownYear beyond the calendar."""
    year = ctx.today.year if year is None else year
    if not ctx.calendar.first.year <= year <= ctx.calendar.last.year:
        raise UnknownYear("web.problem.no_year")
    return year


MAX_EXPORTED = 20_000
"""Maximum rows of a workbook; longer lists must be filtered first."""


class TooManyRows(Refusal):
    """The list has more rows than one workbook can have."""


def require_exportable(total: int) -> None:
    """Raise TooManyRows for a list longer than one workbook can have."""
    if total > MAX_EXPORTED:
        raise TooManyRows("web.cases.too_many", total=total, most=MAX_EXPORTED)
