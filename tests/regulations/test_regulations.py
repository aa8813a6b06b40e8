"""The shipped regulations: their content, and a sentence for each of it in every language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import i18n
from calendars.terms import After, AtOnce, Before, Embargo, InPeriod, WithoutTerm, YearlyDate
from merzim.services.law.regulations import shared_law
from tests.law import CALENDAR, ROOT, library
from tests.workflow.test_score import scoring
from workflow.cases.commands.planning import mismatches, plan
from workflow.law.library import Library, read_edition
from workflow.law.procedure import Procedure

FOLDER = Path(__file__).parents[2] / "regulations"
FILES = sorted(FOLDER.glob("*.*.toml"))
LIBRARY = Library(read_edition(path.name, path.read_bytes(), shared_law()) for path in FILES)
MAP_2023 = LIBRARY.named("internal-analysis.2023-01-01")
INSTRUCTION_2024 = LIBRARY.named("internal-analysis.2024-01-01")
FACTS = """
    schedule_approved work_plan_approved order_signed start_announced analysis_started analysis_ended
    discussion_announced discussion_held discussion_results_published note_signed plan_developed plan_approved
    certificate_filed published quarter_reported quarter_reviewed monitoring_noted positions_listed
    positions_consolidated cartogram_updated uploaded external_analysis_ended
"""
OURS = ["council_invited"]
"""Practice, not law."""
WITHOUT_A_DATE = """
    external_plan_carried_out start_text_checked discussion_text_checked bodies_discussed council_discussed
    note_drafted publication_text_checked statuses_set monitoring_note_drafted positions_sent
