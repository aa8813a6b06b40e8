"""A mistake in an organisation's own regulation file: one clear sentence in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.merzim.conftest import ROOT, Merzim
from tests.permits import APPEAL, PERMIT, write_folder
from tests.workflow.test_programmes import HEAD, YEAR, obligation

CONFIG = '[database]\nurl = "sqlite:///office.db"\n[regulations]\nfolder = "own"\n'
BOILED = obligation("boiled", 'term = { count = 1, in = "working days", from = "poured" }')
POURED = obligation("poured", 'term = { count = 1, in = "working days", from = "boiled" }')


@pytest.mark.parametrize(
    ("law", "named"),
    [(obligation("x", "term = { soonish = 3 }"), "soonish"), (BOILED + POURED, "boiled, poured, boiled")],
    ids=["unknown term", "circle"],
)
def test_a_mistake_is_one_sentence_and_the_office_goes_on(
    merzim: Merzim, tmp_path: Path, law: str, named: str
) -> None:
    """The file is named with what is wrong, in each language; the shipped procedures are there all the same."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tea.2024-01-01.toml").write_text(HEAD + YEAR + law, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")

    for language in ("kk", "ru", "en"):
        result = merzim("procedures", "--lang", language)

        assert result.code == 0
        assert "gift-handover.2025-09-18" in result.out
        assert "tea.2024-01-01" not in result.out
        assert result.err.count("\n") == 1
        assert "tea.2024-01-01.toml" in result.err
        assert named in result.err
    checked = merzim("law", "check", "--json")
    assert (checked.code, [file["holds"] for file in checked.json["files"]]) == (1, [False])
    assert any(named in problem for problem in checked.json["files"][0]["problems"])


def test_an_own_procedure_has_a_name_of_its_own(merzim: Merzim, tmp_path: Path) -> None:
    """Of two files of one edition nobody could say which is the law; cases of a procedure called as that of
    assignments would be taken for them."""
    (tmp_path / "own").mkdir()
    text = HEAD.replace('"tea"', '"assignment"').replace("2024-01-01", "2000-01-01") + YEAR
    (tmp_path / "own" / "assignment.2000-01-01.toml").write_text(text, encoding="utf-8")
    shipped = "gift-handover.2025-09-18.toml"
    (tmp_path / "own" / shipped).write_bytes((ROOT / "regulations" / shipped).read_bytes())
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")

    listed, checked = merzim("procedures"), merzim("law", "check", "--json").json["files"][0]

    assert (listed.code, listed.out.count("gift-handover.2025-09-18")) == (0, 1)
    assert "gift-handover.2025-09-18 is described by two files" in listed.err
    assert ['name "assignment" is taken' in problem for problem in checked["problems"]] == [True]


def test_the_shortest_files_of_the_documentation_work(merzim: Merzim, tmp_path: Path) -> None:
    """The examples of docs/regulation-format.md, copied unchanged, are valid."""
    page = (ROOT / "docs" / "regulation-format.md").read_text(encoding="utf-8")
    shortest = page.split("## The shortest files that work")[1].split("\n## ")[0]
    procedure, register = re.findall(r"```toml\n(.+?)```", shortest, re.DOTALL)
    changed = re.search(r"```toml\n([^`]+\nextends = [^`]+)```", page)
    assert changed
    (tmp_path / "own" / "registers").mkdir(parents=True)
    (tmp_path / "own" / "trip-report.2026-01-01.toml").write_text(procedure, encoding="utf-8")
    (tmp_path / "own" / "internal-analysis.2026-05-01.toml").write_text(changed[1], encoding="utf-8")
    (tmp_path / "own" / "registers" / "trips.2026-01-01.toml").write_text(register, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")

    checked = merzim("law", "check", "--json")

    assert checked.code == 0
    assert [(file["file"], file["holds"], file["problems"]) for file in checked.json["files"]] == [
        ("internal-analysis.2026-05-01.toml", True, []),
        ("trip-report.2026-01-01.toml", True, []),
        ("trips.2026-01-01.toml", True, []),
    ]


def test_the_examples_of_own_law_are_run_by_the_check(merzim: Merzim, tmp_path: Path) -> None:
    """A date its author counted wrong is named with what comes out, and so is that nothing holds a case at a
    stage; put right, the file holds."""
    file = write_folder(tmp_path / "own") / APPEAL.name
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    right = file.read_text(encoding="utf-8")
    wrong_day = right.replace("due = { appeal_answered = 2026-09-22", "due = { appeal_answered = 2026-09-23")
    file.write_text(wrong_day, encoding="utf-8")

    wrong = merzim("law", "check", "own")
    file.write_text(right.replace("blocking = true\n", ""), encoding="utf-8")
    loose = merzim("law", "check", "own")
    unknown_fact = right.replace("facts = { appeal_received", 'facts = { "appeal_received.2026Q9"')
    file.write_text(unknown_fact, encoding="utf-8")
    impossible = merzim("law", "check", "own")
    file.write_text(right, encoding="utf-8")
    (tmp_path / "own" / "permit.2026-01-01.toml").unlink()
    fine = merzim("law", "check")

    assert "FOLDER: there is no folder elsewhere" in merzim("law", "check", "elsewhere").err
    assert (wrong.code, loose.code) == (1, 1)
    assert "nothing holds a case at a stage" in loose.out
    assert "nothing holds a case at a stage" not in wrong.out
    assert "due.appeal_answered: expected 2026-09-23, comes out as 2026-09-22" in wrong.out
    assert "appeal_received.2026Q9" in impossible.out
    for each in (wrong, impossible):
        assert "permit.2026-01-01.toml: there is no example" in each.out
    assert fine.code == 0
    assert fine.out.splitlines()[-1].split() == [APPEAL.name, "citizen-appeal.2021-07-01", "yes"]


def test_a_case_outlives_the_file_it_was_opened_under(merzim: Merzim, tmp_path: Path) -> None:
    """Its text was adopted: the broken file is named, and the case is counted by the text adopted last."""
    folder = write_folder(tmp_path / "own")
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    merzim("open", "permit", "--planned", "received=2026-09-01", "--now", "2026-09-01")
    adopted = merzim("editions", "adopt", "--json", "--now", "2026-09-01")
    second_adoption = merzim("editions", "adopt", "--json", "--now", "2026-09-01")
    (folder / "permit.2026-01-01.toml").write_text("id = ", encoding="utf-8")

    recorded = merzim("record", "2026-0001", "received", "--on", "2026-09-01", "--now", "2026-09-02")
    due = merzim("explain", "2026-0001", "decided", "--json", "--now", "2026-09-02")
    verified = merzim("verify", "--json", "--now", "2026-09-02")

    adopted_editions = {"permit.2026-01-01", "citizen-appeal.2021-07-01"}
    assert {edition["edition"] for edition in adopted.json["adopted"]} == adopted_editions
    assert second_adoption.json["adopted"] == []
    assert (recorded.code, due.json["due"]) == (0, "2026-09-15")
    assert [problem["code"] for problem in verified.json["problems"]] == ["regulation.syntax"]


def test_a_changed_edition_is_adopted_with_the_dates_it_moves(merzim: Merzim, tmp_path: Path) -> None:
    """Named by verify until the office adopts it; what it moves is said before; another text is named again."""
    file = write_folder(tmp_path / "own") / "permit.2026-01-01.toml"
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    merzim("open", "permit", "--planned", "received=2026-09-01", "--now", "2026-09-01")
    merzim("record", "2026-0001", "received", "--on", "2026-09-01", "--now", "2026-09-01")
    file.write_text(PERMIT.replace("count = 10", "count = 12"), encoding="utf-8")

    before = merzim("verify", "--json", "--now", "2026-09-02")
    foreseen = merzim("editions", "adopt", "--dry-run", "--json", "--now", "2026-09-02")
    expected_moves = [{"case": "2026-0001", "obligation": "decided", "from": "2026-09-15", "to": "2026-09-17"}]
    adopted = merzim("editions", "adopt", "--json", "--now", "2026-09-02")
    after = merzim("verify", "--json", "--now", "2026-09-02")
    file.write_text(PERMIT.replace("count = 10", "count = 13"), encoding="utf-8")
    other = merzim("verify", "--json", "--now", "2026-09-02")

    assert "edition_altered" in {problem["code"] for problem in before.json["problems"]}
    permit = next(edition for edition in foreseen.json["adopted"] if edition["edition"] == "permit.2026-01-01")
    assert (permit["moved"], len(permit["before"]), foreseen.json["preview"]) == (expected_moves, 1, True)
    assert [edition["moved"] for edition in adopted.json["adopted"] if edition["before"]] == [expected_moves]
    assert (after.code, after.json["problems"]) == (0, [])
    assert "edition_altered" in {problem["code"] for problem in other.json["problems"]}


def test_editions_are_compared_in_words(merzim: Merzim) -> None:
    """The 2023 map against the 2024 instruction; an edition against itself."""
    pair = ("internal-analysis.2023-01-01", "internal-analysis.2024-01-01")
    result = merzim("editions", "diff", *pair)
    same = merzim("editions", "diff", pair[0], pair[0])
    program = merzim("editions", "diff", *pair, "--json").json

    assert result.code == 0
    assert "start_announced" in result.out
    assert "Signing of the order on the internal analysis (order_signed)\n  assumed: no → yes" in result.out
    assert not re.search(r"True|False|Text\(", result.out)
    assert "by 30 June" in result.out
    assert same.out == "There is no difference.\n"
    assert {change["what"] for change in program["changes"]} >= {"term", "act", "note"}
    assert merzim("editions", "diff", pair[0], "tea").code == 2


def test_a_language_the_office_uses_and_a_file_lacks_is_a_warning(merzim: Merzim, tmp_path: Path) -> None:
    """Texts in Russian alone: fine for an office of Russian readers; one Kazakh reader, and the check warns."""
    (tmp_path / "own").mkdir()
    text = PERMIT.replace('kk = "Permit", ru = "Permit", en = "Permit"', 'ru = "Permit", en = "Permit"')
    text += "[[example]]\ntitle = 'x'\nsource = 'x'\nfacts = { received = 2026-09-01 }\n"
    text += "due = { decided = 2026-09-15 }\n"
    (tmp_path / "own" / "permit.2026-01-01.toml").write_text(text, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CONFIG + '[office]\nlanguage = "ru"\n', encoding="utf-8")
    people = "unit,name,e-mail,language\nОтдел,А. Сейтова,a@org.kz,ru\n"
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")

    merzim("people", "people.csv", "--now", "2026-09-01")
    fine = merzim("law", "check", "--json").json["files"][0]
    (tmp_path / "people.csv").write_text(people.replace(",ru", ",kk"), encoding="utf-8")
    merzim("people", "people.csv", "--now", "2026-09-01")
    warned = merzim("law", "check", "--json")
    result = merzim("law", "check", "--lang", "ru")

    assert (fine["holds"], fine["warnings"]) == (True, [])
    assert (warned.code, warned.json["files"][0]["holds"], warned.json["files"][0]["problems"]) == (0, True, [])
    assert len(warned.json["files"][0]["warnings"]) == 1
    assert "1 не на языке, которым в учреждении пользуются (kk)" in result.out


SHIPPED = (ROOT / "regulations" / "internal-analysis.2024-01-01.toml").read_text(encoding="utf-8")
ANALYSIS = ("--fact", "analysis_started=2026-05-18", "--fact", "analysis_ended=2026-06-12")


@pytest.fixture
def own(merzim: Merzim, tmp_path: Path) -> Merzim:
    """The office of an organisation whose rules of 1 May 2026 differ from the instruction in three places."""
    text = SHIPPED[: SHIPPED.index("[[example]]")]
    for common, stricter in (
        ("in_force = 2024-01-01", "in_force = 2026-05-01"),
        ('term = { count = 10, in = "working days", from = "note_signed" }', _WITHIN_FIVE),
        (
            'term = { day = 5, of = "month after the period" }',
            'term = { day = 10, of = "month after the period" }',
        ),
        ('every = "quarter"', 'every = "month"'),
    ):
        assert common in text
        text = text.replace(common, stricter)
    held_at = text.index('id = "discussion_held"')
    text = text[:held_at] + text[held_at:].replace("duty =", 'force = "may"\nduty =', 1)
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "internal-analysis.2026-05-01.toml").write_text(text, encoding="utf-8")
    (tmp_path / "config.toml").write_text('[regulations]\nfolder = "own"\n', encoding="utf-8")
    return merzim


_WITHIN_FIVE = 'term = { count = 5, in = "working days", from = "note_signed" }'


def test_a_stricter_term_of_ones_own_holds_from_its_day(own: Merzim) -> None:
    """A note signed on 15 June 2026: the plan by the 22nd, five working days later, not ten. An analysis
    begun the day before the own rules came into force goes by the instruction."""
    due = _dues(own, *ANALYSIS, "--fact", "note_signed=2026-06-15")

    assert due["plan_approved"] == "2026-06-22"
    before = _dues(own, "--fact", "analysis_started=2026-04-30", "--fact", "note_signed=2026-06-15")

    assert before["plan_approved"] == "2026-06-29"


def test_an_own_rhythm_of_monitoring_is_a_period_and_a_day(own: Merzim) -> None:
    """Every month by the 10th: June by 10 July, July by 10 August 2026."""
    due = _dues(own, *ANALYSIS, "--fact", "note_signed=2026-06-15")

    assert due["quarter_reported.2026-06"] == "2026-07-10"
    assert due["quarter_reported.2026-07"] == "2026-08-10"
    assert "quarter_reported.2026Q2" not in due


def test_an_own_rule_that_only_allows_says_so(own: Merzim) -> None:
    """The discussion is allowed there; a finding on it would say that it is."""
    answer = own("plan", "internal-analysis", *ANALYSIS, "--json").json

    assert {obligation["id"]: obligation["force"] for obligation in answer["obligations"]}[
        "discussion_held"
    ] == "may"
    assert answer["edition"] == "internal-analysis.2026-05-01"


def _dues(merzim: Merzim, *facts: str) -> dict[str, str]:
    answer = merzim("plan", "internal-analysis", *facts, "--json").json
    return {obligation["id"]: obligation["due"] for obligation in answer["obligations"]}
