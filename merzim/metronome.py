"""Runs what does not end: the pages, workers, the Telegram bot, and the metronome with a round and a delivery
at every tick. Only this module imports APScheduler.

It stores no jobs and times. The database determines what is due ("by now and not yet done"), so a missed,
doubled or late tick changes nothing. Where several machines share a database, its queue calls the same
functions, and the pages leave all sending to the workers.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, closing, contextmanager, suppress
from types import FrameType
from typing import Any

import uvicorn
from anyio.to_thread import current_default_thread_limiter
from apscheduler.schedulers.background import BackgroundScheduler
from starlette.concurrency import run_in_threadpool

from calendars.hours import almaty
from merzim import logs
from merzim.documents import child
from merzim.services import configuration
from merzim.services.accounts import verbs as accounts
from merzim.services.app import AppContext
from merzim.services.jobs import queue, rounds
from merzim.services.jobs.queue import JobHandlers
from merzim.services.letters import PersonActions
from merzim.services.upkeep.maintenance import back_up
from merzim.services.yearly import record_carried_out
from merzim.settings import WebSettings
from merzim.storage.accounts import rate_limits
from merzim.storage.database import conninfo
from merzim.storage.events import ORIGIN, Origin
from merzim.web.app import create_app
from merzim.web.health import log_context
from notifications.bot.conversation import Conversation
from notifications.bot.polling import Poller
from notifications.channels.telegram import Telegram
from workflow.moments import Clock, Moment
from workflow.refusal import Refusal

GRACE = 30
"""Seconds that running requests get to finish at shutdown."""
log = logging.getLogger("merzim.metronome")

Say = Callable[..., str]
Tell = Callable[[str], None]


def tick(app: AppContext, clock: Clock) -> None:
    """Run one round, with what is done beside it, and one delivery; the next tick makes up for errors."""
    attempt(app, clock, _do_all_but_sending, rounds.deliver)


def _do_all_but_sending(app: AppContext, *, at: Moment) -> None:
    """Record analyses carried out, run a round, delete uploads nobody imported and rate limits that ended."""
    record_carried_out(app, at=at)
    rounds.run_round(app, at=at)
    app.uploads.expire(now=at.now)
    rate_limits.prune(app.engine, now=at.now)


def attempt(app: AppContext, clock: Clock, *functions: Callable[..., object]) -> None:
    """Run functions in turn with the calendar and settings of now. An error is logged; the rest is left out."""
    try:
        moment, app = clock(), _present(app)
        for function in functions:
            function(app, at=moment)
    except Refusal as trouble:
        # A database that is away, a disk that is full: there is nothing to look for in the program.
        log.error("the tick did not come through; the next one tries again: %s", trouble)
    except Exception:
        log.exception("the tick did not come through; the next one tries again")


def _present(app: AppContext) -> AppContext:
    """Return the application by the acts and settings of now; of new settings the logs hide the secrets."""
    before, present = app.newest, app.present()
    if present is not before:
        logs.hide_secrets_of(present.settings)
    return present


@contextmanager
def ticking(app: AppContext, clock: Clock) -> Iterator[None]:
    """Tick at once and every `reminders.tick` seconds while the block lasts, and back up if it is due; then
    tell the process to stop, and finish running work.
    """
    scheduler = BackgroundScheduler(timezone=almaty())
    job: dict[str, Any] = {"trigger": "interval", "seconds": app.settings.reminders.tick}
    job |= {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
    # One job with a first moment, not a second one that runs once: the scheduler removes that one after handing
    # it out, and does not find it if it was stopped in the meantime.
    scheduler.add_job(tick, args=(app, clock), next_run_time=app.system_clock().now, **job)
    scheduler.add_job(attempt, args=(app, clock, back_up), **job)
    scheduler.start()
    try:
        yield
    finally:
        app.process.stopping.set()
        scheduler.shutdown(wait=True)


def serve(app: AppContext, clock: Clock, *, tell: Tell, say: Say, say_in_each: Say) -> None:
    """Run the pages until interrupted, with the metronome and Telegram unless workers run them (`many_nodes`).

    Whose language is whose is not known at the first start: the first administrator's link is said in each
    (`say_in_each`). Raises a Refusal for a setting it cannot start with: a channel, folder, key or database
    that cannot be used, an address that is taken, or that other machines reach on a demonstration day or
    without https.
    """
    web = app.settings.web
    moment = clock()
    if moment.demonstration and not web.passwordless:
        raise Refusal("cli.demonstration_exposed", host=web.host, address=web.public_address)
    web.refuse_plain_http()
    address = f"http://{web.host}:{web.port}"
    _require_free(web.host, web.port, address, tell, say_in_each)
    configuration.refuse_missing(app.settings, os.environ)
    app.refuse_unable()
    logs.set_up(app.settings, context=log_context)
    _warn_of_clear_secrets(app, tell=tell, say=say)
    _report_unreadable(app, tell=tell, say=say)
    pages = Dashboard(app, clock)
    # A page waited Python's own 5 ms after each of some twenty queries while another, or the round, computed.
    sys.setswitchinterval(0.0005)
    # All wait for a collection of garbage: it need not walk through the program and the laws each time.
    gc.freeze()
    # Until the server takes signals itself, SIGTERM ends the start as Ctrl+C does: what began is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as company:
        if not app.many_nodes:
            company.enter_context(polling(app, clock))
            company.enter_context(ticking(app, clock))
        tell(say("cli.serving", address=address))
        if app.many_nodes:
            tell(say("cli.workers_send"))
        roles = len(accounts.demonstrators(app)) if moment.demonstration else 0
        if not roles and (link := accounts.invite_first_administrator(app, at=moment)):
            hours = app.settings.web.invitation_hours
            tell(say_in_each("cli.first_link", link=link, hours=hours))
        if moment.demonstration:
            tell(say("cli.demonstration_roles" if roles else "cli.demonstration", on=moment.today, roles=roles))
        _serve_until_stopped(http_server(pages, web))


def http_server(app: Any, web: WebSettings) -> uvicorn.Server:
    """Return the HTTP server of an ASGI application, not started yet; on shutdown it does not wait for files
    being read: their senders are asked to repeat.
    """

    class ReadingServer(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            child.stop()
            super().handle_exit(sig, frame)

    # Its lines are ours: they go where all go, and no secret stands in them.
    return ReadingServer(
        uvicorn.Config(
            app,
            host=web.host,
            port=web.port,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=[str(network) for network in web.trusted_proxies],
            timeout_graceful_shutdown=GRACE,
        )
    )


def _serve_until_stopped(server: uvicorn.Server) -> None:
    """Serve requests until SIGINT or SIGTERM; running ones get at most GRACE seconds."""

    def leave(*_: object) -> None:
        server.should_exit = True

    # The server puts back what it found when it began, and raises the signal again: it finds this one, and the
    # process leaves by its own door instead of dying of the signal.
    signal.signal(signal.SIGTERM, leave)
    with suppress(KeyboardInterrupt):
        server.run()


def work(app: AppContext, clock: Clock, *, tell: Tell, say: Say) -> None:
    """Run the metronome or, on a shared database, a worker, with Telegram, until SIGINT or SIGTERM."""
    stopped = app.process.stopping
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    app.refuse_unable()
    logs.set_up(app.settings)
    _warn_of_clear_secrets(app, tell=tell, say=say)
    with polling(app, clock):
        if app.many_nodes:
            address = conninfo(app.engine)
            tell(say("cli.working"))
            with closing(app.with_settings(app.configured)) as planning:
                queue.work(address, job_handlers(app, clock, planning=planning), stopped)
            return
        with ticking(app, clock):
            tell(say("cli.working"))
            stopped.wait()


def _warn_of_clear_secrets(app: AppContext, *, tell: Tell, say: Say) -> None:
    """Warn of secrets in the settings file, which may be copied, mailed and backed up; they still work."""
    for key in app.settings.in_clear:
        tell(say("cli.secret_in_clear", file=str(app.settings.file), key=key))


def _report_unreadable(app: AppContext, *, tell: Tell, say: Say) -> None:
    """Report the secrets that no key decrypts. Raises BadSetting: there are secrets, and there is no key."""
    secrets = app.stored_secrets()
    if secrets and (count := len(app.cipher.unopened(secrets))):
        tell(say("cli.secrets_unreadable", count=count))
        log.error("%s secrets are encrypted with a key that was not given", count)


def job_handlers(app: AppContext, clock: Clock, *, planning: AppContext | None = None) -> JobHandlers:
    """Return the handlers of the queue's jobs: the parts of a tick, and backups. `planning`: a separate context
    for rounds and backups, as they run beside sending.
    """
    return JobHandlers(
        round=lambda: attempt(planning or app, clock, _alone("round", _do_all_but_sending)),
        deliver=lambda: attempt(app, clock, rounds.deliver),
        back_up=lambda: attempt(planning or app, clock, _alone("back_up", back_up)),
        every=app.settings.reminders.tick,
    )


def _alone(name: str, function: Callable[..., object]) -> Callable[..., None]:
    """Return a function that does nothing while another process runs it. `name`: of its lock."""

    def run(app: AppContext, *, at: Moment) -> None:
        with app.lock(name).alone() as is_alone:
            if is_alone:
                function(app, at=at)

    return run


def _require_free(host: str, port: int, address: str, tell: Tell, say_in_each: Say) -> None:
    """Raise Refusal, which names a free port, when the address is in use. It is told here in each language but
    the one the Refusal will be shown in.
    """
    if _is_free(host, port):
        return
    other = next((other for other in range(port + 1, port + 100) if _is_free(host, other)), 0)
    _, *others = say_in_each("cli.port_taken", address=address, port=other).splitlines()
    for sentence in others:
        tell(sentence)
    raise Refusal("cli.port_taken", address=address, port=other)


def _is_free(host: str, port: int) -> bool:
    """Return whether an address of this machine can be listened at, as the server does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