"""
"""What the instruction asks besides, without a date to be late by."""
editions = pytest.mark.parametrize("edition", LIBRARY.all(), ids=lambda edition: edition.edition)
analyses = pytest.mark.parametrize("edition", [MAP_2023, INSTRUCTION_2024], ids=lambda edition: edition.edition)


def test_the_edition_changes_with_the_year_2024() -> None:
    """The last day of the map's edition and the first of the instruction's."""
    assert LIBRARY.edition("internal-analysis", date(2023, 12, 31)) is MAP_2023
    assert LIBRARY.edition("internal-analysis", date(2024, 1, 1)) is INSTRUCTION_2024
    assert MAP_2023.in_force_assumed
    assert INSTRUCTION_2024.in_force_assumed


@analyses
def test_an_internal_analysis_has_all_its_facts(edition: Procedure) -> None:
    """These names are called from outside: none may go missing, none may be added unseen."""
    assert sorted(edition.by_id) == sorted([*FACTS.split(), *WITHOUT_A_DATE.split(), *OURS])
    assert edition.begins_with == "analysis_started"


@analyses
@pytest.mark.parametrize("fact", WITHOUT_A_DATE.split())
def test_what_has_no_date_holds_no_stage_and_lapses_with_what_it_precedes(
    edition: Procedure, fact: str
) -> None:
    """An analysis recorded by its dated steps alone goes on; a check not made before its fact was missed."""
    obligation = edition.by_id[fact]

    assert isinstance(obligation.term, WithoutTerm | Before | AtOnce)
    assert not obligation.blocking
    assert obligation.lapses_with == (obligation.since if isinstance(obligation.term, Before) else None)


@analyses
@pytest.mark.parametrize(
    ("fact", "term", "since"),
    [
        ("analysis_started", Embargo(1), "external_analysis_ended"),
        ("discussion_held", After(-5), "analysis_ended"),
        ("discussion_results_published", WithoutTerm(), None),
        ("plan_developed", WithoutTerm(), None),
        ("published", After(3), "plan_approved"),
        ("quarter_reviewed", After(5), "quarter_reported"),
    ],
)
def test_the_terms_of_an_internal_analysis(
    edition: Procedure, fact: str, term: object, since: str | None
) -> None:
    """Those the map and the instruction have in common, whose worked example would not show a slip."""
    obligation = edition.by_id[fact]

    assert (obligation.term, obligation.since) == (term, since)


def test_where_the_instruction_is_silent_the_map_is_assumed() -> None:
    """Two terms of 2024 are the map's, and say so; everything else is the instruction's own."""
    assumed = {
        obligation.id: (obligation.act, obligation.paragraph)
        for obligation in INSTRUCTION_2024.obligations
        if obligation.assumed
    }

    assert assumed == {
        "schedule_approved": ("tbn4-map-2023", "row 1"),
        "order_signed": ("tbn4-map-2023", "row 2"),
    }
    assert INSTRUCTION_2024.by_id["schedule_approved"].term == YearlyDate(month=6, day=30)


def test_where_the_map_is_silent_the_instruction_is_assumed() -> None:
    """In the edition of 2023 a term is either a row of the map or assumed."""
    rows = {
        obligation.id: obligation.paragraph
        for obligation in MAP_2023.obligations
        if not obligation.assumed and obligation.id not in OURS
    }

    assert {obligation.act for obligation in MAP_2023.obligations if obligation.id in rows} == {"tbn4-map-2023"}
    assert {obligation.act for obligation in MAP_2023.obligations if obligation.assumed} == {
        "tbn4-2024",
        "tbn4-scoring",
    }
    assert sorted({int(row.removeprefix("row ")) for row in rows.values()}) == list(range(1, 11))
    assert MAP_2023.by_id["schedule_approved"].term == InPeriod("2023-06")


@analyses
def test_the_order_and_the_announcement_are_not_tied(edition: Procedure) -> None:
    """The announcement draws in the public, who are then named in the order: either may come first."""
    assert edition.by_id["order_signed"].after == ()
    assert edition.by_id["start_announced"].after == ("start_text_checked",)
    assert edition.by_id["start_announced"].lapses_with == "analysis_ended"
    assert set(edition.by_id["note_signed"].after) == {"analysis_ended", "discussion_held"}
    assert edition.by_id["discussion_held"].after_by_practice == ("discussion_announced",)


@analyses
def test_every_point_of_project_one_is_somebodys(edition: Procedure) -> None:
    """Each subtask of the scoring stands at exactly one obligation."""
    indicator_names = [obligation.indicator for obligation in edition.obligations if obligation.indicator]

    assert sorted(indicator_names) == sorted(name for name in scoring().indicators if name.startswith("P1."))


def test_every_kind_of_evidence_and_every_number_asked_for_has_a_name_in_three_languages() -> None:
    """A new one needs an entry in the catalogues and nothing else."""
    obligations = [obligation for edition in LIBRARY.all() for obligation in edition.obligations]
    kinds = {f"evidence.{kind}" for obligation in obligations for kind in obligation.evidence}
    numbers = {f"value.{name}" for obligation in obligations for name in obligation.values}

    assert kinds
    assert numbers
    assert {code for code in kinds | numbers if not i18n.knows(code)} == set()


@editions
def test_every_stage_has_something_to_do(edition: Procedure) -> None:
    """Stages nobody can stand in, and titles said twice, would confuse the board."""
    titles = [obligation.title.ru for obligation in edition.obligations]

    assert {stage.id for stage in edition.stages} == {obligation.stage for obligation in edition.obligations}
    assert {obligation.stage for obligation in edition.obligations if obligation.blocking} <= {
        stage.id for stage in edition.stages
    }
    assert len(set(titles)) == len(titles)


@analyses
def test_what_no_act_asks_is_called_practice(edition: Procedure) -> None:
    """The council is invited by practice: no finding about it rests on the law, and it says so."""
    planned = {"analysis_started": date(2026, 4, 13), "council_discussed": date(2026, 5, 6)}
    on = edition.in_force
    answer = plan(LIBRARY, "internal-analysis", facts={}, planned=planned, calendar=CALENDAR, on=on)
    invited = next(deadline for deadline in answer.deadlines if deadline.id == "council_invited")

    assert [obligation.id for obligation in edition.obligations if obligation.practice] == OURS
    assert invited.due == date(2026, 4, 28)
    assert "practice" in [element.code for element in invited.explanation]


def test_every_text_of_the_shipped_law_stands_in_three_languages() -> None:
    """An office's own file may leave languages out; ours never do."""

    def texts(value: object, path: str) -> Iterator[str]:
        if isinstance(value, dict):
            if value.keys() & {"kk", "ru", "en"} and value.keys() != {"kk", "ru", "en"}:
                yield path
            for key, inner in value.items():
                yield from texts(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                yield from texts(inner, f"{path}[{number}]")

    files = sorted((ROOT / "regulations").rglob("*.toml"))
    assert [path for file in files for path in texts(tomllib.loads(file.read_text("utf-8")), file.name)] == []


def test_no_text_of_the_shipped_law_carries_the_name_of_a_fact_duty_term_or_procedure() -> None:
    """A note stands in letters: it names facts and procedures by their titles. In Kazakh and Russian no id at
    all, in English, where an id may be a plain word, none with a hyphen or underscore nor one in backticks. A
    body in braces is filled in by its function and day."""
    foreign = re.compile(
        "integrity check|follow the money|Rule of Law|Voice and Acc|Control of Corr"
        r"|\{(?:detection|prevention)_body\}"
    )
    ids: set[str] = set()
    texts: list[tuple[str, str, str]] = []

    def walk(value: object, file: str) -> None:
        if isinstance(value, dict):
            if value.keys() == {"kk", "ru", "en"}:
                texts.extend((file, language, foreign.sub("", str(text))) for language, text in value.items())
            names = (value.get(key) for key in ("id", "duty", "of", "done", "from", "before"))
            ids.update(name for name in names if isinstance(name, str))
            ids.update(value)
            for inner in value.values():
                walk(inner, file)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, file)

    for path in sorted((ROOT / "regulations").rglob("*.toml")):
        ids.add(path.name.split(".")[0])
        walk(tomllib.loads(path.read_text("utf-8")), path.name)
    word = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*")
    marked = re.compile(r"[_.]|[a-z]-[a-z]")
    quoted = re.compile(r"`[^`]+`")

    def names_in(language: str, text: str) -> set[str]:
        names = {name for name in word.findall(text) if name in ids}
        if language == "en":
            return {name for name in names if marked.search(name)} | {*quoted.findall(text)}
        return {name for name in names if name.islower()} | {n for n in word.findall(text) if "_" in n}

    assert [(*where, names) for *where, text in texts if (names := names_in(where[1], text))] == []


