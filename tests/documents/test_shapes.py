"""Schedules in the shapes that offices use: each is a small table, with what it says written out by hand."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest

from merzim.documents.schedules.reading import SHEET, read_schedule
from merzim.documents.schedules.rows_joined import ReadSchedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.imports.past import known_headings
from tests.documents.sheets import xlsx, zipped
from tests.law import analysis

EDITION = analysis()
HEADINGS = known_headings(EDITION)
Rows = Sequence[Sequence[object]]
Expected = tuple[str, str, str]
"""Object, unit, and the days: `started 04-13 ended 05-22`, in 2026 unless a year stands there."""

FACTS = {
    "started": "analysis_started",
    "ended": "analysis_ended",
    "schedule": "schedule_approved",
    "order": "order_signed",
    "announced": "start_announced",
    "note": "note_signed",
    "developed": "plan_developed",
    "plan": "plan_approved",
    "told": "discussion_announced",
    "discussed": "discussion_held",
    "published": "published",
}
SPAN = "started 04-13 ended 05-22"
JUNE = "started 06-01 ended 07-10"

SHAPES = """
== announcement beside the start
Объект анализа | Дата объявления о начале | Начало анализа | Окончание
Закупки | 08.04.2026 | 13.04.2026 | 22.05.2026
=> Закупки | announced 04-08 started 04-13 ended 05-22
== a head of a unit is no start
Объект | Начальник подразделения | Начало | Окончание
Закупки | Ли А. С. | 13.04.2026 | 22.05.2026
=> Закупки | started 04-13 ended 05-22
== a period in one column
Объект | Период проведения анализа | Ответственный
Закупки | 14.12.2026 – 22.01.2027 | Ким В.
=> Закупки | started 12-14 ended 2027-01-22
== units without objects
Подразделение | Дата начала ВАКР | Дата завершения ВАКР
Отдел закупок | 13.04.2026 | 22.05.2026
Отдел кадров | 01.06.2026 | 10.07.2026
=> Отдел закупок | Отдел закупок | started 04-13 ended 05-22
=> Отдел кадров | Отдел кадров | started 06-01 ended 07-10
== terms of named objects [A1:C1]
График проведения внутреннего анализа коррупционных рисков на 2026 год
Наименование объекта | Сроки проведения | Ответственные
Закупки | с 13.04.2026 по 22.05.2026 | Ким В.
Кадры | 01.06.2026-10.07.2026 | Ли А.
=> Закупки | started 04-13 ended 05-22
=> Кадры | started 06-01 ended 07-10
== two head rows, merged [A1:A2 B1:B2 C1:D1 E1:E2]
№ | Объект анализа | Сроки проведения |  | Ответственный
 |  | начало | окончание |
1 | Закупки | 13.04.2026 | 22.05.2026 | Ким В.
=> Закупки | started 04-13 ended 05-22
== two head rows, not merged
№ | Объект анализа | Сроки проведения |  | Ответственный
 |  | с | по |
1 | Закупки | 13.04.2026 | 22.05.2026 | Ким В.
=> Закупки | started 04-13 ended 05-22
== a heading over two columns of days [C1:D1]
№ | Объект анализа | Период |  | Ответственный
1 | Закупки | 13.04.2026 | 22.05.2026 | Ким В.
=> Закупки | started 04-13 ended 05-22
== a numbering row and a total
№ п/п | Объект анализа | Начало | Окончание
1 | 2 | 3 | 4
1 | Закупки | 13.04.2026 | 22.05.2026
 | Итого: 1 объект |  |
=> Закупки | started 04-13 ended 05-22
== approval, title, signature
 |  | УТВЕРЖДАЮ
 |  | Председатель правления
 |  | «20» марта 2026 г.
