"""Several people and processes at once on one database: nothing is lost, nothing written twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine

from merzim.storage.accounts.uploads import KEY_LIFETIME, SqlIdempotency
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.verify import verify
from merzim.storage.notices.outbox import SqlOutbox
from tests.case_rows import ExposedPosition, FoundRisk, RowCommands
from tests.processes import FORKED
from tests.storage import racing
from tests.storage.sample_cases import NOW, TODAY, case_commands, letter, on_sqlite_alone, opened
from tests.storage.test_outbox import settlement
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, View
from workflow.cases.registers.rows import rows_of
from workflow.moments import Moment
from workflow.ports import Change, Contradiction, OtherChange

AT = Moment(by="б", now=NOW, today=TODAY)

PEOPLE, ENTRIES = 8, 5
DAY = date(2026, 1, 20)


def said_by(core: CaseCommands, case: str, n: int, at: Moment) -> list[Callable[[], Change]]:
    """Five commands of one person, none of which contradicts another person's."""
    rows = RowCommands(core)
    planned = {"analysis_started": date(2026, 6, 1 + n)}
    return [
        partial(rows.remark, case, text=f"{n}", author="", source="discussion", on=DAY, at=at),
        partial(rows.add, case, FoundRisk(description=f"{n}"), on=DAY, at=at),
        partial(rows.expose, case, ExposedPosition(title=f"{n}"), on=DAY, at=at),
        partial(core.write, case, at, recording.record, "schedule_approved", on=DAY, evidence=[link(n)]),
        partial(core.write, case, at, recording.replan, planned),
    ]


def link(n: int) -> Evidence:
    return Evidence(kind="", reference=f"https://example.kz/{n}")


