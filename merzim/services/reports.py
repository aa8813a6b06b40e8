"""Reports of many organisations: one obligation in a year, ready uploads, yearly analyses, the cartogram; the
recommendations with their terms, risks many units share, unreported quarters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from calendars.terms import Embargo, Target
from merzim.services.cases.rows import by_number, next_of
from merzim.services.context import RequestContext
from merzim.services.law.regulations import case_registers
from merzim.services.names import (
    USUAL,
    Name,
    UnitName,
    assignees_of,
    chosen_procedure,
    known_year,
    responsible_name,
    seen_unit,
    unit_name,
)
from merzim.services.results import page_of
from merzim.services.yearly import analyses_of, organisations
from workflow.board.rows import DeadlineFilter, Horizon, assignee_key, base
from workflow.cases.case import Case
from workflow.cases.registers.risks import (
    NOT_REVIEWED,
    CartogramLine,
    ListedRisk,
    Rank,
    RecommendationFilter,
    RecommendationPlace,
    RiskGroup,
    listed,
    rank_of,
)
from workflow.cases.registers.rows import rows_of
from workflow.deadlines.deadline import Deadline, is_overdue, working_days_between
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


PORTION = 1000
"""Lines of a file read at once."""


class Sizes(NamedTuple):
    """How many recommendations, shared risks, cases of each, and of each silent quarter are listed at once."""

    lines: int
    shared: int
    named: int
    silent: int


TO_PROGRAMS, TO_READERS = Sizes(100, 20, 10, 40), Sizes(25, 8, 4, 5)
DIRECTIONS = case_registers().latest("risks").fields["direction"].option_ids
STATUSES = (*case_registers().latest("measures").actions["review"].fields["outcome"].option_ids, NOT_REVIEWED)


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringLine(ListedRisk):
    """A risk with one of its measures, who is responsible for it or the words for them, and its next due date;
    `late`: by how many `working_days` it has passed.
    """

    unit: UnitName
    responsible: Name
    due: date | None
    late: bool
    working_days: int

    @property
    def rank(self) -> Rank | None:
        return rank_of(self.risk)

    @property
    def legal(self) -> bool:
        """Whether its recommendation touches legal acts."""
        return bool(self.risk["for_legal_monitoring"])


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedRiskLine:
    """A risk many cases have (`alike`), with the first of them and their units."""

    description: str
    alike: RiskGroup
    first: tuple[tuple[Case, RecommendationPlace], ...]
    units: tuple[UnitName, ...]

    @property
    def cases(self) -> list[str]:
        return [case.id for case, _ in self.first]


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """A case with an unreported quarter (`period`); `working_days` since it was due."""

    period: str
    case: Case
    unit: UnitName
    due: date
    working_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """A page of recommendations (`number`), shared risks, and a page of unreported quarters (`further`).

    Attributes:
        counts: measures by status, late ones under "late", with all filters but that of status; total: of all.
        silent_counts: cases that owe each quarter's report, the last first; `silent`: some of each.
    """

    lines: tuple[MonitoringLine, ...]
    total: int
    counts: Mapping[str, int]
    shared: tuple[SharedRiskLine, ...]
    silent: tuple[Silent, ...]
    silent_counts: Mapping[str, int]
    number: int
    pages: int
    further: int
    further_pages: int


def monitoring(
    ctx: RequestContext,
    filters: RecommendationFilter,
    *,
    number: int = 1,
    further_page: int = 1,
    sizes: Sizes = TO_PROGRAMS,
) -> Monitoring:
    """Return a page of recommendations (`number`, at most the last), risks many units share, and a page of
    analyses whose quarter is unreported (`further_page`).
    """
    reads, office, today = ctx.reads, ctx.reads.office(), ctx.today
    by_status = reads.count_recommendations(filters, today)
    total = sum(n for (status, late), n in by_status.items() if filters.keeps(status, late))
    number, pages = page_of(total, number, sizes.lines)
    places = reads.recommendation_places(filters, today, limit=sizes.lines, offset=(number - 1) * sizes.lines)
    counts = dict.fromkeys((*STATUSES, "late"), 0)
    for (status, late), n in by_status.items():
        if status in counts:
            counts[status] += n
        if status and late:
            counts["late"] += n
    groups = reads.alike(filters.unit, limit=sizes.shared, first=sizes.named)
    unreported = reads.unreported(
        today, filters.unit or None, limit=sizes.silent, offset=(further_page - 1) * sizes.silent
    )
    quarters = {period: unreported[period] for period in sorted(unreported, reverse=True)}
    named = [place.case for group in groups for place in group.first]
    heads = reads.heads({*named, *(row.case for _, rows in quarters.values() for row in rows)})
    risks = reads.heads_with_rows(
        {*(place.case for place in places), *(group.first[0].case for group in groups)}
    )
    return Monitoring(
        lines=tuple(_lines(ctx, places, risks)),
        total=total,
        counts=counts,
        shared=tuple(_shared(ctx, groups, heads, risks)),
        silent=tuple(
            Silent(
                period=period,
                case=heads[row.case],
                unit=unit_name(office, row.unit),
                due=row.due,
                working_days=working_days_between(row.due, today, ctx.calendar),
            )
            for period, (_, rows) in quarters.items()
            for row in rows
            if row.case in heads and row.due is not None
        ),
        silent_counts={period: count for period, (count, _) in quarters.items()},
        number=number,
        pages=pages,
        further=further_page,
        further_pages=-(-max((count for count, _ in quarters.values()), default=0) // sizes.silent),
    )


def all_lines(ctx: RequestContext, filters: RecommendationFilter) -> Iterator[MonitoringLine]:
    """Yield every recommendation, for a file; read in portions, as a national list does not fit into memory."""
    places = ctx.reads.recommendation_places(filters, ctx.today)
    for start in range(0, len(places), PORTION):
        portion = places[start : start + PORTION]
        yield from _lines(ctx, portion, ctx.reads.heads_with_rows({place.case for place in portion}))


def lines_of_case(ctx: RequestContext, case: Case) -> list[MonitoringLine]:
    """Return the recommendations of one case, read already."""
    return list(_lines(ctx, [each.place for each in listed([case])], {case.id: case}))


def _lines(
    ctx: RequestContext, places: Sequence[RecommendationPlace], cases: Mapping[str, Case]
) -> Iterator[MonitoringLine]:
    """Yield the recommendations at these places with their next due dates, without those deleted since."""
    by_place, office = {each.place: each for each in listed(cases.values())}, ctx.reads.office()
    rows_by_case = ctx.reads.rows_of(cases.values(), "measures")
    of_measures = {case: by_number(rows, "measure") for case, rows in rows_by_case.items()}
    for place in places:
        if (found := by_place.get(place)) is None:
            continue
        row = next_of(of_measures.get(place.case, {}).get(place.measure, ()))
        due, late = row.due if row else None, row is not None and is_overdue(row, today=ctx.today)
        yield MonitoringLine(
            found.case,
            found.risk,
            found.measure,
            unit=unit_name(office, found.case.unit),
            responsible=responsible_name(office, found.measure["responsible"]) if found.measure else "",
            due=due,
            late=late,
            working_days=working_days_between(due, ctx.today, ctx.calendar) if late else 0,
        )


def _shared(
    ctx: RequestContext, groups: Iterable[RiskGroup], heads: Mapping[str, Case], risks: Mapping[str, Case]
) -> Iterator[SharedRiskLine]:
    """Yield shared risks as lines; without one whose first case is gone since they were counted."""
    office = ctx.reads.office()
    for group in groups:
        first = tuple((heads[place.case], place) for place in group.first if place.case in heads)
        case = risks.get(group.first[0].case)
        risk = rows_of(case, "risk").get(group.first[0].risk) if case else None
        if risk is not None and first:
            units = tuple(unit_name(office, unit) for unit in dict.fromkeys(case.unit for case, _ in first))
            yield SharedRiskLine(description=risk["description"], alike=group, first=first, units=units)
