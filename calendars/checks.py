"""Checks that records must pass before anything is computed from them, and an act before an office adopts it.

The shipped records are checked as a whole; an act is checked against the calendar as it stands on the day it is
adopted, so that a slip of the pen is refused before any date moves.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

from calendars.horizon import FIRST, LAST, place
from calendars.kazakhstan import Kazakhstan, compiled
from calendars.records import (
    KINDS,
    Balance,
    ConfirmedYear,
    Entry,
    HolidayRule,
    Records,
    Transfer,
    with_records,
)


class BalanceMismatch(ValueError):
    """A confirmed year has another number of working days than its official balance.

    Attributes:
        code: "balance_mismatch_month" or "balance_mismatch_year".
        arguments: `year`, `month` (None for the year's total), `official` and `computed` working days, `act`.
    """

    def __init__(self, balance: Balance, computed: int) -> None:
        month = f"-{balance.month:02}" if balance.month else ""
        super().__init__(
            f"{balance.year}{month}: the records make {computed} working days, the official balance "
            f"({balance.act}) says {balance.days}"
        )
        self.code = "balance_mismatch_month" if balance.month else "balance_mismatch_year"
        self.arguments: Mapping[str, object] = {
            "year": balance.year,
            "month": balance.month,
            "official": balance.days,
            "computed": computed,
            "act": balance.act,
        }


class TransferMismatch(ValueError):
    """A transfer one day of which changes nothing: it was off already, or working already.

    Attributes:
        code: "transfer_off_mismatch" or "transfer_work_mismatch", by the end that does not change.
        arguments: `on`, the day that does not change, `off` and `work`, the pair, `act`.
    """

    def __init__(self, transfer: Transfer, on: date) -> None:
        self.code, state = (
            ("transfer_off_mismatch", "is a day off already")
            if on == transfer.off
            else ("transfer_work_mismatch", "is a working day already")
        )
        super().__init__(f"transfer {transfer.off} for {transfer.work} ({transfer.act}): {on} {state}")
        self.arguments: Mapping[str, object] = {
            "on": on,
            "off": transfer.off,
            "work": transfer.work,
            "act": transfer.act,
        }


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


def check(calendar: Kazakhstan) -> Kazakhstan:
    """Return the calendar after checking it against its official balances and its transfers.

    Raises:
        BalanceMismatch: working days of a month or year differ from the official balance.
        TransferMismatch: a transfer leaves one of its two days as it was.
    """
    _check_transfers(calendar.records)
    for balance in prevailing_balances(calendar.records):
        if balance.year in calendar.confirmed:
            computed = calendar.count_working_days(*_balance_span(balance))
            if computed != balance.days:
                raise BalanceMismatch(balance, computed)
    return calendar


def prevailing_balances(records: Records) -> tuple[Balance, ...]:
    """Return one balance per month or year: the final one where there is one, else the published one."""
    balances: dict[tuple[int, int | None], Balance] = {}
    for balance in records.of(Balance):
        prevailing = balances.get((balance.year, balance.month))
        if prevailing is None or prevailing.status == "as published" or balance.status == "final":
            balances[balance.year, balance.month] = balance
    return tuple(balances.values())


def _check_transfers(records: Records) -> None:
    """Raise TransferMismatch for a transfer that leaves one of its days as it was."""
    other_entries = tuple(entry for entry in records.entries if not isinstance(entry, Transfer))
    plain = compiled(Records(other_entries))
    for transfer in records.of(Transfer):
        for on, works in ((transfer.off, True), (transfer.work, False)):
            if FIRST <= on <= LAST and plain.is_working_day(on) != works:
                raise TransferMismatch(transfer, on)


def _balance_span(balance: Balance) -> tuple[date, date]:
    """Return the first and last day of the month or year of a balance."""
    if balance.month is None:
        return date(balance.year, 1, 1), date(balance.year, 12, 31)
    last = monthrange(balance.year, balance.month)[1]
    return date(balance.year, balance.month, 1), date(balance.year, balance.month, last)


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
    after = compiled(with_records(base, act))
    _check_transfers_of(act, base, after)
    return check(after).records


def with_known_since(records: Records, on: date) -> Records:
    """Return the records with `known_at` set to the day in every entry that has none.

    An office knows an act from the day it adopts it.
    """
    return Records(
        tuple(
            entry.model_copy(update={} if entry.known_at else {"known_at": on, "assumed": True})
            for entry in records.entries
        )
    )


def _refuse_on_file(base: Records, act: Records) -> None:
    acts_by_content = {entry.content(): entry.act for entry in base.entries}
    names = {kind: name for name, kind in KINDS.items()}
    numbers: Counter[str] = Counter()
    for entry in act.entries:
        name, content = names[type(entry)], entry.content()
        numbers[name] += 1
        if content in acts_by_content:
            raise OnFile(name, numbers[name], acts_by_content[content])
        acts_by_content[content] = entry.act


def _check_transfers_of(act: Records, base: Records, after: Kazakhstan) -> None:
    """Raise TransferMismatch or Overruled for a transfer of the act that would change nothing."""
    records = with_records(base, [entry for entry in act.entries if not isinstance(entry, Transfer)])
    for transfer in act.of(Transfer):
        before = compiled(records)
        for on, works in ((transfer.off, True), (transfer.work, False)):
            if before.is_working_day(on) != works:
                raise TransferMismatch(transfer, on)
            if after.is_working_day(on) == works:
                raise Overruled(on, after.day(on).act or transfer.act)
        records = with_records(records, (transfer,))


def _entry_days(entry: Entry) -> Iterator[date]:
    """Yield the days an entry depends on."""
    match entry:
        case Transfer():
            yield from (entry.off, entry.work)
        case HolidayRule():
            yield entry.applies_from
        case ConfirmedYear() | Balance():
            # A year that is no year at all has no days; the nearest the type knows lies far beyond the records.
            yield FIRST.replace(year=min(max(entry.year, date.min.year), date.max.year))
        case _:
            yield entry.on
