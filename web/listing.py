"""The list of cases as values, one page of it at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar
from web.office import UnitName, unit_name, units_in_order
from web.ports import Reads
from web.standing import SOON_WORKING_DAYS, look
from workflow.board import Row
from workflow.case import Case
from workflow.entries import is_entry
from workflow.entry_deadlines import entry_obligation
from workflow.library import Library
from workflow.procedure import Procedure, Text

PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One case. `stage`: None when all stages are behind it. `next_due`: the nearest open deadline ahead."""

    id: str
    object: str
    procedure: Text
    unit: UnitName
    standing: str
    stage: Text | None
    overdue: int
    missed: int
    done: int
    required: int
    next_due: date | None
    next_title: Text | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    items: tuple[Item, ...]
    unit: str | None
    units: tuple[UnitName, ...]
    number: int
    pages: int
    total: int


def listing(
    reads: Reads, library: Library, calendar: Calendar, *, today: date, unit: str | None, number: int
) -> Listing:
    """Page `number` of the cases of a unit, or of all; a number beyond the last page is the last page."""
    cases = reads.cases(unit)
    pages = max(1, -(-len(cases) // PAGE))
    number = min(number, pages)
    shown = cases[(number - 1) * PAGE : number * PAGE]
    rows = reads.rows_of([case.id for case in shown])
    # What the next deadline is called, a case of which it is a measure alone can tell.
    whole = reads.whole([name for name, of in rows.items() if any(is_entry(row.obligation) for row in of)])
    office = reads.office()
    soon = calendar.add(today, SOON_WORKING_DAYS)
    return Listing(
        items=tuple(
            _item(
                whole.get(case.id, case),
                library.named(case.edition),
                tuple(rows.get(case.id, ())),
                unit=unit_name(office, case.unit),
                today=today,
                soon=soon,
            )
            for case in shown
        ),
        unit=unit,
        units=units_in_order(office, used=()),
        number=number,
        pages=pages,
        total=len(cases),
    )


def _item(
    case: Case, procedure: Procedure, rows: tuple[Row, ...], *, unit: UnitName, today: date, soon: date
) -> Item:
    looks = [look(row.state, row.due, late_by=row.late_by, today=today, soon=soon) for row in rows]
    ahead = [row for row in rows if row.state == "open" and row.due is not None and row.due >= today]
    nearest = min(ahead, key=lambda row: row.due or date.max, default=None)
    obligation = None
    if nearest is not None:
        obligation = entry_obligation(case, procedure, nearest.obligation)
    return Item(
        id=case.id,
        object=case.object or case.id,
        procedure=procedure.title,
        unit=unit,
        standing=case.standing,
        stage=_stage(procedure, rows),
        overdue=looks.count("overdue"),
        missed=looks.count("missed"),
        done=sum(row.state == "done" for row in rows),
        required=sum(row.state != "not_required" for row in rows),
        next_due=nearest.due if nearest else None,
        next_title=obligation.title if obligation else None,
    )


def _stage(procedure: Procedure, rows: tuple[Row, ...]) -> Text | None:
    """The earliest stage that still waits for a blocking obligation."""
    waiting = {
        row.stage for row in rows if row.state in ("open", "not_due_yet") and _blocks(procedure, row.obligation)
    }
    return next((stage.title for stage in procedure.stages if stage.id in waiting), None)


def _blocks(procedure: Procedure, name: str) -> bool:
    if is_entry(name):
        return False
    obligation = procedure.by_id.get(name) or procedure.by_id[name.partition(".")[0]]
    return obligation.blocking
