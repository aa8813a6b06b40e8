"""The table of past analyses."""

from __future__ import annotations

import io

import openpyxl
import pytest

from i18n import LANGUAGES
from merzim.documents.schedules.audit_table import AuditCase, Headings, read_audit
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.documents.past_analyses import known_headings, past_template, short_forms, template_columns
from tests.documents.sheets import REAL, day, xlsx
from tests.law import library
from workflow.law.procedure import Procedure

HEADINGS = {
    "дело": "case",
    "Объект анализа": "case",
    "Талдау объектісі": "case",
    "№ п/п": "number",
    "приказ": "order_signed",
    "подписание приказа": "order_signed",
    "бұйрық": "order_signed",
    "начало анализа": "analysis_started",
    "Талдаудың басталуы": "analysis_started",
    "Объявление о начале анализа": "start_announced",
    "аналитическая справка": "note_signed",
    "квартальная информация": "quarter_reported",
    "тоқсандық ақпарат": "quarter_reported",
}
FACTS = (
    *("order_signed", "start_announced", "analysis_started", "analysis_ended", "discussion_announced"),
    *("discussion_held", "note_signed", "plan_approved", "published", "quarter_reported"),
)


def read(text: str) -> tuple[AuditCase, ...]:
    return read_audit(text.encode(), "прошлое.csv", facts=FACTS, headings=HEADINGS)


def refused(text: str) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as refusal:
        read(text)
    return refusal.value


def test_the_example_table_is_read() -> None:
    """Four analyses, two spellings of dates; what is left empty is not known."""
    cases = read_audit(REAL.with_name("past_analyses.csv").read_bytes(), "p.csv", facts=FACTS)

    assert [case.case for case in cases] == ["А-2024", "Б-2024", "В-2025", "Г-2025"]
    assert cases[2].facts["note_signed"] == day("2025-02-14")
    assert "start_announced" not in cases[2].facts
    assert cases[3].published == {"start_announced": day("2025-06-05")}


def test_a_workbook_reads_like_a_csv() -> None:
    """A number as a case is written without its fraction; without a column of cases it is that of the row."""
    (case,) = read_audit(xlsx([("Case", "Published"), (7.0, day("2026-05-18"))]), "a.xlsx", facts=FACTS)

    assert read("№ п/п;Приказ\n3;13.04.2026\n")[0].case == "3"
    assert case == AuditCase(
        case="7", facts={"published": day("2026-05-18")}, published={}, row=2, cells={"published": "B2"}
    )


def test_a_recurring_fact_carries_its_period() -> None:
    """`quarter_reported.2026Q3`, and when that was published."""
    (case,) = read("quarter_reported.2026q3,quarter_reported.2026Q4.published\n05.10.2026,05.01.2027\n")

    assert case.facts == {"quarter_reported.2026Q3": day("2026-10-05")}
    assert case.published == {"quarter_reported.2026Q4": day("2027-01-05")}


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Дата подписания приказа", "order_signed"),
        ("БҰЙРЫҚТЫҢ КҮНІ", "order_signed"),
        ("Дата начала анализа", "analysis_started"),
        ("Талдаудың басталған күні", "analysis_started"),
        ("Объявление о начале анализа: дата публикации", "start_announced.published"),
        ("Объявление о начале анализа (опубликовано)", "start_announced.published"),
        ("Квартальная информация, III квартал 2026 года", "quarter_reported.2026Q3"),
        ("Тоқсандық ақпарат, 2026 жылғы ІІІ тоқсан", "quarter_reported.2026Q3"),
        ("Квартальная информация 2026Q4", "quarter_reported.2026Q4"),
        ("ORDER_SIGNED", "order_signed"),
    ],
)
def test_a_heading_in_words_is_read_in_any_form(heading: str, column: str) -> None:
    """Word forms, letter case, the word "date" and the period change nothing; the cell is named."""
    (case,) = read(f"Дело;{heading}\nА;13.04.2026\n")
    fact = column.removesuffix(".published")

    assert (case.published if column.endswith(".published") else case.facts) == {fact: day("2026-04-13")}
    assert case.cells == {column: "B2"}


def test_unknown_columns_are_refused_together_with_the_nearest() -> None:
    """A slip of the pen would else hide a whole fact; one sentence, without a list of everything allowed."""
    refusal = refused("Дело;Дата начла анализов;Примечание;note_singed\n1;2026-05-12;;\n")

    assert refusal.code == "paper_strange_columns"
    assert refusal.arguments["columns"] == (
        "«Дата начла анализов» → «начало анализа»",
        "«note_singed» → «note_signed»",
    )
    assert [error.row for error in refusal.errors] == [1]


