"""Extension, pause and migration on both databases: the chain verifies, a rebuild gives the same rows."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import rebuild, verify
from tests.law import CALENDAR
from tests.permits import APPEAL, PERMIT, permit
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.extensions import extend, pause, resume
from workflow.cases.commands.migration import migrate
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.withdrawals import undo, withdraw
from workflow.law.library import Library
from workflow.law.reader import read

NOW, TODAY = datetime(2026, 12, 1, 7, 0, tzinfo=UTC), date(2026, 12, 1)
STAMP = {"by": "officer", "now": NOW, "today": TODAY}
RECEIVED = date(2026, 9, 1)
NEXT = PERMIT.replace("in_force = 2026-01-01", "in_force = 2026-07-01").replace("count = 10", "count = 12")
LIBRARY = Library(
    [
        permit(),
        read("permit.2026-07-01.toml", NEXT.encode()),
        read(APPEAL.name, APPEAL.read_bytes()),
    ]
)


def test_acts_that_move_deadlines_hold_on_both_databases(engine: Engine) -> None:
    """Extended and taken back, paused, resumed and moved to another edition: each date stands
    in its row, nothing is found by a verification, and a rebuild writes the same."""
    ledger = SqlLedger(engine)
    case_commands = CaseCommands(ledger, LIBRARY, CALENDAR)
    appeal, application = (
        case_commands.open(Opening(procedure=name, edition=edition, facts=facts), **STAMP).id
        for name, edition, facts in (
            ("citizen-appeal", "", {"appeal_received": RECEIVED}),
            ("permit", "permit.2026-01-01", {"received": RECEIVED}),
        )
    )

    def due(case: str, name: str) -> date | None:
        return ledger.rows(case)[name].due

    decided = {"to": None, "ground": "архив", "decided_by": "head", "on": date(2026, 9, 18)}
    extend(case_commands, appeal, "appeal_answered", by_count=1, **decided, **STAMP)
    assert due(appeal, "appeal_answered") == date(2026, 10, 22)
    withdraw(case_commands, appeal, "extended.appeal_answered", ground="ошибка", **STAMP)
    assert due(appeal, "appeal_answered") == date(2026, 9, 22)

    pause(case_commands, application, ground="документы", on=date(2026, 9, 9), **STAMP)
    assert due(application, "decided") is None
    (line,) = resume(case_commands, application, ground="поступили", on=date(2026, 9, 17), **STAMP).events
    assert due(application, "decided") == date(2026, 9, 23)
    undo(case_commands, application, line.seq, ground="ошибка", was_told=lambda event: False, **STAMP)
    assert due(application, "decided") is None
    resume(case_commands, application, ground="поступили", on=date(2026, 9, 17), **STAMP)
    migrate(case_commands, LIBRARY, application, "permit.2026-07-01", **STAMP)
    assert due(application, "decided") == date(2026, 9, 25)

    seal(engine, now=NOW)

    def anew(case):  # type: ignore[no-untyped-def]
        return CaseCommands(SqlLedger(engine), LIBRARY, CALENDAR).recomputed(case, today=TODAY)

    before = [ledger.rows(case) for case in (appeal, application)]
    assert verify(engine, recompute=anew) == ()
    rebuild(engine, anew, now=NOW)
    assert [SqlLedger(engine).rows(case) for case in (appeal, application)] == before
    assert verify(engine, recompute=anew) == ()
