"""The forms of a term in a file: each is a table recognised by its first key, with a function that makes the
value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Strict

from calendars import terms
from calendars.terms import Backward, Better, Period, Roll
from workflow.law.file_models import Name, matching, one_of, one_of_forms, table, within, wrong

AnchoredTerm = tuple[terms.Term, str | None]
"""A term, and the fact it counts from."""
UNITS = ("working days", "calendar days", "days", "weeks", "months", "years")


def _not_zero(count: int) -> int:
    if count == 0:
        raise wrong("zero")
    return count


Count = Annotated[int, within(-1000, 1000), AfterValidator(_not_zero)]
UpTo100 = Annotated[int, within(1, 100)]
UpTo1000 = Annotated[int, within(1, 1000)]
MonthAndDay = Annotated[str, matching("^[0-9]{2}-[0-9]{2}$", "06-30")]
Month = Annotated[str, matching("^20[0-9]{2}-(0[1-9]|1[0-2])$", "2026-05")]
Quarter = Annotated[str, matching("^20[0-9]{2}Q[1-4]$", "2026Q3")]
Share = Annotated[str, matching(r"^[0-9]{1,3}(\.[0-9]+)? ?%$", "5 %")]
Year = Annotated[str, matching("^20[0-9]{2}$", "2023")]
Figure = Annotated[str, matching(r"^[0-9]+(\.[0-9]+)?(-[0-9]+(\.[0-9]+)?)?( ?%)?$", "62-65")]
WindowUnit = Annotated[str, one_of("working days", "calendar days", "months", "years")]
Years = Annotated[tuple[Annotated[int, within(2000, 2100)], ...], Strict(False)]


def _working_days(
    count: Count, in_: Annotated[str, one_of("working days")], from_: str, backward: Backward = "nth_day"
) -> AnchoredTerm:
    """A term of working days after a fact, or before it when negative."""
    return terms.WorkingDays(count, backward), from_


def _count(
    count: Count, in_: Annotated[str, one_of(*UNITS[1:], shown_texts=UNITS)], from_: str, roll: Roll = "next"
) -> AnchoredTerm:
    """A term of calendar days, weeks, months or years after a fact; "days" if the act does not say which
    days.
    """
    least, maximum = {"weeks": (1, 1000), "years": (1, 100)}.get(in_, (-1000, 1000))
    if not least <= count <= maximum:
        raise wrong("out_of_bounds", "count", least=least, most=maximum)
    match in_:
        case "weeks":
            return terms.Weeks(count, roll), from_
        case "months":
            return terms.Months(count, roll), from_
        case "years":
            return terms.Years(count, roll), from_
    return terms.CalendarDays(count, unspecified=in_ == "days", roll=roll), from_


def _at_most(at_most: UpTo1000, in_: Annotated[str, one_of("working days")], from_: str) -> AnchoredTerm:
    """A duration: at most so many working days from a fact on, both ends counted."""
    return terms.Duration(at_most), from_


def _by(
    by: MonthAndDay,
    from_: str,
    years: Annotated[int, within(0, 100)] = 0,
    roll: Roll = "next",
    safe_by: Literal["the day before"] | None = None,
) -> AnchoredTerm:
    """A term ending on a day and month of the year of a fact, or of a later year."""
    month, day = map(int, by.split("-"))
    try:
        # A year without 29 February: such a date would not come every year.
        date(2001, month, day)
    except ValueError:
        raise wrong("not_written_so", "by", example="06-30") from None
    # "15 сәуіріне дейін": whether the day itself counts is not said.
    return terms.YearlyDate(month, day, years, roll, day_in_doubt=safe_by is not None), from_


def _day(
    day: Annotated[int, within(1, 31)],
    of: Annotated[str, one_of("month after the period")],
    months: Annotated[int, within(1, 12)] = 1,
    roll: Roll = "next",
) -> AnchoredTerm:
    """A term ending on a day of a month after the period of a recurring obligation."""
    return terms.DayAfterPeriod(day, months, roll), None


def _at_least(at_least: Annotated[int, within(1)], per: Period) -> AnchoredTerm:
    """A minimum number of times in a period."""
    return terms.PerPeriod(at_least, per), None


def _share(share: Share, of: str, per: Period, done: Name | None = None) -> AnchoredTerm:
    """A share to be reached in a period; computed from the numbers `done` and `of` where both are named."""
    return terms.Quota(Fraction(share.rstrip(" %")) / 100, of, per, done), None


def _embargo(embargo: UpTo100, in_: Annotated[str, one_of("years")], from_: str) -> AnchoredTerm:
    """An embargo: not before so many years after a fact."""
    return terms.Embargo(embargo), from_


def _within(within: UpTo1000, in_: WindowUnit, from_: str) -> AnchoredTerm:
    """A right that may be used within a time after a fact."""
    units = {"working days": terms.WorkingDays, "calendar days": terms.CalendarDays, "months": terms.Months}
    return terms.Window(units.get(in_, terms.Years)(within)), from_


def _target(target: dict[Year, Figure], better: Better) -> AnchoredTerm:
    """A target figure for each year."""
    if not target:
        raise wrong("empty", "target")
    return terms.Target(tuple((int(year), target[year]) for year in sorted(target)), better), None


def _in_years(in_years: Years, roll: Roll = "none") -> AnchoredTerm:
    """A term by years the act names."""
    if not in_years or list(in_years) != sorted(set(in_years)):
        raise wrong("not_written_so", "in_years", example="[2022, 2026]")
    return terms.InYears(in_years[0], in_years[-1], roll), None


def _in_month(in_month: Month, roll: Roll = "none") -> AnchoredTerm:
    """A term by a month the act names."""
    year, month = map(int, in_month.split("-"))
    return terms.InMonth(year, month, roll), None


def _in_quarter(in_quarter: Quarter, roll: Roll = "none") -> AnchoredTerm:
    """A term by a quarter the act names."""
    year, quarter = map(int, in_quarter.split("Q"))
    return terms.InQuarter(year, quarter, roll), None


def _on(on: date, roll: Roll = "none") -> AnchoredTerm:
    """A term by a date the act names."""
    return terms.OnDate(on, roll), None


def _before(before: str) -> AnchoredTerm:
    """The term "before a fact", without a number of days."""
    return terms.Before(), before


def _at_once_after(at_once_after: str) -> AnchoredTerm:
    """The term "at once after a fact", without a number of days."""
    return terms.AtOnce(), at_once_after


WORDS: Mapping[str, AnchoredTerm] = {
    "none": (terms.WithoutTerm(), None),
    "standing": (terms.OngoingDuty(), None),
}
FORMS: Mapping[str, Callable[..., AnchoredTerm]] = {
    form.__name__.removeprefix("_"): form
    for form in (
        *(_count, _at_most, _by, _day, _at_least, _share, _embargo, _within, _target),
        *(_in_years, _in_month, _in_quarter, _on, _before, _at_once_after),
    )
}
"""The forms of a term, each named after the key that identifies it."""


def _form(value: object) -> str | None:
    """Return the name of a term's form; a bare word is its own form."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else None
    if "count" in value and value.get("in") == "working days":
        return "working days"
    return next((key for key in FORMS if key in value), None)


TERM = one_of_forms(
    {key: table(form) for key, form in FORMS.items()}
    | {"working days": table(_working_days)}
    | {word: Annotated[str, one_of(word), AfterValidator(WORDS.__getitem__)] for word in WORDS},
    _form,
    "unknown_term",
    kind=dict,
    allowed=(*FORMS, *(f'"{word}"' for word in WORDS)),
)
"""The `term` of an obligation: a table, "none" where the act names no term, "standing" for every day."""
