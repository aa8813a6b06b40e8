"""Note, plan, monitoring note and list of positions, filled from the case's own registers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from merzim.documents.forms import form
from merzim.services.documents.rows import all_position_rows, period_rows, position_rows
from tests.documents.test_forms import tables_of, text_of
from tests.merzim.conftest import Merzim, Prepare, import_example
from tests.row_commands import act, operator
from workflow.cases.case import Case, Event, EventKind
from workflow.org.office import Office, Person, Unit

CASE, NOW = "2026-0001", ("--now", "2026-10-20")
PLAN = (
    "n,risk_or_recommendation,measure,completion_form,responsible,term_as_written\n"
    '1,internal documents not up to date,"revise internal documents, align with law",orders,'
    "Антикоррупционная комплаенс-служба,III квартал 2026 года\n"
    "2,possible risks in hiring,check completeness of documents of candidates,report,nobody we know,Постоянно\n"
)


@pytest.fixture
def planned(prepared: Prepare) -> Merzim:
    """A case with its note signed, its plan taken in, one measure reviewed."""
    return prepared(import_example, _plan)


def _plan(office: Merzim) -> None:
    Path("plan.csv").write_text(PLAN, encoding="utf-8")
    lines: list[tuple[str, ...]] = [
        ("record", CASE, "note_signed", "--on", "2026-06-01"),
        ("record", CASE, "plan_approved", "--on", "2026-06-10"),
        ("risks", "import", CASE, "plan.csv"),
    ]
    for line in lines:
        result = office(*line, *NOW)
        assert result.code == 0, result.err
    with operator(NOW[1]) as ctx:
        act(ctx, "risks", "rank", CASE, number=1, likelihood=3, effect=3)
        act(ctx, "measures", "review", CASE, number=1, outcome="executed", on="2026-10-06")


def _table(merzim: Merzim, form: str, file: Path, language: str = "ru") -> list[list[str]]:
    result = merzim("form", CASE, form, "--to", file, "--lang", language, *NOW)
    assert result.code == 0, result.err
    return tables_of(file.read_bytes())[0]


def test_the_plan_is_the_plan_that_was_taken_in(planned: Merzim, tmp_path: Path) -> None:
    """Each measure with its completion form, who answers, and the term in the plan's own words;
    departments of the office and quarters have their names in the language of the paper."""
    rows = _table(planned, "plan", tmp_path / "a.docx")

    assert rows[1] == [
        "1.",
        "internal documents not up to date",
        "revise internal documents, align with law",
        "orders",
        "Антикоррупционная комплаенс-служба",
        "III квартал 2026 года",
    ]
    assert "10 июня 2026 года" in text_of((tmp_path / "a.docx").read_bytes())
    kazakh = _table(planned, "plan", tmp_path / "b.docx", "kk")
    assert kazakh[1][4:] == ["Сыбайлас жемқорлыққа қарсы комплаенс-қызмет", "2026 жылғы III тоқсан"]
    assert kazakh[2][4:] == ["nobody we know", "Постоянно"]


def test_the_monitoring_note_tells_the_status_of_each_measure(planned: Merzim, tmp_path: Path) -> None:
    """In the language of the paper; what nobody has reviewed is left open, not guessed."""
    russian = _table(planned, "monitoring_note", tmp_path / "a.docx")
    kazakh = _table(planned, "monitoring_note", tmp_path / "b.docx", "kk")

    assert (russian[1][6], kazakh[1][6]) == ("исполнено", "орындалды")
    assert russian[2][6] == ""
    text = text_of((tmp_path / "b.docx").read_bytes())
    assert "2026 жылғы 1 маусымнан 2027 жылғы 1 маусымға дейін" in text


def test_the_note_tells_each_risk_with_its_rank(planned: Merzim, tmp_path: Path) -> None:
    """Description, rank by the scale, recommendation, what removes it; the note of 1 June knows of no risk
    removed in October (instruction, P1.T2.S3)."""
    with operator(NOW[1]) as ctx:
        act(ctx, "risks", "remove", CASE, number=1, on="2026-10-12", completed=True)
    rows = _table(planned, "analytic_note", tmp_path / "a.docx")

    assert rows[1][1].startswith("internal documents not up to date")
    assert "Степень: " in rows[1][1]
    assert "Степень: " not in rows[2][1]
    assert rows[1][3] == "revise internal documents, align with law"


AT = datetime(2026, 7, 1, tzinfo=UTC)


def _exposed(*events: Event) -> Case:
    return Case(id="1", procedure="internal-analysis", edition="e", entries=events)


def _event(seq: int, kind: EventKind, name: str, on: date, **payload: object) -> Event:
    return Event(case="1", seq=seq, kind=kind, name=name, on=on, at=AT, by="t", payload=payload)


POSITIONS = _exposed(
    _event(1, "position_exposed", "1", date(2026, 6, 2), title="Бас маман", why="сатып алу", holder="a@b.kz"),
    _event(2, "position_exposed", "2", date(2026, 6, 2), title="Кассир", why="қолма-қол ақша", holder="Б."),
    _event(3, "position_cleared", "2", date(2026, 7, 2)),
    _event(4, "talk_held", "1", date(2026, 9, 3), holder="a@b.kz", topic="әңгіме"),
    _event(5, "talk_held", "1", date(2025, 9, 3), holder="a@b.kz", topic="былтырғы"),
)


AFTER = date(2026, 7, 3)
POSITION_LIST = form("exposed_positions")


def test_the_list_of_positions_names_posts_and_never_people() -> None:
    """Instruction, P1.T4.S1. A list is of its own day: one removed the day after stands in it."""
    day_of_removal = date(2026, 7, 2)
    assert position_rows(POSITION_LIST, POSITIONS, Office(), "kk", on=day_of_removal) == [
        {"unit": "", "position": "Бас маман", "risk": "сатып алу"}
    ]
    before = position_rows(POSITION_LIST, POSITIONS, Office(), "kk", on=date(2026, 7, 1))
    assert [row["position"] for row in before] == ["Бас маман", "Кассир"]


def test_a_department_that_a_position_names_is_written_in_the_language_of_the_paper() -> None:
    """Written as the office calls it, in whatever case."""
    office = Office(units={"u": Unit(id="u", name="Отдел", name_kk="Бөлім", name_ru="Отдел")})
    written = _exposed(_event(1, "position_exposed", "1", AFTER, title="Маман", why="?", department="отдел"))

    assert [row["unit"] for row in position_rows(POSITION_LIST, written, office, "kk", on=AFTER)] == ["Бөлім"]


def test_the_consolidated_list_names_each_body_with_its_positions_once() -> None:
    """Instruction, P1.T4.S1: lists are sent up to be consolidated; a second analysis of a body repeats none."""
    units = {
        "m": Unit(id="m", name="Министрлік", kind="central_body"),
        "k": Unit(id="k", name="Комитет", kind="committee", parent="m"),
        "d": Unit(id="d", name="Бөлім", parent="m"),
    }
    cases = [replace(POSITIONS, unit=unit, id=str(number)) for number, unit in enumerate(("k", "d", "k"))]
    definition = form("consolidated_positions")

    assert all_position_rows(definition, cases, Office(units=units), "kk", on=AFTER) == [
        {"body": "Комитет", "unit": "", "position": "Бас маман", "risk": "сатып алу"},
        {"body": "Министрлік", "unit": "Бөлім", "position": "Бас маман", "risk": "сатып алу"},
    ]


def test_the_ethics_report_has_a_line_for_each_talk_of_its_year() -> None:
    """The holder by name where the office knows the key."""
    office = Office(people={"a@b.kz": Person(key="a@b.kz", name="Ә. Әлиев", unit="")})
    rows = period_rows(form("ethics_report"), [POSITIONS], office, 2026, "kk")

    assert [(row["work"], row["name"], row["work_done"]) for row in rows] == [("2", "Ә. Әлиев", "әңгіме")]
    assert not period_rows(form("propaganda_report"), [POSITIONS], office, 2026, "kk")
