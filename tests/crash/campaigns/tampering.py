"""Somebody with the keys to the database changes what is written: `merzim verify` must name it.

What runs is the command itself. Each injury is done to a copy of its own, on SQLite and on PostgreSQL, with the
triggers off meanwhile as the owner of the tables can; a page is torn out of the file of SQLite alone.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from merzim.cli import main
from storage.cases.evidence import EvidenceFolder
from storage.cases.ledger import SqlLedger
from storage.database.engine import open as open_database
from storage.upkeep import triggers
from storage.upkeep.seals import seal
from tests.crash.campaign import Done, Room
from tests.crash.office import MORNING, TODAY, settled
from tests.law import CALENDAR, library
from tests.postgres import administer
from workflow.case import Evidence
from workflow.desk.desk import Desk
from workflow.desk.risks import FoundRisk, RiskDesk, SetMeasure

CASES = 60
ROUNDS = 2
PAGES = 5
"""Pages torn out each time."""
PAGE = 4096

BY_HAND: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "a date of an event changed": (
        ('UPDATE event SET "on" = \'2026-04-01\' WHERE "on" IS NOT NULL AND seq = {seq}',),
        frozenset({"event_altered"}),
    ),
    "who wrote an event changed": (
        ("UPDATE event SET by = 'somebody else' WHERE seq = {seq}",),
        frozenset({"event_altered"}),
    ),
    "an event taken out of the middle": (
        ("DELETE FROM event WHERE seq = 2 AND \"case\" = '{case}'",),
        frozenset({"chain_gap"}),
    ),
    "the last event of a case removed": (
        ("DELETE FROM event WHERE \"case\" = '{case}' AND seq = {last}",),
        frozenset({"chain_cut", "sealed_missing"}),
    ),
    "the last event removed and the case's head made to fit": (
        (
            "DELETE FROM event WHERE \"case\" = '{case}' AND seq = {last}",
            'UPDATE "case" SET seq = {last} - 1, sealed = {last} - 1, '
            "head = (SELECT hash FROM event WHERE \"case\" = '{case}' AND seq = {last} - 1) "
            "WHERE id = '{case}'",
        ),
        frozenset({"sealed_missing"}),
    ),
    "the last seal removed": (
        ("DELETE FROM seal WHERE n = (SELECT max(n) FROM seal)",),
        frozenset({"seals_cut"}),
    ),
    "all seals removed": (("DELETE FROM seal",), frozenset({"seals_cut"})),
    "a seal in the middle removed": (("DELETE FROM seal WHERE n = 1",), frozenset({"seal_broken"})),
    "a due date of the board changed": (
        ("UPDATE deadline SET due = '2026-12-31' WHERE obligation = 'order_signed' AND \"case\" = '{case}'",),
        frozenset({"board_differs"}),
    ),
    "a row of the board removed": (
        ("DELETE FROM deadline WHERE obligation = 'order_signed' AND \"case\" = '{case}'",),
        frozenset({"board_differs"}),
    ),
    "what became of a recommendation changed in the list": (
        ("UPDATE recommendation SET status = 'executed' WHERE \"case\" = '{case}'",),
        frozenset({"recommendations_differ"}),
    ),
    "a recommendation removed from the list": (
        ("DELETE FROM recommendation WHERE \"case\" = '{case}'",),
        frozenset({"recommendations_differ"}),
    ),
    "a case removed whole": (
        (
            "DELETE FROM recommendation WHERE \"case\" = '{case}'",
            "DELETE FROM deadline WHERE \"case\" = '{case}'",
            "DELETE FROM event WHERE \"case\" = '{case}'",
            "DELETE FROM \"case\" WHERE id = '{case}'",
        ),
        frozenset({"sealed_missing"}),
    ),
}
"""What is done by hand, as statements, and the codes of which `verify` must say one at least."""


FILES: Mapping[str, tuple[Callable[[Path], object], frozenset[str]]] = {
    "a byte of a file of evidence changed": (lambda file: _flipped(file), frozenset({"evidence_altered"})),
    "a file of evidence cut short": (lambda file: os.truncate(file, 20), frozenset({"evidence_altered"})),
    "a file of evidence removed": (Path.unlink, frozenset({"evidence_missing"})),
}
"""What is done by hand to a stored file, and the codes of which `verify` must say one at least."""


def tampered(room: Room, times: int = ROUNDS) -> Done:
    """Every injury so often, each time to another case; pages torn out each time at other places."""
    begun, told, faults = time.monotonic(), 0, list[str]()
    place = room.place()
    for kind, address in _offices(room, place):
        engine = open_database(address)
        faults += [f"{kind}, nothing done: {code}" for code in _named(place, address)]
        for number in range(times):
            for injury, (statements, codes) in BY_HAND.items():
                said = _injured(engine, place, address, statements, number)
                told += 1
                if not codes & said:
                    faults.append(f"{kind}, {injury}: verify said {sorted(said) or 'nothing'}")
            for injury, (injure, codes) in FILES.items():
                said = _injured_file(place, address, injure, number)
                told += 1
                if not codes & said:
                    faults.append(f"{kind}, {injury}: verify said {sorted(said) or 'nothing'}")
            room.tell(f"{kind}: {told} injuries")
        engine.dispose()
    for _ in range(times * PAGES):
        said = _torn(place, room)
        told += 1
        if not said:
            faults.append("a page torn out of the file: verify said nothing")
    return Done(
        name="tampering",
        what=f"{len(BY_HAND) + len(FILES)} kinds of change by hand on both databases, pages torn out of SQLite",
        times=told,
        seconds=time.monotonic() - begun,
        verify=f"named {told - len(faults)} of {told}",
        faults=tuple(faults),
    )


def _offices(room: Room, place: Path) -> list[tuple[str, str]]:
    found = [("SQLite", f"sqlite:///{(place / 'office.sqlite').as_posix()}")]
    if room.server is not None:
        found.append(("PostgreSQL", room.database()))
    store = EvidenceFolder(place / "evidence")
    for _, address in found:
        settled(address, CASES)
        engine = open_database(address)
        seal(engine, now=MORNING)
        desk = Desk(SqlLedger(engine), library(), CALENDAR)
        lines = [FoundRisk(description="Тәуекел"), SetMeasure(risk=1, action="Бекіту")]
        for case in SqlLedger(engine).ids():
            RiskDesk(desk).take_in(case, lines, on=TODAY, by="Айгүл", now=MORNING, today=TODAY)
            kept = store.keep(BytesIO(f"%PDF-1.7 work plan of {case}".encode()), "plan.pdf")
            proof = Evidence(kind="", reference=kept.reference, name="plan.pdf")
            desk.record(
                case, "work_plan_approved", on=TODAY, evidence=[proof], by="Айгүл", now=MORNING, today=TODAY
            )
        seal(engine, now=MORNING)
        engine.dispose()
    return found


def _injured(
    engine: Engine, place: Path, address: str, statements: tuple[str, ...], number: int
) -> frozenset[str]:
    """What `verify` names once these are done to another case; then everything is as it was."""
    with engine.connect() as connection, connection.begin():
        asked = 'SELECT "case", max(seq) FROM event GROUP BY "case" ORDER BY "case"'
        ends = connection.execute(text(asked)).all()
    case, last = ends[number % len(ends)]
    undo = _kept(engine, place, address)
    with engine.connect() as connection, connection.begin():
        _off(connection)
        for statement in statements:
            connection.execute(text(statement.format(case=case, last=last, seq=3)))
        triggers.install(connection)
    said = _named(place, address)
    undo()
    return said


def _injured_file(place: Path, address: str, injure: Callable[[Path], object], number: int) -> frozenset[str]:
    """What `verify` names once this is done to a stored file; then the file is as it was."""
    files = sorted(file for file in (place / "evidence").rglob("*") if file.is_file())
    file = files[number % len(files)]
    content = file.read_bytes()
    file.chmod(0o600)
    injure(file)
    said = _named(place, address)
    file.write_bytes(content)
    return said


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def _kept(engine: Engine, place: Path, address: str) -> Callable[[], None]:
    """Keep the database aside; what puts it back."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        # Whoever leaves last puts what the journal holds into the file.
        engine.dispose()
        assert not file.with_name(f"{file.name}-wal").exists()
        shutil.copyfile(file, place / "kept")

        def put_back() -> None:
            engine.dispose()
            for beside in ("-wal", "-shm"):
                file.with_name(file.name + beside).unlink(missing_ok=True)
            shutil.copyfile(place / "kept", file)

        return put_back
    name = str(engine.url.database)
    server = address.replace(f"/{name}?", "/postgres?")
    engine.dispose()
    administer(server, f"CREATE DATABASE {name}_kept TEMPLATE {name}")

    def put_back_there() -> None:
        engine.dispose()
        administer(server, f"DROP DATABASE {name} WITH (FORCE)", f"ALTER DATABASE {name}_kept RENAME TO {name}")

    return put_back_there


