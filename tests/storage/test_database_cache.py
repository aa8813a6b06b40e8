"""Process-wide caches: never older than the database, whichever process wrote."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from merzim.storage.board import change_counters
from merzim.storage.cache import DatabaseCache
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database.engine import open as open_database
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance.backup import backup, restore
from merzim.storage.maintenance.verify import rebuild
from merzim.storage.notices.tally import beat
from merzim.storage.org import store as office_store
from merzim.storage.org.chain import Stamp
from merzim.storage.org.preferences import LANGUAGE, prefer
from merzim.storage.org.staff import SqlStaff
from merzim.storage.queries import SqlReads
from merzim.storage.tables.organisation import PERSON, UNIT
from merzim.storage.tables.service import MARK
from tests.storage.sample_cases import NOW, TODAY, case_commands, recompute
from tests.storage.statements import heard
from tests.storage.test_sums import filled
from workflow.board.rows import CaseFilter
from workflow.board.sums import Horizon, Sum, horizon
from workflow.cases.commands.passports import PassportEdit, edit_passport
from workflow.org.access import Scope
from workflow.org.office import Office, Person, Unit

HAND = Stamp(by="А", now=NOW, today=TODAY)
WHO = {"by": "А", "now": NOW, "today": TODAY}
DEPARTMENT = Unit(id="dep", name="Департамент")
AIGUL = Person(key="aigul", name="Айгүл", unit="dep", duties=("head",))
DAY = horizon(date(2026, 3, 16), soon=date(2026, 3, 30))


def stored(url: str) -> Office:
    """The office as read without a cache."""
    new_engine = open_database(url)
    try:
        return office_store.office(new_engine)
    finally:
        new_engine.dispose()


def figures(sums: tuple[Sum, ...]) -> Counter[tuple[object, ...]]:
    """Sums as they are compared: in no order."""
    names = ("edition", "stage", "obligation", "overdue", "today", "week", "later", "due", "missed")
    return Counter((*tally.assignee, *(getattr(tally, name) for name in names)) for tally in sums)


def counted(engine: Engine, day: Horizon = DAY, root: str | None = None) -> Counter[tuple[object, ...]]:
    """The same value read by a process without a cache."""
    return figures(DatabaseCache(engine).sums(day, root))


def statements(engine: Engine, action: Callable[[], object]) -> list[str]:
    sent: list[str] = []
    with heard(engine, lambda statement, _: sent.append(statement)):
        action()
    return sent


CHANGES: list[Callable[[Engine], object]] = [
    lambda engine: office_store.save(engine, units=[Unit(id="hr", name="Кадр", parent="dep")], stamp=HAND),
    lambda engine: office_store.save(engine, people=[Person(key="x", name="Ұлан", unit="dep")], stamp=HAND),
    lambda engine: office_store.save(engine, matches={"Айгүл": "aigul"}, stamp=HAND),
    lambda engine: prefer(engine, "aigul", LANGUAGE, "ru", by="А", now=NOW),
    lambda engine: SqlStaff(engine).remove_person(AIGUL, **WHO),
    lambda engine: SqlStaff(engine).keep_unit(Unit(id="dep", name="Басқарма"), was=DEPARTMENT, **WHO),
]


@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_what_another_process_changed_of_the_office_is_seen_by_the_next_question(
    engine: Engine, url: str, change: int
) -> None:
    """A unit, a person, a match, a choice; one taken out, one renamed: each by another engine."""
    office_store.save(engine, units=[DEPARTMENT], people=[AIGUL])
    cache = DatabaseCache(engine)
    before = cache.office()
    other = open_database(url)
    CHANGES[change](other)
    other.dispose()

    assert cache.office() != before
    assert cache.office() == stored(url)


def test_an_office_that_did_not_change_is_the_same_value_for_one_small_question(engine: Engine) -> None:
    """Also after a table of people was taken in that says nothing new."""
    office_store.save(engine, units=[DEPARTMENT], people=[AIGUL])
    cache = DatabaseCache(engine)
    before = cache.office()
    office_store.save(engine, units=[DEPARTMENT], people=[AIGUL])

    assert len(statements(engine, cache.office)) == 1
    assert cache.office() is before


def test_a_change_that_was_taken_back_was_none(engine: Engine, url: str) -> None:
    """Half done, the marks of a transaction are its own; rolled back, they are nobody's."""
    office_store.save(engine, units=[DEPARTMENT])
    cache = DatabaseCache(engine)
    before = cache.office()
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(UNIT.delete())
        assert cache.office() is before
        transaction.rollback()
    assert cache.office() is before
    SqlStaff(engine).keep_unit(Unit(id="hr", name="Кадр"), was=None, **WHO)

    assert cache.office() == stored(url)


