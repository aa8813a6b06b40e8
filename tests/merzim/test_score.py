"""`merzim score --inputs`: points and their arithmetic from plain numbers."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.merzim.conftest import ROOT, Merzim
from tests.row_commands import act, operator

INPUTS = {
    "P1.T1.S1": {"present": False},
    "P1.T1.S3": {"done": 19, "of": 20},
    "P1.T3.S3": {
        "coverage": {"done": 997, "of": 1000},
        "risks": {"found": 10, "removed": 4, "completed": 2},
    },
    "P2.T2.S1": {"count": 41},
    "P4.T2.S3": {"per_month": [6, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]},
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """The example of the contract as a file."""
    return _file(tmp_path, json.dumps(INPUTS))


def _file(folder: Path, text: str) -> Path:
    path = folder / "inputs.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_answer_for_machines_has_points_as_decimal_strings(merzim: Merzim, inputs: Path) -> None:
    """No floats; no ceiling is null; the total is their sum."""
    answer = merzim("score", "--inputs", inputs, "--json").json

    assert {indicator["id"]: (indicator["points"], indicator["max"]) for indicator in answer["indicators"]} == {
        "P1.T1.S1": ("-10", None),
        "P1.T1.S3": ("2.7", "3"),
        "P1.T3.S3": ("57.7", None),
        "P2.T2.S1": ("6", "18"),
        "P4.T2.S3": ("16", "120"),
    }
    assert answer["total"] == "72.4"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_answer_is_as_its_schema_says(merzim: Merzim, inputs: Path, language: str) -> None:
    """In every language; the arithmetic is never empty."""
    schema = json.loads((ROOT / "docs" / "schemas" / "score.json").read_text(encoding="utf-8"))
    checked = jsonschema.Draft202012Validator(schema)
    checked.check_schema(schema)

    checked.validate(merzim("score", "--inputs", inputs, "--json", "--lang", language).json)


def test_the_arithmetic_is_said_in_the_readers_language(merzim: Merzim, inputs: Path) -> None:
    """With the decimal sign of the language and the reading used."""
    answer = merzim("score", "--inputs", inputs, "--json", "--lang", "ru").json
    arithmetic = {indicator["id"]: indicator["arithmetic"] for indicator in answer["indicators"]}

    assert arithmetic["P1.T1.S3"] == (
        "19 из 20, то есть 95 %. Целых шагов по 10 %: 9. 9 × 0,3 = 2,7, предел – 3. "
        "Принятое толкование: считаются только целые шаги доли."
    )


def test_a_person_gets_a_table_a_total_and_the_arithmetic(merzim: Merzim, inputs: Path) -> None:
    """Nothing of it needs a database: none is made."""
    result = merzim("score", "--inputs", inputs)

    assert result.code == 0
    assert "Total: 72.4." in result.out
    assert "9 × 0.3 = 2.7" in result.out
    assert [path.name for path in Path.cwd().iterdir()] == ["inputs.json"]


def test_another_reading_can_be_asked_for(merzim: Merzim, inputs: Path) -> None:
    """And is said."""
    answer = merzim("score", "--inputs", inputs, "--json", "--reading", "rounding=linear").json
    share = next(indicator for indicator in answer["indicators"] if indicator["id"] == "P1.T1.S3")

    assert share["points"] == "2.85"
    assert "without steps" in share["arithmetic"]


def test_a_file_without_indicators_scores_nothing(merzim: Merzim, tmp_path: Path) -> None:
    """Which is no mistake."""
    file = _file(tmp_path, "{}")

    assert merzim("score", "--inputs", file, "--json").json == {"indicators": [], "total": "0"}
    assert merzim("score", "--inputs", file).code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"P1.T1.S3": {"done": 1, "done": 2, "of": 3}}', '"done" stands twice'),
        ('{"P2.T2.S1": {"count": 1}, "P2.T2.S1": {"count": 2}}', '"P2.T2.S1" stands twice'),
        ("[]", "Indicators with their numbers are needed"),
        (
            '{"P1.T1.S3": {"done": "19", "of": 20}}',
            'P1.T1.S3.done: a whole number without quotes is needed, not "19"',
        ),
        ('{"P1.T1.S3": {"done": NaN, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": 1e400, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": ' + "9" * 4000 + ', "of": 20}}', "P1.T1.S3.done: the number is too large"),
        ('{"P1.T1.S3": {"done": ' + "9" * 5000 + ', "of": 20}}', "not JSON"),
        ('{"P1.T1.S9": {"done": 19, "of": 20}}', 'no such indicator: "P1.T1.S9"'),
    ],
)
def test_what_cannot_be_scored_is_one_line(merzim: Merzim, tmp_path: Path, text: str, told: str) -> None:
    """Exit code 2, nothing on stdout, never a traceback."""
    result = merzim("score", "--inputs", _file(tmp_path, text), "--json")

    assert result.code == 2
    assert result.out == ""
    assert len(result.err.splitlines()) == 1
    assert told in result.err


def test_several_mistakes_are_listed_under_one_line(merzim: Merzim, tmp_path: Path) -> None:
    """Each with its place; nothing is scored."""
    text = '{"P1.T1.S3": {"done": -1, "of": 0}, "P4.T2.S3": {"per_month": [1,1,1,1,1,1,1,1,1,1,1,1,1]}}'
    result = merzim("score", "--inputs", _file(tmp_path, text))
    first, *other_lines = result.err.splitlines()

    assert result.code == 2
    assert result.out == ""
    assert first == "merzim: inputs.json: 3 places cannot be scored, so nothing was."
    assert sorted(line.split(":")[0] for line in other_lines) == [
        "P1.T1.S3.done",
        "P1.T1.S3.of",
        "P4.T2.S3.per_month",
    ]


@pytest.mark.parametrize(
    "line",
    [
        ("--inputs", "nowhere.json"),
        ("--inputs", "."),
        ("--inputs", "inputs.json", "--reading", "rounding"),
        ("--inputs", "inputs.json", "--reading", "rounding=up"),
        ("--inputs", "inputs.json", "--reading", "rounded=linear"),
        ("--inputs", "inputs.json", "--reading", "rounding=linear", "--reading", "rounding=whole_steps"),
    ],
)
def test_a_wrong_line_is_refused(merzim: Merzim, inputs: Path, line: tuple[str, ...]) -> None:
    """No file, no such file, a folder, a reading nobody knows."""
    result = merzim("score", *line)

    assert inputs.exists()
    assert result.code == 2
    assert len(result.err.splitlines()) == 1


def test_a_year_recorded_in_the_database_is_scored_without_typing_a_number(
    merzim: Merzim, tmp_path: Path
) -> None:
    """Opened, recorded, scored: 49 of 1000 trained is 2.7, one more would make 3; two events in March are 4."""
    (tmp_path / "people.csv").write_text(
        "unit;parent;kind;name;duties;e-mail\nАппарат;;oblast_akim_office;Әлия Ерлан;ethics_officer;a@org.kz\n",
        encoding="utf-8",
    )
    assert merzim("people", "people.csv").code == 0
    assert merzim("open-year", "2026", "--now", "2026-01-05").code == 0
    cases = merzim("cases", "--json").json["cases"]
    (case,) = [case["id"] for case in cases if case["procedure"] == "tbn4-project-4"]
    day = ("--now", "2026-04-01")
    trained = ("record", case, "servants_trained.2026", "--on", "2026-03-31", *day)
    assert merzim(*trained, "--value", "trained=49", "--value", "staff=1000").code == 0
    for name in ("event_held.2026-03", "event_held.2026-03#2"):
        assert merzim("record", case, name, "--on", "2026-03-20", *day).code == 0

    answer = merzim("score", "--year", "2026", "--json", *day).json
    points = {indicator["id"]: indicator["points"] for indicator in answer["indicators"]}
    steps = {step["indicator"]: step for step in answer["steps"]}

    assert (points["P4.T2.S1"], points["P4.T2.S3"]) == ("2.7", "4")
    assert answer["total"] == "6.7"
    assert steps["P4.T2.S1"]["gain"] == "0.3"
    assert "will make 3 instead of 2.7" in steps["P4.T2.S1"]["text"]
    assert merzim("score", "--year", "2026", "--by-unit", *day).code == 0


def test_a_year_nobody_recorded_anything_in_says_how_to_begin(empty_office: Merzim) -> None:
    """Not a table of noughts."""
    result = empty_office("score", "--year", "2026", "--now", "2026-02-01")

    assert result.code == 0
    assert "open-year" in result.out


def test_a_year_outside_the_calendar_is_refused(merzim: Merzim) -> None:
    """With the years there are."""
    result = merzim("score", "--year", "1999")

    assert result.code == 2
    assert "2010" in result.err


def test_risks_of_the_years_analyses_score_with_their_coverage(office: Merzim, tmp_path: Path) -> None:
    """Two risks found are 2, one of them removed to real completion 5 more, beside the coverage."""
    case, day = "2026-0001", ("--now", "2026-06-20")
    assert office("record", case, "analysis_started", "--on", "2026-04-13", *day).code == 0
    assert office("record", case, "analysis_ended", "--on", "2026-05-26", *day).code == 0
    before = _points(office, *day)
    for text in ("Құжаттар ескірген", "Бақылау әлсіз"):
        fields = (f"description={text}", "on=2026-06-20")
        assert office("register", "risks", "add", *fields, "--case", case, *day).code == 0
    with operator("2026-06-20") as ctx:
        act(ctx, "risks", "remove", case, number=1, on="2026-06-15", completed=True)

    assert _points(office, *day) - before == 7


def _points(merzim: Merzim, *day: str) -> float:
    answer = merzim("score", "--year", "2026", "--json", *day).json
    return next(
        float(indicator["points"]) for indicator in answer["indicators"] if indicator["id"] == "P1.T3.S3"
    )


def test_a_note_signed_within_its_term_in_january_costs_nothing(office: Merzim) -> None:
    """The analysis ended on 25 December 2026: the note is due on 12 January, the plan ten working days later.
    On 15 January neither is absent of the year (001 P1.T2.S3, P1.T3.S1); the order, which nobody signed, is."""
    day = ("--now", "2027-01-15")
    for fact, on in (
        ("analysis_started", "2026-11-30"),
        ("analysis_ended", "2026-12-25"),
        ("note_signed", "2027-01-11"),
    ):
        assert office("record", "2026-0001", fact, "--on", on, *day).code == 0
    indicators = {
        entry["id"]: entry for entry in office("score", "--year", "2026", "--json", *day).json["indicators"]
    }

    assert [indicators[name]["points"] for name in ("P1.T2.S3", "P1.T3.S1", "P1.T1.S2")] == ["0", "0", "-10"]
    assert "its term still ran at the end of the year" in str(indicators["P1.T2.S3"]["arithmetic"]).casefold()
