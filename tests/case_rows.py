"""Sample rows of a case for tests: one of each kind in each status, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from merzim.documents.schedules.written_terms import read_term
from merzim.services.cases.risks import scale as scale_on
from merzim.services.law.regulations import case_registers
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.case_rows import CaseRows, NewRow, record_cartogram
from workflow.cases.commands.opening import Opening
from workflow.cases.registers.exposure import CartogramLine
from workflow.cases.registers.risk_scale import RiskScale
from workflow.org.audit import Stamp
from workflow.ports import Change
from workflow.registers.definition import Registers


def _row(register: str, number: int | None = None, **values: Any) -> NewRow:
    return NewRow(register=register, number=number, values=values)


FoundRisk = partial(_row, "risks")
SetMeasure = partial(_row, "measures")
ExposedPosition = partial(_row, "positions")
DIRECTIONS = case_registers().latest("risks").fields["direction"].option_ids


def case_rows(scale: RiskScale | None = None, registers: Registers | None = None) -> CaseRows:
    """The commands on rows, with the shipped definitions where no others are given."""
    return CaseRows(
        registers or case_registers(),
        read_term=partial(read_term, where="term"),
        scale_on=(lambda _: scale) if scale else scale_on,
    )


class RiskCommands:
    """Commands on risks and measures."""

    def __init__(self, case_commands: CaseCommands) -> None:
        self._case_commands = case_commands

    def find(self, case: str, risk: NewRow, *, on: date, at: Stamp) -> Change:
        return self._case_commands.write(case, at, case_rows().add, risk, on=on)

    def take_in(self, case: str, rows: Sequence[NewRow], *, on: date, at: Stamp) -> Change:
        return self._case_commands.write(case, at, case_rows().add, lambda _: rows, on=on)

    def take_in_by(self, case: str, rows: Callable[[Case], Sequence[NewRow]], *, on: date, at: Stamp) -> Change:
        return self._case_commands.write(case, at, case_rows().add, rows, on=on)

    def set_measure(self, case: str, measure: NewRow, *, at: Stamp) -> Change:
        return self._case_commands.write(case, at, case_rows().add, measure, on=at.today)

    def rank(self, case: str, number: int, *, scale: RiskScale, **values: Any) -> Change:
        return _act(self._case_commands, case, "risks", "rank", number, scale=scale, **values)

    def remove(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "risks", "remove", number, **values)

    def ask(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "risks", "ask", number, **values)

    def answer(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "risks", "answer", number, **values)

    def review(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "measures", "review", number, **values)


class RegisterCommands:
    """Commands on exposed positions, remarks and the cartogram."""

    def __init__(self, case_commands: CaseCommands) -> None:
        self._case_commands = case_commands

    def expose(self, case: str, position: NewRow, *, on: date, at: Stamp) -> Change:
        row = replace(position, values={**position.values, "on": on})
        return self._case_commands.write(case, at, case_rows().add, row, on=on)

    def clear(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "positions", "clear", number, **values)

    def talk(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "positions", "talk", number, **values)

    def record_cartogram(
        self, case: str, lines: Sequence[CartogramLine], *, at: Stamp, **values: Any
    ) -> Change:
        return self._case_commands.write(case, at, record_cartogram, lines, **values)

    def remark(self, case: str, *, on: date, at: Stamp, **values: Any) -> Change:
        row = _row("remarks", on=on, **values)
        return self._case_commands.write(case, at, case_rows().add, row, on=on)

    def answer_remark(self, case: str, number: int, **values: Any) -> Change:
        return _act(self._case_commands, case, "remarks", "answer", number, **values)


def edit_row(
    case_commands: CaseCommands, case: str, row: str, fields: dict[str, object], *, at: Stamp
) -> Change:
    """Change fields of a row."""
    return case_commands.write(case, at, case_rows().edit, row, fields)


def _act(
    case_commands: CaseCommands,
    case: str,
    register: str,
    action: str,
    number: int,
    *,
    at: Stamp,
    evidence: Sequence[Evidence] = (),
    scale: RiskScale | None = None,
    **values: Any,
) -> Change:
    act = case_rows(scale).act
    return case_commands.write(case, at, act, register, action, number, values, evidence=evidence)


def completed_case(
    case_commands: CaseCommands, *, unit: str, leave: Collection[str], on: date, now: datetime, today: date
) -> str:
    """Open an analysis with all it asks recorded on one day, but for `leave`; return its id."""
    opening = Opening(
        procedure="internal-analysis", unit=unit, object="Сатып алу", facts={"analysis_started": on}
    )
    case = case_commands.open(opening, at=Stamp(by="test", now=now, today=today)).id
    for _ in range(4):  # what is recorded opens what follows it
        for deadline in case_commands.view(case, today=today).deadlines:
            if deadline.state in ("open", "not_due_yet") and deadline.obligation.id not in leave:
                case_commands.write(
                    case, Stamp(by="test", now=now, today=today), recording.record, deadline.id, on=on
                )
    return case
