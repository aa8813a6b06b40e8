"""Parsing of the terms of measures as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from calendars.terms import (
    AtOnce,
    CalendarDays,
    DayAfterPeriod,
    InMonth,
    InQuarter,
    Months,
    OnDate,
    PerPeriod,
    Term,
    WithoutTerm,
    WorkingDays,
)
from merzim.documents.schedules.written_terms import read_term
from merzim.documents.sheets.dates import LONGEST
from merzim.documents.sheets.unreadable import UnreadableCell
from workflow.cases.registers.measure_term import as_data, from_data

DAYS = [
    ("до 30.06.2023", date(2023, 6, 30)),
    ("01.09.2023", date(2023, 9, 1)),
    ("2023 жылдың 30 маусымына дейін", date(2023, 6, 30)),
    ("до 1 марта 2026 года", date(2026, 3, 1)),
    ("не позднее 15.05.2026 г.", date(2026, 5, 15)),
    ("с 13.04.2026 по 26.05.2026", date(2026, 5, 26)),
    ("I полугодие 2026 года", date(2026, 6, 30)),
    ("2026 жылғы II жартыжылдық", date(2026, 12, 31)),
    ("второе полугодие 2026 г.", date(2026, 12, 31)),
    ("в течение 2026 года", date(2026, 12, 31)),
    ("2026 жыл ішінде", date(2026, 12, 31)),
    ("до конца 2026 года", date(2026, 12, 31)),
    ("2026", date(2026, 12, 31)),
]


@pytest.mark.parametrize(("text", "on"), DAYS)
def test_a_day_is_read_in_any_spelling(text: str, on: date) -> None:
    """Days, spans by their end, half-years and years by their last day."""
    assert read_term(text).term == OnDate(on)


@pytest.mark.parametrize(
    ("text", "year", "quarter"),
    [
        ("III квартал 2026 года", 2026, 3),
        ("IV квартал 2026 года", 2026, 4),
        ("ІІІ квартал 2026 года", 2026, 3),
        ("ІV квартал 2026 г.", 2026, 4),
        ("3 квартал 2026", 2026, 3),
        ("в 3-м квартале 2026 года", 2026, 3),
        ("II-III кварталы 2026 года", 2026, 3),
        ("третий квартал 2026 года", 2026, 3),
        ("2026 жылғы III тоқсан", 2026, 3),
        ("2026 жылдың 4-тоқсаны", 2026, 4),
        ("2026 жылғы ІІ тоқсанда", 2026, 2),
        ("до конца I квартала 2027 года", 2027, 1),
        ("Q3 2026", 2026, 3),
    ],
)
def test_a_quarter_is_read_with_latin_cyrillic_and_plain_numerals(text: str, year: int, quarter: int) -> None:
    """People type Roman numerals with the Kazakh letter І as often as with the Latin one."""
    assert read_term(text).term == InQuarter(year, quarter)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("март 2026 года", 3),
        ("2026 жылғы наурыз", 3),
        ("до конца мая 2026 года", 5),
        ("март-апрель 2026 г.", 4),
        ("2026 жылдың қыркүйегі", 9),
    ],
)
def test_a_month_is_read_by_its_name(text: str, month: int) -> None:
    """Of several the last counts."""
    assert read_term(text).term == InMonth(2026, month)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Ежеквартально", PerPeriod(1, "quarter")),
        ("тоқсан сайын", PerPeriod(1, "quarter")),
        ("ежемесячно", PerPeriod(1, "month")),
        ("ай сайын", PerPeriod(1, "month")),
        ("1 раз в полугодие", PerPeriod(1, "half-year")),
        ("ежегодно", PerPeriod(1, "year")),
        ("Не менее двух мероприятий в течение года", PerPeriod(2, "year")),
        ("не реже 2 раз в год", PerPeriod(2, "year")),
        ("жылына кемінде екі рет", PerPeriod(2, "year")),
        ("не реже одного раза в квартал", PerPeriod(1, "quarter")),
        ("ежеквартально до 5 числа", DayAfterPeriod(5)),
    ],
)
def test_what_comes_back_is_read_with_its_period(text: str, term: Term) -> None:
    """Every quarter, at least twice a year, every quarter by the 5th."""
    read = read_term(text)

    assert (read.term, read.reading) == (term, "recurring")
    assert read.every is not None


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("в течение 10 рабочих дней", WorkingDays(10)),
        ("10 жұмыс күні ішінде", WorkingDays(10)),
        ("10 рабочих дней", WorkingDays(10)),
        ("15 күн", CalendarDays(15, unspecified=True)),
        ("в течение 30 календарных дней", CalendarDays(30)),
        ("в течение 3 дней", CalendarDays(3, unspecified=True)),
        ("в течение месяца", Months(1)),
        ("бір ай ішінде", Months(1)),
        ("в течение трёх месяцев", Months(3)),
        ("незамедлительно", AtOnce()),
        ("дереу", AtOnce()),
    ],
)
def test_a_number_of_days_counts_from_the_approval(text: str, term: Term) -> None:
    """Which days are meant is kept where it is said, and flagged where it is not."""
    assert read_term(text).term == term


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Постоянно", "standing"),
        ("на постоянной основе", "standing"),
        ("тұрақты", "standing"),
        ("еженедельно", "standing"),
        ("По графику проведения ВАКР", "by_schedule"),
        ("кестеге сәйкес", "by_schedule"),
        ("по мере необходимости", "by_need"),
        ("қажеттілігіне қарай", "by_need"),
        ("III квартал", "no_year"),
        ("до 30 июня", "no_year"),
        ("30.06.2026, 31.12.2026", "several"),
        ("в разумный срок", "words"),
        ("", "nothing"),
        ("-", "nothing"),
        (None, "nothing"),
    ],
)
def test_what_names_no_day_is_kept_with_the_reason(text: object, said: str) -> None:
    """No date is guessed for "постоянно"."""
    read = read_term(text)

    assert (read.term, read.reading) == (WithoutTerm(), said)
    assert read.dateless


def test_the_year_of_the_plan_fills_in_what_a_text_leaves_out() -> None:
    """A plan for 2026 that says "III квартал", "до 30 июня", "в течение года"."""
    assert read_term("III квартал", year=2026).term == InQuarter(2026, 3)
    assert read_term("до 30 июня", year=2026).term == OnDate(date(2026, 6, 30))
    assert read_term("в течение года", year=2026).term == OnDate(date(2026, 12, 31))


def test_until_a_day_includes_it_and_is_marked() -> None:
    """ "до" and "дейін" leave open whether the day itself is in time; the reading is kept."""
    assert read_term("до 30.06.2023").until
    assert read_term("2023 жылдың 30 маусымына дейін").until
    assert not read_term("30.06.2023").until


def test_a_cell_of_excel_is_a_day() -> None:
    """A date of a workbook needs no reading."""
    assert read_term(date(2026, 6, 30)).term == OnDate(date(2026, 6, 30))


@pytest.mark.parametrize("text", ["31.02.2026", "до 31.06.2026", "30.06.1899"])
def test_an_impossible_day_is_refused(text: str) -> None:
    """A slip of the pen is named, not read past."""
    with pytest.raises(UnreadableCell):
        read_term(text)


@pytest.mark.parametrize("text", [*(text for text, _ in DAYS), "III квартал 2026 года", "март 2026 года"])
def test_a_term_survives_the_ledger(text: str) -> None:
    """As data of an event and back it is the same."""
    term = read_term(text)

    assert from_data(as_data(term)) == term


@pytest.mark.parametrize(
    "text", ["ежеквартально до 5 числа", "не реже 2 раз в год", "10 жұмыс күні ішінде", "дереу", "постоянно"]
)
def test_a_term_without_a_day_survives_the_ledger_too(text: str) -> None:
    """Periods, numbers of days, and words."""
    term = read_term(text)

    assert from_data(as_data(term)) == term


@pytest.mark.parametrize("text", ["в течение 12345 дней", "в течение 12345 месяцев", "в течение 0 дней"])
def test_a_count_nobody_means_is_kept_as_words(text: str) -> None:
    """More days than a term can have, or none."""
    assert read_term(text).reading == "words"


def test_a_text_longer_than_any_term_is_kept_as_words() -> None:
    """At its greatest length a day is still found; a letter more, and the cell is prose."""
    day = "до 30 июня 2026 года "
    assert read_term(day + "»" * (LONGEST - len(day))).reading == "date"
    assert read_term(day + "»" * (LONGEST + 1 - len(day))).reading == "words"