def _off(connection: Connection) -> None:
    for name in sorted(triggers.names(connection.dialect.name)):
        on = f" ON {name.split('_')[1]}" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER {name}{on}"))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def _torn(place: Path, room: Room) -> frozenset[str]:
    """What `verify` says of the file with a page of it overwritten."""
    folder = room.place()
    file = folder / "office.sqlite"
    shutil.copyfile(place / "office.sqlite", file)
    page = room.chance.randrange(1, file.stat().st_size // PAGE)
    with file.open("r+b") as torn:
        torn.seek(page * PAGE)
        torn.write(room.chance.randbytes(PAGE))
    return _named(folder, f"sqlite:///{file.as_posix()}")


def _named(place: Path, address: str) -> frozenset[str]:
    """The codes `merzim verify` answers with; "refused" for the one sentence of a file that cannot be read."""
    config = place / "verify.toml"
    folder = (place / "evidence").as_posix()
    settings = f'[database]\nurl = "{address}"\n[evidence]\nfolder = "{folder}"\n'
    config.write_text(settings, encoding="utf-8")
    with closing(StringIO()) as out, closing(StringIO()) as err, redirect_stdout(out), redirect_stderr(err):
        code = main(["verify", "--json", "--config", str(config), "--now", str(TODAY), "--lang", "en"])
        said, refused = out.getvalue(), err.getvalue()
    if code == 2:
        return frozenset({"refused"} if refused.startswith("merzim: ") and refused.count("\n") == 1 else ())
    problems = json.loads(said).get("problems", ())
    return frozenset(str(one["code"]) for one in problems)
