"""A PostgreSQL server that stops answering: bounded waits, automatic reconnection."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, select, text

from merzim.storage.database import silent_server
from merzim.storage.database.engine import driver, reading, writing
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.limits import Limits, long_work
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.organisation import UNIT
from tests.forwarder import Forwarder, forwarding

pytestmark = pytest.mark.postgresql
LIMITS = Limits(patience=0.6, statement=1.5, long_statement=30.0)
FOUND_OUT = 15.0
"""Seconds within which it is found out, on a busy machine too. A quiet one takes 2.3: a look after 0.3, and
2 of a connection that does not come; the system itself would wait for minutes."""


@pytest.fixture
def forwarder(database: str) -> Iterator[Forwarder]:
    """A forwarder before the server."""
    sockets = Path(str(make_url(database).query["host"]))
    with forwarding(next(sockets.glob(".s.PGSQL.*[0-9]"))) as relay:
        yield relay


@pytest.fixture
def far(database: str, forwarder: Forwarder) -> Iterator[Engine]:
    """An engine on the database behind the forwarder."""
    local = make_url(database)
    address = local.set(host="127.0.0.1", port=forwarder.port).difference_update_query(["host", "port"])
    engine = open_database(address.render_as_string(hide_password=False), limits=LIMITS)
    yield engine
    engine.dispose()


def ask(engine: Engine, statement: str = "SELECT 1") -> object:
    with reading(engine) as connection:
        return connection.execute(text(statement)).scalar()


def refused(act: Callable[[], object]) -> tuple[str, float]:
    """The refusal, and its delay in seconds."""
    began = time.monotonic()
    with pytest.raises(StorageUnavailable) as trouble:
        act()
    return trouble.value.what, time.monotonic() - began


def until_back(engine: Engine) -> float:
    """Seconds until the database answers again."""
    began = time.monotonic()
    while True:
        try:
            ask(engine)
            return time.monotonic() - began
        except StorageUnavailable:
            assert time.monotonic() < began + 20
            time.sleep(0.1)


def test_it_is_found_out_by_who_waits_and_then_told_at_once(far: Engine, forwarder: Forwarder) -> None:
    """An idle connection, a new one, and the next query; then automatic recovery."""
    ask(far)
    forwarder.fall_silent()
    first = refused(lambda: ask(far))
    second = refused(lambda: ask(far))
    forwarder.speak()

    assert first[0] == second[0] == "unreachable"
    assert first[1] < FOUND_OUT
    assert second[1] < first[1] / 2
    assert until_back(far) < FOUND_OUT


def test_a_statement_under_way_is_given_up(far: Engine, forwarder: Forwarder) -> None:
    """The server works on it, and the network goes."""
    ask(far)
    threading.Timer(0.1, forwarder.fall_silent).start()
    reason, seconds = refused(lambda: ask(far, "SELECT pg_sleep(1)"))
    forwarder.speak()

    assert reason == "unreachable"
    assert seconds < FOUND_OUT


def test_many_who_wait_at_once_are_told_together(far: Engine, forwarder: Forwarder) -> None:
    """More than there are connections, none after the other."""
    ask(far)
    forwarder.fall_silent()
    with ThreadPoolExecutor(40) as pool:
        refusals = list(pool.map(lambda _: refused(lambda: ask(far)), range(40)))
    forwarder.speak()

    assert max(seconds for _, seconds in refusals) < FOUND_OUT
    assert {reason for reason, _ in refusals} <= {"unreachable", "busy"}
    assert until_back(far) < FOUND_OUT


def test_a_slow_statement_is_waited_for(far: Engine) -> None:
    """A slow statement whose server still answers is allowed, up to the statement timeout."""
    assert ask(far, "SELECT 7 FROM pg_sleep(0.9)") == 7
    assert refused(lambda: ask(far, "SELECT pg_sleep(20)")) < ("busy", 15.0)
    assert ask(far) == 1


def test_long_work_has_a_limit_of_its_own(far: Engine) -> None:
    """A migration, an import; what comes after has the usual one again."""
    with long_work():
        assert ask(far, "SELECT 7 FROM pg_sleep(2)") == 7
        assert ask(far, "SHOW statement_timeout") == "30s"
    assert ask(far, "SHOW statement_timeout") == "1500ms"


def test_a_connection_the_server_has_lost_is_replaced(
    far: Engine, server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen process of the server, all others work: the next question is answered, only later, once the
    connection has rested."""
    monkeypatch.setattr(silent_server, "TRUSTED_SECONDS", 0.0)
    process = int(str(ask(far, "SELECT pg_backend_pid()")))
    os.kill(process, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert ask(far, "SELECT 7") == 7
        assert time.monotonic() - began < FOUND_OUT
        assert ask(far, "SELECT pg_backend_pid()") != process
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_commit_nobody_confirmed_is_undecided(far: Engine, forwarder: Forwarder) -> None:
    """The command may have been executed: a repeated request must be told so."""

    def write() -> None:
        with writing(far) as connection:
            connection.execute(UNIT.insert(), {"id": "u", "name": "u", "kind": ""})
            forwarder.fall_silent()

    with pytest.raises(StorageUnavailable) as trouble:
        write()
    forwarder.speak()
    until_back(far)

    assert (trouble.value.what, trouble.value.undecided) == ("unreachable", True)
    with reading(far) as connection:
        assert connection.execute(select(UNIT.c.id)).scalars().all() in (["u"], [])


def test_what_a_lost_transaction_held_is_set_free(far: Engine) -> None:
    """The server drops a silent client, inside and outside a transaction."""
    assert ask(far, "SHOW idle_in_transaction_session_timeout") == "1min"
    assert ask(far, "SELECT setting FROM pg_settings WHERE name = 'lock_timeout'") == "30000"


def test_the_kernel_gives_up_what_nobody_acknowledges(far: Engine) -> None:
    """Packets that are dropped: the time after which, and how often an idle connection is asked."""
    with reading(far) as connection:
        parameters = driver(connection).info.get_parameters()

    assert (parameters["tcp_user_timeout"], parameters["connect_timeout"]) == ("600", "2")
    assert (parameters["keepalives"], parameters["keepalives_idle"], parameters["keepalives_count"]) == (
        "1",
        "10",
        "3",
    )


def test_what_the_address_says_of_a_connection_holds(database: str) -> None:
    """An operator who knows their network better writes it there."""
    address = make_url(database).update_query_dict({"tcp_user_timeout": "7000", "connect_timeout": "9"})
    engine = open_database(address.render_as_string(hide_password=False), limits=LIMITS)
    with reading(engine) as connection:
        parameters = driver(connection).info.get_parameters()
    engine.dispose()

    assert (parameters["tcp_user_timeout"], parameters["connect_timeout"]) == ("7000", "9")
