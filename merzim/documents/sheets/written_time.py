"""The grammar of dates and terms as people write them, in Russian and Kazakh: a text is read whole or not at
all.

`parse` returns what a text says only when every number and every word of it was used; a text that names more
than one day or period and no span between them is `Several`. What is left out (a year, a month) stays open for
the caller, who knows the paper's own year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import product
from typing import Any, Literal

from calendars.terms import CountUnit, Period, month_end
from merzim.documents.sheets.time_words import Case, Lexeme, lexemes

Unit = Literal["", "day", "decade", "half_month", "month", "quarter", "half_year", "year"]


class NoYear(ValueError):
    """A date needs a year and neither the text nor the caller names one."""


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

    def days(self, year: int | None = None) -> tuple[date, date]:
        """Return its first and last day; `year` where it names none. Raises ValueError for impossible ones."""
        year = self.year if self.year is not None else year
        if year is None:
            raise NoYear
        match self.unit:
            case "day":
                return date(year, self.month, self.number), date(year, self.month, self.number)
            case "decade" | "half_month":
                length = 10 if self.unit == "decade" else 15
                first = date(year, self.month, 1 + length * (self.number - 1))
                is_last = self.number == 30 // length
                last = month_end(year, self.month) if is_last else first + timedelta(days=length - 1)
                return first, last
            case _:
                length = {"month": 1, "quarter": 3, "half_year": 6}.get(self.unit, 12)
                number = self.month if self.unit == "month" else max(self.number, 1)
                return date(year, length * (number - 1) + 1, 1), month_end(year, length * number)


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedTime:
    """A named day or period. `until`: written with "до" or "дейін". `inclusive`: and said to be within."""

    stretch: Stretch
    until: bool = False
    inclusive: bool = False


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
_Rule = Callable[[Words, int], Iterable[tuple[Any, int]]]
"""Returns the readings that begin at a place, each with the place behind it."""
_PERIODS: dict[str, Period] = {
    "quarter": "quarter",
    "months": "month",
    "half_year": "half-year",
    "year": "year",
    "quarterly": "quarter",
    "monthly": "month",
    "yearly": "year",
}
_MOST = 1000
"""The largest number of days, weeks, months or years that is read as a term."""


@lru_cache(maxsize=1000)
def parse(text: str) -> Written | None:
    """Return what a text says; None where a word or number of it was not understood."""
    words = lexemes(text)
    is_understood = all(word.kind != "?" for word in words)
    rules: tuple[_Rule, ...] = (_named, _between, _counted, _every) if is_understood else ()
    for rule in rules:
        whole: Written | None = next((written for written, end in rule(words, 0) if end == len(words)), None)
        if whole is not None:
            return whole
    return Several() if len(list(_scan(words))) > 1 else None


def full_days(text: str) -> tuple[Stretch, ...]:
    """Return the days with a year of their own that stand anywhere in a text."""
    return tuple(found for found in _scan(lexemes(text)) if found.unit == "day" and found.year is not None)


def names_a_time(text: str) -> bool:
    """Return whether any day, month, quarter, half-year or year stands in a text."""
    return next(_scan(lexemes(text)), None) is not None


# The shapes of a day or period: kinds of lexemes in a row; `?` marks one that may be missing, `|` a choice. `d`
# and `m` are the numbers of a day and month, `o` the number of a quarter, half or decade, `M` a month's name,
# `Y` a year of four digits, `y` one of two or four. `<` stands for a year before (Kazakh), `>` for one behind
# (Russian).
_SHAPES: tuple[tuple[Unit, str], ...] = (
    ("day", "Y dash m dash d"),
    ("day", "Y dot m dot d"),
    ("day", "Y slash m slash d"),
    ("day", "d dash m dash y year?"),
    ("day", "d dot m dot y dot? year?"),
    ("day", "d slash m slash y year?"),
    ("day", "d m Y year?"),
    ("day", "d dot m dot?"),
    ("day", "< d dash? M >"),
    ("day", "< M months? d dash?"),
    ("decade", "o dash? decade M months? >"),
    ("decade", "< M months? o dash? decade"),
    ("half_month", "o half M months? >"),
    ("half_month", "< M months? o half"),
    ("half_year", "o half >"),
    ("half_year", "< o half"),
    ("half_year", "< o dash? half_year >"),
    ("quarter", "< o dash? quarter >"),
    ("quarter", "q o >"),
    ("month", "< M months? >"),
    ("month", "m dot|slash Y year?"),
    ("year", "Y year?"),
)
_BARE: tuple[tuple[Unit, str], ...] = (("", "o"), ("", "Y year o"))
"""The first end of a span that leaves its unit to the last (`13-26 мая`, `II-III кварталы`)."""
_WHOLE_YEAR: tuple[tuple[Unit, str], ...] = (("year", "year"),)
# What stands before and behind a day or period, and how it bounds it.
_LEADS = (
    ("in? term?", ""),
    ("within", "within"),
    ("in? term? until", "until"),
    ("in? term? until end", "end"),
    ("in? term? no_later", ""),
    ("in? term? no_later end", "end"),
    ("in? end", "end"),
    ("through", ""),
)
_TAILS = (
    ("", ""),
    ("kk_within", "within"),
    ("kk_until", "until"),
    ("kk_no_later", "no_later"),
    ("end", "end"),
    ("end kk_until|kk_no_later", "end"),
)
_CASES = {
    "": ("", "to"),
    "within": ("", "of"),
    "until": ("", "to"),
    "no_later": ("", "from"),
    "end": ("", "of"),
}
"""The cases in which a day or period may stand before each kind of tail."""
_CLOCKS = ("", "comma? in d dot d hour?", "comma? in d hour", "comma? hour d dot d")
_JOINTS = ("dash through?", "through", "until", "until end", "comma? kk_from", "and", "")
_SPAN_TAILS = ("", "kk_until", "end kk_until", "kk_between")
_COUNTS: tuple[tuple[CountUnit, str], ...] = (
    ("working days", "working day"),
    ("calendar days", "calendar day"),
    ("days", "day"),
    ("days", "dash? daylong term"),
    ("weeks", "weeks"),
    ("months", "months"),
    ("months", "dash? monthlong term"),
    ("years", "year"),
)
# So many days (`@`; in digits: `#`) from the approval, or after (1) or before (-1) a DAY (ABL in the
# ablative).
_FORMS = (
    ("within|in|no_later @", 1),
    ("#", 1),
    ("@ kk_within", 1),
    ("within|in|no_later @ from day? approval plan?", 1),
    ("term #", 1),
    ("@ term", 1),
    ("# from day? approval plan?", 1),
    ("plan? approval day kk_from? @ kk_within?", 1),
    ("within|after|no_later @ from|after DAY", 1),
    ("# from|after DAY", 1),
    ("from DAY within @", 1),
    ("DAY plus @", 1),
    ("DAY dash #", -1),
    ("DAY kk_from|kk_after @ kk_within|kk_after?", 1),
    ("ABL @ kk_within|kk_after?", 1),
    ("for @ until DAY", -1),
    ("DAY kk_until @ kk_before", -1),
    ("ABL @ kk_before", -1),
)
_PERIOD = "quarter|months|half_year|year"
_RECURRING = (
    "quarterly|monthly|yearly",
    f"{_PERIOD} every",
    f"every {_PERIOD}",
    f"at_least? n? cardinal? times in|for|every|within {_PERIOD}",
    "at_least? n? cardinal? times in|within Y year",
    f"{_PERIOD} at_least? n? cardinal? times",
    "Y year kk_within? at_least? n? cardinal? times",
)
# By which day of the month after the period; whether its wording says that it is the month after.
_BY_DAY = (
    ("until|no_later d of_month", False),
    ("until|no_later d of_month next months", True),
    (f"until|no_later d of_month months? comma? next for reported {_PERIOD}|reported?", True),
    ("months? d dash? day? kk_until|kk_no_later", False),
    ("next months d dash? day? kk_until|kk_no_later", True),
    (f"reported {_PERIOD}|reported next months d dash? day? kk_until|kk_no_later", True),
)
_CLEAR_DAY = 15
"""Later than this, "every quarter by the 25th" may mean the last month of the quarter or the one after it."""
_ROLES = {"y": "Y", "o": "d", "m": "M"}
Shapes = tuple[tuple[Unit, str], ...]
Row = tuple[tuple[str, Any], ...]
"""Lexemes and readings, each with its part in the shape: `d`, `M`, `Y`, DAY."""


def _is(word: Lexeme, kind: str) -> bool:
    """Return whether a lexeme is what a part of a shape asks for: a kind, one of several (`|`), or a letter."""
    is_short = word.kind == "number" and word.width <= 2
    match kind:
        case "d" | "m":
            return is_short
        case "o":
            return is_short or word.kind == "ordinal"
        case "M":
            return word.kind == "month"
        case "Y":
            return word.kind == "number" and 1900 <= word.value < 2100
        case "y":
            return word.kind == "number" and word.width in (2, 4)
        case "n":
            return word.kind == "number" and 0 < word.value <= _MOST
    return word.kind in kind.split("|")


def _match(words: Words, at: int, shape: str) -> Iterator[tuple[Row, int]]:
    """Yield each way in which a shape matches from a place on: its parts, and the place behind them."""
    item, _, rest = shape.partition(" ")
    if not item:
        yield (), at
        return
    kind = item.removesuffix("?")
    heads: Iterable[tuple[Any, int]] = ()
    if kind in _PARTS:
        heads = _PARTS[kind](words, at)
    elif at < len(words) and _is(words[at], kind):
        heads = ((words[at], at + 1),)
    for head, behind in heads:
        for row, end in _match(words, behind, rest):
            yield ((kind, head), *row), end
    if kind != item:
        yield from _match(words, at, rest)


def _with_years(shapes: Shapes) -> Shapes:
    """Return the shapes with each way in which a year may stand before (`<`) or behind (`>`) spelled out."""
    spelled: list[tuple[Unit, str]] = []
    for unit, shape in shapes:
        years = [("", ""), *([("Y year? comma?", "")] if "<" in shape else [])]
        years += [("", "comma? Y year?"), ("", "y year")] if ">" in shape else []
        for before, behind in years:
            items = shape.replace("<", before).replace(">", behind)
            spelled.append((unit, " ".join(items.split())))
    return tuple(spelled)


_SPELLED = _with_years(_SHAPES)


@lru_cache(maxsize=1000)
def _stretches(words: Words, at: int, shapes: Shapes = _SPELLED) -> tuple[tuple[Stretch, int], ...]:
    """Return each day or period that begins at a place, and the place behind it."""
    found = []
    for unit, shape in shapes:
        for row, end in _match(words, at, shape):
            parts = {_ROLES.get(part, part): word for part, word in row}
            year = parts.get("Y")
            stretch = Stretch(
                unit=unit,
                number=parts["d"].value if "d" in parts else 0,
                month=parts["M"].value if "M" in parts else 0,
                year=None if year is None else year.value + (2000 if year.width == 2 else 0),
                case=row[-1][1].case,
            )
            found.append((stretch, end))
    return tuple(found)


def _scan(words: Words) -> Iterator[Stretch]:
    """Yield the days and periods that stand in a text, the longest at each place."""
    at = 0
    while at < len(words):
        found, end = max(_stretches(words, at), key=lambda match: match[1], default=(None, at + 1))
        if found is not None:
            yield found
        at = end


def _named(words: Words, start: int) -> Iterator[tuple[NamedTime, int]]:
    """Yield the readings of one day or period with what stands before and behind it."""
    for lead, led in _LEADS:
        for row, end in _match(words, start, f"{lead} STRETCH|YEAR".strip()):
            yield from _tailed(words, row[-1][1], end, led)


def _tailed(words: Words, stretch: Stretch, at: int, led: str) -> Iterator[tuple[NamedTime, int]]:
    """Yield the readings of a day or period with what stands behind. `led`: how the words before bound it."""
    is_day = stretch.unit == "day"
    for clock in _CLOCKS if is_day else ("",):
        for tail, tailed in _TAILS:
            bounds = {led, tailed}
            is_known = is_day or stretch.year or stretch.unit != "year" or bounds & {"within", "end"}
            is_to = stretch.case == "to" and not tailed and not is_day
            if (led and tailed) or is_to or not is_known or stretch.case not in _CASES[tailed]:
                continue
            for inclusive in ("", "comma? inclusive"):
                for _, end in _match(words, at, " ".join(filter(None, (clock, tail, inclusive)))):
                    until = "until" in bounds
                    yield NamedTime(stretch=stretch, until=until, inclusive=bool(inclusive)), end


def _between(words: Words, start: int) -> Iterator[tuple[Between, int]]:
    """Yield the readings of a span: two stretches and the words that join them."""
    for lead, joint, tail in product(("within? term? from?", "between"), _JOINTS, _SPAN_TAILS):
        shape = " ".join(filter(None, (lead, "STRETCH|BARE", joint, "STRETCH", tail, "inclusive?")))
        for row, end in _match(words, start, shape):
            first, last = (part for kind, part in row if kind.startswith("STRETCH"))
            if _joins(first, last, f"between {joint}" if lead == "between" else joint, tail):
                yield Between(first.completed(last), last.completed(first)), end


def _joins(first: Stretch, last: Stretch, joint: str, tail: str) -> bool:
    """Return whether two ends and the words at them make one span: the cases of the ends and the words agree
    ("from" with "to", "between" with "and"), both or neither are years, and only a day follows "until".

    Args:
        joint: the words between the ends. tail: those behind the last.
    """
    if not first.unit and last.unit not in ("day", "decade", "quarter", "half_year"):
        return False
    if first.unit and (first.unit == "year") != (last.unit == "year"):
        return False
    # "From January until May": whether May is still within cannot be told.
    is_open = ("until" in (joint, tail)) or tail == "kk_until"
    if is_open and last.unit != "day":
        return False
    if last.case not in ("", "to") or (last.case == "to" and "kk_until" not in tail):
        return False
    if joint.endswith("and"):
        return joint.startswith("between") != (tail == "kk_between") and not first.case
    if joint in ("", "comma? kk_from"):
        return tail in ("kk_until", "end kk_until") and (first.case == "from" or bool(joint))
    return not joint.startswith("between") and first.case in ("", "from")


def _amounts(words: Words, start: int, *, in_digits: bool = False) -> Iterator[tuple[Counted, int]]:
    """Yield each reading of a number of days, weeks, months or years, or only of those in digits."""
    for unit, kind in _COUNTS:
        for amount in ("n cardinal? ",) if in_digits else ("n cardinal? ", "cardinal ", ""):
            for row, end in _match(words, start, amount + kind):
                numbers = _numbers(row)
                # "10 (ten)" says one number, "10 (five)" says two; "within a month" says one month.
                if len(numbers) == 1 or (not amount and unit in ("weeks", "months")):
                    yield Counted(number=max(numbers, default=1), unit=unit), end


def _numbers(row: Row) -> set[int]:
    """Return the numbers that stand in a row, in digits or in words."""
    return {word.value for part, word in row if part in ("n", "cardinal")}


def _counted(words: Words, start: int) -> Iterator[tuple[Counted, int]]:
    """Yield the readings of so many days from the approval, or after or before a named day."""
    for form, sign in _FORMS:
        for row, end in _match(words, start, form):
            parts = dict(row)
            count = parts.get("@") or parts["#"]
            yield replace(count, number=sign * count.number, since=parts.get("DAY") or parts.get("ABL")), end


def _every(words: Words, start: int) -> Iterator[tuple[Every, int]]:
    """Yield the readings of what comes back: how often, and by which day each time."""
    for shape in ("comma? EVERY", "comma? EVERY comma? BY", "comma? BY comma? EVERY"):
        for row, end in _match(words, start, shape):
            parts = dict(row)
            readings = _by(parts["EVERY"], parts["BY"]) if "BY" in parts else (parts["EVERY"],)
            yield from ((read, end) for read in readings)


def _recurring(words: Words, start: int) -> Iterator[tuple[Every, int]]:
    """Yield the readings of `ежеквартально`, `не менее двух раз в год`, and the year behind it."""
    for shape in _RECURRING:
        for tail in ("", " comma? in|within? Y year?"):
            for row, end in _match(words, start, shape + tail):
                numbers, parts = _numbers(row), dict(row)
                period = next(_PERIODS[word.kind] for _, word in row if word.kind in _PERIODS)
                if len(numbers) < 2:
                    year = parts["Y"].value if "Y" in parts else None
                    yield Every(period=period, times=max(numbers, default=1), year=year), end


def _deadlines(words: Words, start: int) -> Iterator[tuple[tuple[int, bool] | NamedTime, int]]:
    """Yield the readings of the day by which something is done each time: of a month, or of a year."""
    for shape, is_clear in _BY_DAY:
        for row, end in _match(words, start, shape):
            yield (dict(row)["d"].value, is_clear), end
    yield from _named(words, start)


def _by(every: Every, deadline: tuple[int, bool] | NamedTime) -> Iterator[Every]:
    """Yield what comes back with the day it is due by; nothing where that says no day of its period."""
    if every.times > 1:
        return
    if isinstance(deadline, NamedTime):
        if every.period == "year" and deadline.stretch.year is None and deadline.stretch.unit != "year":
            yield replace(every, by=deadline)
        return
    day, is_clear = deadline
    is_known = is_clear or every.period == "month" or (every.period == "quarter" and day <= _CLEAR_DAY)
    if 1 <= day <= 31 and is_known:
        yield replace(every, day=day)


def _days(words: Words, start: int) -> Iterable[tuple[Stretch, int]]:
    """Return the readings of a day."""
    return [(day, end) for day, end in _stretches(words, start) if day.unit == "day"]


_PARTS: Mapping[str, _Rule] = {
    "STRETCH": _stretches,
    "STRETCH|YEAR": lambda words, at: (*_stretches(words, at), *_stretches(words, at, _WHOLE_YEAR)),
    "STRETCH|BARE": lambda words, at: (*_stretches(words, at), *_stretches(words, at, _BARE)),
    "DAY": _days,
    "ABL": lambda words, at: [(day, end) for day, end in _days(words, at) if day.case == "from"],
    "@": _amounts,
    "#": partial(_amounts, in_digits=True),
    "EVERY": _recurring,
    "BY": _deadlines,
}
"""The parts of shapes that are more than a lexeme, and their readings. ABL: a day in the ablative; `@`: so many
days, `#`: so many in digits.
"""
