"""Dates and terms as offices write them: each is read as its right day, kept as words or refused."""

from __future__ import annotations

import math
from datetime import date, datetime, time

import pytest
from hypothesis import given, strategies as st

from calendars.refusal import FIRST, REACH
from calendars.terms import After, DayAfterPeriod, InPeriod, OnDate, PerPeriod, Term, WithoutTerm, YearlyDate
from merzim.documents.case_tables import read_term
from merzim.documents.sheets.dates import Days, TermInWords, read, read_lines
from merzim.documents.sheets.rows import NotAValue
from merzim.documents.sheets.unreadable import UnreadableCell
from merzim.documents.sheets.written_time import LONGEST
from tests.documents.sheets import day
from workflow.cases.registers.rows import as_data, from_data

MARCH_30 = Days(day("2026-03-30"), day("2026-03-30"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "30.03.26г.",
            "30.03.2026",
            "30.03.26 ж.",
            "30.03.2026 г.",
            "30/03/2026",
            "30-03-2026",
            "30. 03. 2026",
        ),
        *("«30» 03 2026 г.", "«30» марта 2026 г.", "30 марта 2026 года", "30-го марта 2026", "30 марта 26 г."),
        *("2026 жылғы 30 наурыз", "2026 жылғы «30» наурыз", "30 наурыз 2026 ж.", "2026 ж. 30 наурыз"),
        *("2026-03-30", "2026-03-30T09:00:00+05:00", "до 30.03.2026 включительно", "30.03.26г. в 15.00"),
        *("2026 жылдың 30 наурызына дейін", "30.03.2026 (включительно)", "30\u00a0марта\u202f2026\u202fг."),
    ],
)
def test_one_day_in_its_many_spellings(text: str) -> None:
    """Russian, Kazakh, numbers, words, ISO; an hour or a remark beside it changes nothing."""
    assert read(text) == MARCH_30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, TermInWords(text))
            for text in ("ежедневно", "до 5 числа ежемесячно", "Нәтижелер бойынша – дереу")
        ),
        *((text, TermInWords(text)) for text in ("III квартал 2026 года", "в течение 10 рабочих дней")),
        *((text, None) for text in ("-", "—", "", "«__» ____ 2026 г.", "жоқ")),
    ],
)
def test_words_that_name_no_day(text: str, said: TermInWords | None) -> None:
    """They are kept as words, and never become a date."""
    assert read(text) == said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("31.02.26", "paper_date_impossible"), ("14.13.2026", "paper_date_impossible")),
        *(("00.04.2026", "paper_date_impossible"), ("29.02.2026", "paper_date_impossible")),
        *(("31.12.2009", "paper_date_beyond"), ("01.01.2039", "paper_date_beyond")),
        *(("13.04.202", "paper_date_unreadable"), ("14 апрля 2026", "paper_date_words")),
        *(("13, 15 мая 2026", "paper_date_unreadable"), ("13 и 15 мая 2026", "paper_date_unreadable")),
        ("30.03.2026 (за 10 рабочих дней)", "paper_date_unreadable"),
        *(("13 мая 2026 – 26", "paper_date_unreadable"), ("20260413", "paper_date_unreadable")),
        *(("13.04.2026, 14.04.2026", "paper_dates_several"), ("13.04.26 и 15.04.26", "paper_dates_several")),
        *(("26.05.26 по 13.04.26", "paper_span_backwards"), ("13 апреля", "paper_date_without_year")),
    ],
)
def test_what_cannot_be_a_date_is_refused_with_its_text(text: str, code: str) -> None:
    """Never guessed: the reader of the refusal sees what stood there, and in which column."""
    with pytest.raises(UnreadableCell) as refusal:
        read(text, where="Сроки")

    assert refusal.value.code == code
    assert refusal.value.arguments["text"] == text
    assert refusal.value.arguments["where"] == "Сроки"


def test_the_first_and_the_last_day_of_the_records_are_in() -> None:
    """Both bounds are included."""
    assert read("01.01.2010") == Days(FIRST, FIRST)
    assert read("31.12.2038") == Days(REACH, REACH)


