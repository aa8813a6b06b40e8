"""Runs rounds and deliveries of an installation, on its own database or, as a rehearsal, on a copy."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from calendars.hours import almaty, moment_of
from merzim.services.app import AppContext
from merzim.services.context import operator_context
from merzim.services.jobs.campaigns import update_campaigns
from merzim.services.registers.cases import record_due_rows
from merzim.services.scoring import Stakes
from merzim.services.upkeep.maintenance import rebuild
from merzim.storage import events
from merzim.storage.database import writing
from merzim.storage.maintenance.backup import copy_file
from merzim.storage.maintenance.schema import board_steps, write_installation
from merzim.storage.notices import delivery_state
from merzim.storage.notices.delivery_state import record_run
from notifications import round as rounds
from notifications.channels import SilentChannel
from notifications.delivery import DeliveryReport
from notifications.delivery import deliver as send
from notifications.dispatch import Dispatch
from notifications.notice import Outcome
from notifications.round import RoundReport
from notifications.rules import OfficeTimes
from workflow.moments import Moment

MAX_REPORTED = 100
"""Most cases named in one line of the log, and most notices listed in a round's report."""
log = logging.getLogger("merzim.rounds")


def dispatch_at(app: AppContext, *, at: Moment) -> Dispatch:
    """Return what a round or delivery works with at a moment: outbox, law, channels."""
    return Dispatch(
        outbox=app.outbox,
        library=app.library,
        calendar=app.calendar,
        channels=tuple(app.channels.values()),
        rules=app.rules,
        moment=at,
    )


def run_round(app: AppContext, *, at: Moment, limit: int = sys.maxsize) -> RoundReport:
    """Record what register rows carry out, and queue the letters due by a moment, those of campaigns too; the
    first round of a day seals what was written since the last seal.

    Args:
        limit: maximum number of notices listed in the report.
    """
    started = perf_counter()
    _follow_steps(app, at=at)
    record_due_rows(app, at=at)
    letters = update_campaigns(app, at=at)
    report = rounds.round(dispatch_at(app, at=at), limit=limit)
    report = replace(report, queued=(report.queued or 0) + letters)
    _seal(app, at=at)
    record_run(app.engine, "round", now=at.now, seconds=perf_counter() - started)
    log.info(
        "round: %s rows, %s notices queued",
        report.rows,
        report.queued,
        extra={
            "counts": {"rows": report.rows, "queued": report.queued},
            "cases": sorted({planned_notice.notice.case for planned_notice in report.planned})[:MAX_REPORTED],
            "took_ms": round((perf_counter() - started) * 1000),
        },
    )
    return report


def _follow_steps(app: AppContext, *, at: Moment) -> None:
    """Rewrite the board if config.toml names other reminder steps than those it was made by, and report it."""
    if board_steps(app.engine) != app.steps:
        count = rebuild(app, at=at)
        write_installation(app.engine, steps=app.steps)
        app.note("reminders.steps_followed", steps=app.steps, count=count)


def _seal(app: AppContext, *, at: Moment) -> None:
    """Seal what was written since the last seal, if that is not of today (a local day)."""
    with writing(app.engine) as session:
        last = events.newest_seal(session)
        if last is None or last[1].astimezone(almaty()).date() != at.today:
            events.seal(session, now=at.now)


def deliver(app: AppContext, *, at: Moment) -> DeliveryReport:
    """Send the queued letters that may leave by now, until none is left or the process must stop."""
    started = perf_counter()
    stakes = Stakes(operator_context(app, at=replace(at, by="")))
    report = send(
        replace(dispatch_at(app, at=at), stakes=stakes),
        go_on=lambda: not app.process.stopping.is_set(),
    )
    record_run(app.engine, "delivery", now=at.now, seconds=perf_counter() - started)
    log.info(
        "delivery: %s",
        ", ".join(f"{state} {count}" for state, count in sorted(report.counts.items())) or "nothing",
        extra={"counts": dict(report.counts), "took_ms": round((perf_counter() - started) * 1000)},
    )
    return report


def resend(app: AppContext, key: str, *, now: datetime) -> bool:
    """Queue a failed or unconfirmed notice again, for its recipient's next office hours; return False if no
    notice of that key is in such a state.
    """
    notice = app.outbox.notice(key)
    if notice is None:
        return False
    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    return app.outbox.resend(key, now=now, not_before=times.opening(notice.person, now))


def resend_all(app: AppContext, channel: str, *, now: datetime) -> int:
    """Queue again the letters delayed by a channel's fault, each for its recipient's next office hours; return
    how many.
    """
    opening = OfficeTimes(app.outbox.office(), app.calendar, app.rules).opening
    return delivery_state.resend_all(app.engine, channel, now=now, opens=partial(opening, now=now))


def rehearse(app: AppContext, first: date, last: date) -> Iterator[tuple[date, RoundReport]]:
    """Yield each day (both included) with what its round and delivery at noon would send, run on a copy of the
    database: nothing is sent or stored here.

    Letters are composed on their day as in earnest: an empty digest is not in the report, and people
    notified of a date are notified when it moves.
    """
    with tempfile.TemporaryDirectory(prefix="merzim-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite"
        copy_file(app.engine, copy)
        stage = app.on_database(f"sqlite:///{copy.as_posix()}")
        sent = Outcome(state="sent", answer="")
        silent = {name: SilentChannel(name, sent, channel) for name, channel in stage.channels.items()}
        vars(stage)["channels"] = silent
        try:
            for step in range((last - first).days + 1):
                today = first + timedelta(days=step)
                yield today, _run_day(stage, at=Moment(now=moment_of(today, time(12)), today=today))
        finally:
            stage.close()


def _run_day(stage: AppContext, *, at: Moment) -> RoundReport:
    """Run the round and the delivery of a day; return the round's report, its `others` as they stand after the
    delivery, without withdrawn ones.
    """
    report = run_round(stage, at=at)
    deliver(stage, at=at)
    notices = [stage.outbox.notice(other.key) for other in report.others]
    sent = tuple(notice for notice in notices if notice is not None and notice.state != "withdrawn")
    return replace(report, others=sent)
