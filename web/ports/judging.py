"""From a case to what the core says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.findings.finding import Finding
from workflow.law.procedure import Procedure


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the core says of one case on one day."""

    stage: str
    deadlines: tuple[Deadline, ...]
    findings: tuple[Finding, ...]


class Judge(Protocol):
    """From a case to what the core says of it; pure."""

    def __call__(self, case: Case, procedure: Procedure, *, today: date) -> Judgement: ...