@pytest.mark.parametrize(
    "value", [46111, 46111.0, 46111.75, date(2026, 3, 30), datetime.combine(MARCH_30.first, time(9))]
)
def test_excels_own_dates_are_days(value: object) -> None:
    """A date, a moment, or the day number a badly formatted cell leaves."""
    assert read(value) == MARCH_30


@pytest.mark.parametrize("value", [True, 2026, -1, math.nan, math.inf, NotAValue("=A1"), b"x", object()])
def test_what_is_no_date_cell_is_refused(value: object) -> None:
    """A year, a truth, a formula: none of them is a day."""
    with pytest.raises(UnreadableCell):
        read(value)


NUMBERS = ("13", "31", "02", "04", "2026", "26", "26г.", "00", "99", "2009")
SIGNS = (".", "-", "–", "/", " ", "\n", "«", "»", "_", ":")
WORDS = (
    "апреля",
    "мамыр",
    "жылғы",
    "года",
    "ж.",
    "по",
    "с",
    "мен",
    "аралығында",
    "дейін",
    "ежедневно",
    "дереу",
)
PIECES = st.sampled_from([*NUMBERS, *SIGNS, *WORDS])


@given(
    st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES).map(" ".join))
)
def test_no_text_breaks_the_reader(text: str) -> None:
    """It reads or refuses; every day it reads lies within the records."""
    try:
        readings = read_lines(text)
    except UnreadableCell:
        return

    for when in readings:
        if isinstance(when, Days):
            assert FIRST <= when.first <= when.last <= REACH


@given(st.dates(FIRST, REACH))
def test_every_day_is_read_back_from_its_spellings(on: date) -> None:
    """Numbers short and long, and ISO."""
    spellings = (f"{on:%d.%m.%y}г.", f"{on:%d.%m.%Y}", on.isoformat(), f"«{on:%d}» {on:%m} {on:%Y} г.")

    assert {read(spelling) for spelling in spellings} == {Days(on, on)}


def on(month: int, day: int, year: int = 2026) -> date:
    """Return a day of 2026."""
    return date(year, month, day)


SPANS = [
    ("13.04-17.04", on(4, 13), on(4, 17)),
    ("05.04-10.04", on(4, 5), on(4, 10)),
    ("01.03-30.04", on(3, 1), on(4, 30)),
    ("13.04 - 17.04", on(4, 13), on(4, 17)),
    ("13.04–17.04.2026", on(4, 13), on(4, 17)),
    ("13.04.-17.04.2026г.", on(4, 13), on(4, 17)),
    ("13.04.26-17.04.26", on(4, 13), on(4, 17)),
    ("13-17.04.2026", on(4, 13), on(4, 17)),
    ("13 по 17 апреля 2026 г.", on(4, 13), on(4, 17)),
    ("с 13 апреля по 26 мая", on(4, 13), on(5, 26)),
    ("c 13.04.2026 пo 26.05.2026", on(4, 13), on(5, 26)),  # Latin c and o
    ("в период с 13.04.2026г. по 26.05.26г.", on(4, 13), on(5, 26)),
    ("с 13.04.2026 по 26.05.2026 включительно", on(4, 13), on(5, 26)),
    ("срок: с 13 апреля 2026 года по 26 мая 2026 года", on(4, 13), on(5, 26)),
    ("между 13 и 26 мая 2026 года", on(5, 13), on(5, 26)),
    ("01/03/2026 - 30/04/2026", on(3, 1), on(4, 30)),
    ("2026-04-13 – 2026-05-26", on(4, 13), on(5, 26)),
    ("15 декабря 2025 года – 20 января 2026 года", date(2025, 12, 15), on(1, 20)),
    ("2026 жылғы 13-26 мамыр аралығында", on(5, 13), on(5, 26)),
    ("2026 жылғы 13 сәуірден бастап 26 мамырға дейін", on(4, 13), on(5, 26)),
    ("2026 жылдың 13 сәуірінен 26 мамырына дейін", on(4, 13), on(5, 26)),
    ("13.04.2026 ж. бастап 26.05.2026 ж. дейін", on(4, 13), on(5, 26)),
    ("2026 жылғы 13 сәуір мен 2026 жылғы 26 мамыр аралығында", on(4, 13), on(5, 26)),
    ("2026 ж. 5 қаңтар - 2026 ж. 10 ақпан", on(1, 5), on(2, 10)),
    ("с 13.04.2026 по 26.05.2026 (вкл.)", on(4, 13), on(5, 26)),
    ("13.04.26ж. – 26.05.26ж.", on(4, 13), on(5, 26)),
    ("13 апреля 2026 г. – 26 мая 2026 г.", on(4, 13), on(5, 26)),
    ("с 13.04 по 26.05.2026", on(4, 13), on(5, 26)),
    ("с 13.04.26г.\nпо 26.05.26г.", on(4, 13), on(5, 26)),
]


