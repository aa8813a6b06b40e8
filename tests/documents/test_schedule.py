"""The published schedule form in other offices' variants: column order, wording, slips."""

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


def notes(read: ReadSchedule, code: str) -> list[int]:
    return [note.row for note in read.notes if note.code == code]


def test_the_columns_may_stand_in_any_order_among_others() -> None:
    """Columns are found by their headings; one we have no use for is named in a note."""
    read = one(
        xlsx(
            [
                ("Ответственные", "Сроки", "Примечание", "Наименование мероприятия"),
                ("Служба", "06.04.26г.", "срочно", "Подписание приказа"),
            ]
        )
    )

    assert read.planned == {"order_signed": day("2026-04-06")}
    assert read.responsible == {"order_signed": "Служба"}
    assert notes(read, "read_column_ignored") == [1]


def test_a_heading_merged_over_two_columns_holds_first_and_last_day() -> None:
    """`Сроки` over two columns, the days in one each: a span, not the first day alone."""
    rows = [
        ("№", "Виды работ", "Сроки", None, "Ответственные"),
        (1, RUN[0], "13.04.2026", "26.05.2026", "Группа"),
    ]
    read = one(xlsx(rows, ["C1:D1"]))

    assert read.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}


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


def test_a_row_nobody_understands_is_shown() -> None:
    """It gives no plan date, and a note says what stood there."""
    read = one(published(RUN, ("Совещание с руководителями", "10.04.26г.")))

    assert notes(read, "read_row_not_recognised") == [4]
    assert day("2026-04-10") not in read.planned.values()


def test_a_schedule_whose_blank_for_the_date_is_empty_is_not_approved() -> None:
    """`«__» ______ 2026 г.` is a form's blank, no day."""
    read = one(xlsx([("УТВЕРЖДАЮ",), ("«__» ______ 2026 г.",), HEADING, (1, *RUN, "Группа")]))

    assert read.approved_on is None
    assert read.facts == {}
    assert notes(read, "read_not_approved") == [0]


def test_an_impossible_day_of_approval_is_refused() -> None:
    """`«31» 02 2026 г.` in the approval block is a slip somebody has to mend."""
    refusal = refused(xlsx([("УТВЕРЖДАЮ",), ("«31» 02 2026 г.",), HEADING, (1, *RUN, "Группа")]))

    assert [(error.row, error.code) for error in refusal.errors] == [(2, "paper_date_impossible")]


def test_a_plan_approved_in_its_own_row_is_not_dated_by_its_development() -> None:
    """Developing the plan stands for approving it only where no row approves it."""
    read = one(
        published(
            RUN, ("Разработка плана мероприятий", "01.06.26г."), ("Утверждение плана мероприятий", "05.06.26г.")
        )
    )

    assert read.planned["plan_developed"] == day("2026-06-01")
    assert read.planned["plan_approved"] == day("2026-06-05")
    assert notes(read, "read_plan_for_both") == []


def test_preparing_the_note_stands_for_signing_it_only_alone() -> None:
    """With a row on signing, the row on preparing dates nothing."""
    preparing = ("Подготовка аналитической справки", "01.06.26г.")
    alone = one(published(RUN, preparing))
    joint_schedule = one(published(RUN, preparing, ("Подписание аналитической справки", "05.06.26г.")))

    assert alone.planned["note_signed"] == day("2026-06-01")
    assert notes(alone, "read_row_taken") == [4]
    assert joint_schedule.planned["note_signed"] == day("2026-06-05")


def test_an_analysis_in_parts_runs_from_its_first_day_to_its_last() -> None:
    """Documents in April, risks in May: one analysis."""
    read = one(
        published(("Анализ документов", "13.04.26 – 30.04.26"), ("Выявление рисков", "04.05.26 – 26.05.26"))
    )

    assert read.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert notes(read, "read_analysis_in_parts") == [4]


def test_the_period_of_the_title_serves_where_no_row_gives_it() -> None:
    """A schedule may name the days of the analysis in its title alone."""
    title = "График внутреннего анализа на период с 13.04.2026г. по 26.05.26г."
    read = one(xlsx([(title,), HEADING, (1, "Подписание приказа", "6 апреля", "Служба")]))

    assert read.planned == {
        "order_signed": day("2026-04-06"),
        "analysis_started": day("2026-04-13"),
        "analysis_ended": day("2026-05-26"),
    }
    assert notes(read, "read_title_period") == [0]


def test_two_rows_of_one_fact_keep_the_first_and_say_so() -> None:
    """A second order on another day is shown, not silently taken."""
    read = one(published(RUN, ("Подписание приказа", "06.04.26г."), ("Издание приказа", "07.04.26г.")))

    assert read.planned["order_signed"] == day("2026-04-06")
    assert notes(read, "read_row_repeats") == [5]


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


def test_a_term_in_words_is_kept_as_words() -> None:
    """`III квартал 2026 года` is no day, and no mistake either."""
    read = one(published(RUN, ("Составление перечня должностей", "III квартал 2026 года")))

    assert "positions_listed" not in read.planned
    assert notes(read, "read_row_not_dated") == [4]
