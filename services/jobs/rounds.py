"""Rounds and deliveries of a house."""

from __future__ import annotations

import logging
import sys
from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from services.jobs.new_periods import roll

if TYPE_CHECKING:
    from notifications.delivery import DeliveryReport
    from notifications.round import RoundReport
    from services.app import AppContext

MOST = 100
"""Cases one line of the log names."""
log = logging.getLogger("merzim.rounds")


def remind(
    app: AppContext, *, now: datetime, today: date, dry_run: bool = False, most: int = sys.maxsize
) -> RoundReport:
    """One round at a moment (aware UTC, local date), sealed; `dry_run` writes nothing.

    Args:
        most: so many hearings stand in the report at most.
    """
    from notifications import round as rounds

    begun = perf_counter()
    take = rounds.plan if dry_run else partial(rounds.round, most=most)
    if not dry_run:
        roll(app, now=now, today=today)
    channels = tuple(app.channels.values())
    report = take(app.outbox, app.library, app.calendar, channels, now=now, today=today, rules=app.rules)
    if not dry_run:
        from storage.cases.recommendations import catch_up
        from storage.maintenance.seals import seal

        catch_up(app.engine)
        seal(app.engine, now=now)
        _beat(app, "round", now, begun)
        log.info(
            "round: %s rows, %s notices queued",
            report.rows,
            report.queued,
            extra={
                "counts": {"rows": report.rows, "queued": report.queued},
                "cases": sorted({one.reminder.case for one in report.hearings})[:MOST],
                "took_ms": round((perf_counter() - begun) * 1000),
            },
        )
    return report


def deliver(
    app: AppContext, *, now: datetime, today: date, keys: Collection[str] | None = None, again: bool = False
) -> DeliveryReport:
    """Send what is queued and may leave by now: all of it, or one batch of a queue by its keys.

    Args:
        again: whoever was to send that batch before is gone.
    """
    from notifications.delivery import deliver as send

    begun = perf_counter()
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
        # A batch of a queue is small and nobody else's; a whole morning is left to whoever comes next.
        go_on=lambda: keys is not None or not app.stopping.is_set(),
    )
    _beat(app, "delivery", now, begun)
    log.info(
        "delivery: %s",
        ", ".join(f"{state} {count}" for state, count in sorted(report.counts.items())) or "nothing",
        extra={"counts": dict(report.counts), "took_ms": round((perf_counter() - begun) * 1000)},
    )
    return report


def resend(app: AppContext, key: str, *, now: datetime) -> bool:
    """Queue a notice again that failed, or of which nobody knows, for its reader's next office hours.

    False when there is none of that key in such a state.
    """
    from notifications.office_time import OfficeTimes

    notice = app.outbox.notice(key)
    if notice is None:
        return False
    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    return app.outbox.resend(key, now=now, not_before=times.opening(notice.person, now))


def resend_all(app: AppContext, channel: str, *, now: datetime) -> int:
    """Queue again what a fault of a channel has kept from leaving, each letter for its reader's next office
    hours. How many."""
    from notifications.office_time import OfficeTimes

    times = OfficeTimes(app.outbox.office(), app.calendar, app.rules)
    return app.outbox.resend_all(channel, now=now, opens=lambda person: times.opening(person, now))


def _beat(app: AppContext, name: str, now: datetime, begun: float) -> None:
    """Leave word that it was done: `/metrics` says when last, so that silence is noticed."""
    from storage.notices.figures import beat

    beat(app.engine, name, now=now, seconds=perf_counter() - begun)