@pytest.mark.parametrize(("text", "first", "last"), SPANS)
def test_a_span_is_read_with_both_its_ends(text: str, first: date, last: date) -> None:
    """A hyphen between two days is no hyphen within one date."""
    assert read_lines(text, year=2026) == (Days(first, last),)


DAYS = [
    ("до 30 aпреля", on(4, 30)),  # Latin a
    ("30 апpеля 2026", on(4, 30)),  # Latin p
    ("не позднее 15 мая 2026 года", on(5, 15)),
    ("в срок до 01.07.2026", on(7, 1)),
    ("к 1 июля 2026 г.", on(7, 1)),
    ("1-го июля 2026 года", on(7, 1)),
    ("«01» июля 2026 года", on(7, 1)),
    ("01 июл. 2026 г.", on(7, 1)),
    ("2026 год, 1 июля", on(7, 1)),
    ("1 июля 2026 года в 15:00", on(7, 1)),
    ("01.07.2026г., в 10.30 часов", on(7, 1)),
    ("2026 жылғы 30 маусымға дейін", on(6, 30)),
    ("2026 жылғы 30 маусымда", on(6, 30)),
    ("2026 жылғы 30 маусымға", on(6, 30)),
    ("2026 жылғы 30 маусымнан кешіктірмей", on(6, 30)),
    ("2026 жылғы 30 маусымға қарай", on(6, 30)),
    ("2026 жылдың маусымының 30-ына дейін", on(6, 30)),
    ("2026 жылғы маусым айының 15-іне дейін", on(6, 15)),
    ("2026 жылғы 1 шілдеге дейін", on(7, 1)),
    ("2026 жылғы 15 қыркүйекке дейін", on(9, 15)),
    ("2026 жылғы 15 қыркүйекте", on(9, 15)),
    ("2026 жылғы 5 желтоқсанға дейін (қоса алғанда)", on(12, 5)),
    ("2026 ж. «25» желтоқсан", on(12, 25)),
    ("мерзімі 25.12.2026 ж. дейін", on(12, 25)),
    ("до 25.12.2026 включ.", on(12, 25)),
    ("2026 жылғы 1 қарашаға дейінгі мерзімде", on(11, 1)),
]


@pytest.mark.parametrize(("text", "day"), DAYS)
def test_a_day_is_read_with_what_stands_around_it(text: str, day: date) -> None:
    """Prepositions, cases, quotation marks, an hour."""
    assert read(text, year=2026) == Days(day, day)
    assert read_term(text, year=2026).term == OnDate(day)


