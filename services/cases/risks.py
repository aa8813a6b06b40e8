"""Risks and registers: the risk scale, imports of plans of measures, registers of many cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.cases.commands.case_commands import CaseCommands, Change
    from workflow.cases.commands.case_rows import CaseRows
    from workflow.cases.registers.exposure import CartogramLine
    from workflow.cases.registers.risk_scale import RiskScale


@cache
def scales() -> dict[str, RiskScale]:
    """Return the shipped scales by edition, the latest last."""
    from workflow.cases.registers.scale_file import read_scale

    # The folder of regulations is no Python module: find it by name.
    folder = files("regulations") / "scales"
    scale_files = [file for file in folder.iterdir() if file.name.startswith("risk-scale.")]
    scales = [read_scale(file.name, file.read_bytes()) for file in scale_files]
    return {scale.edition: scale for scale in sorted(scales, key=lambda scale: scale.in_force)}


def scale(on: date) -> RiskScale:
    """Return the scale in force on a day; for earlier days the first one."""
    editions = list(scales().values())
    return next((edition for edition in reversed(editions) if edition.in_force <= on), editions[0])


def case_rows(desk: CaseCommands) -> CaseRows:
    """Return the commands that write rows of the registers of a case."""
    from documents.schedules.written_terms import read_term
    from services.regulations.registers import case_registers
    from workflow.cases.commands.case_rows import CaseRows

    return CaseRows(desk, case_registers(), read_term=partial(read_term, where="term"), scale_on=scale)


def cases(app: AppContext, unit: str = "") -> Sequence[Case]:
    """Return the active cases that have registers, whole, of a unit (id) and all units below; "" is all."""
    from storage.cases.registers import cases_with_entries

    by_id = app.ledger.cases(cases_with_entries(app.engine, unit or None))
    return [by_id[id] for id in sorted(by_id)]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanImport:
    """Result of importing a plan of measures. `unmatched`: responsible texts that match nobody; `withdrawn`:
    measures of the plan that were withdrawn in the case and are not recorded again.
    """

    change: Change
    measures: int
    unmatched: tuple[str, ...]
    withdrawn: tuple[str, ...]


def import_plan(
    app: AppContext,
    case: str,
    file: Path | bytes,
    *,
    name: str = "",
    year: int | None,
    by: str,
    now: datetime,
    today: date,
) -> PlanImport:
    """Import a plan of measures as risks and measures of a case. The same plan again changes nothing.

    Args:
        file: a path, or the bytes of an upload.
        name: the upload's name, for error messages.

    Raises:
        UnreadablePaper: nothing was imported; `.errors` names every bad row.
        UnknownCase: there is no such case.
    """
    from documents.sandbox.readers import read_measures
    from workflow.cases.commands.risk_import import PlanRow, taken, withdrawn_rows

    app.desk.view(case, today=today)
    measures = read_measures(file, name or None, year=year)
    rows = [
        PlanRow(
            number=measure.number,
            risk=measure.risk,
            recommendation=measure.recommendation,
            action=measure.action,
            completion=measure.completion,
            responsible=measure.responsible,
            term=measure.term,
        )
        for measure in measures
    ]
    change = case_rows(app.desk).add(
        case, lambda stored: taken(stored, rows), on=today, by=by, now=now, today=today
    )
    unmatched = keep_responsible(
        app, [measure.responsible for measure in measures], by=by, now=now, today=today
    )
    left_out = tuple(row.action for row in withdrawn_rows(change.case, rows))
    return PlanImport(change=change, measures=len(rows), unmatched=unmatched, withdrawn=left_out)


def keep_responsible(
    app: AppContext, texts: Iterable[str], *, by: str, now: datetime, today: date
) -> tuple[str, ...]:
    """Match responsible texts to people and save the matches; return the texts that match nobody."""
    from documents import match
    from storage.org import store as office_store
    from storage.org.chain import Stamp

    office = app.reads.office()
    matches = {text: match(text, office) for text in dict.fromkeys(filter(None, texts))}
    new = {text: key for text, key in matches.items() if key is not None and text not in office.matches}
    if new:
        office_store.save(app.engine, matches=new, hand=Stamp(by=by, now=now, today=today))
    return tuple(text for text, key in matches.items() if key is None)


def next_due_dates(app: AppContext, case: Case, *, today: date) -> Mapping[int, date]:
    """Return each measure's next due date by number: the earliest open one, else the last."""
    from workflow.cases.registers.entries import number_of
    from workflow.deadlines.register_deadlines import entry_deadlines

    procedure = app.library.of(case)
    upcoming: dict[int, date] = {}
    past: dict[int, date] = {}
    for deadline in entry_deadlines(case, procedure, app.calendar, today=today, bare=True):
        if deadline.due is None or not deadline.id.startswith("measure."):
            continue
        number = number_of(deadline.id)
        if deadline.state in ("open", "not_due_yet"):
            upcoming[number] = min(deadline.due, upcoming.get(number, deadline.due))
        past[number] = max(deadline.due, past.get(number, deadline.due))
    return past | upcoming


def cartogram_lines(app: AppContext, unit: str = "") -> tuple[CartogramLine, ...]:
    """Return the lines a unit's cartogram should have by the registers of its cases, with unit names."""
    from workflow.findings.cartogram import by_name, results

    return by_name(results(cases(app, unit)), app.reads.office())
