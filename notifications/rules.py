"""How an organisation sends: office hours, who is told when nobody else can be, patience with servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from calendars import OutOfRange
from calendars.calendar import Calendar

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What config.toml says about sending.

    Attributes:
        office_hours: local hours of working days in which letters leave; the second is the first too late.
        officer, officer_language: key or e-mail of who is told when nobody else can be.
        domain: right half of every Message-ID; the sender's own.
        public_address: of the pages, without a slash at the end; "" when there are none to link to.
        attempts: after so many a notice has failed.
        link_key: the secret that addresses in letters are made with, which need no log-in.
        digests: which are sent: personal (where chosen), unit (to its head, weekly), managers (weekly).
    """

    office_hours: tuple[time, time] = (time(9), time(18))
    zone: str = "Asia/Almaty"
    officer: str = ""
    officer_language: str = "kk"
    domain: str = "merzim.invalid"
    public_address: str = ""
    attempts: int = len(BACK_OFF) + 1
    digests: frozenset[str] = frozenset()
    link_key: str = ""


def opening(now: datetime, calendar: Calendar, rules: Rules) -> datetime:
    """The first moment from `now` on at which letters may leave (aware UTC): now itself inside office hours.

    Beyond the records of days nobody knows which days work: then it is now.
    """
    first, last = rules.office_hours
    zone = _zone(rules.zone)
    local = now.astimezone(zone)
    try:
        if calendar.is_working(local.date()) and first <= local.time() < last:
            return now
        day = local.date() if local.time() < first else local.date() + timedelta(days=1)
        opens = datetime.combine(calendar.next_working(day), first, tzinfo=zone)
    except OutOfRange:
        return now
    return opens.astimezone(now.tzinfo)


def back_off(attempts: int, rules: Rules) -> timedelta | None:
    """How long to wait after so many attempts; None when they are spent."""
    return BACK_OFF[min(attempts, len(BACK_OFF)) - 1] if attempts < rules.attempts else None


def local_moment(moment: datetime, rules: Rules) -> datetime:
    """Return a moment by the clocks of the office."""
    return moment.astimezone(_zone(rules.zone))


def local_day(moment: datetime, rules: Rules) -> date:
    """The local date of a moment."""
    return local_moment(moment, rules).date()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
