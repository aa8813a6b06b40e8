"""Rounds and deliveries of a house."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from time import perf_counter
from typing import TYPE_CHECKING

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


def deliver(
    house: House, *, now: datetime, today: date, keys: Collection[str] | None = None, again: bool = False
) -> DeliveryReport:
    """Send what is queued and may leave by now: all of it, or one batch of a queue by its keys.

    Args:
        again: whoever was to send that batch before is gone.
    """
    from notifications.delivery import deliver as send

    begun = perf_counter()
    channels = house.channels.values()
    report = send(
        house.outbox,
        house.library,
        house.calendar,
        # A key ends with its channel.
        tuple(one for one in channels if keys is None or any(key.endswith(f":{one.name}") for key in keys)),
        now=now,
        today=today,
        rules=house.rules,
        keys=keys,
        again=again,
    )
    _beat(house, "delivery", now, begun)
    return report


def _beat(house: House, name: str, now: datetime, begun: float) -> None:
    """Leave word that it was done: `/metrics` says when last, so that silence is noticed."""
    from storage.figures import beat

    beat(house.engine, name, now=now, seconds=perf_counter() - begun)
