"""Files are read in a separate process: crashes and memory use there do not affect the service."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, time as clock_time, timedelta
from decimal import Decimal
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from i18n import LANGUAGES, say
from merzim.documents import child
from merzim.documents.case_tables import read_cartogram, read_measures, read_term
from merzim.documents.child import check_act
from merzim.documents.people import read_people
from merzim.documents.schedules.audit_table import read_audit
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import REAL, published
from tests.documents.test_dates import TERMS
from workflow.law.procedure import Text

ROOT = Path(__file__).parents[2]
PEOPLE = (ROOT / "examples" / "people.csv").read_bytes()
BAD_PEOPLE = PEOPLE + "X;;нет;А;;король;не адрес;эльфийский;;\n".encode()
PAST = b"case;order_signed;start_announced.published\nA;06.04.2026;30.03.2026\n"
PLAN = (
    "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n"
    "1;Риск;Обучение;Отчёт;Отдел кадров;ежеквартально\n2;Другой;Приказ;Приказ;HR;до 1 июня 2026 года\n"
    "3;Ещё;Проверка;Акт;HR;в течение 10 рабочих дней\n"
).encode()
CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n1;Кадры;;Начальник\n2;Кадры;Алмалы;Сговор\n".encode()
ACT = '[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\nact = "G26G0000111"\naddress = "https://adilet.zan.kz/x"\n'
WRONG_DATES = published(("Приказ", "31.02.26"), ("Начало", "99.99.2026"))
FACTS = {"facts": ("order_signed", "start_announced")}

ALIKE: dict[str, tuple[Callable[..., object], Any, str, dict[str, object]]] = {
    "schedule": (read_schedule, REAL.read_bytes(), REAL.name, {}),
    "schedule refused": (read_schedule, WRONG_DATES, "a.xlsx", {}),
    "people": (read_people, PEOPLE, "p.csv", {}),
    "people refused": (read_people, BAD_PEOPLE, "p.csv", {}),
    "audit": (read_audit, PAST, "a.csv", FACTS),
    "audit refused": (read_audit, PAST, "a.csv", {"facts": ("order_sighed",)}),
    "measures": (read_measures, PLAN, "m.csv", {"year": 2026}),
    "cartogram": (read_cartogram, CARTOGRAM, "c.csv", {}),
    "no workbook": (read_people, b"PK\3\4", "p.xlsx", {}),
    "act": (check_act, ACT.encode(), "a.toml", {}),
}


def outcome(do: Callable[[], object]) -> object:
    """The value it returns, or its error output."""
    try:
        return do()
    except UnreadablePaper as refusal:
        return refusal.code, refusal.arguments, refusal.errors


@pytest.mark.parametrize("name", ALIKE)
def test_a_reader_says_the_same_from_its_process_as_here(name: str) -> None:
    """Values and refusals come back whole, with types, rows and sentences in three languages."""
    function, data, file, options = ALIKE[name]
    expected = outcome(lambda: function(data, file, **options))

    assert outcome(lambda: child.read(function, data, file, **options)) == expected
    if name.endswith("refused"):
        assert isinstance(expected, tuple)
        for error in expected[2]:
            assert all(say(error.code, error.arguments, language) for language in LANGUAGES)


def loop(data: bytes, name: str) -> None:
    while True:
        pass


def hog(data: bytes, name: str) -> int:
    return len(bytearray(2**30))


def crash(data: bytes, name: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def break_down(data: bytes, name: str) -> None:
    raise RuntimeError("the library does not like it")


def open_many(data: bytes, name: str) -> None:
    assert [os.open("/dev/null", os.O_RDONLY) for _ in range(99)]


def answer_at_length(data: bytes, name: str) -> bytes:
    return bytes(child.MAX_ANSWER + 1)


def look_around(data: bytes, name: str) -> tuple[object, ...]:
    return dict(os.environ), os.getpriority(os.PRIO_PROCESS, 0) > 0


class Weapon:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


def answer_hostile(data: bytes, name: str) -> object:
    return Weapon()


def refused(function: Callable[..., object], **options: object) -> str:
    """The code of the refusal; it is a sentence in three languages, and the next file is read as before."""
    with pytest.raises(UnreadablePaper) as refusal:
        child.read(function, b"x", "f.xlsx", **options)
    assert all(say(refusal.value.code, refusal.value.arguments, language) for language in LANGUAGES)
    assert not active_children()
    return refusal.value.code


def test_what_takes_too_long_is_ended_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is gone when the refusal comes, not left to work on; the next file is read."""
    with monkeypatch.context() as shorter:
        shorter.setattr(child, "SECONDS", 1)
        assert refused(loop) == "paper_took_too_long"

    assert child.read(read_people, PEOPLE, "p.csv") == read_people(PEOPLE, "p.csv")


