"""The queue of an office that runs on many machines: jobs in its database. Alone knows Procrastinate.

A batch of letters is a job, put there by the transaction that queued them; the round and what looks after the
rest are its periodic tasks. What there is to do stands in the office's own tables alone, so that a job
repeated, late or doubled does no harm. Three gaps of the library are closed here:

- Its cron speaks UTC. No hour of a day stands in ours, only "every minute"; the clock knows the local day.
- A periodic task more than ten minutes late is dropped. A round does whatever is due by now: the next one makes
  up for all that were dropped.
- The job of a worker that died stays taken. Workers say every few seconds that they live, and those who live
  put back what the others held.
- A job whose end could not be written stays taken by a worker that lives, and a round would hold up all that
  follow. Its end is written once the database is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from procrastinate import App, JobContext, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from storage.database.retry import PATIENCE
from storage.database.silent_server import QUEUE_PATIENCE, QueueConnection
from storage.refusals import StorageUnavailable

if TYPE_CHECKING:
    from storage.notices.sending import Batch

BEAT = 5.0
"""Seconds between two signs of life of a worker."""
DEAD = 20.0
"""Seconds of silence after which a worker is held for dead."""
REST = 5.0
"""Seconds between two attempts to reach a database that is away."""
LOOK = 5.0
"""Seconds between two looks for jobs where no notification comes; also how soon a scheduled one is seen."""
# What is taken back comes first, what is left over last: a delivery finds nothing that has a job waiting.
_TAKE_BACK, _ROUND, _SEND, _DELIVER = 20, 10, 0, -10
ROUNDS, LETTERS = "rounds", "default"
"""The queues. Rounds have one of their own, and somebody at it in each worker: while a bad morning is planned
its first letters leave. Letters lie where versions before put them."""
_AT_ONCE = {LETTERS: 1, ROUNDS: 2}
"""Jobs a worker does at a time. One batch of letters: what a kill sends again is one batch a worker. Of rounds
there is one in the whole house; what dead workers held is put back beside it."""
_ADVISORY = 0x4D657271  # "Merq": one process at a time prepares the queue
_NO_SUCH_JOB = "P0001"  # the library's own functions say so: it was ended before
log = logging.getLogger("services.jobs.queue")
# The library names every argument of every job in its log, hence people's addresses.
logging.getLogger("procrastinate").setLevel(logging.CRITICAL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Acts:
    """What jobs do; none of them raises.

    Attributes:
        send: these notices, by key; True: whoever was to send them before is gone.
        every: seconds between two rounds.
    """

    round: Callable[[], None]
    deliver: Callable[[], None]
    send: Callable[[Collection[str], bool], None]
    every: int = 60


def hand(connection: object, batches: Sequence[Batch]) -> None:
    """A job for each batch, through this connection of psycopg, inside its transaction."""
    for at in sorted({one.at for one in batches}):
        job = _ENTRANCE.configure_task("send", schedule_at=at, priority=_SEND, connection=connection)
        arguments: list[dict[str, Any]] = [{"keys": [*one.keys]} for one in batches if one.at == at]
        with _plain():
            job.batch_defer(*arguments)


def prepare(connection: Any) -> None:
    """Make the library's tables beside ours, or bring them up to date; their version is written on them.

    Raises:
        StorageUnavailable: `foreign`, another program's queue lies here.
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
    """The library's last change of its tables that this database has had; None where there are none.

    Asked of the catalogue's own rows: `to_regclass` may go on saying what it said before whoever held the lock
    made them.
    """
    asked = """
        SELECT description FROM pg_class
        LEFT JOIN pg_description
            ON objoid = pg_class.oid AND classoid = 'pg_class'::regclass AND objsubid = 0
        WHERE relname = 'procrastinate_jobs' AND pg_table_is_visible(pg_class.oid)
    """
    found = connection.execute(asked).fetchone()
    return None if found is None else str(found[0] or "")


def work(conninfo: str, acts: Acts, stopped: threading.Event) -> None:
    """Do jobs until `stopped`, the one under way to its end. A database that is away is waited for."""
    while not stopped.is_set():
        try:
            asyncio.run(_work(conninfo, acts, stopped))
        except Exception as trouble:
            log.warning("the queue cannot be reached: %s", _first_line(trouble))
        stopped.wait(REST)


