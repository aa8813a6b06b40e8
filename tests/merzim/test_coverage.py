"""Coverage page: every row of the documents is implemented, every contradiction listed, page up to date."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import i18n
from merzim.cli import main
from merzim.services.documents.coverage import Coverage, Gap, contradictions, coverage, page
from tests.law import ROOT, library
from workflow.law.library import Library

COVERAGE = coverage(library())
READINGS = contradictions()


def test_the_rows_are_the_180_obligations_and_the_73_items() -> None:
    """No row is missing from the list, none is in it twice."""
    seed = [row for row in COVERAGE.rows if row.startswith("seed:")]
    plan = [row for row in COVERAGE.rows if row.startswith("plan:")]

    assert seed == [f"seed:{number}" for number in range(1, 181)]
    assert len(plan) == 73
    assert len({row.partition(".")[0] for row in plan}) == 61
    assert all(row.gist and row.at and set(row.of) <= set(COVERAGE.documents) for row in COVERAGE.rows.values())


def test_every_row_is_carried_out_and_none_is_named_wrongly() -> None:
    """Adding a row without an obligation, or an obligation that names another's row, fails here."""
    assert list(COVERAGE.gaps()) == []


@pytest.mark.parametrize(
    ("sources", "code", "row"),
    [
        (("plan:1", "plan:1"), "twice", "plan:1"),
        (("plan:1", "plan:99"), "unknown", "plan:99"),
        (("plan:1", "seed:46"), "other_act", "seed:46"),
        ((), "missing", "plan:1"),
    ],
)
def test_a_source_named_wrongly_is_found(sources: tuple[str, ...], code: str, row: str) -> None:
    """Twice by one obligation, unknown, another document's, or by nobody any more."""
    coverage = _with_sources("measure_1", sources)

    place = "" if code == "missing" else "concept-plan.2022-02-02: measure_1"
    assert Gap(code, row, place) in coverage.gaps()
    for language in i18n.LANGUAGES:
        assert i18n.say(f"coverage.gap.{code}", {"row": row, "obligation": place}, language)


def test_the_page_in_docs_is_what_the_command_makes_now() -> None:
    """Run `make coverage` after a change of the regulation files."""
    written_page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")

    assert written_page == page(COVERAGE, READINGS, "en"), "stale: run `make coverage`"


def test_every_contradiction_is_read_and_its_reading_is_held_by_a_test() -> None:
    """Twenty-five; each names procedures (or scales) there are and tests there are."""
    file_names = {file.name.partition(".")[0] for file in (ROOT / "regulations").rglob("*.toml")}

    assert [reading.number for reading in READINGS] == list(range(1, 26))
    for reading in READINGS:
        assert set(reading.where) <= file_names, reading.number
        assert reading.where, reading.number
        assert reading.proved_by, reading.number
        for test_name in reading.proved_by:
            file, _, test = test_name.partition("::")
            source = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^def {re.escape(test)}\(", source, re.MULTILINE), test_name


def test_the_page_has_a_line_for_every_row_in_every_language() -> None:
    """Procedure, obligation, term in words, and what proves it."""
    for language in i18n.LANGUAGES:
        lines = page(COVERAGE, READINGS, language).splitlines()

        assert len(_rows(lines)) == len(COVERAGE.rows)
    english = page(COVERAGE, READINGS, "en")
    assert "`measure_17_3` Studying a greater responsibility" in english
    assert "by 15 April of the next year" in english


def test_the_command_answers_people_and_machines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page, the same as JSON, and the page into a file."""
    monkeypatch.chdir(tmp_path)

    assert main(["coverage", "--lang", "kk"]) == 0
    assert capsys.readouterr().out.startswith("# Қамту: не қайда орындалады")
    assert main(["coverage", "--json", "--lang", "ru"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [row] = [row for row in answer["rows"] if row["row"] == "plan:17.3"]
    assert row["carried_by"][0]["term"] == "III квартал 2022 года"
    assert len(answer["contradictions"]) == 25
    assert main(["coverage", "--lang", "en", "--write", "page.md"]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page(COVERAGE, READINGS, "en")


def _rows(lines: list[str]) -> list[str]:
    return [line for line in lines if re.match(r"\| (map|seed|plan):", line)]


def _with_sources(obligation: str, sources: tuple[str, ...]) -> Coverage:
    """The shipped law, one obligation of the Concept's plan naming other rows."""
    plan = library().named("concept-plan.2022-02-02")
    other_editions = [edition for edition in library().all() if edition is not plan]
    changed_obligations = tuple(
        replace(plan_obligation, sources=sources) if plan_obligation.id == obligation else plan_obligation
        for plan_obligation in plan.obligations
    )
    return Coverage(
        rows=COVERAGE.rows,
        documents=COVERAGE.documents,
        library=Library([*other_editions, replace(plan, obligations=changed_obligations)]),
    )
