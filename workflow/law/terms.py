"""How a term is written in a file: each form is a table recognised by its first key, and gives a value of
`calendars.terms` with the fact it counts from.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from calendars import terms
from calendars.terms import Better, Period, Roll
from workflow.law.files import As, Listed, Model, Name, NonBlank, matching, wrong


class AnchoredTerm(NamedTuple):
    """A term, and the fact it counts from; None where it needs none."""

    term: terms.Term
    since: str | None = None


def _not_zero(count: int) -> int:
    if count == 0:
        raise wrong("zero")
    return count


UpTo100 = Annotated[int, Field(ge=1, le=100)]
UpTo1000 = Annotated[int, Field(ge=1, le=1000)]


class _Form(Model):
    """A form without an anchor."""

    since: ClassVar[str | None] = None

    def value(self) -> terms.Term:
        """Return the term that is written so."""
        raise NotImplementedError


class _AnchoredForm(_Form):
    from_: NonBlank = Field(alias="from")

    @property
    def since(self) -> str:  # type: ignore[override]
        return self.from_


class CountForm(_AnchoredForm):
    """A number of days, weeks, months or years after a fact, or before it when negative; "days" if the act does
    not say which days.
    """

    count: Annotated[int, Field(ge=-1000, le=1000), AfterValidator(_not_zero)]
    in_: Literal["working days", "calendar days", "days", "weeks", "months", "years"] = Field(alias="in")
    roll: Roll | None = None

    @model_validator(mode="after")
    def _keys_of_the_unit(self) -> CountForm:
        """Refuse `roll` for working days, and numbers that weeks and years cannot have."""
        if self.in_ == "working days" and self.roll is not None:
            raise wrong("unknown_key", value="roll", allowed=tuple(key for key in self.keys() if key != "roll"))
        if self.in_ in ("weeks", "years") and self.count < 1:
            raise wrong("too_small", "count", least=1)
        if self.in_ == "years" and self.count > 100:
            raise wrong("too_large", "count", most=100)
        return self

    def value(self) -> terms.Term:
        roll = self.roll or "next"
        match self.in_:
            case "working days":
                return terms.WorkingDays(self.count)
            case "weeks":
                return terms.Weeks(self.count, roll)
            case "months":
                return terms.Months(self.count, roll)
            case "years":
                return terms.Years(self.count, roll)
        return terms.CalendarDays(self.count, unspecified=self.in_ == "days", roll=roll)


class AtMostForm(_AnchoredForm):
    """A duration: at most so many working days from a fact on, both ends counted."""

    at_most: UpTo1000
    in_: Literal["working days"] = Field(alias="in")

    def value(self) -> terms.Term:
        return terms.Duration(self.at_most)


def _yearly(text: str) -> str:
    """Refuse a day and month that does not come every year."""
    try:
        # A year without 29 February: such a date would not come every year.
        date(2001, *map(int, text.split("-")))
    except ValueError:
        raise wrong("not_written_so", example="06-30") from None
    return text


class ByForm(_AnchoredForm):
    """A day and month of the year of a fact, or of a later year. `safe_by`: the act says "to" the day
    ("15 сәуіріне дейін") and not whether the day itself counts.
    """

    by: Annotated[str, matching("^[0-9]{2}-[0-9]{2}$", "06-30"), AfterValidator(_yearly)]
    years: Annotated[int, Field(ge=0, le=100)] = 0
    safe_by: Literal["the day before"] | None = None

    def value(self) -> terms.Term:
        month, day = map(int, self.by.split("-"))
        return terms.YearlyDate(month, day, self.years, day_in_doubt=self.safe_by is not None)


class DayForm(_Form):
    """A day of a month after the period of a recurring obligation."""

    day: Annotated[int, Field(ge=1, le=31)]
    of: Literal["month after the period"]

    def value(self) -> terms.Term:
        return terms.DayAfterPeriod(self.day)


class AtLeastForm(_Form):
    """A minimum number of times in a period."""

    at_least: Annotated[int, Field(ge=1)]
    per: Period

    def value(self) -> terms.Term:
        return terms.PerPeriod(self.at_least, self.per)


class ShareForm(_Form):
    """A share to be reached in a period; computed from the numbers `done` and `of` where both are named."""

    share: Annotated[str, matching(r"^[0-9]{1,3}(\.[0-9]+)? ?%$", "5 %")]
    of: NonBlank
    per: Period
    done: Name | None = None

    def value(self) -> terms.Term:
        return terms.Quota(Fraction(self.share.rstrip(" %")) / 100, self.of, self.per, self.done)


class EmbargoForm(_AnchoredForm):
    """An embargo: not before so many years after a fact."""

    embargo: UpTo100
    in_: Literal["years"] = Field(alias="in")

    def value(self) -> terms.Term:
        return terms.Embargo(self.embargo)


class WithinForm(_AnchoredForm):
    """A right that may be used within a time after a fact; then it is over, and never due."""

    within: UpTo1000
    in_: Literal["working days", "calendar days", "months", "years"] = Field(alias="in")

    def value(self) -> terms.Term:
        units: Mapping[str, Any] = {
            "working days": terms.WorkingDays,
            "calendar days": terms.CalendarDays,
            "months": terms.Months,
            "years": terms.Years,
        }
        return terms.Window(units[self.in_](self.within))


Year = Annotated[str, matching("^20[0-9]{2}$", "2023")]
Figure = Annotated[str, matching(r"^[0-9]+(\.[0-9]+)?(-[0-9]+(\.[0-9]+)?)?( ?%)?$", "62-65")]


class TargetForm(_Form):
    """A target figure for each year."""

    target: Annotated[dict[Year, Figure], Field(min_length=1)]
    better: Better

    def value(self) -> terms.Term:
        return terms.Target(tuple((int(year), self.target[year]) for year in sorted(self.target)), self.better)


def _ascending(years: tuple[int, ...]) -> tuple[int, ...]:
    """Refuse years that are none, repeated or out of order."""
    if not years or list(years) != sorted(set(years)):
        raise wrong("not_written_so", example="[2022, 2026]")
    return years


class InYearsForm(_Form):
    """Years the act names."""

    in_years: Annotated[Listed[Annotated[int, Field(ge=2000, le=2100)]], AfterValidator(_ascending)]

    def value(self) -> terms.Term:
        return terms.InYears(self.in_years[0], self.in_years[-1])


class InMonthForm(_Form):
    """A month the act names."""

    in_month: Annotated[str, matching("^20[0-9]{2}-(0[1-9]|1[0-2])$", "2026-05")]

    def value(self) -> terms.Term:
        year, month = map(int, self.in_month.split("-"))
        return terms.InMonth(year, month)


class InQuarterForm(_Form):
    """A quarter the act names."""

    in_quarter: Annotated[str, matching("^20[0-9]{2}Q[1-4]$", "2026Q3")]

    def value(self) -> terms.Term:
        year, quarter = map(int, self.in_quarter.split("Q"))
        return terms.InQuarter(year, quarter)


class OnForm(_Form):
    """A date the act names."""

    on: date

    def value(self) -> terms.Term:
        return terms.OnDate(self.on)


class BeforeForm(_AnchoredForm):
    """Before a fact, without a number of days."""

    from_: NonBlank = Field(alias="before")

    def value(self) -> terms.Term:
        return terms.Before()


class AtOnceForm(_AnchoredForm):
    """At once after a fact, without a number of days."""

    from_: NonBlank = Field(alias="at_once_after")

    def value(self) -> terms.Term:
        return terms.AtOnce()


FORMS: Mapping[str, type[_Form]] = {
    "count": CountForm,
    "at_most": AtMostForm,
    "by": ByForm,
    "day": DayForm,
    "at_least": AtLeastForm,
    "share": ShareForm,
    "embargo": EmbargoForm,
    "within": WithinForm,
    "target": TargetForm,
    "in_years": InYearsForm,
    "in_month": InMonthForm,
    "in_quarter": InQuarterForm,
    "on": OnForm,
    "before": BeforeForm,
    "at_once_after": AtOnceForm,
}
WORDS: Mapping[str, AnchoredTerm] = {
    "none": AnchoredTerm(terms.WithoutTerm()),
    "standing": AnchoredTerm(terms.OngoingDuty()),
}


def _form(value: object) -> str:
    """Return the tag of the form of a term: the key that tells it; that of a word where it is no table."""
    return f"<{next((key for key in FORMS if key in value), '')}>" if isinstance(value, dict) else "<word>"


def _anchored(written: Any) -> AnchoredTerm:
    """Return the term of a form or a word, with the fact it counts from."""
    return WORDS[written] if isinstance(written, str) else AnchoredTerm(written.value(), written.since)


_ALLOWED: Any = (*FORMS, *(f'"{word}"' for word in WORDS))
_WRITTEN: Any = Annotated[
    Union[
        (
            *(Annotated[form, Tag(f"<{key}>")] for key, form in FORMS.items()),
            Annotated[Literal["none", "standing"], Tag("<word>")],
        )
    ],
    Discriminator(
        _form,
        custom_error_type="unknown_term",
        custom_error_message="unknown_term",
        custom_error_context={"allowed": _ALLOWED},
    ),
]
TERM = As(_WRITTEN, _anchored)
"""Annotation of the `term` of an obligation: a table, "none" where the act names no term, "standing" for every
day.
"""
