"""When letters may leave for a person: in the hours and on the working days of their office."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from calendars.calendar import Calendar
from notifications.notice import Notice
from notifications.rules import Rules, local_day, opening
from workflow.org.office import Office, time_of
from workflow.org.office_time import days_of


class OfficeTimes:
    """Office hours of the people of one office; built once for a round or batch."""

    def __init__(self, office: Office, calendar: Calendar, rules: Rules) -> None:
        self._office = office
        self._calendar = calendar
        self._rules = rules
        self._own: dict[str, tuple[Calendar, Rules]] = {}
        self._opens: dict[tuple[str, datetime], datetime] = {}
        self._plain = office.keeps_one_time

    def days(self, person: str) -> Calendar:
        """Return the calendar of a person (by key), without their own leave."""
        return self._of(person)[0]

    def opening(self, person: str, now: datetime, *, due: date | None = None) -> datetime:
        """Return the first moment from `now` on when a letter may leave for a person (aware UTC).

        Args:
            due: the date the letter is about. When the person's own office opens only after that day, but the
                organisation's before its end, the letter leaves then, so that it can still be read in time.
        """
        unit = self._unit(person)
        if (unit, now) not in self._opens:
            self._opens[unit, now] = opening(now, *self._of(person))
        own = self._opens[unit, now]
        if due is None or not unit or local_day(own, self._rules) <= due:
            return own
        general = opening(now, self._calendar, self._rules)
        return general if local_day(general, self._rules) <= due else own

    def leaving(self, notice: Notice, at: datetime) -> datetime:
        """Return the first moment from `at` on at which a notice may be sent.

        Notices about a person's own account are sent at once, a reminder no later than on its date, all others
        in office hours.
        """
        if notice.kind == "account":
            return at
        return self.opening(notice.person, at, due=notice.due if notice.kind == "reminder" else None)

    def _unit(self, person: str) -> str:
        """Return the unit whose hours apply; "" for the organisation's."""
        known = None if self._plain else self._office.people.get(person)
        return known.unit if known is not None and known.unit in self._office.units else ""

    def _of(self, person: str) -> tuple[Calendar, Rules]:
        """Return the calendar and rules of a person."""
        unit = self._unit(person)
        if unit not in self._own:
            own = time_of(self._office, unit)
            hours = own.hours or self._rules.office_hours
            self._own[unit] = (days_of(self._calendar, own), replace(self._rules, office_hours=hours))
        return self._own[unit]
