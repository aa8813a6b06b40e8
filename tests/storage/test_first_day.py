"""The day from which an office keeps records."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine

from merzim.storage.cases.ledger import SqlLedger
from tests.storage.sample_cases import PROCEDURE, case_commands
from workflow.cases.commands.opening import Opening
from workflow.org.audit import Stamp


def test_the_first_day_is_the_local_day_of_the_first_case(engine: Engine) -> None:
    """Opened at 19:30 in London on 2 February 2026, it is half past midnight of the 3rd in Almaty."""
    assert SqlLedger(engine).first_day() is None
    for at, today in (
        (datetime(2026, 3, 2, 4, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 2, 2, 19, 30, tzinfo=UTC), date(2026, 2, 3)),
    ):
        case_commands(engine).open(Opening(procedure=PROCEDURE), at=Stamp(by="officer", now=at, today=today))

    assert SqlLedger(engine).first_day() == date(2026, 2, 3)