ГРАФИК
проведения внутреннего анализа коррупционных рисков на 2026 год
№ | Объект | Срок
1 | Закупки | 13 апреля – 22 мая
|
Руководитель комплаенс-службы ____________ Ахметова А.
=> Закупки | started 04-13 ended 05-22
== a term by quarter
Объект анализа | Срок проведения
Закупки | II квартал 2026 года
Кадры | 3 кв. 2026 г.
=> Закупки | started 04-01 ended 06-30
=> Кадры | started 07-01 ended 09-30
== a term by months
Объект анализа | Срок проведения
Закупки | апрель-май 2026 года
Кадры | июнь 2026 г.
=> Закупки | started 04-01 ended 05-31
=> Кадры | started 06-01 ended 06-30
== a month and a year
Объект | Год | Месяц
Закупки | 2026 | апрель
Кадры | 2026 | Июнь
=> Закупки | started 04-01 ended 04-30
=> Кадры | started 06-01 ended 06-30
== marks under quarters
Объект анализа | I квартал 2026 | II квартал 2026 | III квартал 2026 | IV квартал 2026
Закупки |  | + |  |
Кадры |  |  | х | х
=> Закупки | started 04-01 ended 06-30
=> Кадры | started 07-01 ended 12-31
== quarters as sections
План на 2026 год
№ | Объект анализа | Ответственный
II квартал
1 | Закупки | Ким В.
III квартал
2 | Кадры | Ли А.
=> Закупки | started 04-01 ended 06-30
=> Кадры | started 07-01 ended 09-30
== working days from a day
Объект | Срок проведения
Закупки | 13.04.2026 + 10 рабочих дней
=> Закупки | started 04-13 ended 04-27
== only the last day
Объект анализа | Срок завершения
Закупки | до 22.05.2026
=> Закупки | ended 05-22
== months of start and end
Объект | Начало | Окончание
Закупки | апрель 2026 | май 2026
=> Закупки | started 04-01 ended 05-31
== Kazakh [A1:E1]
2026 жылға арналған ішкі талдау жүргізу кестесі
р/с № | Талдау объектісінің атауы | Құрылымдық бөлімше | Өткізу мерзімі | Жауаптылар
1 | Сатып алу | Сатып алу бөлімі | 2026 жылғы 13 сәуір – 22 мамыр | Ким В.
=> Сатып алу | Сатып алу бөлімі | started 04-13 ended 05-22
== plan and fact
Объект | Начало (план) | Начало (факт) | Окончание (план) | Окончание (факт) | Примечание
Закупки | 13.04.2026 | 14.04.2026 | 22.05.2026 |  | срочно
=> Закупки | started 04-13 ended 05-22
== works that are analyses
№ | Наименование мероприятия | Срок исполнения | Исполнитель
1 | Проведение ВАКР в отделе закупок | 13.04.2026 - 22.05.2026 | Ким В.
2 | Проведение ВАКР в отделе кадров | 01.06.2026 - 10.07.2026 | Ли А.
=> Проведение ВАКР в отделе закупок | started 04-13 ended 05-22
=> Проведение ВАКР в отделе кадров | started 06-01 ended 07-10
== a unit merged beside its objects [A2:A3]
Департамент | Бизнес-процесс | Начало | Окончание
Производство | Закупки | 13.04.2026 | 22.05.2026
 | Склад | 01.06.2026 | 10.07.2026
=> Закупки | Производство | started 04-13 ended 05-22
=> Склад | Производство | started 06-01 ended 07-10
== organisation and unit
Наименование организации | Структурное подразделение | Направление деятельности | Период
АО «Жайық» | Отдел закупок | Закупки | 13.04.2026-22.05.2026
=> Закупки | Отдел закупок | started 04-13 ended 05-22
== a list of branches
№ | Филиал | Сроки проведения ВАКР
1 | Атырауский филиал | 13.04-22.05.2026
=> Атырауский филиал | Атырауский филиал | started 04-13 ended 05-22
== one row a step
Этап | Срок | Ответственный
Утверждение графика | 20.03.2026 | Ким В.
Подписание приказа | 06.04.2026 | Ким В.
Объявление о начале анализа | 08.04.2026 | Ким В.
Проведение внутреннего анализа | 13.04.2026 – 22.05.2026 | Ким В.
Подписание аналитической справки | 29.05.2026 | Ким В.
=> график.xlsx | schedule 03-20 order 04-06 announced 04-08 started 04-13 ended 05-22 note 05-29
== one row a step, start and end apart
График внутреннего анализа в деятельности Отдела закупок
Виды работ | Начало | Окончание | Исполнители
Подписание приказа | 06.04.2026 | 06.04.2026 | Ким В.
Проведение анализа | 13.04.2026 | 22.05.2026 | Группа
=> Отдела закупок | order 04-06 started 04-13 ended 05-22
== one row a step of several objects [A2:A3 A4:A5]
Объект | Этап | Срок
Закупки | Подписание приказа | 06.04.2026
 | Проведение анализа | 13.04.2026 – 22.05.2026
Кадры | Подписание приказа | 25.05.2026
 | Проведение анализа | 01.06.2026 – 10.07.2026
