"""Opening a year: every organisation's case of every yearly procedure, in one bulk write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.cases.commands.opening import Opening
    from workflow.org.office import Office


class NothingYearly(Refusal, LookupError):
    """No procedure of that year is opened yearly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedYear:
    """What opening a year did: the cases opened, and how many were there already."""

    cases: tuple[Case, ...]
    there: int


def open_year(app: AppContext, year: int, *, unit: str = "", by: str, now: datetime, today: date) -> OpenedYear:
    """Open the year's cases that are not there yet; again it changes nothing.

    Args:
        unit: id of a unit: only the organisations at it or below it, else the one it belongs to; "" is all.

    Raises:
        NothingYearly: no regulation asks for anything yearly.
        OutOfRange: the year lies outside the records of days.
    """
    asked, there = year_ahead(app, year, unit=unit)
    # A bulk write goes chunk by chunk: what of it stood when it was interrupted is found by the next run.
    cases = app.desk.open_many(asked, by=by, now=now, today=today) if asked else ()
    return OpenedYear(cases=cases, there=there)


def year_ahead(app: AppContext, year: int, *, unit: str = "") -> tuple[list[Opening], int]:
    """What opening a year would open, and how many cases of it are there. Refusals as of the opening."""
    from storage.cases.programmes import begun
    from workflow.reports.programme import openings, yearly

    start = date(year, 1, 1)
    app.calendar.is_working(start)
    procedures = list(yearly(app.library, year))
    if not procedures:
        raise NothingYearly("nothing_yearly", year=year)
    office = app.reads.office()
    units = organisations(office, unit)
    acts = app.library.known_acts(app.settings.regulations.acts)
    known = begun(app.engine, {one.id: one.begins_with for one in procedures}, start)
    asked = list(openings(app.library, office, year, units=units, known=known, acts=acts))
    return asked, sum(place in units for _, place in known)


def organisations(office: Office, unit: str) -> tuple[str, ...]:
    """Organisations at a unit or below it, else the one it belongs to; all of them for ""."""
    if not unit:
        return office.organisations or ("",)
    within = tuple(one for one in office.organisations if unit in office.above(one))
    own = office.organisation(unit)
    return within or ((own,) if own else (unit,))
