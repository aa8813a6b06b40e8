"""Periods that come with time: an open-ended recurrence gets the rows of its next period as the days go by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.cases.case import Case
    from workflow.ports import CaseWrite


def roll(app: AppContext, *, now: datetime, today: date) -> int:
    """Write the rows of periods that have come within reach; how many cases got any. Again it writes nothing.

    A case somebody writes to at the same moment is left to the next round.
    """
    from storage.cases.programmes import behind
    from workflow.periods import following
    from workflow.ports import Conflict

    wanted = {
        edition.edition: {
            one.id: following(today, one.recurs.every).name for one in edition.open_ended if one.recurs
        }
        for edition in app.library.all()
        if edition.open_ended
    }
    rolled = 0
    for case in app.ledger.cases(behind(app.engine, wanted)).values():
        anew = app.desk.recomputed(case, today=today)
        if {row.obligation for row in anew.rows} == set(app.ledger.rows(case.id)):
            continue
        try:
            app.ledger.append([anew], now=now)
        except Conflict:
            continue
        rolled += 1
    return rolled


def as_rolled(app: AppContext, today: date) -> Callable[[Case], CaseWrite]:
    """A case's rows from scratch, without the periods time has yet to bring: they are not missing."""

    def anew(case: Case) -> CaseWrite:
        written = app.desk.recomputed(case, today=today)
        coming = {one.id for one in app.library.named(case.edition).open_ended}
        if not coming:
            return written
        there = app.ledger.rows(case.id)
        kept = tuple(
            row
            for row in written.rows
            if row.obligation in there or row.state != "open" or row.obligation.partition(".")[0] not in coming
        )
        return replace(written, rows=kept)

    return anew
