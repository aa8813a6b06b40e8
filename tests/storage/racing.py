"""Functions run by a second process of the tests, importable there under this name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from multiprocessing.synchronize import Barrier
from os import getpid
from typing import Any

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.notices.outbox import SqlOutbox
from tests.case_rows import RowCommands
from tests.storage.sample_cases import NOW, TODAY, case_commands, later
from tests.storage.test_ledger import race
from workflow.moments import Moment
from workflow.ports import Conflict

_meeting: list[Barrier] = []


def meet_at(together: Barrier) -> None:
    """Set where the processes of a pool meet."""
    _meeting[:] = [together]


def take_part(work: Callable[..., Any], *arguments: object) -> Any:
    """Do one part of a race."""
    return work(*arguments, *_meeting)


def append(url: str, case_id: str, together: Barrier) -> str:
    """Read the case, meet the other process, write one event: "won" or "conflict"."""
    engine = open_database(url)
    try:
        ledger = SqlLedger(engine)
        case = ledger.case(case_id)
        assert case is not None
        change = race(ledger, case)
        together.wait(30)
        try:
            ledger.append([change], now=NOW)
        except Conflict:
            return "conflict"
        return "won"
    finally:
        engine.dispose()


SAID = 6
"""Remarks each process makes."""


def speak(url: str, case_id: str, together: Barrier) -> list[int]:
    """Make remarks on the case, one after another; the numbers of those that were refused."""
    engine, refused = open_database(url), []
    stamp = Moment(by="б", now=NOW, today=TODAY)
    try:
        registers = RowCommands(case_commands(engine))
        together.wait(30)
        for n in range(SAID):
            try:
                text, on = f"{getpid()}.{n}", date(2026, 1, 20)
                registers.remark(case_id, text=text, author="", source="discussion", on=on, at=stamp)
            except Conflict:
                refused.append(n)
        return refused
    finally:
        engine.dispose()


def ids(url: str, together: Barrier) -> list[str]:
    """Thirty ids, asked for one by one."""
    engine = open_database(url)
    try:
        together.wait(30)
        return [SqlLedger(engine).next_ids(2026, 1)[0] for _ in range(30)]
    finally:
        engine.dispose()


def claim(url: str, together: Barrier) -> list[str]:
    """Keys of all notices this process could claim, few at a time."""
    engine = open_database(url)
    try:
        outbox, keys = SqlOutbox(engine), []
        together.wait(30)
        while claimed_notices := outbox.claim("email", now=later(60), limit=3):
            keys += [notice.key for notice in claimed_notices]
        return keys
    finally:
        engine.dispose()