AS_THEY_ARE = ("/static/", "/health", "/ready")
"""Paths that no act and no rule affects: answered without checking the database."""
SERVER_THREADS = 10
"""Threads that answer requests when the database is a server."""
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Dashboard:
    """The pages, with the calendar and settings of each request's moment, which another process may have
    changed (`merzim calendar-change apply`).
    """

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app, self._pages = app, create_app(app, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the pages with the current calendar.

        The threads that answer are one more than cores, more where they wait for a server: forty at once would
        run one at a time under Python's lock, each as late as the last. The limit of threads is that of
        connections, too: each gives its own back before the request waits for a thread again.
        """
        if scope["type"] == "lifespan":
            threads = SERVER_THREADS if self._app.many_nodes else (os.cpu_count() or 1) + 1
            current_default_thread_limiter().total_tokens = threads
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            # Of a database that is unavailable the page finds out itself, and says so in the reader's language.
            with suppress(Refusal):
                await run_in_threadpool(_present, self._app)
        await self._pages(scope, receive, send)


@contextmanager
def polling(app: AppContext, clock: Clock) -> Iterator[None]:
    """Poll Telegram in a thread while the block runs, if the office uses it and no other process polls."""
    if "telegram" not in app.settings.channels.use:
        yield
        return
    channel = app.channels["telegram"]
    assert isinstance(channel, Telegram)

    def actions(**about: Any) -> PersonActions:
        return PersonActions(app=app.newest, **about)

    def fault(code: str, answer: str) -> None:
        app.outbox.fault(channel.name, code, answer, now=clock().now)

    language = app.settings.office.language
    conversation = Conversation(
        app.links, lambda at: app.newest.dispatch(at), clock, language=language, actions=actions
    )
    poller = Poller(channel, conversation, app.lock("telegram").alone, fault=fault)

    def run() -> None:
        ORIGIN.set(Origin(way="bot"))
        poller.run()

    thread = threading.Thread(target=run, name="telegram", daemon=True)
    thread.start()
    try:
        yield
    finally:
        poller.stop()
        thread.join(10)