TERMS: list[tuple[str, Term]] = [
    ("к маю 2026 года", OnDate(on(4, 30))),
    ("до мая 2026 года", OnDate(on(4, 30))),
    ("2026 жылғы мамырға дейін", OnDate(on(4, 30))),
    ("до конца мая 2026 года", InPeriod("2026-05")),
    ("в конце мая 2026 года", InPeriod("2026-05")),
    ("не позднее мая 2026 года", InPeriod("2026-05")),
    ("до мая 2026 года включительно", InPeriod("2026-05")),
    ("в мае 2026 года", InPeriod("2026-05")),
    ("май месяц 2026 г.", InPeriod("2026-05")),
    ("05.2026", InPeriod("2026-05")),
    ("2026 жылғы мамырда", InPeriod("2026-05")),
    ("2026 жылдың мамыр айында", InPeriod("2026-05")),
    ("2026 жылғы мамыр айының соңына дейін", InPeriod("2026-05")),
    ("2026 жылдың мамырының соңына дейін", InPeriod("2026-05")),
    ("2026 жылғы мамыр айы ішінде", InPeriod("2026-05")),
    ("в течение мая 2026 года", InPeriod("2026-05")),
    ("март – апрель 2026 года", InPeriod("2026-04")),
    ("с марта по май 2026 года", InPeriod("2026-05")),
    ("II квартал – IV квартал 2026", InPeriod("2026Q4")),
    ("с I квартала 2026 по III квартал 2026", InPeriod("2026Q3")),
    ("I-II квартал 2026 г.", InPeriod("2026Q2")),
    ("2 кв. 2026 г.", InPeriod("2026Q2")),
    ("до конца второго квартала 2026 года", InPeriod("2026Q2")),
    ("до III квартала 2026 года", OnDate(on(6, 30))),
    ("2026 год – III квартал", WithoutTerm()),
    ("2026 жылғы 2-тоқсанда", InPeriod("2026Q2")),
    ("2026 жылдың екінші тоқсанының соңына дейін", InPeriod("2026Q2")),
    ("2026 жылғы III тоқсан ішінде", InPeriod("2026Q3")),
    ("с 13.04.2026 по 26.05.2026", OnDate(on(5, 26))),
    ("1 полугодие 2026 года", OnDate(on(6, 30))),
    ("2026 жылғы II жартыжылдық", OnDate(on(12, 31))),
    ("второе полугодие 2026 г.", OnDate(on(12, 31))),
    ("2026 жыл ішінде", OnDate(on(12, 31))),
    ("в первом полугодии 2026 г.", OnDate(on(6, 30))),
    ("2026 жылдың бірінші жартыжылдығында", OnDate(on(6, 30))),
    ("2026 жылдың екінші жартысында", OnDate(on(12, 31))),
    ("первая декада мая 2026 г.", OnDate(on(5, 10))),
    ("во второй декаде мая 2026 года", OnDate(on(5, 20))),
    ("III декада мая 2026 года", OnDate(on(5, 31))),
    ("2026 жылғы мамырдың бірінші онкүндігінде", OnDate(on(5, 10))),
    ("в первой половине мая 2026 года", OnDate(on(5, 15))),
    ("2026 жылғы мамырдың екінші жартысында", OnDate(on(5, 31))),
    ("до 2027 года", OnDate(on(12, 31))),
    ("2027 жылға дейін", OnDate(on(12, 31))),
    ("до конца года", OnDate(on(12, 31))),
    ("жыл соңына дейін", OnDate(on(12, 31))),
    ("жыл бойы", OnDate(on(12, 31))),
    ("2026-2027 годы", OnDate(on(12, 31, 2027))),
    ("2026-2027 жылдар", OnDate(on(12, 31, 2027))),
    ("2026-2027 жылдары", OnDate(on(12, 31, 2027))),
    ("на протяжении 2026 года", OnDate(on(12, 31))),
    ("I-ый квартал 2026", InPeriod("2026Q1")),
    ("2026 жылғы ІІІ-ІV тоқсандар", InPeriod("2026Q4")),
    ("2026 жылғы сәуір-мамыр айлары", InPeriod("2026-05")),
    ("2026 жылдың сәуір-мамыр айларында", InPeriod("2026-05")),
    ("26.05.2026 плюс 10 рабочих дней", After(10)),
    ("10 р/д", After(10)),
    ("срок: 10 рабочих дней", After(10)),
    ("10 жұмыс күні мерзімінде", After(10)),
    ("бір ай мерзімде", After(1, "months")),
    ("раз в полгода", PerPeriod(1, "half-year")),
    ("әр тоқсан сайын 5-іне дейін", WithoutTerm()),
    ("әр айдың 5-күніне дейін", DayAfterPeriod(5)),
    ("26.05.2026 + 10 рабочих дней", After(10)),
    ("26.05.2026 + 10 р.д.", After(10)),
    ("в течение 10 рабочих дней с 26.05.2026", After(10)),
    ("через 10 рабочих дней после 26 мая 2026 года", After(10)),
    ("за 10 рабочих дней до 26.05.2026", After(-10)),
    ("2026 жылғы 26 мамырдан кейін 10 жұмыс күні ішінде", After(10)),
    ("2026 жылғы 26 мамырға дейін 10 жұмыс күні бұрын", After(-10)),
    ("в течение 10 (десяти) рабочих дней", After(10)),
    ("не позднее 10 (десяти) рабочих дней со дня утверждения плана", After(10)),
    ("жоспар бекітілген күннен бастап 10 жұмыс күні ішінде", After(10)),
    ("10 (он) жұмыс күні ішінде", After(10)),
    ("15 күнтізбелік күн ішінде", After(15, "calendar days")),
    ("в 10-дневный срок", After(10, "days")),
    ("в месячный срок", After(1, "months")),
    ("в течение двух недель", After(2, "weeks")),
    ("в течение 3-х месяцев", After(3, "months")),
    ("в течение одного года", After(1, "years")),
    ("ежегодно до 15 апреля", YearlyDate(4, 15)),
    ("до 15 апреля каждого года", YearlyDate(4, 15)),
    ("ежегодно, в I квартале", YearlyDate(3, 31)),
    ("жыл сайын 15 сәуірге дейін", YearlyDate(4, 15)),
    ("ежегодно", PerPeriod(1, "year")),
    ("тоқсанына бір рет", PerPeriod(1, "quarter")),
    ("раз в квартал", PerPeriod(1, "quarter")),
    ("не реже 1 (одного) раза в полугодие", PerPeriod(1, "half-year")),
    ("ежеквартально, в течение 2026 года", PerPeriod(1, "quarter")),
    ("ежемесячно, до 10 числа", DayAfterPeriod(10)),
    ("до 10 числа каждого месяца", DayAfterPeriod(10)),
    ("ежеквартально до 25 числа месяца, следующего за отчётным кварталом", DayAfterPeriod(25)),
    ("тоқсан сайын, есепті тоқсаннан кейінгі айдың 5-іне дейін", DayAfterPeriod(5)),
]


