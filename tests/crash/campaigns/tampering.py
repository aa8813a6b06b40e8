"""Tampering campaign: rows changed by somebody with database access must be named by `merzim verify`.

It runs the real command. Each change is made to a fresh copy, on SQLite and on PostgreSQL, with triggers
disabled as the owner of the tables can do; a page is overwritten in the SQLite file only.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from merzim.cli import main
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance import triggers
from merzim.storage.maintenance.seals import seal
from merzim.storage.notices.links import SqlLinks
from notifications.links import hash_code
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.crash.campaign import Done, Room
from tests.crash.office import MORNING, TODAY, settled
from tests.law import CALENDAR, library
from tests.notifications.sample_office import PEOPLE
from tests.postgres import administer
from tests.second_factors import second_factors
from workflow.cases.case import Evidence
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.org.access import Entry, Reader

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
            "DELETE FROM case_row WHERE \"case\" = '{case}'",
            "DELETE FROM deadline WHERE \"case\" = '{case}'",
            "DELETE FROM event WHERE \"case\" = '{case}'",
            "DELETE FROM \"case\" WHERE id = '{case}'",
        ),
        frozenset({"sealed_missing"}),
    ),
    "an account's access raised": (
        ("UPDATE account SET access = 'administrator' WHERE login = 'tampered'",),
        frozenset({"office_row_altered"}),
    ),
    "an account put there": (
        (
            "INSERT INTO account (login, access, person, name, unit, password, totp, totp_step, disabled, "
            "created_at) SELECT 'mallory', 'administrator', '', '', '', password, '', 0, disabled, created_at "
            "FROM account WHERE login = 'tampered'",
        ),
        frozenset({"office_row_added"}),
    ),
    "an account taken away": (
        ("DELETE FROM account WHERE login = 'tampered'",),
        frozenset({"office_row_removed"}),
    ),
    "a second factor removed": (
        ("UPDATE account SET totp = '' WHERE login = 'tampered'",),
        frozenset({"office_secret_removed"}),
    ),
    "a password replaced": (
        ("UPDATE account SET password = '$argon2id$mine' WHERE login = 'tampered'",),
        frozenset({"office_secret_replaced"}),
    ),
    "the scope of a token widened": (
        ("UPDATE entry SET scope = 'write' WHERE login = 'tampered'",),
        frozenset({"office_row_altered"}),
    ),
    "a session put there": (
        (
            "INSERT INTO entry (hash, kind, login, name, scope, created_at, seen_at, expires_at) "
            "SELECT 'bad', 'session', login, '', '', created_at, seen_at, '2099-01-01 00:00:00' FROM entry "
            "WHERE login = 'tampered'",
        ),
        frozenset({"office_row_added"}),
    ),
    "the e-mail of a person changed": (
        ("UPDATE person SET email = 'mallory@evil.kz' WHERE key = (SELECT min(key) FROM person)",),
        frozenset({"office_row_altered"}),
    ),
    "a unit put under another": (
        ("UPDATE unit SET parent = 'x' WHERE id = (SELECT min(id) FROM unit)",),
        frozenset({"office_row_altered"}),
    ),
    "another Telegram account linked": (
        ("UPDATE link SET chat = '666'",),
        frozenset({"office_row_altered"}),
    ),
    "a reader of a case put there": (
        ("INSERT INTO reader (\"case\", person) VALUES ('{case}', 'mallory')",),
        frozenset({"case_reader_added"}),
    ),
    "the unit of a case changed": (
        ("UPDATE \"case\" SET unit = 'x' WHERE id = '{case}'",),
        frozenset({"case_row_altered"}),
    ),
    "a confidential case opened to all": (
        ('UPDATE "case" SET confidential = (1 = 0) WHERE confidential',),
        frozenset({"case_row_altered"}),
    ),
}
"""What is done by hand, as statements, and the codes of which `verify` must say one at least."""


CONFIDENTIAL = Opening(
    procedure="conflict-of-interest",
    unit="staff",
    person=PEOPLE[1].key,
    readers=(PEOPLE[0].key,),
    facts={"conflict_known": TODAY},
)
FILES: Mapping[str, tuple[Callable[[Path], object], frozenset[str]]] = {
    "a byte of a file of evidence changed": (lambda file: _flipped(file), frozenset({"evidence_altered"})),
    "a file of evidence cut short": (lambda file: os.truncate(file, 20), frozenset({"evidence_altered"})),
    "a file of evidence removed": (Path.unlink, frozenset({"evidence_missing"})),
}
"""What is done by hand to a stored file, and the codes of which `verify` must say one at least."""


def tampered(room: Room, times: int = ROUNDS) -> Done:
    """Every injury so often, each time to another case; pages torn out each time at other places."""
    started_at, injuries, faults = time.monotonic(), 0, list[str]()
    place = room.place()
    for kind, address in _offices(room, place):
        engine = open_database(address)
        faults += [f"{kind}, nothing done: {code}" for code in _named(place, address)]
        for number in range(times):
            for injury, (statements, codes) in BY_HAND.items():
                named_codes = _injured(engine, place, address, statements, number)
                injuries += 1
                if not codes & named_codes:
                    faults.append(f"{kind}, {injury}: verify said {sorted(named_codes) or 'nothing'}")
            for injury, (injure, codes) in FILES.items():
                named_codes = _injured_file(place, address, injure, number)
                injuries += 1
                if not codes & named_codes:
                    faults.append(f"{kind}, {injury}: verify said {sorted(named_codes) or 'nothing'}")
            room.tell(f"{kind}: {injuries} injuries")
        engine.dispose()
    for _ in range(times * PAGES):
        named_codes = _torn(place, room)
        injuries += 1
        if not named_codes:
            faults.append("a page torn out of the file: verify said nothing")
    return Done(
        name="tampering",
        what=f"{len(BY_HAND) + len(FILES)} kinds of change by hand on both databases, pages torn out of SQLite",
        times=injuries,
        seconds=time.monotonic() - started_at,
        verify=f"named {injuries - len(faults)} of {injuries}",
        faults=tuple(faults),
    )


def _offices(room: Room, place: Path) -> list[tuple[str, str]]:
    databases = [("SQLite", f"sqlite:///{(place / 'office.sqlite').as_posix()}")]
    if room.server is not None:
        databases.append(("PostgreSQL", room.database()))
    store = EvidenceFolder(place / "evidence")
    for _, address in databases:
        settled(address, CASES)
        engine = open_database(address)
        seal(engine, now=MORNING)
        case_commands = CaseCommands(SqlLedger(engine), library(), CALENDAR)
        lines = [FoundRisk(description="Тәуекел"), SetMeasure(risk=1, action="Бекіту")]
        for case in SqlLedger(engine).ids():
            RiskCommands(case_commands).take_in(case, lines, on=TODAY, by="Айгүл", now=MORNING, today=TODAY)
            stored_file = store.keep(BytesIO(f"%PDF-1.7 work plan of {case}".encode()), "plan.pdf")
            proof = Evidence(kind="", reference=stored_file.reference, name="plan.pdf")
            case_commands.record(
                case, "work_plan_approved", on=TODAY, evidence=[proof], by="Айгүл", now=MORNING, today=TODAY
            )
        case_commands.open(CONFIDENTIAL, by="Айгүл", now=MORNING, today=TODAY)
        _let_in(engine)
        seal(engine, now=MORNING)
        engine.dispose()
    return databases


def _let_in(engine: Engine) -> None:
    """An account with a second factor and a token, and a Telegram link."""
    accounts, links = SqlAccounts(engine), SqlLinks(engine)
    reader = Reader(login="tampered", access="responsible", person=PEOPLE[0].key, unit=PEOPLE[0].unit)
    accounts.save(reader, disabled=False, by="root", now=MORNING, today=TODAY)
    accounts.set_password("tampered", "$argon2id$stored", by="root", now=MORNING, today=TODAY)
    second_factors(engine).enrol("tampered", "JBSWY3DPEHPK3PXP", 1, (), by="root", now=MORNING, today=TODAY)
    token = Entry(
        hash="70cead",
        kind="token",
        login="tampered",
        scope="read",
        created_at=MORNING,
        seen_at=MORNING,
        expires_at=MORNING + timedelta(days=30),
    )
    accounts.let_in(token, by="root")
    links.offer(PEOPLE[0].key, hash_code("ONE"), now=MORNING)
    links.redeem(hash_code("ONE"), "700100", language="kk", now=MORNING)


def _injured(
    engine: Engine, place: Path, address: str, statements: tuple[str, ...], number: int
) -> frozenset[str]:
    """Problems `verify` reports after these statements on another case; then the copy is restored."""
    with engine.connect() as connection, connection.begin():
        query = 'SELECT "case", max(seq) FROM event GROUP BY "case" ORDER BY "case"'
        ends = connection.execute(text(query)).all()
    case, last = ends[number % len(ends)]
    undo = _kept(engine, place, address)
    with engine.connect() as connection, connection.begin():
        _off(connection)
        for statement in statements:
            connection.execute(text(statement.format(case=case, last=last, seq=3)))
        triggers.install(connection)
    named_codes = _named(place, address)
    undo()
    return named_codes


def _injured_file(place: Path, address: str, injure: Callable[[Path], object], number: int) -> frozenset[str]:
    """Problems `verify` reports after this change of a stored file; then the file is restored."""
    files = sorted(file for file in (place / "evidence").rglob("*") if file.is_file())
    file = files[number % len(files)]
    content = file.read_bytes()
    file.chmod(0o600)
    injure(file)
    named_codes = _named(place, address)
    file.write_bytes(content)
    return named_codes


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def _kept(engine: Engine, place: Path, address: str) -> Callable[[], None]:
    """Copy the database; return a function that restores it."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        # The last connection to close writes the journal into the file.
        engine.dispose()
        assert not file.with_name(f"{file.name}-wal").exists()
        shutil.copyfile(file, place / "kept")

        def put_back() -> None:
            engine.dispose()
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
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
        on = f" ON {name[7:].rpartition('_')[0]}" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER {name}{on}"))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def _torn(place: Path, room: Room) -> frozenset[str]:
    """Problems `verify` reports for the file with an overwritten page."""
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
        output, refused = out.getvalue(), err.getvalue()
    if code == 2:
        return frozenset({"refused"} if refused.startswith("merzim: ") and refused.count("\n") == 1 else ())
    problems = json.loads(output).get("problems", ())
    return frozenset(str(problem["code"]) for problem in problems)
