"""Adoption of own rules: preview, one move, recovery after a crash, withdrawal, effect on every page."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.clock import clock
from merzim.dashboard import Dashboard
from merzim.settings_file import read
from merzim.storage.org.adoptions import ADOPTED, adopt, rule_changes
from tests.merzim.conftest import ROOT, Merzim
from tests.workflow.rules import ACT, term

NAME = "overlay.akimat.2026-01-01.toml"
HEAD = 'procedure = "internal-analysis"\nin_force = 2026-01-01\n'
FIVE = term("plan_approved", '{ count = 5, in = "working days", from = "note_signed" }')
NOW = ("--now", "2026-04-06")
DATABASE = Path("var") / "merzim.sqlite"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Five working days for the plan instead of ten."""
    file = tmp_path / NAME
    file.write_text(HEAD + ACT + FIVE, encoding="utf-8")
    return file


def due(merzim: Merzim, obligation: str = "plan_approved", case: str = "2026-0001") -> str | None:
    answer = merzim("case", case, "--json", *NOW).json
    dues: dict[str, str | None] = {obligation["id"]: obligation["due"] for obligation in answer["obligations"]}
    return dues[obligation]


def kept() -> list[str]:
    """Everything the database holds but its marks, which only say that it was written to."""
    with closing(sqlite3.connect(DATABASE)) as database:
        return [line for line in database.iterdump() if not line.startswith('INSERT INTO "mark"')]


def test_a_preview_shows_who_moves_and_writes_nothing(office: Merzim, rules: Path) -> None:
    """From 26 May to 19 May; the publication is planned by a date of its own and stays."""
    before = kept()
    answer = office("overlay", "preview", rules, "--json", *NOW).json
    schema = json.loads((ROOT / "docs" / "schemas" / "overlay.json").read_text(encoding="utf-8"))

    jsonschema.validate(answer, schema)
    assert [(deadline["obligation"], deadline["from"], deadline["to"]) for deadline in answer["deadlines"]] == [
        ("plan_approved", "2026-05-26", "2026-05-19")
    ]
    assert all(deadline["people"] for deadline in answer["deadlines"])
    assert kept() == before
    assert due(office) == "2026-05-26"


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_preview_is_readable(office: Merzim, rules: Path, language: str) -> None:
    """Old date, new date, and that nothing was written."""
    result = office("overlay", "preview", rules, "--lang", language, *NOW)

    assert (result.code, result.err) == (0, "")
    assert "2026-05-26" in result.out
    assert "2026-05-19" in result.out
    assert "merzim overlay apply" in result.out


def test_applied_it_moves_what_the_preview_showed_and_withdrawn_it_moves_back(
    office: Merzim, rules: Path
) -> None:
    """Board, chains and seals agree after each step; the board equals its rebuild."""
    applied = office("overlay", "apply", rules, "--json", *NOW).json
    assert (applied["applied"], applied["written"], due(office)) == (True, 1, "2026-05-19")
    assert office("verify", *NOW).code == 0
    before = kept()
    assert office("rebuild", *NOW).code == 0
    assert kept() == before

    repeated = office("overlay", "apply", rules, *NOW)
    assert "Nothing changed" in repeated.out
    assert kept() == before

    back = office("overlay", "withdraw", NAME, "--json", *NOW).json
    assert (back["withdrawn"], back["written"], due(office)) == (True, 1, "2026-05-26")
    assert office("verify", *NOW).code == 0
    result = office("overlay", "withdraw", NAME, *NOW)
    assert result.code == 2
    assert NAME in result.err


def test_adopted_again_with_another_text_the_new_text_holds(office: Merzim, rules: Path) -> None:
    """Seven days now; both steps stay in the office's chain."""
    office("overlay", "apply", rules, *NOW)
    rules.write_text(rules.read_text(encoding="utf-8").replace("count = 5", "count = 7"), encoding="utf-8")
    assert office("overlay", "apply", rules, *NOW).code == 0

    assert due(office) == "2026-05-21"
    app = build_app(read(None, at=Path.cwd()))
    assert [step.kind for step in rule_changes(app.engine)] == [ADOPTED, ADOPTED]
    app.close()


