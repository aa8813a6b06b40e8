"""Cases that have a register, on both databases; registers survive verify and rebuild."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from calendars.terms import OnDate
from merzim.storage.cases.recommendations import cases_with_entries
from merzim.storage.org import store as office_store
from merzim.storage.queries import SqlReads
from tests.case_rows import FoundRisk, RiskCommands, SetMeasure
from tests.storage.sample_cases import NOW, TODAY, case_commands, on_sqlite_alone, opened
from workflow.cases.commands import standings
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.org.access import Scope
from workflow.org.audit import Stamp
from workflow.org.office import Unit

AT = Stamp(by="Айгүл", now=NOW, today=TODAY)

TERM = MeasureTerm(written="01.03.2026", term=OnDate(date(2026, 3, 1)), reading="date")


def with_a_measure(engine: Engine, *, unit: str) -> str:
    """A case of the unit with one risk and its measure."""
    case = opened(engine, unit=unit).id
    lines = [FoundRisk(description="Тәуекел"), SetMeasure(risk=1, action="Бұйрықты бекіту", term=TERM)]
    RiskCommands(case_commands(engine)).take_in(case, lines, on=TODAY, at=AT)
    return case


@on_sqlite_alone
def test_only_cases_with_a_register_are_found_and_units_below_count(engine: Engine) -> None:
    """A case without risks costs nothing; a cancelled one answers no more."""
    office_store.save(
        engine, units=[Unit(id="A", name="A"), Unit(id="B", name="B", parent="A"), Unit(id="C", name="C")]
    )
    opened(engine, unit="A")
    below, other_case = with_a_measure(engine, unit="B"), with_a_measure(engine, unit="C")

    assert list(cases_with_entries(engine)) == [below, other_case]
    assert list(cases_with_entries(engine, "A")) == [below]
    case_commands(engine).write(other_case, AT, standings.cancel, ground="қате")
    assert list(cases_with_entries(engine)) == [below]


def test_whoever_sees_one_unit_finds_its_registers_and_those_below_alone(engine: Engine) -> None:
    """Narrowed or not; what lies beside is nobody's business, asked for by name or not."""
    office_store.save(
        engine, units=[Unit(id="A", name="A"), Unit(id="B", name="B", parent="A"), Unit(id="C", name="C")]
    )
    below, other_case = with_a_measure(engine, unit="B"), with_a_measure(engine, unit="C")

    def found(scope_unit: str | None, unit: str | None) -> list[str]:
        reads = SqlReads(engine, scope=Scope(unit=scope_unit, names=()))
        return [case.id for case in reads.with_registers(unit)]

    assert [found("A", unit) for unit in (None, "A", "B", "C")] == [[below], [below], [below], []]
    assert [found("", unit) for unit in (None, "C")] == [[below, other_case], [other_case]]
    assert found(None, None) == []