@pytest.mark.parametrize(("text", "term"), TERMS)
def test_a_term_is_read_whole(text: str, term: Term) -> None:
    """The plan is of 2026. A period that something is due before ends on the day before it begins. As data of
    the ledger and back a term is the same."""
    written = read_term(text, year=2026)

    assert written.term == term
    assert from_data(as_data(written)) == written


def test_days_counted_from_a_named_day_keep_it() -> None:
    assert read_term("26.05.2026 + 10 рабочих дней").since == on(5, 26)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(("Постоянно", "standing"), ("на постоянной основе", "standing"), ("тұрақты", "standing")),
        *(("еженедельно", "standing"), ("в разумный срок", "words")),
        *(("По графику проведения ВАКР", "by_schedule"), ("кестеге сәйкес", "by_schedule")),
        *(("по мере необходимости", "by_need"), ("қажеттілігіне қарай", "by_need")),
        *(("III квартал", "no_year"), ("до 30 июня", "no_year"), ("30.06.2026, 31.12.2026", "several")),
        *(("в течение 12345 дней", "words"), ("в течение 12345 месяцев", "words")),
        *(("в течение 0 дней", "words"), ("", "nothing"), ("-", "nothing"), (None, "nothing")),
    ],
)
def test_what_names_no_day_is_kept_with_the_reason(text: object, said: str) -> None:
    """No date is guessed for "постоянно", and none for more days than a term can have."""
    written = read_term(text)

    assert (written.term, written.reading) == (WithoutTerm(), said)
    assert written.dateless


def test_until_a_day_includes_it_and_is_marked() -> None:
    """ "до" and "дейін" leave open whether the day itself is in time; the reading is kept."""
    assert read_term("до 30.06.2023").day_in_doubt
    assert read_term("2023 жылдың 30 маусымына дейін").day_in_doubt
    assert not read_term("30.06.2023").day_in_doubt


