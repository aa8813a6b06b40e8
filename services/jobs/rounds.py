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
    house: AppContext, *, now: datetime, today: date, dry_run: bool = False, most: int = sys.maxsize
) -> RoundReport:
    """One round at a moment (aware UTC, local date), sealed; `dry_run` writes nothing.

    Args:
        most: so many hearings stand in the report at most.
    """
    from notifications import round as rounds

    begun = perf_counter()
    take = rounds.plan if dry_run else partial(rounds.round, most=most)
    if not dry_run:
        roll(house, now=now, today=today)
    channels = tuple(house.channels.values())
    report = take(
        house.outbox, house.library, house.calendar, channels, now=now, today=today, rules=house.rules
    )
    if not dry_run:
        from storage.cases.recommendations import catch_up
        from storage.maintenance.seals import seal

        catch_up(house.engine)
        seal(house.engine, now=now)
        _beat(house, "round", now, begun)
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
    house: AppContext, *, now: datetime, today: date, keys: Collection[str] | None = None, again: bool = False
) -> DeliveryReport:
    """Send what is queued and may leave by now: all of it, or one batch of a queue by its keys.

    Args:
        again: whoever was to send that batch before is gone.
    """
    from notifications.delivery import deliver as send

    begun = perf_counter()
    report = send(
        house.outbox,
        house.library,
        house.calendar,
        tuple(house.channels.values()),
        now=now,
        today=today,
        rules=house.rules,
        keys=keys,
        again=again,
        # A batch of a queue is small and nobody else's; a whole morning is left to whoever comes next.
        go_on=lambda: keys is not None or not house.stopping.is_set(),
    )
    _beat(house, "delivery", now, begun)
    log.info(
        "delivery: %s",
        ", ".join(f"{state} {count}" for state, count in sorted(report.counts.items())) or "nothing",
        extra={"counts": dict(report.counts), "took_ms": round((perf_counter() - begun) * 1000)},
    )
    return report


def resend(house: AppContext, key: str, *, now: datetime) -> bool:
    """Queue a notice again that failed, or of which nobody knows, for its reader's next office hours.

    False when there is none of that key in such a state.
    """
    from notifications.office_time import OfficeTimes

    notice = house.outbox.notice(key)
    if notice is None:
        return False
    times = OfficeTimes(house.outbox.office(), house.calendar, house.rules)
    return house.outbox.resend(key, now=now, not_before=times.opening(notice.person, now))


def resend_all(house: AppContext, channel: str, *, now: datetime) -> int:
    """Queue again what a fault of a channel has kept from leaving, each letter for its reader's next office
    hours. How many."""
    from notifications.office_time import OfficeTimes

    times = OfficeTimes(house.outbox.office(), house.calendar, house.rules)
    return house.outbox.resend_all(channel, now=now, opens=lambda person: times.opening(person, now))


def _beat(house: AppContext, name: str, now: datetime, begun: float) -> None:
    """Leave word that it was done: `/metrics` says when last, so that silence is noticed."""
    from storage.notices.figures import beat

    beat(house.engine, name, now=now, seconds=perf_counter() - begun)
