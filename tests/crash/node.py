"""A node of the crash campaigns: the real command with a clock that can be stepped while it runs.

The clock is read from a file of the node: a moment, and the monotonic time at which it was set. Rewriting the
file steps the clock. The processes are forked from one that has imported everything (multiprocessing's
forkserver), so that five hundred starts take little time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import merzim.clock
from merzim.clock import stand
from merzim.services.moments import Clock, Moment

WARM = (
    *("merzim.cli", "merzim.metronome", "merzim.services.jobs.queue", "merzim.dashboard"),
    *(
        "merzim.services.documents.case_documents",
        "merzim.services.outgoing.sending",
        "merzim.services.jobs.bot_polling",
    ),
    *("merzim.storage.maintenance.schema", "merzim.storage.maintenance.readiness"),
    *("notifications.channels.email", "aiogram", "uvicorn"),
    *("notifications.delivery", "notifications.round", "apscheduler.schedulers.background", "merzim.web.app"),
    *("uvicorn.protocols.http.auto", "uvicorn.loops.auto", "uvicorn.lifespan.on", "psycopg_pool"),
)


def show(file: Path, moment: str) -> None:
    """Let the clock in that file show a moment (`merzim --now`'s spelling) from now on."""
    part = file.with_suffix(".part")
    part.write_text(f"{stand(moment).now.isoformat()} {time.monotonic()}", encoding="ascii")
    part.replace(file)


def shown(file: Path) -> datetime:
    """Current time of the clock (aware UTC)."""
    moment, at = file.read_text(encoding="ascii").split()
    return datetime.fromisoformat(moment) + timedelta(seconds=time.monotonic() - float(at))


def stepped(file: Path) -> Clock:
    """The clock in that file, as the nodes ask it."""
    moment: Callable[..., Moment] = merzim.clock._moment
    return lambda: moment(shown(file), demonstration=False)


def live(
    folder: Path,
    command: str,
    clock: Path,
    log: Path,
    quick: bool,
    dead_after: float | None,
    pages: Path | None,
) -> None:
    """Run `merzim COMMAND` in that folder until terminated.

    Args:
        quick: look for work twice a second.
        dead_after: hold a worker for dead after so many seconds of silence, and a letter in hand for given up
            after six; None: after as long as the program does.
        pages: a file that says how many pages a database of SQLite may have; None: as many as it likes.
    """
    with log.open("ab") as log_file, Path(os.devnull).open("wb") as nothing:
        os.dup2(log_file.fileno(), 2)
        os.dup2(nothing.fileno(), 1)
    os.chdir(folder)
    os.environ["MERZIM_LANG"] = "en"
    stepped_clock = stepped(clock)
    merzim.clock.read = stepped_clock
    merzim.clock.clock = lambda moment_text=None: stepped_clock
    if quick:
        from merzim.services.jobs import queue

        queue.HEARTBEAT_SECONDS = queue.POLL_SECONDS = queue.RECONNECT_SECONDS = 0.5
        queue.DEAD_AFTER_SECONDS = dead_after or queue.DEAD_AFTER_SECONDS
    from notifications import delivery

    # Ten minutes of everybody's patience would be most of a campaign.
    if dead_after or not quick:
        delivery.LEASE = timedelta(seconds=6 if quick else 60)
    if pages is not None:
        _narrow(pages)
    from merzim.cli import main

    sys.exit(main([command]))


def _narrow(pages: Path) -> None:
    """Every connection to a file may make it so many pages long and no longer, as a full disk would."""
    from sqlalchemy import Engine, event

    @event.listens_for(Engine, "begin")
    def narrow(connection: object) -> None:
        raw = connection.connection.dbapi_connection  # type: ignore[attr-defined]
        raw.execute(f"PRAGMA max_page_count={pages.read_text()}").close()