def test_who_takes_in_very_many_at_once_leaves_one_mark(server: Engine) -> None:
    """As many statements as people; what is marked after a part was taken back is marked all the same."""

    def count() -> int:
        with reading(server) as connection:
            return len(change_counters.lines(connection, change_counters.OFFICE))

    before, cache = count(), DatabaseCache(server)
    office_store.save(server, people=[Person(key=f"p{n}", name=f"Адам {n}", unit="hr") for n in range(300)])
    assert count() == before + 1
    assert len(cache.office().people) >= 300
    with writing(server) as connection:
        with suppress(ZeroDivisionError), connection.begin_nested():
            connection.execute(PERSON.update().values(name="Басқа"))
            _ = 1 / 0
        connection.execute(PERSON.update().where(PERSON.c.key == "p7").values(name="Жетінші"))
    assert count() == before + 2
    assert cache.office().people["p7"].name == "Жетінші"


def test_of_two_changes_the_one_begun_first_may_end_last(server: Engine, database: str) -> None:
    """A counter read from a row or a sequence would miss it: what is kept holds both."""
    cache = DatabaseCache(server)
    with server.begin() as slow:
        slow.execute(UNIT.insert(), {"id": "slow", "name": "Б", "kind": ""})
        with server.begin() as fast:
            fast.execute(UNIT.insert(), {"id": "fast", "name": "А", "kind": ""})
        assert set(cache.office().units) == {"fast"}

    assert set(cache.office().units) == {"slow", "fast"}
    assert cache.office() == stored(database)


def test_an_office_put_back_from_a_copy_is_the_office_of_the_copy(sqlite: Engine, tmp_path: Path) -> None:
    """The process that serves pages goes on; as many changes were made after the copy as before."""
    office_store.save(sqlite, units=[DEPARTMENT])
    backup(sqlite, tmp_path / "copy.sqlite")
    office_store.save(sqlite, units=[Unit(id="hr", name="Кадр")])
    cache = DatabaseCache(sqlite)
    assert set(cache.office().units) == {"dep", "hr"}
    restore(sqlite, tmp_path / "copy.sqlite")

    assert set(cache.office().units) == {"dep"}
    office_store.save(sqlite, units=[Unit(id="law", name="Заң")])
    assert set(cache.office().units) == {"dep", "law"}


def test_the_sums_follow_whatever_is_recorded_by_others(engine: Engine, url: str) -> None:
    """Recorded, planned anew, cancelled, taken up again, opened; of every unit, and of what lies below one."""
    names = filled(engine, 8)
    cache, other = DatabaseCache(engine), open_database(url)
    core, chance = case_commands(other), random.Random(4)
    assert figures(cache.sums(DAY)) == counted(engine)
    for step in range(24):
        case = chance.choice(names)
        on = date(2026, 2, 2) - timedelta(days=chance.randrange(30))
        current_case = SqlLedger(other).case(case)
        assert current_case is not None
        if current_case.standing != "active":
            core.reopen(case, ground="Қайта", **WHO)
        elif step % 6 == 5:
            core.cancel(case, ground="Бекер", **WHO)
        elif step % 2:
            core.replan(case, "analysis_started", on=date(2026, 3, 1) + timedelta(days=step), **WHO)
        elif "order_signed" not in current_case.facts:
            core.record(case, "order_signed", on=on, **WHO)
        for root in (None, "hr", "head", "nobody"):
            assert figures(cache.sums(DAY, root)) == counted(engine, root=root), (step, root)
    other.dispose()


def test_cases_are_counted_anew_when_others_change_one(engine: Engine, url: str) -> None:
    """Renamed, moved to another unit, cancelled, opened; without a change they are not counted again."""
    (renamed, cancelled), other = filled(engine, 2), open_database(url)
    reads, core = SqlReads(engine).seen_by(Scope(unit="", names=())), case_commands(other)
    filters = CaseFilter(search="жаңа"), CaseFilter(unit="law"), CaseFilter(standing="active")

    def counted() -> list[int]:
        return [reads.how_many(case_filter) for case_filter in filters]

    assert counted() == [0, 1, 2]
    edit_passport(core, renamed, PassportEdit(object_kk="Жаңа", unit="law"), kind_of=lambda _: "", **WHO)
    assert counted() == [1, 2, 2]
    core.cancel(cancelled, ground="Бекер", **WHO)
    assert counted() == [1, 2, 1]
    filled(other, 1)
    assert counted() == [1, 2, 2]
    sent = statements(engine, lambda: reads.how_many(filters[2]))
    assert not any("confidential = 0" in text or 'NOT "case".confidential AND' in text for text in sent)
    other.dispose()


