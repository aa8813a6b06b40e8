"""Lists of cases, deadlines and assignments on both databases, as a reader sees them, secret ones too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

import calendars
from calendars.terms import OnDate
from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.queries import SqlReads
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.law import library
from tests.storage.sample_cases import (
    AT,
    NOW,
    PROCEDURE,
    TODAY,
    case_commands,
    later,
    letter,
    on_sqlite_alone,
    opened,
    recompute,
)
from tests.storage.test_outbox import settlement
from tests.web.offices import office
from workflow.board.rows import CaseFilter, DeadlineFilter, Horizon, Urgency
from workflow.cases.case import Case
from workflow.cases.commands import answers as commands, recording, statuses
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.assignments import AssignmentState, Whose
from workflow.cases.registers.rows import MeasureTerm
from workflow.deadlines.deadline import Row
from workflow.moments import Moment
from workflow.org.access import Access, Reader, Scope, scope
from workflow.org.office import Unit

FAR = date(2027, 12, 31)


def due_on(engine: Engine, case: str, obligation: str = "order_signed") -> date:
    due = SqlLedger(engine).rows(case)[obligation].due
    assert due is not None
    return due


def test_a_row_is_overdue_the_day_after_its_due_date(engine: Engine) -> None:
    """On the due date itself it is due, not overdue."""
    due, day = due_on(engine, opened(engine).id), timedelta(days=1)

    def names(urgency: Urgency, today: date, soon: date = FAR) -> set[str]:
        return {row.obligation for row in listed(engine, urgency, today, soon)}

    assert ["order_signed" in names("overdue", on) for on in (due, due + day)] == [False, True]
    assert "order_signed" in names("due", due, due)
    assert "order_signed" not in names("due", due + day)
    assert names("due", due + day, due) == set()


def listed(engine: Engine, urgency: Urgency, today: date, soon: date) -> Sequence[Row]:
    criteria = DeadlineFilter(urgency=urgency, horizon=Horizon(today=today, soon=soon))
    return SqlReads(engine).listed(criteria)


def test_a_cancelled_case_is_not_on_the_lists_but_among_the_cases(engine: Engine) -> None:
    """Only active cases answer for what is open."""
    case = opened(engine).id
    case_commands(engine).write(case, AT, statuses.cancel, ground="Жоспардан алынды")
    reads = SqlReads(engine)

    assert not any(listed(engine, urgency, FAR, FAR) for urgency in ("overdue", "missed"))
    assert listed(engine, "due", TODAY, FAR) == []
    assert [(case.id, case.status, case.ground) for case in reads.cases()] == [
        (case, "cancelled", "Жоспардан алынды")
    ]
    assert reads.cases(status="active") == []


@pytest.fixture
def tree(engine: Engine) -> SqlReads:
    """A department with a division below it, a case in each, and one elsewhere."""
    units = [
        Unit(id="dep", name="Қаржы департаменті"),
        Unit(id="div", name="Бюджет басқармасы", parent="dep"),
        Unit(id="hr", name="Кадр қызметі"),
    ]
    office_store.save(engine, units=units)
    for unit in ("dep", "div", "hr"):
        opened(engine, unit=unit, object=f"Объект {unit}")
    return SqlReads(engine)


def test_a_list_comes_page_by_page_and_narrowed(tree: SqlReads) -> None:
    """The same order as the whole list; what is wanted counts what it shows."""
    case_ids = [case.id for case in tree.cases()]
    pages = [[case.id for case in tree.page(CaseFilter(), first=first, count=2)] for first in (0, 2, 4)]
    expected = {
        CaseFilter(search="БЮДЖЕТ объект"): ["div"],
        # Object, id and the name of the unit; every word must be found, and a percent sign is only a sign.
        CaseFilter(search="ҚАРЖЫ"): ["dep"],
        CaseFilter(search="2026-0003"): ["hr"],
        CaseFilter(search="бюджет кадр"): [],
        CaseFilter(search="%"): [],
        CaseFilter(unit="dep"): ["div", "dep"],
        CaseFilter(unit="dep", search="қаржы"): ["dep"],
        CaseFilter(status="cancelled"): [],
        CaseFilter(late_on=FAR, unit="hr"): ["hr"],
        CaseFilter(late_on=date(2020, 1, 1)): [],
    }

    assert [name for page in pages for name in page] == case_ids
    for criteria, units in expected.items():
        assert [case.unit for case in tree.page(criteria, first=0, count=9)] == units
        assert tree.how_many(criteria) == len(units)


def test_cases_come_newest_first_and_narrowed(tree: SqlReads) -> None:
    """Heads are enough for a list: no facts, no plan dates."""
    cases = tree.cases()

    assert [case.id for case in cases] == ["2026-0003", "2026-0002", "2026-0001"]
    assert tree.cases(limit=1) == cases[:1]
    assert tree.cases(procedure="no such") == tree.page(CaseFilter(stage="no such")) == []
    assert tree.heads(["2026-0002", "2026-0404"]) == {"2026-0002": cases[1]}
    assert cases[0].planned == {}
    assert cases[0].head


def test_a_case_page_has_all_it_shows(engine: Engine, case: Case) -> None:
    """The case whole, its events, its rows with those without a date last, its notices newest first."""
    reads = SqlReads(engine)
    row = SqlLedger(engine).rows(case.id)["order_signed"]
    letters = letter(row, person="а@x.kz"), letter(row, person="ә@x.kz", at=later(1))
    SqlOutbox(engine).settle([settlement(row, *letters)])

    rows = reads.rows_of([case])[case.id]

    assert reads.case(case.id) == SqlLedger(engine).case(case.id)
    assert len(reads.events(case.id)) == case.seq
    assert [row.due is None for row in rows] == sorted(row.due is None for row in rows)
    assert [notice.person for notice in reads.notices(case)] == ["ә@x.kz", "а@x.kz"]


def test_assignments_are_found_by_whose_they_are_and_how_they_stand(engine: Engine) -> None:
    """Under a case and alone; done, refused and overdue apart; a withdrawn one is in no list; by units seen."""
    core, day = case_commands(engine), timedelta(days=1)
    stamp = {"now": NOW, "today": TODAY}
    under = opened(engine).id
    core.write(
        under, Moment(by="boss", **stamp), commands.give, text="A", assignee="one", until=TODAY, giver="head"
    )
    assignment = {"assignee": "one", "unit": "u", "giver": "head", "at": Moment(by="boss", **stamp)}
    done_case, refused, withdrawn_case = (
        commands.give_alone(core, text=text, until=TODAY + day, **assignment).id  # type: ignore[arg-type]
        for text in "BCD"
    )
    by_one, as_one = Moment(by="one", **stamp), {"author": "one", "for_office": False}
    core.write(done_case, by_one, commands.answer, 1, text="", on=TODAY, **as_one)  # type: ignore[arg-type]
    core.write(refused, by_one, commands.refuse, 1, ground="no", **as_one)  # type: ignore[arg-type]
    core.write(withdrawn_case, Moment(by="boss", **stamp), withdraw, "assignment.1", ground="mistake")

    def found(whose: Whose, state: AssignmentState, *, today: date = TODAY, me: str = "one") -> list[str]:
        reader = Reader(login=me, access="officer", person=me)
        rows, total = SqlReads(engine).assignments(whose, state, reader=reader, today=today, limit=10)
        assert total == len(rows)
        return [row.case for row in rows]

    assert found("mine", "open") == [under]
    assert found("mine", "overdue") == []
    assert found("mine", "overdue", today=TODAY + day) == [under]
    assert found("given", "done", me="boss") == [done_case]
    assert found("given", "refused", me="boss") == [refused]
    assert sorted(found("all", "all")) == sorted([under, done_case, refused])
    assert found("given", "all") == []
    elsewhere = SqlReads(engine).seen_by(Scope(unit="other", names=("two",)))
    reader = Reader(login="two", access="officer", person="two")
    assert elsewhere.assignments("all", "all", reader=reader, today=TODAY, limit=10) == ([], 0)


APRIL = date(2026, 4, 6)
IN_APRIL = Moment(by="a@org.kz", now=datetime(2026, 4, 6, 7, tzinfo=UTC), today=APRIL)


def test_a_confidential_case_is_on_no_timeline_of_who_was_not_named(engine: Engine) -> None:
    """On both databases. Its stage does not count it either; who was named sees it."""
    sample_office = office()
    office_store.save(engine, units=sample_office.units.values(), people=sample_office.people.values())
    case_commands = CaseCommands(SqlLedger(engine), library(), calendars.calendar())
    opening = Opening(procedure="conflict-of-interest", unit="hr", readers=("b@org.kz",))
    case = case_commands.open(opening, at=IN_APRIL)
    case_commands.write(case.id, IN_APRIL, recording.record, "conflict_known", on=APRIL)
    criteria = CaseFilter(procedure="conflict-of-interest", year=2026)
    for person, visible_count in (("b@org.kz", 1), ("c@org.kz", 0)):
        reads = SqlReads(engine).seen_by(scope(Reader(login="x", access="officer", person=person)))
        assert len(reads.page(criteria, order="earliest")) == reads.how_many(criteria) == visible_count


def test_a_year_has_the_cases_with_a_day_in_it_the_earliest_begun_first(engine: Engine) -> None:
    """On both databases. What has no day at all stands last in the year it was opened in, as Almaty counts it:
    18:59 UTC of 31 December is still the old year there, 19:00 is the new one."""
    office_store.save(engine, units=office().units.values())
    case_commands = CaseCommands(SqlLedger(engine), library(), calendars.calendar())
    for start in (date(2026, 9, 1), date(2026, 5, 4), date(2025, 2, 3)):
        opening = Opening(procedure="internal-analysis", unit="hr", planned={"analysis_started": start})
        case_commands.open(opening, at=IN_APRIL)
    reads = SqlReads(engine)

    def of(year: int, **filters: Any) -> list[str]:
        criteria = CaseFilter(year=year, **filters)
        case_ids = [case.id for case in reads.page(criteria, first=0, count=50, order="earliest")]
        assert len(case_ids) == reads.how_many(criteria)
        return case_ids

    assert of(2026, procedure="internal-analysis") == ["2026-0003", "2026-0002", "2026-0001"]
    assert of(2025, procedure="internal-analysis") == ["2026-0003"]
    assert of(2023) == []


TERM = MeasureTerm(written="01.03.2026", term=OnDate(date(2026, 3, 1)), reading="date")


def with_a_measure(engine: Engine, *, unit: str) -> str:
    """A case of the unit with one risk and its measure."""
    case = opened(engine, unit=unit).id
    lines = [FoundRisk(description="Тәуекел"), SetMeasure(risk=1, action="Бұйрықты бекіту", term=TERM)]
    RowCommands(case_commands(engine)).add(case, lines, on=TODAY, at=AT)
    return case


@on_sqlite_alone
def test_only_cases_with_a_register_are_found_and_units_below_count(engine: Engine) -> None:
    """A case without risks costs nothing; a cancelled one answers no more."""
    office_store.save(
        engine, units=[Unit(id="A", name="A"), Unit(id="B", name="B", parent="A"), Unit(id="C", name="C")]
    )
    opened(engine, unit="A")
    below, other_case = with_a_measure(engine, unit="B"), with_a_measure(engine, unit="C")

    def found(unit: str) -> list[str]:
        return [case.id for case in SqlReads(engine).with_registers(unit)]

    assert [found(unit) for unit in ("", "A")] == [[below, other_case], [below]]
    case_commands(engine).write(other_case, AT, statuses.cancel, ground="қате")
    assert found("") == [below]


def test_whoever_sees_one_unit_finds_its_registers_and_those_below_alone(engine: Engine) -> None:
    """Narrowed or not; what lies beside is nobody's business, asked for by name or not."""
    office_store.save(
        engine, units=[Unit(id="A", name="A"), Unit(id="B", name="B", parent="A"), Unit(id="C", name="C")]
    )
    below, other_case = with_a_measure(engine, unit="B"), with_a_measure(engine, unit="C")

    def found(scope_unit: str | None, unit: str) -> list[str]:
        reads = SqlReads(engine, scope=Scope(unit=scope_unit, names=()))
        return [case.id for case in reads.with_registers(unit)]

    assert [found("A", unit) for unit in ("", "A", "B", "C")] == [[below], [below], [below], []]
    assert [found("", unit) for unit in ("", "C")] == [[below, other_case], [other_case]]
    assert found(None, "") == []


