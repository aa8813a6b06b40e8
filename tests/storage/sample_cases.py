"""The real core on a database: shipped procedures and calendar, and a schedule to open cases with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

import calendars
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.services.context import RequestContext
from merzim.services.documents.considered_schedules import ScheduleFile
from merzim.storage import events
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import writing
from notifications.notice import Notice
from tests.law import library
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.deadlines.deadline import Row
from workflow.moments import Moment
from workflow.ports import Change

TODAY = date(2026, 2, 2)
NOW = datetime(2026, 2, 2, 4, 0, tzinfo=UTC)
AT = Moment(by="А", now=NOW, today=TODAY)
PROCEDURE = "internal-analysis"
UNIT = "Қаржы департаменті"
OBJECT = "Мемлекеттік сатып алу: «Өңір» бағдарламасы"
PLANNED = {
    "order_signed": date(2026, 4, 6),
    "analysis_started": date(2026, 4, 13),
    "analysis_ended": date(2026, 5, 26),
}
on_sqlite_alone = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For what Python alone does above statements other tests ask of both databases."""


def case_commands(engine: Engine) -> CaseCommands:
    return CaseCommands(SqlLedger(engine), library(), calendars.calendar())


def opened(engine: Engine, *, unit: str = UNIT, object: str = OBJECT) -> Case:
    """A case of the internal analysis with the plan dates of a real schedule."""
    opening = Opening(procedure=PROCEDURE, unit=unit, object=object, planned=PLANNED)
    return case_commands(engine).open(opening, at=Moment(by="Айгүл", now=NOW, today=TODAY))


def schedule_file(ctx: RequestContext, schedule: ReadSchedule) -> ScheduleFile:
    """A file of one analysis, another one for each that differs."""
    procedure = ctx.library.latest(PROCEDURE)
    return ScheduleFile(name="file", digest=repr(schedule), procedure=procedure, schedules=[schedule])


def recompute(engine: Engine, today: date = TODAY):  # type: ignore[no-untyped-def]
    """Dependencies of a rebuild."""
    core = case_commands(engine)

    def anew(case: Case) -> Change:
        return core.recomputed(case, today=today)

    return anew


def letter(row: Row, *, person: str = "aigul@example.kz", at: datetime = NOW, step: str = "-5") -> Notice:
    """A notice of a board row."""
    assert row.due is not None
    key = f"{row.case}:{row.obligation}:{row.due.isoformat()}:{step}:{person}:email"
    of: dict[str, Any] = {"case": row.case, "obligation": row.obligation, "due": row.due, "step": step}
    of |= {"person": person, "address": person, "queued_at": at, "not_before": at}
    return Notice(key=key, channel="email", language="kk", **of)


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def seal(engine: Engine, *, now: datetime) -> int | None:
    """Seal what was written; the number of the new seal, None when nothing was written since the last."""
    with writing(engine) as connection:
        before = events.newest_seal(connection)
        events.seal(connection, now=now)
        after = events.newest_seal(connection)
    return after[0] if after is not None and after != before else None
