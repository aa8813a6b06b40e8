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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from calendars.refusal import Refusal

_LEAP_YEAR = 2000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ActTitle(_Frozen):
    """Title of an act by language; "" where it has none in a language."""

    kk: str = ""
    ru: str = ""
    en: str = ""

    def __getitem__(self, language: str) -> str:
        """Return the title in a language, else in the closest one: acts have no English text of their own."""
        texts = {"kk": self.kk, "ru": self.ru, "en": self.en}
        return texts.get(language) or self.ru or self.kk or self.en


def _in_all_languages(title: object) -> object:
    return {"kk": title, "ru": title, "en": title} if isinstance(title, str) else title


class Source(_Frozen):
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
    title: Annotated[ActTitle | None, BeforeValidator(_in_all_languages)] = None
    number: str = ""

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known."""
        return self.known_at or self._known_unless_recorded()

    def _known_unless_recorded(self) -> date:
        """Return the day an entry without `known_at` counts as known from."""
        return date.min

    def content(self) -> object:
        """Return what the entry says without its source, for finding entries that say the same."""
        return type(self), self.model_dump_json(exclude=set(Source.model_fields))


def _month_and_day(text: object) -> tuple[int, int]:
    """Return month and day of a text such as 03-21; refuse one that does not come every year."""
    try:
        on = datetime.strptime(f"{_LEAP_YEAR}-{text}", "%Y-%m-%d").date()  # noqa: DTZ007 (no clock in it)
    except ValueError:
        problem = f"{text!r} is no month and day such as 03-21"
        raise PydanticCustomError("day_of_year", "{problem}", {"problem": problem}) from None
    if (on.month, on.day) == (2, 29):
        raise PydanticCustomError("day_of_year", "29 February does not come every year")
    return on.month, on.day


class HolidayRule(Source):
    """A rule that makes a day of every year a day off, or stops doing so, from `applies_from` on.

    National and state holidays move when they fall on a day off; religious days (Labour Code art. 84(5))
    never do.
    """

    code: str
    change: Literal["introduced", "abolished"]
    days: Annotated[
        tuple[Annotated[tuple[int, int], BeforeValidator(_month_and_day)], ...], Field(strict=False)
    ]
    standing: Literal["national", "state", "religious"]
    applies_from: date


class ReligiousDay(Source):
    """A religious day off in one year, set by the lunar calendar; it may move by one day until announced."""

    code: str
    on: date
    certainty: Literal["calculated", "listed", "announced_final"]

    @property
    def known_from(self) -> date:
        """First day on which the entry counts as known: a calculation always was."""
        return date.min if self.certainty == "calculated" else super().known_from

    def _known_unless_recorded(self) -> date:
        return _eve_of_year(self.on.year)


class Transfer(Source):
    """An ordered exchange of two days (Labour Code art. 85(3)): `off` becomes a day off, `work` a working day.

    `work` may be a Saturday, a Sunday or a weekday that was a day off, and may lie in another year.
    """

    off: date
    work: date

    @model_validator(mode="after")
    def _two_days(self) -> Self:
        """Refuse the transfer of a day to itself."""
        if self.off == self.work:
            raise PydanticCustomError("same_day", "is the same day as off")
        return self

    def _known_unless_recorded(self) -> date:
        return _eve_of_year(min(self.off, self.work).year)


class Override(Source):
    """A single day that an act makes a day off or a working day, above all other rules."""

    on: date
    working: bool
    name: str | None = None

    def _known_unless_recorded(self) -> date:
        return _eve_of_year(self.on.year)


class ConfirmedYear(Source):
    """A year whose production calendar, or every act that makes it, has been checked by a person."""

    year: int

    def _known_unless_recorded(self) -> date:
        return _eve_of_year(self.year)


class Balance(Source):
    """Official number of working days of a month (of the year when `month` is None), five-day week."""

    year: int
    month: Annotated[int | None, Field(ge=1, le=12)] = None
    days: int
    status: Literal["as published", "final"]

    def _known_unless_recorded(self) -> date:
        return _eve_of_year(self.year)


def _eve_of_year(year: int) -> date:
    """Return 31 December before a year: an order without a recorded date counts as known by then (assumed)."""
    return date(year - 1, 12, 31) if year > date.min.year else date.min


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


@dataclass(frozen=True)
class Records:
    """All entries on file, in the order they were appended."""

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


def with_records(base: Records, extra: Records | Iterable[Entry]) -> Records:
    """Return the records with more entries appended, unchecked, e.g. those of an act that an office adopted."""
    return Records(base.entries + (extra.entries if isinstance(extra, Records) else tuple(extra)))


class RecordError(Refusal, ValueError):
    """An entry of a records file cannot be read.

    Attributes:
        code: "calendar_record_" and what is wrong: `toml`, `kind`, `table`, `missing`, `type`, `choice`, `key`,
            `same_day`, `day_of_year`.
        arguments: `file`, `place` (which entry and key), `problem`, `value` (what stands there), `allowed`
            (what may stand there).
    """

    def __init__(
        self, kind: str, file: str, place: str, problem: str, *, value: object = "", allowed: Iterable[str] = ()
    ) -> None:
        allowed = tuple(allowed)
        about = {"place": place, "problem": problem, "value": str(value), "allowed": allowed}
        super().__init__(f"calendar_record_{kind}", file=file, **about)
        self._text = f"{file}: {place}: {problem}" + (f"; allowed: {', '.join(allowed)}" if allowed else "")

    def __str__(self) -> str:
        return self._text


@cache
def shipped_records() -> Records:
    """Return the records that come with the program; the files are read once, on the first call."""
    folder = files("calendars") / "data"
    tables = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return Records(
        tuple(entry for file in tables for entry in parse(file.read_text("utf-8"), name=file.name).entries)
    )


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
        if kind not in KINDS:
            raise RecordError("kind", name, kind, "unknown kind of entry", allowed=KINDS)
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise RecordError("table", name, kind, f"write every entry under [[{kind}]]")
        for number, table in enumerate(tables, start=1):
            try:
                entries.append(KINDS[kind].model_validate(table))
            except ValidationError as invalid:
                raise _error_of(invalid, KINDS[kind], name, f"{kind} {number}") from None
    return Records(tuple(entries))


_CODES = {"missing": "missing", "extra_forbidden": "key", "same_day": "same_day", "day_of_year": "day_of_year"}


def _error_of(invalid: ValidationError, model: type[BaseModel], file: str, place: str) -> RecordError:
    """Return the first mistake of an entry as a RecordError; a wrong value before a missing one."""
    error: Any = min(invalid.errors(), key=lambda error: error["type"] == "missing")
    key = str(error["loc"][0]) if error["loc"] else "work"  # the one check of a whole entry is Transfer's
    value, kind = error["input"], error["type"]
    allowed: tuple[str, ...] = ()
    code = _CODES.get(kind, "type" if kind.endswith("_type") or "date" in kind else "choice")
    match code:
        case "missing":
            problem, value = "is missing", ""
        case "key":
            own = ActTitle if key == "title" else model
            problem, allowed = (
                "unknown key",
                tuple(sorted(own.model_fields, key=Source.model_fields.__contains__)),
            )
        case "type":
            allowed = (kind.partition("_")[0],)
            problem = f"{value!r} is no {allowed[0]}"
        case "choice":
            expected = error.get("ctx", {}).get("expected", "1–12")
            allowed = tuple(choice.strip("' ") for choice in expected.replace(" or ", ",").split(","))
            problem = f"{value!r} is unknown"
        case _:
            problem = error["msg"]
    where = ".".join([key, *(part for part in error["loc"][1:] if isinstance(part, str))])
    return RecordError(code, file, f"{place}, {where}", problem, value=value, allowed=allowed)
