"""The stage, deadlines and findings of one case on one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines
from workflow.findings.finding import Finding
from workflow.findings.findings import feasibility, findings
from workflow.findings.of_risks import risk_findings
from workflow.law.procedure import Procedure
from workflow.machine import stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Stage, deadlines and findings of one case on one day."""

    stage: str
    deadlines: tuple[Deadline, ...]
    findings: tuple[Finding, ...]


def judge(case: Case, procedure: Procedure, calendar: Kazakhstan, *, today: date) -> Judgement:
    """Compute deadlines, findings and the stage of a case."""
    computed = deadlines(case, procedure, calendar, today=today)
    return Judgement(
        stage=stage(procedure, case, computed),
        deadlines=computed,
        findings=findings_of(case, procedure, computed, calendar),
    )


def findings_of(
    case: Case, procedure: Procedure, deadlines: tuple[Deadline, ...], calendar: Kazakhstan
) -> tuple[Finding, ...]:
    """Return the findings of a case, including plan dates that cannot be kept."""
    return (
        *findings(case, procedure, deadlines, calendar),
        *feasibility(deadlines, calendar),
        *risk_findings(case, deadlines),
    )
