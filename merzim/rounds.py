"""Rounds and deliveries of a house, and a rehearsal of them on a copy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from merzim.clock import almaty
from merzim.rolling import roll

if TYPE_CHECKING:
    from merzim.wiring import House
    from notifications.delivery import DeliveryReport
    from notifications.round import RoundReport


def remind(house: House, *, now: datetime, today: date, dry_run: bool = False) -> RoundReport:
    """One round at a moment (aware UTC, local date), sealed; `dry_run` writes nothing."""
    from notifications import round as rounds

    begun = perf_counter()
    take = rounds.plan if dry_run else rounds.round
    if not dry_run:
        roll(house, now=now, today=today)
    channels = tuple(house.channels.values())
    report = take(
        house.outbox, house.library, house.calendar, channels, now=now, today=today, rules=house.rules
    )
    if not dry_run:
        from storage.seals import seal

        seal(house.engine, now=now)
        _beat(house, "round", now, begun)
    return report


def deliver(house: House, *, now: datetime, today: date) -> DeliveryReport:
    """Send what is queued and may leave by now."""
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
    )
    _beat(house, "delivery", now, begun)
    return report


def _beat(house: House, name: str, now: datetime, begun: float) -> None:
    """Leave word that it was done: `/metrics` says when last, so that silence is noticed."""
    from storage.figures import beat

    beat(house.engine, name, now=now, seconds=perf_counter() - begun)


def rehearse(house: House, first: date, last: date) -> Iterator[tuple[date, RoundReport]]:
    """What every round from a day to a day would queue, run on a copy; nothing is sent and nothing kept."""
    from storage.backup import backup

    with tempfile.TemporaryDirectory(prefix="merzim-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite"
        backup(house.engine, copy)
        database = replace(house.settings.database, url=f"sqlite:///{copy.as_posix()}")
        stage = type(house)(replace(house.settings, database=database))
        try:
            for step in range((last - first).days + 1):
                today = first + timedelta(days=step)
                now = datetime.combine(today, time(12), tzinfo=almaty()).astimezone(UTC)
                yield today, remind(stage, now=now, today=today)
        finally:
            stage.close()
