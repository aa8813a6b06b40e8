"""Two processes on one database: a service and a command, or two concurrent users."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.notices.outbox import SqlOutbox
from tests.processes import FORKED
from tests.storage import racing
from tests.storage.sample_cases import letter, opened
from tests.storage.test_outbox import settlement


def two(work: Callable[..., Any], *arguments: object) -> list[Any]:
    """The work done by two fresh processes that begin at the same moment."""
    together = FORKED.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=FORKED, initializer=racing.meet_at, initargs=(together,)) as pool:
        futures = [pool.submit(racing.take_part, work, *arguments) for _ in range(2)]
        return [future.result(60) for future in futures]


def test_of_two_processes_one_wins_and_the_other_gets_a_conflict(engine: Engine, url: str) -> None:
    """The same case written at once: one event more, not two."""
    case = opened(engine)

    results = two(racing.append, url, case.id)

    assert sorted(results) == ["conflict", "won"]
    assert len(SqlLedger(engine).events(case.id)) == case.seq + 1


def test_two_processes_never_get_the_same_id(engine: Engine, url: str) -> None:
    """Ids are reserved in the database, not in a process."""
    first, second = two(racing.ids, url)

    assert len({*first, *second}) == 60
    assert sorted(first) == first


def test_two_processes_never_claim_the_same_notice(engine: Engine, url: str) -> None:
    """Of two deliveries each letter is sent by one."""
    case = opened(engine)
    row = SqlLedger(engine).rows(case.id)["order_signed"]
    letters = tuple(
        replace(letter(row, person=f"{n}@example.kz"), key=f"{letter(row).key}:{n}") for n in range(40)
    )
    SqlOutbox(engine).settle([settlement(row, *letters)])

    first, second = two(racing.claim, url)

    assert sorted([*first, *second]) == sorted(letter.key for letter in letters)
