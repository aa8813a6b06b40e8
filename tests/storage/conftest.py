"""Fixtures of the storage tests: `engine` runs every test on an SQLite file and on a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests.storage import registers, sample_cases
from workflow.cases.case import Case


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of its own, ready for use."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'кеңсе.sqlite'}"
        engine = open_database(address)
        create_or_migrate(engine)
        engine.dispose()
        yield address
        return
    yield request.getfixturevalue("database")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """An engine on a database of its own."""
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    """SQLite only, for what only SQLite does."""
    engine = open_database(f"sqlite:///{tmp_path / 'кеңсе.sqlite'}")
    create_or_migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[AppContext]:
    """An office with registers: `tests.storage.registers`."""
    context = registers.office(engine, tmp_path)
    yield context
    context.close()


@pytest.fixture
def ctx(app: AppContext) -> RequestContext:
    """Somebody at the terminal of that office."""
    return registers.operator(app)


@pytest.fixture
def case(engine: Engine) -> Case:
    """An internal analysis with the plan dates of a real schedule."""
    return sample_cases.opened(engine)
