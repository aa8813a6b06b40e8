"""Reads calendar records from TOML files.

One file may contain entries of any kind; an act adopted by an office has the same format as the shipped
records:

    [[transfer]]
    off = 2024-05-08
    work = 2024-05-04
    act = "G24G0000109"
    address = "https://adilet.zan.kz/rus/docs/G24G0000109"
    title = { kk = "…", ru = "О переносе дней отдыха в 2024 году" }
    number = "109"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, get_args

from calendars.entries import (
    Balance,
    BalanceStatus,
    Certainty,
    Change,
    ConfirmedYear,
    Entry,
    HolidayClass,
    HolidayRule,
    Override,
    Records,
    ReligiousDay,
    Source,
    Title,
    Transfer,
    with_records,
)

__all__ = ["RecordError", "Records", "parse", "shipped_records", "with_records"]

_LANGUAGES = ("kk", "ru", "en")
_LEAP_YEAR = 2000


class RecordError(ValueError):
    """An entry of a records file cannot be read.

    Attributes:
        code: "calendar_record_" and what is wrong: `toml`, `kind`, `table`, `missing`, `type`, `choice`, `key`,
            `same_day`, `day_of_year`.
        arguments: `file`, `place` (which entry and key), `problem`, `value` (what stands there), `allowed`
            (what may stand there).
    """

    def __init__(
        self,
        kind: str,
        file: str,
        place: str,
        problem: str,
        *,
        value: object = "",
        allowed: tuple[str, ...] = (),
    ) -> None:
        expected = f"; allowed: {', '.join(allowed)}" if allowed else ""
        super().__init__(f"{file}: {place}: {problem}{expected}")
        self.code = f"calendar_record_{kind}"
        self.arguments: Mapping[str, object] = {
            "file": file,
            "place": _shorten(place),
            "problem": _shorten(problem),
            "value": _shorten(str(value)),
            "allowed": allowed,
        }


def _shorten(text: str) -> str:
    """Shorten a text for quoting in an error message."""
    return text if len(text) <= 300 else f"{text[:299]}…"


@cache
def shipped_records() -> Records:
    """Return the records that come with the program; the files are read once, on the first call."""
    entries: tuple[Entry, ...] = ()
    folder = files("calendars") / "data"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            entries += parse(file.read_text(encoding="utf-8"), name=file.name).entries
    return Records(entries=entries)


def parse(text: str, *, name: str = "records") -> Records:
    """Return the entries of a TOML text, in file order; `name` is the file's name in error messages.

    Raises:
        RecordError: not TOML, an unknown kind of entry or key, a missing or impossible value.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError("toml", name, "the file", str(error)) from None
    entries: list[Entry] = []
    for kind, tables in document.items():
        if kind not in _READERS:
            raise RecordError("kind", name, kind, "unknown kind of entry", allowed=tuple(_READERS))
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise RecordError("table", name, kind, f"write every entry under [[{kind}]]")
        for number, table in enumerate(tables, start=1):
            row = _Row(table, name, f"{kind} {number}")
            entries.append(_READERS[kind](row))
            row.finish()
    return Records(entries=tuple(entries))


