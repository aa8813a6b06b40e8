"""Calendar records: the entries of acts that make days working or off, and the TOML files they stand in.

Entries are appended, never edited: a rule that ends gets an entry that abolishes it, an announcement that
changes gets a second announcement. `known_at` alone decides what an earlier day knew. One file may contain
entries of any kind; an act adopted by an office has the same format as the shipped records:

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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T")
Listed = Annotated[tuple[T, ...], Strict(False)]
"""Annotation: a list of a file."""


class Model(BaseModel):
    """A table of a file: only the keys it declares, with values of exactly their types."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, table: Any) -> Any:
        """Refuse a key that a table of a file, of the law or the calendar, does not have; name those it has."""
        keys = cls.keys()
        for key in table if isinstance(table, dict) else ():
            if key not in keys:
                raise wrong("unknown_key", value=key, allowed=keys)
        return table

    @classmethod
    @cache
    def keys(cls) -> tuple[str, ...]:
        """Return the keys a file may give: every field but those the program fills (`exclude`)."""
        fields = cls.model_fields.items()
        return tuple(field.alias or name for name, field in fields if not field.exclude)

    def replaced(self, **values: Any) -> Self:
        """Return a copy with other values, unchecked; nothing computed from the old ones is taken over."""
        copy = self.model_copy(update=values)
        for name in vars(copy).keys() - type(self).model_fields.keys():
            del vars(copy)[name]
        return copy


def wrong(code: str, *keys: str | int, **arguments: object) -> PydanticCustomError:
    """Return the error that a validator raises for a table or list; the keys lead to the mistake in it."""
    return PydanticCustomError(code, code, {"keys": keys, **arguments})


class ActTitle(Model):
    """Title of an act by language; "" where it has none in a language."""

    kk: str = ""
    ru: str = ""
    en: str = ""

    def __getitem__(self, language: str) -> str:
        """Return the title in a language, else in the closest one: acts have no English text of their own."""
        return getattr(self, language, "") or self.ru or self.kk or self.en


def _in_languages(title: object) -> object:
    return dict.fromkeys(ActTitle.keys(), title) if isinstance(title, str) else title


class Source(Model):
    """What every entry says of its source.

    Attributes:
        act: id of the act (as adilet.zan.kz names it), or of the document when it is no act.
        address: where it can be read.
        adopted, in_force: dates of the act, where known.
        known_at: the first day on which the entry could be known; None where that was not recorded.
        assumed: True when `known_at` or the date of effect is our assumption.
        note: remark for readers.
        title, number: title and official number of the act, where known; used in letters.
    """

    act: str
    address: str
    adopted: date | None = None
    in_force: date | None = None
    known_at: date | None = None
    assumed: bool = False
    note: str = ""
    title: Annotated[ActTitle | None, BeforeValidator(_in_languages)] = None
    number: str = ""
    _DATES: ClassVar[tuple[str, ...]] = ("on",)

    @property
    def dates(self) -> tuple[date, ...]:
        """The days it is about; of a rule or a year the first."""
        return tuple(getattr(self, name) for name in self._DATES)

    @property
    def known_from(self) -> date:
        """First day on which it counts as known: unless recorded, the eve of its year (assumed)."""
        year = min(self.dates).year
        return self.known_at or (date(year - 1, 12, 31) if year > date.min.year else date.min)

    def content(self) -> object:
        """Return what the entry says without its source, for finding entries that say the same."""
        return type(self), self.model_dump_json(exclude=set(Source.model_fields))


def month_and_day(text: object) -> tuple[int, int]:
    """Return month and day of a text such as 03-21; refuse one that does not come every year."""
    try:
        # A year without 29 February: such a date would not come every year.
        on = date.fromisoformat(f"2001-{text}")
    except ValueError:
        raise wrong("not_written_so", example='"03-21"') from None
    return on.month, on.day


