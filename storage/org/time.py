"""Encodes a unit's own office time as text for the table of choices."""

from __future__ import annotations

import json
from datetime import date, time

from storage.chain import canonical
from workflow.org.office_time import NOTHING_OWN, OfficeTime


def time_text(own: OfficeTime) -> str:
    """Return the canonical JSON of an office time; "" when it is empty."""
    if not own:
        return ""
    return canonical(
        {
            "hours": [f"{end:%H:%M}" for end in own.hours] if own.hours else None,
            "week": list(own.week),
            "off": [day.isoformat() for day in own.off],
            "working": [day.isoformat() for day in own.working],
        }
    )


def time_kept(text: str | None) -> OfficeTime:
    """Return the office time of a stored text."""
    if not text:
        return NOTHING_OWN
    kept = json.loads(text)
    hours = [time.fromisoformat(end) for end in kept["hours"] or ()]
    return OfficeTime(
        hours=(hours[0], hours[1]) if hours else None,
        week=tuple(kept["week"]),
        off=tuple(date.fromisoformat(day) for day in kept["off"]),
        working=tuple(date.fromisoformat(day) for day in kept["working"]),
    )
