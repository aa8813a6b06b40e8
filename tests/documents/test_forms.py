"""Every official form in both languages, empty and full: known values filled in, missing ones listed."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import docx
import pytest

import i18n
from merzim.documents.forms.definitions import Field, Form, form_named, form_names, template
from merzim.documents.forms.paper import Paper, check_paper, fill, form_marks, missing_values
from merzim.documents.forms.values import signed_name
from workflow.languages import PAPER_LANGUAGES
from workflow.refusal import Refusal

FORMS = form_names()
EVERY = [(name, language) for name in FORMS for language in PAPER_LANGUAGES]
DAY = date(2026, 11, 25)
WRITTEN = {"kk": "2026 жылғы 25 қараша", "ru": "25 ноября 2026 года"}
NASTY = 'Ұлттық <w:p/> & "Ғылым" {{ 7 * 7 }} {% raise %} ]]> \x00\x0b'
AS_LETTERS = 'Ұлттық <w:p/> & "Ғылым" {{ 7 * 7 }} {% raise %} ]]>'

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SCHEMA = {
    "tblPr": "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook",
    "tcPr": "tcW gridSpan vMerge tcBorders shd vAlign",
    "pPr": "pStyle keepNext keepLines pageBreakBefore tabs spacing ind jc rPr",
    "rPr": "rFonts b i sz szCs lang",
}
"""Properties of WordprocessingML as far as forms use them, in the order its schema gives."""

INSTRUCTION = {
    "cartogram_report": 1,
    "legislation_report": 2,
    "reconciliation_act": 3,
    "social_order": 4,
    "ethics_report": 5,
    "propaganda_report": 6,
}
NO488 = {
    "analytic_note": 2,
    "consolidated_positions": 4,
    "exposed_positions": 4,
    "plan": 5,
    "monitoring_note": 7,
}


def text_of(document: bytes) -> str:
    """All letters of the body, paragraph by paragraph, tables included, in order; all spaces alike."""
    document_read = docx.Document(io.BytesIO(document))
    paragraphs = document_read.element.body.iter(f"{WORD}p")
    lines = "\n".join("".join(_letters(paragraph)) for paragraph in paragraphs)
    return lines.replace("\u200b", "").replace("\u00a0", " ")


def _letters(paragraph: Any) -> list[str]:
    return [node.text or "" for node in paragraph.iter() if node.tag.endswith("}t")]


def foot_of(document: bytes) -> str:
    """The small line at the foot of a page."""
    return docx.Document(io.BytesIO(document)).sections[0].footer.paragraphs[0].text


def tables_of(document: bytes) -> list[list[list[str]]]:
    """Tables as texts of cells."""
    document_read = docx.Document(io.BytesIO(document))
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document_read.tables]


def value_of(field: Field) -> object:
    """A value of the field's kind."""
    return {
        "text": f"{field.id}: {NASTY}",
        "long": f"{field.id}: {NASTY}\nекінші жол",
        "list": (f"{field.id} бір", f"{field.id} екі"),
        "date": DAY,
        "span": (date(2026, 4, 13), date(2026, 5, 26)),
        "hour": "15:00",
        "year": 2026,
        "number": 41,
        "amount": Decimal("12500000"),
        "box": True,
    }[field.kind]


