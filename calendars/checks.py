"""Checks that records must pass before anything is computed from them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from calendars.calendar import Calendar
from calendars.entries import Balance, Records, Transfer
from calendars.horizon import FIRST, LAST


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
            f"({balance.source.act}) says {balance.days}"
        )
        self.code = "balance_mismatch_month" if balance.month else "balance_mismatch_year"
        self.arguments: Mapping[str, object] = {
            "year": balance.year,
            "month": balance.month,
            "official": balance.days,
            "computed": computed,
            "act": balance.source.act,
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
        super().__init__(f"transfer {transfer.off} for {transfer.work} ({transfer.source.act}): {on} {state}")
        self.arguments: Mapping[str, object] = {
            "on": on,
            "off": transfer.off,
            "work": transfer.work,
            "act": transfer.source.act,
        }


def check(calendar: Calendar) -> Calendar:
    """Return the calendar after checking it against its official balances and its transfers.

    Raises:
        BalanceMismatch: working days of a month or year differ from the official balance.
        TransferMismatch: a transfer leaves one of its two days as it was.
    """
    _check_transfers(calendar.records)
    for balance in prevailing_balances(calendar.records):
        if balance.year in calendar.table.confirmed:
            computed = calendar.count(*_balance_span(balance))
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
    plain = Calendar(records=Records(entries=other_entries))
    for transfer in records.of(Transfer):
        for on, works in ((transfer.off, True), (transfer.work, False)):
            if FIRST <= on <= LAST and plain.is_working(on) != works:
                raise TransferMismatch(transfer, on)


def _balance_span(balance: Balance) -> tuple[date, date]:
    """Return the first and last day of the month or year of a balance."""
    if balance.month is None:
        return date(balance.year, 1, 1), date(balance.year, 12, 31)
    last = monthrange(balance.year, balance.month)[1]
    return date(balance.year, balance.month, 1), date(balance.year, balance.month, last)