def test_only_units_that_changed_are_read_anew(engine: Engine) -> None:
    """What is put together of the others stays the same value, with all that was worked out of it."""
    names = filled(engine, 6)
    cache = DatabaseCache(engine)
    law, hr = cache.sums(DAY, "law"), cache.sums(DAY, "hr")
    case_commands(engine).record(names[0], "order_signed", on=TODAY, **WHO)

    assert cache.sums(DAY, "law") is law
    assert cache.sums(DAY, "hr") is not hr
    assert len(statements(engine, lambda: cache.sums(DAY))) == 1


def test_another_day_and_another_tree_are_counted_anew(engine: Engine) -> None:
    """The day changes at midnight; a unit moves below another by an administrator's hand."""
    filled(engine, 6)
    cache, later = DatabaseCache(engine), horizon(date(2026, 6, 1), soon=date(2026, 6, 10))
    assert figures(cache.sums(DAY)) == counted(engine)
    assert figures(cache.sums(later)) == counted(engine, later) != counted(engine)
    assert {tally.assignee.unit for tally in cache.sums(later, "head")} == {"hr"}
    office_store.save(engine, units=[Unit(id="law", name="Заң", parent="head")])

    assert {tally.assignee.unit for tally in cache.sums(later, "head")} == {"hr", "law"}


def test_marks_are_folded_and_nobody_misses_a_change(server: Engine) -> None:
    """A reader of the folded lines goes on, be it one change short of as many as stay; any other
    reads all anew."""
    names = filled(server, 6)
    attentive, seldom, absent = DatabaseCache(server), DatabaseCache(server), DatabaseCache(server)

    def change(*days: int) -> None:
        with writing(server) as connection:
            for n in days:
                update_query = text('UPDATE deadline SET duty = :duty WHERE "case" = :case')
                connection.execute(update_query, {"duty": f"d{n}", "case": names[0]})

    absent.sums(DAY)
    change(*range(change_counters.COMPACT_FROM))
    first_sums = seldom.sums(DAY, "law")
    change(*range(change_counters.COMPACT_FROM))
    before = attentive.sums(DAY, "law")
    beat(server, "delivery", now=NOW, seconds=0)
    with reading(server) as connection:
        lines = connection.execute(MARK.select().order_by(MARK.c.id)).all()
    assert (len(lines), {line.unit for line in lines[change_counters.COMPACT_FROM :]}) == (
        change_counters.COMPACT_FROM + 5,
        {None},
    )

    assert attentive.sums(DAY, "law") is before
    assert seldom.sums(DAY, "law") is first_sums
    for cache in (attentive, seldom, absent):
        assert figures(cache.sums(DAY)) == counted(server)
    case_commands(server).record(names[1], "order_signed", on=TODAY, **WHO)
    assert figures(attentive.sums(DAY)) == counted(server)


def test_what_is_counted_anew_is_read_anew(engine: Engine) -> None:
    """A corrupted sum is cached as stored, and corrected for every process by a rebuild."""
    filled(engine, 3)
    right = counted(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE total SET n = n + 5"))
    cache = DatabaseCache(engine)
    assert figures(cache.sums(DAY)) != right
    rebuild(engine, recompute(engine), now=NOW)

    assert figures(cache.sums(DAY)) == right


def test_a_statement_over_very_many_units_marks_them_all(engine: Engine) -> None:
    """One more than are named singly."""
    filled(engine, 4)
    with writing(engine) as connection:
        connection.execute(text("UPDATE deadline SET unit = 'u' || obligation || \"case\""))
    cache = DatabaseCache(engine)
    cache.sums(DAY)
    with writing(engine) as connection:
        update = connection.execute(text("UPDATE deadline SET due = NULL"))
        assert update.rowcount > change_counters.NAMED

    assert all(not (tally.today or tally.week or tally.due) for tally in cache.sums(DAY))
