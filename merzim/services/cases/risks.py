"""Rows of cases' registers as shown, each with its deadlines; the risk scales; who the texts of rows mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from importlib.resources import files
from typing import TypeVar

from merzim.documents.matching import match
from merzim.documents.schedules.written_terms import read_term
from merzim.services.app import AppContext
from merzim.services.law.regulations import case_registers
from merzim.storage.cases.recommendations import cases_with_entries
from merzim.storage.org import store as office_store
from workflow.board.rows import Row
from workflow.cases.case import Case
from workflow.cases.commands.case_rows import CaseRows
from workflow.cases.registers.risks import (
    Band,
    Cartogram,
    Rank,
    RiskScale,
    cartograms,
    rank_of,
    read_scale,
    scale_of,
)
from workflow.cases.registers.rows import MeasureTerm, RowOfCase, measures_of, number_of, row_kind, rows_of
from workflow.deadlines.deadline import Deadline
from workflow.moments import Moment
from workflow.registers.definition import Register

Dated = TypeVar("Dated", Deadline, Row)


@cache
def scales() -> dict[str, RiskScale]:
    """Return the shipped risk scales by edition, the latest last."""
    # The folder of regulations is no Python module: find it by name.
    folder = files("regulations") / "scales"
    scale_files = [file for file in folder.iterdir() if file.name.startswith("risk-scale.")]
    scales = [read_scale(file.name, file.read_bytes()) for file in scale_files]
    return {scale.edition: scale for scale in sorted(scales, key=lambda scale: scale.in_force)}


def scale_on(on: date) -> RiskScale:
    """Return the risk scale in force on a day; for earlier days the first one."""
    editions = list(scales().values())
    return next((edition for edition in reversed(editions) if edition.in_force <= on), editions[0])


@cache
def case_rows() -> CaseRows:
    """Return the commands on rows of the registers of cases."""
    return CaseRows(case_registers(), read_term=partial(read_term, where="term"), scale_on=scale_on)


def cases_with_rows(app: AppContext, unit: str = "") -> Sequence[Case]:
    """Return the active cases with a row in any register, whole, of a unit (id) and all below; "" is all."""
    by_id = app.ledger.cases(cases_with_entries(app.engine, unit or None))
    return [by_id[id] for id in sorted(by_id)]


def keep_responsible(app: AppContext, texts: Iterable[str], *, at: Moment) -> tuple[str, ...]:
    """Match responsible texts to units and people, save the new matches; return the texts that match none."""
    office = app.reads.office()
    matches = {text: match(text, office) for text in dict.fromkeys(filter(None, texts))}
    new = {text: key for text, key in matches.items() if key is not None and text not in office.matches}
    if new:
        office_store.save(app.engine, matches=new, at=at)
    return tuple(text for text, key in matches.items() if key is None)


def by_number(entries: Iterable[Dated], kind: str) -> dict[int, list[Dated]]:
    """Return those of these deadlines or board rows that rows of a kind (`measure`) made, by their number."""
    found: dict[int, list[Dated]] = {}
    for entry in entries:
        id = entry.id if isinstance(entry, Deadline) else entry.obligation
        if row_kind(id) == kind:
            found.setdefault(number_of(id), []).append(entry)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasureLine:
    """A measure. `deadline`: its next one, None if its term has no day; `periods`: those it recurs in."""

    measure: RowOfCase
    deadline: Deadline | None
    periods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskLine:
    """A risk with its measures. `rank` and `band`: None before it is ranked.

    `request`: the deadline of the request about it, None without one.
    """

    risk: RowOfCase
    request: Deadline | None
    rank: Rank | None
    band: Band | None
    measures: tuple[MeasureLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRegisters:
    """The rows of the registers of a case.

    `registers`: definitions of the registers; `orphans`: measures whose risk is withdrawn.
    """

    lines: tuple[RiskLine, ...]
    orphans: tuple[RowOfCase, ...]
    positions: tuple[RowOfCase, ...]
    cartogram: Cartogram | None
    remarks: tuple[RowOfCase, ...]
    scale: RiskScale
    registers: Mapping[str, Register]


def registers_of_case(case: Case, deadlines: Iterable[Deadline], *, today: date) -> CaseRegisters:
    """Return the rows of a case's registers, each with its own of these deadlines, and today's risk scale."""
    risks, measures = rows_of(case, "risk"), rows_of(case, "measure")
    deadlines = list(deadlines)
    of_measure, requests = by_number(deadlines, "measure"), by_number(deadlines, "request")
    return CaseRegisters(
        lines=tuple(
            RiskLine(
                risk=risk,
                request=next(iter(requests.get(risk.number, ())), None),
                rank=(rank := rank_of(risk)),
                band=scale.band(rank) if rank and (scale := scale_of(scales(), rank)) else None,
                measures=tuple(
                    MeasureLine(
                        measure=measure,
                        deadline=next_of(of_measure.get(measure.number, [])),
                        periods=_periods(measure.term, of_measure.get(measure.number, [])),
                    )
                    for measure in measures_of(measures, risk.number)
                ),
            )
            for risk in risks.values()
        ),
        orphans=tuple(measure for measure in measures.values() if measure["risk"] not in risks),
        positions=tuple(rows_of(case, "position").values()),
        cartogram=next(reversed(cartograms(case)), None),
        remarks=tuple(rows_of(case, "remark").values()),
        scale=scale_on(today),
        registers={register.id: register for register in case_registers().all()},
    )


def next_of(entries: Iterable[Dated]) -> Dated | None:
    """Return the earliest open deadline or board row, else the last one; None where none has a due date."""
    dated = sorted((entry for entry in entries if entry.due), key=lambda entry: entry.due or date.max)
    waiting = [entry for entry in dated if entry.state in ("open", "not_due_yet")]
    return waiting[0] if waiting else dated[-1] if dated else None


def _periods(term: MeasureTerm, entries: list[Deadline]) -> tuple[str, ...]:
    """Return the periods in which a recurring measure is due; none for one that is due once."""
    if term.every is None:
        return ()
    return tuple(dict.fromkeys(entry.period for entry in entries if entry.period))
