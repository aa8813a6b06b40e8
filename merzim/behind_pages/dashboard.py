"""Where the pages get their ports; made anew when the office adopts an act, or rules of its own."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from storage.database.single_flight import SingleFlight
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from services.app import AppContext
    from services.moments import Clock
    from web.ports.readiness import DatabaseState, Readiness
    from workflow.law.library import Library

AS_THEY_ARE = ("/static/", "/health", "/ready")
"""What no act and no rule changes: answered by the pages as they stand, whatever the database does."""
log = logging.getLogger("merzim.web")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def pages(app: AppContext, clock: Clock) -> Any:
    """The dashboard as an ASGI application, over the calendar as it stands now."""
    from merzim.behind_pages.administration import OfficeAdministration
    from merzim.behind_pages.intake import HouseIntake
    from merzim.behind_pages.postbox import Postbox
    from merzim.behind_pages.shell import Shell
    from services.account_letters import OfficeLetters
    from services.calendar_acts import OfficeActs
    from storage.accounts.uploads import SqlUploads
    from storage.org.choices import SqlChoices
    from storage.org.leaves import SqlLeaves
    from web.app import create_app

    def asked() -> tuple[datetime, date]:
        moment = clock()
        return moment.now, moment.today

    return create_app(
        app.desk,
        app.reads,
        app.library,
        app.calendar,
        clock=asked,
        demonstration=clock().demonstration,
        evidence_store=app.evidence,
        accounts=app.accounts,
        factors=app.factors,
        answers=app.answers,
        shell=Shell(app),
        address=app.settings.web.public_address,
        trusted_proxies=app.settings.web.trusted_proxies,
        organisation=app.settings.office.name,
        post=Postbox(app),
        intake=HouseIntake(app),
        uploads=SqlUploads(app.engine),
        administration=OfficeAdministration(app),
        acts=OfficeActs(app),
        leaves=SqlLeaves(app.engine),
        choices=SqlChoices(app.engine, app.rules.link_key),
        readiness=lambda: readiness(app),
        totp_required=app.settings.web.totp_required,
        account_letters=OfficeLetters(app),
    )


def readiness(app: AppContext) -> Readiness:
    """How the database stands at this moment."""
    from storage.maintenance.readiness import look
    from storage.refusals import StorageUnavailable
    from web.ports.readiness import Readiness

    try:
        found = look(app.engine)
    except StorageUnavailable as trouble:
        log.warning("not ready: %s", trouble)
        states: dict[str, DatabaseState] = {"moved": "moved", "replaced": "replaced"}
        return Readiness(database=states.get(trouble.what, "unreachable"), schema=False, board=False)
    return Readiness(database="ok", schema=found.schema, board=found.board, round=found.round)


def _in_turn() -> None:
    """Pages are made by few threads, in the order they were asked for: made by forty at once, which Python
    lets work one at a time anyway, each would be as late as the last. One more than cores, for what waits; a
    PostgreSQL server is waited for longer.
    """
    from anyio.to_thread import current_default_thread_limiter

    current_default_thread_limiter().total_tokens = (os.cpu_count() or 1) + 1


class Dashboard:
    """An ASGI application that asks, once per request, whether calendar and rules are those it was made with.

    `merzim calendar-change apply` and `merzim overlay apply` run in a process of their own; whoever records a
    fact here a moment later must count by what holds now.
    """

    def __init__(self, app: AppContext, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._adopting: SingleFlight[Any] = SingleFlight()
        self._counted_by: tuple[Calendar, Library] = app.calendar, app.library
        self._pages: Any = pages(app, clock)
        self._standing: tuple[Hashable, Any] = (None, self._pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the pages over the calendar as it stands."""
        if scope["type"] == "lifespan" and not self._app.many_nodes:
            _in_turn()
        standing = self._pages
        if scope["type"] == "http" and not scope["path"].startswith(AS_THEY_ARE):
            standing = await asyncio.to_thread(self._current)
        await standing(scope, receive, send)

    def _current(self) -> Any:
        try:
            return self._adopting.get(self._fitting, self._renewed)
        except Refusal:
            # The database is away: the page finds out itself, and says so in the reader's language.
            return self._pages

    def _fitting(self) -> Any:
        """The pages, where they were made with what holds now."""
        adopted, made = self._standing
        return made if adopted is not None and adopted == self._app.adopted() else None

    def _renewed(self) -> Any:
        """The pages over the calendar and the rules as they stand now."""
        adopted = self._app.adopted()
        self._app.refresh()
        calendar, library = self._app.calendar, self._app.library
        if calendar is not self._counted_by[0] or library is not self._counted_by[1]:
            self._counted_by = calendar, library
            self._pages = pages(self._app, self._clock)
        self._standing = (adopted, self._pages)
        return self._pages
