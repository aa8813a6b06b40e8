"""Form fields of a unit's office time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from documents.people.office_time import office_time, parse_days, parse_hours
from workflow.org.office_time import MONDAY_TO_FRIDAY, Hours, OfficeTime

WEEK = range(1, 8)


@dataclass(frozen=True, slots=True)
class Holding:
    """The office time in force. `week`: 1 is Monday."""

    first: str
    last: str
    week: tuple[int, ...]


def time_typed(texts: Mapping[str, str]) -> OfficeTime:
    """Return the office time a form describes. Raises BadOfficeTime."""
    first, last = (texts.get(f"time_{end}", "").strip() for end in ("first", "last"))
    return office_time(
        hours=parse_hours(f"{first[:5]}-{last[:5]}" if first or last else ""),
        week=[number for number in WEEK if texts.get(f"time_day_{number}")],
        off=parse_days(texts.get("time_off", "")),
        working=parse_days(texts.get("time_working", "")),
    )


def time_answers(own: OfficeTime) -> dict[str, str]:
    """Return the form fields of an office time."""
    first, last = own.hours or (None, None)
    days = {f"time_day_{number}": "1" for number in own.week}
    return {
        "time_first": f"{first:%H:%M}" if first else "",
        "time_last": f"{last:%H:%M}" if last else "",
        "time_off": _days(own.off),
        "time_working": _days(own.working),
        **days,
    }


def holding(own: OfficeTime, hours: Hours) -> Holding:
    """Return the office time in force: the unit's own, completed by the organisation's."""
    first, last = own.hours or hours
    return Holding(f"{first:%H:%M}", f"{last:%H:%M}", own.week or MONDAY_TO_FRIDAY)


def _days(several: Sequence[date]) -> str:
    return ", ".join(f"{day:%d.%m.%Y}" for day in several)
