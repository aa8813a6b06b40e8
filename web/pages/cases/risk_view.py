"""The data of the risk register of a case: risks with their measures, and the forms of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.cases import risks as risk_services
from services.registers.results import RowView, field_view
from services.regulations.registers import case_registers
from web.pages.cases.case_view import CaseView, Entry
from web.ui.form_values import RejectedForm
from web.ui.register_cells import cell_of
from web.ui.render import Translator
from workflow.cases.registers.entries import is_entry, number_of
from workflow.cases.registers.exposure import Cartogram, Position, exposure
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.remarks import Remark, remarks
from workflow.cases.registers.risk import Measure, Risk, register
from workflow.cases.registers.risk_scale import Band, RiskScale, by_edition
from workflow.cases.registers.rows import Row, value_of
from workflow.registers.definition import Register

CHOSEN = ("risk", "measure", "position", "remark")
OF_FORM = {
    "review": "measure",
    "talk": "position",
    "clear": "position",
    "reply": "remark",
    **{f"edit_{kind}": kind for kind in ("risk", "measure", "position", "remark")},
}
"""The kind of row that the number in a form refers to; by default a risk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureLine:
    """A measure. `entry`: its next deadline, None if its term has no day."""

    measure: Measure
    entry: Entry | None
    periods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskLine:
    """A risk with its measures. `points`, `band`: of its rank; None without a rank.

    `asked`: the deadline of the request about it, None without one.
    """

    risk: Risk
    asked: Entry | None
    points: int | None
    band: Band | None
    measures: tuple[MeasureLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Risks:
    """The data of the page. `risk`, `measure`, `position`, `remark`: the chosen ones, with open forms; 0 for
    none.

    `registers`: definitions of the registers; `orphans`: measures whose risk is withdrawn.
    """

    lines: tuple[RiskLine, ...]
    orphans: tuple[Measure, ...]
    positions: tuple[Position, ...]
    cartogram: Cartogram | None
    remarks: tuple[Remark, ...]
    scale: RiskScale
    registers: Mapping[str, Register]
    risk: int
    measure: int
    position: int
    remark: int

    def text(self, row: object, field: str) -> str:
        """Return the value of a field for a form."""
        value = value_of(row, field)
        return (
            str(value["written"])
            if isinstance(value, Mapping)
            else "yes"
            if value is True
            else str(value or "")
        )

    def extra(self, register: str, row: Row, translator: Translator) -> list[tuple[str, str]]:
        """Return titles and values of fields without a place of their own on the page."""
        shown = RowView.model_construct(id="", register_id=register, values=row.extra, names={})
        fields = (
            field_view(one) for name, one in self.registers[register].fields.items() if row.extra.get(name)
        )
        return [(one.title[translator.language], cell_of(one, shown, translator).text) for one in fields]


def risk_view(dossier: CaseView, asked: Mapping[str, str], tried: object, *, today: date) -> Risks:
    """Return the register of a case on a day.

    Args:
        asked: query of the address: `risk`, `measure`, `position` and `remark` choose the rows; a refused form
            chooses its own.
    """
    case = dossier.case
    known, exposed, scales = register(case), exposure(case), risk_services.scales()
    entries: dict[int, list[Entry]] = {}
    requests: dict[int, Entry] = {}
    for part in dossier.parts:
        for entry in part.entries:
            if is_entry(entry.deadline.id) and entry.deadline.id.startswith("measure."):
                entries.setdefault(number_of(entry.deadline.id), []).append(entry)
            elif is_entry(entry.deadline.id) and entry.deadline.id.startswith("request."):
                requests[number_of(entry.deadline.id)] = entry
    chosen = {name: _number(asked.get(name, "")) for name in CHOSEN}
    if isinstance(tried, RejectedForm):
        what, _, number = tried.form.rpartition("-")
        chosen[OF_FORM.get(what, "risk")] = _number(number)
    return Risks(
        lines=tuple(
            RiskLine(
                risk=risk,
                asked=requests.get(risk.number),
                points=risk.rank.likelihood * risk.rank.effect if risk.rank else None,
                band=scale.band(risk.rank) if risk.rank and (scale := by_edition(scales, risk.rank)) else None,
                measures=tuple(
                    MeasureLine(
                        measure=one,
                        entry=_next(entries.get(one.number, [])),
                        periods=_periods(one.term, entries.get(one.number, [])),
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
        risk=chosen["risk"],
        measure=chosen["measure"],
        position=chosen["position"],
        remark=chosen["remark"],
    )


def _next(entries: list[Entry]) -> Entry | None:
    """Return the earliest open deadline, else the last one."""
    dated = sorted((one for one in entries if one.deadline.due), key=lambda one: one.deadline.due or date.max)
    waiting = [one for one in dated if one.deadline.state in ("open", "not_due_yet")]
    return waiting[0] if waiting else dated[-1] if dated else None


def _periods(term: MeasureTerm, entries: list[Entry]) -> tuple[str, ...]:
    if term.every is None:
        return ()
    return tuple(dict.fromkeys(one.deadline.period for one in entries if one.deadline.period))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