def full(definition: Form) -> tuple[dict[str, object], list[Mapping[str, object]]]:
    """Values for every field, and a row for each group."""
    values = {name: value_of(field) for name, field in definition.fields.items()}
    rows = [
        {part.id: value_of(part) for part in group.parts.values()}
        | ({definition.rows.group_by: group.id} if definition.rows and group.id else {})
        for group in definition.groups
    ]
    return values, rows


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_an_empty_form_is_ruled_and_names_all_it_lacks(name: str, language: str) -> None:
    """Nothing is invented: every field without a default of the law's own is listed, and a line left for it."""
    definition = form_named(name)
    paper = Paper(definition, language, {})
    text = text_of(fill(paper))
    due = {field.id for field in definition.fields.values() if not field.optional and not field.default}

    assert {missing_field.field for missing_field in missing_values(paper)} == due | (
        {"rows"} if definition.rows else set()
    )
    assert "____" in text or "□" in text
    assert "{{" not in text
    assert "{%" not in text
    assert "None" not in text


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_full_form_says_everything_and_lacks_nothing(name: str, language: str) -> None:
    """Each value is unchanged, including characters of XML and of template syntax."""
    definition = form_named(name)
    values, rows = full(definition)
    paper = Paper(definition, language, values, rows)
    text = text_of(fill(paper))

    assert missing_values(paper) == []
    for field in definition.fields.values():
        for piece in _expected(field, values[field.id], language):
            assert piece in text, field.id
    parts = definition.rows.columns if definition.rows else ()
    texts = {part for part in parts for row in rows if isinstance(row.get(part), str)}
    for part in texts - {definition.rows.group_by if definition.rows else "", "held_at"}:
        assert f"{part}: {AS_LETTERS}" in text, part


def _expected(field: Field, value: object, language: str) -> list[str]:
    """How a value appears in the document; a year is part of other texts and tested separately."""
    match field.kind:
        case "text":
            return [f"{field.id}: {AS_LETTERS}"]
        case "long":
            return [f"{field.id}: {AS_LETTERS}", "екінші жол"]
        case "list":
            return [f"1. {field.id} бір", f"2. {field.id} екі"]
        case "date":
            return [WRITTEN[language]]
        case "span":
            return [i18n.span(date(2026, 4, 13), date(2026, 5, 26), language)]
        case "hour":
            return ["15:00"]
        case "box":
            return ["☒"]
        case "amount":
            return [i18n.number(Decimal("12500000"), language)]
        case _:
            return []


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_template_asks_exactly_what_its_form_declares(name: str, language: str) -> None:
    """No gap without a field, no field without its place on the paper, in either language."""
    definition = form_named(name)
    text = text_of(template(name, language))
    # A date or a name may stand in another form than by itself.
    gaps = {re.sub("_(of|signed)$", "", gap) for gap in re.findall(r"\{\{ (\w+)(?: \|[^}]*)? \}\}", text)} - {
        "item"
    }
    lists = set(re.findall(r"for item in (\w+)", text))

    # The year of a report stands in its dates, where the table itself does not name it.
    assert set(definition.fields) - (gaps | lists) <= {"year"}
    assert gaps | lists <= set(definition.fields)
    tables = list(definition.rows.by_variable) if definition.rows else []
    assert re.findall(r"for row in (\w+)", text) == tables


def test_dates_are_official() -> None:
    """2026 жылғы 25 қараша; 25 ноября 2026 года; a period from day to day."""
    values = {"order_date": DAY, "period": (date(2026, 4, 13), date(2026, 5, 26))}
    kazakh = text_of(fill(Paper(form_named("order"), "kk", values)))
    russian = text_of(fill(Paper(form_named("order"), "ru", values)))

    assert "2026 жылғы 25 қараша" in kazakh
    assert "2026 жылғы 13 сәуірден 26 мамырға дейін" in kazakh
    assert "25 ноября 2026 года" in russian
    assert "с 13 апреля по 26 мая 2026 года" in russian


def test_a_date_in_kazakh_is_an_attribute_of_the_document_it_names() -> None:
    """2026 жылғы 25 қарашадағы № 45 бұйрық; also in the annex to it."""
    values = {"order_date": DAY, "order_number": "45"}
    order, note = (fill(Paper(form_named(name), "kk", values)) for name in ("order", "analytic_note"))

    assert "2026 жылғы 25 қарашадағы\n№ 45 бұйрыққа" in text_of(order)
    assert "2026 жылғы 25 қарашадағы № 45 бұйрық." in text_of(note)


