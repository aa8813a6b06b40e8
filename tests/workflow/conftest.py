"""Fixture: one case of the real analysis on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests.law import CALENDAR, library
from tests.workflow.one_case import NOW, TODAY, OneCase
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.moments import Moment

START, END = date(2026, 4, 13), date(2026, 5, 26)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    engine = open_database(f"sqlite:///{tmp_path / 'office.db'}")
    create_or_migrate(engine)
    yield SqlLedger(engine)
    engine.dispose()


@pytest.fixture
def core(ledger: SqlLedger) -> CaseCommands:
    return CaseCommands(ledger, library(), CALENDAR)


@pytest.fixture
def case_commands(core: CaseCommands) -> CaseCommands:
    return core


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    opening = Opening(
        procedure="internal-analysis",
        unit="Комплаенс",
        object="Департамент закупок",
        planned={"analysis_started": START, "analysis_ended": END},
    )
    return case_commands.open(opening, at=Moment(by="officer", now=NOW, today=TODAY))


@pytest.fixture
def one_case(core: CaseCommands, ledger: SqlLedger, case: Case) -> OneCase:
    return OneCase(core, ledger, case.id)