def test_registers_of_a_unit_are_looked_for_in_its_cases_alone(sqlite: Engine) -> None:
    """The events of a whole country need not be walked for them."""
    queries: list[tuple[str, Any]] = []
    event.listen(sqlite, "before_cursor_execute", lambda *call: queries.append(call[2:4]))
    SqlReads(sqlite).with_registers("A")
    [query] = [query for query in queries if "kind IN" in query[0]]
    with sqlite.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).all())

    assert "ix_event_first_entry (case=?)" in plan


def test_the_first_day_is_the_local_day_of_the_first_case(engine: Engine) -> None:
    """Opened at 19:30 in London on 2 February 2026, it is half past midnight of the 3rd in Almaty."""
    assert SqlLedger(engine).first_day() is None
    for at, today in (
        (datetime(2026, 3, 2, 4, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 2, 2, 19, 30, tzinfo=UTC), date(2026, 2, 3)),
    ):
        case_commands(engine).open(Opening(procedure=PROCEDURE), at=Moment(by="officer", now=at, today=today))

    assert SqlLedger(engine).first_day() == date(2026, 2, 3)


AT_SEVEN, SIXTH_OF_APRIL = datetime(2026, 4, 6, 7, 0, tzinfo=UTC), date(2026, 4, 6)
SAID = Moment(by="opener", now=AT_SEVEN, today=SIXTH_OF_APRIL)