def test_a_name_beside_a_signature_is_short_and_a_hint_stands_under_an_empty_line_alone() -> None:
    """С. Жумагулов, unbroken; "(Т.А.Ә)" tells who writes by hand what to write."""
    names_signed = {
        "Жумагулов Серик Маратович": "С.\u00a0Жумагулов",
        "Әлиева Айгүл": "А.\u00a0Әлиева",
        "Жумагулов С.М.": "Жумагулов\u00a0С.М.",
        "Г.Ә. Қожахметова": "Г.Ә.\u00a0Қожахметова",
        "Министр": "Министр",
    }
    assert {name: signed_name(name) for name in names_signed} == names_signed
    for name in (
        "cartogram_report",
        "ethics_report",
        "legislation_report",
        "propaganda_report",
        "reconciliation_act",
    ):
        empty, filled = (
            text_of(fill(Paper(form_named(name), "kk", values))).replace("Т.А.Ә., лауазымы", "")
            for values in ({}, {"approver_name": "Әлиева Айгүл"})
        )
        assert "_ (Т.А.Ә)" in empty
        assert "Әлиева Айгүл\n" in filled
        assert "(Т.А.Ә)" not in filled
    for name in ("consent", "confirmation"):
        paper = text_of(fill(Paper(form_named(name), "kk", {"name": "Әлиева Айгүл", "post": "маман"})))
        assert "_ қолы\nӘлиева Айгүл\nмаман" in paper
        assert "ТАӘ" not in paper
        assert "ТАӘ" in text_of(fill(Paper(form_named(name), "kk", {})))


@pytest.mark.parametrize("name", FORMS)
def test_the_page_is_that_of_an_official_paper(name: str) -> None:
    """A4, margins 3, 1.5, 2 and 2 cm, Times New Roman 14; the annexes of the Instruction lie across.
    Properties stand in the order of the schema: LibreOffice forgives another one, Word calls the file
    damaged."""
    document_read = docx.Document(io.BytesIO(fill(Paper(form_named(name), "kk", {}))))
    section, body = document_read.sections[0], document_read.element.body
    sizes = [section.left_margin, section.right_margin, section.top_margin, section.bottom_margin]
    font = document_read.styles["Normal"].font

    assert [round(size.cm, 1) for size in sizes] == [3.0, 1.5, 2.0, 2.0]
    assert (font.name, font.size.pt) == ("Times New Roman", 14)
    if name in INSTRUCTION:
        assert section.page_width > section.page_height
    assert {round(section.page_width.cm, 1), round(section.page_height.cm, 1)} == {21.0, 29.7}
    for properties, order in SCHEMA.items():
        for element in body.iter(WORD + properties):
            names_in = [child.tag.removeprefix(WORD) for child in element]
            assert names_in == sorted(names_in, key=order.split().index)
    assert all(cell[-1].tag == f"{WORD}p" for cell in body.iter(f"{WORD}tc"))


def test_what_is_ours_is_said_beside_a_form_and_never_on_it() -> None:
    """A translation of the eight that exist in Kazakh alone, a layout of the annexes of No. 488 that were not
    at hand; people sign the paper, so no footer speaks of either."""
    marks = {
        name: [(mark.code, *mark.arguments.values()) for mark in form_marks(form_named(name), "ru")]
        for name in FORMS
    }
    ours = {name: [("form.mark.layout", annex)] for name, annex in NO488.items()}
    translated = {key: [("form.mark.translation",)] for key in (*INSTRUCTION, "consent", "confirmation")}

    assert {name: mark for name, mark in marks.items() if mark} == {**ours, **translated}
    assert [name for name in FORMS if form_marks(form_named(name), "kk")] == sorted(NO488)
    assert [pair for pair in EVERY if foot_of(template(*pair))] == []


@pytest.mark.parametrize(("name", "annex"), INSTRUCTION.items())
def test_an_annex_of_the_instruction_is_headed_with_its_number(name: str, annex: int) -> None:
    """A bare "annex 4" is never enough."""
    text = text_of(fill(Paper(form_named(name), "kk", {})))

    assert f"жобаларын орындау жөніндегі Нұсқаулыққа №{annex} қосымша" in text


