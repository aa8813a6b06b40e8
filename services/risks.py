"""What the commands on risks ask of a house: the scale, plans taken in, the registers of many cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.cases.commands.desk import Change
    from workflow.cases.commands.registers import RegisterCommands
    from workflow.cases.commands.risks import RiskCommands
    from workflow.cases.registers.exposure import CartogramLine
    from workflow.cases.registers.risk_scale import RiskScale


@cache
def scales() -> dict[str, RiskScale]:
    """The shipped scales by edition, the latest last. The folder of regulations has no code: it is found
    by name.
    """
    from workflow.cases.registers.scale_file import read_scale

    folder = files("regulations") / "scales"
    named = [file for file in folder.iterdir() if file.name.startswith("risk-scale.")]
    read = [read_scale(file.name, file.read_bytes()) for file in named]
    return {scale.edition: scale for scale in sorted(read, key=lambda scale: scale.in_force)}


def scale(on: date) -> RiskScale:
    """The scale in force on a day; the first one before there was any."""
    known = list(scales().values())
    return next((one for one in reversed(known) if one.in_force <= on), known[0])


def desk(app: AppContext) -> RiskCommands:
    """Where risks are written."""
    from workflow.cases.commands.risks import RiskCommands

    return RiskCommands(app.desk)


def cases(app: AppContext, unit: str = "") -> Sequence[Case]:
    """The active cases with a register, whole, of a unit and those below it (its id), or of all."""
    from storage.cases.registers import cases_with_entries

    found = app.ledger.cases(cases_with_entries(app.engine, unit or None))
    return [found[name] for name in sorted(found)]


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenPlan:
    """What a plan of measures became. `unmatched`: responsible texts nobody could be found for."""

    change: Change
    measures: int
    unmatched: tuple[str, ...]


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
) -> TakenPlan:
    """A plan of measures becomes risks and measures of a case. The same plan again changes nothing.

    Args:
        file: a path, or the bytes of an upload.
        name: how to call an upload in refusals.

    Raises:
        UnreadablePaper: all of the file or none of it; `.errors` names every bad row.
        UnknownCase: there is no such case.
    """
    from documents.sandbox.readers import read_measures
    from workflow.cases.commands.risk_import import PlanRow, taken

    app.desk.view(case, today=today)
    read = read_measures(file, name or None, year=year)
    rows = [
        PlanRow(
            number=one.number,
            risk=one.risk,
            recommendation=one.recommendation,
            action=one.action,
            completion=one.completion,
            responsible=one.responsible,
            term=one.term,
        )
        for one in read
    ]
    change = desk(app).take_in_by(case, lambda known: taken(known, rows), on=today, by=by, now=now, today=today)
    unmatched = keep_responsible(app, [one.responsible for one in read], by=by, now=now, today=today)
    return TakenPlan(change=change, measures=len(rows), unmatched=unmatched)


def keep_responsible(
    app: AppContext, texts: Iterable[str], *, by: str, now: datetime, today: date
) -> tuple[str, ...]:
    """Whom responsible texts mean is kept where it can be told; those nobody was found for."""
    from documents import match
    from storage.org import store as office_store
    from storage.org.chain import Stamp

    office = app.reads.office()
    meant = {text: match(text, office) for text in dict.fromkeys(filter(None, texts))}
    found = {text: key for text, key in meant.items() if key is not None and text not in office.matches}
    if found:
        office_store.save(app.engine, matches=found, hand=Stamp(by=by, now=now, today=today))
    return tuple(text for text, key in meant.items() if key is None)


def dues(app: AppContext, case: Case, *, today: date) -> Mapping[int, date]:
    """The next due date of each measure by its number: the earliest still open, else the last there is."""
    from workflow.cases.registers.entries import number_of
    from workflow.deadlines.register_deadlines import entry_deadlines

    procedure = app.library.of(case)
    still: dict[int, date] = {}
    past: dict[int, date] = {}
    for one in entry_deadlines(case, procedure, app.calendar, today=today, bare=True):
        if one.due is None or not one.id.startswith("measure."):
            continue
        number = number_of(one.id)
        if one.state in ("open", "not_due_yet"):
            still[number] = min(one.due, still.get(number, one.due))
        past[number] = max(one.due, past.get(number, one.due))
    return past | still


def cartogram_lines(app: AppContext, unit: str = "") -> tuple[CartogramLine, ...]:
    """What the cartogram should say by the registers of a unit's cases, units called by their names."""
    from workflow.findings.cartogram import by_name, results

    return by_name(results(cases(app, unit)), app.reads.office())


def registers(app: AppContext) -> RegisterCommands:
    """Where positions, talks, the cartogram and remarks are written."""
    from workflow.cases.commands.registers import RegisterCommands

    return RegisterCommands(app.desk)
