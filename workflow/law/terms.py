"""How a term is written in a file: a table told by one key, which makes a term and the fact it counts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, NamedTuple, Union

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from calendars import terms
from calendars.records import month_and_day
from calendars.terms import Better, CountUnit, Period
from workflow.law.fields import As, NonBlank, matching
from workflow.law.files import Model, wrong


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


class _AnchoredForm(Model):
    from_: NonBlank = Field(alias="from")


class CountForm(_AnchoredForm):
    """So many days, weeks, months or years after a fact (negative: before); "days" if the act names none."""

    count: Annotated[int, Field(ge=-1000, le=1000), AfterValidator(_not_zero)]
    in_: CountUnit = Field(alias="in")

    @model_validator(mode="after")
    def _fits_the_unit(self) -> CountForm:
        """Refuse numbers that weeks and years cannot have."""
        if self.in_ in ("weeks", "years") and self.count < 1:
            raise wrong("too_small", "count", least=1)
        if self.in_ == "years" and self.count > 100:
            raise wrong("too_large", "count", most=100)
        return self


class AtMostForm(_AnchoredForm):
    """A duration: at most so many working days from a fact on, both ends counted."""

    at_most: UpTo1000
    in_: Literal["working days"] = Field(alias="in")


class ByForm(_AnchoredForm):
    """A day and month of the year of a fact, or of a later year.

    `safe_by`: the act says "to" the day ("15 сәуіріне дейін") and not whether the day itself counts.
    """

    by: Annotated[tuple[int, int], As(Annotated[str, matching("^[0-9]{2}-[0-9]{2}$", "06-30")], month_and_day)]
    years: Annotated[int, Field(ge=0, le=100)] = 0
    safe_by: Literal["the day before"] | None = None


class DayForm(Model):
    """A day of a month after the period of a recurring obligation."""

    day: Annotated[int, Field(ge=1, le=31)]
    of: Literal["month after the period"]


class AtLeastForm(Model):
    """A minimum number of times in a period."""

    at_least: Annotated[int, Field(ge=1)]
    per: Period


def _share(text: str) -> Fraction:
    return Fraction(text.rstrip(" %")) / 100


class ShareForm(Model):
    """A minimum share of something in a period; computed where the fact has a number `of` and one more."""

    at_least: Annotated[Fraction, As(Annotated[str, matching(r"^[0-9]{1,3}(\.[0-9]+)? ?%$", "5 %")], _share)]
    of: NonBlank
    per: Period


class EmbargoForm(_AnchoredForm):
    """An embargo: not before so many years after a fact."""

    embargo: UpTo100
    in_: Literal["years"] = Field(alias="in")


Year = Annotated[int, As(Annotated[str, matching("^20[0-9]{2}$", "2023")], int)]
Figure = Annotated[str, matching(r"^[0-9]+(\.[0-9]+)?(-[0-9]+(\.[0-9]+)?)?( ?%)?$", "62-65")]


class TargetForm(Model):
    """A target figure for each year."""

    target: Annotated[dict[Year, Figure], Field(min_length=1)]
    better: Better


class PeriodForm(Model):
    """A period the act names: a quarter, a month, a year, or years from the first to the last."""

    period: Annotated[str, matching(terms.NAMED_PERIOD, "2026Q3")]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> PeriodForm:
        """Refuse years out of order."""
        first, _, last = self.period.partition("-")
        if len(last) == len(first) and last <= first:
            raise wrong("not_written_so", "period", example="2022-2026")
        return self


class OnForm(Model):
    """A date the act names."""

    on: date


class BeforeForm(_AnchoredForm):
    """Before a fact, without a number of days."""

    from_: NonBlank = Field(alias="before")


class AtOnceForm(_AnchoredForm):
    """At once after a fact, without a number of days."""

    from_: NonBlank = Field(alias="at_once_after")


_SHARE = "at_least %"
"""Stands for the key `at_least` with a share."""
FORMS: Mapping[str, tuple[type[Model], Callable[[Any], terms.Term]]] = {
    "count": (CountForm, lambda form: terms.After(form.count, form.in_)),
    "at_most": (AtMostForm, lambda form: terms.Duration(form.at_most)),
    "by": (ByForm, lambda form: terms.YearlyDate(form.by[0], form.by[1], form.years, form.safe_by is not None)),
    "day": (DayForm, lambda form: terms.DayAfterPeriod(form.day)),
    "at_least": (AtLeastForm, lambda form: terms.PerPeriod(form.at_least, form.per)),
    "embargo": (EmbargoForm, lambda form: terms.Embargo(form.embargo)),
    "target": (TargetForm, lambda form: terms.Target(tuple(sorted(form.target.items())), form.better)),
    "period": (PeriodForm, lambda form: terms.InPeriod(form.period)),
    "on": (OnForm, lambda form: terms.OnDate(form.on)),
    "before": (BeforeForm, lambda _: terms.Before()),
    "at_once_after": (AtOnceForm, lambda _: terms.AtOnce()),
    _SHARE: (ShareForm, lambda form: terms.Quota(form.at_least, form.of, form.per)),
}
"""Key that tells a form -> the form, and the term made of it."""
WORDS: Mapping[str, AnchoredTerm] = {
    "none": AnchoredTerm(terms.WithoutTerm()),
    "standing": AnchoredTerm(terms.OngoingDuty()),
}


def _form(value: object) -> str:
    """Return the tag of the form of a term: the key that tells it; that of a word where it is no table, of a
    share where `at_least` is text ("80 %").
    """
    if not isinstance(value, dict):
        return "<word>"
    if isinstance(value.get("at_least"), str):
        return f"<{_SHARE}>"
    return f"<{next((key for key in FORMS if key in value), '')}>"


def _anchored(written: Any) -> AnchoredTerm:
    """Return the term of a form or a word, with the fact it counts from."""
    if isinstance(written, str):
        return WORDS[written]
    term = next(make(written) for form, make in FORMS.values() if isinstance(written, form))
    return AnchoredTerm(term, written.from_ if isinstance(written, _AnchoredForm) else None)


_ALLOWED: Any = (*(key for key in FORMS if key != _SHARE), *(f'"{word}"' for word in WORDS))
_WRITTEN: Any = Annotated[
    Union[
        (
            *(Annotated[form, Tag(f"<{key}>")] for key, (form, _) in FORMS.items()),
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
