"""Reports of many organisations: one obligation in a year, ready uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from calendars.terms import Embargo, Target
from merzim.services.context import RequestContext
from merzim.services.names import USUAL, assignees_of, chosen_procedure, known_year, seen_unit
from merzim.services.yearly import analyses_of, organisations
from workflow.board.rows import DeadlineFilter, Horizon, assignee_key, base
from workflow.cases.case import Case
from workflow.cases.registers.risks import CartogramLine
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import Finding
from workflow.findings.of_risks import cartogram_findings, expected_lines, latest_cartogram, with_unit_names
from workflow.law.library import known_obligation
from workflow.law.procedure import Obligation, Procedure
from workflow.org.access import within
from workflow.org.kinds import among
from workflow.org.office import Person, uploads_through
from workflow.yearly import (
    Consolidated,
    ExaminedCase,
    ProvedFact,
    Turn,
    awaited_uploads,
    consolidated as gathered,
    organisation_of,
    turn,
)

MOST_LATE = 1000
"""Number of overdue rows that are looked at for the obligation most are late with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsolidatedReport:
    """What the organisations at or below a unit did of an obligation (of the latest edition) in a year. `form`:
    by that year's edition; None if the reader sees no whole organisation.
    """

    procedure: Procedure
    obligation: Obligation
    year: int
    form: Consolidated | None


def consolidated_report(
    ctx: RequestContext, procedure: str, obligation: str, unit: str, year: int | None
) -> ConsolidatedReport:
    """Return what the organisations at or below a unit did of an obligation in a year; by default this year,
    and the obligation overdue in most cases.
    """
    year, law = known_year(ctx, year), chosen_procedure(ctx, procedure)
    root = seen_unit(ctx, unit)
    chosen = law.by_id.get(obligation) or _owed(ctx, law)
    form = _gather(ctx, law.id, chosen.id, unit=root, year=year) if _sees_an_organisation(ctx, root) else None
    return ConsolidatedReport(procedure=law, obligation=chosen, year=year, form=form)


def _gather(ctx: RequestContext, procedure: str, obligation: str, *, unit: str, year: int) -> Consolidated:
    """Return the form of an obligation by the edition in force at the end of a year, else by the first one."""
    office, edition = ctx.reads.office(), ctx.library.on(procedure, date(year, 12, 31))
    chosen = known_obligation(edition, obligation)
    kinds = (edition.applies_to, chosen.only_for)
    units = [
        each
        for each in organisations(office, unit)
        if all(among(office.kind_of(each), named) for named in kinds)
    ]
    cases = [(case, deadlines) for case, _, deadlines in _active_cases(ctx, unit, procedure)]
    additive = not isinstance(chosen.term, Target)
    return gathered(office, units, cases, chosen.id, year=year, additive=additive)


def _owed(ctx: RequestContext, law: Procedure) -> Obligation:
    """Return the obligation overdue in most cases, else the first with numbers, else the first of all."""
    late = DeadlineFilter(urgency="overdue", horizon=Horizon(today=ctx.today, soon=ctx.today))
    places = {(row.case, base(row.obligation)) for row in ctx.reads.listed(late, limit=MOST_LATE)}
    heads = ctx.reads.heads({case for case, _ in places})
    counts = Counter(name for case, name in places if case in heads and heads[case].procedure == law.id)
    owed = max(law.obligations, key=lambda each: counts[each.id])
    if counts[owed.id]:
        return owed
    return next((each for each in law.obligations if each.values), law.obligations[0])


def list_turns(ctx: RequestContext, unit: str) -> Sequence[Turn] | None:
    """Return where each organisation at or below a unit, of a kind the analysis binds, stands in the yearly
    cycle of analyses; None if the reader sees none as a whole.
    """
    root = seen_unit(ctx, unit)
    if not _sees_an_organisation(ctx, root):
        return None
    office, edition = ctx.reads.office(), ctx.library.edition(USUAL, ctx.today)
    embargo = next(each.term for each in edition.obligations if isinstance(each.term, Embargo))
    units = [each for each in organisations(office, root) if among(office.kind_of(each), edition.applies_to)]
    return tuple(
        turn(bound, analyses, embargo=embargo, calendar=ctx.calendar, today=ctx.today)
        for bound, analyses in analyses_of(ctx.reads, office, units).items()
    )


def _sees_an_organisation(ctx: RequestContext, unit: str) -> bool:
    """Return whether the reader sees an organisation as a whole; of one seen in part it cannot be said that
    it has not reported.
    """
    office, roots = ctx.reads.office(), (ctx.reader.root, unit)
    return not ctx.reader.root or any(
        all(within(office, organisation, root) for root in roots) for organisation in office.organisations
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyUpload:
    """An upload with the documents ready for it, the unit whose account it goes `through`, and its holders."""

    case: Case
    upload: Deadline
    ready: tuple[ProvedFact, ...]
    through: str
    people: tuple[Person, ...]


def uploads(ctx: RequestContext, unit: str) -> tuple[ReadyUpload, ...]:
    """Return all open uploads at or below a unit ("" is all) that have documents ready, by organisation."""
    office = ctx.reads.office()
    cases_by_organisation = defaultdict[str, list[ExaminedCase]](list)
    for examined in _active_cases(ctx, seen_unit(ctx, unit)):
        unit = examined[0].unit
        organisation = organisation_of(office, unit, office.organisations) or office.unit_id(unit)
        cases_by_organisation[organisation].append(examined)

    def awaited(case: Case, upload: Deadline, ready: tuple[ProvedFact, ...]) -> ReadyUpload:
        holders = assignees_of(office, assignee_key(case, upload.obligation, upload.id), on=ctx.today)
        people = tuple(holder.person for holder in holders)
        through = uploads_through(office, case.unit)
        return ReadyUpload(case=case, upload=upload, ready=ready, through=through, people=people)

    by_organisation = sorted(cases_by_organisation.items())
    return tuple(awaited(*upload) for _, cases in by_organisation for upload in awaited_uploads(cases))


def _active_cases(ctx: RequestContext, unit: str, procedure: str | None = None) -> Iterator[ExaminedCase]:
    """Yield the active cases at or below a unit, whole, with editions and deadlines (without explanations)."""
    heads = ctx.reads.cases(unit or None, procedure=procedure, status="active")
    for case in ctx.reads.whole([head.id for head in heads]).values():
        edition = ctx.library.of(case)
        yield case, edition, deadlines(case, edition, ctx.calendar, today=ctx.today, bare=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class CartogramComparison:
    """The cartogram that follows from positions and risks visible to a reader, and its differences (`findings`)
    from the last recorded one, of a day (`on`, None for none) and `case`.
    """

    lines: tuple[CartogramLine, ...]
    on: date | None
    case: str
    findings: tuple[Finding, ...]


def compare_cartogram(ctx: RequestContext, unit: str) -> CartogramComparison:
    """Compare the positions and risks in cases of a unit and below with the last cartogram recorded there."""
    cases = ctx.reads.with_registers(seen_unit(ctx, unit))
    lines = with_unit_names(expected_lines(cases), ctx.reads.office())
    recorded = latest_cartogram(cases)
    return CartogramComparison(
        lines=lines,
        on=recorded.on if recorded else None,
        case=next((case.id for case in cases if recorded and latest_cartogram([case]) == recorded), ""),
        findings=cartogram_findings(lines, recorded),
    )
