"""What every handler needs, gathered once by the factory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import Request

from calendars.calendar import Calendar
from web.ports import EvidenceStore, Judge, Reads
from workflow.desk import Desk
from workflow.library import Library

Clock = Callable[[], tuple[datetime, date]]


@dataclass(frozen=True, kw_only=True)
class House:
    desk: Desk
    reads: Reads
    library: Library
    calendar: Calendar
    clock: Clock
    demonstration: bool
    evidence_store: EvidenceStore
    organisation: str
    judge: Judge


def house(request: Request) -> House:
    """The dependency handlers ask for."""
    found: House = request.app.state.house
    return found
