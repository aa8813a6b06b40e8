"""Cases of a year by stage and in order, on both databases."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Engine

import calendars
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from tests.law import library
from tests.web.conftest import NOW, TODAY
from tests.web.offices import office
from workflow.board.rows import CaseFilter
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.org.access import Reader, scope
from workflow.org.audit import Stamp

AT = Stamp(by="a@org.kz", now=NOW, today=TODAY)


def test_a_confidential_case_is_on_no_timeline_of_who_was_not_named(engine: Engine) -> None:
    """On both databases. Its stage does not count it either; who was named sees it."""
    sample_office = office()
    office_store.save(engine, units=sample_office.units.values(), people=sample_office.people.values())
    case_commands = CaseCommands(SqlLedger(engine), library(), calendars.calendar())
    opening = Opening(procedure="conflict-of-interest", unit="hr", readers=("b@org.kz",))
    case = case_commands.open(opening, at=AT)
    case_commands.write(case.id, AT, recording.record, "conflict_known", on=TODAY)
    criteria = CaseFilter(procedure="conflict-of-interest", year=2026)
    for person, visible_count in (("b@org.kz", 1), ("c@org.kz", 0)):
        reads = SqlReads(engine).seen_by(scope(Reader(login="x", access="officer", person=person)))
        shown_cases = reads.page(criteria, first=0, count=50, order="earliest")
        assert len(shown_cases) == reads.how_many(criteria) == visible_count
        assert len(reads.planning([case.id])) == 0


def test_a_year_has_the_cases_with_a_day_in_it_the_earliest_begun_first(engine: Engine) -> None:
    """On both databases. What has no day at all stands last in the year it was opened in, as Almaty counts it:
    18:59 UTC of 31 December is still the old year there, 19:00 is the new one."""
    office_store.save(engine, units=office().units.values())
    case_commands = CaseCommands(SqlLedger(engine), library(), calendars.calendar())
    for start in (date(2026, 9, 1), date(2026, 5, 4), date(2025, 2, 3)):
        opening = Opening(procedure="internal-analysis", unit="hr", planned={"analysis_started": start})
        case_commands.open(opening, at=Stamp(by="a", now=NOW, today=TODAY))
    reads = SqlReads(engine)

    def of(year: int, **filters: Any) -> list[str]:
        criteria = CaseFilter(year=year, **filters)
        case_ids = [case.id for case in reads.page(criteria, first=0, count=50, order="earliest")]
        assert len(case_ids) == reads.how_many(criteria)
        return case_ids

    assert of(2026, procedure="internal-analysis") == ["2026-0003", "2026-0002", "2026-0001"]
    assert of(2025, procedure="internal-analysis") == ["2026-0003"]
    assert of(2023) == []
