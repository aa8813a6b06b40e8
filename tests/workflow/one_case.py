"""One case: what is written to it and read of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.law import CALENDAR
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, View
from workflow.cases.commands.statuses import edit_passport
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.rows import MeasureTerm
from workflow.deadlines.deadline import Deadline, Row
from workflow.findings.findings import findings
from workflow.findings.of_risks import risk_findings
from workflow.moments import Moment
from workflow.ports import Change

NOW = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
TODAY = date(2026, 6, 1)
STAMP = Moment(by="officer", now=NOW, today=TODAY)


class OneCase:
    """A case, and what is written to it and read of it."""

    def __init__(self, core: CaseCommands, ledger: SqlLedger, id: str) -> None:
        self.core, self.ledger, self.id = core, ledger, id
        self.risks = RowCommands(core)

    def record(self, fact: str, on: date, *evidence: Evidence) -> Change:
        return self.core.write(self.id, STAMP, recording.record, fact, on=on, evidence=evidence)

    def take_back(self, name: str, *, ground: str = "кем-то внесено ошибочно", evidence: str = "") -> Change:
        return self.core.write(self.id, STAMP, withdraw, name, ground=ground, evidence=evidence)

    def deadline(self, name: str) -> Deadline:
        deadlines = self.core.view(self.id, today=TODAY).deadlines
        return next(deadline for deadline in deadlines if deadline.id == name)

    def stored(self) -> Case:
        stored_case = self.ledger.case(self.id)
        assert stored_case is not None
        return stored_case

    def rows(self) -> Mapping[str, Row]:
        return self.ledger.rows(self.id)

    def codes(self) -> list[tuple[str, str]]:
        view: View = self.core.view(self.id, today=TODAY)
        case_findings = findings(view.case, view.procedure, view.deadlines, CALENDAR)
        return [
            (finding.code, finding.obligation)
            for finding in (*case_findings, *risk_findings(view.case, view.deadlines))
        ]

    def found(self, *texts: str) -> None:
        for text in texts:
            self.risks.add(self.id, FoundRisk(description=text), on=date(2026, 5, 20), at=STAMP)

    def measure(self, risk: int) -> None:
        command = SetMeasure(
            risk=risk, action="Утвердить порядок закупок", responsible="ДЗ", term=MeasureTerm()
        )
        self.risks.add(self.id, command, at=STAMP)

    def edit(self, row: str, **fields: object) -> Change:
        return self.risks.edit(self.id, row, fields, at=STAMP)

    def describe(self, kind: str = "", **fields: Any) -> Change:
        """Edit the passport; `kind`: of the organisation."""
        return self.core.write(self.id, STAMP, edit_passport, kind_of=lambda _: kind, **fields)