class HolidayRule(Source):
    """A rule that makes a day of every year a day off, or stops doing so, from `applies_from` on.

    National and state holidays move when they fall on a day off; religious days (Labour Code art. 84(5))
    never do.
    """

    code: str
    change: Literal["introduced", "abolished"]
    days: Listed[Annotated[tuple[int, int], BeforeValidator(month_and_day)]]
    standing: Literal["national", "state", "religious"]
    applies_from: date
    _DATES = ("applies_from",)

    @property
    def known_from(self) -> date:
        """First day on which the rule counts as known: always, where that was not recorded."""
        return self.known_at or date.min


class ReligiousDay(Source):
    """A religious day off in one year, set by the lunar calendar; it may move by one day until announced."""

    code: str
    on: date
    certainty: Literal["calculated", "listed", "announced_final"]

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known: a calculation always was."""
        return date.min if self.certainty == "calculated" else super().known_from


class Transfer(Source):
    """An ordered exchange of two days (Labour Code art. 85(3)): `off` becomes a day off, `work` a working day.

    `work` may be a Saturday, a Sunday or a weekday that was a day off, and may lie in another year.
    """

    off: date
    work: date
    _DATES = ("off", "work")

    @model_validator(mode="after")
    def _two_days(self) -> Self:
        """Refuse the transfer of a day to itself."""
        if self.off == self.work:
            raise wrong("same_day", "work")
        return self


class Override(Source):
    """A single day that an act makes a day off or a working day, above all other rules."""

    on: date
    working: bool
    name: str | None = None


class _OfYear(Source):
    year: int

    @property
    def dates(self) -> tuple[date, ...]:
        # A year that is no year at all has no days; the nearest the type knows lies far beyond the records.
        return (date(min(max(self.year, date.min.year), date.max.year), 1, 1),)


class ConfirmedYear(_OfYear):
    """A year whose production calendar, or every act that makes it, has been checked by a person."""


class Balance(_OfYear):
    """Official number of working days of a month (of the year when `month` is None), five-day week."""

    month: Annotated[int | None, Field(ge=1, le=12)] = None
    days: int
    status: Literal["as published", "final"]


Entry = HolidayRule | ReligiousDay | Transfer | Override | ConfirmedYear | Balance
Kind = TypeVar("Kind")

KINDS: Mapping[str, type[Entry]] = {
    "holiday": HolidayRule,
    "religious_day": ReligiousDay,
    "transfer": Transfer,
    "override": Override,
    "confirmed_year": ConfirmedYear,
    "balance": Balance,
}
"""The kinds of entry by their name in a file."""


class RecordsFile(Model):
    """A file of records, its entries by kind."""

    holiday: Listed[HolidayRule] = ()
    religious_day: Listed[ReligiousDay] = ()
    transfer: Listed[Transfer] = ()
    override: Listed[Override] = ()
    confirmed_year: Listed[ConfirmedYear] = ()
    balance: Listed[Balance] = ()

    @property
    def records(self) -> Records:
        return Records(tuple(entry for kind in KINDS for entry in getattr(self, kind)))


@dataclass(frozen=True)
class Records:
    """All entries on file; those of a kind in the order they were appended."""

    entries: tuple[Entry, ...] = ()

    def known_on(self, as_of: date) -> Records:
        """Return the entries known on a day."""
        return Records(tuple(entry for entry in self.entries if entry.known_from <= as_of))

    @cached_property
    def turns(self) -> tuple[date, ...]:
        """Days on which entries became known, ascending."""
        return tuple(sorted({entry.known_from for entry in self.entries}))

    @cached_property
    def _hash(self) -> int:
        return hash(self.entries)

    def __hash__(self) -> int:
        return self._hash

    def of(self, kind: type[Kind]) -> tuple[Kind, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, kind))


def with_records(base: Records, extra: Records) -> Records:
    """Return the records with more entries appended, unchecked, e.g. those of an act that an office adopted."""
    return Records(base.entries + extra.entries)


@cache
def shipped_records() -> Records:
    """Return the records that come with the program; the files are read once, on the first call."""
    folder = files("calendars") / "data"
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".toml")]
    read = (RecordsFile.model_validate(tomllib.loads(text)).records for text in texts)
    return Records(tuple(entry for records in read for entry in records.entries))
