"""Sending rules of an organisation: office hours (those of a unit too), the officer of last resort, retries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from calendars import OutOfRange
from calendars.hours import almaty, local_date
from calendars.kazakhstan import Kazakhstan
from notifications.notice import Notice
from workflow.org.office import Office, time_of
from workflow.org.office_time import unit_calendar

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
"""Time between two attempts; the last one between all later ones."""
GIVE_UP_AFTER = timedelta(days=5)
"""Time for which temporary errors are retried, as mail servers do (RFC 5321, 4.5.4.1)."""
OTHERS_AFTER = timedelta(hours=4)
"""Time after which a letter that still waits for its server goes through the other channels as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The sending rules: of config.toml, with the secrets that letters of this installation need.

    Attributes:
        office_hours: local hours of working days; the second is exclusive.
        officer: key or e-mail of the person notified when nobody else can be.
        domain: right half of every Message-ID; the sender's own.
        public_address: of the pages, without a trailing slash; link_key: secret of those that need no log-in.
        read_here: whether letters are read on this machine, as those of a demonstration are.
        unseal: decrypts the one-time link of an invitation, given its owner; it is stored encrypted only.
    """

    office_hours: tuple[time, time] = (time(9), time(18))
    officer: str = ""
    officer_language: str = "kk"
    domain: str = "merzim.invalid"
    public_address: str = "http://127.0.0.1:8000"
    link_key: str = ""
    read_here: bool = False
    unseal: Callable[[str, str], str] = lambda text, owner: ""

    @property
    def carries_secrets(self) -> bool:
        """Whether a letter may hold an address that needs no log-in: its page is opened by https, or here."""
        return bool(self.link_key) and (self.read_here or self.public_address.startswith("https://"))


def opening(now: datetime, calendar: Kazakhstan, hours: tuple[time, time]) -> datetime:
    """Return the first moment from `now` on when letters may leave (aware UTC): now itself inside office hours.

    Outside the calendar's records it is now.
    """
    first, last = hours
    local = now.astimezone(almaty())
    try:
        if calendar.is_working_day(local.date()) and first <= local.time() < last:
            return now
        day = local.date() if local.time() < first else local.date() + timedelta(days=1)
        opens = datetime.combine(calendar.find_following_working_day(day), first, tzinfo=almaty())
    except OutOfRange:
        return now
    return opens.astimezone(now.tzinfo)


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts."""
    return BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]


def tried_for(attempts: int) -> timedelta:
    """Return how long ago, before the last of so many attempts, the first one was made at the latest."""
    return sum((back_off(number) for number in range(1, attempts)), timedelta())


def is_given_up(attempts: int, waited: timedelta) -> bool:
    """Return whether a letter with so many attempts, queued so long ago, is not tried again."""
    return attempts > len(BACK_OFF) and waited >= GIVE_UP_AFTER


class OfficeTimes:
    """Office hours of the people of one office; built once for a round or batch."""

    def __init__(self, office: Office, calendar: Kazakhstan, rules: Rules) -> None:
        self._office = office
        self._general = calendar, rules.office_hours
        self._own: dict[str, tuple[Kazakhstan, tuple[time, time]]] = {}

    def days(self, person: str) -> Kazakhstan:
        """Return the calendar of the unit of a person (by key); their own leave does not count."""
        return self._of(person)[0]

    def opening(self, person: str, now: datetime, *, due: date | None = None) -> datetime:
        """Return the first moment from `now` on when a letter may leave for a person (aware UTC): when the
        person's own office opens, or the organisation's, where that is too late for the day the letter is about
        (`due`).
        """
        unit_opening = opening(now, *self._of(person))
        if due is None or local_date(unit_opening) <= due:
            return unit_opening
        general = opening(now, *self._general)
        return general if local_date(general) <= due else unit_opening

    def leaving(self, notice: Notice, at: datetime) -> datetime:
        """Return the first moment from `at` on at which a notice may be sent: about a person's own account at
        once; a reminder, the call to confirm the calendar or the letter of a day no later than on its date; all
        others in office hours.
        """
        if notice.kind == "account":
            return at
        is_of_a_day = notice.kind in ("reminder", "letter", "calendar")
        return self.opening(notice.person, at, due=notice.due if is_of_a_day else None)

    def _of(self, person: str) -> tuple[Kazakhstan, tuple[time, time]]:
        """Return calendar and hours of a person's unit; the organisation's where it has none of its own."""
        addressee = self._office.people.get(person)
        unit = addressee.unit if addressee is not None else ""
        if unit not in self._own:
            calendar, hours = self._general
            unit_time = time_of(self._office, unit)
            self._own[unit] = unit_calendar(calendar, unit_time), unit_time.hours or hours
        return self._own[unit]
