"""Plans of measures as tables: headings in three languages, imported as a whole or not at all."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import InQuarter, OnDate
from merzim.documents.measure_plan import read_measures
from merzim.documents.sheets.unreadable import UnreadablePaper

RU = "№;Рекомендация;Мероприятие;Форма завершения;Ответственные;Срок исполнения\n"
KK = "№;Ұсыным;Іс-шара;Аяқтау нысаны;Жауапты;Орындау мерзімі\n"


def test_a_plan_is_read_in_russian_and_kazakh() -> None:
    """The row that numbers the columns is no measure."""
    ru = read_measures(
        (
            RU + "1;2;3;4;5;6\n1;Обновить правила;Утвердить правила;приказ;юрист;III квартал 2026 года\n"
        ).encode(),
        "п.csv",
    )
    kk = read_measures(
        (KK + "1;Қағиданы жаңарту;Қағиданы бекіту;бұйрық;заңгер;2026 жылдың 30 маусымына дейін\n").encode(),
        "ж.csv",
    )

    assert [(measure.number, measure.risk, measure.action, measure.term.term) for measure in ru.measures] == [
        (1, "Обновить правила", "Утвердить правила", InQuarter(2026, 3))
    ]
    assert kk.measures[0].term.term == OnDate(date(2026, 6, 30))


def test_what_a_measure_lacks_is_not_refused() -> None:
    """No completion form, nobody responsible, no term: findings later, not bad rows."""
    read = read_measures((RU + "1;Обновить правила;Утвердить правила;;;\n").encode(), "п.csv")

    (measure,) = read.measures
    assert (measure.completion, measure.responsible, measure.term.reading) == ("", "", "nothing")


def test_every_bad_row_is_named() -> None:
    """An impossible day, a row without a measure, a measure without a risk; nothing of the file is taken."""
    text = (
        RU
        + "1;Обновить;Утвердить правила;приказ;юрист;31.02.2026\n"
        + "2;Обновить;;приказ;юрист;2026\n"
        + "3;;Утвердить;приказ;юрист;2026\n"
        + "4;;;приказ;юрист;31.02.2026\n"
    )
    with pytest.raises(UnreadablePaper) as refusal:
        read_measures(text.encode(), "п.csv")

    assert [(error.row, error.code) for error in refusal.value.errors] == [
        (2, "paper_date_impossible"),
        (3, "paper_cell_empty"),
        (4, "paper_cell_empty"),
        (5, "paper_cell_empty"),
        (5, "paper_cell_empty"),
        (5, "paper_date_impossible"),
    ]


def test_a_table_without_measures_is_refused_by_the_columns_it_lacks() -> None:
    """Two columns that are there do not make a plan."""
    with pytest.raises(UnreadablePaper) as refusal:
        read_measures("№;Рекомендация;Срок\n1;а;2026\n".encode(), "п.csv")
    assert refusal.value.code == "paper_columns_missing"
