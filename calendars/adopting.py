"""Checks whether an act that an office adopts agrees with the records already on file.

The shipped records are checked as a whole (`calendars.checks`); an act is checked against the calendar as it
stands on the day it is adopted, so that a slip of the pen is refused before any date moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from calendars.calendar import Calendar
from calendars.checks import TransferMismatch, check
from calendars.entries import (
    Balance,
    ConfirmedYear,
    Entry,
    HolidayRule,
    Override,
    Records,
    ReligiousDay,
    Source,
    Transfer,
    with_records,
)
from calendars.horizon import FIRST, place


class EmptyAct(ValueError):
    """The act contains no entries. `code` "calendar_act_empty", no arguments."""

    code = "calendar_act_empty"

    def __init__(self) -> None:
        super().__init__("the act has no entries")
        self.arguments: Mapping[str, object] = {}


class OnFile(ValueError):
    """The act repeats an entry that is already on record.

    Attributes:
        code: "calendar_record_on_file".
        arguments: `kind` and `number` of the entry among its kind in the act, `act` that contains the existing
            record.
    """

    code = "calendar_record_on_file"

    def __init__(self, kind: str, number: int, act: str) -> None:
        super().__init__(f"{kind} {number}: is on file already ({act})")
        self.arguments: Mapping[str, object] = {"kind": kind, "number": number, "act": act}


class Overruled(ValueError):
    """The act transfers a day that an override on record already decides.

    Attributes:
        code: "calendar_transfer_overruled".
        arguments: `on`, the day; `act`, the act of the override.
    """

    code = "calendar_transfer_overruled"

    def __init__(self, on: date, act: str) -> None:
        super().__init__(f"{on} is decided by an override ({act}), which stands above transfers")
        self.arguments: Mapping[str, object] = {"on": on, "act": act}


def adopt_act(base: Records, act: Records) -> Records:
    """Return the records with the act appended, after checking that it agrees with them.

    Raises:
        EmptyAct: it has no entries.
        OnFile: an entry equals a record on file, from any act.
        calendars.OutOfRange: it contains a day outside the records.
        TransferMismatch: one day of a transfer has already the kind the transfer would give it.
        Overruled: an override keeps a transfer from having effect.
        BalanceMismatch: a confirmed year no longer has the working days of its official balance.
    """
    if not act.entries:
        raise EmptyAct
    _refuse_on_file(base, act)
    for entry in act.entries:
        for day in _entry_days(entry):
            place(day)
    after = Calendar(records=with_records(base, act))
    _check_transfers(base, act, after)
    return check(after).records


def with_known_since(records: Records, on: date) -> Records:
    """Return the records with `known_at` set to the day in every entry that has none.

    An office knows an act from the day it adopts it.
    """
    return Records(
        entries=tuple(
            entry
            if entry.source.known_at is not None
            else replace(entry, source=replace(entry.source, known_at=on, assumed=True))
            for entry in records.entries
        )
    )


def _refuse_on_file(base: Records, act: Records) -> None:
    acts_by_content = {_without_source(entry): entry.source.act for entry in base.entries}
    numbers: dict[str, int] = {}
    for entry in act.entries:
        kind = _KINDS[type(entry)]
        numbers[kind] = numbers.get(kind, 0) + 1
        content = _without_source(entry)
        if content in acts_by_content:
            raise OnFile(kind, numbers[kind], acts_by_content[content])
        acts_by_content[content] = entry.source.act


def _check_transfers(base: Records, act: Records, after: Calendar) -> None:
    """Raise TransferMismatch or Overruled for a transfer of the act that would change nothing."""
    other_entries = tuple(entry for entry in act.entries if not isinstance(entry, Transfer))
    records = with_records(base, other_entries)
    for transfer in act.of(Transfer):
        before = Calendar(records=records)
        for on, works in ((transfer.off, True), (transfer.work, False)):
            if before.is_working(on) != works:
                raise TransferMismatch(transfer, on)
            if after.is_working(on) == works:
                raise Overruled(on, after.day(on).act or transfer.source.act)
        records = with_records(records, (transfer,))


def _without_source(entry: Entry) -> Entry:
    """Return the entry without its source, for comparing contents."""
    return replace(entry, source=_NOBODY)


def _entry_days(entry: Entry) -> Iterator[date]:
    """Yield the days an entry depends on."""
    match entry:
        case Transfer():
            yield from (entry.off, entry.work)
        case ReligiousDay() | Override():
            yield entry.on
        case HolidayRule():
            yield entry.applies_from
        case ConfirmedYear() | Balance():
            yield from _year_start(entry.year)


def _year_start(year: int) -> tuple[date, ...]:
    # A year that is no year at all has no days; the nearest the type knows lies far beyond the records.
    return (FIRST.replace(year=min(max(year, date.min.year), date.max.year)),)


_KINDS: Mapping[type, str] = {
    HolidayRule: "holiday",
    ReligiousDay: "religious_day",
    Transfer: "transfer",
    Override: "override",
    ConfirmedYear: "confirmed_year",
    Balance: "balance",
}
_NOBODY = Source(act="", address="")
