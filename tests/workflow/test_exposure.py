"""Exposed positions, interviews, the cartogram compared with the results, remarks."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.case_rows import ExposedPosition, FoundRisk, RowCommands
from workflow.cases.case import fold
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.cases.registers.risks import Cartogram, CartogramLine
from workflow.cases.registers.rows import rows_of
from workflow.findings.of_risks import (
    cartogram_findings,
    expected_lines,
    latest_cartogram,
    risk_findings,
    with_unit_names,
)
from workflow.moments import Moment
from workflow.org.office import Office, Unit
from workflow.refusal import Refusal

NOW = datetime(2026, 7, 20, 7, 0, tzinfo=UTC)
TODAY = date(2026, 7, 20)
WHO = Moment(by="officer", now=NOW, today=TODAY)


@pytest.fixture
def case_commands(core: CaseCommands) -> RowCommands:
    return RowCommands(core)


@pytest.fixture
def case(core: CaseCommands) -> str:
    facts = {"note_signed": date(2026, 6, 1)}
    return core.open(Opening(procedure="internal-analysis", unit="Қаржы", facts=facts), at=WHO).id


def test_a_position_keeps_its_talks_and_leaves_the_list(
    case_commands: RowCommands, core: CaseCommands, case: str
) -> None:
    """Described anew it keeps them; said again it writes nothing; vacant it has nobody to talk to."""
    described_position = ExposedPosition(
        title="Бас бухгалтер", holder="Ахметов А.", why="төлемдерге қол қояды", approved_on=TODAY
    )
    case_commands.expose(case, described_position, on=TODAY, at=WHO)
    again = ExposedPosition(number=1, **described_position.values)
    assert case_commands.expose(case, again, on=TODAY, at=WHO).events == ()
    case_commands.talk(case, 1, on=TODAY, topic="сыйлықтар", at=WHO)
    assert case_commands.talk(case, 1, on=TODAY, topic="сыйлықтар", at=WHO).events == ()
    case_commands.expose(case, ExposedPosition(number=1, title="Бас бухгалтер"), on=TODAY, at=WHO)

    (talk,) = rows_of(core.view(case, today=TODAY).case, "position")[1].records
    assert (talk.on, talk["holder"], talk["topic"]) == (TODAY, "Ахметов А.", "сыйлықтар")
    with pytest.raises(Refusal) as refusal:
        case_commands.talk(case, 1, on=TODAY, at=WHO)
    assert refusal.value.code == "risk.nobody_holds"
    case_commands.clear(case, 1, on=TODAY, at=WHO)
    (*_, cleared) = rows_of(core.view(case, today=TODAY).case, "position")[1].records
    assert (cleared.kind, cleared.on) == ("position_cleared", TODAY)


def test_a_position_without_its_reason_or_approval_is_a_finding(
    case_commands: RowCommands, core: CaseCommands, case: str
) -> None:
    """Both are asked for; neither is refused."""
    case_commands.expose(case, ExposedPosition(title="Бас маман"), on=TODAY, at=WHO)
    view = core.view(case, today=TODAY)

    codes = {finding.code for finding in risk_findings(view.case, view.deadlines)}
    assert codes == {"risk.position_without_reason", "risk.position_not_approved"}


def test_the_cartogram_is_compared_place_by_place(
    case_commands: RowCommands, core: CaseCommands, case: str
) -> None:
    """Signs and letter case apart; without a department: the case's unit. The latest counts."""
    case_commands.expose(
        case, ExposedPosition(title="Бас бухгалтер", department="Қаржы басқармасы"), on=TODAY, at=WHO
    )
    case_commands.add(case, FoundRisk(description="Төлем тексерілмейді"), on=TODAY, at=WHO)
    case_commands.record_cartogram(
        case,
        [
            CartogramLine("positions", "қаржы басқармасы", "", "БАС БУХГАЛТЕР."),
            CartogramLine("risks", "Қаржы басқармасы", "", "Төлем тексерілмейді"),
        ],
        on=date(2026, 7, 1),
        at=WHO,
    )
    cases = [core.view(case, today=TODAY).case]
    other = core.open(Opening(procedure="internal-analysis"), at=WHO).id
    case_commands.record_cartogram(other, [], on=date(2026, 6, 30), at=WHO)
    findings = cartogram_findings(
        expected_lines(cases), latest_cartogram([*cases, core.view(other, today=TODAY).case])
    )

    assert [(finding.code, finding.arguments["place"]) for finding in findings] == [
        ("risk.cartogram_lacks", "Қаржы"),
        ("risk.cartogram_exceeds", "Қаржы басқармасы"),
    ]


