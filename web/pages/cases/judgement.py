"""What the core says of a case: deadlines, findings, and where it stands, joined for a page."""

from __future__ import annotations

from datetime import date

from calendars.calendar import Calendar
from web.ports.judging import Judge, Judgement
from workflow.cases.case import Case
from workflow.cases.machine import stage
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import feasibility, findings
from workflow.findings.of_risks import risk_findings
from workflow.law.procedure import Procedure


def judge_by(calendar: Calendar) -> Judge:
    """A judge who counts by this calendar."""

    def judge(case: Case, procedure: Procedure, *, today: date) -> Judgement:
        computed = deadlines(case, procedure, calendar, today=today)
        return Judgement(
            stage=stage(procedure, case, computed),
            deadlines=computed,
            findings=(
                *findings(case, procedure, computed, calendar),
                *feasibility(computed, calendar),
                *risk_findings(case, computed),
            ),
        )

    return judge
