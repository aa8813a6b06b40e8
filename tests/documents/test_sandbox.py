"""Files are read in a separate process: crashes and memory use there do not affect the service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from pathlib import Path

import pytest

from i18n import LANGUAGES, say
from merzim.documents.drawings.cartogram_table import read_cartogram
from merzim.documents.forms.rows_file import read_data
from merzim.documents.measure_plan import read_measures
from merzim.documents.people.table import read_people
from merzim.documents.sandbox import child, readers
from merzim.documents.sandbox.pool import CALLER, Caller, Pool
from merzim.documents.sandbox.process import ForkServer, Reading, Spawner
from merzim.documents.sandbox.values import decode, encode
from merzim.documents.schedules.audit_table import read_audit
from merzim.documents.schedules.flat import read_schedule
from merzim.documents.schedules.written_terms import read_term
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import HEADING, REAL, by_hand, far_cells, published
from tests.documents.test_written_texts import TERMS
from workflow.law.procedure import Text

ROOT = Path(__file__).parents[2]
PEOPLE = (ROOT / "examples" / "people.csv").read_bytes()
PAST = b"case;order_signed;start_announced.published\nA;06.04.2026;30.03.2026\n"
PLAN = (
    "№;Риск;Мероприятие;Форма завершения;Ответственный;Срок\n"
    "1;Риск;Обучение;Отчёт;Отдел кадров;ежеквартально\n2;Другой;Приказ;Приказ;HR;до 1 июня 2026 года\n"
    "3;Ещё;Проверка;Акт;HR;в течение 10 рабочих дней\n"
).encode()
CARTOGRAM = "Раздел;Управление;Район;Должность или риск\n1;Кадры;;Начальник\n2;Кадры;Алмалы;Сговор\n".encode()
ROWS = b'{"fields": {"extra": [1, {"a": null}]}, "rows": [{"number": "7"}]}'

Both = tuple[Callable[[], object], Callable[[], object]]
ALIKE: dict[str, Both] = {
    "schedule": (lambda: read_schedule(REAL), lambda: readers.read_schedule(REAL)),
    "schedule refused": (
        lambda: read_schedule(published(("Приказ", "31.02.26"), ("Начало", "99.99.2026")), "a.xlsx"),
        lambda: readers.read_schedule(published(("Приказ", "31.02.26"), ("Начало", "99.99.2026")), "a.xlsx"),
    ),
    "people": (lambda: read_people(PEOPLE, "p.csv"), lambda: readers.read_people(PEOPLE, "p.csv")),
    "people refused": (
        lambda: read_people(PEOPLE + "X;;нет;А;;король;не адрес;эльфийский;;\n".encode(), "p.csv"),
        lambda: readers.read_people(PEOPLE + "X;;нет;А;;король;не адрес;эльфийский;;\n".encode(), "p.csv"),
    ),
    "audit": (
        lambda: read_audit(PAST, "a.csv", facts={"order_signed", "start_announced"}),
        lambda: readers.read_audit(PAST, "a.csv", facts={"order_signed", "start_announced"}),
    ),
    "audit refused": (
        lambda: read_audit(PAST, "a.csv", facts=["order_sighed"]),
        lambda: readers.read_audit(PAST, "a.csv", facts=["order_sighed"]),
    ),
    "measures": (
        lambda: read_measures(PLAN, "m.csv", year=2026),
        lambda: readers.read_measures(PLAN, "m.csv", year=2026),
    ),
    "cartogram": (
        lambda: read_cartogram(CARTOGRAM, "c.csv"),
        lambda: readers.read_cartogram(CARTOGRAM, "c.csv"),
    ),
    "form refused": (
        lambda: read_data(ROWS, "r.json", form="social_order"),
        lambda: readers.read_form_data(ROWS, "social_order", "r.json"),
    ),
    "no file": (lambda: read_people("нет.csv"), lambda: readers.read_people("нет.csv")),
    "no workbook": (lambda: read_people(b"PK\3\4", "p.xlsx"), lambda: readers.read_people(b"PK\3\4", "p.xlsx")),
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
    local_call, process_call = ALIKE[name]
    expected = outcome(local_call)

    assert outcome(process_call) == expected
    if name.endswith("refused"):
        assert isinstance(expected, tuple)
        for error in expected[2]:
            assert all(say(error.code, error.arguments, language) for language in LANGUAGES)


@pytest.fixture(scope="module")
def processes() -> Iterator[ForkServer]:
    fork_server = ForkServer()
    yield fork_server
    fork_server.close()


@pytest.fixture(scope="module")
def slow() -> bytes:
    """A file that takes a second or more of the processor."""
    return by_hand(far_cells(100_000))


def refused(pool: Pool, data: bytes) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as refusal:
        pool.read("schedule", data, "f.xlsx")
    for language in LANGUAGES:
        assert say(refusal.value.code, refusal.value.arguments, language)
    return refusal.value


def under_way(pool: Pool) -> list[Reading]:
    """The file being read, as soon as there is one."""
    give_up = time.monotonic() + 30
    while not pool._running:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return list(pool._running)


def test_what_takes_too_long_is_ended_and_refused(processes: ForkServer, slow: bytes) -> None:
    """By one sentence; the next file is read as if nothing had been."""
    pool = Pool(processes, at_once=1, seconds=0.2)

    assert refused(pool, slow).code == "paper_took_too_long"
    assert len(Pool(processes, at_once=1).read("schedule", published(("Приказ", "06.04.26")), "f.xlsx")) == 1  # type: ignore[arg-type]


def test_its_process_is_gone_when_the_refusal_comes(
    processes: ForkServer, slow: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not left to work on in the background."""
    killed: list[int] = []
    kill = os.killpg
    monkeypatch.setattr(os, "killpg", lambda number, how: (killed.append(number), kill(number, how)))

    refused(Pool(processes, at_once=1, seconds=0.2), slow)

    assert killed
    give_up = time.monotonic() + 10
    while Path(f"/proc/{killed[0]}/cmdline").exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        kill(killed[0], 0)


