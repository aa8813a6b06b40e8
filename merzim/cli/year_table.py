"""Prints the production calendar of a year as a sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i18n import month_name
from merzim.cli.printing import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calendars.calendar import Day
    from calendars.layout import Month, Year
    from merzim.cli.call import CommandContext

MONTHS_ABREAST = 3
CELL = 4
WEEKS = 6


def printed(call: CommandContext, year: Year) -> str:
    """Return the sheet: twelve months, counts by month and quarter, and special days with their acts."""
    parts = [call.say("cli.year.title", year=year.number), call.say("cli.year.legend"), ""]
    for start in range(0, 12, MONTHS_ABREAST):
        abreast = [_month(call, month) for month in year.months[start : start + MONTHS_ABREAST]]
        parts += ["   ".join(row).rstrip() for row in zip(*abreast, strict=True)]
        parts.append("")
    parts += [_counts(call, year), "", _named(call, year)]
    if year.knowledge == "provisional":
        parts += ["", call.say("provisional_year", year=year.number)]
    if year.library:
        parts += ["", call.say("library_rules", calendar=year.library)]
    return "\n".join(parts)


def _month(call: CommandContext, month: Month) -> list[str]:
    """Return the lines of a month."""
    size = CELL * 7
    weekdays = call.say("cli.weekdays").split()
    name = month_name(month.first.month, call.language)
    lines = [name.center(size), "".join(f" {weekday:>2} " for weekday in weekdays)]
    lines += ["".join(_cell(day) if day else " " * CELL for day in week) for week in month.weeks]
    return lines + [" " * size] * (2 + WEEKS - len(lines))


def _cell(day: Day) -> str:
    """Return the cell of a day."""
    if not day.working:
        return f"[{day.on.day:>2}]"
    return f" {day.on.day:>2}+" if day.on.weekday() >= 5 else f" {day.on.day:>2} "


def _counts(call: CommandContext, year: Year) -> str:
    """Return the counts by month and quarter."""
    rows: list[tuple[object, ...]] = []
    for number, quarter in enumerate(year.quarters, start=1):
        rows += [(month_name(month.first.month, call.language), *_count([month])) for month in quarter]
        rows.append((call.say("cli.year.quarter", quarter=number), *_count(quarter)))
    rows.append((call.say("cli.year.whole"), *_count(year.months)))
    return table(call.heads("month", "calendar_days", "working_days", "days_off"), rows)


def _count(months: Sequence[Month]) -> tuple[int, int, int]:
    size, working = sum(month.days for month in months), sum(month.working for month in months)
    return size, working, size - working


def _named(call: CommandContext, year: Year) -> str:
    """Return the special days with their acts."""
    rows = [
        (
            day.on,
            call.say(f"day.{day.kind}"),
            call.say(f"holiday.{day.name}") if day.name else "",
            day.act,
        )
        for day in year.unusual
    ]
    return table(call.heads("date", "day", "name", "act"), rows)
