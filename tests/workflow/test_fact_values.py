"""Numbers and signatures recorded with a fact: stored as events, validated, corrected with a ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from i18n import LANGUAGES, refusal
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.office import save
from tests.law import CALENDAR
from tests.workflow.test_programmes import QUOTA, obligation, procedure
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import CaseCommands, NotForKind, Opening
from workflow.law.library import Library, UnknownFact
from workflow.moments import Moment
from workflow.org.office import Unit
from workflow.ports import Contradiction
from workflow.refusal import Refusal

NOW = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
TODAY = date(2026, 12, 1)
ON = date(2026, 11, 30)
LAW = procedure(
    QUOTA,
    obligation(
        "talk_held",
        'several = true\nterm = { at_least = 2, per = "month" }\n'
        'recurs = { every = "month", since = "year_begun", years = 1 }',
    ),
    obligation("plan_approved", 'term = "none"\nsigned_by = { committee = ["head"], any = ["deputy"] }'),
    obligation("reported", 'term = "none"\nrecurs = { every = "month", since = "year_begun" }'),
)
WRITTEN = Moment(by="officer", now=NOW, today=TODAY)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    engine = open_database(f"sqlite:///{tmp_path / 'office.db'}")
    create_or_migrate(engine)
    units = [
        Unit(id="committee", name="Комитет", kind="committee"),
        Unit(id="bureau", name="Бюро", parent="committee"),
        Unit(id="company", name="ТОО", name_kk="ЖШС", kind="quasi_state"),
    ]
    save(engine, units=units)
    yield SqlLedger(engine)
    engine.dispose()


@pytest.fixture
def case_commands(ledger: SqlLedger) -> CaseCommands:
    return CaseCommands(ledger, Library([LAW]), CALENDAR)


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    opening = Opening(procedure="tea", unit="bureau", person="a@x.kz", planned={"year_begun": date(2026, 1, 1)})
    return case_commands.open(opening, at=WRITTEN)


def said(error: Refusal) -> None:
    """The refusal is one sentence in each language."""
    assert all(refusal(error, language).endswith(".") for language in LANGUAGES)


def test_numbers_and_signatures_are_kept_with_the_fact(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """Exactly as entered: decimal places are preserved. The kind is inherited from the organisation the
    unit belongs to."""
    values = {"trained": Decimal("57"), "staff": Decimal("1140.50")}
    case_commands.write(case.id, WRITTEN, recording.record, "people_trained.2026", on=ON, values=values)
    case_commands.write(case.id, WRITTEN, recording.record, "plan_approved", on=ON, signed_by="head")

    stored_case = ledger.case(case.id)

    assert stored_case.facts["people_trained.2026"].values == values
    assert ledger.events(case.id)[-2].payload == {"values": {"staff": "1140.50", "trained": "57"}}
    assert stored_case.facts["plan_approved"].signed_by == "head"
    assert (stored_case.kind, stored_case.person) == ("committee", "a@x.kz")


def test_a_procedure_is_not_opened_for_a_kind_it_is_not_for(case_commands: CaseCommands) -> None:
    """The refusal names the kinds the procedure is for."""
    with pytest.raises(NotForKind) as refused:
        case_commands.open(Opening(procedure="tea", unit="company"), at=WRITTEN)

    said(refused.value)
    assert "ЖШС" in refusal(refused.value, "kk")


def test_a_number_told_later_is_added_and_told_again_changes_nothing(
    case_commands: CaseCommands, case: Case
) -> None:
    """57.0 is 57."""

    def told(**values: str) -> int:
        numbers = {name: Decimal(value) for name, value in values.items()}
        change = case_commands.write(
            case.id, WRITTEN, recording.record, "people_trained.2026", on=ON, values=numbers
        )
        return len(change.events)

    assert told(trained="57") == 1
    assert told(trained="57.0", staff="1140") == 1
    assert told(trained="57", staff="1140") == 0
    assert told() == 0


def test_another_number_is_corrected_with_a_ground(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """Recording another one is refused; correcting it is an event, correcting it again none."""
    name, numbers = "people_trained.2026", {"staff": Decimal(1140)}
    case_commands.write(case.id, WRITTEN, recording.record, name, on=ON, values=numbers, signed_by="head")
    other = {"staff": Decimal(1141)}

    with pytest.raises(Contradiction) as refused:
        case_commands.write(case.id, WRITTEN, recording.record, name, on=ON, values=other)
    said(refused.value)
    with pytest.raises(Contradiction) as refused:
        case_commands.write(case.id, WRITTEN, recording.record, name, on=ON, signed_by="deputy")
    said(refused.value)
    with pytest.raises(Refusal):
        case_commands.write(case.id, WRITTEN, recording.record, name, on=date(2026, 11, 29), values=numbers)

    for events in (1, 0):
        change = case_commands.write(
            case.id, WRITTEN, recording.correct, name, on=ON, ground="Приказ", values=other
        )
        assert len(change.events) == events
    stored_case = ledger.case(case.id)
    assert stored_case.facts[name].values == other
    assert stored_case.facts[name].signed_by == "head"


@pytest.mark.parametrize(
    ("fact", "more", "kind"),
    [
        ("people_trained.2026", {"values": {"trianed": Decimal(57)}}, Refusal),
        ("plan_approved", {"values": {"trained": Decimal(57)}}, Refusal),
        ("plan_approved", {"signed_by": "butler"}, Refusal),
        ("reported.2026-03#2", {}, UnknownFact),
        ("talk_held.2026-03#1", {}, UnknownFact),
        ("talk_held.2026-03#", {}, UnknownFact),
    ],
)
def test_an_unknown_name_is_refused(
    case_commands: CaseCommands, case: Case, fact: str, more: dict[str, object], kind: type[Refusal]
) -> None:
    """A number nobody asks for, a duty nobody has, a second time where there is one."""
    with pytest.raises(kind) as refused:
        case_commands.write(case.id, WRITTEN, recording.record, fact, on=ON, **more)

    said(refused.value)
