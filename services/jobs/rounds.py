"""Runs rounds and deliveries of an installation."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from services.jobs.campaigns import carry_on
from services.jobs.new_periods import add_new_periods

if TYPE_CHECKING:
    from notifications.delivery import DeliveryReport
    from notifications.round import RoundReport
    from services.app import AppContext

MAX_REPORTED = 100
"""Most cases named in one line of the log, and most notices listed in a round's report."""
log = logging.getLogger("merzim.rounds")


def remind(
    app: AppContext, *, now: datetime, today: date, dry_run: bool = False, most: int = sys.maxsize
) -> RoundReport:
    """Run one round at a moment (aware UTC, local date) and seal it; `dry_run` writes nothing.

    Args:
        most: maximum number of notices listed in the report.
    """
    from notifications import round as rounds

    started = perf_counter()
    run = rounds.plan if dry_run else partial(rounds.round, most=most)
    if not dry_run:
        from services.yearly.register_duties import record_due_rows

        add_new_periods(app, now=now, today=today)
        record_due_rows(app, now=now, today=today)
        letters = carry_on(app, now=now, today=today)
    channels = tuple(app.channels.values())
    report = run(app.outbox, app.library, app.calendar, channels, now=now, today=today, rules=app.rules)
    if not dry_run:
        report = replace(report, queued=(report.queued or 0) + letters)
        from storage.board import word_index
        from storage.cases.recommendations import catch_up
        from storage.maintenance.seals import seal

        catch_up(app.engine)
        word_index.catch_up(app.engine)
        seal(app.engine, now=now)
        _record_run(app, "round", now, started)
        log.info(
            "round: %s rows, %s notices queued",
            report.rows,
            report.queued,
            extra={
                "counts": {"rows": report.rows, "queued": report.queued},
                "cases": sorted({one.reminder.case for one in report.planned})[:MAX_REPORTED],
                "took_ms": round((perf_counter() - started) * 1000),
            },
        )
    return report


def deliver(
    app: AppContext, *, now: datetime, today: date, keys: Collection[str] | None = None, again: bool = False
) -> DeliveryReport:
    """Send the queued notices that may be sent by now: all of them, or one batch by its keys.

    Args:
        again: whether the worker that was to send the batch before has died.
    """
    from notifications.delivery import deliver as send

    started = perf_counter()
    report = send(
        app.outbox,
        app.library,
        app.calendar,
        tuple(app.channels.values()),
        now=now,
        today=today,
        rules=app.rules,
        keys=keys,
        again=again,
        # A batch is small and no other worker's: finish it. The rest of a full delivery is left to the next.
        go_on=lambda: keys is not None or not app.stopping.is_set(),
    )
    _record_run(app, "delivery", now, started)
    log.info(
        "delivery: %s",
        ", ".join(f"{state} {count}" for state, count in sorted(report.counts.items())) or "nothing",
        extra={"counts": dict(report.counts), "took_ms": round((perf_counter() - started) * 1000)},
    )
    return report


def resend(app: AppContext, key: str, *, now: datetime) -> bool:
    """Queue a failed or unconfirmed notice again, for its recipient's next office hours.

    Returns:
        False if no notice of that key is in such a state.
    """
    from notifications.office_time import OfficeTimes

    notice = app.outbox.notice(key)
    if notice is None:
        return False
    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    return app.outbox.resend(key, now=now, not_before=times.opening(notice.person, now))


def resend_all(app: AppContext, channel: str, *, now: datetime) -> int:
    """Queue again the letters delayed by a channel's fault, each for its recipient's next office hours.

    Returns:
        Number of letters queued.
    """
    from notifications.office_time import OfficeTimes

    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    return app.outbox.resend_all(channel, now=now, opens=lambda person: times.opening(person, now))


def _record_run(app: AppContext, name: str, now: datetime, started: float) -> None:
    """Store the moment and duration of the last run; `/metrics` reports them, so that a stop is noticed."""
    from storage.notices.tally import beat

    beat(app.engine, name, now=now, seconds=perf_counter() - started)
