"""Shared computations: one of several threads does the work, all get its result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from merzim.services.regulations.registers import scoring
from merzim.storage.board import sums
from merzim.storage.cache import DatabaseCache
from merzim.storage.cases import points
from merzim.storage.cases.points_cache import PointsCache
from merzim.storage.database import threads
from merzim.storage.database.threads import SingleFlight
from merzim.storage.org import store as office_store
from merzim.storage.refusals import StorageUnavailable
from tests.storage.sample_cases import TODAY
from workflow.board.sums import horizon

MANY = 5


def at_once(act: Callable[[], object]) -> list[object]:
    """What as many threads get or are refused, all of which began before any ended."""

    def tried(_: int) -> object:
        try:
            return act()
        except StorageUnavailable as trouble:
            return trouble.what

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(tried, range(MANY)))


class Work:
    """Work that is counted and goes on until all the others wait for it.

    `fails`: it is refused instead of giving a result.
    """

    def __init__(self, waiting: threading.Semaphore, result: object = None, *, fails: bool = False) -> None:
        self.times = 0
        self._waiting, self._result, self._fails = waiting, result, fails

    def __call__(self, *_: object, **__: object) -> object:
        self.times += 1
        for _other in range(MANY - 1):
            assert self._waiting.acquire(timeout=30), "somebody does not wait"
        if self._fails:
            raise StorageUnavailable("unreachable", where="here")
        return self._result


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Count the threads that wait for the work of another."""
    semaphore = threading.Semaphore(0)

    class Counted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            semaphore.release()
            return super().wait(timeout)

    monkeypatch.setattr(threads, "Event", Counted)
    return semaphore


def test_one_does_the_work_and_all_have_its_result(waiting: threading.Semaphore) -> None:
    """Those who came while it was done."""
    flight, results, work = SingleFlight[str](), list[str](), Work(waiting, "result")

    def done() -> str:
        results.append(str(work()))
        return results[-1]

    answers = at_once(lambda: flight.get(lambda: results[-1] if results else None, done))

    assert answers == ["result"] * MANY
    assert work.times == 1


def test_its_failure_is_everybody_s_at_once_and_nobody_s_later(waiting: threading.Semaphore) -> None:
    """Nobody waits for the same trouble a second time; who comes afterwards tries anew."""
    flight, work = SingleFlight[str](), Work(waiting, fails=True)
    answers = at_once(lambda: flight.get(lambda: None, work))  # type: ignore[arg-type]

    assert answers == ["unreachable"] * MANY
    assert work.times == 1
    assert flight.get(lambda: None, lambda: "well again") == "well again"


def test_who_came_later_than_the_work_began_asks_again() -> None:
    """Its result may be older than the question."""
    flight, began, go_on = SingleFlight[int](), threading.Event(), threading.Event()
    version, results = [1], list[int]()

    def work() -> int:
        read = version[0]
        began.set()
        assert go_on.wait(5)
        results.append(read)
        return read

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(flight.get, lambda: None, work)
        assert began.wait(5)
        version[0] = 2
        second = threads.submit(flight.get, lambda: 2 if 2 in results else None, work)
        go_on.set()

        assert (first.result(5), second.result(5)) == (1, 2)


@pytest.mark.parametrize("fails", [False, True])
def test_a_process_reads_the_office_once_for_all_who_wait(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, waiting: threading.Semaphore, fails: bool
) -> None:
    """And is refused once for all of them: a database that does not answer is not waited for in a row."""
    office = office_store.office(engine)
    work = Work(waiting, office, fails=fails)
    monkeypatch.setattr(office_store, "office", work)
    answers = at_once(DatabaseCache(engine).office)

    assert work.times == 1
    assert answers == (["unreachable"] * MANY if fails else [office] * MANY)


@pytest.mark.parametrize("fails", [False, True])
def test_a_process_reads_the_sums_of_the_board_once_for_all_who_wait(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, waiting: threading.Semaphore, fails: bool
) -> None:
    """The same, and who asks for the office meanwhile has it."""
    cache, work = DatabaseCache(engine), Work(waiting, [], fails=fails)
    cache.office()
    monkeypatch.setattr(sums, "plain", work)
    answers = at_once(lambda: len(list(cache.sums(horizon(TODAY, soon=TODAY)))))

    assert work.times == 1
    assert answers == (["unreachable"] * MANY if fails else [0] * MANY)


def test_a_process_reads_the_points_of_a_year_once_for_all_who_wait(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, waiting: threading.Semaphore
) -> None:
    """The same."""
    database = DatabaseCache(engine)
    database.office()
    cache, work = PointsCache(engine, database), Work(waiting, fails=True)
    monkeypatch.setattr(points, "recorded", work)
    answers = at_once(lambda: cache.year(scoring(), 2026, today=TODAY))

    assert work.times == 1
    assert answers == ["unreachable"] * MANY