@pytest.mark.parametrize("text", ["31.02.2026", "до 31.06.2026", "30.06.1899", "31 апреля ежегодно"])
def test_an_impossible_day_is_refused(text: str) -> None:
    """A slip of the pen is named, not read past; a cell of Excel's own date needs no reading."""
    assert read_term(on(6, 30)).term == OnDate(on(6, 30))
    with pytest.raises(UnreadableCell):
        read_term(text)


def test_a_text_longer_than_any_term_is_kept_as_words() -> None:
    """At its greatest length a day is still found; a letter more, and the cell is prose."""
    day = "до 30 июня 2026 года "

    assert read_term(day + "»" * (LONGEST - len(day))).reading == "date"
    assert read_term(day + "»" * (LONGEST + 1 - len(day))).reading == "words"


NO_DAYS = [
    "до 30.06.2026, до 31.12.2026",
    "до 30 июня и до 31 декабря 2026 года",
    "до 30.06.2026; 31.12.2026",
    "март, июнь, сентябрь, декабрь 2026 г.",
    "2026 жылғы наурыз, маусым",
    "I и III кварталы 2026 года",
    "30.06.2026 (31.12.2026)",
    "I3.04.2026",
    "l3.04.2026",
    "3О.06.2026",
    "1З.04.2026",
    "13.O4.2026",
    "13.04.2O26",
    "13.04.202б",
    "13.04.202",
    "13.04-17",
    "2026",
    "после 30.06.2026",
    "с 30.06.2026",
    "начиная с мая 2026 года",
    "2026 жылғы 30 маусымнан бастап",
    "2026 жылғы 30 маусымнан кейін",
    "не ранее 30.06.2026",
    "около 30.06.2026",
    "30.06.2026 или 31.07.2026",
    "30.06.2026 (за 10 рабочих дней)",
    "до 30.06.2026 по первому этапу",
    "с января до мая 2026 года",
    "2026 жылғы қаңтардан мамырға дейін",
    "в начале мая 2026 года",
    "до середины мая 2026 года",
    "по итогам 2026 года",
    "2026/2027 учебный год",
    "до 31.12.2026, далее постоянно",
    "постоянно, до 31.12.2026",
    "ежемесячно с 13.04.2026",
    "в течение 10 (пяти) рабочих дней",
    "10-15 рабочих дней",
    "в течение 10 рабочих дней со дня подписания справки",
    "незамедлительно, но не позднее 3 рабочих дней",
    "ежеквартально до 25 числа",
    "не менее двух раз в 2027 году",
    "ежегодно, 2026-2028 годы",
    "13.04.2026 № 45",
    "2026 жылғы наурыз, маусым айлары",
    "IV-V кварталы 2026 года",
    "до 30.06.2026 плюс",
    "10 рабочих дней срок до 30.06.2026",
    "срок 10 рабочих дней, 30.06.2026",
]


@pytest.mark.parametrize("text", NO_DAYS)
def test_a_text_of_which_something_would_be_left_over_gives_no_day(text: str) -> None:
    """Several days, an open end, a letter for a digit, a contradiction: asked about, never guessed."""
    try:
        readings = read_lines(text, year=2026)
    except UnreadableCell:
        readings = ()

    assert not any(isinstance(reading, Days) for reading in readings)
    term = read_term(text, year=2026)
    if text == "2026":
        assert term.term == OnDate(on(12, 31))
    else:
        assert (term.term, term.reading in ("words", "several")) == (WithoutTerm(), True)


@pytest.mark.parametrize("text", ["30.06.2017", "до 30 июня 2036 года", "III квартал 2035 года"])
def test_a_day_far_from_the_plans_own_year_is_asked_about(text: str) -> None:
    """In a plan of 2026 it is kept as words; entered by hand, where no year is known, it is taken."""
    assert (read_term(text, year=2026).term, read_term(text, year=2026).reading) == (WithoutTerm(), "far")
    assert not read_term(text).dateless
