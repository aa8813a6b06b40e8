"""The audit log: written in the act's transaction, one hash chain, addresses stored outside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.audit_log import AuditEvent, SqlAuditLog
from merzim.storage.database import audit
from merzim.storage.database.engine import writing
from merzim.storage.maintenance import triggers
from merzim.storage.maintenance.seals import seal
from merzim.storage.maintenance.verify import verify
from merzim.storage.org.preferences import prefer
from merzim.storage.origin import ORIGIN, Origin
from merzim.storage.queries import SqlReads
from tests.storage.sample_cases import NOW, OBJECT, TODAY, opened
from workflow.org.access import Reader
from workflow.org.audit import EVERYTHING, AuditEntry, AuditFilter

OFFICER = Reader(login="officer", access="officer", name="Әлиева Гүлнұр")


def entries(engine: Engine, query: AuditFilter | None = None) -> list[AuditEntry]:
    """All entries, in order."""
    page = SqlReads(engine).audit(query or AuditFilter(), scope=EVERYTHING, after=0, limit=1000)
    return list(page.entries)


def audit_codes(engine: Engine) -> list[str]:
    """Problems verification reports for the audit log."""
    return [problem.code for problem in verify(engine, now=NOW) if problem.code.startswith("audit")]


def tamper(engine: Engine, *statements: str) -> None:
    """Change the tables past the program, with the rights of who may drop triggers."""
    with engine.begin() as connection:
        for name in sorted(triggers.names(engine.dialect.name)):
            on = "" if engine.dialect.name == "sqlite" else f" ON {name[len('merzim_') :].rpartition('_')[0]}"
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        for statement in statements:
            connection.execute(text(statement))


def test_what_is_done_is_an_entry_with_its_origin(engine: Engine) -> None:
    """A case opened with its plan dates is two entries, an account one; each says who, when and from where."""
    token = ORIGIN.set(Origin(way="page", address="10.0.0.7"))
    try:
        case = opened(engine)
        SqlAccounts(engine).save(OFFICER, disabled=False, by="root", now=NOW, today=TODAY)
    finally:
        ORIGIN.reset(token)
    prefer(engine, "a@org.kz", "language", "ru", by="a", now=NOW)

    log = [
        (entry.topic, entry.kind, entry.by, entry.case, entry.count, entry.way, entry.address)
        for entry in entries(engine)
    ]

    assert log == [
        ("case", "opened", "Айгүл", case.id, 1, "page", "10.0.0.7"),
        ("case", "planned", "Айгүл", case.id, 3, "page", "10.0.0.7"),
        ("account", "account_opened", "root", "", 1, "page", "10.0.0.7"),
        ("people", "language_chosen", "a", "", 1, "job", ""),
    ]
    assert audit_codes(engine) == []


def test_what_was_rolled_back_is_no_entry(engine: Engine) -> None:
    """The entry and the act are one transaction; the next one does not inherit it."""
    with suppress(RuntimeError), writing(engine) as connection:
        audit.note(connection, [AuditEvent(topic="settings", kind="baseline", by="x", now=NOW)])
        raise RuntimeError
    SqlAuditLog(engine).record(AuditEvent(topic="file", kind="evidence_read", by="y", now=NOW))

    assert [entry.by for entry in entries(engine)] == ["y"]


def test_entries_are_narrowed_and_paged_by_their_numbers(engine: Engine) -> None:
    """By author or person concerned, case, days; after a number ascending, before one descending."""
    first_case, two = opened(engine), opened(engine, object="Басқа нысан")
    SqlAccounts(engine).save(OFFICER, disabled=False, by="root", now=NOW, today=TODAY)
    reads = SqlReads(engine)

    assert [e.kind for e in entries(engine, AuditFilter(case=two.id))] == ["opened", "planned"]
    assert [e.kind for e in entries(engine, AuditFilter(names=("officer",)))] == ["account_opened"]
    assert [e.kind for e in entries(engine, AuditFilter(names=("root",)))] == ["account_opened"]
    assert entries(engine, AuditFilter(until=NOW)) == []
    assert len(entries(engine, AuditFilter(since=NOW))) == 5
    newest = reads.audit(AuditFilter(), scope=EVERYTHING, limit=2)
    assert ([e.seq for e in newest.entries], newest.more) == ([5, 4], True)
    older = reads.audit(AuditFilter(), scope=EVERYTHING, before=4, limit=9)
    assert ([e.seq for e in older.entries], older.more) == ([3, 2, 1], False)
    assert older.entries[-1].case == first_case.id


def test_the_log_is_append_only_and_its_changes_are_found(engine: Engine) -> None:
    """The database refuses them; past its triggers, `verify` names the entry."""
    token = ORIGIN.set(Origin(way="page", address="10.0.0.7"))
    for kind in ("evidence_read", "package_read", "evidence_read"):
        SqlAuditLog(engine).record(AuditEvent(topic="file", kind=kind, by="y", now=NOW))
    ORIGIN.reset(token)
    for statement in ("UPDATE audit SET \"by\" = 'z'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    seal(engine, now=NOW)
    assert audit_codes(engine) == []

    tamper(
        engine,
        "UPDATE audit SET \"by\" = 'z' WHERE seq = 1",
        "UPDATE audit_origin SET address = '10.9.9.9' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 3",
    )

    assert audit_codes(engine) == ["audit_altered", "audit_address_altered", "audit_cut"]


def test_an_address_taken_away_is_found(engine: Engine) -> None:
    """A row that is gone is not one that was erased by an act."""
    token = ORIGIN.set(Origin(way="page", address="10.0.0.7"))
    SqlAuditLog(engine).record(AuditEvent(topic="file", kind="evidence_read", by="y", now=NOW))
    ORIGIN.reset(token)

    tamper(engine, "DELETE FROM audit_origin")

    assert audit_codes(engine) == ["audit_address_altered"]


def test_writers_at_once_make_one_chain(engine: Engine) -> None:
    """Eight cases opened by four threads: no entry is lost or duplicated."""
    with ThreadPoolExecutor(4) as threads:
        cases = list(threads.map(lambda number: opened(engine, object=f"{OBJECT} {number}").id, range(8)))

    log = entries(engine)
    assert [entry.seq for entry in log] == list(range(1, 17))
    assert sorted(entry.case for entry in log if entry.kind == "opened") == sorted(cases)
    assert audit_codes(engine) == []


def test_an_entry_committed_later_comes_later(server: Engine) -> None:
    """Who follows the log by its numbers misses nothing: of two transactions the one that began first and ended
    last has the higher number, and no lower one appears once a higher one was read."""
    event = AuditEvent(topic="settings", kind="audit_exported", by="a", now=NOW)
    with writing(server) as first:
        audit.note(first, [replace(event, name="began first")])
        with writing(server) as second:
            audit.note(second, [replace(event, name="ended first")])
        read = [(entry.seq, entry.name) for entry in entries(server)]
    other_entries = [(entry.seq, entry.name) for entry in entries(server)[len(read) :]]

    assert (read, other_entries) == ([(1, "ended first")], [(2, "began first")])


def test_a_reader_who_follows_many_writers_reads_every_entry_once(engine: Engine) -> None:
    """Four write at once, one reads on from the last number read: nothing twice, nothing missed."""
    log, reads, entries_read, cursor = SqlAuditLog(engine), SqlReads(engine), [], 0

    def work(by: str) -> None:
        for number in range(15):
            log.record(AuditEvent(topic="settings", kind="audit_exported", name=str(number), by=by, now=NOW))

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(work, by) for by in "abcd"]
        while not all(writer.done() for writer in writers) or cursor < reads.last_audit_entry():
            page = reads.audit(AuditFilter(), scope=EVERYTHING, after=cursor, limit=7).entries
            entries_read += [(entry.by, entry.name) for entry in page]
            cursor = page[-1].seq if page else cursor

    assert sorted(entries_read) == sorted((by, str(number)) for by in "abcd" for number in range(15))