@pytest.fixture
def core(engine: Engine) -> CaseCommands:
    return case_commands(engine)


@pytest.fixture
def secret(core: CaseCommands) -> Case:
    """A conflict of interest, opened by somebody, with one person named."""
    opening = Opening(
        procedure="conflict-of-interest",
        unit="hr",
        person="about@org.kz",
        readers=("named@org.kz",),
        facts={"conflict_known": SIXTH_OF_APRIL},
    )
    return core.open(opening, at=SAID)


def sees(engine: Engine, person: str, *, access: Access = "officer") -> bool:
    """Whether somebody of that access finds the case in a list and by itself; both must agree."""
    reader = Reader(login=person.partition("@")[0], person=person, access=access)
    reads = SqlReads(engine).seen_by(scope(reader))
    case_ids = [case.id for case in reads.cases()]
    single = [name for name in SqlReads(engine).heads(SqlLedger(engine).ids()) if reads.case(name) is not None]
    assert sorted(case_ids) == sorted(single)
    assert bool(reads.whole(SqlLedger(engine).ids())) == bool(single)
    return bool(single)


def test_who_opened_it_and_who_was_named_see_it(engine: Engine, secret: Case) -> None:
    """The opener by their account, the named by their key."""
    assert (sees(engine, "opener@org.kz"), sees(engine, "named@org.kz")) == (True, True)


