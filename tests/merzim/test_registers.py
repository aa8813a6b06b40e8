"""`merzim register NAME`: registers of a case and of an organisation's own files; `merzim passport`."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.merzim.conftest import CASE, PEOPLE, PLAN, SCHEDULE, Merzim, Prepare, import_example, take_plan
from tests.storage.registers import VISITS

NOW = ("--now", "2026-06-01")


def test_rows_of_every_register_are_entered_edited_listed_and_withdrawn(merzim: Merzim) -> None:
    """One command for all of them; what is entered is what the pages and the API show."""
    merzim("people", PEOPLE)
    merzim("import", SCHEDULE, *NOW)

    def register(name: str, action: str, *words: str) -> int:
        return merzim("register", name, action, *words, "--case", CASE, *NOW).code

    assert register("risks", "add", "description=Тәртіп жоқ", "direction=procurement", "on=2026-05-20") == 0
    assert register("measures", "add", "risk=1", "action=Тәртіп бекіту", "term=30.09.2026") == 0
    assert register("positions", "add", "title=Бас маман", "approved_on=2026-05-25") == 0
    assert register("remarks", "add", "text=Кезек ұзақ", "author=Тұрғын", "source=site") == 0
    assert register("risks", "edit", "1", "cause=бір адам шешеді", "for_legal_monitoring=yes") == 0
    assert register("remarks", "edit", "remark.1", "on=2026-05-30") == 0

    (risk,) = merzim("register", "risks", "list", "--case", CASE, "--json").json["rows"]
    assert (risk["id"], risk["on"], risk["values"]["cause"]) == ("risk.1", "2026-05-20", "бір адам шешеді")
    assert (risk["values"]["for_legal_monitoring"], risk["values"]["direction"]) == (True, "procurement")
    text = merzim("register", "risks", "list", "--case", CASE, "--lang", "ru").out
    assert "procurement" not in text, "a choice is printed by its title"
    (measure,) = merzim("register", "measures", "list", "--json").json["rows"]
    assert (measure["case"], measure["due"], measure["state"]) == (CASE, "2026-09-30", "open")
    assert (measure["values"]["risk"], measure["values"]["term"]) == (1, "30.09.2026")
    (remark,) = merzim("register", "remarks", "list", "--case", CASE, "--json").json["rows"]
    assert (remark["values"]["on"], remark["values"]["source"]) == ("2026-05-30", "site")

    assert register("positions", "withdraw", "1", "--ground", "қате") == 0
    assert "There is nothing." in merzim("register", "positions", "list", "--case", CASE).out


def test_the_post_in_a_row_is_that_of_the_person_named_last(merzim: Merzim) -> None:
    """The post of a person entered by mistake goes with them; one written by hand stays until it is emptied."""
    merzim("people", PEOPLE)
    gift = ("kind=gift", "description=Кітап", "employee=r.tleubaev@example.kz", "received_on=2026-05-25")
    assert merzim("register", "gifts", "add", *gift, *NOW).code == 0

    def post(change: str) -> str:
        assert merzim("register", "gifts", "edit", "gifts-2026-0001", change, *NOW).code == 0
        return str(merzim("register", "gifts", "list", "--json", *NOW).json["rows"][0]["values"]["post"])

    specialist = "Главный специалист комплаенс-службы"
    changes = ("employee=t.zhumabekov@example.kz", "post=Эксперт", "value=5000", "post=")
    assert [post(change) for change in changes] == [specialist, "Эксперт", "Эксперт", specialist]


def test_rows_of_a_case_are_taken_from_a_plan_and_written_to_a_workbook(merzim: Merzim, tmp_path: Path) -> None:
    """The plan is what `risks import` takes; a register no plan is of refuses it."""
    merzim("import", SCHEDULE, *NOW)
    (tmp_path / "plan.csv").write_text(PLAN, encoding="utf-8")
    taken = merzim("register", "risks", "import", "plan.csv", "--case", CASE, "--json", *NOW).json
    written = merzim("register", "measures", "export", "out.xlsx", "--case", CASE, "--lang", "en", *NOW)
    heads, *rows = openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(values_only=True)

    assert (taken["case"], taken["measures"], written.code) == (CASE, len(rows), 0)
    assert [row[:2] for row in rows[:2]] == [(CASE, "measure.1"), (CASE, "measure.2")]
    assert heads[:2] == ("Case", "Id")
    again = merzim("register", "measures", "import", "out.xlsx", "--case", CASE, "--json", *NOW).json
    refused = merzim("register", "positions", "import", "plan.csv", "--case", CASE, *NOW).code
    assert (again["changed"], refused) == (False, 2)


def test_what_a_register_does_not_know_is_refused_in_one_sentence(merzim: Merzim) -> None:
    """A register, an action, a field, a value, a row, a ground that are none; nothing is written."""
    merzim("import", SCHEDULE, *NOW)
    refused = {
        ("risk", "list"): "risks",
        ("risks", "remove"): "withdraw, list, add",
        ("risks", "add"): "FIELD=VALUE",
        ("risks", "add", "texte=x"): "description",
        ("risks", "add", "description=x", "for_legal_monitoring=perhaps"): "yes",
        ("measures", "add", "action=x"): "Which risk",
        ("measures", "add", "action=x", "term=31.02.2027"): "“Term”: “31.02.2027”",
        ("measures", "add", "action=x", "risk=9"): "9",
        ("risks", "edit", "7", "cause=x"): "risk.7",
        ("risks", "export", "out.csv"): "ends with .xlsx",
        ("risks", "withdraw", "1"): "reason",
        ("risks", "add", "description=x", "--dry-run"): "--dry-run (add)",
    }
    for words, problem in refused.items():
        result = merzim("register", *words, "--case", CASE, *NOW)
        assert (result.code, result.out) == (2, ""), words
        told = (problem in result.err, result.err.count("merzim: "), "Traceback" in result.err)
        assert told == (True, 1, False), (words, result.err)
    assert merzim("register", "risks", "add", "description=x", *NOW).code == 2
    assert merzim("register", "risks", "list", "--json").json["rows"] == []


def test_a_passport_is_shown_and_changed(merzim: Merzim) -> None:
    """By options; shown without any. An e-mail address is stored as the name of its person, who is notified."""
    merzim("people", PEOPLE)
    merzim("import", SCHEDULE, *NOW)
    person = next(person for person in merzim("people", "--json").json["people"].values() if person["email"])
    changed_passport = merzim(
        *("passport", CASE, "--object-kk", "Қоғам", "--responsible", f"published={person['email']}"),
        *("--group", "Ахметов А.; юрист", "--period", "2024-01-01..2025-12-31", *NOW),
    )
    assert changed_passport.code == 0

    passport = merzim("passport", CASE, "--json").json
    assert passport["object"].startswith("Акционерного общества")
    assert passport["object_ru"] == "", "words of a title are declined: the officer types the name"
    known = (passport["object_kk"], passport["group"], passport["period"])
    assert known == ("Қоғам", ["Ахметов А.; юрист"], ["2024-01-01", "2025-12-31"])
    assert passport["responsible"]["published"] == person["name"]
    assert merzim("case", CASE, "--lang", "kk", "--json").json["object"] == "Қоғам"
    titled = f"Размещение справки и плана на интернет-ресурсе: {person['name']}"
    assert titled in merzim("passport", CASE, "--lang", "ru").out

    bad = merzim("passport", CASE, "--period", "2025-12-31..2024-01-01", *NOW)
    assert (bad.code, bad.err.count("\n")) == (2, 1)


AT = ("--now", "2026-04-06T10:00")


@pytest.fixture
def own(office: Merzim, tmp_path: Path) -> Merzim:
    """The example's office with a register of its own."""
    folder = tmp_path / "own" / "registers"
    folder.mkdir(parents=True)
    (folder / "visits.2026-01-01.toml").write_text(VISITS, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    return office


def test_a_field_more_is_a_table_more_in_the_file(office: Merzim, tmp_path: Path) -> None:
    """Of an organisation's own file: rows written before are listed with it."""
    own_folder = tmp_path / "own" / "registers"
    own_folder.mkdir(parents=True)
    text = '{ kk = "Жол", ru = "Поле", en = "Field" }'
    register = (
        f'id = "keys"\nin_force = 2026-01-01\ntitle = {text}\nrests_on = "r"\nparagraph = "1"\n'
        f'named_by = ["door"]\n[[act]]\nid = "r"\ntitle = {text}\nshort = {text}\n'
        f'[[field]]\nid = "door"\ntitle = {text}\nkind = "text"\n'
    )
    file = own_folder / "keys.2026-01-01.toml"
    file.write_text(register, encoding="utf-8")
    settings = tmp_path / "config.toml"
    settings.write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    assert office("law", "check").code == 0
    assert office("register", "keys", "add", "door=1", *AT).code == 0

    file.write_text(f'{register}[[field]]\nid = "floor"\ntitle = {text}\nkind = "number"\n', encoding="utf-8")

    assert office("register", "keys", "add", "door=2", "floor=3", *AT).code == 0
    listing = office("register", "keys", "list", "--json", *AT)
    assert [row["values"].get("floor") for row in listing.json["rows"]] == ["3", None]
    assert office("verify", *AT).code == 0
    assert office("rebuild", *AT).code == 0


IN_JUNE = ("--now", "2026-06-20")
PLANNED = PLAN + "3,weak control,quarterly monitoring of this plan with information,report,,Ежеквартально\n"


@pytest.fixture
def planned(prepared: Prepare) -> Merzim:
    """A case with its note signed, its plan approved and taken in."""
    return prepared(import_example, _plan)


def _plan(office: Merzim) -> None:
    take_plan(office, PLANNED, IN_JUNE)


def test_a_plan_is_taken_in_once(planned: Merzim) -> None:
    """The second import changes nothing; findings and unknown people are reported each time."""
    answer = planned("risks", "import", CASE, "plan.csv", "--json", *IN_JUNE).json

    assert (answer["measures"], answer["changed"]) == (3, False)
    assert answer["unmatched"] == ["nobody we know"]
    assert {finding["code"] for finding in answer["findings"]} >= {
        "risk.measure_no_date",
        "risk.measure_no_responsible",
    }