=> Закупки | order 04-06 started 04-13 ended 05-22
=> Кадры | order 05-25 started 06-01 ended 07-10
== a form of completion is no end
№ | Мероприятие | Срок исполнения | Ответственный | Форма завершения
1 | Подписание приказа | 06.04.2026 | Ким В. | Приказ
2 | Проведение анализа | 13.04.2026 – 22.05.2026 | Группа | Проект справки
=> график.xlsx | order 04-06 started 04-13 ended 05-22
== one row a step, objects as labelled sections
№ | Мероприятие | Срок исполнения | Ответственный
1. Объект анализа: Закупки |  |  |
1 | Подписание приказа | 06.04.2026 | Ким В.
2 | Проведение анализа | 13.04.2026 – 22.05.2026 | Группа
2. Объект анализа: Кадры |  |  |
1 | Проведение анализа | 01.06.2026 – 10.07.2026 | Группа
=> Закупки | order 04-06 started 04-13 ended 05-22
=> Кадры | started 06-01 ended 07-10
== a Kazakh form of completion is no end
Талдау объектісі | Басталуы | Аяқталуы | Аяқталу нысаны
Сатып алу | 13.04.2026 | 22.05.2026 | Анықтама
=> Сатып алу | started 04-13 ended 05-22
== one row a step, objects as sections [A2:D2 A5:D5]
№ | Наименование работ | Срок исполнения | Ответственный
Отдел закупок
1 | Подписание приказа | 06.04.2026 | Ким В.
2 | Проведение анализа | 13.04.2026 – 22.05.2026 | Группа
Отдел кадров
1 | Подписание приказа | 25.05.2026 | Ким В.
2 | Проведение анализа | 01.06.2026 – 10.07.2026 | Группа
=> Отдел закупок | order 04-06 started 04-13 ended 05-22
=> Отдел кадров | order 05-25 started 06-01 ended 07-10
== the codes of facts
object | unit | analysis_started | analysis_ended
Закупки | hr | 2026-04-13 | 2026-05-22
=> Закупки | hr | started 04-13 ended 05-22
== a row without a day among others
Объект | Начало | Окончание
Закупки | 13.04.2026 | 22.05.2026
Кадры | по мере необходимости |
=> Закупки | started 04-13 ended 05-22
== the head again on the next page
Объект | Начало | Окончание
Закупки | 13.04.2026 | 22.05.2026
Объект | Начало | Окончание
Кадры | 01.06.2026 | 10.07.2026
=> Закупки | started 04-13 ended 05-22
=> Кадры | started 06-01 ended 07-10
== one row a step, columns in any order among others
Ответственные | Сроки | Примечание | Наименование мероприятия
Служба | 06.04.26г. | срочно | Подписание приказа
=> график.xlsx | order 04-06
!! 1 read_column_ignored
== a step nobody understands is shown
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Совещание с руководителями | 10.04.26г. | Группа
=> график.xlsx | started 04-13 ended 05-26
!! 3 read_row_not_recognised
== a schedule whose blank for the date is empty is not approved
УТВЕРЖДАЮ
«__» ______ 2026 г.
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
=> график.xlsx | started 04-13 ended 05-26
!! 0 read_not_approved
== a plan approved in its own row is not dated by its development
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Разработка плана мероприятий | 01.06.26г. | Группа
3 | Утверждение плана мероприятий | 05.06.26г. | Группа
=> график.xlsx | started 04-13 ended 05-26 developed 06-01 plan 06-05
== preparing the note stands for signing it where no row signs it
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Подготовка аналитической справки | 01.06.26г. | Группа
=> график.xlsx | started 04-13 ended 05-26 note 06-01
!! 3 read_row_taken
== a row on signing the note dates it, whatever the one on preparing it
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Подготовка аналитической справки | 01.06.26г. | Группа
3 | Подписание аналитической справки | 05.06.26г. | Группа
=> график.xlsx | started 04-13 ended 05-26 note 06-05
== an analysis in parts runs from its first day to its last
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Анализ документов | 13.04.26 – 30.04.26 | Группа
2 | Выявление рисков | 04.05.26 – 26.05.26 | Группа
=> график.xlsx | started 04-13 ended 05-26
!! 3 read_analysis_in_parts
== the period of the title where no row gives it
График внутреннего анализа на период с 13.04.2026г. по 26.05.26г.
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Подписание приказа | 6 апреля | Служба
=> График внутреннего анализа на период с 13.04.2026г. по 26.05.26г. | started 04-13 ended 05-26 order 04-06
!! 0 read_title_period
== of two rows of one fact the first counts
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Подписание приказа | 06.04.26г. | Служба
3 | Издание приказа | 07.04.26г. | Служба
=> график.xlsx | started 04-13 ended 05-26 order 04-06
!! 4 read_row_repeats
== a term in words is no day and no mistake
№ п/п | Виды работ | Сроки исполнения | Ответственные лица
1 | Проведение внутреннего анализа | 13.04.26г. по 26.05.26г. | Группа
2 | Составление перечня должностей | III квартал 2026 года | Группа
=> график.xlsx | started 04-13 ended 05-26
!! 3 read_row_not_dated
"""
"""Each by its name, with the ranges of merged cells: the rows of its sheet, where digits are a number and an
ISO date is a date; of each analysis the object, the unit where one is named, and the days; some notes."""


def cell(text: str) -> object:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text)
    return int(text) if text.isdigit() else text.replace("\\n", "\n") or None


def shapes() -> Iterator[tuple[str, tuple[Rows, Sequence[str], list[Expected], set[str]]]]:
    """Rows, merged ranges, analyses and notes of each shape, by its name."""
    for block in SHAPES.strip().removeprefix("== ").split("\n== "):
        head, *lines = block.splitlines()
        name, _, merged = head.rstrip("]").partition(" [")
        rows = [[cell(text.strip()) for text in line.split("|")] for line in lines if line[0] not in "=!"]
        expected = [line[3:].split(" | ") for line in lines if line[0] == "="]
        analyses = [(parts[0], "".join(parts[1:-1]), parts[-1]) for parts in expected]
        yield name, (rows, merged.split(), analyses, {line[3:] for line in lines if line[0] == "!"})


def said(schedules: Sequence[ReadSchedule]) -> list[tuple[str, str, dict[str, date]]]:
    return [(read.object, read.unit, dict(read.planned)) for read in schedules]


def meant(expected: Sequence[Expected]) -> list[tuple[str, str, dict[str, date]]]:
    def days(text: str) -> dict[str, date]:
        words = text.split()
        dated = [day if len(day) == 10 else f"2026-{day}" for day in words[1::2]]
        return {FACTS[word]: date.fromisoformat(day) for word, day in zip(words[::2], dated, strict=True)}

    return [(what, unit, days(text)) for what, unit, text in expected]


def read(data: bytes, name: str = "график.xlsx") -> tuple[ReadSchedule, ...]:
    return read_schedule(data, name, facts=tuple(EDITION.facts), headings=HEADINGS)


BY_NAME = dict(shapes())


@pytest.mark.parametrize("shape", BY_NAME)
def test_a_schedule_of_any_shape_gives_its_analyses(shape: str) -> None:
    """Object, unit and every day, in the order of the rows, and what is noted beside."""
    rows, merges, expected, notes = BY_NAME[shape]
    schedules = read(xlsx(rows, merges))

    assert said(schedules) == meant(expected)
    assert notes <= {f"{note.row} {note.code}" for schedule in schedules for note in schedule.notes}


ASKED: dict[str, tuple[Rows, list[tuple[int, str]]]] = {
    "no day in any row": (
        [("Объект", "Срок"), ("Закупки", "постоянно"), ("Кадры", None)],
        [(2, "paper_row_no_day"), (3, "paper_row_no_day")],
    ),
    "a month without a year": ([("Объект", "Срок"), ("Закупки", "апрель")], [(2, "paper_date_without_year")]),
    "two days in one cell": (
        [("Объект", "Срок"), ("Закупки", "до 30.06.2026, до 31.12.2026")],
        [(2, "paper_dates_several")],
    ),
    "steps without a day": ([("Этап", "Срок"), ("Подписание приказа", "по графику")], []),
    "no table": ([("Уважаемые коллеги!",), ("Просим провести анализ.",)], []),
}


@pytest.mark.parametrize("shape", ASKED)
def test_what_would_open_nonsense_is_asked_about(shape: str) -> None:
    """By the row and the reason; no case without a day, none of a title alone."""
    rows, errors = ASKED[shape]
    with pytest.raises(UnreadablePaper) as refusal:
        read(xlsx(rows))

    assert [(error.row, error.code) for error in refusal.value.errors] == errors


def test_a_row_without_a_day_and_a_column_of_no_use_are_named_not_refused() -> None:
    rows = [("Объект", "Начало", "Бюджет"), ("Закупки", "13.04.2026", 7), ("Кадры", "по графику", None)]
    notes = [(note.row, note.code) for schedule in read(xlsx(rows)) for note in schedule.notes]

    assert notes == [(1, "read_column_ignored"), (3, "read_row_no_day")]


def test_every_step_is_named_by_the_words_of_the_product() -> None:
    """In Kazakh, Russian and English: a table headed by the product's own names loses no column."""
    for language in ("kk", "ru", "en"):
        facts = [fact for fact in EDITION.facts.values() if fact.recurs is None and not fact.by_itself]
        heads = [fact.title[language] for fact in facts]
        (schedule,) = read(xlsx([("Объект", *heads), ("Закупки", *["13.04.2026"] * len(heads))]))
        assert set(schedule.planned) == {fact.id for fact in facts}