def test_a_case_opened_later_is_counted_by_them_and_so_is_a_plan(office: Merzim, rules: Path) -> None:
    """What begins before their day is not."""
    office("overlay", "apply", rules, *NOW)
    office("open", "internal-analysis", "--planned", "note_signed=2026-09-01", *NOW)
    office("open", "internal-analysis", "--planned", "note_signed=2025-09-01", *NOW)
    planned = office("plan", "internal-analysis", "--fact", "note_signed=2026-09-01", "--json").json
    plan = next(obligation for obligation in planned["obligations"] if obligation["id"] == "plan_approved")

    assert due(office, case="2026-0002") == plan["due"] == "2026-09-08"
    assert due(office, case="2026-0003") == "2025-09-15"


def test_an_explanation_says_both_terms(office: Merzim, rules: Path) -> None:
    """The own act first, then what the instruction itself gives."""
    office("overlay", "apply", rules, *NOW)
    output = office("explain", "2026-0001", "plan_approved", *NOW).out

    assert "19 May 2026" in output
    assert "Rules of the akimat" in output
    assert "under the act the last day is 26 May 2026" in output


def test_the_letter_about_the_old_date_is_withdrawn(office: Merzim, rules: Path) -> None:
    """Queued for 26 May, not sent yet: ten working days from the note, signed on 12 May."""
    office("record", "2026-0001", "note_signed", "--on", "2026-05-12", "--now", "2026-05-12")
    office("remind", "--now", "2026-05-19")
    office("overlay", "apply", rules, "--now", "2026-05-19")
    notices = office("notices", "--case", "2026-0001", "--json").json["notices"]
    states = {
        notice["state"]
        for notice in notices
        if (notice["obligation"], notice["due"]) == ("plan_approved", "2026-05-26")
    }

    assert states == {"withdrawn"}


def test_after_a_crash_between_the_step_and_the_rows_the_same_command_finishes(
    office: Merzim, rules: Path
) -> None:
    """The overlay is stored, the rows are not: verify names them, apply writes them."""
    app = build_app(read(None, at=Path.cwd()))
    text, now = rules.read_text(encoding="utf-8"), clock("2026-04-06")().now
    adopt(app.engine, (), kind=ADOPTED, name=NAME, text=text, on=date(2026, 4, 6), by="А", now=now)
    app.close()
    broken = office("verify", "--json", *NOW).json["problems"]
    finished = office("overlay", "apply", rules, "--json", *NOW).json

    assert {problem["code"] for problem in broken} == {"board_differs"}
    assert (finished["applied"], finished["written"]) == (False, 1)
    assert office("verify", *NOW).code == 0


def test_rules_altered_in_the_database_are_named(office: Merzim, rules: Path) -> None:
    """Somebody with the keys makes five days one: verify says so, whether the text can be read or not."""
    office("overlay", "apply", rules, *NOW)
    for old, new in (("count = 5", "count = 1"), ("[[term]]", "[[term")):
        with closing(sqlite3.connect(DATABASE)) as database, database:
            query = "SELECT sql FROM sqlite_master WHERE name = 'merzim_act_update'"
            (trigger,) = database.execute(query).fetchone()
            database.execute("DROP TRIGGER merzim_act_update")
            database.execute("UPDATE act SET payload = replace(payload, ?, ?)", (old, new))
            database.execute(trigger)
        result = office("verify", "--json", *NOW)

        assert result.code == 1
        assert [problem["code"] for problem in result.json["problems"]] == ["act_altered"]


def test_pages_that_run_already_count_by_rules_adopted_meanwhile(office: Merzim, rules: Path) -> None:
    """The next request looks; nothing is restarted."""
    app = build_app(read(None, at=Path.cwd()))
    with TestClient(Dashboard(app, clock("2026-04-06")), base_url="http://127.0.0.1:8000"):
        old = app.case_commands
        assert office("overlay", "apply", rules, *NOW).code == 0
        app.refresh()
        changed_view = app.case_commands.view("2026-0001", today=date(2026, 4, 6))
        plan = next(deadline for deadline in changed_view.deadlines if deadline.id == "plan_approved")

        assert app.case_commands is not old
        assert plan.due == date(2026, 5, 19)
    app.close()


