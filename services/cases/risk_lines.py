"""The registers of one case: risks with their measures, positions, remarks, the cartogram."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.cases import risks as risk_services
from services.regulations.registers import case_registers
from workflow.cases.case import Case
from workflow.cases.registers.entries import is_entry, number_of
from workflow.cases.registers.exposure import Cartogram, Position, exposure
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.remarks import Remark, remarks
from workflow.cases.registers.risk import Measure, Risk, register
from workflow.cases.registers.risk_scale import Band, RiskScale, by_edition
from workflow.deadlines.deadline import Deadline
from workflow.registers.definition import Register


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureLine:
    """A measure. `deadline`: its next one, None if its term has no day."""

    measure: Measure
    deadline: Deadline | None
    periods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskLine:
    """A risk with its measures. `points`, `band`: of its rank; None without a rank.

    `asked`: the deadline of the request about it, None without one.
    """

    risk: Risk
    asked: Deadline | None
    points: int | None
    band: Band | None
    measures: tuple[MeasureLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRegisters:
    """The rows of the registers of a case.

    `registers`: definitions of the registers; `orphans`: measures whose risk is withdrawn.
    """

    lines: tuple[RiskLine, ...]
    orphans: tuple[Measure, ...]
    positions: tuple[Position, ...]
    cartogram: Cartogram | None
    remarks: tuple[Remark, ...]
    scale: RiskScale
    registers: Mapping[str, Register]


def registers_of_case(case: Case, deadlines: Iterable[Deadline], *, today: date) -> CaseRegisters:
    """Return the rows of the registers of a case on a day, with these deadlines of it."""
    known, exposed, scales = register(case), exposure(case), risk_services.scales()
    of_measure: dict[int, list[Deadline]] = {}
    requests: dict[int, Deadline] = {}
    for one in deadlines:
        if is_entry(one.id) and one.id.startswith("measure."):
            of_measure.setdefault(number_of(one.id), []).append(one)
        elif is_entry(one.id) and one.id.startswith("request."):
            requests[number_of(one.id)] = one
    return CaseRegisters(
        lines=tuple(
            RiskLine(
                risk=risk,
                asked=requests.get(risk.number),
                points=risk.rank.likelihood * risk.rank.effect if risk.rank else None,
                band=scale.band(risk.rank) if risk.rank and (scale := by_edition(scales, risk.rank)) else None,
                measures=tuple(
                    MeasureLine(
                        measure=one,
                        deadline=_next(of_measure.get(one.number, [])),
                        periods=_periods(one.term, of_measure.get(one.number, [])),
                    )
                    for one in known.measures_of(risk.number)
                ),
            )
            for risk in known.risks.values()
        ),
        orphans=tuple(one for one in known.measures.values() if one.risk not in known.risks),
        positions=tuple(exposed.positions.values()),
        cartogram=exposed.cartogram,
        remarks=tuple(remarks(case).values()),
        scale=risk_services.scale(today),
        registers={one.id: one for one in case_registers().all()},
    )


def _next(entries: list[Deadline]) -> Deadline | None:
    """Return the earliest open deadline, else the last one."""
    dated = sorted((one for one in entries if one.due), key=lambda one: one.due or date.max)
    waiting = [one for one in dated if one.state in ("open", "not_due_yet")]
    return waiting[0] if waiting else dated[-1] if dated else None


def _periods(term: MeasureTerm, entries: list[Deadline]) -> tuple[str, ...]:
    if term.every is None:
        return ()
    return tuple(dict.fromkeys(one.period for one in entries if one.period))
