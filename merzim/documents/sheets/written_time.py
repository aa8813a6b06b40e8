"""The grammar of dates and terms as people write them, in Russian and Kazakh: a text is read whole or not at
all.

`parse` returns what a text says only when every number and every word of it was used; a text that names more
than one day or period and no span between them is `Several`. What is left out (a year, a month) stays open for
the caller, who knows the paper's own year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from calendars.terms import Period, month_end
from merzim.documents.sheets.time_words import Case, Lexeme, lexemes

Unit = Literal["", "day", "decade", "half_month", "month", "quarter", "half_year", "year"]
CountUnit = Literal["working", "calendar", "days", "weeks", "months", "years"]


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
class Named:
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
    by: Named | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Several:
    """More than one day or period, and no span between them."""


Written = Named | Between | Counted | Every | Several
_Rule = Callable[[Sequence[Lexeme], int], Iterator[tuple[Written, int]]]
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
        for written, rest in rule(words, 0):
            if rest == len(words):
                return written
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
_COUNTS: tuple[tuple[CountUnit, str], ...] = (
    ("working", "working day"),
    ("calendar", "calendar day"),
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
Shapes = Sequence[tuple[Unit, str]]
Row = tuple[tuple[str, Lexeme], ...]
"""Lexemes, each with its part in the shape: `d`, `M`, `Y`."""


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


def _rows(words: Sequence[Lexeme], at: int, shape: str) -> Iterator[tuple[Row, int]]:
    """Yield each way in which a shape matches from a place on: its lexemes, and the place behind them."""
    item, _, rest = shape.partition(" ")
    if not item:
        yield (), at
        return
    kind = item.removesuffix("?")
    if at < len(words) and _is(words[at], kind):
        for row, end in _rows(words, at + 1, rest):
            yield ((kind, words[at]), *row), end
    if kind != item:
        yield from _rows(words, at, rest)


def _ends(words: Sequence[Lexeme], at: int, *shapes: str) -> Iterator[int]:
    """Yield the places behind each way in which one of some shapes matches."""
    for shape in shapes:
        yield from (end for _, end in _rows(words, at, shape))


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


def _stretches(words: Sequence[Lexeme], at: int, shapes: Shapes = _SPELLED) -> Iterator[tuple[Stretch, int]]:
    """Yield each day or period that begins at a place."""
    for unit, shape in shapes:
        for row, end in _rows(words, at, shape):
            parts = {_ROLES.get(part, part): word for part, word in row}
            year = parts.get("Y")
            yield (
                Stretch(
                    unit=unit,
                    number=parts["d"].value if "d" in parts else 0,
                    month=parts["M"].value if "M" in parts else 0,
                    year=None if year is None else year.value + (2000 if year.width == 2 else 0),
                    case=row[-1][1].case,
                ),
                end,
            )


def _scan(words: Sequence[Lexeme]) -> Iterator[Stretch]:
    """Yield the days and periods that stand in a text, the longest at each place."""
    at = 0
    while at < len(words):
        found, end = max(_stretches(words, at), key=lambda match: match[1], default=(None, at + 1))
        if found is not None:
            yield found
        at = end


def _named(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Named, int]]:
    """Yield the readings of one day or period with what stands before and behind it."""
    for lead, led in _LEADS:
        for begin in _ends(words, start, lead):
            for stretch, end in (*_stretches(words, begin), *_stretches(words, begin, _WHOLE_YEAR)):
                yield from _tailed(words, stretch, end, led)


def _tailed(words: Sequence[Lexeme], stretch: Stretch, at: int, led: str) -> Iterator[tuple[Named, int]]:
    """Yield the readings of a day or period with what stands behind. `led`: how the words before bound it."""
    is_day = stretch.unit == "day"
    for begin in _ends(words, at, *(_CLOCKS if is_day else ("",))):
        for tail, tailed in _TAILS:
            bounds = {led, tailed}
            is_known = is_day or stretch.year or stretch.unit != "year" or bounds & {"within", "end"}
            is_to = stretch.case == "to" and not tailed and not is_day
            if (led and tailed) or is_to or not is_known or stretch.case not in _CASES[tailed]:
                continue
            for end in _ends(words, begin, tail):
                yield Named(stretch=stretch, until="until" in bounds), end
                for last in _ends(words, end, "comma? inclusive"):
                    yield Named(stretch=stretch, until="until" in bounds, inclusive=True), last


def _between(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Between, int]]:
    """Yield the readings of a span: two stretches and the words that join them."""
    for lead in ("within? term? from?", "between"):
        for begin in _ends(words, start, lead):
            for first, middle in (*_stretches(words, begin), *_stretches(words, begin, _BARE)):
                for joint in _JOINTS:
                    for behind in _ends(words, middle, joint):
                        yield from _closed(
                            words, first, behind, joint if lead != "between" else "between " + joint
                        )


def _closed(words: Sequence[Lexeme], first: Stretch, at: int, joint: str) -> Iterator[tuple[Between, int]]:
    """Yield the readings of the rest of a span. `joint`: the words between its ends."""
    for last, behind in _stretches(words, at):
        for tail in ("", "kk_until", "end kk_until", "kk_between"):
            for end in _ends(words, behind, tail, f"{tail} inclusive".strip()):
                if _joins(first, last, joint, tail):
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


def _amounts(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Counted, bool, int]]:
    """Yield each reading of a number of days, weeks, months or years, and whether it is written in digits."""
    for unit, kind in _COUNTS:
        for amount in ("n cardinal? ", "cardinal ", ""):
            for row, end in _rows(words, start, amount + kind):
                numbers = _numbers(row)
                # "10 (ten)" says one number, "10 (five)" says two; "within a month" says one month.
                if len(numbers) == 1 or (not amount and unit in ("weeks", "months")):
                    yield Counted(number=max(numbers, default=1), unit=unit), amount.startswith("n"), end


def _numbers(row: Row) -> set[int]:
    """Return the numbers that stand in a row, in digits or in words."""
    return {word.value for part, word in row if part in ("n", "cardinal")}


def _forms(words: Sequence[Lexeme], at: int, form: str) -> Iterator[tuple[Counted | None, Stretch | None, int]]:
    """Yield each way in which one of the forms matches: its amount and its day, each None if it has none, and
    the place behind it.
    """
    item, _, rest = form.partition(" ")
    heads: Iterable[tuple[Counted | None, Stretch | None, int]]
    if not item:
        yield None, None, at
        return
    if item in ("@", "#"):
        heads = ((count, None, end) for count, digits, end in _amounts(words, at) if digits or item == "@")
    elif item in ("DAY", "ABL"):
        days = ((day, end) for day, end in _stretches(words, at) if day.unit == "day")
        heads = ((None, day, end) for day, end in days if item == "DAY" or day.case == "from")
    else:
        heads = ((None, None, end) for end in _ends(words, at, item))
    for count, day, behind in heads:
        for later_count, later_day, end in _forms(words, behind, rest):
            yield count or later_count, day or later_day, end


def _counted(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Counted, int]]:
    """Yield the readings of so many days from the approval, or after or before a named day."""
    for form, sign in _FORMS:
        for count, day, end in _forms(words, start, form):
            if count is not None:
                yield replace(count, number=sign * count.number, since=day), end


def _every(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Every, int]]:
    """Yield the readings of what comes back: how often, and by which day each time."""
    for days, begin in ((None, start), *_deadlines(words, start)):
        for comma in _ends(words, begin, "comma?"):
            for every, end in _recurring(words, comma):
                if days is not None:
                    yield from ((read, end) for read in _by(every, days))
                    continue
                yield every, end
                for later, last in _deadlines(words, end):
                    yield from ((read, last) for read in _by(every, later))


def _recurring(words: Sequence[Lexeme], start: int) -> Iterator[tuple[Every, int]]:
    """Yield the readings of `ежеквартально`, `не менее двух раз в год`, and the year behind it."""
    for shape in _RECURRING:
        for row, end in _rows(words, start, shape):
            numbers = _numbers(row)
            period = next(_PERIODS[word.kind] for _, word in row if word.kind in _PERIODS)
            year = next((word.value for part, word in row if part == "Y"), None)
            if len(numbers) < 2:
                every = Every(period=period, times=max(numbers, default=1), year=year)
                yield every, end
                for tail, last in _rows(words, end, "comma? in|within? Y year?"):
                    yield replace(every, year=next(word.value for part, word in tail if part == "Y")), last


def _deadlines(words: Sequence[Lexeme], start: int) -> Iterator[tuple[tuple[int, bool] | Named, int]]:
    """Yield the readings of the day by which something is done each time: of a month, or of a year."""
    for begin in _ends(words, start, "comma?"):
        for shape, is_clear in _BY_DAY:
            for row, end in _rows(words, begin, shape):
                yield (next(word.value for part, word in row if part == "d"), is_clear), end
        yield from _named(words, begin)


def _by(every: Every, deadline: tuple[int, bool] | Named) -> Iterator[Every]:
    """Yield what comes back with the day it is due by; nothing where that says no day of its period."""
    if every.times > 1:
        return
    if isinstance(deadline, Named):
        if every.period == "year" and deadline.stretch.year is None and deadline.stretch.unit != "year":
            yield replace(every, by=deadline)
        return
    day, is_clear = deadline
    is_known = is_clear or every.period == "month" or (every.period == "quarter" and day <= _CLEAR_DAY)
    if 1 <= day <= 31 and is_known:
        yield replace(every, day=day)