@pytest.mark.parametrize(
    ("theme", "codes"),
    [
        ("5000000", ["form.note.share"]),
        ("5000001", ["form.note.sum_differs", "form.note.share"]),
        ("90000000", ["form.note.sum_differs", "form.note.theme_above_total", "form.note.share"]),
    ],
)
def test_annex_4_adds_up(theme: str, codes: list[str]) -> None:
    """The parts of B against the amount of A, and A against the whole; the share of rows is what is scored."""
    values = {"total_amount": Decimal(80_000_000), "theme_amount": Decimal(theme)}
    rows = [{"name": "Көкшетау қаласы", "amount": Decimal(5_000_000)}, {"name": "Зеренді ауданы"}]
    notes = check_paper(Paper(form_named("social_order"), "kk", values, rows))

    assert [note.code for note in notes] == codes
    assert notes[-1].arguments == {"done": 1, "of": 2}


def test_what_a_register_has_no_row_of_is_said_not_left_blank() -> None:
    """Points are taken where nothing is submitted: a group with an empty register says so."""
    rows = [{"subtask": "P2.T5.S4", "taken_by": "бас маман А.", "given_by": "ЖШС", "reason": "-"}]
    group_ids = ["P2.T1.S1", "P2.T5.S4", "P2.T5.S5"]
    paper = Paper(form_named("legislation_report"), "ru", {}, rows, group_ids)
    cells = [row[-1] for row in tables_of(fill(paper))[0][1:]]

    assert [cells[0], cells[-1]] == ["Не выявлено."] * 2
    assert cells.count("") == 6
    assert [note.arguments["rows"] for note in check_paper(paper)] == [[1, 9]]
    wrong = {
        name: count
        for name, groups, nothing, times in [
            ("reconciliation_act", ["administrative", "criminal"], "Жоқ.", 2),
            ("ethics_report", ["1", "2"], "Өткізілген жоқ.", 2),
            ("propaganda_report", [""], "Өткізілген жоқ.", 1),
            ("social_order", [""], "Бөлінген жоқ.", 1),
        ]
        if (count := text_of(fill(Paper(form_named(name), "kk", {}, (), groups))).count(nothing)) != times
    }
    assert wrong == {}
    assert not any(missing.field == "rows" for missing in missing_values(paper))


@pytest.mark.parametrize("name", FORMS)
def test_a_very_long_text_is_kept_whole(name: str) -> None:
    """Ten pages in one field, with breaks of lines of every system."""
    definition = form_named(name)
    field = next(field for field in definition.fields.values() if field.kind in ("text", "long"))
    long = "\r\n".join(f"{number}-жол: " + "әіңғүұқөһ " * 40 for number in range(60))
    text = text_of(fill(Paper(definition, "kk", {field.id: long})))

    assert all(f"{number}-жол: әіңғүұқөһ" in text for number in range(60))


def test_the_same_values_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No moment of making lies in the file: neither that of its ZIP nor that of its properties."""
    first = fill(Paper(form_named("order"), "kk", {"object": "Қаржы басқармасы"}))
    properties = docx.Document(io.BytesIO(first)).core_properties
    tomorrow = datetime(2027, 11, 26, tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: tomorrow)

    assert fill(Paper(form_named("order"), "kk", {"object": "Қаржы басқармасы"})) == first
    assert properties.created == properties.modified == datetime(2013, 12, 23, 23, 15, tzinfo=UTC)


def test_what_a_form_does_not_ask_is_refused_by_name() -> None:
    """With what it asks, the nearest first."""
    with pytest.raises(Refusal) as unknown:
        form_named("analytical_note")
    assert unknown.value.arguments["allowed"][0] == "analytic_note"
    with pytest.raises(Refusal, match="form_field_unknown") as field:
        fill(Paper(form_named("order"), "kk", {"order_nr": "1"}))
    assert field.value.arguments["allowed"][0] == "order_number"
    with pytest.raises(Refusal, match="form_part_unknown"):
        fill(Paper(form_named("plan"), "kk", {}, [{"budget": "1"}]))
    with pytest.raises(Refusal):
        fill(Paper(form_named("reconciliation_act"), "kk", {}, [{"category": "civil"}]))
    with pytest.raises(Refusal, match="form_language"):
        fill(Paper(form_named("order"), "en", {}))
