"""Parses office hours, weekdays and dates as people write them: `09:00-18:00`, `1-6` or `дс-сб`,
`2026-05-08`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, time

from calendars import OutOfRange
from calendars.horizon import place
from merzim.documents.sheets.columns import Line, column
from merzim.documents.sheets.rows import shown
from workflow.org.office_time import Hours, OfficeTime
from workflow.refusal import Refusal

_HOURS = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_DASH = re.compile(r"\s*[-–—]\s*")
_WEEKDAYS = {
    word: number
    for number, several in enumerate(
        (
            ("дс", "пн", "mon", "дүйсенбі", "понедельник", "monday"),
            ("сс", "вт", "tue", "сейсенбі", "вторник", "tuesday"),
            ("ср", "wed", "сәрсенбі", "среда", "wednesday"),
            ("бс", "чт", "thu", "бейсенбі", "четверг", "thursday"),
            ("жм", "пт", "fri", "жұма", "пятница", "friday"),
            ("сн", "сб", "sat", "сенбі", "суббота", "saturday"),
            ("жс", "жк", "вс", "sun", "жексенбі", "воскресенье", "sunday"),
        ),
        start=1,
    )
    for word in (str(number), *several)
}
NONE = ("", "-", "–", "—")


class BadOfficeTime(Refusal, ValueError):
    """The office time written in a table or form is unreadable or impossible."""


def parse_hours(text: str) -> Hours | None:
    """Parse the opening and closing time of a day; None for an empty text.

    Raises:
        BadOfficeTime: they are not times, or the second is not after the first.
    """
    if text.strip() in NONE:
        return None
    match = _HOURS.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        begins, begin_minute, ends, ended = (int(part) for part in match.groups())
        first, last = time(begins, begin_minute), time(ends, ended)
    except ValueError:
        raise BadOfficeTime("office_time.no_hours", text=text) from None
    if first >= last:
        raise BadOfficeTime("office_time.hours_backwards", text=text)
    return first, last


def parse_week(text: str) -> tuple[int, ...]:
    """Parse the working days of a week, 1 for Monday: single days and ranges; an empty tuple for an empty text.

    Raises:
        BadOfficeTime: a word is not a day of the week.
    """
    weekdays: set[int] = set()
    if text.strip() in NONE:
        return ()
    for part in filter(None, (" ".join(piece.split()) for piece in re.split(r"[,;]", text.casefold()))):
        ends = [_WEEKDAYS.get(word.strip(".")) for word in _DASH.split(part)]
        first, last = (ends[0], ends[-1]) if len(ends) in (1, 2) else (None, None)
        if first is None or last is None or first > last:
            raise BadOfficeTime("office_time.no_week", text=part)
        weekdays.update(range(first, last + 1))
    return tuple(sorted(weekdays))


def parse_days(text: str) -> tuple[date, ...]:
    """Parse a list of dates, ISO or with dots; an empty tuple for an empty text.

    Raises:
        BadOfficeTime: an item is not a date, or lies outside the calendar's records.
    """
    if text.strip() in NONE:
        return ()
    return tuple(sorted({_day(part) for part in re.split(r"[,;\s]+", text.strip()) if part}))


def office_time(
    *, hours: Hours | None, week: Iterable[int], off: Iterable[date], working: Iterable[date]
) -> OfficeTime:
    """Return the office time made of its parts.

    Raises:
        BadOfficeTime: a day is listed both as off and working.
    """
    off, working = tuple(sorted(set(off))), tuple(sorted(set(working)))
    overlap = sorted(set(off) & set(working))
    if overlap:
        raise BadOfficeTime("office_time.both", on=overlap[0])
    return OfficeTime(hours=hours, week=tuple(sorted(set(week))), off=off, working=working)


def _day(text: str) -> date:
    """Return the day of a text. Raises BadOfficeTime for none, or one outside the calendar's records."""
    try:
        if match := _ISO.fullmatch(text):
            year, month, number = (int(part) for part in match.groups())
        elif match := _DOTTED.fullmatch(text):
            number, month, year = (int(part) for part in match.groups())
            year += 2000 if year < 100 else 0
        else:
            raise ValueError
        day = date(year, month, number)
        place(day)
    except (ValueError, OutOfRange):
        raise BadOfficeTime("office_time.no_day", text=text) from None
    return day


HOURS = column(
    "hours", "Жұмыс уақыты", "Часы работы", "Office hours", r"жұмыс уақыт|часы работы|office hours|hours\b"
)
WEEK = column(
    "week", "Жұмыс аптасы", "Рабочая неделя", "Working week", r"жұмыс апта|рабочая неделя|working week|week\b"
)
OFF = column(
    "days_off",
    "Өз демалыс күндері",
    "Собственные выходные дни",
    "Own days off",
    r"өз демалыс|собственные выходн|own days off|days off",
)
WORKING = column(
    "working_days",
    "Өз жұмыс күндері",
    "Собственные рабочие дни",
    "Own days of work",
    r"өз жұмыс күн|собственные рабоч|own days of work|days of work|own working",
)
COLUMNS = (HOURS, WEEK, OFF, WORKING)


def read_office_time(line: Line, unit: str, times_by_unit: dict[str, OfficeTime]) -> None:
    """Read the office time a row gives for its unit; do nothing when its cells are empty."""
    hours, week, off, working = (shown(line.value(column)) for column in COLUMNS)
    if not (hours or week or off or working):
        return
    try:
        unit_time = office_time(
            hours=parse_hours(hours), week=parse_week(week), off=parse_days(off), working=parse_days(working)
        )
    except BadOfficeTime as refusal:
        line.errors.take(line.number, refusal)
        return
    if times_by_unit.setdefault(unit, unit_time) != unit_time:
        line.wrong("paper_unit_time_differs", unit=unit)


def time_cells(office_hours: OfficeTime) -> list[str]:
    """Return the cells of an office time, in the format in which they are read."""
    return [
        "–".join(f"{end:%H:%M}" for end in office_hours.hours) if office_hours.hours else "",
        ", ".join(map(str, office_hours.week)),
        _days(office_hours.off),
        _days(office_hours.working),
    ]


def _days(several: Sequence[date]) -> str:
    return ", ".join(f"{day:%d.%m.%Y}" for day in several)
