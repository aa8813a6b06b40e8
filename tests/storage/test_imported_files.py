"""Files imported again, and what was withdrawn since, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from threading import Barrier
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import Engine

from merzim.documents.schedules.schedule import ReadSchedule
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.documents import imported_schedules
from merzim.services.documents.considered_schedules import ImportSchedule, RowAnswer
from merzim.services.documents.imported_schedules import import_analyses, take_schedule
from merzim.services.inputs import OpenFile
from merzim.storage.cases import ledger
from merzim.storage.cases.ledger import SqlLedger
from tests.storage.registers import operator
from tests.storage.sample_cases import (
    NOW,
    OBJECT,
    PLANNED,
    PROCEDURE,
    TODAY,
    UNIT,
    case_commands,
    later,
    on_sqlite_alone,
    opened,
    schedule_file,
)
from workflow.cases.case import Case, Evidence
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.evidence_list import events_as_seen
from workflow.moments import Moment
from workflow.org.access import Scope
from workflow.ports import Conflict


def test_a_file_imported_before_is_known_with_its_cases(engine: Engine) -> None:
    """Byte for byte the same file: place by place the same cases. Remembering again, after a crash
    perhaps, changes nothing."""
    first, second = opened(engine), opened(engine)
    ledger.remember(engine, "ab12", {"0": first.id}, now=NOW)

    ledger.remember(engine, "ab12", {"0": second.id, "1": second.id}, now=later(1))

    assert ledger.cases_of_file(engine, "ab12") == {"0": first.id, "1": second.id}
    assert ledger.cases_of_file(engine, "cd34") == {}


@on_sqlite_alone
def test_cases_alike_are_found_by_unit_and_object_the_newest_first(engine: Engine) -> None:
    """So that changed dates are plan dates of the same case; a cancelled one is none."""
    first, second, third = opened(engine), opened(engine), opened(engine)
    case_commands(engine).write(third.id, Moment(by="А", now=NOW, today=TODAY), statuses.cancel, ground="Қате")

    case_ids = ledger.alike(engine, PROCEDURE, [(UNIT, OBJECT), (UNIT, "Басқа")])

    assert case_ids == [second.id, first.id]
    assert ledger.alike(engine, "other", [(UNIT, OBJECT)]) == []


def test_thousands_of_places_are_asked_at_once(engine: Engine, case: Case) -> None:
    """A file of 5,000 objects."""
    places = [(UNIT, f"Объект {n}") for n in range(5000)]

    assert ledger.alike(engine, PROCEDURE, [*places, (UNIT, OBJECT)]) == [case.id]


def schedule(*starts: str) -> ImportSchedule:
    """A schedule of one object a row, each beginning on its day of 2026."""
    book, target = Workbook(), BytesIO()
    book.active.append(["Объект анализа", "Подразделение", "Начало анализа", "Окончание анализа"])
    for number, start in enumerate(starts):
        book.active.append([f"Объект {number}", "Отдел кадров", f"{start}.2026", "30.06.2026"])
    book.save(target)
    return ImportSchedule(content=OpenFile("a.xlsx", BytesIO(target.getvalue())))


def test_a_file_sent_by_two_at_once_opens_its_cases_once(
    app: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the cases of the first, even where both had read the file before either wrote."""
    commands = [schedule("13.04", "14.04") for _ in range(2)]
    both, read = Barrier(2), imported_schedules.read

    def read_together(*arguments: Any, **options: Any) -> Any:
        found = read(*arguments, **options)
        both.wait(30)
        return found

    monkeypatch.setattr(imported_schedules, "read", read_together)

    with ThreadPoolExecutor(2) as people:
        results = list(people.map(lambda command: take_schedule(operator(app), command), commands))

    assert sorted(len(result.opened) for result in results) == [0, 2]
    assert len(app.ledger.ids()) == 2


