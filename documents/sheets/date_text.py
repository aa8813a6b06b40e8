"""Finds dates within a line of text, complete or partial: a day, maybe a month, maybe a year."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTHS = (
    r"январ\w*|қаңтар\w*|янв",
    r"феврал\w*|ақпан\w*|фев",
    r"март\w*|наурыз\w*|мар",
    r"апрел\w*|сәуір\w*|апр",
    r"ма[йяе]|мамыр\w*",
    r"июн\w*|маусым\w*",
    r"июл\w*|шілде\w*",
    r"август\w*|тамыз\w*|авг",
    r"сентябр\w*|қыркүйек\w*|қыркүйег\w*|сен",
    r"октябр\w*|қазан\w*|окт",
    r"ноябр\w*|қараша\w*|ноя",
    r"декабр\w*|желтоқсан\w*|дек",
)
_MONTH = "(?:" + "|".join(_MONTHS) + r")\b\.?"
_Q = r"\s*[«\"“„]?\s*"
_YEAR_MARK = r"(?:\s*(?:года?\b|г\b\.?|ж\b\.?|жыл\w{0,9}))?"
_NTH = r"(?:-?(?:го|е|ші|шы|нші|ншы)\b)?"
_TAKEN = "\x00"
_STRANGE = "\N{REPLACEMENT CHARACTER}"
LONGEST = 1000
"""Maximum characters of a text searched for dates; searching a cell of 32,767 characters would take long."""
_UNTIL = rf"(?=\s*(?:по|до|мен|бен|пен|[-–—−])\s*(?:[0-9]{{1,2}}\b|{_TAKEN}))"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![0-9./-])(?P<y>[0-9]{4})(?P<s>[-./])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})(?![0-9])",
        r"(?<![0-9.])(?P<d>[0-9]{1,2})\s*[./-]\s*(?P<m>[0-9]{1,2})\s*[./-]\s*"
        rf"(?P<y>[0-9]{{4}}|[0-9]{{2}})(?![0-9]){_YEAR_MARK}",
        rf"(?<![0-9])(?P<y>[0-9]{{4}})\s*(?:жыл\w{{0,9}}|ж\.?|года?|г\.?)?{_Q}(?P<d>[0-9]{{1,2}}){_NTH}\s*[»\"”]?\s*(?P<name>{_MONTH})",
        rf"(?<![0-9])(?P<y>[0-9]{{4}})\s*(?:жыл\w{{0,9}}|ж\.?|года?|г\.?)\s*(?P<d>[0-9]{{1,2}}){_UNTIL}",
        rf"{_Q}(?<![0-9])(?P<d>[0-9]{{1,2}})\s*[»\"”]?\s+(?P<m>[0-9]{{1,2}})\s+(?P<y>20[0-9]{{2}})(?![0-9]){_YEAR_MARK}",
        rf"{_Q}(?<![0-9])(?P<d>[0-9]{{1,2}}){_NTH}\s*[»\"”]?[\s-]*(?P<name>{_MONTH})"
        rf"(?:\s*,?\s*(?P<y>[0-9]{{4}}|[0-9]{{2}}(?=\s*[гж]))(?![0-9]){_YEAR_MARK})?",
        r"(?<![0-9.])(?P<d>[0-9]{1,2})\.(?P<m>[0-9]{2})(?![0-9]|\.[0-9])",
        rf"(?<![0-9.])(?P<d>[0-9]{{1,2}}){_NTH}{_UNTIL}",
    )
)
_BESIDE = re.compile(
    rf"[0-9]\s*(?:[-–—−,;]|и|және|мен|бен|пен|по|до)\s*{_TAKEN}|{_TAKEN}\s*(?:[-–—−,;]|и|және|мен|бен|пен|по|до)\s*[0-9]"
)
_DATE_LIKE = re.compile(r"[0-9]{1,4}\s*[./-]\s*[0-9]|(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_TIME = re.compile(
    r"T?\b[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\b|\b(?:в|сағат|сағ\.?)\s*[0-9]{1,2}[.-][0-9]{2}\b(?!\.?[0-9])"
)


class Partial(NamedTuple):
    """A date as far as it is spelled out, and its place in the line."""

    start: int
    end: int
    day: int
    month: int | None
    year: int | None


def without_times(line: str) -> str:
    """Return the line without times (`в 15:00`), which are not dates, with single spaces."""
    return " ".join(_TIME.sub(" ", line).split())


def find_partial_dates(line: str) -> tuple[tuple[Partial, ...], bool]:
    """Return the dates of a line in order, and whether the rest still looks like part of a date."""
    found: list[Partial] = []
    rest = line.replace(_TAKEN, _STRANGE)
    for pattern in _PATTERNS:
        found.extend(_partial(match) for match in pattern.finditer(rest))
        # As long as before, so that places stay true.
        rest = pattern.sub(lambda match: _TAKEN * len(match.group()), rest)
    return tuple(sorted(found)), bool(_DATE_LIKE.search(rest) or _BESIDE.search(rest))


def _partial(match: re.Match[str]) -> Partial:
    """Return the date of a match."""
    parts = match.groupdict()
    name, number = parts.get("name"), parts.get("m")
    month = _month(name) if name else int(number) if number else None
    year = parts.get("y")
    full = None if not year else int(year) if len(year) == 4 else 2000 + int(year)
    return Partial(match.start(), match.end(), int(parts["d"]), month, full)


def _month(name: str) -> int:
    """Return the number of a month's name."""
    for number, root in enumerate(_MONTHS, start=1):
        if re.fullmatch(rf"(?:{root})\.?", name, re.IGNORECASE):
            return number
    raise AssertionError(name)


def months_named(line: str) -> tuple[int, ...]:
    """Return the months a line names in words, in order (`март-апрель 2026 года`: 3, 4)."""
    return tuple(_month(found.group()) for found in re.finditer(rf"(?<!\w){_MONTH}", line, re.IGNORECASE))
