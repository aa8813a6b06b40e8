"""The managers' board as values: what is overdue, where, how late, at what cost, and who is asked to move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from calendars.calendar import Calendar
from web.office import UnitName, Who, asked, unit_name, units_in_order
from web.ports import Reads
from web.standing import SOON_WORKING_DAYS, Look, look, working_days_between
from workflow.board import Row
from workflow.case import Case
from workflow.entries import is_entry
from workflow.entry_deadlines import entry_obligation
from workflow.library import Library
from workflow.office import Office
from workflow.procedure import Obligation, Procedure, Text

SHOWN = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One obligation on the board.

    Attributes:
        working_days: late when overdue (0 is possible: only days off have passed), left when not.
        stake: points, a decimal string; negative for a deduction.
    """

    case: str
    object: str
    unit: UnitName
    obligation: str
    title: Text
    stage: Text
    stage_id: str
    due: date | None
    look: Look
    working_days: int
    force: str
    who: Who
    stake: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    overdue: int
    due: int
    heat: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    unit: UnitName
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """Units down, stages across; only those where something is overdue or due soon."""

    stages: tuple[tuple[str, Text], ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """The whole page. `any_case`: whether the office has cases at all; an empty page says what to do."""

    today: date
    soon: date
    unit: str | None
    stage: str | None
    units: tuple[UnitName, ...]
    overdue_count: int
    due_count: int
    missed_count: int
    stake: Decimal
    overdue: tuple[Line, ...]
    due: tuple[Line, ...]
    missed: tuple[Line, ...]
    matrix: Matrix
    any_case: bool


def board(
    reads: Reads,
    library: Library,
    calendar: Calendar,
    *,
    today: date,
    unit: str | None = None,
    stage: str | None = None,
) -> Board:
    """The board on a day, of one unit and one stage or of all."""
    soon = calendar.add(today, SOON_WORKING_DAYS)
    overdue, due, missed = reads.overdue(today, unit), reads.due(today, soon, unit), reads.missed(unit)
    cases = reads.heads({row.case for row in (*overdue, *due, *missed)})
    office = reads.office()
    scribe = _Scribe(cases, office, library, calendar, today, soon)
    chosen = [[row for row in rows if stage is None or row.stage == stage] for rows in (overdue, due, missed)]
    shown = [rows[:SHOWN] for rows in chosen]
    whole = reads.whole({row.case for rows in shown for row in rows})
    return Board(
        today=today,
        soon=soon,
        unit=unit,
        stage=stage,
        units=units_in_order(office, used=()),
        overdue_count=len(chosen[0]),
        due_count=len(chosen[1]),
        missed_count=len(chosen[2]),
        stake=scribe.at_stake((*chosen[0], *chosen[2])),
        overdue=tuple(scribe.line(row, whole[row.case]) for row in shown[0]),
        due=tuple(scribe.line(row, whole[row.case]) for row in shown[1]),
        missed=tuple(scribe.line(row, whole[row.case]) for row in shown[2]),
        matrix=scribe.matrix(overdue, due),
        any_case=bool(cases) or bool(reads.cases()),
    )


def points(stake: str | None) -> Decimal:
    """What a stake costs, as a positive number; 0 where nothing is named."""
    try:
        return abs(Decimal(stake)) if stake else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


@dataclass(frozen=True, slots=True)
class _Scribe:
    """Makes lines of rows; holds what all of them share."""

    cases: Mapping[str, Case]
    office: Office
    library: Library
    calendar: Calendar
    today: date
    soon: date

    def line(self, row: Row, case: Case) -> Line:
        procedure = self.procedure(row)
        obligation = entry_obligation(case, procedure, row.obligation)
        word = look(row.state, row.due, late_by=row.late_by, today=self.today, soon=self.soon)
        return Line(
            case=row.case,
            object=case.object or case.id,
            unit=unit_name(self.office, row.unit),
            obligation=row.obligation,
            title=obligation.title,
            stage=procedure.stage_title[row.stage],
            stage_id=row.stage,
            due=row.due,
            look=word,
            working_days=working_days_between(row.due, self.today, self.calendar),
            force=row.force,
            who=asked(case, obligation, row.obligation, self.office, on=self.today),
            stake=row.stake,
        )

    def procedure(self, row: Row) -> Procedure:
        return self.library.named(self.cases[row.case].edition)

    def obligation(self, row: Row) -> Obligation:
        by_id = self.procedure(row).by_id
        return by_id.get(row.obligation) or by_id[row.obligation.partition(".")[0]]

    def at_stake(self, rows: Iterable[Row]) -> Decimal:
        """Points of all indicators touched; each scores once for the whole body, so it is counted once."""
        by_indicator: dict[tuple[str, str], Decimal] = {}
        for row in rows:
            indicator = None if is_entry(row.obligation) else self.obligation(row).indicator
            key = (self.cases[row.case].procedure, indicator or row.obligation)
            by_indicator[key] = max(by_indicator.get(key, Decimal(0)), points(row.stake))
        return sum(by_indicator.values(), Decimal(0))

    def matrix(self, overdue: Sequence[Row], due: Sequence[Row]) -> Matrix:
        stages: dict[str, Text] = {}
        places: dict[str, tuple[int, int]] = {}
        for row in (*overdue, *due):
            procedure = self.procedure(row)
            stages[row.stage] = procedure.stage_title[row.stage]
            order = next(n for n, stage in enumerate(procedure.stages) if stage.id == row.stage)
            places.setdefault(row.stage, (len(procedure.stages), order))
        late = Counter((row.unit, row.stage) for row in overdue)
        near = Counter((row.unit, row.stage) for row in due)
        columns = tuple(sorted(stages, key=lambda stage: places[stage][1]))
        used = {row.unit for row in (*overdue, *due)}
        return Matrix(
            stages=tuple((stage, stages[stage]) for stage in columns),
            rows=tuple(
                MatrixRow(
                    unit=unit,
                    cells=tuple(_cell(late[unit.id, stage], near[unit.id, stage]) for stage in columns),
                    total=_cell(
                        sum(late[unit.id, stage] for stage in columns),
                        sum(near[unit.id, stage] for stage in columns),
                    ),
                )
                for unit in units_in_order(self.office, used=used)
                if unit.id in used
            ),
        )


def _cell(overdue: int, due: int) -> Cell:
    """`heat` 0-4: how strongly the cell is tinted; only what is overdue is hot."""
    steps = (1, 3, 6, 11)
    return Cell(overdue=overdue, due=due, heat=sum(1 for step in steps if overdue >= step))
