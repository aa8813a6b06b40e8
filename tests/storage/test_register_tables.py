"""Registers as spreadsheets: template, all-or-nothing import, export without formulas."""

from __future__ import annotations

import time
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from i18n import LANGUAGES, say
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.app import AppContext
from merzim.services.context import RequestContext
from merzim.services.inputs import OpenFile
from merzim.services.registers.tables import ImportedRows, ImportRows, export, import_rows, template
from merzim.services.registers.verbs import AddRow, add_row
from merzim.services.registers.views import ListRows, list_rows
from merzim.services.upkeep import maintenance
from tests.storage.registers import AT, TODAY, operator, reader
from tests.storage.sample_cases import on_sqlite_alone
from workflow.board.rows import CaseFilter

HEADS = ("Place", "Came_On", "Cost", "Pass", "Paid", "Purpose", "Guest", "Unit")


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def take_in(ctx: RequestContext, content: bytes, name: str = "visits.xlsx", **options: Any) -> ImportedRows:
    file = OpenFile(name, BytesIO(content))
    return import_rows(
        ctx, ImportRows(register_id="visits", content=file, unit=options.pop("unit", "hr"), **options)
    )


def refused(ctx: RequestContext, rows: Sequence[Sequence[object]], **options: Any) -> UnreadablePaper:
    with pytest.raises(UnreadablePaper) as caught:
        take_in(ctx, workbook(rows), **options)
    return caught.value


def sentences(refusal: UnreadablePaper, language: str = "en") -> list[str]:
    return [say(error.code, error.arguments, language) for error in refusal.errors]


@on_sqlite_alone
def test_the_template_filled_in_is_taken_in_whatever_its_language(app: AppContext, ctx: RequestContext) -> None:
    """Headings, answers and units as the template has them; a preview writes nothing."""
    for number, language in enumerate(LANGUAGES, 1):
        book = load_workbook(BytesIO(template(ctx, "visits", language)))
        sheet = book.active
        heads = [cell.value for cell in sheet[2]]
        values = {
            "Place": "Сарай",
            "Came_On": TODAY,
            "Cost": 12.5,
            "Paid": say("register.yes", {}, language),
            "Purpose": {"kk": "Talk kk", "ru": "Talk ru", "en": "Talk"}[language],
        }
        named_heads = {**{head: head.removesuffix(f" {language}") for head in heads}, heads[-1]: "Unit"}
        sheet.append([{**values, "Unit": "Заң департаменті"}.get(named_heads[head]) for head in heads])
        target = BytesIO()
        book.save(target)

        preview = take_in(ctx, target.getvalue(), preview=True)
        assert (preview.rows, preview.ids) == (1, [])
        assert list_rows(ctx, ListRows(register_id="visits")).total == number - 1
        imported = take_in(ctx, target.getvalue())
        assert imported.ids == [f"visits-2026-000{number}"]
    rows = list_rows(ctx, ListRows(register_id="visits")).rows
    assert [row.unit for row in rows] == ["law"] * 3
    assert rows[0].values == {
        "place": "Сарай",
        "purpose": "talk",
        "came_on": "2026-04-06",
        "cost": "12.5",
        "paid": True,
    }
    assert maintenance.verify(app, at=AT) == ()


def test_a_preview_counts_the_cases_that_would_be_opened(app: AppContext) -> None:
    """Two gifts of three presents, each in its own unit; nothing is opened before it is taken."""
    rows = [
        ("what", "kind", "came_on", "unit"),
        ("Vase", "gift", "2026-04-01", ""),
        ("Book", "gift", "2026-04-02", "law"),
        ("Roses", "flowers", "2026-04-02", "law"),
    ]
    file = OpenFile("presents.xlsx", BytesIO(workbook(rows)))
    command = ImportRows(register_id="presents", content=file, unit="hr", preview=True)

    preview = import_rows(operator(app), command)

    assert (preview.rows, preview.opening, preview.units) == (3, 2, ["hr", "law", "law"])
    assert (preview.names["hr"], preview.names["law"]) == ("Кадр басқармасы", "Заң департаменті")
    assert app.reads.how_many(CaseFilter()) == 0


