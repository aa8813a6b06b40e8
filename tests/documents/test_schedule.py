"""Schedules: the published one, the flat form, rows known by their words, slips that are named."""

from __future__ import annotations

import io

import openpyxl
import pytest

from merzim.documents.schedules.reading import empty_schedule, read_schedule
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.schedules.table import match_facts
from merzim.documents.sheets.unreadable import UnreadablePaper
from tests.documents.sheets import HEADING, REAL, day, published, xlsx

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


RU = ("№", "Объект анализа", "Подразделение", "Ответственный", "Начало анализа", "Окончание анализа")
KK = ("№", "Талдау объектісі", "Бөлімше", "Жауапты", "Талдаудың басталуы", "Талдаудың аяқталуы")


@pytest.mark.parametrize("heading", [RU, KK])
def test_each_row_is_an_analysis(heading: tuple[str, ...]) -> None:
    """Object, unit, responsible and two plan dates, headed in Russian or in Kazakh."""
    rows = [
        heading,
        (1, "Закупки", "Отдел закупок", "Служба", day("2026-04-13"), "26.05.26г."),
        (2, "Кадры", None, None, "01.09.2026", None),
    ]
    first, second = read_schedule(xlsx(rows), "график.xlsx")

    assert (first.form, first.object, first.unit, first.row) == ("flat", "Закупки", "Отдел закупок", 2)
    assert first.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert first.cells == {"analysis_started": "E2", "analysis_ended": "F2"}
    assert second.cells == {"analysis_started": "E3"}
    assert first.responsible == {"analysis_started": "Служба", "analysis_ended": "Служба"}
    assert second.planned == {"analysis_started": day("2026-09-01")}
    assert second.responsible == {}


def test_the_year_of_the_title_serves_dates_without_one() -> None:
    """And each text is listed beside the day it became; a date that reads as it stands is not."""
    rows = [
        ("План анализов на 2026 год",),
        RU,
        (1, "Закупки", "Отдел", "Служба", "13 апреля", "26.05.2026"),
        (2, "Кадры", "Отдел", "Служба", "01.09.26г.", day("2026-10-12")),
    ]
    first, second = read_schedule(xlsx(rows), "график.xlsx")

    assert first.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert [(note.code, note.row, note.arguments["text"], note.arguments["on"]) for note in first.notes] == [
        ("read_text_as_day", 3, "13 апреля", day("2026-04-13"))
    ]
    assert [(note.row, note.arguments["on"]) for note in second.notes] == [(4, day("2026-09-01"))]


def test_a_day_far_from_the_years_of_its_table_is_asked_about() -> None:
    """Of the title, or of most of the rows: a slip in the year makes a case of another edition of the law."""
    row = (1, "Закупки", "Отдел", "Служба", "13.04.2036", None)
    others = [(2, name, "Отдел", "Служба", "13.04.2026", None) for name in ("Кадры", "Склад")]
    for rows, at in (([("План на 2026 год",), RU, row], 3), ([RU, row, *others], 2)):
        (error,) = refused(xlsx(rows)).errors

        assert (error.row, error.code) == (at, "paper_date_far")
        assert (error.arguments["text"], error.arguments["year"]) == ("13.04.2036", 2026)


def test_every_bad_row_of_the_flat_form_is_named() -> None:
    """No object, no start, an impossible day, an end before the start, a formula, the same analysis again."""
    refusal = refused(
        xlsx(
            [
                RU,
                (1, "Закупки", "", "", "13.04.2026", "26.05.2026"),
                (2, None, "", "", "13.04.2026", None),
                (3, "Кадры", "", "", None, "26.05.2026"),
                (4, "Склад", "", "", "31.02.26", None),
                (5, "Гараж", "", "", "13.04.2026", "12.04.2026"),
                (6, "Архив", "", "", "=TODAY()", None),
                (7, "закупки", "", "", "13.04.26", "27.05.2026"),
                (9, "=B2", "", "", "31.02.26", "=E2"),
            ]
        )
    )

    assert refusal.code == "paper_unreadable"
    assert [(error.row, error.code) for error in refusal.errors] == [
        (3, "paper_cell_empty"),
        (4, "paper_cell_empty"),
        (5, "paper_date_impossible"),
        (6, "paper_span_backwards"),
        (7, "paper_formula"),
        (8, "paper_row_twice"),
        (9, "paper_date_impossible"),
        (9, "paper_formula"),
        (9, "paper_formula"),
    ]


