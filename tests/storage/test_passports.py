"""Passports on both databases: lists and searches follow changes; imports match objects by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.documents.considered_schedules import ImportSchedule
from merzim.services.documents.imported_schedules import ImportedFile, import_analyses
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.maintenance.verify import rebuild, verify
from merzim.storage.queries import SqlReads
from tests.storage.registers import reader
from tests.storage.sample_cases import (
    AT,
    NOW,
    OBJECT,
    PLANNED,
    UNIT,
    case_commands,
    on_sqlite_alone,
    recompute,
    schedule_file,
    seal,
)
from workflow.board.rows import CaseFilter
from workflow.cases.case import Case
from workflow.cases.commands.statuses import edit_passport

KAZAKH = "Қоғамның"
RUSSIAN = "Акционерного общества"


def describe(engine: Engine, case: Case, **fields: Any) -> Case:
    return case_commands(engine).write(case.id, AT, edit_passport, kind_of=lambda _: "", **fields).case


def taken_in(
    ctx: RequestContext, object: str, *, unit: str = "", planned: Mapping[str, date] = PLANNED, **answer: Any
) -> ImportedFile:
    """A published schedule imported, with the answer about its row."""
    schedule = ReadSchedule(form="published", object=object, unit=unit, row=7, planned=planned)
    return import_analyses(ctx, schedule_file(ctx, schedule), ImportSchedule(rows={7: answer}))


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
def test_an_import_recognises_the_words_of_its_file_and_overwrites_nothing(
    ctx: RequestContext, engine: Engine
) -> None:
    """Whatever the passport says since: another name, another unit."""
    (case,) = taken_in(ctx, RUSSIAN).cases
    assert (case.object, case.object_ru, case.object_kk) == (RUSSIAN, "", "")
    describe(engine, case, object_ru="АО «Қоғам»", unit=UNIT)

    later = {**PLANNED, "analysis_ended": date(2026, 5, 29)}
    import_result = taken_in(ctx, RUSSIAN, planned=later)

    assert (import_result.opened, import_result.replanned) == ((), (case.id,))
    now = import_result.cases[0]
    assert (now.object_ru, now.unit, now.planned["analysis_ended"]) == (
        *("АО «Қоғам»", UNIT),
        date(2026, 5, 29),
    )


@on_sqlite_alone
def test_the_same_analysis_in_two_languages_is_one_case(ctx: RequestContext, engine: Engine) -> None:
    """Asked about, never doubled by itself; joined, it is known by either words and named in both languages."""
    (case,) = taken_in(ctx, RUSSIAN).cases
    with pytest.raises(UnreadablePaper) as refused:
        taken_in(ctx, KAZAKH)
    (error,) = refused.value.errors
    assert (error.row, error.code, error.arguments["cases"]) == (7, "import.looks_like", case.id)

    names = {"object_kk": "Қоғам", "object_ru": "Акционерное общество"}
    joined = taken_in(ctx, KAZAKH, joins=case.id, **names)
    assert (joined.opened, joined.replanned) == ((), (case.id,))
    assert (joined.cases[0].object_kk, joined.cases[0].object_ru) == ("Қоғам", "Акционерное общество")
    describe(engine, case, unit=UNIT)

    later_plan = {**PLANNED, "analysis_started": date(2026, 4, 20)}
    for words in (KAZAKH, RUSSIAN):
        assert taken_in(ctx, words, planned=later_plan).cases[0].id == case.id
    assert len(SqlReads(engine).cases()) == 1


@on_sqlite_alone
def test_another_analysis_of_the_same_days_is_a_case_of_its_own(ctx: RequestContext, engine: Engine) -> None:
    """Where somebody says so; and one in the same language is not asked about at all."""
    (case,) = taken_in(ctx, RUSSIAN).cases

    (second,) = taken_in(ctx, "Комитета", object_kk="Комитет", object_ru="").cases
    assert (second.id, second.object_kk, second.object_ru) == ("2026-0002", "Комитет", "")
    assert taken_in(ctx, KAZAKH, joins="").opened == ("2026-0003",)
    with pytest.raises(UnreadablePaper) as refused:
        taken_in(ctx, "Басқарманың", joins="2026-9999")
    assert [error.code for error in refused.value.errors] == ["import.not_alike"]
    assert case.id == "2026-0001"


@on_sqlite_alone
def test_the_passport_of_a_year_names_the_object_of_the_next(ctx: RequestContext, engine: Engine) -> None:
    """The same words a year later are another case, called as people called the first."""
    (case,) = taken_in(ctx, RUSSIAN).cases
    describe(engine, case, object_ru="АО «Қоғам»", object_kk="«Қоғам» АҚ")

    (second,) = taken_in(
        ctx, RUSSIAN, planned={"analysis_started": date(2027, 4, 12), "analysis_ended": date(2027, 5, 25)}
    ).cases

    assert second.id != case.id
    assert (second.object_ru, second.object_kk) == ("АО «Қоғам»", "«Қоғам» АҚ")


def test_a_case_of_a_unit_out_of_reach_is_not_offered(app: AppContext, ctx: RequestContext) -> None:
    """Nobody learns of the analyses of others by sending a schedule with the same days."""
    taken_in(ctx, RUSSIAN)

    assert taken_in(reader(app, "clerk", "officer", unit="hr"), KAZAKH, unit="hr").opened == ("2026-0002",)