class _Row:
    """Reader of one TOML table: takes keys one by one and rejects those left over."""

    def __init__(self, table: dict[str, Any], file: str, place: str) -> None:
        self.table, self.file, self.place = dict(table), file, place
        self.asked: list[str] = []

    def take(self, key: str, kind: type, *, optional: bool = False) -> Any:
        """Return the value of a key after checking its type, and mark the key as used."""
        self.asked.append(key)
        if key not in self.table:
            if optional:
                return None
            raise self.error("missing", key, "is missing")
        value = self.table.pop(key)
        if type(value) is not kind:
            name = kind.__name__
            raise self.error("type", key, f"{value!r} is no {name}", value=value, allowed=(name,))
        return value

    def choice(self, key: str, of: object) -> Any:
        """Return the value of a key that must be one of a Literal's choices."""
        value, allowed = self.take(key, str), get_args(of)
        if value not in allowed:
            raise self.error("choice", key, f"{value!r} is unknown", value=value, allowed=allowed)
        return value

    def source(self) -> Source:
        """Read the source of the entry: act, address, dates, note."""
        return Source(
            act=self.take("act", str),
            address=self.take("address", str),
            adopted=self.take("adopted", date, optional=True),
            in_force=self.take("in_force", date, optional=True),
            known_at=self.take("known_at", date, optional=True),
            assumed=self.take("assumed", bool, optional=True) or False,
            note=self.take("note", str, optional=True) or "",
            title=self.title(),
            number=self.take("number", str, optional=True) or "",
        )

    def title(self) -> Title | None:
        """Read a title by language, or one text for all languages; None where there is none."""
        title = self.table.get("title")
        if not isinstance(title, dict):
            text = self.take("title", str, optional=True)
            return Title(kk=text, ru=text, en=text) if text else None
        self.asked.append("title")
        del self.table["title"]
        for language, text in title.items():
            if language not in _LANGUAGES or not isinstance(text, str):
                place = f"title.{language}"
                raise self.error("choice", place, f"{text!r} is no title", value=language, allowed=_LANGUAGES)
        return Title(**title)

    def error(
        self, kind: str, key: str, problem: str, *, value: object = "", allowed: tuple[str, ...] = ()
    ) -> RecordError:
        """Return the RecordError for a key of this table."""
        place = f"{self.place}, {key}"
        return RecordError(kind, self.file, place, problem, value=value, allowed=allowed)

    def finish(self) -> None:
        """Raise RecordError if keys are left that the entry does not have."""
        for key in self.table:
            raise self.error("key", key, "unknown key", allowed=tuple(self.asked))


def _read_holiday(row: _Row) -> HolidayRule:
    days = row.take("days", list)
    return HolidayRule(
        code=row.take("code", str),
        change=row.choice("change", Change),
        days=tuple(_month_and_day(row, text) for text in days),
        standing=row.choice("standing", HolidayClass),
        applies_from=row.take("applies_from", date),
        source=row.source(),
    )


def _month_and_day(row: _Row, text: object) -> tuple[int, int]:
    try:
        on = datetime.strptime(f"{_LEAP_YEAR}-{text}", "%Y-%m-%d").date()  # noqa: DTZ007 (no clock in it)
    except ValueError:
        problem = f"{text!r} is no month and day such as 03-21"
        raise row.error("day_of_year", "days", problem, value=text) from None
    if (on.month, on.day) == (2, 29):
        raise row.error("day_of_year", "days", "29 February does not come every year", value=text)
    return on.month, on.day


def _read_religious_day(row: _Row) -> ReligiousDay:
    return ReligiousDay(
        code=row.take("code", str),
        on=row.take("on", date),
        certainty=row.choice("certainty", Certainty),
        source=row.source(),
    )


def _read_transfer(row: _Row) -> Transfer:
    off, work = row.take("off", date), row.take("work", date)
    if off == work:
        raise row.error("same_day", "work", "is the same day as off")
    return Transfer(off=off, work=work, source=row.source())


def _read_override(row: _Row) -> Override:
    return Override(
        on=row.take("on", date),
        working=row.take("working", bool),
        name=row.take("name", str, optional=True),
        source=row.source(),
    )


def _read_confirmed_year(row: _Row) -> ConfirmedYear:
    return ConfirmedYear(year=row.take("year", int), source=row.source())


def _read_balance(row: _Row) -> Balance:
    year, month = row.take("year", int), row.take("month", int, optional=True)
    if month is not None and not 1 <= month <= 12:
        raise row.error("choice", "month", f"{month} is no month", value=month, allowed=("1–12",))
    return Balance(
        year=year,
        month=month,
        days=row.take("days", int),
        status=row.choice("status", BalanceStatus),
        source=row.source(),
    )


_READERS: dict[str, Callable[[_Row], Entry]] = {
    "holiday": _read_holiday,
    "religious_day": _read_religious_day,
    "transfer": _read_transfer,
    "override": _read_override,
    "confirmed_year": _read_confirmed_year,
    "balance": _read_balance,
}