def test_a_missing_column_is_refused_by_name() -> None:
    """Without an object, or without any day, nothing can be opened."""
    for heading, missing in ((("№", "Начало", "Окончание"), "Объект анализа"), (RU[:4], "Сроки исполнения")):
        refusal = refused(xlsx([heading, (1, "13.04.2026", "22.05.2026", "Служба")]))

        assert refusal.code == "paper_columns_missing"
        assert [text.ru for text in refusal.arguments["missing"]] == [missing]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_template_filled_in_is_read_back(language: str) -> None:
    """In each language: an instruction, frozen headings, dates checked as they are typed."""
    target = io.BytesIO()
    book = openpyxl.load_workbook(io.BytesIO(empty_schedule(language)))
    sheet = book.worksheets[0]
    sheet.append(["Закупки", "Отдел", "Служба", day("2026-04-13"), day("2026-05-26")])
    book.save(target)
    (read,) = read_schedule(target.getvalue(), "үлгі.xlsx")

    assert (read.object, read.unit) == ("Закупки", "Отдел")
    assert read.planned == {"analysis_started": day("2026-04-13"), "analysis_ended": day("2026-05-26")}
    assert sheet.freeze_panes == "B3"
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"date"}


PLANNED = {
    "schedule_approved": day("2026-03-30"),
    "start_announced": day("2026-03-30"),
    "order_signed": day("2026-04-06"),
    "analysis_started": day("2026-04-13"),
    "discussion_announced": day("2026-05-12"),
    "note_signed": day("2026-05-12"),
    "plan_approved": day("2026-05-13"),
    "plan_developed": day("2026-05-13"),
    "published": day("2026-05-18"),
    "discussion_held": day("2026-05-19"),
    "analysis_ended": day("2026-05-26"),
}


def real() -> ReadSchedule:
    (read,) = read_schedule(REAL.read_bytes(), REAL.name)
    return read


def noted(read: ReadSchedule) -> list[tuple[int, str]]:
    return [(note.row, note.code) for note in read.notes]


def test_the_real_schedule_gives_every_one_of_its_dates_with_its_cell() -> None:
    """Rows 1 to 9 of the table are plan dates; developing the plan dates its approval too, the run of the
    analysis gives two dates, and `«30» 03 2026 г.` beneath the word of approval is a fact. The object is
    what stands between `в деятельности` and `на период`, without the asides."""
    read = real()
    cells = read.cells

    assert dict(read.planned) == PLANNED
    assert read.facts == {"schedule_approved": day("2026-03-30")}
    assert (cells["order_signed"], cells["schedule_approved"]) == ("C10", "D4")
    assert cells["analysis_started"] == cells["analysis_ended"] == "C13"
    assert cells["plan_developed"] == cells["plan_approved"] == "C17"
    assert cells.keys() == PLANNED.keys()
    assert read.object == "Акционерного общества и его дочерних и зависимых организаций"


def test_nothing_of_the_real_schedule_is_dropped() -> None:
    """What gave no plan date is noted with its row: `ежедневно`, `незамедлительно`, a dash, the sections."""
    listed = {"read_text_as_day", "read_text_as_span"}

    assert [note for note in noted(real()) if note[1] not in listed] == [
        *((4, "read_approved"), (8, "read_section"), (12, "read_section"), (13, "read_beside")),
        *((17, "read_plan_for_both"), (19, "read_row_not_dated"), (20, "read_row_not_dated")),
        (21, "read_row_not_dated"),
    ]


KAZAKH = [
    (None, None, None, "БЕКІТЕМІН"),
    (None, None, None, "Басқарма төрағасы"),
    (None, None, None, "2026 жылғы «30» наурыз"),
    (
        "Қоғамның қызметіндегі сыбайлас жемқорлық тәуекелдеріне ішкі талдау жүргізу жөніндегі жұмыс кестесі "
        "(2026 жылғы 13 сәуір мен 26 мамыр аралығында)",
    ),
    ("№", "Жұмыс түрі", "Орындалу мерзімі", "Жауапты тұлғалар"),
    ("Дайындық",),
    (1, "Ішкі талдау жүргізу кестесін бекіту", "30.03.26ж.", "Комплаенс-қызмет"),
    (2, "Ішкі талдау жүргізу туралы бұйрықты бекіту", "06.04.2026 ж.", "Комплаенс-қызмет"),
    (
        3,
        "Ішкі талдаудың басталғаны туралы хабарландыру (сайт, БАҚ)",
        "2026 жылғы 30 наурыз",
        "Комплаенс-қызмет",
    ),
    ("Талдау жүргізу",),
    (
        *(4, "1) Құжаттарды талдау; 2) Сыбайлас жемқорлық тәуекелдерін анықтау және бағалау"),
        *("13.04.26ж. – 26.05.26ж.\nМониторинг – күнделікті", "Жұмыс тобы"),
    ),
    (5, "Талдау нәтижелерін қоғамдық талқылаудың басталуы туралы анонс", "12.05.26ж.", "Жұмыс тобы"),
    (6, "Талдау нәтижелерін жария талқылау", "2026 жылғы 19 мамыр", "Жұмыс тобы"),
    (7, "Аналитикалық анықтамаға қол қою", "12.05.26ж.", "Жұмыс тобы"),
    (8, "Себептер мен жағдайларды жою жөніндегі іс-шаралар жоспарын әзірлеу", "13.05.26ж.", "Комплаенс-қызмет"),
    (9, "Талдамалық анықтама мен іс-шаралар жоспарын сайтта орналастыру", "18.05.26ж.", "Комплаенс-қызмет"),
    (10, "Ұсынымдардың орындалу мониторингі", "күнделікті", "Жұмыс тобы"),
    (11, "Тәуекелдерге шалдыққан лауазымдар тізбесін жасау", "нәтижелер бойынша – дереу", "Жұмыс тобы"),
    (12, "Сыбайлас жемқорлық картограммасын өзектендіру", "-", "Комплаенс-қызмет"),
]


