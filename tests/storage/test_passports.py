"""Passports on both databases: lists and searches follow changes; imports match objects by name."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.imports.considering import ScheduleAnswers, consider
from merzim.services.imports.schedules import ImportedFile, take_in
from merzim.storage.cases import twins
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.rebuild import rebuild
from merzim.storage.maintenance.verify import verify
from merzim.storage.queries import SqlReads
from tests.law import CALENDAR
from tests.storage.sample_cases import (
    AT,
    NOW,
    OBJECT,
    PLANNED,
    PROCEDURE,
    TODAY,
    UNIT,
    case_commands,
    library,
    on_sqlite_alone,
    recompute,
    seal,
)
from workflow.board.rows import CaseFilter
from workflow.cases.case import Case
from workflow.cases.commands.passports import PassportEdit, edit_passport
from workflow.org.office import Office

KAZAKH = "Қоғамның"
RUSSIAN = "Акционерного общества"


def describe(engine: Engine, case: Case, **fields: Any) -> Case:
    edit = PassportEdit(**fields)
    stamp = AT
    return case_commands(engine).write(case.id, stamp, edit_passport, edit, kind_of=lambda _: "").case


def taken_in(
    engine: Engine,
    object: str,
    *,
    planned: Mapping[str, date] = PLANNED,
    closed: Container[str] = (),
    **answered: Any,
) -> ImportedFile:
    """A published schedule taken in, with the cases an import asks the database for."""
    schedule = ReadSchedule(form="published", object=object, row=7, planned=planned)
    names = twins.alike(engine, PROCEDURE, [("", object)])
    days = [planned["analysis_started"]]
    begins = {PROCEDURE: "analysis_started"}
    names += [case.id for case in twins.cases_beginning_on(engine, begins, days, active_only=True)]
    considered = consider(
        [schedule],
        name="file",
        library=library(),
        cases=list(SqlLedger(engine).cases(names).values()),
        office=Office(),
        procedure=library().latest(PROCEDURE),
        calendar=CALENDAR,
        answers=ScheduleAnswers(**answered),
        closed=closed,
        today=TODAY,
    )
    return take_in(considered, name="file", case_commands=case_commands(engine), at=AT)


def test_lists_sums_and_searches_follow_another_unit_and_name(engine: Engine, case: Case) -> None:
    """Verify finds nothing, and a rebuild writes not one row otherwise."""

    describe(engine, case, unit="Заң департаменті", object_ru="Государственные закупки")

    reads = SqlReads(engine)
    (head,) = reads.cases()
    assert (head.unit, head.object, head.object_in("ru")) == (
        *("Заң департаменті", OBJECT),
        "Государственные закупки",
    )
    for words in ("государственные", "мемлекеттік", "заң", case.id):
        assert [case.id for case in reads.page(CaseFilter(search=words))] == [case.id]
    seal(engine, now=NOW)
    new_recompute = recompute(engine)
    assert verify(engine, recompute=new_recompute) == ()
    rows = SqlLedger(engine).rows(case.id)
    rebuild(engine, new_recompute, now=NOW)
    assert SqlLedger(engine).rows(case.id) == rows


@on_sqlite_alone
def test_an_import_recognises_the_words_of_its_file_and_overwrites_nothing(engine: Engine) -> None:
    """Whatever the passport says since: another name, another unit."""
    (case,) = taken_in(engine, RUSSIAN).cases
    assert (case.object, case.object_ru, case.object_kk) == (RUSSIAN, "", "")
    describe(engine, case, object_ru="АО «Қоғам»", unit=UNIT)

    later = {**PLANNED, "analysis_ended": date(2026, 5, 29)}
    import_result = taken_in(engine, RUSSIAN, planned=later)

    assert (import_result.opened, import_result.replanned) == ((), (case.id,))
    now = import_result.cases[0]
    assert (now.object_ru, now.unit, now.planned["analysis_ended"]) == (
        *("АО «Қоғам»", UNIT),
        date(2026, 5, 29),
    )


@on_sqlite_alone
def test_the_same_analysis_in_two_languages_is_one_case(engine: Engine) -> None:
    """Asked about, never doubled by itself; joined, it is known by either words and named in both languages."""
    (case,) = taken_in(engine, RUSSIAN).cases
    with pytest.raises(UnreadablePaper) as refused:
        taken_in(engine, KAZAKH)
    (error,) = refused.value.errors
    assert (error.row, error.code, error.arguments["cases"]) == (7, "import.looks_like", case.id)

    names = {7: {"kk": "Қоғам", "ru": "Акционерное общество"}}
    joined = taken_in(engine, KAZAKH, joins={7: case.id}, objects=names)
    assert (joined.opened, joined.replanned) == ((), (case.id,))
    assert (joined.cases[0].object_kk, joined.cases[0].object_ru) == ("Қоғам", "Акционерное общество")
    describe(engine, case, unit=UNIT)

    later_plan = {**PLANNED, "analysis_started": date(2026, 4, 20)}
    for words in (KAZAKH, RUSSIAN):
        assert taken_in(engine, words, planned=later_plan).cases[0].id == case.id
    assert len(SqlReads(engine).cases()) == 1


@on_sqlite_alone
def test_another_analysis_of_the_same_days_is_a_case_of_its_own(engine: Engine) -> None:
    """Where somebody says so; and one in the same language is not asked about at all."""
    (case,) = taken_in(engine, RUSSIAN).cases

    (second,) = taken_in(engine, "Комитета", objects={7: {"kk": "Комитет", "ru": ""}}).cases
    assert (second.id, second.object_kk, second.object_ru) == ("2026-0002", "Комитет", "")
    assert taken_in(engine, KAZAKH, joins={7: ""}).opened == ("2026-0003",)
    with pytest.raises(UnreadablePaper) as refused:
        taken_in(engine, "Басқарманың", joins={7: "2026-9999"})
    assert [error.code for error in refused.value.errors] == ["import.not_alike"]
    assert case.id == "2026-0001"


@on_sqlite_alone
def test_the_passport_of_a_year_names_the_object_of_the_next(engine: Engine) -> None:
    """The same words a year later are another case, called as people called the first."""
    (case,) = taken_in(engine, RUSSIAN).cases
    describe(engine, case, object_ru="АО «Қоғам»", object_kk="«Қоғам» АҚ")

    (second,) = taken_in(
        engine, RUSSIAN, planned={"analysis_started": date(2027, 4, 12), "analysis_ended": date(2027, 5, 25)}
    ).cases

    assert second.id != case.id
    assert (second.object_ru, second.object_kk) == ("АО «Қоғам»", "«Қоғам» АҚ")


def test_a_case_of_a_unit_out_of_reach_is_not_offered(engine: Engine) -> None:
    """Nobody learns of the analyses of others by sending a schedule with the same days."""
    (case,) = taken_in(engine, RUSSIAN).cases
    describe(engine, case, unit="law")

    assert taken_in(engine, KAZAKH, closed=[case.id]).opened == ("2026-0002",)
