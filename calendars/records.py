"""Records as they stand in the data files: TOML in, entries out. The one module here that reads files.

A text may hold any kinds of entry, so that an act an office adopts can be written like the shipped records:

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
    HolidayRule,
    Override,
    Records,
    ReligiousDay,
    Source,
    Standing,
    Title,
    Transfer,
    with_records,
)

__all__ = ["RecordError", "Records", "parse", "shipped", "with_records"]

_LANGUAGES = ("kk", "ru", "en")
_LEAP_YEAR = 2000


class RecordError(ValueError):
    """An entry that cannot be read.

    Attributes:
        code: "calendar_record_" and what is wrong: `toml`, `kind`, `table`, `missing`, `type`, `choice`, `key`,
            `same_day`, `day_of_year`.
        arguments: `file`, `place` (which entry and key), `problem`, `value` (what stands there), `allowed`
            (what may stand there).
    """

    def __init__(
        self,
        what: str,
        file: str,
        place: str,
        problem: str,
        *,
        value: object = "",
        allowed: tuple[str, ...] = (),
    ) -> None:
        expected = f"; allowed: {', '.join(allowed)}" if allowed else ""
        super().__init__(f"{file}: {place}: {problem}{expected}")
        self.code = f"calendar_record_{what}"
        self.arguments: Mapping[str, object] = {
            "file": file,
            "place": _short(place),
            "problem": _short(problem),
            "value": _short(str(value)),
            "allowed": allowed,
        }


def _short(text: str) -> str:
    """A text as a sentence quotes it: a few lines, not without end."""
    return text if len(text) <= 300 else f"{text[:299]}…"


@cache
def shipped() -> Records:
    """The records that come with the program, read once, on the first question."""
    entries: tuple[Entry, ...] = ()
    folder = files("calendars") / "data"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            entries += parse(file.read_text(encoding="utf-8"), name=file.name).entries
    return Records(entries=entries)


def parse(text: str, *, name: str = "records") -> Records:
    """The entries of a TOML text, in the order they stand there; `name` is what errors call the text.

    Raises:
        RecordError: no TOML, an unknown kind of entry or key, a missing or impossible value.
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
    """One table being read: takes its keys one by one and complains of what is left."""

    def __init__(self, table: dict[str, Any], file: str, place: str) -> None:
        self.table, self.file, self.place = dict(table), file, place
        self.asked: list[str] = []

    def take(self, key: str, kind: type, *, optional: bool = False) -> Any:
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
        value, allowed = self.take(key, str), get_args(of)
        if value not in allowed:
            raise self.error("choice", key, f"{value!r} is unknown", value=value, allowed=allowed)
        return value

    def source(self) -> Source:
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
        """A title by language, or one text for all; None where there is none."""
        said = self.table.get("title")
        if not isinstance(said, dict):
            text = self.take("title", str, optional=True)
            return Title(kk=text, ru=text, en=text) if text else None
        self.asked.append("title")
        del self.table["title"]
        for language, text in said.items():
            if language not in _LANGUAGES or not isinstance(text, str):
                place = f"title.{language}"
                raise self.error("choice", place, f"{text!r} is no title", value=language, allowed=_LANGUAGES)
        return Title(**said)

    def error(
        self, what: str, key: str, problem: str, *, value: object = "", allowed: tuple[str, ...] = ()
    ) -> RecordError:
        place = f"{self.place}, {key}"
        return RecordError(what, self.file, place, problem, value=value, allowed=allowed)

    def finish(self) -> None:
        for key in self.table:
            raise self.error("key", key, "unknown key", allowed=tuple(self.asked))


def _holiday(row: _Row) -> HolidayRule:
    days = row.take("days", list)
    return HolidayRule(
        code=row.take("code", str),
        change=row.choice("change", Change),
        days=tuple(_month_and_day(row, text) for text in days),
        standing=row.choice("standing", Standing),
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


def _religious(row: _Row) -> ReligiousDay:
    return ReligiousDay(
        code=row.take("code", str),
        on=row.take("on", date),
        certainty=row.choice("certainty", Certainty),
        source=row.source(),
    )


def _transfer(row: _Row) -> Transfer:
    off, work = row.take("off", date), row.take("work", date)
    if off == work:
        raise row.error("same_day", "work", "is the same day as off")
    return Transfer(off=off, work=work, source=row.source())


def _override(row: _Row) -> Override:
    return Override(
        on=row.take("on", date),
        working=row.take("working", bool),
        name=row.take("name", str, optional=True),
        source=row.source(),
    )


def _confirmed(row: _Row) -> ConfirmedYear:
    return ConfirmedYear(year=row.take("year", int), source=row.source())


def _balance(row: _Row) -> Balance:
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
    "holiday": _holiday,
    "religious_day": _religious,
    "transfer": _transfer,
    "override": _override,
    "confirmed_year": _confirmed,
    "balance": _balance,
}
