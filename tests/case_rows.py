"""Sample rows of a case for tests: one of each kind in each status, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from merzim.documents.case_tables import read_term
from merzim.services.cases.rows import scale_on
from merzim.services.law.regulations import case_registers
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.commands.case_rows import CaseRows, NewRow, record_cartogram
from workflow.cases.registers.risks import CartogramLine, RiskScale
from workflow.moments import Moment
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


def _action(register: str, action: str) -> Callable[..., Change]:
    """The command that carries out an action on a row."""

    def act(
        self: RowCommands,
        case: str,
        number: int,
        *,
        at: Moment,
        evidence: Sequence[Evidence] = (),
        scale: RiskScale | None = None,
        **values: Any,
    ) -> Change:
        row, command = f"{register.removesuffix('s')}.{number}", case_rows(scale).act
        return self.core.write(case, at, command, row, action, values, evidence=evidence)

    return act


class RowCommands:
    """Commands on the rows of the registers of a case."""

    def __init__(self, core: CaseCommands) -> None:
        self.core = core

    def add(
        self,
        case: str,
        rows: NewRow | Sequence[NewRow] | Callable[[Case], Sequence[NewRow]],
        *,
        at: Moment,
        on: date | None = None,
    ) -> Change:
        given = rows if isinstance(rows, NewRow) or callable(rows) else lambda _: rows
        return self.core.write(case, at, case_rows().add, given, on=on or at.today)

    rank = _action("risks", "rank")
    remove = _action("risks", "remove")
    ask = _action("risks", "ask")
    answer = _action("risks", "answer")
    review = _action("measures", "review")
    clear = _action("positions", "clear")
    talk = _action("positions", "talk")
    answer_remark = _action("remarks", "answer")

    def expose(self, case: str, position: NewRow, *, on: date, at: Moment) -> Change:
        return self.add(case, replace(position, values={**position.values, "on": on}), on=on, at=at)

    def remark(self, case: str, *, on: date, at: Moment, **values: Any) -> Change:
        return self.add(case, _row("remarks", on=on, **values), on=on, at=at)

    def record_cartogram(
        self, case: str, lines: Sequence[CartogramLine], *, at: Moment, **values: Any
    ) -> Change:
        return self.core.write(case, at, record_cartogram, lines, **values)

    def edit(self, case: str, row: str, fields: dict[str, object], *, at: Moment) -> Change:
        return self.core.write(case, at, case_rows().edit, row, fields)


def completed_case(
    case_commands: CaseCommands, *, unit: str, leave: Collection[str], on: date, at: Moment
) -> str:
    """Open an analysis with all it asks recorded on one day, but for `leave`; return its id."""
    opening = Opening(
        procedure="internal-analysis", unit=unit, object="Сатып алу", facts={"analysis_started": on}
    )
    case = case_commands.open(opening, at=at).id
    for _ in range(4):  # what is recorded opens what follows it
        for deadline in case_commands.view(case, today=at.today).deadlines:
            if deadline.state in ("open", "not_due_yet") and deadline.obligation.id not in leave:
                case_commands.write(case, at, recording.record, deadline.id, on=on)
    return case