@pytest.mark.parametrize("access", ["officer", "auditor", "first_head", "head_of_unit", "administrator"])
def test_nobody_else_does_whatever_their_access(engine: Engine, secret: Case, access: Access) -> None:
    """Not the auditor, not the first head, not the person it is about."""
    assert not sees(engine, "somebody@org.kz", access=access)
    assert not sees(engine, "about@org.kz", access=access)


@pytest.mark.parametrize("state", ["sent", "queued", "withdrawn", "sending"])
def test_who_was_told_in_a_letter_sees_it_once_it_has_left(engine: Engine, secret: Case, state: str) -> None:
    """A letter without content leads behind the log-in: there the content must be. What only waits is not
    proved in the register: anybody could have put it there."""
    with engine.begin() as connection:
        connection.execute(
            text(
                'INSERT INTO notice (key, "case", obligation, due, step, person, channel, address, language, '
                "state, attempts, queued_at, not_before, answer, text_hash, message_id, kind, bundle, carrier, "
                "about) VALUES "
                "('k', :case, 'o', '2026-04-09', '0', 'told@org.kz', 'email', 'a', 'kk', :state, 1, "
                "'2026-04-06 07:00:00', '2026-04-06 07:00:00', '', '', '', 'reminder', '', '', '{}')"
            ),
            {"case": secret.id, "state": state},
        )

    assert sees(engine, "told@org.kz") is (state == "sent")


def test_a_naming_can_be_taken_back_with_its_ground(engine: Engine, core: CaseCommands, secret: Case) -> None:
    """Both are events; the chain stays whole."""
    core.write(secret.id, SAID, recording.name_reader, "late@org.kz")
    before = sees(engine, "late@org.kz")
    core.write(secret.id, SAID, recording.remove_reader, "late@org.kz", ground="ауысты")

    assert (before, sees(engine, "late@org.kz")) == (True, False)
    kinds = [event.kind for event in SqlLedger(engine).events(secret.id)]
    assert kinds[-2:] == ["reader_named", "reader_removed"]
    assert [problem.code for problem in verify(engine)] == []


def test_a_rebuild_writes_who_may_know_anew(engine: Engine, secret: Case) -> None:
    """The list is computed from the events, so manual changes are corrected."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM reader"))
        connection.execute(
            text("INSERT INTO reader (\"case\", person) VALUES (:case, 'thief@org.kz')"), {"case": secret.id}
        )
    rebuild(engine, recompute(engine), now=AT_SEVEN)

    assert (sees(engine, "named@org.kz"), sees(engine, "thief@org.kz")) == (True, False)


def test_an_ordinary_case_needs_no_naming(engine: Engine, core: CaseCommands) -> None:
    """Naming somebody to know of what everybody in reach sees changes nothing."""
    case = core.open(Opening(procedure="internal-analysis", unit="hr"), at=SAID)
    change = core.write(case.id, SAID, recording.name_reader, "late@org.kz")

    assert change.events == ()
    assert sees(engine, "anybody@org.kz")
    assert not replace(case).confidential
