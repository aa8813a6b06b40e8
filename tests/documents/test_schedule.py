"""Slips in schedules: what is refused with its row, and what is left with its reason."""

from __future__ import annotations

import pytest

from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import HEADING, day, published, xlsx

RUN = ("Проведение внутреннего анализа", "13.04.26г. по 26.05.26г.")


def one(data: bytes) -> ReadSchedule:
    (read,) = read_schedule(data, "график.xlsx")
    return read


def refused(data: bytes) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as refusal:
        read_schedule(data, "график.xlsx")
    return refusal.value


def test_every_bad_row_is_named_and_nothing_is_taken() -> None:
    """All of the file or none: every mistake of three bad rows, in the order of rows."""
    refusal = refused(
        published(
            ("Подписание приказа", "31.02.26"),
            RUN,
            ("=B1", "=C3"),
            ("Подписание аналитической справки", "12.05.2041"),
        )
    )

    assert refusal.code == "paper_unreadable"
    assert [(error.row, error.code) for error in refusal.errors] == [
        (3, "paper_date_impossible"),
        (5, "paper_formula"),
        (5, "paper_formula"),
        (6, "paper_date_beyond"),
    ]
    assert refusal.errors[0].arguments == {"text": "31.02.26", "where": "Сроки исполнения"}


def test_an_impossible_day_of_approval_is_refused() -> None:
    """`«31» 02 2026 г.` in the approval block is a slip somebody has to mend."""
    refusal = refused(xlsx([("УТВЕРЖДАЮ",), ("«31» 02 2026 г.",), HEADING, (1, *RUN, "Группа")]))

    assert [(error.row, error.code) for error in refusal.errors] == [(2, "paper_date_impossible")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("до 30.04.2026, до 31.05.2026", "read_cell_several"),
        ("I3.04.2026", "read_cell_unread"),
        ("13 апреля", "read_cell_no_year"),
        ("13.04.2036", "read_cell_far"),
    ],
)
def test_a_term_not_read_whole_is_left_with_its_reason(text: str, code: str) -> None:
    """The other rows of the schedule are taken; the note names row, column and text."""
    title = ("График на 2026 год",) if code == "read_cell_far" else ("График",)
    read = one(xlsx([title, HEADING, ("1", "Подписание приказа", text, "Служба"), ("2", *RUN, "Группа")]))

    assert read.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    (note,) = [note for note in read.notes if note.code == code]
    assert (note.row, note.arguments["text"], note.arguments["where"]) == (3, text, HEADING[2])