def test_one_that_dies_is_a_sentence(processes: ForkServer, slow: bytes) -> None:
    """As a system short of memory ends processes, or a fault in a library."""
    pool = Pool(processes, at_once=1)
    killer = threading.Thread(target=lambda: [reading.kill() for reading in under_way(pool)])
    killer.start()

    assert refused(pool, slow).code == "paper_reading_failed"
    killer.join()


def test_a_process_that_forks_them_and_was_killed_is_started_anew(processes: ForkServer) -> None:
    """No restart of the service is needed."""
    processes.warm()
    assert processes._process is not None
    processes._process.kill()
    processes._process.wait()

    assert Pool(processes, at_once=1).read("people", PEOPLE, "p.csv") == read_people(PEOPLE, "p.csv")


def test_no_more_are_read_at_a_time_than_allowed(processes: ForkServer, slow: bytes) -> None:
    """One waits for its turn, and takes it; for one that waits too long there is a sentence."""
    pool = Pool(processes, at_once=1, wait=0.05)
    first = threading.Thread(target=lambda: refused(pool, slow))
    first.start()
    (reading,) = under_way(pool)

    assert refused(pool, PEOPLE).code == "paper_readers_busy"
    reading.kill()
    first.join()
    assert refused(pool, b"a;b\n").code == "paper_not_workbook"


def test_told_to_stop_it_ends_what_is_read_and_begins_nothing(processes: ForkServer, slow: bytes) -> None:
    """The sender of the file is asked to send it again."""
    pool = Pool(processes, at_once=1)
    threading.Timer(0.2, pool.stop).start()

    assert refused(pool, slow).code == "paper_reading_stopped"
    assert refused(pool, PEOPLE).code == "paper_reading_stopped"


def test_a_caller_who_leaves_takes_their_reading_along(processes: ForkServer, slow: bytes) -> None:
    """Whether it runs by then or not yet."""
    pool, caller = Pool(processes, at_once=1), Caller()
    threading.Timer(0.2, caller.leave).start()
    token = CALLER.set(caller)
    try:
        assert refused(pool, slow).code == "paper_reading_stopped"
        assert refused(pool, slow).code == "paper_reading_stopped"
    finally:
        CALLER.reset(token)


def test_the_readings_of_one_caller_share_one_time(processes: ForkServer, slow: bytes) -> None:
    """A request that reads a file twice is answered as soon as one that reads it once."""
    pool, caller = Pool(processes, at_once=1), Caller(seconds=0.3)
    token = CALLER.set(caller)
    try:
        assert refused(pool, slow).code == "paper_took_too_long"
        assert caller.seconds == 0
        assert refused(pool, slow).code in ("paper_took_too_long", "paper_readers_busy")
    finally:
        CALLER.reset(token)


def test_where_processes_cannot_be_forked_files_are_read_all_the_same(slow: bytes) -> None:
    """By a Python of their own each."""
    assert Pool(Spawner(), at_once=1).read("people", PEOPLE, "p.csv") == read_people(PEOPLE, "p.csv")
    assert refused(Pool(Spawner(), at_once=1, seconds=0.3), slow).code == "paper_took_too_long"