def test_a_column_of_remarks_is_left_out_and_named() -> None:
    """Of text alone, or empty; with a date in any cell it may be a fact, and is refused."""
    table = "Дело;Примечание;Ескерту;Приказ\nА;исполнено, см. приложение;;2026-05-12\nБ;;№ 5;2026-05-13\n"
    first, second = read(table)

    assert first.unread == second.unread == ("Примечание", "Ескерту")
    assert (first.facts, second.case) == ({"order_signed": day("2026-05-12")}, "Б")
    assert read("Дело;Приказ\nА;2026-05-12\n")[0].unread == ()
    assert refused(table.replace("№ 5", "14.05.2026")).arguments["columns"] == ("«Ескерту»",)


def test_two_headings_of_one_fact_are_refused() -> None:
    """In words and by code alike; both are named."""
    refusal = refused("Приказ;order_signed\n2026-05-12;2026-05-12\n")

    assert refusal.code == "paper_heading_twice"
    assert (refusal.arguments["first"], refusal.arguments["column"]) == ("Приказ", "order_signed")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("что-то,published\n2026-05-11,2026-05-12\n", "paper_strange_columns"),
        ("published,published\n2026-05-12,2026-05-12\n", "paper_heading_twice"),
        ("case\n1\n", "paper_no_facts"),
        ("№ п/п;Дело\n1;А\n", "paper_no_facts"),
        ("published\n", "paper_no_rows"),
        ("note_signed.2026Q9\n2026-05-12\n", "paper_strange_columns"),
        ("Дело: дата публикации;Приказ\n2026-05-11;2026-05-12\n", "paper_strange_columns"),
    ],
)
def test_headings_that_will_not_do(text: str, code: str) -> None:
    """Each in its own words."""
    assert refused(text).code == code


def test_a_bad_date_is_named_with_its_row_and_column() -> None:
    """Every one of them; and two rows of one case."""
    refusal = refused("case,note_signed,published\nа,31.02.26,\nб,,скоро\nа,,2026-05-12\nв,=A1,01.01.2039\n")

    assert [(error.row, error.code, error.arguments.get("where")) for error in refusal.errors] == [
        (2, "paper_date_impossible", "note_signed (B2)"),
        (3, "paper_day_expected", "published (C3)"),
        (4, "paper_case_twice", None),
        (5, "paper_date_words", "note_signed (B5)"),
        (5, "paper_date_beyond", "published (C5)"),
    ]


def test_a_day_far_from_the_years_of_its_case_is_asked_about() -> None:
    """One slip in a year would judge the analysis by another edition of the law."""
    (error,) = refused("case,order_signed,note_signed,published\nа,13.01.2025,14.02.2052,18.02.2025\n").errors

    assert (error.row, error.code, error.arguments["text"]) == (2, "paper_date_beyond", "14.02.2052")
    (error,) = refused("case,order_signed,note_signed,published\nа,13.01.2025,14.02.2015,18.02.2025\n").errors
    assert (error.row, error.code, error.arguments["text"]) == (2, "paper_date_far", "14.02.2015")
    assert (error.arguments["where"], error.arguments["year"]) == ("note_signed (C2)", 2025)


@pytest.mark.parametrize("edition", library().all(), ids=lambda edition: str(edition.edition))
def test_every_step_is_known_by_its_title_and_short_names(edition: Procedure) -> None:
    """In three languages, of every edition; no name means two steps."""
    column_titles = known_headings(edition)
    headings = Headings(edition.facts, column_titles)
    titles = {fact.title[language]: name for name, fact in edition.facts.items() for language in LANGUAGES}
    names = {text: name for name in edition.facts for lang in LANGUAGES for text in short_forms(name, lang)}

    names |= {title: column for lang in LANGUAGES for column, title in template_columns(edition, lang)}
    assert {text: headings.column(text) for text in titles | names} == titles | names


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_is_read_back(language: str) -> None:
    """Its headings are words, with one row below."""
    edition = library().latest("internal-analysis")
    book = openpyxl.load_workbook(io.BytesIO(past_template(edition, language)))
    heads = [cell.value for cell in book.worksheets[0][2]]
    book.worksheets[0].append(["А", *[day("2026-04-13")] * (len(heads) - 1)])
    target = io.BytesIO()
    book.save(target)
    (case,) = read_audit(target.getvalue(), "a.xlsx", facts=edition.facts, headings=known_headings(edition))

    assert not any("_" in str(head) for head in heads)
    assert (case.case, case.row, case.cells["external_analysis_ended"]) == ("А", 3, "B3")
    assert {"order_signed", "analysis_ended", "published"} <= set(case.facts)
    assert "start_announced" in case.published
