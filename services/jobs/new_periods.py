"""Adds the board rows of new periods of open-ended recurrences when they begin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.ports import CaseWrite


def add_new_periods(app: AppContext, *, now: datetime, today: date) -> int:
    """Add the rows of periods that are due to appear; return the number of cases changed. Safe to repeat.

    A case changed by somebody at the same moment is left to the next round.
    """
    from storage.cases.programmes import behind
    from workflow.periods import following
    from workflow.ports import Conflict

    periods = {
        edition.edition: {
            obligation.id: following(today, obligation.recurs.every).name
            for obligation in edition.open_ended
            if obligation.recurs
        }
        for edition in app.library.all()
        if edition.open_ended
    }
    changed = 0
    for case in app.ledger.cases(behind(app.engine, periods)).values():
        write = app.desk.recomputed(case, today=today)
        if {row.obligation for row in write.rows} == set(app.ledger.rows(case.id)):
            continue
        try:
            app.ledger.append([write], now=now)
        except Conflict:
            continue
        changed += 1
    return changed


def recompute_present_rows(app: AppContext, today: date) -> Callable[[Case], CaseWrite]:
    """Return a function that recomputes a case's rows, without new periods that no round has added yet."""

    def recompute(case: Case) -> CaseWrite:
        write = app.desk.recomputed(case, today=today)
        open_ended = {obligation.id for obligation in app.library.named(case.edition).open_ended}
        if not open_ended:
            return write
        present = app.ledger.rows(case.id)
        rows = tuple(
            row
            for row in write.rows
            if row.obligation in present
            or row.state != "open"
            or row.obligation.partition(".")[0] not in open_ended
        )
        return replace(write, rows=rows)

    return recompute
