"""Opens a year: every organisation's case of every yearly procedure, in one bulk write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from calendars import OutOfRange
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from workflow.cases.case import Case
    from workflow.cases.commands.opening import Opening
    from workflow.org.office import Office


class NothingYearly(Refusal, LookupError):
    """No procedure of that year is opened yearly."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedYear:
    """The result of opening a year: the cases opened, and the number already there."""

    cases: tuple[Case, ...]
    there: int


ROLLS_OVER_FROM = 12, 1
"""Month and day from which the next year is proposed, together with what remains of the ending one."""


def open_year(app: AppContext, year: int, *, unit: str = "", by: str, now: datetime, today: date) -> OpenedYear:
    """Open the missing cases of a year, and those of the year before with later due dates; repeated, it changes
    nothing.

    Args:
        unit: id of a unit: only organisations at or below it, else the one it belongs to; "" is all.

    Raises:
        NothingYearly: no procedure is opened yearly.
        OutOfRange: the year lies outside the calendar's records.
    """
    from merzim.services.yearly.register_duties import record_year

    new_openings, existing_count = year_ahead(app, year, unit=unit, today=today)
    # A bulk write goes chunk by chunk: what of it stood when it was interrupted is found by the next run.
    cases = app.case_commands.open_many(new_openings, by=by, now=now, today=today) if new_openings else ()
    app.proposed.clear()
    for begin_year in (year - 1, year) if cases else ():
        record_year(app, begin_year, by=by, now=now, today=today)
    return OpenedYear(cases=cases, there=existing_count)


def year_ahead(app: AppContext, year: int, *, unit: str = "", today: date) -> tuple[list[Opening], int]:
    """Return the cases opening a year would open, and the number already there. Errors as in `open_year`.

    Cases of the year before with due dates ahead in this year (a report on last year due in April) are included
    if missing, because an office that begins in January must still fulfil them.
    """
    from i18n import say
    from merzim.storage.cases.programmes import begun
    from workflow.reports.programme import openings, tails, yearly

    start = date(year, 1, 1)
    app.calendar.is_working(start)
    procedures = list(yearly(app.library, year))
    if not procedures:
        raise NothingYearly("nothing_yearly", year=year)
    office = app.reads.office()
    units = organisations(office, unit)
    acts = app.library.known_acts(app.settings.regulations.acts)
    begun_cases = begun(app.engine, {procedure.id: procedure.begins_with for procedure in procedures}, start)
    new_openings = list(openings(app.library, office, year, units=units, known_openings=begun_cases, acts=acts))
    if date(year - 1, *ROLLS_OVER_FROM) <= today <= date(year, 12, 31):
        before = {procedure.id: procedure.begins_with for procedure in yearly(app.library, year - 1)}
        new_openings += tails(
            app.library,
            office,
            year,
            units=units,
            known_openings=begun(app.engine, before, date(year - 1, 1, 1)),
            acts=acts,
            calendar=app.calendar,
            today=today,
            ground=say("rollover.ground", {"on": today}, app.settings.office.language),
        )
    return new_openings, sum(place in units for _, place in begun_cases)


def proposed_year(app: AppContext, *, unit: str = "", now: datetime, today: date) -> tuple[int, int]:
    """Return the year to open and the number of its missing cases, cached for an hour.

    It is the present year, and from 1 December the next one; 0 cases if no procedure is yearly.
    """
    year = today.year + ((today.month, today.day) >= ROLLS_OVER_FROM)
    moment = (today, now.hour)
    if app.proposed.get(unit, (None, 0))[0] != moment:
        try:
            count = len(year_ahead(app, year, unit=unit, today=today)[0]) if app.reads.office().units else 0
        except (NothingYearly, OutOfRange):
            count = 0
        app.proposed[unit] = moment, count
    return year, app.proposed[unit][1]


def roll_over(app: AppContext, *, now: datetime, today: date) -> int:
    """Open the next year if config.toml enables it; return the number of cases opened."""
    if app.settings.office.rollover != "open":
        return 0
    year, count = proposed_year(app, now=now, today=today)
    return len(open_year(app, year, by="merzim", now=now, today=today).cases) if count else 0


def organisations(office: Office, unit: str) -> tuple[str, ...]:
    """Return the organisations at or below a unit, else the one it belongs to; all of them for ""."""
    if not unit:
        return office.organisations or ("",)
    within = tuple(organisation for organisation in office.organisations if unit in office.above(organisation))
    own_organisation = office.organisation(unit)
    return within or ((own_organisation,) if own_organisation else (unit,))
