"""A term as a regulation file writes it, read as a value of `calendars.terms`. Its first key tells its form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import cast

from calendars.terms import (
    AtOnce,
    Backward,
    Before,
    Better,
    CalendarDays,
    DayAfterPeriod,
    Duration,
    Embargo,
    InMonth,
    InQuarter,
    InYears,
    Months,
    OnDate,
    Period,
    PerPeriod,
    Quota,
    Roll,
    Standing,
    Target,
    Term,
    Weeks,
    Window,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
)
from workflow.reading.table import Table, Wrong

PERIODS: tuple[Period, ...] = ("month", "quarter", "half-year", "year")
_UNITS = ("working days", "calendar days", "days", "weeks", "months", "years")
_ROLLS = ("next", "none")
_WORDS = ('"none"', '"standing"')
_FIGURE = re.compile(r"\d+(\.\d+)?(-\d+(\.\d+)?)?( ?%)?")

Read = tuple[Term, str | None]
"""A term, and the fact it counts from."""


def read_term(obligation: Table) -> Read:
    """The `term` of an obligation: a table, "none" where the act names no term, "standing" for every day.

    Raises:
        Wrong: the form is not known, or a key of it is missing, unknown or not allowed.
    """
    if obligation.values.get("term") == "none":
        return WithoutTerm(), None
    if obligation.values.get("term") == "standing":
        return Standing(), None
    table = obligation.table("term")
    for key, form in _FORMS.items():
        if key in table:
            return form(table)
    raise Wrong("unknown_term", table.place, value=", ".join(table.values), allowed=(*_FORMS, *_WORDS))


def _count(table: Table) -> Read:
    unit = table.choice("in", _UNITS)
    if unit == "working days":
        table.only("count", "in", "from", "backward")
        backward = table.choice("backward", ("nth_day", "clear_days"), "nth_day")
        return WorkingDays(_number(table), backward=cast(Backward, backward)), table.text("from")
    table.only("count", "in", "from", "roll")
    count, roll = _number(table), _roll(table)
    term: Term
    match unit:
        case "calendar days" | "days":
            # "10 күн" without saying which days: counted as calendar days, and the explanation says so.
            term = CalendarDays(count, unspecified=unit == "days", roll=roll)
        case "weeks":
            term = Weeks(table.whole("count", least=1), roll=roll)
        case "months":
            term = Months(count, roll=roll)
        case _:
            term = Years(table.whole("count", least=1, most=100), roll=roll)
    return term, table.text("from")


def _number(table: Table) -> int:
    count = table.whole("count", least=-1000, most=1000)
    if count == 0:
        raise Wrong("zero", table.at("count"))
    return count


def _at_most(table: Table) -> Read:
    table.only("at_most", "in", "from")
    table.choice("in", ("working days",))
    return Duration(table.whole("at_most", least=1, most=1000)), table.text("from")


def _by(table: Table) -> Read:
    table.only("by", "from", "years", "roll", "safe_by")
    found = _parts(table, "by", r"(\d\d)-(\d\d)", "06-30")
    try:
        # A year without 29 February: such a date would not come every year.
        date(2001, *found)
    except ValueError:
        raise Wrong("not_written_so", table.at("by"), value=table.text("by"), example="06-30") from None
    years = table.whole("years", least=0, most=100) if "years" in table else 0
    # "15 сәуіріне дейін": whether the day itself counts is not said.
    doubt = "safe_by" in table and bool(table.choice("safe_by", ("the day before",)))
    term = YearlyDate(month=found[0], day=found[1], years=years, roll=_roll(table), day_in_doubt=doubt)
    return term, table.text("from")


def _day(table: Table) -> Read:
    table.only("day", "of", "months", "roll")
    table.choice("of", ("month after the period",))
    months = table.whole("months", least=1, most=12) if "months" in table else 1
    return DayAfterPeriod(table.whole("day", least=1, most=31), months=months, roll=_roll(table)), None


def _at_least(table: Table) -> Read:
    table.only("at_least", "per")
    return PerPeriod(table.whole("at_least", least=1), _period(table, "per")), None


def _share(table: Table) -> Read:
    table.only("share", "of", "per", "done")
    written = table.text("share")
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?) ?%", written)
    if not found:
        raise Wrong("not_written_so", table.at("share"), value=written, example="5 %")
    done = table.name("done") if "done" in table else None
    return Quota(Fraction(found[1]) / 100, table.text("of"), _period(table, "per"), done), None


def _embargo(table: Table) -> Read:
    table.only("embargo", "in", "from")
    table.choice("in", ("years",))
    return Embargo(table.whole("embargo", least=1, most=100)), table.text("from")


def _within(table: Table) -> Read:
    table.only("within", "in", "from")
    unit = table.choice("in", ("working days", "calendar days", "months", "years"))
    count = table.whole("within", least=1, most=1000)
    within = {"working days": WorkingDays, "calendar days": CalendarDays, "months": Months, "years": Years}
    return Window(within[unit](count)), table.text("from")


def _target(table: Table) -> Read:
    table.only("target", "better")
    better = cast(Better, table.choice("better", ("higher", "lower", "place")))
    figures = table.table("target")
    if not figures.values:
        raise Wrong("empty", table.at("target"))
    years = []
    for year in sorted(figures.values):
        if not re.fullmatch(r"20\d\d", year):
            raise Wrong("not_written_so", table.at("target"), value=year, example="2023")
        if not _FIGURE.fullmatch(figures.text(year)):
            raise Wrong("not_written_so", figures.at(year), value=figures.text(year), example="62-65")
        years.append((int(year), figures.text(year)))
    return Target(tuple(years), better), None


def _in_years(table: Table) -> Read:
    table.only("in_years", "roll")
    years = table.wholes("in_years", least=2000, most=2100)
    if not years or list(years) != sorted(set(years)):
        raise Wrong("not_written_so", table.at("in_years"), value=str(list(years)), example="[2022, 2026]")
    return InYears(years[0], years[-1], roll=_roll(table, "none")), None


def _in_month(table: Table) -> Read:
    table.only("in_month", "roll")
    year, month = _parts(table, "in_month", r"(20\d\d)-(0[1-9]|1[0-2])", "2026-05")
    return InMonth(year, month, roll=_roll(table, "none")), None


def _in_quarter(table: Table) -> Read:
    table.only("in_quarter", "roll")
    year, quarter = _parts(table, "in_quarter", r"(20\d\d)Q([1-4])", "2026Q3")
    return InQuarter(year, quarter, roll=_roll(table, "none")), None


def _on(table: Table) -> Read:
    table.only("on", "roll")
    return OnDate(table.day("on"), roll=_roll(table, "none")), None


def _before(table: Table) -> Read:
    table.only("before")
    return Before(), table.text("before")


def _at_once_after(table: Table) -> Read:
    table.only("at_once_after")
    return AtOnce(), table.text("at_once_after")


def _roll(table: Table, default: Roll = "next") -> Roll:
    return cast(Roll, table.choice("roll", _ROLLS, default))


def _period(table: Table, key: str) -> Period:
    return cast(Period, table.choice(key, PERIODS))


def _parts(table: Table, key: str, pattern: str, example: str) -> tuple[int, int]:
    written = table.text(key)
    found = re.fullmatch(pattern, written)
    if not found:
        raise Wrong("not_written_so", table.at(key), value=written, example=example)
    return int(found[1]), int(found[2])


_FORMS: Mapping[str, Callable[[Table], Read]] = {
    "count": _count,
    "at_most": _at_most,
    "by": _by,
    "day": _day,
    "at_least": _at_least,
    "share": _share,
    "embargo": _embargo,
    "within": _within,
    "target": _target,
    "in_years": _in_years,
    "in_month": _in_month,
    "in_quarter": _in_quarter,
    "on": _on,
    "before": _before,
    "at_once_after": _at_once_after,
}