def test_a_conflict_in_the_middle_of_an_import_leaves_nothing_written(
    app: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the cases it had opened nor the plan dates it had moved; the same file then goes in whole."""
    ctx = operator(app)
    first, moved = take_schedule(ctx, schedule("13.04", "14.04")), schedule("20.04", "21.04", "22.04")
    write = CaseCommands.write

    def somebody_was_first(commands: CaseCommands, case: str, *arguments: Any, **options: Any) -> Any:
        if case == first.opened[1]:
            raise Conflict(case)
        return write(commands, case, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(CaseCommands, "write", somebody_was_first)
        with pytest.raises(Conflict):
            take_schedule(ctx, moved)
    moved.content.content.seek(0)

    assert tuple(app.ledger.ids()) == first.opened
    assert [len(app.ledger.events(case.id)) for case in first.cases] == [case.seq for case in first.cases]
    result = take_schedule(ctx, moved)
    assert (len(result.opened), result.replanned) == (1, first.opened)


@on_sqlite_alone
def test_the_same_file_again_opens_what_was_left_out_of_it_and_changes_nothing(app: AppContext) -> None:
    """Neither a day that was planned anew since, nor the words of a case; a day the user corrected is planned
    anew."""
    ctx, file = operator(app), schedule("13.04", "14.04")
    (first,) = take_schedule(ctx, file.model_copy(update={"rows": {3: RowAnswer(skip=True)}})).opened
    case_commands(app.engine).write(first, AT, recording.replan, {"analysis_started": date(2026, 4, 15)})

    file.content.content.seek(0)
    result = take_schedule(ctx, file)

    assert (result.unchanged, len(result.opened), result.replanned) == ((first,), 1, ())
    assert result.cases[0].planned["analysis_started"] == date(2026, 4, 15)

    file.content.content.seek(0)
    day = {"analysis_started": date(2026, 4, 20)}
    result = take_schedule(ctx, file.model_copy(update={"rows": {2: RowAnswer(planned=day)}}))
    assert (result.replanned, result.cases[0].planned) == ((first,), {**result.cases[0].planned, **day})


JULY = date(2026, 7, 20)
AT = Moment(by="А", now=NOW, today=JULY)


def record(engine: Engine, case: Case, fact: str, on: date, *evidence: Evidence) -> None:
    case_commands(engine).write(case.id, AT, recording.record, fact, on=on, evidence=evidence)


def take_back(engine: Engine, case: Case, name: str, *, evidence: str = "") -> None:
    case_commands(engine).write(case.id, AT, withdraw, name, ground="внесено ошибочно", evidence=evidence)


def test_the_history_hides_a_restricted_document_after_its_withdrawal(engine: Engine, case: Case) -> None:
    """Who may not open it does not read its name in the event that brought it."""
    secret = Evidence(kind="document:order", reference="a" * 64, name="тайна.pdf", restricted="госсекреты")
    record(engine, case, "order_signed", date(2026, 4, 6), secret)
    take_back(engine, case, "order_signed", evidence="a" * 64)

    visible_events = events_as_seen(SqlLedger(engine).events(case.id), Scope(unit="x", names=()))

    assert "тайна" not in str([event.payload for event in visible_events])
    assert "a" * 64 not in str([event.payload for event in visible_events])


def test_a_file_that_says_it_again_does_not_bring_it_back(
    ctx: RequestContext, engine: Engine, case: Case
) -> None:
    """The withdrawn day of the same schedule is left out, with a note; another day is a new plan date."""
    take_back(engine, case, "plan.analysis_ended")

    def taken(ended: date) -> tuple[bool, bool]:
        planned = {**PLANNED, "analysis_ended": ended}
        schedule = ReadSchedule(form="flat", object=OBJECT, unit=UNIT, row=3, planned=planned)
        result = import_analyses(ctx, schedule_file(ctx, schedule), ImportSchedule())
        return result.unchanged == (case.id,), "cli.import.withdrawn" in {note.code for note in result.notes}

    assert taken(PLANNED["analysis_ended"]) == (True, True)
    assert taken(date(2026, 5, 28)) == (False, False)


def test_an_analysis_whose_unit_the_user_typed_is_the_case_of_that_unit(
    ctx: RequestContext, case: Case
) -> None:
    """Its dates change that case; none is opened beside it."""
    planned = {"analysis_started": date(2026, 4, 14)}
    file = schedule_file(ctx, ReadSchedule(form="flat", object=OBJECT, unit="Бөлім", row=3, planned=planned))

    result = import_analyses(ctx, file, ImportSchedule(rows={3: RowAnswer(unit=UNIT)}))

    assert (result.opened, result.replanned) == ((), (case.id,))
