"""Entries of the records: one frozen value per kind of entry, with the day each became known.

Entries are appended, never edited: a rule that ends gets an entry that abolishes it, an announcement that
changes gets a second announcement. `known_at` alone decides what an earlier day knew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, TypeVar

HolidayClass = Literal["national", "state", "religious"]
Change = Literal["introduced", "abolished"]
Certainty = Literal["calculated", "listed", "announced_final"]
BalanceStatus = Literal["as published", "final"]

Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """Title of an act by language; "" where it has none in a language."""

    kk: str = ""
    ru: str = ""
    en: str = ""

    def __getitem__(self, language: str) -> str:
        """Return the title in a language, else in the closest available one: acts have no English text of their
        own.
        """
        texts = {"kk": self.kk, "ru": self.ru, "en": self.en}
        return texts.get(language) or self.ru or self.kk or self.en


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The source of an entry.

    Attributes:
        act: id of the act (as adilet.zan.kz names it), or of the document when it is no act.
        address: where it can be read.
        title, number: title and official number of the act, where known; used in letters.
        adopted, in_force: dates of the act, where known.
        known_at: the first day on which the entry could be known; None where that was not recorded.
        assumed: True when `known_at` or the date of effect is our assumption.
        note: remark for readers.
    """

    act: str
    address: str
    adopted: date | None = None
    in_force: date | None = None
    known_at: date | None = None
    assumed: bool = False
    note: str = ""
    title: Title | None = None
    number: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HolidayRule:
    """A rule that makes a day of every year a day off, or stops doing so, from `applies_from` on.

    National and state holidays move when they fall on a day off; religious days (Labour Code art. 84(5))
    never do.
    """

    code: str
    change: Change
    days: tuple[tuple[int, int], ...]
    standing: HolidayClass
    applies_from: date
    source: Source

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.source.known_at or date.min


@dataclass(frozen=True, kw_only=True, slots=True)
class ReligiousDay:
    """A religious day off in one year, set by the lunar calendar; it may move by one day until announced as
    final.
    """

    code: str
    on: date
    certainty: Certainty
    source: Source

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        if self.certainty == "calculated":
            return date.min
        return self.source.known_at or _eve_of_year(self.on)


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """An ordered exchange of two days (Labour Code art. 85(3)): `off` becomes a day off, `work` a working day.

    `work` may be a Saturday, a Sunday or a weekday that was a day off, and may lie in another year.
    """

    off: date
    work: date
    source: Source

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.source.known_at or _eve_of_year(min(self.off, self.work))


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """A single day that an act makes a day off or a working day, above all other rules."""

    on: date
    working: bool
    source: Source
    name: str | None = None

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.source.known_at or _eve_of_year(self.on)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfirmedYear:
    """A year whose production calendar, or every act that makes it, has been checked by a person."""

    year: int
    source: Source

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.source.known_at or date(self.year - 1, 12, 31)


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """Official number of working days of a month (of the year when `month` is None), five-day week."""

    year: int
    month: int | None
    days: int
    status: BalanceStatus
    source: Source

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.source.known_at or date(self.year - 1, 12, 31)


Entry = HolidayRule | ReligiousDay | Transfer | Override | ConfirmedYear | Balance


@dataclass(frozen=True, kw_only=True)
class Records:
    """All entries on file, in the order they were appended."""

    entries: tuple[Entry, ...] = ()

    def known_on(self, as_of: date | None) -> Records:
        """Return the entries known on a day; all of them for None."""
        if as_of is None:
            return self
        return Records(entries=tuple(entry for entry in self.entries if entry.known_from <= as_of))

    @cached_property
    def turns(self) -> tuple[date, ...]:
        """Days on which entries became known, ascending."""
        return tuple(sorted({entry.known_from for entry in self.entries}))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.entries)

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Return the entries of one kind."""
        return tuple(entry for entry in self.entries if isinstance(entry, kind))


def with_records(base: Records, extra: Records | Iterable[Entry]) -> Records:
    """Return the records with more entries appended, e.g. those of an act that an office adopted."""
    extra_entries = extra.entries if isinstance(extra, Records) else tuple(extra)
    return Records(entries=base.entries + extra_entries)


def _eve_of_year(day: date) -> date:
    """Return 31 December before the day's year: an order without a recorded date counts as known by then
    (assumed).
    """
    return date(day.year - 1, 12, 31)
