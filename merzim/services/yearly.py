"""The yearly programmes of organisations: opens a year, takes it back, records its analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from calendars import OutOfRange
from i18n import say
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Line
from merzim.services.names import USUAL, unit_in_reach
from merzim.services.registers.cases import record_year
from merzim.services.results import Result
from merzim.services.verbs import Command, verb
from merzim.storage.cases.ledger import cases_beginning_on, hold_openings
from merzim.storage.database import Row_, writing
from merzim.storage.queries import SqlReads
from notifications.recipients import resolve_recipients
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import Opening
from workflow.cases.commands.recording import record
from workflow.cases.commands.withdrawals import take_back_opening, withdraw
from workflow.deadlines.deadline import is_overdue
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.moments import Moment
from workflow.org.office import Office
from workflow.refusal import Refusal
from workflow.reminders import next_step, steps_of
from workflow.yearly import ENDED, days_of, openings, organisation_of, still_due, yearly


class NothingYearly(Refusal, LookupError):
    """No procedure of that year is opened yearly, or no adopted act asks for one."""


AUTHOR = "merzim"
"""The author of what the program records by itself: what register rows carry out."""
PROGRAMME, BEGUN, CARRIED_OUT = "tbn4-year", "year_begun", "analysis_carried_out"
ROLLS_OVER_FROM = 12, 1
"""Month and day from which the next year is proposed, together with what remains of the ending one."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""The years that can be opened."""
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class OpenYear(Command):
    """A year to open. `unit`: only organisations at or below it; empty for all the reader may open for.
    `kept_from`: the day from which records are kept, by default the office's first day: what was due before it
    is not overdue.
    """

    year: Year
    unit: Line = ""
    kept_from: Day | None = None


class UndoYear(Command):
    """The year whose last opening is taken back, `unit` as for its opening."""

    year: Year
    unit: Line = ""


class OpenedYear(BaseModel):
    """The result of opening a year: the ids of the cases opened, and the number already there."""

    year: int
    opened: list[str]
    there: int


class UndoneYear(BaseModel):
    """The result of taking an opening back: the ids of the cases that were cancelled."""

    year: int
    cancelled: list[str]


class YearCase(Result):
    """A case that opening a year would open; `year`: that or the year before, whose report is still due."""

    year: int
    procedure: str
    unit: str
    object: str


class YearAhead(BaseModel):
    """The cases that opening a year would open. `there`: number of its cases that exist already. `kept_from`:
    the day from which records are kept; `overdue`: deadlines that would be overdue today; `told`: name of a
    person -> the reminders the next round would send them.
    """

    year: int
    openings: list[YearCase]
    there: int
    kept_from: date
    overdue: int
    told: dict[str, int]


@verb("manage")
def open_year(ctx: RequestContext, command: OpenYear) -> OpenedYear:
    """Open the missing yearly cases of a year, and those of the year before with later due dates. Raises like
    `preview_year`.
    """
    _require_past(command.kept_from, ctx.today)
    unit = _own_unit(ctx, command.unit)
    return open_cases(ctx.app, command.year, unit=unit, kept_from=command.kept_from, at=ctx.moment)


@verb("manage")
def undo_year(ctx: RequestContext, command: UndoYear) -> UndoneYear:
    """Take back the last opening of a year: its cases are cancelled without their plan dates, so that the year
    can be opened again.

    Raises:
        Refusal: there is none, another user opened them, or something was recorded in one of them.
    """
    app, ground = ctx.app, say("withdraw.opened_by_mistake", {}, ctx.spoken_language)
    units = organisations(app.reads.office(), _own_unit(ctx, command.unit))
    begun, before = (
        [case for case in _begun(app, year, active_only=True) if case.unit in units]
        for year in (command.year, command.year - 1)
    )
    last = max((case.opened_at for case in begun), default=None)
    cases = [case.id for case in (*begun, *before) if case.opened_at == last]
    if last is None:
        raise Refusal("no_opening_to_undo", year=command.year)
    for case in cases:
        for event in app.ledger.events(case):
            if event.seq == 1 and event.by != ctx.moment.by:
                raise Refusal("opening_of_another", by=event.by)
            if event.by != AUTHOR and (event.at != last or event.kind not in ("opened", "planned", "exempted")):
                raise Refusal("opening_in_use", case=case)
    for case in cases:
        app.case_commands.write(case, ctx.moment, take_back_opening, ground=ground)
    app.process.proposed.clear()
    return UndoneYear(year=command.year, cancelled=cases)