def test_the_same_schedule_in_kazakh_gives_the_same() -> None:
    """Kazakh headings, months, abbreviations and wordings lead to the same facts on the same days."""
    (read,) = read_schedule(xlsx(KAZAKH, ["A4:D4", "A6:D6", "A10:D10"]), "кесте.xlsx")

    assert dict(read.planned) == PLANNED
    assert read.facts == {"schedule_approved": day("2026-03-30")}
    assert read.object == "Қоғамның"
    assert [code for _, code in noted(read)] == [code for _, code in noted(real())]
    assert set(read.responsible) == set(real().responsible)


@pytest.mark.parametrize(
    ("work", "fact"),
    [
        ("Жұмыс кестесін бекіту", "schedule_approved"),
        ("Утверждение плана-графика проведения ВАКР", "schedule_approved"),
        ("Утверждение плана работ рабочей группы", "work_plan_approved"),
        ("Жұмыс жоспарын бекіту", "work_plan_approved"),
        ("Ішкі талдау жүргізу туралы бұйрыққа қол қою", "order_signed"),
        ("Ішкі талдаудың басталуын жариялау", "start_announced"),
        ("Размещение объявления о проведении внутреннего анализа", "start_announced"),
        ("Жария талқылауды жариялау", "discussion_announced"),
        ("Қоғамдық талқылау туралы хабарландыру", "discussion_announced"),
        ("Анонсирование начала публичного обсуждения результатов ВАКР", "discussion_announced"),
        ("Общественное обсуждение", "discussion_held"),
        ("Қоғамдық талқылау өткізу", "discussion_held"),
        ("Жария талқылау нәтижелерін жариялау", "discussion_results_published"),
        ("Размещение результатов публичного обсуждения", "discussion_results_published"),
        ("Талдамалық анықтамаға қол қою", "note_signed"),
        ("Подписание аналитической справки по итогам публичного обсуждения", "note_signed"),
        ("Іс-шаралар жоспарын бекіту", "plan_approved"),
        ("Талдамалық анықтаманы жариялау", "published"),
        ("Опубликование плана мероприятий", "published"),
        ("Мониторинг исполнения плана мероприятий", "monitoring_noted"),
        ("Свод перечней должностей подведомственных организаций", "positions_consolidated"),
        ("Начало внутреннего анализа", "analysis_started"),
        ("Талдаудың аяқталуы", "analysis_ended"),
    ],
)
def test_a_row_is_known_by_its_roots(work: str, fact: str) -> None:
    """Whatever the wording and the case of its words."""
    assert [each for each, is_sure in match_facts(work).items() if is_sure] == [fact]


@pytest.mark.parametrize(
    "work",
    [
        "Создание рабочей группы для проведения анализа",
        "Размещение графика на сайте",
        "Направление плана мероприятий в подразделения",
        "Размещение проекта аналитической справки для публичного обсуждения",
        "Издание приказа об утверждении графика",
        "Совещание по итогам анализа",
        "",
    ],
)
def test_a_row_that_may_mean_two_things_means_none(work: str) -> None:
    """It is shown instead; a guess would become somebody's deadline."""
    assert match_facts(work) == {}


@pytest.mark.parametrize(
    "work", ["Проведение внутреннего анализа согласно утвержденному графику", "Құжаттарды талдау"]
)
def test_the_analysis_itself_is_a_run(work: str) -> None:
    """Its row gives two facts, the start and the end."""
    assert match_facts(work) == {"run": True}