def test_each_sheet_gives_its_analyses_and_every_row_a_number_of_its_own() -> None:
    """A sheet a quarter; a sheet without a table is named."""
    book = openpyxl.Workbook()
    for name, row in (("II", ("Закупки", "13.04.2026")), ("III", ("Кадры", "01.07.2026"))):
        sheet = book.create_sheet(name)
        sheet.append(("Объект", "Начало"))
        sheet.append(row)
    book.worksheets[0].append(("Черновик",))
    target = io.BytesIO()
    book.save(target)
    first, second = read(target.getvalue())

    assert (first.object, first.row, second.object, second.row) == ("Закупки", 2, "Кадры", SHEET + 2)
    assert [note.code for note in first.notes] == ["read_sheet_ignored", "read_sheet_numbered"]


def test_a_word_document_is_read_like_a_sheet() -> None:
    """Paragraphs above its table, a head of two rows, merged cells."""
    document = docx.Document()
    document.add_paragraph("График проведения внутреннего анализа на 2026 год")
    table = document.add_table(rows=4, cols=4)
    rows = (
        ("№", "Объект", "Сроки", ""),
        ("", "", "начало", "окончание"),
        ("1", "Закупки", "13 апреля", "22 мая"),
        ("2", "Кадры", "01.06.2026", "10.07.2026"),
    )
    for at, row in enumerate(rows):
        for place, text in enumerate(row):
            table.cell(at, place).text = text
    table.cell(0, 2).merge(table.cell(0, 3))
    table.cell(0, 1).merge(table.cell(1, 1))
    target = io.BytesIO()
    document.save(target)

    assert said(read(target.getvalue(), "график.docx")) == meant([("Закупки", "", SPAN), ("Кадры", "", JUNE)])


