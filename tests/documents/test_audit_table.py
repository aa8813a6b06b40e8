"""The table of past analyses."""

from __future__ import annotations

import pytest

from documents import AuditCase, UnreadablePaper
from documents.schedules.audit_table import read_audit
from tests.documents.sheets import REAL, day, xlsx

FACTS = (
    *("order_signed", "start_announced", "analysis_started", "analysis_ended", "discussion_announced"),
    *("discussion_held", "note_signed", "plan_approved", "published", "quarter_reported"),
)


def read(text: str) -> tuple[AuditCase, ...]:
    return read_audit(text.encode(), "прошлое.csv", facts=FACTS)


def refused(text: str) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as refusal:
        read(text)
    return refusal.value


def test_the_example_table_is_read() -> None:
    """Four analyses, two spellings of dates; what is left empty is not known."""
    cases = read_audit(REAL.with_name("past_analyses.csv"), facts=FACTS)

    assert [case.case for case in cases] == ["А-2024", "Б-2024", "В-2025", "Г-2025"]
    assert cases[2].facts["note_signed"] == day("2025-02-14")
    assert "start_announced" not in cases[2].facts
    assert cases[3].published == {"start_announced": day("2025-06-05")}


def test_without_its_own_column_a_case_is_its_row() -> None:
    """The number the spreadsheet shows."""
    cases = read("analysis_started\n2026-04-13\n\n2026-09-01\n")

    assert [case.case for case in cases] == ["2", "4"]


def test_a_workbook_reads_like_a_csv() -> None:
    """A number as a case is written without its fraction."""
    (case,) = read_audit(xlsx([("Case", "Published"), (7.0, day("2026-05-18"))]), "a.xlsx", facts=FACTS)

    assert case == AuditCase(case="7", facts={"published": day("2026-05-18")}, published={}, row=2)


def test_a_recurring_fact_carries_its_period() -> None:
    """`quarter_reported.2026Q3`, and when that was published."""
    (case,) = read("quarter_reported.2026q3,quarter_reported.2026Q4.published\n05.10.2026,05.01.2027\n")

    assert case.facts == {"quarter_reported.2026Q3": day("2026-10-05")}
    assert case.published == {"quarter_reported.2026Q4": day("2027-01-05")}


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    """A slip of the pen would else hide a whole fact."""
    refusal = refused("case,note_singed\n1,2026-05-12\n")

    assert refusal.code == "paper_unknown_column"
    assert refusal.arguments["column"] == "note_singed"
    assert refusal.arguments["nearest"][0] == "note_signed"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("что-то,published\n1,2026-05-12\n", "paper_strange_column"),
        ("published,published\n2026-05-12,2026-05-12\n", "paper_heading_twice"),
        ("case\n1\n", "paper_no_facts"),
        ("published\n", "paper_no_rows"),
        ("note_signed.2026Q9\n2026-05-12\n", "paper_unknown_column"),
    ],
)
def test_headings_that_will_not_do(text: str, code: str) -> None:
    """Each in its own words."""
    assert refused(text).code == code


def test_a_bad_date_is_named_with_its_row_and_column() -> None:
    """Every one of them; and two rows of one case."""
    refusal = refused("case,note_signed,published\nа,31.02.26,\nб,,скоро\nа,,2026-05-12\nв,=A1,01.01.2039\n")

    assert [(error.row, error.code, error.arguments.get("where")) for error in refusal.errors] == [
        (2, "paper_date_impossible", "note_signed"),
        (3, "paper_day_expected", "published"),
        (4, "paper_case_twice", None),
        (5, "paper_date_unreadable", "note_signed"),
        (5, "paper_date_beyond", "published"),
    ]
