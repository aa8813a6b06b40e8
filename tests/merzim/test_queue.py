"""Several workers on one queue: each job is sent once despite crashes, delays and duplicates."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from merzim import metronome
from merzim.app import build_app
from merzim.cli import main
from merzim.clock import clock
from merzim.services.app import AppContext
from merzim.services.jobs import queue
from merzim.settings_file import read
from merzim.storage.database import conninfo, driver, open as open_database, writing
from tests.merzim.conftest import PEOPLE, SCHEDULE
from tests.postgres import administer

pytestmark = pytest.mark.postgresql
MORNING = "2026-04-06T12:00"
_numbers = count(1)


@pytest.fixture(scope="module")
def pattern(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The example's office on a PostgreSQL database without notices; return its name."""
    administer(postgresql, "CREATE DATABASE example TEMPLATE pattern")
    settings = tmp_path_factory.mktemp("office") / "config.toml"
    settings.write_text(f'[database]\nurl = "{postgresql.format(name="example")}"\n', encoding="utf-8")
    assert main(["people", str(PEOPLE), "--config", str(settings)]) == 0
    assert main(["import", str(SCHEDULE), "--now", "2026-03-30", "--config", str(settings)]) == 0
    return "example"


@pytest.fixture
def office_app(postgresql: str, pattern: str, tmp_path: Path) -> Iterator[AppContext]:
    """A copy of it."""
    name = f"queue_{next(_numbers)}"
    administer(postgresql, f"CREATE DATABASE {name} TEMPLATE {pattern}")
    settings = f'[database]\nurl = "{postgresql.format(name=name)}"\n[reminders]\ntick = 1\n'
    (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
    office_app = build_app(read(at=tmp_path))
    yield office_app
    office_app.close()
    administer(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


def _states(office_app: AppContext) -> dict[str, int]:
    # A digest that found nothing to say is withdrawn when it would have left.
    statement = 'SELECT state, count(*) FROM notice WHERE "case" IS NOT NULL GROUP BY state'
    with writing(office_app.engine) as connection:
        return dict(map(tuple, connection.execute(text(statement))))


def _letters(folder: Path) -> int:
    return len(list((folder / "var" / "letters").glob("*.eml")))


def _number(office_app: AppContext, state: str) -> int:
    """How many letters there are in a state; items that others carry are none."""
    notices = office_app.reads.notices_matching()
    return len([notice for notice in notices if notice.state == state and not notice.bundle])


def _reminded(office_app: AppContext, at: str = MORNING) -> None:
    metronome.job_handlers(office_app, clock(at)).round()


def test_what_a_round_queues_the_delivery_sends_once(office_app: AppContext, tmp_path: Path) -> None:
    """Whatever worker plans it, whatever worker sends it."""
    _reminded(office_app)
    queued = _states(office_app)["queued"]
    for _ in range(2):
        metronome.job_handlers(office_app, clock(MORNING)).deliver()

    assert _states(office_app) == {"sent": queued}
    assert _letters(tmp_path) == _number(office_app, "sent") <= queued


def _worked(office_app: AppContext, *, rounds: int = 1) -> int:
    """Run a worker over rounds deferred one after the other; return how many were run."""
    ran = list[int]()
    handlers = queue.JobHandlers(round=lambda: ran.append(1), deliver=lambda: None, back_up=lambda: None)
    app = queue.application(conninfo(office_app.engine), handlers)
    app.periodic_registry.periodic_tasks.clear()

    async def work() -> None:
        async with app.open_async():
            for _ in range(rounds):
                await app.tasks["round"].defer_async(timestamp=0)
                with suppress(Exception):
                    await app.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="always")

    asyncio.run(work())
    return len(ran)


def test_the_round_of_a_dead_worker_does_not_hold_up_the_next(office_app: AppContext) -> None:
    """Its job stays taken for ever, and nobody waits for its end."""
    taken = "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status) VALUES "
    with writing(office_app.engine) as connection:
        connection.execute(text(f"{taken} ('rounds', 'round', 'round', 'doing')"))

    assert _worked(office_app) == 1


def test_a_round_is_run_by_one_worker_at_a_time(office_app: AppContext) -> None:
    """While another process is at it, the handler returns at once; afterwards it runs."""
    handlers = metronome.job_handlers(office_app, clock(MORNING))
    with office_app.lock("round").shared():
        handlers.round()
        assert _states(office_app) == {}
    handlers.round()

    assert set(_states(office_app)) == {"queued"}


def test_a_job_whose_end_was_not_written_does_not_hold_up_the_next(office_app: AppContext) -> None:
    """The connection broke over it."""
    first_breaks = (
        "CREATE SEQUENCE ends",
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('ends') = 1 "
        "THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN OLD; END $$",
        "CREATE TRIGGER breaks BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION breaks()",
    )
    with writing(office_app.engine) as connection:
        for statement in first_breaks:
            connection.execute(text(statement))

    assert _worked(office_app, rounds=2) == 2


def test_the_local_day_is_the_offices_though_cron_speaks_utc(office_app: AppContext) -> None:
    """Half past midnight in Almaty is the evening before in UTC. No cron line of the program names an hour."""
    _reminded(office_app, "2026-04-06T00:30+05:00")
    due = {notice.obligation for notice in office_app.reads.notices_matching() if notice.step == "0"}

    assert due == {"order_signed"}
    app = queue.application(conninfo(office_app.engine), metronome.job_handlers(office_app, clock(MORNING)))
    assert {task.cron.split()[1] for task in app.periodic_registry.periodic_tasks.values()} == {"*"}


def test_letters_leave_while_the_round_goes_on(office_app: AppContext) -> None:
    """A bad morning takes a while to plan; what its first page queued need not wait for the last."""
    stopped, has_left = threading.Event(), threading.Event()
    waited: list[bool] = []

    def plan() -> None:
        waited.append(has_left.wait(20))
        stopped.set()

    handlers = queue.JobHandlers(round=plan, deliver=has_left.set, back_up=lambda: None, every=1)
    queue.work(conninfo(office_app.engine), handlers, stopped)

    assert waited[0]


def test_the_tables_of_the_queue_are_made_once_and_brought_up_to_date(server: Engine) -> None:
    """From any version of the library since 3.0 to the one that is installed; twice changes nothing."""
    folder = files("procrastinate.sql").joinpath("migrations")
    scripts = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    with writing(server) as connection:
        raw = driver(connection)
        for name in scripts:
            if name < "03.01":
                raw.execute(folder.joinpath(name).read_text("utf-8"))
        raw.execute("COMMENT ON TABLE procrastinate_jobs IS '03.00.00_50_post_cancel_notification'")
        queue.prepare(raw)
        raised = _functions(raw)
        raw.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        queue.prepare(raw)
        new_functions = _functions(raw)
        queue.prepare(raw)

        assert raised == new_functions == _functions(raw)
        assert "procrastinate_retry_job_v2" in new_functions


def test_two_nodes_that_start_at_the_same_moment_make_the_tables_once(database: str) -> None:
    """The second waits for the first and sees what it made; it had asked before, and knew of nothing."""
    first, second = open_database(database), open_database(database)
    has_seen, errors = threading.Event(), list[BaseException]()

    def start_second() -> None:
        try:
            with writing(second) as connection:
                raw = driver(connection)
                assert raw.execute("SELECT to_regclass('procrastinate_jobs')").fetchone() == (None,)
                has_seen.set()
                queue.prepare(raw)
        except BaseException as trouble:
            errors.append(trouble)

    with writing(first) as connection:
        queue.prepare(driver(connection))
        other = threading.Thread(target=start_second)
        other.start()
        assert has_seen.wait(10)
        time.sleep(0.3)
    other.join(20)
    for engine in (first, second):
        engine.dispose()

    assert errors == []


def _functions(raw: Any) -> set[str]:
    query = "SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'"
    return {name for (name,) in raw.execute(query).fetchall()}