@verb("manage", writes=False)
def preview_year(ctx: RequestContext, command: OpenYear) -> YearAhead:
    """Return the cases that opening a year would open. Raises Refusal, NothingYearly, OutOfRange."""
    _require_past(command.kept_from, ctx.today)
    app, today, office = ctx.app, ctx.today, ctx.app.reads.office()
    openings, existing_count = year_ahead(app, command.year, unit=_own_unit(ctx, command.unit), today=today)
    day, overdue, told = command.kept_from or app.first_day(today), 0, Counter[str]()
    kept_openings = [replace(opening, kept_from=day) for opening in openings]
    for write in app.case_commands.foresee(kept_openings, at=ctx.moment):
        case, procedure = write.case, app.library.of(write.case)
        for row in write.rows:
            overdue += is_overdue(row, today=today)
            if row.next_step_on is None or row.next_step_on > today:
                continue
            steps = steps_of(case, procedure, row.obligation, row, app.calendar, today=today)
            if (scheduled := next_step(steps, today=today)) is not None:
                obligation = entry_obligation(case, procedure, row.obligation)
                people, _ = resolve_recipients(
                    office, case, obligation, row.obligation, scheduled.step, on=today
                )
                told.update(recipient.person.key for recipient in people)
    names = ctx.reads.office().people
    return YearAhead(
        year=command.year,
        openings=[YearCase.of(each, year=min(each.planned.values()).year) for each in openings],
        there=existing_count,
        kept_from=day,
        overdue=overdue,
        told={names[key].name if key in names else key: count for key, count in told.most_common()},
    )


def _require_past(kept_from: date | None, today: date) -> None:
    """Raise Refusal for a day after today from which records are to be kept."""
    if kept_from is not None and kept_from > today:
        raise Refusal("kept_from_ahead", on=kept_from, today=today)


def _own_unit(ctx: RequestContext, unit: str) -> str:
    """Return the requested unit, else the reader's. Raises Refusal for one unknown or beyond their reach."""
    unit, office = unit or ctx.reader.root, ctx.reads.office()
    if unit and office.units and unit not in office.units:
        raise Refusal("web.staff.unit_unknown", unit=unit[:100])
    return unit_in_reach(ctx, unit)


def open_cases(
    app: AppContext, year: int, *, unit: str = "", kept_from: date | None = None, at: Moment
) -> OpenedYear:
    """Open the missing cases of a year and those of the year before with later due dates; record in them what
    register rows carry out. Repeated, it changes nothing.

    Args:
        unit: id of a unit: only organisations at or below it, else the one it belongs to; "" is all.
        kept_from: the local date from which records are kept; None is the office's first day.

    Raises NothingYearly, OutOfRange for a year outside the calendar's records.
    """
    with writing(app.engine):
        hold_openings(app.engine)
        new_openings, existing_count = year_ahead(app, year, unit=unit, today=at.today)
        new_openings = [replace(opening, kept_from=kept_from) for opening in new_openings]
        cases = app.case_commands.open_many(new_openings, at=at) if new_openings else ()
    app.process.proposed.clear()
    for begin_year in (year - 1, year) if cases else ():
        record_year(app, begin_year, at=at)
    return OpenedYear(year=year, opened=[case.id for case in cases], there=existing_count)


def year_ahead(app: AppContext, year: int, *, unit: str, today: date) -> tuple[list[Opening], int]:
    """Return the cases opening a year would open, and the number there already. Errors as in `open_cases`.
    Missing ones of the year before with due dates ahead in this year (a report due in April) are included: an
    office that begins in January must still fulfil them.
    """
    app.calendar.is_working_day(date(year, 1, 1))
    library, office = app.library, app.reads.office()
    units = organisations(office, unit)
    library.known_acts(app.settings.regulations.acts)  # a misspelt one would leave its cases out silently
    acts = {procedure.adopted_act for procedure in yearly(library, year)}
    if not any(library.binds(act, office, place) for act in acts for place in units):
        raise NothingYearly("nothing_yearly", year=year)
    there, before = ({(case.procedure, case.unit) for case in _begun(app, each)} for each in (year, year - 1))
    ahead = list(openings(library, office, year, units=units, known_openings=there))
    if date(year - 1, *ROLLS_OVER_FROM) <= today <= date(year, 12, 31):
        of_year_before = openings(library, office, year - 1, units=units, known_openings=before)
        ground = say("rollover.ground", {"on": today}, app.settings.office.language)
        ahead += still_due(
            of_year_before, library, office, year, calendar=app.calendar, today=today, ground=ground
        )
    return ahead, sum(place in units for _, place in there)


