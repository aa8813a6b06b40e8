"""Periodic tasks of an office on many machines: rounds, deliveries, backups. Alone uses Procrastinate.

The work itself is recorded in the office's own tables only, so a job that is repeated, late, doubled or never
ended does no harm, and none waits for another to end: who may run a task alone holds a lock of the office
(`AppContext.lock`), which ends with the process. Weaknesses of the library that are handled here:

- Its cron uses UTC. Ours name no hour of the day, only intervals; the clock provides the local day.
- A periodic task more than ten minutes late is dropped. A round does all that is due by now, so the next one
  makes up for those dropped.
- It gives each minute of a periodic task out once: after a clock was set back, rounds wait until it has caught
  up. `merzim doctor` and /ready say that the last round lies ahead.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from procrastinate import App, PsycopgConnector

from merzim.storage.refusals import StorageUnavailable

RECONNECT_SECONDS = 5.0
"""Interval of attempts to reach a database that does not answer."""
POLL_SECONDS = 5.0
"""Interval of polls for jobs without a notification; also the delay until a scheduled job is seen."""
ROUNDS, LETTERS = "rounds", "letters"
"""Names of the queues. Each worker serves rounds separately, so letters leave during a long round."""
_CONCURRENCY = {LETTERS: 1, ROUNDS: 3}
"""Jobs a worker does at a time: one delivery, so a kill repeats at most one batch a worker; a round, a backup,
and one that finds that another worker does it.
"""
_ADVISORY = 0x4D657271  # "Merq": one process at a time prepares the queue
POOL_SECONDS = 10.0
"""Seconds a statement of the queue waits for a connection."""
log = logging.getLogger("merzim.services.jobs.queue")
# The library logs every job; ours log what they do.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class JobHandlers:
    """The functions that jobs call, each every so many seconds; none of them raises. `round` and `back_up` do
    nothing while another process does them.
    """

    round: Callable[[], None]
    deliver: Callable[[], None]
    back_up: Callable[[], None]
    every: int = 60


def prepare(connection: Any) -> None:
    """Create or migrate the library's tables; their version is stored as a comment on them.

    Raises StorageUnavailable: `foreign`, the database holds another program's queue.
    """
    names = [
        file.name.removesuffix(".sql") for file in files("procrastinate.sql").joinpath("migrations").iterdir()
    ]
    versions = sorted(name for name in names if name[0].isdigit())
    if _version(connection) == versions[-1]:
        return
    connection.execute(f"SELECT pg_advisory_xact_lock({_ADVISORY})")
    at = _version(connection)
    if at == "":
        raise StorageUnavailable("foreign", where=connection.info.dbname)
    if at is None:
        connection.execute(files("procrastinate.sql").joinpath("schema.sql").read_text("utf-8"))
    for version in versions:
        if at is not None and version > at:
            script = files("procrastinate.sql").joinpath("migrations", f"{version}.sql")
            connection.execute(script.read_text("utf-8"))
    if at is None or at < versions[-1]:
        connection.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{versions[-1]}'")


def _version(connection: Any) -> str | None:
    """Return the version of the library's tables in this database; None if there are none. Unlike
    `to_regclass`, the system catalogue knows at once those created by another process that held the lock.
    """
    query = """
        SELECT description FROM pg_class
        LEFT JOIN pg_description
            ON objoid = pg_class.oid AND classoid = 'pg_class'::regclass AND objsubid = 0
        WHERE relname = 'procrastinate_jobs' AND pg_table_is_visible(pg_class.oid)
    """
    row = connection.execute(query).fetchone()
    return None if row is None else str(row[0] or "")


def work(conninfo: str, handlers: JobHandlers, stopped: threading.Event) -> None:
    """Run the jobs of all queues until `stopped`; try again while the database does not answer."""
    while not stopped.is_set():
        try:
            asyncio.run(_run_workers(conninfo, handlers, stopped))
        except Exception as trouble:
            log.warning("the queue cannot be reached: %s", _first_line(trouble))
        stopped.wait(RECONNECT_SECONDS)


async def _run_workers(conninfo: str, handlers: JobHandlers, stopped: threading.Event) -> None:
    """Run a worker of each queue until `stopped`, or until one fails; raise what it failed by."""
    app = application(conninfo, handlers)
    async with app.open_async():
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=[queue],
                    concurrency=_CONCURRENCY[queue],
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLL_SECONDS,
                )
            )
            for queue in _CONCURRENCY
        ]
        while not stopped.is_set() and not any(worker.done() for worker in workers):
            await asyncio.wait(workers, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
        for worker in workers:
            worker.cancel()
        results = await asyncio.gather(*workers, return_exceptions=True)
    for trouble in results:
        if trouble is not None and not isinstance(trouble, asyncio.CancelledError):
            raise trouble


def application(conninfo: str, handlers: JobHandlers) -> App:
    """Return the Procrastinate app of a database, with its periodic tasks: rounds, deliveries, backups; at most
    one of each waits, for it does the work of all that were missed.
    """
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4, timeout=POOL_SECONDS))
    tasks = (("round", ROUNDS, handlers.round), ("deliver", LETTERS, handlers.deliver))
    for name, queue, handler in (*tasks, ("back_up", ROUNDS, handlers.back_up)):
        task = app.task(name=name, queue=queue, queueing_lock=name)(_job(handler))
        app.periodic(cron=cron_line(handlers.every))(task)
    return app


def _job(handler: Callable[[], None]) -> Callable[[int], None]:
    """Return a handler as the library calls it, with the moment it was due."""
    return lambda timestamp: handler()


def cron_line(seconds: int) -> str:
    """Return the cron line of the longest regular interval, up to a day, that is not longer than these seconds:
    one that does not divide its minute, hour or day would restart in each. The sixth field is the seconds.
    """
    if seconds < 60:
        return f"* * * * * */{_even_part(60, seconds)}"
    if seconds < 3600:
        return f"*/{_even_part(60, seconds // 60)} * * * *"
    hours = _even_part(24, seconds // 3600)
    return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"


def _even_part(total: int, limit: int) -> int:
    """Return the largest divisor of a number that is at most `limit`."""
    return max(part for part in range(1, total + 1) if total % part == 0 and part <= max(limit, 1))


def _first_line(trouble: BaseException) -> str:
    """Return the first line of the cause of an error, its type where it has no text."""
    lines = str(trouble.__cause__ or trouble).strip().splitlines()
    return lines[0] if lines else type(trouble).__name__
