"""Checks that records must pass before anything is computed from them, and an act before an office adopts it.

The shipped records are checked as a whole; an act is checked against the calendar as it stands on the day it is
adopted, so that a slip of the pen is refused before any date moves.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from calendars.kazakhstan import Kazakhstan, compiled
from calendars.records import KINDS, Balance, Records, Transfer, with_records
from calendars.refusal import Refusal, index_of
from calendars.terms import month_end


class RecordsRefused(Refusal, ValueError):
    """Records that contradict themselves, or an act that contradicts the records it comes to: always with the
    `act` of the entry that is refused or stands against it.
    """


def check(calendar: Kazakhstan) -> Kazakhstan:
    """Return the calendar after checking its transfers, and its confirmed years against the official balances.
    Raises RecordsRefused: working days of a month or year differ from the official balance
    (`balance_mismatch_month`, `_year`), or a transfer leaves one of its two days as it was
    (`transfer_off_mismatch`, `transfer_work_mismatch`).
    """
    _check_transfers(calendar.records)
    for balance in prevailing_balances(calendar.records):
        first = date(balance.year, balance.month or 1, 1)
        if balance.year in calendar.confirmed:
            computed = calendar.count_working_days(first, month_end(balance.year, balance.month or 12))
            if computed != balance.days:
                raise RecordsRefused(
                    "balance_mismatch_month" if balance.month else "balance_mismatch_year",
                    year=balance.year,
                    month=balance.month,
                    official=balance.days,
                    computed=computed,
                    act=balance.act,
                )
    return calendar


def prevailing_balances(records: Records) -> tuple[Balance, ...]:
    """Return one balance per month or year: the final one where there is one, else the published one."""
    final_last = sorted(records.of(Balance), key=lambda balance: balance.status == "final")
    return tuple({(balance.year, balance.month): balance for balance in final_last}.values())


def _check_transfers(records: Records) -> None:
    """Raise RecordsRefused for a transfer that leaves a day as the rules, and transfers before it, made it."""
    plain = compiled(Records(tuple(entry for entry in records.entries if not isinstance(entry, Transfer))))
    ordered: dict[date, bool] = {}
    for transfer in records.of(Transfer):
        for on, works in ((transfer.off, True), (transfer.work, False)):
            if on in plain.table and ordered.get(on, plain.is_working_day(on)) != works:
                code = "transfer_off_mismatch" if works else "transfer_work_mismatch"
                raise RecordsRefused(code, on=on, off=transfer.off, work=transfer.work, act=transfer.act)
            ordered[on] = not works


def check_act_fits(base: Records, act: Records) -> Records:
    """Check that an act fits the records, before an office adopts it; return them with it appended.

    Raises:
        RecordsRefused: it has no entries (`calendar_act_empty`), repeats one on file
            (`calendar_record_on_file`), orders what is so already, transfers a day an override decides
            (`calendar_transfer_overruled`), or makes a confirmed year differ from its official balance.
        calendars.OutOfRange: it contains a day outside the records.
    """
    if not act.entries:
        raise RecordsRefused("calendar_act_empty")
    _refuse_on_file(base, act)
    for entry in act.entries:
        for day in entry.dates:
            index_of(day)
    after = compiled(with_records(base, act))
    _check_transfers(after.records)
    for transfer in act.of(Transfer):
        for made in map(after.day, transfer.dates):
            if made.working != (made.on == transfer.work):
                raise RecordsRefused("calendar_transfer_overruled", on=made.on, act=made.act or transfer.act)
    return check(after).records


def with_known_since(records: Records, on: date) -> Records:
    """Return the records, those without `known_at` known (assumed) from the day an office adopts them."""
    dated = (
        entry if entry.known_at else entry.replaced(known_at=on, assumed=True) for entry in records.entries
    )
    return Records(tuple(dated))


def _refuse_on_file(base: Records, act: Records) -> None:
    """Raise RecordsRefused for an entry that the records, or the act itself before it, already have."""
    acts_by_content = {entry.content(): entry.act for entry in base.entries}
    names = {kind: name for name, kind in KINDS.items()}
    numbers: Counter[str] = Counter()
    for entry in act.entries:
        name, content = names[type(entry)], entry.content()
        numbers[name] += 1
        if content in acts_by_content:
            act_on_file = acts_by_content[content]
            raise RecordsRefused("calendar_record_on_file", kind=name, number=numbers[name], act=act_on_file)
        acts_by_content[content] = entry.act