def _begun(app: AppContext, year: int, *, active_only: bool = False) -> Sequence[Row_]:
    """Return the cases of yearly procedures that begin on 1 January of a year."""
    begins = {procedure.id: procedure.begins_with for procedure in yearly(app.library, year)}
    return cases_beginning_on(app.engine, begins, [date(year, 1, 1)], active_only=active_only)


def proposed_year(app: AppContext, *, unit: str = "", at: Moment) -> tuple[int, int]:
    """Return the year to open (from 1 December the next) and the number of its missing cases, counted once an
    hour; 0 if no procedure is yearly.
    """
    today, hour = at.today, (at.today, at.now.hour)
    year = today.year + ((today.month, today.day) >= ROLLS_OVER_FROM)
    if app.process.proposed.get(unit, (None, 0))[0] != hour:
        try:
            count = len(year_ahead(app, year, unit=unit, today=today)[0]) if app.reads.office().units else 0
        except (NothingYearly, OutOfRange):
            count = 0
        app.process.proposed[unit] = hour, count
    return year, app.process.proposed[unit][1]


def organisations(office: Office, unit: str) -> tuple[str, ...]:
    """Return the organisations at or below a unit, else the one it belongs to, else itself; all of them for "".
    An office without any is one itself, "".
    """
    if not unit:
        return office.organisations or ("",)
    within = tuple(organisation for organisation in office.organisations if unit in office.above(organisation))
    own_organisation = office.organisation(unit)
    return within or ((own_organisation,) if own_organisation else (unit,))


def analyses_of(reads: SqlReads, office: Office, organisation_ids: list[str]) -> Mapping[str, list[Case]]:
    """Return the active analyses and yearly programmes of organisations, each of the nearest at or above."""
    analyses: dict[str, list[Case]] = {organisation: [] for organisation in organisation_ids}
    heads = [head for name in (USUAL, PROGRAMME) for head in reads.cases(procedure=name, status="active")]
    for case in reads.whole([head.id for head in heads]).values():
        if (organisation := organisation_of(office, case.unit, analyses)) is not None:
            analyses[organisation].append(case)
    return analyses


def record_carried_out(app: AppContext, *, at: Moment) -> int:
    """Record in each organisation's programme of a year (PROGRAMME) the day of the first analysis that ended in
    that year; return how many programmes changed. Runs once a day in a process.

    Facts recorded here are withdrawn or moved when the analysis is withdrawn or its day corrected; facts
    recorded by people stay. Closed cases, and cases changed at the same moment, are left unchanged.
    """
    if app.process.last_days.get(CARRIED_OUT) == at.today:
        return 0
    app.process.last_days[CARRIED_OUT] = at.today
    reads = app.reads
    heads = reads.cases(procedure=PROGRAMME, status="active")
    programmes = reads.whole([head.id for head in heads]).values()
    if not programmes:
        return 0
    office, changed_count = reads.office(), 0
    analyses = analyses_of(reads, office, list(organisations(office, "")))
    ground = say("yearly_clock.moved", {}, app.settings.office.language)
    at = replace(at, by=AUTHOR)
    for case in programmes:
        begin_day = case.day_of(BEGUN)
        year = begin_day.year if begin_day else None
        name = f"{CARRIED_OUT}.{year}"
        ends = (on for on, _ in days_of(analyses.get(case.unit, ()), ENDED, at.today) if on.year == year)
        ended, fact = min(ends, default=None), case.facts.get(name)
        if fact is not None and (fact.by != AUTHOR or fact.on == ended):
            continue
        try:
            if fact is not None:
                app.case_commands.write(case.id, at, withdraw, name, ground=ground)
            if ended is not None:
                app.case_commands.write(case.id, at, record, name, on=ended)
        except Refusal:
            continue
        changed_count += fact is not None or ended is not None
    return changed_count
