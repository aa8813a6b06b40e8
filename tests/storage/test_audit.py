"""The audit log: every event of every stream in the order of writing, each with its origin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

from sqlalchemy import Engine

from merzim.storage import events, office as office_store
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.database import writing
from merzim.storage.events import ACCESS, ORIGIN, Draft, Origin, record_access
from merzim.storage.maintenance.verify import verify
from merzim.storage.office import save
from merzim.storage.queries import SqlReads
from tests.storage.sample_cases import NOW, TODAY, opened
from workflow.moments import Moment
from workflow.org.access import EVERYTHING, AuditEntry, AuditFilter, Reader
from workflow.org.office import Person

AT = Moment(by="root", now=NOW, today=TODAY)

OFFICER = Reader(login="officer", access="officer", name="Әлиева Гүлнұр")


def entries(engine: Engine, query: AuditFilter | None = None) -> list[AuditEntry]:
    """All entries, in order."""
    found, _ = SqlReads(engine).audit(query or AuditFilter(), scope=EVERYTHING, after=0, limit=1000)
    return list(found)


def read(engine: Engine, by: str, name: str = "") -> None:
    record_access(engine, Draft(topic="file", kind="evidence_read", name=name, by=by, at=NOW))


def test_what_is_done_is_an_entry_with_its_origin(engine: Engine) -> None:
    """A case opened with its three plan dates is four entries, an account one; each says who and from where."""
    token = ORIGIN.set(Origin(way="page", address="10.0.0.7"))
    try:
        case = opened(engine)
        SqlAccounts(engine).save(OFFICER, disabled=False, at=AT)
    finally:
        ORIGIN.reset(token)
    save(engine, people=[Person(key="a@org.kz", name="А", unit="")])
    office_store.choose(engine, "a@org.kz", language="ru", at=replace(AT, by="a"))

    log = [
        (entry.topic, entry.kind, entry.by, entry.case, entry.way, entry.address) for entry in entries(engine)
    ]

    planned = [("case", "planned", "Айгүл", case.id, "page", "10.0.0.7")] * 3
    assert log == [
        ("case", "opened", "Айгүл", case.id, "page", "10.0.0.7"),
        *planned,
        ("account", "account_opened", "root", "", "page", "10.0.0.7"),
        ("people", "person_saved", "", "", "job", ""),
        ("people", "language_chosen", "a", "", "job", ""),
    ]
    assert verify(engine) == ()


def test_entries_are_narrowed_and_paged_by_their_numbers(engine: Engine) -> None:
    """By author or person concerned, case, days; after a number ascending, before one descending."""
    first_case, two = opened(engine), opened(engine, object="Басқа нысан")
    SqlAccounts(engine).save(OFFICER, disabled=False, at=AT)
    reads = SqlReads(engine)

    assert [e.kind for e in entries(engine, AuditFilter(case=two.id))] == ["opened", *["planned"] * 3]
    assert [e.kind for e in entries(engine, AuditFilter(names=("officer",)))] == ["account_opened"]
    assert [e.kind for e in entries(engine, AuditFilter(names=("root",)))] == ["account_opened"]
    assert [e.kind for e in entries(engine, AuditFilter(topics=("account",)))] == ["account_opened"]
    assert entries(engine, AuditFilter(until=NOW)) == []
    assert len(entries(engine, AuditFilter(since=NOW))) == 9
    newest, _ = reads.audit(AuditFilter(), scope=EVERYTHING, limit=2)
    assert [e.kind for e in newest] == ["account_opened", "planned"]
    older, more = reads.audit(AuditFilter(), scope=EVERYTHING, before=newest[-1].seq, limit=9)
    assert [e.case for e in older] == [*[two.id] * 3, *[first_case.id] * 4]
    assert not more


def test_seals_and_outcomes_of_letters_are_no_entries(engine: Engine) -> None:
    """They say nothing of what somebody did."""
    read(engine, "y")
    with writing(engine) as connection:
        events.seal(connection, now=NOW)

    assert [entry.kind for entry in entries(engine)] == ["evidence_read"]


def test_who_follows_the_log_waits_for_those_who_are_writing(server: Engine) -> None:
    """An event that is written but not yet committed has a number already: nobody reads past it."""
    asked = Event()

    def follow() -> list[str]:
        asked.set()
        return [entry.name for entry in entries(server)]

    with ThreadPoolExecutor(1) as thread:
        with writing(server) as first:
            events.append(
                first, ACCESS, [Draft(topic="file", kind="package_read", name="first", by="a", at=NOW)]
            )
            opened(server)
            following = thread.submit(follow)
            assert asked.wait(5)
        names = following.result(timeout=20)

    assert names[0] == "first"
    assert len(names) == 5


def test_a_reader_who_follows_many_writers_reads_every_entry_once(engine: Engine) -> None:
    """Four write at once, one reads on from the last number read: nothing twice, nothing missed."""
    reads, entries_read, cursor = SqlReads(engine), [], 0

    def work(by: str) -> None:
        for number in range(15):
            read(engine, by, str(number))

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(work, by) for by in "abcd"]
        while not all(writer.done() for writer in writers) or cursor < reads.last_event():
            page, _ = reads.audit(AuditFilter(), scope=EVERYTHING, after=cursor, limit=7)
            entries_read += [(entry.by, entry.name) for entry in page]
            cursor = page[-1].seq if page else cursor

    assert sorted(entries_read) == sorted((by, str(number)) for by in "abcd" for number in range(15))
