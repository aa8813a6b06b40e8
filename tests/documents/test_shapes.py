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
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.documents.past_analyses import known_headings
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

SHAPES = (Path(__file__).parent / "data" / "shapes.txt").read_text(encoding="utf-8")
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
    noted = {f"{note.row} {note.code}" for schedule in schedules for note in schedule.notes}
    assert all((note.removeprefix("no ") in noted) is not note.startswith("no ") for note in notes)


ASKED: dict[str, tuple[Rows, list[tuple[int, str]]]] = {
    "no day in any row": (
        [("Объект", "Срок"), ("Закупки", "постоянно"), ("Кадры", None)],
        [(2, "paper_row_no_day"), (3, "paper_row_no_day")],
    ),
    "two periods in one row": (
        [("Объект", "1 кв. 2026", "2 кв. 2026", "3 кв. 2026"), ("Склад", "+", "", "+"), ("Кадры", 46037, "+")],
        [(2, "paper_dates_several"), (3, "paper_dates_several")],
    ),
    "a start that cannot be": (
        [("Объект", "Начало", "Конец"), ("Закупки", "31.04.2026", "22.05.2026")],
        [(2, "paper_date_impossible")],
    ),
    "a month without a year": ([("Объект", "Срок"), ("Закупки", "апрель")], [(2, "paper_date_without_year")]),
    "two days in one cell": (
        [("Объект", "Срок"), ("Закупки", "до 30.06.2026, до 31.12.2026")],
        [(2, "paper_dates_several")],
    ),
    "steps without a day": (
        [("Этап", "Срок"), ("Подписание приказа", "по графику")],
        [(2, "paper_row_no_day")],
    ),
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
    """A sheet a quarter; a sheet without a table is named, and one that is hidden."""
    book = openpyxl.Workbook()
    for name, row in (("II", ("Закупки", "13.04.2026")), ("III", ("Кадры", "01.07.2026"))):
        sheet = book.create_sheet(name)
        sheet.append(("Объект", "Начало", "Прочее"))
        sheet.append(row)
    book.worksheets[0].append(("Черновик",))
    hidden = book.create_sheet("Скрыт")
    hidden.append(("Объект", "Начало"))
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)
    first, second = read(target.getvalue())

    assert (first.object, first.row, second.object, second.row) == ("Закупки", 2, "Кадры", SHEET + 2)
    assert [(note.code, note.arguments.get("row")) for note in first.notes] == [
        ("read_sheet_ignored", 0),
        ("read_column_ignored", 1),
        ("read_column_ignored", SHEET + 1),
        ("read_sheet_numbered", 0),
        ("read_sheet_ignored", 0),
    ]


def test_a_formula_beside_the_columns_that_are_read_refuses_no_file() -> None:
    """It stands among the words of its row; where it stands for a unit its row is named."""
    (plain,) = read(xlsx([("№", "Объект", "Начало", "Прочее"), ("=A1", "Закупки", "13.04.2026", "=B2")]))
    head = ("Объект", "Виды работ", "Начало", "Окончание")
    with pytest.raises(UnreadablePaper) as caught:
        read(xlsx([head, ("=A1", "Издание приказа", "13.04.2026", None), ("Кадры", "Справка", "x1", "=D1")]))

    assert (plain.object, plain.written) == ("Закупки", "=A1 | Закупки | 13.04.2026 | =B2")
    assert [(error.row, error.code) for error in caught.value.errors] == [
        (2, "paper_formula"),
        (3, "paper_formula"),
    ]


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