@pytest.mark.parametrize("bad", [hog, crash, break_down, open_many, answer_at_length, answer_hostile])
def test_what_a_file_may_make_a_library_do_is_a_sentence(
    bad: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    """Much memory, a fault in C, an exception, many files, an endless or hostile answer. The traceback is the
    operator's, in the log."""
    assert refused(bad) == "paper_reading_failed"
    assert ("the library does not like it" in caplog.text) == (bad is break_down)


def test_a_process_sees_nothing_of_the_services_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables may hold passwords. And it is less urgent than the pages."""
    monkeypatch.setenv("MERZIM_DATABASE_PASSWORD", "geheim")

    assert child.read(look_around, b"x", "f") == ({}, True)


def test_no_more_are_read_at_a_time_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """For one that waits too long for its turn there is a sentence."""
    monkeypatch.setattr(child, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(child, "WAIT", 0.05)
    with child._turns, pytest.raises(UnreadablePaper, match="paper_readers_busy"):
        child.read(read_people, PEOPLE, "p.csv")

    assert child.read(read_people, PEOPLE, "p.csv")


def test_told_to_stop_it_ends_what_is_read_and_reads_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service that is stopped does not wait for it, whether or not its process had begun."""
    monkeypatch.setattr(child, "_stopped", threading.Event())
    begun = time.monotonic()
    threading.Timer(0.5, child.stop).start()

    assert refused(loop) == "paper_reading_stopped"
    assert refused(loop) == "paper_reading_stopped"
    assert time.monotonic() - begun < child.SECONDS


VALUES = [
    *(None, True, 1, 1.5, "a", "\ud800", Decimal("1.50"), Text("к", "р", "e")),
    *(date(2026, 4, 6), datetime(2026, 4, 6, 12, tzinfo=UTC), clock_time(9), timedelta(1)),
    *((1, (2,)), [1, [2]], {"a": (1,), 2: None}),
    *(read_term(text, year=2026) for text, _ in TERMS),
]


def test_a_value_comes_back_as_it_was() -> None:
    """Its type too. And a term of every kind that a plan may name."""
    for value in VALUES:
        back = child._Values(pickle.dumps(value)).load()
        assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize("strange", [Weapon(), Path("x"), int, os.system, read_people])
def test_an_answer_names_nothing_but_values_of_papers(strange: object) -> None:
    """A process that parsed a hostile file may write what it likes: nothing beyond the list is made of it."""
    with pytest.raises(pickle.UnpicklingError):
        child._Values(pickle.dumps(strange)).load()


def _not_imported(data: bytes, name: str) -> list[str]:
    return [module for module in child.PRELOADED if module not in sys.modules]


def test_the_process_a_reading_is_forked_from_has_imported_every_reader() -> None:
    """Imported anew for each file they take a second; a name that is no module would be passed over."""
    readers = {function.__module__ for function, *_ in ALIKE.values()}

    assert child.read(_not_imported, b"", "a.csv") == []
    assert readers - {child.__name__} <= {*child.PRELOADED}
