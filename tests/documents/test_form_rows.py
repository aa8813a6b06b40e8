"""Form rows from CSV, XLSX and JSON files, with headings in any language; invalid rows are named."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from merzim.documents.forms import FormData
from merzim.documents.forms.rows_file import read_data
from merzim.documents.sheets.unreadable import UnreadablePaper


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_headed_with_names_or_with_titles(tmp_path: Path) -> None:
    """In Kazakh, in Russian, or as the form calls its parts."""
    rows = ({"recommendation": "А", "measure": "Б", "term": "III тоқсан"},)
    heads = ("recommendation;measure;term", "Ұсыным;Іс-шара;Орындалу мерзімі", "Рекомендация;Мероприятие;term")

    for head in heads:
        file = _file(tmp_path, "rows.csv", f"{head}\nА;Б;III тоқсан\n")
        assert read_data(file, form="plan") == FormData({}, rows)


def test_a_workbook_keeps_its_dates_and_numbers(tmp_path: Path) -> None:
    """A cell of Excel's own date, amounts as numbers and as people write them."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["kind", "subject", "held_on", "held_at", "views", "counted_on", "link"])
    sheet.append(["НҚА", "қаулы", date(2026, 3, 5), "9:30", 1200, "06.03.2026", "https://example.kz"])
    book.save(tmp_path / "rows.xlsx")
    row = read_data(tmp_path / "rows.xlsx", form="propaganda_report").rows[0]

    assert row["held_on"] == date(2026, 3, 5)
    assert row["counted_on"] == date(2026, 3, 6)
    assert (row["held_at"], row["views"]) == ("09:30", 1200)


def test_json_holds_fields_and_rows(tmp_path: Path) -> None:
    """Or rows alone."""
    row = {"name": "Степногорск", "amount": "1 500 000,50", "link": "https://goszakup.gov.kz/1"}
    full_data = {"fields": {"total_amount": 9_000_000, "year": "2026"}, "rows": [row]}
    read = read_data(_file(tmp_path, "a.json", json.dumps(full_data)), form="social_order")

    assert read.fields == {"total_amount": Decimal(9_000_000), "year": 2026}
    assert read.rows[0]["amount"] == Decimal("1500000.50")
    assert read_data(_file(tmp_path, "b.json", json.dumps([row])), form="social_order").rows == read.rows


def test_a_group_is_named_by_its_id_or_its_number(tmp_path: Path) -> None:
    """`P2.T5.S2` or 6: what the report prints in that place."""
    for label in ("P2.T5.S2", "p2.t5.s2", "6"):
        file = _file(tmp_path, "rows.csv", f"subtask;person;measures\n{label};А.;ескерту\n")
        assert read_data(file, form="legislation_report").rows[0]["subtask"] == "P2.T5.S2"


@pytest.mark.parametrize(
    ("name", "text", "errors"),
    [
        ("plan", "measure;budget\nА;1\n", [(1, "form_column_unknown")]),
        ("plan", "measure;Іс-шара\nА;Б\n", [(1, "form_column_twice")]),
        ("reconciliation_act", "offence;status\nА;Б\n", [(1, "form_column_missing")]),
        (
            "reconciliation_act",
            "category;offence;in_force_on\ncivil;А;2026-01-05\ncriminal;Б;31.02.2026\n4;В;\n",
            [(2, "form_group_unknown"), (3, "form_value_unreadable"), (4, "form_group_unknown")],
        ),
        ("ethics_report", "work;name;attended\n1;А.;5\n2;Б.;\n", [(2, "form_part_not_here")]),
        (
            "ethics_report",
            "work;attended\n1;бес\n1;-5\n",
            [(2, "form_value_unreadable"), (3, "form_value_unreadable")],
        ),
        (
            "social_order",
            "name;amount\nА;көп\nБ;-1\n",
            [(2, "form_value_unreadable"), (3, "form_value_unreadable")],
        ),
        ("propaganda_report", "kind;held_at\nА;25:00\n", [(2, "form_value_unreadable")]),
    ],
)
def test_every_bad_row_is_named(tmp_path: Path, name: str, text: str, errors: list[tuple[int, str]]) -> None:
    """The file is taken whole or not at all."""
    with pytest.raises(UnreadablePaper) as refused:
        read_data(_file(tmp_path, "rows.csv", text), form=name)

    assert [(error.row, error.code) for error in refused.value.errors] == errors


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "form_not_json"),
        ("[" * 100_000, "form_not_json"),
        ("5", "form_json_shape"),
        ('{"rows": 5}', "form_json_shape"),
        ('{"rows": [5]}', "form_json_shape"),
        ('{"line": []}', "form_json_shape"),
        ('{"fields": {"year": {"a": 1}}}', "paper_unreadable"),
    ],
)
def test_json_of_another_shape_is_refused(tmp_path: Path, text: str, code: str) -> None:
    """One sentence says which shape is meant."""
    with pytest.raises(UnreadablePaper) as refused:
        read_data(_file(tmp_path, "rows.json", text), form="social_order")

    assert refused.value.code == code
