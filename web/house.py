"""What every handler needs, gathered once by the factory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

from web.ports import Days, Editions, EvidenceStore, Judge, Reads, Writes

Clock = Callable[[], tuple[datetime, date]]


@dataclass(frozen=True, kw_only=True)
class House:
    desk: Writes
    reads: Reads
    library: Editions
    calendar: Days
    clock: Clock
    demonstration: bool
    evidence_store: EvidenceStore
    judge: Judge


def house(request: Request) -> House:
    """The dependency handlers ask for."""
    found: House = request.app.state.house
    return found