def test_only_what_an_act_calls_immediate_is_immediate() -> None:
    """Standard 14(1): «белгілі болған сәтте»; 14(5): «анықталған кезден бастап». Policy 6.1 and annex 1, p. 2:
    «дереу». Its paragraph 5.1 on a conflict of interest names no moment at all."""
    immediate = {
        (procedure.id, obligation.id, obligation.paragraph)
        for procedure in LIBRARY.all()
        for obligation in procedure.obligations
        if isinstance(obligation.term, AtOnce)
    }

    assert immediate == {
        ("conflict-of-interest", "conflict_notified", "p. 14(1)"),
        ("conflict-of-interest", "powers_handed_over", "p. 14(5)"),
        ("internal-investigation", "act_reported", "p. 6.1"),
        ("unlawful-order", "doubt_notified", "annex 1, p. 2"),
    }


@analyses
def test_a_document_that_is_signed_or_approved_has_been_drawn_up(edition: Procedure) -> None:
    """P1.T2.S1 (the council's sitting), P1.T2.S3, P1.T3.S1 and P1.T3.S3: one fact answers both duties, and is
    asked for once."""
    asked_once = {obligation.id: obligation.also_by for obligation in edition.answered_too}

    assert asked_once == {
        "discussion_held": ("council_discussed",),
        "note_drafted": ("note_signed",),
        "plan_developed": ("plan_approved",),
        "monitoring_note_drafted": ("monitoring_noted",),
    }


OWN = Path(__file__).parents[2] / "examples" / "own-law"


def test_the_worked_example_comes_out_as_its_file_says() -> None:
    """Every date and every finding a regulation file names is what the engine computes; those given as examples
    of an office's own law too."""
    own_procedures = [
        read_edition(file.name, file.read_bytes(), shared_law()) for file in sorted(OWN.glob("*.toml"))
    ]

    assert own_procedures
    assert [
        (procedure.edition, wrong)
        for procedure in (*library().all(), *own_procedures)
        for wrong in mismatches(procedure, CALENDAR)
    ] == []