async def _work(conninfo: str, acts: Acts, stopped: threading.Event) -> None:
    app = application(conninfo, acts)
    async with app.open_async():
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=[queue],
                    concurrency=_AT_ONCE[queue],
                    delete_jobs="always",
                    install_signal_handlers=False,
                    fetch_job_polling_interval=LOOK,
                    update_heartbeat_interval=BEAT,
                    stalled_worker_timeout=DEAD,
                )
            )
            for queue in _AT_ONCE
        ]
        while not stopped.is_set() and not any(worker.done() for worker in workers):
            await asyncio.wait(workers, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
        for worker in workers:
            worker.cancel()
        ended = await asyncio.gather(*workers, return_exceptions=True)
    for trouble in ended:
        if trouble is not None and not isinstance(trouble, asyncio.CancelledError):
            raise trouble


class _Ending(JobManager):
    """Writes the end of a job again while the database is away."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Write it, at last for PATIENCE seconds. Said again after a first time nobody heard of, it is done."""
        give_up = time.monotonic() + PATIENCE
        again = False
        while True:
            try:
                return await super().finish_job(job, status, delete_job)
            except ConnectorException as trouble:
                gone = getattr(trouble.__cause__, "sqlstate", None) == _NO_SUCH_JOB
                if again and gone:
                    return None
                if gone or time.monotonic() > give_up:
                    raise
            again = True
            await asyncio.sleep(0.5)


def application(conninfo: str, acts: Acts) -> App:
    """Procrastinate with our tasks."""
    connector = PsycopgConnector(
        conninfo=conninfo, min_size=1, max_size=4, timeout=QUEUE_PATIENCE, connection_class=QueueConnection
    )
    app = App(connector=connector)
    app.job_manager = _Ending(app.connector)
    cron = every(acts.every)

    # One round at a time, one more waiting at most: it does what all that were missed would have done.
    @app.periodic(cron=cron)
    @app.task(name="round", queue=ROUNDS, queueing_lock="round", lock="round", priority=_ROUND)
    def do_round(timestamp: int) -> None:
        acts.round()

    @app.periodic(cron=cron)
    @app.task(name="deliver", queueing_lock="deliver", priority=_DELIVER)
    def deliver(timestamp: int) -> None:
        acts.deliver()

    @app.periodic(cron=cron)
    @app.task(name="take_back", queue=ROUNDS, queueing_lock="take_back", priority=_TAKE_BACK)
    async def take_back(timestamp: int) -> None:
        await taken_back(app)

    @app.task(name="send", pass_context=True)
    def send(context: JobContext, keys: list[str]) -> None:
        acts.send(keys, context.job.attempts > 0)

    return app


async def taken_back(app: App) -> None:
    """Put back the batches of workers that are gone; their periodic tasks are dropped: the next come soon."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD):
        # Somebody else may be putting it back at this moment.
        with contextlib.suppress(ConnectorException):
            if job.queueing_lock is None:
                await app.job_manager.retry_job(job)
            else:
                await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


def every(seconds: int) -> str:
    """Return the cron line of a regular interval: the longest cron can express that is not longer than this.

    An interval that does not divide its minute, hour or day would begin anew with each of them: "*/59" is due
    at 0 and at 59 minutes. A day is the longest. The sixth field of a line is the seconds.
    """
    if seconds < 60:
        return f"* * * * * */{_even_part(60, seconds)}"
    if seconds < 3600:
        return f"*/{_even_part(60, seconds // 60)} * * * *"
    hours = _even_part(24, seconds // 3600)
    return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"


def _even_part(whole: int, most: int) -> int:
    """Return the largest divisor of a number that is not above `most`, at least 1."""
    return max(part for part in range(1, whole + 1) if whole % part == 0 and part <= max(most, 1))


@contextlib.contextmanager
def _plain() -> Any:
    """What the driver said, instead of what the library makes of it: storage knows what it means."""
    try:
        yield
    except ConnectorException as trouble:
        raise (trouble.__cause__ or trouble) from None


def _first_line(trouble: BaseException) -> str:
    said = str(trouble.__cause__ or trouble).strip().splitlines()
    return said[0] if said else type(trouble).__name__


_ENTRANCE = App(connector=SyncPsycopgConnector())
"""Only through connections that are given; it opens none."""