def test_a_reader_that_breaks_is_a_sentence_and_a_line_of_the_log(
    processes: ForkServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback is the operator's; nobody else sees it."""
    with pytest.raises(UnreadablePaper) as refusal:
        Pool(processes, at_once=1).read("audit", PAST, "a.csv", wrong=1)

    assert refusal.value.code == "paper_reading_failed"
    assert "TypeError" in caplog.text


def test_an_answer_too_long_to_keep_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file may make more of its rows than it holds itself."""
    monkeypatch.setattr(child, "MOST_ANSWER", 100)
    job = tmp_path / "job"
    job.write_bytes(b'{"reader": "people", "name": "p.csv", "options": {"map": []}}\n' + PEOPLE)

    with job.open("rb") as job_file:
        assert child.answer(job_file) == b'{"too_much": true}'


LIMITED = """
import os, sys
from merzim.documents.sandbox.process import apply_limits

def much_memory(): bytearray(2**30)
def long_file():
    with open(sys.argv[1], "wb", buffering=0) as file:
        for _ in range(3): file.write(bytes(2**25))
def many_handles(): [open(sys.argv[1]) for _ in range(99)]

apply_limits()
for attempt in (much_memory, long_file, many_handles):
    try:
        attempt()
    except (MemoryError, OSError) as trouble:
        print(type(trouble).__name__)
print(os.getpriority(os.PRIO_PROCESS, 0) > 0)
"""


def test_memory_files_and_handles_of_a_process_are_limited(tmp_path: Path) -> None:
    """By the system itself, whatever the file makes a library do."""
    process = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "f")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert process.stdout.split() == ["MemoryError", "OSError", "OSError", "True"]


def test_a_process_nobody_waits_for_any_more_ends_by_itself() -> None:
    """The service was killed: the system ends what it left."""
    limited = (
        "from merzim.documents.sandbox import process\n"
        "process.SECONDS, process._GRACE = 0, 1\nprocess.apply_limits()"
    )
    code = f"{limited}\nwhile 1: 0"
    process = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=30
    )

    assert process.returncode in (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL)


def test_a_process_sees_nothing_of_the_service_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables may hold passwords."""
    monkeypatch.setenv("MERZIM_DATABASE_PASSWORD", "geheim")
    fork_server = ForkServer()
    fork_server.warm()
    assert fork_server._process is not None
    try:
        environ_file = Path(f"/proc/{fork_server._process.pid}/environ")
        if environ_file.exists():
            assert b"geheim" not in environ_file.read_bytes()
    finally:
        fork_server.close()


VALUES = [
    *(None, True, 1, 1.5, "a", "\ud800", Decimal("1.50"), Text("к", "р", "e")),
    *(date(2026, 4, 6), datetime(2026, 4, 6, 12, tzinfo=UTC), clock_time(9), timedelta(1)),
    *((1, (2,)), [1, [2]], {"a": (1,), 2: None}),
    *(read_term(text, year=2026) for text, _ in TERMS),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    """Its type too: a day is no moment, a list no tuple. And a term of every kind that a plan may name."""
    back = decode(encode(value))

    assert (back, type(back)) == (value, type(value))


@pytest.mark.parametrize("strange", [object(), Path("x"), b"bytes", {1}, HEADING.__class__, int])
def test_what_is_no_value_of_a_paper_is_not_carried(strange: object) -> None:
    """Nothing is added to the list by chance."""
    with pytest.raises(TypeError):
        encode(strange)


@pytest.mark.parametrize(
    "answer",
    [{"Popen": [["true"]]}, {"os.system": ["true"]}, {"Text": ["a"]}, {"a": 1, "b": 2}, {}, {"date": 7}],
)
def test_an_answer_names_nothing_but_values_of_papers(answer: object) -> None:
    """A process that parsed a hostile file may write what it likes: no class beyond the list is made of it."""
    with pytest.raises((ValueError, LookupError, TypeError)):
        decode(answer)


ACT = '[[transfer]]\noff = 2026-05-08\nwork = 2026-05-16\nact = "G26G0000111"\naddress = "https://adilet.zan.kz/x"\n'


def test_a_text_of_an_act_is_looked_at_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read is said as by the reader itself; a key of endless dots costs nobody ten seconds."""
    readers.check_act(ACT, "a.toml")
    with pytest.raises(UnreadablePaper) as unknown:
        readers.check_act("[[transfers]]", "a.toml")
    assert (unknown.value.code, unknown.value.arguments["file"]) == ("calendar_record_kind", "a.toml")

    monkeypatch.setattr(readers, "_tables", Pool(readers._processes, at_once=1, seconds=0.2))
    with pytest.raises(UnreadablePaper, match="paper_took_too_long"):
        readers.check_act("a." * 29_000 + "a = 1", "a")