def test_all_that_eight_people_say_at_once_is_written_once(engine: Engine) -> None:
    """Forty entries that contradict nobody: none is refused, none lost, no number is given twice."""
    case, core = opened(engine), case_commands(engine)
    together = Barrier(PEOPLE)

    def speak(n: int) -> list[Change]:
        together.wait(60)
        return [say() for say in said_by(core, case.id, n, Moment(by=f"p{n}", now=NOW, today=TODAY))]

    with ThreadPoolExecutor(PEOPLE) as pool:
        changes = [change for batch in pool.map(speak, range(PEOPLE)) for change in batch]
    whole_case = SqlLedger(engine).case(case.id)
    assert whole_case is not None

    everybody = {str(n) for n in range(PEOPLE)}
    assert len(changes) == PEOPLE * ENTRIES
    assert {remark["text"] for remark in rows_of(whole_case, "remark").values()} == everybody
    assert {risk["description"] for risk in rows_of(whole_case, "risk").values()} == everybody
    assert {position["title"] for position in rows_of(whole_case, "position").values()} == everybody
    assert len(whole_case.facts["schedule_approved"].evidence) == PEOPLE
    events = SqlLedger(engine).events(case.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert verify(engine) == ()


def test_people_of_two_processes_are_not_sent_away_either(engine: Engine, url: str, case: Case) -> None:
    """Who comes second waits until the first has written, and decides on what there is."""
    refused = two(racing.speak, url, case.id)
    whole_case = SqlLedger(engine).case(case.id)
    assert whole_case is not None

    assert refused == [[], []]
    texts = [remark["text"] for remark in rows_of(whole_case, "remark").values()]
    assert len(texts) == len({*texts}) == 2 * racing.SAID
    assert verify(engine) == ()


def test_who_comes_second_waits_and_is_told_who_was_first(engine: Engine) -> None:
    """With another date: it is refused with who recorded what and when. With the same date nothing is new."""
    case, core = opened(engine), case_commands(engine)
    first, second = Moment(by="Айгүл", now=NOW, today=TODAY), Moment(by="Б", now=NOW, today=TODAY)
    other_day, began = date(2026, 1, 19), Event()

    def slow(view: View, *arguments: Any, **values: Any) -> Any:
        began.set()
        sleep(0.3)
        return recording.record(view, *arguments, **values)

    with ThreadPoolExecutor(1) as pool:
        being_written = pool.submit(core.write, case.id, first, slow, "schedule_approved", on=DAY)
        began.wait(10)
        with pytest.raises(Contradiction) as refused:
            core.write(case.id, second, recording.record, "schedule_approved", on=other_day)
    same = core.write(case.id, second, recording.record, "schedule_approved", on=DAY)

    assert being_written.result().events
    (change,) = refused.value.changes
    assert change == OtherChange(kind="fact", name="schedule_approved", on=DAY, by="Айгүл", at=NOW)
    arguments = refused.value.arguments
    assert (refused.value.code, arguments["known"], arguments["by"]) == ("fact_known", DAY, "Айгүл")
    assert same.events == ()


def two(work: Callable[..., Any], *arguments: object) -> list[Any]:
    """The work done by two fresh processes that begin at the same moment."""
    together = FORKED.Barrier(2)
    with ProcessPoolExecutor(2, mp_context=FORKED, initializer=racing.meet_at, initargs=(together,)) as pool:
        futures = [pool.submit(racing.take_part, work, *arguments) for _ in range(2)]
        return [future.result(60) for future in futures]


def test_of_two_processes_one_wins_and_the_other_gets_a_conflict(engine: Engine, url: str, case: Case) -> None:
    """The same case written at once: one event more, not two."""
    results = two(racing.append, url, case.id)

    assert sorted(results) == ["conflict", "won"]
    assert len(SqlLedger(engine).events(case.id)) == case.seq + 1


def test_two_processes_never_get_the_same_id(engine: Engine, url: str) -> None:
    """Ids are reserved in the database, not in a process."""
    first, second = two(racing.ids, url)

    assert len({*first, *second}) == 60
    assert sorted(first) == first


def test_two_processes_never_claim_the_same_notice(engine: Engine, url: str, case: Case) -> None:
    """Of two deliveries each letter is sent by one."""
    row = SqlLedger(engine).rows(case.id)["order_signed"]
    letters = tuple(
        replace(letter(row, person=f"{n}@example.kz"), key=f"{letter(row).key}:{n}") for n in range(40)
    )
    SqlOutbox(engine).settle([settlement(row, *letters)])

    first, second = two(racing.claim, url)

    assert sorted([*first, *second]) == sorted(letter.key for letter in letters)


def test_a_key_is_free_once_to_each_account(engine: Engine) -> None:
    """Then it is known, with what was asked and, once it ended, what was answered. A key is its sender's."""
    answers = SqlIdempotency(engine)
    first = answers.claim("a", "key-one", "d", now=NOW)
    running = answers.claim("a", "key-one", "d", now=NOW)
    answers.keep("a", "key-one", '{"case":"2026-0001"}')
    ended = answers.claim("a", "key-one", "other", now=NOW)

    assert first is None
    assert running is not None
    assert (running.answer, ended.answer, ended.digest) == (None, '{"case":"2026-0001"}', "d")
    assert answers.claim("b", "key-one", "d", now=NOW) is None


def test_of_many_who_claim_a_key_at_once_one_gets_it(engine: Engine) -> None:
    """The database decides."""
    answers = SqlIdempotency(engine)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: answers.claim("a", "key-one", "d", now=NOW), range(8)))

    assert claims.count(None) == 1


def test_a_key_given_back_is_free_and_an_ended_one_is_not(engine: Engine) -> None:
    """The key of an executed request cannot be released."""
    answers = SqlIdempotency(engine)
    answers.claim("a", "key-one", "d", now=NOW)
    answers.release("a", "key-one")
    second_claim = answers.claim("a", "key-one", "d", now=NOW)
    answers.keep("a", "key-one", "{}")
    answers.release("a", "key-one")

    assert second_claim is None
    assert answers.claim("a", "key-one", "d", now=NOW) is not None


@on_sqlite_alone
def test_keys_are_remembered_for_a_week(engine: Engine) -> None:
    """The second before, the second after."""
    answers = SqlIdempotency(engine)
    answers.claim("a", "key-one", "d", now=NOW)

    assert answers.claim("a", "key-one", "d", now=NOW + KEY_LIFETIME) is not None
    assert answers.claim("a", "key-one", "d", now=NOW + KEY_LIFETIME + timedelta(seconds=1)) is None
