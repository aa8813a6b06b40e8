"""The metronome: every tick one round and one delivery. Alone knows APScheduler.

It keeps no jobs and no times of its own. The database says what is due ("by now and not yet done"), so a tick
that was missed, doubled or late changes nothing. Where several machines share a database, the queue in it calls
the same functions, and the pages leave all sending to the workers.
"""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from apscheduler.schedulers.background import BackgroundScheduler

from documents.sandbox import readers
from merzim import logs
from merzim.dashboard import Dashboard
from services import accounts, second_factors
from services.jobs import rounds
from services.jobs.bot_polling import polling
from services.moments import almaty
from services.yearly.opening import roll_over
from web.auth.demonstration import is_passwordless_allowed
from web.auth.middleware import is_loopback
from web.auth.request_ids import RequestIdMiddleware, log_context
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from datetime import date, datetime
    from types import FrameType

    from uvicorn import Server

    from services.app import AppContext
    from services.jobs.queue import JobHandlers
    from services.moments import Clock

LOOK = 10
"""Seconds between two looks for letters that a process had in hand when it died."""
GRACE = 30
"""Seconds requests under way have to end when the service is told to leave."""
COLLECTIONS = (20_000, 20, 20)
"""Thresholds of the garbage collector in a process that serves pages. Of a country it keeps 700,000 objects:
as Python sets them, a full collection would stop all pages for 0.4 s, every 75 pages (docs/performance.md)."""
log = logging.getLogger("merzim.metronome")

Say = Callable[..., str]
Tell = Callable[[str], None]


class NeedsHttps(Refusal, ValueError):
    """The pages would answer to other machines over plain http, where nobody could log in."""


class DemonstrationExposed(Refusal, ValueError):
    """A demonstration day, on which anybody logs in without a password, where other machines may ask."""


class PortTaken(Refusal, OSError):
    """Something else answers at the address already."""


def tick(app: AppContext, clock: Clock) -> None:
    """One round and one delivery, by the clock. What fails is logged; the next tick repeats it."""
    attempt(app, clock, _remind, rounds.deliver)


def _remind(app: AppContext, *, now: datetime, today: date) -> None:
    """A round of which nobody reads the report (its letters are not kept in memory), in an open year."""
    roll_over(app, now=now, today=today)
    rounds.remind(app, now=now, today=today, most=rounds.MAX_REPORTED)


def take_up(app: AppContext, clock: Clock) -> None:
    """Send what a process that is gone left half done, without waiting for the next tick."""
    try:
        if not app.outbox.left_behind():
            return
    except Refusal:
        # The database is away: the tick says so, and looks again.
        return
    attempt(app, clock, rounds.deliver)


def attempt(app: AppContext, clock: Clock, *acts: Callable[..., object]) -> None:
    """Do these at the moment it is, over the calendar and the rules as they stand. What fails is logged."""
    try:
        moment = clock()
        app.refresh()
        for act in acts:
            act(app, now=moment.now, today=moment.today)
    except Refusal as trouble:
        # A database that is away, a disk that is full: there is nothing to look for in the program.
        log.error("the tick did not come through; the next one tries again: %s", trouble)
    except Exception:
        log.exception("the tick did not come through; the next one tries again")


@contextmanager
def ticking(app: AppContext, clock: Clock) -> Iterator[None]:
    """A scheduler with in-memory jobs, ticking while the block lasts; the first tick comes at once.

    Between ticks it looks every LOOK seconds whether another process died with letters in hand.
    """
    scheduler = BackgroundScheduler(timezone=almaty())
    job = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    every, turn = app.settings.reminders.tick, Lock()

    def ticked() -> None:
        with turn:
            tick(app, clock)

    def looked() -> None:
        # A tick that is under way looks itself.
        if turn.acquire(blocking=False):
            try:
                take_up(app, clock)
            finally:
                turn.release()

    scheduler.add_job(ticked, "interval", seconds=every, **job)
    scheduler.add_job(ticked, **job)
    if every > LOOK:
        scheduler.add_job(looked, "interval", seconds=LOOK, **job)
    scheduler.start()
    try:
        yield
    finally:
        app.stopping.set()
        scheduler.shutdown(wait=True)


