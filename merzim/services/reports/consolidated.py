"""Reports of many organisations: one obligation in a year, ready uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from calendars.terms import Target
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.names import chosen_procedure, known_year, seen_unit
from merzim.services.yearly.clock import turns
from merzim.services.yearly.opening import organisations
from merzim.storage.queries import SqlReads
from notifications.recipients import resolve_assignees
from workflow.board.rows import DeadlineFilter, Horizon, base
from workflow.cases.case import Case
from workflow.cases.registers.cartogram import CartogramLine
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.findings.finding import Finding
from workflow.findings.of_risks import (
    cartogram_findings,
    expected_lines,
    latest_cartogram,
    place_of,
    with_unit_names,
)
from workflow.law.names import known_obligation
from workflow.law.procedure import Obligation, Procedure
from workflow.org.access import within
from workflow.org.duties import Unresolved
from workflow.org.office import Office, Person, uploads_through
from workflow.reports.consolidated import AwaitedUpload, Consolidated, awaited_uploads, required_of
from workflow.reports.consolidated import consolidated as gathered
from workflow.reports.yearly_clock import Turn

MOST_LATE = 1000
"""Number of overdue rows that are looked at for the obligation most are late with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolidatedReport:
    """What the organisations at or below a unit did of an obligation in a year.

    Attributes:
        procedure: its latest edition.
        form: by the edition of that year; None if the reader sees no whole organisation.
    """

    procedure: Procedure
    obligation: Obligation
    year: int
    form: Consolidated | None


def consolidated_report(
    ctx: RequestContext, procedure: str, obligation: str, unit: str, year: int | None
) -> ConsolidatedReport:
    """Return what the organisations at or below a unit did of an obligation in a year (by default this year,
    and the obligation overdue in most cases); without the form where the reader sees no
    organisation as a whole.
    """
    year, law = known_year(ctx, year), chosen_procedure(ctx, procedure)
    root = seen_unit(ctx, unit)
    chosen = law.by_id.get(obligation) or _owed(ctx, law)
    form = _gather(ctx, law.id, chosen.id, unit=root, year=year) if _sees_an_organisation(ctx, root) else None
    return ConsolidatedReport(procedure=law, obligation=chosen, year=year, form=form)


def _gather(ctx: RequestContext, procedure: str, obligation: str, *, unit: str, year: int) -> Consolidated:
    """Return the form of an obligation by the edition in force at the end of a year, else by the first one."""
    app, office, last = ctx.app, ctx.reads.office(), date(year, 12, 31)
    earliest = app.library.earliest(procedure)
    edition = app.library.edition(procedure, last) if earliest.in_force <= last else earliest
    chosen = known_obligation(edition, obligation)
    units = required_of(office, organisations(office, unit), edition, chosen)
    heads = ctx.reads.cases(unit or None, procedure=procedure, status="active")
    examined_cases = _with_deadlines(app, ctx.reads, (head.id for head in heads), ctx.today)
    cases = [(case, deadlines) for case, _, deadlines in examined_cases]
    additive = not isinstance(chosen.term, Target)
    return gathered(office, units, cases, chosen.id, year=year, additive=additive)


def _owed(ctx: RequestContext, law: Procedure) -> Obligation:
    """Return the obligation of a procedure that is overdue in most cases; where none is, the first with
    numbers, else the first of all.
    """
    late = DeadlineFilter(urgency="overdue", horizon=Horizon(today=ctx.today, soon=ctx.today))
    places = {(row.case, base(row.obligation)) for row in ctx.reads.listed(late, limit=MOST_LATE)}
    heads = ctx.reads.heads({case for case, _ in places})
    counts = Counter(name for case, name in places if case in heads and heads[case].procedure == law.id)
    owed = max(law.obligations, key=lambda each: counts[each.id])
    if counts[owed.id]:
        return owed
    return next((each for each in law.obligations if each.values), law.obligations[0])


def list_turns(ctx: RequestContext, unit: str) -> Sequence[Turn] | None:
    """Return where each organisation at or below a unit stands in the yearly cycle of analyses; None if the
    reader sees none as a whole.
    """
    root = seen_unit(ctx, unit)
    return turns(ctx.app, root, today=ctx.today, reads=ctx.reads) if _sees_an_organisation(ctx, root) else None


