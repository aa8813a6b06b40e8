"""The production calendar of a year, as a sheet a person can print and pin to the wall."""

from __future__ import annotations

from calendar import Calendar as Weeks
from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from merzim.cli.printing import table
from words import month_name

if TYPE_CHECKING:
    from calendars.calendar import Calendar
    from merzim.cli.call import Call

ORDINARY = ("working", "weekend")
MONTHS_ABREAST = 3
CELL = 4


def months(year: int) -> list[tuple[date, date]]:
    """First and last day of every month."""
    return [(date(year, month, 1), date(year, month, monthrange(year, month)[1])) for month in range(1, 13)]


def special_days(days: Calendar, first: date, last: date) -> list[dict[str, object]]:
    """Days that are not what their weekday says: holidays, substitutes, transfers, days of the office."""
    listed = []
    for step in range((last - first).days + 1):
        one = days.day(first + timedelta(days=step))
        if one.kind not in ORDINARY:
            listed.append(
                {
                    "date": one.on,
                    "working": one.working,
                    "kind": one.kind,
                    "name": one.name,
                    "act": one.act,
                    "calendar": days.knowledge(one.on, one.on),
                }
            )
    return listed


def printed(call: Call, days: Calendar, year: int) -> str:
    """The whole sheet: twelve months, the counts by month and quarter, the special days with their acts."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    parts = [call.say("cli.year.title", year=year), call.say("cli.year.legend"), ""]
    for start in range(1, 13, MONTHS_ABREAST):
        abreast = [_month(call, days, year, month) for month in range(start, start + MONTHS_ABREAST)]
        parts += ["   ".join(row).rstrip() for row in zip(*abreast, strict=True)]
        parts.append("")
    parts += [_counts(call, days, year), "", _named(call, days, first, last)]
    if days.knowledge(first, last) == "provisional":
        parts += ["", call.say("provisional_year", year=year)]
    return "\n".join(parts)


def _month(call: Call, days: Calendar, year: int, month: int) -> list[str]:
    size = CELL * 7
    weekdays = call.say("cli.weekdays").split()
    lines = [month_name(month, call.language).center(size), "".join(f" {name:>2} " for name in weekdays)]
    lines += [
        "".join(_cell(days, on) if on.month == month else " " * CELL for on in week)
        for week in Weeks().monthdatescalendar(year, month)
    ]
    return lines + [" " * size] * (8 - len(lines))


def _cell(days: Calendar, on: date) -> str:
    one = days.day(on)
    if not one.working:
        return f"[{on.day:>2}]"
    return f" {on.day:>2}+" if on.weekday() >= 5 else f" {on.day:>2} "


def _counts(call: Call, days: Calendar, year: int) -> str:
    rows: list[tuple[object, ...]] = []
    for quarter in range(4):
        spans = months(year)[quarter * 3 : quarter * 3 + 3]
        for begins, ends in spans:
            rows.append((month_name(begins.month, call.language), *_count(days, begins, ends)))
        name = call.say("cli.year.quarter", quarter=quarter + 1)
        rows.append((name, *_count(days, spans[0][0], spans[-1][1])))
    rows.append((call.say("cli.year.whole"), *_count(days, date(year, 1, 1), date(year, 12, 31))))
    return table(call.heads("month", "calendar_days", "working_days", "days_off"), rows)


def _count(days: Calendar, first: date, last: date) -> tuple[int, int, int]:
    size, working = (last - first).days + 1, days.count(first, last)
    return size, working, size - working


def _named(call: Call, days: Calendar, first: date, last: date) -> str:
    rows = []
    for special in special_days(days, first, last):
        name = special["name"]
        rows.append(
            (
                special["date"],
                call.say(f"day.{special['kind']}"),
                call.say(f"holiday.{name}") if name else "",
                special["act"],
            )
        )
    return table(call.heads("date", "day", "name", "act"), rows)
