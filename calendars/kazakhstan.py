"""The calendar of Kazakhstan as a workalendar class over our records, registered as KZ.

The library gives the interface, the registry and its walk over extra days. The days are those of the acts on
record: the library's own class moves no holiday off a weekend and knows no ordered transfer.
"""
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from workalendar.core import Calendar as _Base
from workalendar.core import cleaned_date
from workalendar.registry import registry
from workalendar.registry_tools import iso_register

import calendars
from calendars.entries import Records

_OFF = frozenset({"holiday", "substitute", "religious", "transferred_off", "office_off"})

Extra = Iterable[date] | None


@iso_register("KZ")
class Kazakhstan(_Base):
    """Kazakhstan"""

    def __init__(self, records: Records | None = None) -> None:
        """Use the days of these records; of the shipped ones for None."""
        super().__init__()
        self.days = calendars.calendar() if records is None else calendars.compile_calendar(records)

    def get_weekend_days(self) -> tuple[int, int]:
        """Return Saturday and Sunday."""
        return 5, 6

    def get_calendar_holidays(self, year: int) -> list[tuple[date, str]]:
        """Return the holidays of a year, each labelled with the code of the holiday or the kind of day."""
        days, _ = self.days.span(date(year, 1, 1), date(year, 12, 31))
        calendar_days = (self.days.day(day) for day in days if day in self.days.table.marks)
        return [(day.on, day.name or day.kind) for day in calendar_days if day.kind in _OFF]

    def is_working_day(self, day: date, extra_working_days: Extra = None, extra_holidays: Extra = None) -> bool:
        """Return whether the day is a working day; extra working days win over extra holidays, both over the
        calendar.
        """
        day = cleaned_date(day)
        if extra_working_days and day in {cleaned_date(extra) for extra in extra_working_days}:
            return True
        if extra_holidays and day in {cleaned_date(extra) for extra in extra_holidays}:
            return False
        return self.days.is_working(day)

    def add_working_days(
        self,
        day: date,
        delta: int,
        extra_working_days: Extra = None,
        extra_holidays: Extra = None,
        keep_datetime: bool = False,
    ) -> date:
        """Return `Calendar.add`; with extra days, or a datetime to keep, use the library's own loop over our
        days.
        """
        if extra_working_days or extra_holidays or keep_datetime:
            walked: date = super().add_working_days(
                day, delta, extra_working_days, extra_holidays, keep_datetime
            )
            return walked
        return self.days.add(cleaned_date(day), delta)

    def get_working_days_delta(
        self,
        start: date,
        end: date,
        include_start: bool = False,
        extra_working_days: Extra = None,
        extra_holidays: Extra = None,
    ) -> int:
        """Return the number of working days between two days in either order; the first is excluded by
        default.
        """
        if extra_working_days or extra_holidays:
            walked: int = super().get_working_days_delta(
                start, end, include_start, extra_working_days, extra_holidays
            )
            return walked
        start, end = sorted((cleaned_date(start), cleaned_date(end)))
        if start == end:
            return 0
        return self.days.count(start, end) - (not include_start and self.days.is_working(start))

    def find_following_working_day(self, day: date) -> date:
        """Return the day itself if it is a working day, else the next working day, holidays considered."""
        return self.days.next_working(cleaned_date(day))


registry.register("KZ", Kazakhstan)