def test_every_bad_cell_is_named_and_nothing_is_taken(ctx: RequestContext) -> None:
    """Its address, its column, what is allowed; in each language."""
    add_row(
        ctx,
        AddRow(register_id="visits", values={"place": "x", "came_on": "2026-04-01", "pass": "A1"}, unit="hr"),
    )
    rows = [
        HEADS,
        ("Парк", "2026-04-01", 1, "B1", "yes", "talk", "guest@org.kz", ""),
        ("", "31.02.2026", "many", "b1", "maybe", "tea", "nobody", "nowhere"),
        ("=1+1", "31.02.2026"),
        ("Сад", "2026-04-01", None, "a1"),
    ]

    refusal = refused(ctx, [rows[0], *rows[1:3]])

    messages = sentences(refusal)
    assert {error.row for error in refusal.errors} == {3}
    for cell in ("A3, Place", "B3, Came_On", "C3, Cost", "E3, Paid", "F3, Purpose", "G3, Guest", "H3"):
        assert any(cell in message for message in messages), (cell, messages)
    assert all(sentences(refusal, language) for language in LANGUAGES)
    formula, *others = sentences(refused(ctx, [rows[0], rows[3]]))
    assert "A2" in formula
    assert ("B2" in " ".join(others), "A2" in " ".join(others)) == (True, False)
    unique = refused(ctx, [rows[0], rows[1], ("Сад", "2026-04-01", None, "b1"), rows[4]])
    assert [error.row for error in unique.errors] == [3, 4]
    second_refusal = refused(
        ctx, [*rows[:3], ("Сад", "2026-04-01", None, "a1"), ("Бақ", "2026-04-01", None, "b1")]
    )
    assert list(dict.fromkeys(error.row for error in second_refusal.errors)) == [3, 4, 5]
    assert {error.row for error in second_refusal.errors if "Pass" in str(error)} >= {3, 4, 5}
    assert ["D3, Pass" in sentences(unique)[0], "D4, Pass" in sentences(unique)[1]] == [True, True]
    for heads, word in ((("Place", "Tea"), "B1"), (("Place", "Place"), "B1"), (("x", "y"), "Place")):
        trouble = refused(ctx, [heads, ("a", "b")])
        assert word in " ".join([*sentences(trouble), say(trouble.code, trouble.arguments, "en")])
    assert list_rows(ctx, ListRows(register_id="visits")).total == 1


@on_sqlite_alone
def test_a_reader_takes_in_and_gives_out_no_more_than_they_see(app: AppContext, ctx: RequestContext) -> None:
    """No column of a confidential field, no unit of others; rows exported are not taken in twice."""
    values = {"place": "=HYPERLINK(1)", "came_on": "2026-04-01", "informer": "Тайный"}
    add_row(ctx, AddRow(register_id="visits", unit="hr", values=values))
    add_row(ctx, AddRow(register_id="visits", unit="law", values={**values, "place": "Other"}))
    clerk = reader(app, "clerk", "responsible")

    book = load_workbook(BytesIO(export(clerk, ListRows(register_id="visits"), "en")))

    cells = [[cell.value for cell in row] for row in book.active]
    assert cells[0][:3] == ["Entry", "Unit", "Place"]
    assert len(cells) == 2
    assert "Informer" not in cells[0]
    assert (book.active["C2"].value, book.active["C2"].data_type) == ("=HYPERLINK(1)", "s")
    everything = export(operator(app), ListRows(register_id="visits", sort="place"), "en")
    assert "Тайный" in [cell.value for cell in load_workbook(BytesIO(everything)).active[2]]
    assert "Informer" not in [
        cell.value for cell in load_workbook(BytesIO(template(clerk, "visits", "en"))).active[2]
    ]
    head = ("Place", "Came_On", "Unit", "Informer")
    assert "D1" in sentences(refused(clerk, [head, ("a", TODAY, "", "x")], unit=""))[0]
    assert "C2" in sentences(refused(clerk, [head[:3], ("a", TODAY, "law")], unit=""))[0]
    import_result = take_in(ctx, everything)
    assert (import_result.rows, import_result.ids, import_result.there) == (0, [], 2)
    assert take_in(clerk, workbook([head[:2], ("a", TODAY)]), unit="").rows == 1


@on_sqlite_alone
def test_an_export_with_a_line_more_is_taken_in_in_its_language(app: AppContext) -> None:
    """The line without a number is new, that of another register's number too; columns of files are named."""
    ctx, language = operator(app), "kk"
    values = {"place": "Сарай", "came_on": "2026-04-01", "paid": True, "cost": 5, "purpose": "talk"}
    add_row(ctx, AddRow(register_id="visits", unit="law", values={**values, "guest": "guest@org.kz"}))
    book = load_workbook(BytesIO(export(ctx, ListRows(register_id="visits"), language)))
    line = [cell.value for cell in book.active[2]]
    paper = [cell.value for cell in book.active[1]].index(f"Paper {language}")
    for number in (None, "presents-2026-0001"):
        book.active.append([number, *line[1:paper], "act.pdf", *line[paper + 1 :]])
    target = BytesIO()
    book.save(target)

    preview, imported = (take_in(ctx, target.getvalue(), preview=preview) for preview in (True, False))

    assert ([field.id for field in preview.aside], preview.rows, preview.there) == (["paper"], 2, 1)
    assert imported.ids == ["visits-2026-0002", "visits-2026-0003"]
    rows = list_rows(ctx, ListRows(register_id="visits")).rows
    assert [(row.unit, row.values) for row in rows] == [("law", rows[-1].values)] * 3


def test_hundreds_of_rows_are_taken_in_at_once(ctx: RequestContext) -> None:
    """All in one transaction, and PostgreSQL plans by them at once; the bound is generous."""
    count = 500
    rows = [(f"Орын {n}", "2026-04-01", n, f"P{n}", "yes", "talk", "guest@org.kz", "") for n in range(count)]
    content = workbook([HEADS, *rows])
    began = time.monotonic()

    taken = take_in(ctx, content)

    assert (taken.rows, taken.ids[-1]) == (count, f"visits-2026-{count:04}")
    assert time.monotonic() - began < 10
    total = str(count * (count - 1) // 2)
    assert list_rows(ctx, ListRows(register_id="visits", sort="-cost", size=1)).totals == {"cost": total}