def _sees_an_organisation(ctx: RequestContext, unit: str) -> bool:
    """Return whether the reader sees an organisation as a whole; of one seen in part it cannot be said that
    it has not reported.
    """
    reader_unit, office = ctx.reader.root, ctx.reads.office()
    if not reader_unit:
        return True
    return any(
        within(office, organisation, reader_unit) and within(office, organisation, unit)
        for organisation in office.organisations
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyUpload:
    """An upload with documents ready: the organisation, the account used, and its holder."""

    waiting: AwaitedUpload
    unit: str
    through: str
    people: tuple[Person, ...]


def uploads(app: AppContext, unit: str, *, today: date, reads: SqlReads) -> tuple[ReadyUpload, ...]:
    """Return all open uploads at or below a unit ("" is all) that have documents ready, by organisation.

    Args:
        reads: read queries limited to what the reader may see.
    """
    office = reads.office()
    heads = reads.cases(unit or None, status="active")
    grouped: dict[str, list[tuple[Case, Procedure, tuple[Deadline, ...]]]] = {}
    for examined in _with_deadlines(app, reads, (head.id for head in heads), today):
        grouped.setdefault(_organisation(office, examined[0].unit), []).append(examined)
    ready = []
    for place in sorted(grouped):
        for pending in awaited_uploads(grouped[place]):
            assignees = resolve_assignees(
                office, pending.case, pending.upload.obligation, pending.upload.id, on=today
            )
            people = (
                () if isinstance(assignees, Unresolved) else tuple(assignee.person for assignee in assignees)
            )
            through = uploads_through(office, pending.case.unit)
            ready.append(ReadyUpload(waiting=pending, unit=pending.case.unit, through=through, people=people))
    return tuple(ready)


def _organisation(office: Office, unit: str) -> str:
    """Return the nearest organisation at or above a unit given by id or name; the unit itself for none."""
    place = office.unit_id(unit)
    organisation_ids = frozenset(office.organisations)
    return next(
        (organisation for organisation in office.above(place) if organisation in organisation_ids), place
    )


def _with_deadlines(
    app: AppContext, reads: SqlReads, ids: Iterable[str], today: date
) -> Iterator[tuple[Case, Procedure, tuple[Deadline, ...]]]:
    """Yield these cases (ids), whole, with their editions and deadlines, the deadlines without explanations."""
    for case in reads.whole(list(ids)).values():
        edition = app.library.of(case)
        yield case, edition, deadlines(case, edition, app.calendar, today=today, bare=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitPositions:
    """A department, or its part in a district, with its positions and risks."""

    name: str
    positions: tuple[CartogramLine, ...]
    risks: tuple[CartogramLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CartogramComparison:
    """The cartogram that follows from positions and risks visible to a reader, compared with the recorded one.

    Attributes:
        on: the day of the last recorded cartogram; None if there is none.
        case: the case it is recorded in.
        findings: the differences, by department.
    """

    unit: str
    lines: tuple[CartogramLine, ...]
    on: date | None
    case: str
    findings: tuple[Finding, ...]

    @property
    def places(self) -> tuple[UnitPositions, ...]:
        """The lines by place, ordered by name."""
        ordered = groupby(sorted(self.lines, key=_place), key=_place)
        return tuple(
            UnitPositions(
                name=place_of(lines[0]),
                positions=tuple(line for line in lines if line.section == "positions"),
                risks=tuple(line for line in lines if line.section == "risks"),
            )
            for lines in (tuple(lines) for _, lines in ordered)
        )


def compare_cartogram(ctx: RequestContext, unit: str) -> CartogramComparison:
    """Compare the positions and risks in cases of a unit and below with the last cartogram recorded there."""
    root = seen_unit(ctx, unit)
    cases = ctx.reads.with_registers(root or None)
    lines = with_unit_names(expected_lines(cases), ctx.reads.office())
    recorded = latest_cartogram(cases)
    return CartogramComparison(
        unit=root,
        lines=lines,
        on=recorded.on if recorded else None,
        case=next((case.id for case in cases if recorded and latest_cartogram([case]) == recorded), ""),
        findings=cartogram_findings(lines, recorded),
    )


def _place(line: CartogramLine) -> tuple[str, str]:
    return line.department, line.district
