"""The grammar of dates and terms as people write them, in Russian and Kazakh: a text is read whole or not at
all.

`parse` returns what a text says only when every number and every word of it was used; a text that names more
than one day or period and no span between them is `Several`. What is left out (a year, a month) stays open for
the caller, who knows the paper's own year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import product
from operator import itemgetter
from typing import Any, Literal

from calendars.terms import CountUnit, Period, month_end
from merzim.documents.sheets.time_words import Case, Lexeme, lexemes

LONGEST = 1000
"""Maximum characters of a text that is parsed; searching a cell of 32,767 characters would take long."""
Unit = Literal["", "day", "decade", "half_month", "month", "quarter", "half_year", "year"]
_DAYS: Mapping[Unit, int] = {"day": 1, "decade": 10, "half_month": 15}
_MONTHS: Mapping[Unit, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """A day or a longer period, as far as it is spelled out. `number`: the day of the month, the number of the
    decade, half or quarter. A number without a unit (`13` of `13-26 мая`) has the unit of the other end.
    """

    unit: Unit
    number: int = 0
    month: int = 0
    year: int | None = None
    case: Case = ""

    def completed(self, other: Stretch) -> Stretch:
        """Return the stretch with what it leaves out taken from the other end of its span."""
        year = other.year if self.year is None else self.year
        return replace(self, unit=self.unit or other.unit, month=self.month or other.month, year=year)

    def days(self, year: int) -> tuple[date, date]:
        """Return its first and last day, in this year if it names none. Raises ValueError without such days."""
        year = year if self.year is None else self.year
        if length := _DAYS.get(self.unit):
            first = date(year, self.month, 1 + length * (self.number - 1))
            is_rest = length > 1 and self.number == 30 // length
            return first, month_end(year, self.month) if is_rest else first + timedelta(days=length - 1)
        length = _MONTHS[self.unit or "year"]
        number = self.month if self.unit == "month" else max(self.number, 1)
        return date(year, length * (number - 1) + 1, 1), month_end(year, length * number)


@dataclass(frozen=True, slots=True)
class NamedTime:
    """A named day or period. `until`: written with "до" or "дейін". `inclusive`: and said to be within.
    `is_end`: only its last day is meant ("до", "не позднее", "по", "до конца").
    """

    stretch: Stretch
    until: bool = False
    inclusive: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """From the beginning of one stretch to the end of another."""

    first: Stretch
    last: Stretch


@dataclass(frozen=True, slots=True)
class Counted:
    """So many days, weeks, months or years, negative before a day; `since` is that day, None the approval."""

    number: int
    unit: CountUnit
    since: Stretch | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Every:
    """At least `times` in each period; due on the day `day` of the month after it, or by a day of each year."""

    period: Period
    times: int = 1
    day: int = 0
    by: NamedTime | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """More than one day or period, and no span between them."""


Written = NamedTime | Between | Counted | Every | Several
Words = tuple[Lexeme, ...]
Parts = dict[str, Any]
"""What stood at each part of a shape: a lexeme, or what the words of a part became."""


@lru_cache(maxsize=1000)
def parse(text: str) -> Written | None:
    """Return what a text says; None where a word or number of it was not understood, or it is too long."""
    if len(text) > LONGEST:
        return None
    words = lexemes(text)
    if all(word.kind != "?" for word in words):
        for rule in ("NAMED", "SPAN", "COUNTED", "REPEATED"):
            for said, end in _read(words, 0, rule):
                if end == len(words):
                    return said  # type: ignore[no-any-return]
    return Several() if len(list(_scan(words))) > 1 else None


def full_days(text: str) -> tuple[Stretch, ...]:
    """Return the days with a year of their own that stand anywhere in a text, as far as it is searched."""
    return tuple(
        found for found in _scan(lexemes(text[:LONGEST])) if found.unit == "day" and found.year is not None
    )


def names_a_time(text: str) -> bool:
    """Return whether any day, month, quarter, half-year or year stands in a text."""
    return next(_scan(lexemes(text)), None) is not None


def _scan(words: Words) -> Iterator[Stretch]:
    """Yield the days and periods that stand in a text, the longest at each place."""
    at = 0
    while at < len(words):
        found, end = max(_read(words, at, "STRETCH"), key=lambda match: match[1], default=(None, at + 1))
        if found is not None:
            yield found
        at = end


# Shapes are kinds of lexemes in a row: `?` marks one that may be missing, `|` a choice, a letter a number,
# capitals a part with shapes of its own (in `_RULES`).
_NUMBERS: Mapping[str, Callable[[Lexeme], bool]] = {
    "d": lambda word: word.kind == "number" and word.width <= 2,  # the number of a day
    "m": lambda word: word.kind == "number" and word.width <= 2,  # of a month
    "o": lambda word: word.kind == "ordinal" or (word.kind == "number" and word.width <= 2),  # of a quarter
    "Y": lambda word: word.kind == "number" and 1900 <= word.value < 2100,  # a year of four digits
    "y": lambda word: word.kind == "number" and word.width in (2, 4),
    "n": lambda word: word.kind == "number" and 0 < word.value <= 1000,  # of days, weeks, months, years
}
# Days and periods; `<` stands for a year before (Kazakh), `>` for one behind (Russian).
_SHAPES: tuple[tuple[Unit, str], ...] = (
    ("day", "Y dash m dash d"),
    ("day", "Y dot m dot d"),
    ("day", "Y slash m slash d"),
    ("day", "d dash m dash y year?"),
    ("day", "d dot m dot y dot? year?"),
    ("day", "d slash m slash y year?"),
    ("day", "d m Y year?"),
    ("day", "d dot m dot?"),
    ("day", "< d dash? month >"),
    ("day", "< month months? d dash?"),
    ("decade", "o dash? decade month months? >"),
    ("decade", "< month months? o dash? decade"),
    ("half_month", "o half month months? >"),
    ("half_month", "< month months? o half"),
    ("half_year", "o half >"),
    ("half_year", "< o half"),
    ("half_year", "< o dash? half_year >"),
    ("quarter", "< o dash? quarter >"),
    ("quarter", "q o >"),
    ("month", "< month months? >"),
    ("month", "m dot|slash Y year?"),
    ("year", "Y year?"),
)
_BEFORE, _BEHIND = ("", "Y year? comma?"), ("", "comma? Y year?", "y year")


def _with_years(shapes: Iterable[tuple[Unit, str]]) -> Iterator[tuple[Unit, str]]:
    """Yield the shapes with each way in which one year may stand before (`<`) or behind (`>`) spelled out."""
    for unit, shape in shapes:
        for before, behind in product(_BEFORE if "<" in shape else ("",), _BEHIND if ">" in shape else ("",)):
            if not (before and behind):
                yield unit, " ".join(shape.replace("<", before).replace(">", behind).split())


def _match(words: Words, at: int, shape: Sequence[str]) -> Iterator[tuple[Parts, int]]:
    """Yield each way in which a shape matches from a place on: its parts, and the place behind them."""
    if not shape:
        yield {}, at
        return
    for name, part, behind in _heads(words, at, shape[0].removesuffix("?")):
        for parts, end in _match(words, behind, shape[1:]):
            yield {name: part} | parts, end
    if shape[0].endswith("?"):
        yield from _match(words, at, shape[1:])


def _heads(words: Words, at: int, kind: str) -> Iterable[tuple[str, Any, int]]:
    """Return each way in which one part of a shape matches: its name, what stands there, the place behind it.

    A day or period may be asked for in some Kazakh cases only: `DAY:|to`, in none or the dative.
    """
    if at == len(words):
        return ()
    if is_number := _NUMBERS.get(kind):
        return ((kind, words[at], at + 1),) if is_number(words[at]) else ()
    if kind.islower():
        return ((words[at].kind, words[at], at + 1),) if words[at].kind in kind.split("|") else ()
    name, mark, cases = kind.partition(":")
    read = _read(words, at, name)
    return ((name, part, end) for part, end in read if not mark or part.case in cases.split("|"))


@lru_cache(maxsize=1000)
def _read(words: Words, at: int, rule: str) -> tuple[tuple[Any, int], ...]:
    """Return the readings by a rule that begin at a place, each with the place behind it."""
    matches = ((made, parts, end) for made, shape in _RULES[rule] for parts, end in _match(words, at, shape))
    read = ((made(parts | {"last": words[end - 1]}), end) for made, parts, end in matches)
    return tuple((said, end) for said, end in read if said is not None)


def _stretch(unit: Unit, parts: Parts) -> Stretch:
    """Return a day or period from its numbers."""
    number, month = parts.get("d") or parts.get("o"), parts.get("month") or parts.get("m")
    year = parts.get("Y") or parts.get("y")
    return Stretch(
        unit=unit,
        number=number.value if number else 0,
        month=month.value if month else 0,
        year=year.value + (2000 if year.width == 2 else 0) if year else None,
        case=parts["last"].case,
    )


def _joined(*choices: Iterable[str]) -> tuple[str, ...]:
    """Return the shapes made of one of each of the choices."""
    return tuple(" ".join(" ".join(chosen).split()) for chosen in product(*choices))


def _named(parts: Parts) -> NamedTime | None:
    """Return one day or period with what stands before and behind it; "the year" only as a whole or its end."""
    stretch: Stretch = parts["TIME"] if "TIME" in parts else parts["DAY"]
    is_of_year = stretch.unit == "year" and not stretch.year
    is_bounded = not parts.keys().isdisjoint(("within", "kk_within", "end"))
    if ("CLOCK" in parts and stretch.unit != "day") or (is_of_year and not is_bounded):
        return None
    until = "end" not in parts and not parts.keys().isdisjoint(("until", "kk_until"))
    is_end = until or not parts.keys().isdisjoint(("end", "no_later", "kk_no_later", "through"))
    return NamedTime(stretch=stretch, until=until, inclusive="INCLUSIVE" in parts, is_end=is_end)


_ALONE = ("DAY:|to CLOCK?", "TIME:")
_NAMED = (
    *_joined(
        ("in? term? no_later?", "through"),
        (
            *_ALONE,
            "TIME:|of CLOCK? kk_within",
            "TIME:|to CLOCK? kk_until",
            "TIME:|from CLOCK? kk_no_later",
            "TIME:|of CLOCK? end kk_until|kk_no_later?",
        ),
        ("INCLUSIVE?",),
    ),
    *_joined(("within", "in? term? until|no_later end?", "in? end"), _ALONE, ("INCLUSIVE?",)),
)


def _between(parts: Parts) -> Between | None:
    """Return a span; None where only one of its ends is a year, or the last one gives no unit to a number."""
    first, last = parts["FIRST"], parts["LAST"] if "LAST" in parts else parts["DAY"]
    if first.unit:
        is_span = (first.unit == "year") == (last.unit == "year")
    else:
        is_span = last.unit in ("day", "decade", "quarter", "half_year")
    return Between(first.completed(last), last.completed(first)) if is_span else None


# "From January until May" is no span: whether May is still within cannot be told.
_UNTIL = ("DAY:|to kk_until", "LAST:|to end kk_until")
_JOINED_ENDS = (
    *_joined(
        ("FIRST:|from dash through?", "FIRST:|from through", "FIRST:|from until end"),
        ("LAST: kk_between?", *_UNTIL),
    ),
    *_joined(("FIRST:|from until",), ("DAY: kk_between?", "DAY:|to kk_until")),
    *_joined(("FIRST comma? kk_from", "FIRST:from"), _UNTIL),
    "FIRST: and LAST: kk_between",
)
_SPANS = (
    *_joined(("within? term? from?",), _JOINED_ENDS, ("inclusive?",)),
    "between FIRST: and LAST: inclusive?",
)
_COUNT_UNITS: Mapping[str, CountUnit] = {
    "working": "working days",
    "calendar": "calendar days",
    "day": "days",
    "daylong": "days",
    "weeks": "weeks",
    "months": "months",
    "monthlong": "months",
    "year": "years",
}


_UNIT = ("working|calendar day", "day", "dash? daylong|monthlong term", "weeks|months|year")


def _count_unit(parts: Parts) -> CountUnit:
    """Return the unit of an amount."""
    return next(_COUNT_UNITS[part] for part in parts if part in _COUNT_UNITS)


def _numbers(parts: Parts) -> set[int]:
    """Return the numbers among the parts, in digits or in words."""
    return {parts[part].value for part in ("n", "cardinal") if part in parts}


def _amount(parts: Parts) -> Counted | None:
    """Return a number of days, weeks, months or years. "10 (ten)" says one number, "10 (five)" two; "within a
    month" says one month.
    """
    numbers, unit = _numbers(parts), parts["UNIT"]
    if len(numbers) > 1 or not (numbers or unit in ("weeks", "months")):
        return None
    return Counted(max(numbers, default=1), unit)


def _counted(parts: Parts) -> Counted:
    """Return so many days from the approval, or after or before a named day."""
    count: Counted = parts["AMOUNT"] if "AMOUNT" in parts else parts["DIGITS"]
    is_before = not parts.keys().isdisjoint(("dash", "for", "kk_before"))
    return Counted(-count.number if is_before else count.number, count.unit, parts.get("DAY"))


_COUNTED = (
    "within|in|no_later AMOUNT",
    "DIGITS",
    "AMOUNT kk_within",
    "within|in|no_later AMOUNT from day? approval plan?",
    "term DIGITS",
    "AMOUNT term",
    "DIGITS from day? approval plan?",
    "plan? approval day kk_from? AMOUNT kk_within?",
    "within|after|no_later AMOUNT from|after DAY",
    "DIGITS from|after DAY",
    "from DAY within AMOUNT",
    "DAY plus AMOUNT",
    "DAY dash DIGITS",
    "DAY kk_from|kk_after AMOUNT kk_within|kk_after?",
    "DAY:from AMOUNT kk_within|kk_after?",
    "for AMOUNT until DAY",
    "DAY kk_until AMOUNT kk_before",
    "DAY:from AMOUNT kk_before",
)
_PERIODS: Mapping[str, Period] = {
    "quarter": "quarter",
    "months": "month",
    "half_year": "half-year",
    "year": "year",
    "quarterly": "quarter",
    "monthly": "month",
    "yearly": "year",
}


def _every(parts: Parts) -> Every | None:
    """Return what comes back in each period (`ежеквартально`, `не менее двух раз в год`), and its year."""
    numbers, period = _numbers(parts), next(_PERIODS[part] for part in parts if part in _PERIODS)
    year = parts["Y"].value if "Y" in parts else None
    return Every(period=period, times=max(numbers, default=1), year=year) if len(numbers) < 2 else None


_PERIOD = "quarter|months|half_year|year"
_EVERY = _joined(
    (
        "quarterly|monthly|yearly",
        f"{_PERIOD} every",
        f"every {_PERIOD}",
        f"at_least? n? cardinal? times in|for|every|within {_PERIOD}",
        "at_least? n? cardinal? times in|within Y year",
        f"{_PERIOD} at_least? n? cardinal? times",
        "Y year kk_within? at_least? n? cardinal? times",
    ),
    ("", "comma? in|within? Y year?"),
)
# By which day of a month, or of a year; "next" says that it is the month after the period.
_BY = (
    "until|no_later d of_month",
    "until|no_later d of_month next months",
    f"until|no_later d of_month months? comma? next for reported {_PERIOD}|reported?",
    "months? d dash? day? kk_until|kk_no_later",
    "next months d dash? day? kk_until|kk_no_later",
    f"reported {_PERIOD}|reported next months d dash? day? kk_until|kk_no_later",
    "NAMED",
)
_CLEAR_DAY = 15
"""Later than this, "every quarter by the 25th" may mean the last month of the quarter or the one after it."""


def _repeated(parts: Parts) -> Every | None:
    """Return what comes back with the day it is due by; None where that says no day of its period."""
    every: Every = parts["EVERY"]
    by: Parts | None = parts.get("BY")
    if by is None:
        return every
    if every.times > 1:
        return None
    if "NAMED" in by:
        stretch = by["NAMED"].stretch
        is_of_year = every.period == "year" and stretch.year is None and stretch.unit != "year"
        return replace(every, by=by["NAMED"]) if is_of_year else None
    day = by["d"].value
    is_known = "next" in by or every.period == "month" or (every.period == "quarter" and day <= _CLEAR_DAY)
    return replace(every, day=day) if 1 <= day <= 31 and is_known else None


Rule = list[tuple[Callable[[Parts], Any], list[str]]]


def _rule(made: Callable[[Parts], Any], *shapes: str) -> Rule:
    """Return a rule by which words of these shapes become what is made of their parts; None: nothing."""
    return [(made, shape.split()) for shape in shapes]


_RULES: Mapping[str, Rule] = {
    "NAMED": _rule(_named, *_NAMED),
    "SPAN": _rule(_between, *_SPANS),
    "COUNTED": _rule(_counted, *_COUNTED),
    "REPEATED": _rule(_repeated, "comma? EVERY", "comma? EVERY comma? BY", "comma? BY comma? EVERY"),
    "STRETCH": [read for unit, shape in _with_years(_SHAPES) for read in _rule(partial(_stretch, unit), shape)],
    "DAY": _rule(lambda parts: parts["STRETCH"] if parts["STRETCH"].unit == "day" else None, "STRETCH"),
    "TIME": _rule(itemgetter("STRETCH"), "STRETCH") + _rule(partial(_stretch, "year"), "year"),
    # The first end of a span may leave its unit to the last (`13-26 мая`, `II-III кварталы`).
    "FIRST": _rule(itemgetter("STRETCH"), "STRETCH") + _rule(partial(_stretch, ""), "o", "Y year o"),
    "LAST": _rule(itemgetter("STRETCH"), "STRETCH"),
    "INCLUSIVE": _rule(dict, "comma? inclusive"),
    "CLOCK": _rule(dict, "comma? in d dot d hour?", "comma? in d hour", "comma? hour d dot d"),
    "UNIT": _rule(_count_unit, *_UNIT),
    "AMOUNT": _rule(_amount, "n? cardinal? UNIT"),
    "DIGITS": _rule(_amount, "n cardinal? UNIT"),
    "EVERY": _rule(_every, *_EVERY),
    "BY": _rule(dict, *_BY),
}
"""The parts of shapes that are more than a lexeme."""