def test_a_place_is_read_by_the_name_of_its_unit() -> None:
    """What is no unit of the office stays as it was written."""
    office = Office(units={"fin": Unit(id="fin", name="Қаржы")})
    lines = [CartogramLine("risks", place, "", "Тәуекел") for place in ("fin", "Мұрағат")]

    assert [line.department for line in with_unit_names(lines, office)] == ["Қаржы", "Мұрағат"]


def test_without_a_cartogram_that_alone_is_said(core: CaseCommands, case: str) -> None:
    """And two that say the same have no finding."""
    line = CartogramLine("risks", "Қаржы", "Алмалы", "Тәуекел")

    assert [finding.code for finding in cartogram_findings([line], None)] == ["risk.cartogram_missing"]
    assert cartogram_findings([line], Cartogram(TODAY, (line,))) == ()


def test_a_remark_is_taken_or_told_why_not(
    case_commands: RowCommands, core: CaseCommands, case: str, ledger: SqlLedger
) -> None:
    """Unanswered when the note was signed is a finding; a refusal of the remark needs its reason."""
    fields = {"text": "Кезек ұзақ", "author": "Қоғамдық кеңес", "source": "public_council"}
    case_commands.remark(case, **fields, on=date(2026, 5, 19), at=WHO)
    assert case_commands.remark(case, **fields, on=date(2026, 5, 19), at=WHO).events == ()
    view = core.view(case, today=TODAY)
    assert [finding.code for finding in risk_findings(view.case, view.deadlines)] == ["risk.remark_unanswered"]

    with pytest.raises(Refusal) as refusal:
        case_commands.answer_remark(case, 1, taken=False, answer=" ", on=TODAY, at=WHO)
    assert refusal.value.code == "risk.why_not"
    case_commands.answer_remark(case, 1, taken=True, answer="", on=TODAY, at=WHO)
    stored_case = fold(ledger.events(case))
    (answer,) = rows_of(stored_case, "remark")[1].records
    assert (answer["taken"], answer.on) == (True, TODAY)
    assert risk_findings(stored_case, ()) == ()


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({}, []),
        ({"analysis_started": date(2026, 4, 13)}, []),
        ({"discussion_held": date(2026, 5, 19)}, ["risk.remark_waits"]),
        ({"analysis_ended": date(2026, 5, 26)}, ["risk.remark_waits"]),
        ({"discussion_held": date(2026, 5, 19), "note_signed": date(2026, 5, 18)}, []),
        ({"discussion_held": date(2026, 5, 19), "note_signed": date(2026, 5, 19)}, ["risk.remark_unanswered"]),
    ],
)
def test_the_note_waits_for_answers_to_remarks(
    case_commands: RowCommands, core: CaseCommands, facts: dict[str, date], codes: list[str]
) -> None:
    """Said while there is still a note to take it into; a remark made after the signing belongs to no note."""
    case = core.open(Opening(procedure="internal-analysis", unit="Қаржы", facts=facts), at=WHO).id
    case_commands.remark(case, text="Кезек ұзақ", author="", source="discussion", on=date(2026, 5, 19), at=WHO)
    view = core.view(case, today=TODAY)
    findings = risk_findings(view.case, view.deadlines)

    assert [finding.code for finding in findings] == codes
    assert {finding.basis for finding in findings} <= {"practice"}
