"""Describes a term as codes with arguments: the rule before a date is counted. i18n makes sentences of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from calendars.terms import (
    AtOnce,
    Before,
    CalendarDays,
    DayAfterPeriod,
    Duration,
    Embargo,
    InMonth,
    InQuarter,
    InYears,
    Months,
    OnDate,
    OngoingDuty,
    PerPeriod,
    Quota,
    Target,
    Term,
    Weeks,
    Window,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
)
from workflow.law.procedure import Obligation, Procedure

ANY_YEAR = 2001
"""A year for formatting a day and month as a date; the sentence does not show it."""


@dataclass(frozen=True, slots=True)
class TermElements:
    """One part of the rule: a code of the catalogues and its arguments."""

    code: str
    arguments: dict[str, object] = field(default_factory=dict)


def wording(obligation: Obligation, procedure: Procedure) -> tuple[TermElements, ...]:
    """Return the elements that describe an obligation's term, its recurrence, and its condition."""
    return tuple(_parts(obligation, procedure))


def _parts(obligation: Obligation, procedure: Procedure) -> Iterator[TermElements]:
    if obligation.by_itself:
        yield TermElements("term.by_itself")
        return
    since = procedure.by_id[obligation.since].title if obligation.since else None
    code, arguments = _term(obligation.term)
    yield TermElements(f"term.{code}", {**arguments, "since": since} if since else arguments)
    if obligation.recurs and not isinstance(obligation.term, PerPeriod | Quota | Target):
        yield TermElements(f"term.every.{obligation.recurs.every}")
    if obligation.when:
        yield TermElements("term.when", {"fact": procedure.by_id[obligation.when].title})
    elif obligation.occasional:
        yield TermElements("term.occasional")


def _term(term: Term) -> tuple[str, dict[str, object]]:
    match term:
        case WorkingDays(count):
            return _toward("working_days", count), {"count": abs(count)}
        case CalendarDays(count, unspecified):
            return _toward("days" if unspecified else "calendar_days", count), {"count": abs(count)}
        case Months(count):
            return _toward("months", count), {"count": abs(count)}
        case Weeks(count):
            return "weeks_after", {"count": count}
        case Years(count):
            return "years_after", {"count": count}
        case Duration(count):
            return "at_most", {"count": count}
        case Embargo(years):
            return "embargo", {"count": years}
        case Window(within):
            return f"within.{_unit(within)}", {"count": within.count}
        case _:
            return _dated(term)


def _dated(term: Term) -> tuple[str, dict[str, object]]:
    match term:
        case YearlyDate(month, day, years):
            return "by.next_year" if years else "by", {"on": date(ANY_YEAR, month, day)}
        case DayAfterPeriod(day, months):
            return ("day_of_month" if months == 1 else "day_of_later_month"), {"day": day, "months": months}
        case InMonth(year, month):
            return "in_month", {"year": year, "month": month}
        case InQuarter(year, quarter):
            return "in_quarter", {"year": year, "quarter": quarter}
        case InYears(first, last):
            return "in_years", {"first": first, "last": last}
        case OnDate(on):
            return "on", {"on": on}
        case PerPeriod(count, period):
            return "at_least", {"count": count, "period": period}
        case Quota(share, of, period):
            return "share", {"share": share, "of": of, "period": period}
        case Target(years, better):
            return f"target.{better}", {"figures": years}
        case _:
            return _without_number(term), {}


def _without_number(term: Term) -> str:
    match term:
        case Before():
            return "before"
        case AtOnce():
            return "at_once"
        case OngoingDuty():
            return "standing"
        case WithoutTerm():
            return "none"
    raise TypeError(f"a kind of term nobody has words for: {type(term).__name__}")


def _toward(prefix: str, count: int) -> str:
    return f"{prefix}_before" if count < 0 else f"{prefix}_after"


def _unit(within: WorkingDays | CalendarDays | Months | Years) -> str:
    names = {WorkingDays: "working_days", CalendarDays: "calendar_days", Months: "months", Years: "years"}
    return names[type(within)]
