"""A plan of measures taken into a register: what is new in it, what is known, and under which numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.cases.commands.risks import FoundRisk, SetMeasure
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.risk import Register


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """One row of a plan. `number`: the plan's own, None where it has none."""

    number: int | None
    risk: str
    recommendation: str
    action: str
    completion: str
    responsible: str
    term: MeasureTerm


def taken(known: Register, rows: Iterable[PlanRow]) -> list[FoundRisk | SetMeasure]:
    """The lines to enter for a plan.

    A risk is known by its words and a measure by its risk and its words, letter case and blanks apart: so the
    same plan again changes nothing, a changed term changes its measure alone, and nothing known is
    overwritten. What is new takes the plan's number where it is free, else the next one.
    """
    risks = {_plain(risk.description): number for number, risk in known.risks.items()}
    measures = {(one.risk, _plain(one.action)): number for number, one in known.measures.items()}
    risk_numbers, measure_numbers = set(known.risks), set(known.measures)
    lines: list[FoundRisk | SetMeasure] = []
    for row in rows:
        risk = risks.get(_plain(row.risk))
        if risk is None:
            risk = risks[_plain(row.risk)] = _free(row.number, risk_numbers)
            lines.append(FoundRisk(number=risk, description=row.risk))
        place = risk, _plain(row.action)
        if place not in measures:
            measures[place] = _free(row.number, measure_numbers)
        lines.append(
            SetMeasure(
                number=measures[place],
                risk=risk,
                recommendation=row.recommendation,
                action=row.action,
                completion=row.completion,
                responsible=row.responsible,
                term=row.term,
            )
        )
    return lines


def _free(wanted: int | None, numbers: set[int]) -> int:
    number = wanted if wanted is not None and wanted not in numbers else max(numbers, default=0) + 1
    numbers.add(number)
    return number


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
