"""Monitoring: recommendations with their terms, risks many units share, unreported quarters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from merzim.services.cases.risks import by_number, next_of
from merzim.services.law.regulations import case_registers
from merzim.services.names import Name, UnitName, person_name, unit_name
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.registers.risk_lists import (
    NOT_REVIEWED,
    ListedRisk,
    RecommendationFilter,
    RecommendationPlace,
    RiskGroup,
    listed,
)
from workflow.cases.registers.risk_scale import Rank, rank_of
from workflow.cases.registers.rows import RowOfCase, rows_of
from workflow.deadlines.lateness import is_overdue, working_days_between
from workflow.org.office import Office

PORTION = 1000
"""Lines of a file read at once."""


class Sizes(NamedTuple):
    """How many recommendations, shared risks, cases of each risk, and cases of each unreported quarter are
    listed at once; the others are counted.
    """

    lines: int
    shared: int
    named: int
    silent: int


TO_PROGRAMS, TO_READERS = Sizes(100, 20, 10, 40), Sizes(25, 8, 4, 5)
DIRECTIONS = case_registers().latest("risks").fields["direction"].option_ids
STATUSES = (*case_registers().latest("measures").actions["review"].fields["outcome"].option_ids, NOT_REVIEWED)


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringLine:
    """One risk with one of its measures. `due`: the measure's next due date; `late`: whether it has passed;
    `responsible`: the name of who answers for it, or the words they are named by.
    """

    listed: ListedRisk
    unit: UnitName
    responsible: Name
    due: date | None
    late: bool
    working_days: int

    @property
    def case(self) -> Case:
        return self.listed.case

    @property
    def risk(self) -> RowOfCase:
        return self.listed.risk

    @property
    def rank(self) -> Rank | None:
        return rank_of(self.risk)

    @property
    def legal(self) -> bool:
        """Whether its recommendation touches legal acts."""
        return bool(self.risk["for_legal_monitoring"])

    @property
    def measure(self) -> RowOfCase | None:
        """The measure; None where the risk has none."""
        return self.listed.measure

    @property
    def status(self) -> str:
        """Status by the last review; "" if there is no measure to review."""
        return self.listed.status


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedRiskLine:
    """A risk many cases have, with the names of the first of them, and of those whose cause is an act of a
    higher body.
    """

    description: str
    alike: RiskGroup
    first: tuple[tuple[Case, RecommendationPlace], ...]
    units: tuple[UnitName, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """A case with an unreported quarter; `working_days` since it was due."""

    case: Case
    unit: UnitName
    due: date
    working_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quarter:
    """How many cases have not reported a quarter (`number`), and a page of them."""

    number: int
    silent: tuple[Silent, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """A page of recommendations (`number`), shared risks, and a page of unreported quarters (`further`).

    `total`: lines of all pages; `counts`: measures by status, late ones under "late", with all filters but that
    of status.
    """

    lines: tuple[MonitoringLine, ...]
    total: int
    counts: Mapping[str, int]
    shared: tuple[SharedRiskLine, ...]
    silent: Mapping[str, Quarter]
    number: int
    pages: int
    further: int
    further_pages: int


def monitoring(
    reads: Reads,
    calendar: Kazakhstan,
    filters: RecommendationFilter,
    *,
    today: date,
    number: int = 1,
    further_page: int = 1,
    sizes: Sizes = TO_PROGRAMS,
) -> Monitoring:
    """Return a page of recommendations, risks many units share, and analyses whose quarter is unreported.

    Args:
        reads: limited to what the reader may see.
        number: page of recommendations, at most the last; further_page: page of unreported cases.
    """
    office = reads.office()
    counts_by_status = reads.count_recommendations(filters, today)
    total = sum(n for (status, late), n in counts_by_status.items() if filters.keeps(status, late))
    pages = max(1, -(-total // sizes.lines))
    number = min(number, pages)
    places = reads.recommendation_places(filters, today, limit=sizes.lines, offset=(number - 1) * sizes.lines)
    measured = {(status, late): n for (status, late), n in counts_by_status.items() if status}
    counts = {
        wanted_status: sum(n for (status, _), n in measured.items() if status == wanted_status)
        for wanted_status in STATUSES
    }
    groups = reads.alike(filters.unit, limit=sizes.shared, first=sizes.named)
    late = reads.unreported(
        today, filters.unit or None, limit=sizes.silent, offset=(further_page - 1) * sizes.silent
    )
    named = [place.case for group in groups for place in group.first]
    heads = reads.heads({*named, *(row.case for _, rows in late.values() for row in rows)})
    risks = reads.heads_with_rows(
        {*(place.case for place in places), *(group.first[0].case for group in groups)}
    )
    silent = _silent(late, heads, office, calendar, today)
    return Monitoring(
        lines=tuple(_lines(reads, places, risks, office, calendar, today)),
        total=total,
        counts={**counts, "late": sum(n for (_, late), n in measured.items() if late)},
        shared=_shared(groups, heads, risks, office),
        silent=silent,
        number=number,
        pages=pages,
        further=further_page,
        further_pages=-(-max((quarter.number for quarter in silent.values()), default=0) // sizes.silent),
    )


def all_lines(
    reads: Reads, calendar: Kazakhstan, filters: RecommendationFilter, *, today: date
) -> Iterator[MonitoringLine]:
    """Yield every recommendation, for a file; read in portions, as a national list does not fit into memory."""
    places, office = reads.recommendation_places(filters, today), reads.office()
    for start in range(0, len(places), PORTION):
        portion = places[start : start + PORTION]
        risks = reads.heads_with_rows({place.case for place in portion})
        yield from _lines(reads, portion, risks, office, calendar, today)


def lines_of_case(reads: Reads, calendar: Kazakhstan, case: Case, *, today: date) -> list[MonitoringLine]:
    """Return the recommendations of one case, read already."""
    places = [listed_risk.place for listed_risk in listed([case])]
    return list(_lines(reads, places, {case.id: case}, reads.office(), calendar, today))


def _lines(
    reads: Reads,
    places: Sequence[RecommendationPlace],
    risks: Mapping[str, Case],
    office: Office,
    calendar: Kazakhstan,
    today: date,
) -> Iterator[MonitoringLine]:
    """Yield the recommendations at these places with their next due dates, without those deleted since."""
    by_place = {listed_risk.place: listed_risk for listed_risk in listed(risks.values())}
    of_measures = {
        case: by_number(rows, "measure") for case, rows in reads.rows_of(risks.values(), "measures").items()
    }
    for place in places:
        if (listed_risk := by_place.get(place)) is None:
            continue
        row = next_of(of_measures.get(place.case, {}).get(place.measure, ()))
        due = row.due if row else None
        late = row is not None and is_overdue(row, today=today)
        yield MonitoringLine(
            listed=listed_risk,
            unit=unit_name(office, listed_risk.case.unit),
            responsible=person_name(office, measure["responsible"]) if (measure := listed_risk.measure) else "",
            due=due,
            late=late,
            working_days=working_days_between(due, today, calendar) if late else 0,
        )


def _shared(
    groups: Iterable[RiskGroup], heads: Mapping[str, Case], risks: Mapping[str, Case], office: Office
) -> tuple[SharedRiskLine, ...]:
    """Return shared risks as lines; without one whose first case is gone since they were counted."""
    shared: list[SharedRiskLine] = []
    for group in groups:
        first = tuple((heads[place.case], place) for place in group.first if place.case in heads)
        case = risks.get(group.first[0].case)
        risk = rows_of(case, "risk").get(group.first[0].risk) if case else None
        if risk is not None and first:
            units = dict.fromkeys(case.unit for case, _ in first)
            names = tuple(unit_name(office, unit) for unit in units)
            shared.append(
                SharedRiskLine(description=risk["description"], alike=group, first=first, units=names)
            )
    return tuple(shared)


def _silent(
    late: Mapping[str, tuple[int, Sequence[Row]]],
    heads: Mapping[str, Case],
    office: Office,
    calendar: Kazakhstan,
    today: date,
) -> dict[str, Quarter]:
    """Return by quarter, the last first, the analyses that have not reported it though it is due."""
    return {
        period: Quarter(
            number=late[period][0],
            silent=tuple(
                Silent(
                    case=heads[row.case],
                    unit=unit_name(office, row.unit),
                    due=row.due,
                    working_days=working_days_between(row.due, today, calendar),
                )
                for row in late[period][1]
                if row.case in heads and row.due is not None
            ),
        )
        for period in sorted(late, reverse=True)
    }