def serve(app: AppContext, clock: Clock, *, tell: Tell, say: Say) -> None:
    """Pages and metronome in one process, until interrupted.

    Raises:
        DemonstrationExposed: the day is an appointed one, and the pages are not this machine's alone.
        NeedsHttps: `web.host` is an address other machines reach, and the public address is not https.
        PortTaken: something else answers there.
        BadSetting: the key of second factors is missing, or is none.
    """
    web = app.settings.web
    moment = clock()
    if moment.demonstration and not is_passwordless_allowed(host=web.host, address=web.public_address):
        raise DemonstrationExposed("cli.demonstration_exposed", host=web.host, address=web.public_address)
    if not is_loopback(web.host) and not web.public_address.startswith("https://"):
        raise NeedsHttps("cli.needs_https", host=web.host, address=web.public_address)
    address = f"http://{web.host}:{web.port}"
    _free(web.host, web.port, address)
    app.answers_pages = True
    app.refuse_without_key()
    app.refuse_unable()
    gc.set_threshold(*COLLECTIONS)
    logs.set_up(app.settings, context=log_context)
    _warn(app, tell=tell, say=say)
    _encrypt(app, clock, tell=tell, say=say)
    pages = RequestIdMiddleware(Dashboard(app, clock))
    with ExitStack() as company:
        company.enter_context(readers.run_readers())
        if not app.many_nodes:
            company.enter_context(polling(app, clock))
            company.enter_context(ticking(app, clock))
        tell(say("cli.serving", address=address))
        if app.many_nodes:
            tell(say("cli.workers_send"))
        if link := accounts.invite_first_administrator(app, now=moment.now):
            tell(say("cli.first_link", link=link))
        if moment.demonstration:
            tell(say("cli.demonstration", on=moment.today))
        _answer(pages, host=web.host, port=web.port)


def http_server(app: Any, *, host: str, port: int) -> Server:
    """Return the server that answers for an ASGI application; it is not running yet.

    Told to leave, it waits for no file that is being read: whoever sent one is asked to send it again.
    Connections that stand still are closed.
    """
    import uvicorn

    from merzim import connections

    class ReadingServer(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            readers.stop_readers()
            super().handle_exit(sig, frame)

    # Its lines are ours: they go where all go, and no secret stands in them. Forwarding headers are read by the
    # pages' own guard, which knows whom to believe.
    return ReadingServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
            **connections.settings(),
        )
    )


def _answer(app: RequestIdMiddleware, *, host: str, port: int) -> None:
    """Answer requests until SIGINT or SIGTERM; those under way are ended first, for at most GRACE seconds."""
    server = http_server(app, host=host, port=port)

    def leave(*_: object) -> None:
        server.should_exit = True

    # The server puts back what it found when it began, and raises the signal again: it finds this one, and the
    # process leaves by its own door instead of dying of the signal.
    signal.signal(signal.SIGTERM, leave)
    with suppress(KeyboardInterrupt):
        server.run()


def work(app: AppContext, clock: Clock, *, tell: Tell, say: Say) -> None:
    """The metronome alone, or one worker of many at the queue they share; until SIGINT or SIGTERM."""
    stopped = app.stopping
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    app.refuse_unable()
    logs.set_up(app.settings)
    _warn(app, tell=tell, say=say)
    with polling(app, clock):
        if app.many_nodes:
            from services.jobs import queue
            from storage.database.engine import conninfo

            address = conninfo(app.engine)
            tell(say("cli.working"))
            with closing(app.with_own_connections()) as planning:
                queue.work(address, acts(app, clock, planning=planning), stopped)
            return
        with ticking(app, clock):
            tell(say("cli.working"))
            stopped.wait()


def _warn(app: AppContext, *, tell: Tell, say: Say) -> None:
    """A file of settings is copied, mailed and kept in backups: a secret in it is told of, and works."""
    for key in app.settings.in_clear:
        tell(say("cli.secret_in_clear", file=str(app.settings.file), key=key))


def _encrypt(app: AppContext, clock: Clock, *, tell: Tell, say: Say) -> None:
    """Encrypt second factors an older version left in clear; tell of those that no given key opens."""
    encrypted = second_factors.encrypt(app, by="merzim", now=clock().now, all_keys=False)
    if encrypted.done:
        tell(say("cli.secrets_encrypted", count=encrypted.done))
    count, keys = second_factors.unreadable(app)
    if count:
        tell(say("cli.secrets_unreadable", count=count, keys=keys, known=app.cipher.key))
        log.error("%s second factors are encrypted with a key that was not given (%s)", count, ", ".join(keys))


def acts(app: AppContext, clock: Clock, *, planning: AppContext | None = None) -> JobHandlers:
    """What the jobs of the queue do: what a tick does, in parts.

    Args:
        planning: a house of its own for rounds, where they go on beside the sending.
    """
    from services.jobs.queue import JobHandlers

    def send(keys: Collection[str], again: bool) -> None:
        attempt(app, clock, partial(rounds.deliver, keys=keys, again=again))

    return JobHandlers(
        round=lambda: attempt(planning or app, clock, _remind),
        deliver=lambda: attempt(app, clock, rounds.deliver),
        send=send,
        every=app.settings.reminders.tick,
    )


def _free(host: str, port: int, address: str) -> None:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTaken("cli.port_taken", address=address) from None