def ods(rows: str) -> bytes:
    """A workbook as LibreOffice writes one, of these rows."""
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    table = f'<table:table table:name="A">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return zipped(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{manifest}"/>',
            "content.xml": f"<office:document-content{names}>{body}</office:body></office:document-content>",
        }
    )


def ods_row(*cells: str) -> str:
    def cell(text: str) -> str:
        if text[:2] == "20":
            return f'<table:table-cell office:value-type="date" office:date-value="{text}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

    return f"<table:table-row>{''.join(map(cell, cells))}</table:table-row>"


ODS = ods(
    ods_row("Объект анализа", "Подразделение", "Начало", "Окончание")
    + ods_row("Закупки", "Отдел закупок", "2026-04-13", "2026-05-22")
    + ods_row("Кадры", "Отдел кадров", "2026-06-01", "2026-07-10")
)
XLS = (Path(__file__).parent / "data" / "schedule.xls").read_bytes()
"""Two head rows, merged, and real dates."""


@pytest.mark.parametrize(("name", "data"), [("график.xls", XLS), ("график.ods", ODS)])
def test_old_excel_and_libreoffice_are_read_and_say_what_they_may_hide(name: str, data: bytes) -> None:
    schedules = read(data, name)

    assert said(schedules) == meant([("Закупки", "Отдел закупок", SPAN), ("Кадры", "Отдел кадров", JUNE)])
    assert "read_hidden_unknown" in [note.code for note in schedules[0].notes]


def test_a_row_is_shown_as_its_sheet_shows_it() -> None:
    """The preview puts the file's own words beside what was read; a date cell is no text of a program."""
    rows: Rows = [("Объект анализа", "Начало", "Окончание"), ("Закупки", date(2026, 4, 13), date(2026, 5, 22))]
    (schedule,) = read(xlsx(rows))

    assert schedule.written == "Закупки | 13.04.2026 | 22.05.2026"