def test_a_unit_that_comes_under_another_body_is_counted_by_its_rules(merzim: Merzim, tmp_path: Path) -> None:
    """The district had rules of its own; the village is put below it afterwards, and its case moves."""
    table = tmp_path / "people.csv"
    head = "unit,parent,name,post,duties,e-mail,language\n"
    table.write_text(
        head
        + "oblast,,А,,head,a@e.kz,kk\ndistrict,oblast,Б,,head,b@e.kz,kk\nvillage,oblast,В,,head,c@e.kz,kk\n",
        encoding="utf-8",
    )
    assert merzim("people", table, *NOW).code == 0
    merzim("open", "internal-analysis", "--unit", "village", "--planned", "note_signed=2026-05-12", *NOW)
    file = tmp_path / NAME
    file.write_text(HEAD + 'unit = "district"\n' + ACT + FIVE, encoding="utf-8")
    assert merzim("overlay", "apply", file, *NOW).code == 0
    assert due(merzim) == "2026-05-26"

    table.write_text(head + "village,district,В,,head,c@e.kz,kk\n", encoding="utf-8")
    assert merzim("people", table, *NOW).code == 0

    assert due(merzim) == "2026-05-19"
    assert merzim("verify", *NOW).code == 0


def test_files_in_the_folder_hold_once_they_are_adopted(office: Merzim, tmp_path: Path) -> None:
    """They are no procedures of the office; `list` says which are not adopted as they stand."""
    own_folder = tmp_path / "own"
    own_folder.mkdir()
    (own_folder / NAME).write_text(HEAD + ACT + FIVE, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    assert office("procedures").code == 0
    assert office("overlay", "list", "--json").json == {"adopted": [], "not_adopted": [NAME]}
    office("overlay", "apply", own_folder / NAME, *NOW)
    answer = office("overlay", "list", "--json").json

    assert [entry["file"] for entry in answer["adopted"]] == [NAME]
    assert answer["not_adopted"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + ACT + FIVE.replace("plan_approved", "plan_aproved"), "plan_approved"),
        (HEAD + ACT + '[switches]\nroll = "sometimes"\n', "next"),
        (HEAD.replace("internal-analysis", "internal-analyses") + ACT + FIVE, "internal-analysis"),
        (HEAD + 'unit = "moon"\n' + ACT + FIVE, "moon"),
    ],
)
def test_a_bad_file_is_one_sentence_and_nothing_is_written(
    office: Merzim, rules: Path, text: str, says: str
) -> None:
    """Exit 2, the place, what is allowed."""
    rules.write_text(text, encoding="utf-8")
    before = kept()
    result = office("overlay", "apply", rules, *NOW)

    assert result.code == 2
    assert says in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert kept() == before


def test_a_milder_term_is_said_and_adopted_all_the_same(office: Merzim, rules: Path) -> None:
    """Fifteen days: kept in the chain, and the law's ten count."""
    rules.write_text(rules.read_text(encoding="utf-8").replace("count = 5", "count = 15"), encoding="utf-8")
    result = office("overlay", "apply", rules, *NOW)

    assert "no stricter than the act" in result.out
    assert due(office) == "2026-05-26"
    assert "milder" in office("explain", "2026-0001", "plan_approved", *NOW).out


def test_a_fact_before_their_day_takes_a_case_out_of_the_rules_and_the_desk_says_what_moves(
    office: Merzim, rules: Path
) -> None:
    """The earliest known date decides: an external analysis of 2025 makes the case one of 2025."""
    office("overlay", "apply", rules, *NOW)
    result = office("record", "2026-0001", "external_analysis_ended", "--on", "2025-09-15", *NOW)

    assert "2026-05-26" in result.out or "26 May 2026" in result.out
    assert due(office) == "2026-05-26"
    assert office("verify", *NOW).code == 0
