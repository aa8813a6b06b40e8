"""Workbooks that are read: bounds, faults, rows that were hidden, letters that were lost."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import suppress

import openpyxl
import pytest
from hypothesis import given, settings, strategies as st
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from merzim.documents.people import read_people
from merzim.documents.schedules.reading import read_schedule
from merzim.documents.schedules.schedule import ReadSchedule
from merzim.documents.sheets import rows as sheet_rows
from merzim.documents.sheets.rows import MAX_LETTERS, MAX_ROWS, NotAValue, Sheet
from merzim.documents.sheets.texts import is_spoilt
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.documents.sheets.workbook import MAX_BYTES, open_paper
from tests.documents.sheets import HEADING, by_hand, far_cells, xlsx, zipped


def refusal_of(data: bytes, name: str = "файл.xlsx") -> str:
    with pytest.raises(UnreadablePaper) as refusal:
        open_paper(data, name)
    assert refusal.value.errors == ()
    return refusal.value.code


def sheet_of(data: bytes, name: str = "файл.xlsx") -> Sheet:
    return open_paper(data, name).sheets[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        *((b"", "paper_empty"), (b"  \n", "paper_empty")),
        *((b"hello", "paper_not_workbook"), (b"%PDF-1.7 ...", "paper_not_workbook")),
        *((b"PK\x03\x04 and no more", "paper_not_workbook"), (zipped({"a.txt": b"x"}), "paper_not_workbook")),
        (zipped({"[Content_Types].xml": b"<a/>"}), "paper_not_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "paper_not_workbook"),
        (b"x" * (MAX_BYTES + 1), "paper_too_large"),
        (xlsx([]), "paper_empty"),
        (xlsx([(" ", None)]), "paper_empty"),
    ],
)
def test_what_is_no_workbook_is_refused(data: bytes, code: str) -> None:
    """A text, a PDF, a torn archive, another archive, an old or locked workbook, an empty one."""
    assert refusal_of(data) == code


def test_every_way_of_tearing_a_workbook_is_refused() -> None:
    """Cut anywhere, it is read whole or refused; no other exception comes out."""
    full_workbook = xlsx([HEADING, (1, "Подписание приказа", "06.04.26", "Служба")])
    for length in range(0, len(full_workbook), 97):
        with pytest.raises(UnreadablePaper):
            open_paper(full_workbook[:length], "файл.xlsx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    """What swells more than 200 times, or beyond the cap, is not opened."""
    bomb = zipped({"[Content_Types].xml": b"<a/>", "xl/worksheets/sheet1.xml": b" " * (100 * 2**20)})

    assert len(bomb) < 200_000
    assert refusal_of(bomb) == "paper_unpacks_too_large"


def test_a_hundred_thousand_rows_are_refused() -> None:
    """Clearly, and without reading them all."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, 100_001))

    assert refusal_of(by_hand(rows)) == "paper_too_many_rows"


def test_as_many_rows_as_allowed_are_read() -> None:
    """The cap itself is in."""
    assert len(sheet_of(b"a;b\n" * MAX_ROWS, "файл.csv").rows) == MAX_ROWS


def test_too_many_columns_are_refused() -> None:
    """A table a thousand columns wide is none of ours."""
    assert refusal_of(xlsx([["x"] * 1000])) == "paper_too_wide"


def test_rows_keep_the_numbers_people_see() -> None:
    """Empty rows between are counted, not kept."""
    rows = sheet_of(xlsx([("a",), (), (None,), ("b",)])).rows

    assert [row.number for row in rows] == [1, 4]


def test_a_formula_is_no_value() -> None:
    """It is marked as a formula, so that readers that need a value can refuse it."""
    row = sheet_of(xlsx([("=A1+1", "x", 3)])).rows[0]

    assert row.cells == (NotAValue("=A1+1"), "x", 3)


def test_a_hidden_sheet_is_not_read() -> None:
    """Hidden sheets hold validation lists, as far as a sheet reaches."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["видно"])
    hidden = book.create_sheet("список")
    hidden["A1"] = hidden["XFD1048576"] = "не видно"
    hidden.sheet_state = "hidden"
    target = io.BytesIO()
    book.save(target)

    assert [sheet.rows[0].cells for sheet in open_paper(target.getvalue(), "a.xlsx").sheets] == [("видно",)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_as_offices_save_it(encoding: str, delimiter: str) -> None:
    """Four encodings, three separators; a separator within quotes separates nothing."""
    text = delimiter.join(("Объект", '"Начало; анализа, всего"')) + "\r\n" + delimiter.join(("а", "б")) + "\r\n"
    sheet = sheet_of(text.encode(encoding), "файл.csv")

    assert [row.cells for row in sheet.rows] == [("Объект", "Начало; анализа, всего"), ("а", "б")]


def test_a_line_break_within_quotes_does_not_shift_row_numbers() -> None:
    """Row numbers are those a spreadsheet shows, not lines of text."""
    sheet = sheet_of(b'a;"b\nc"\n\nd;e\n', "файл.csv")

    assert [row.number for row in sheet.rows] == [1, 3]


CELLS = st.one_of(
    st.none(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from([*HEADING, "Объект", "Начало", "Конец", "УТВЕРЖДАЮ", "30.03.26г.", "31.02.26", "=A1", "-"]),
    st.text(st.characters(blacklist_categories=("Cc", "Cs"), max_codepoint=0xFFFD), max_size=20),
)


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=8))
def test_no_table_breaks_the_reader(rows: list[list[object]]) -> None:
    """A schedule is read or refused, whatever its cells contain."""
    with suppress(UnreadablePaper):
        assert read_schedule(xlsx([HEADING, *rows]), "файл.xlsx")


@pytest.mark.parametrize(("letters", "taken"), [(MAX_LETTERS, True), (MAX_LETTERS + 1, False)])
def test_a_cell_holds_what_a_spreadsheet_s_cell_holds(letters: int, taken: bool) -> None:
    """A file of one endless cell would be read for minutes, and nobody wrote it."""
    data = f"a;b\n{'x' * letters};1\n".encode()

    if taken:
        assert len(open_paper(data, "f.csv").sheets[0].rows) == 2
        return
    with pytest.raises(UnreadablePaper) as refusal:
        open_paper(data, "f.csv")
    assert (refusal.value.code, refusal.value.arguments["row"]) == ("paper_cell_too_long", 2)


def test_cells_far_to_the_right_cost_no_more_than_near_ones() -> None:
    """10,000 rows of one empty cell in column XFD are 10,000 cells, not 164 million: they took minutes."""
    started_at = time.process_time()

    assert refusal_of(by_hand(far_cells(10_000))) == "paper_empty"
    assert time.process_time() - started_at < 20


def test_a_table_with_formatted_cells_beyond_it_is_read_as_the_table_alone() -> None:
    """Somebody coloured whole rows: that is no column too many, and no row is read twice."""
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="XFD1"/></row>'
        '<row r="3"><c r="B3"><v>7</v></c><c r="ZZ3"/></row><row r="1048576"><c r="A1048576"/></row>'
    )

    assert [(row.number, row.cells) for row in sheet_of(by_hand(rows)).rows] == [(1, ("a",)), (3, (None, 7))]


@pytest.mark.parametrize(("cells", "taken"), [(1000, True), (1001, False)])
def test_cells_are_counted_whether_they_hold_anything_or_not(
    cells: int, taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is in; one more is refused."""
    monkeypatch.setattr(sheet_rows, "MAX_CELLS", 1000)
    full_rows, cells_left = divmod(cells, 100)
    text = ("x" + ";" * 99 + "\n") * full_rows + (";" * (cells_left - 1) + " \n" if cells_left else "")

    if taken:
        assert len(sheet_of(text.encode(), "файл.csv").rows) == 10
    else:
        assert refusal_of(text.encode(), "файл.csv") == "paper_too_many_cells"


def test_two_cells_in_far_corners_are_refused_before_the_rows_between_are_made() -> None:
    """They span seventeen thousand million cells."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576"><v>1</v></c></row>'

    assert refusal_of(by_hand(rows)) == "paper_too_many_cells"


def test_a_long_text_shared_by_many_cells_counts_in_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook keeps such a text once: 20,000 cells that point to it are 600 MB to read on."""
    monkeypatch.setattr(sheet_rows, "MAX_TEXT", 1000)
    strings = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Override PartName="/xl/workbook.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    parts = {"[Content_Types].xml": kinds, "xl/sharedStrings.xml": strings % ("x" * 100)}

    def book(cells: int) -> bytes:
        return by_hand('<row><c t="s"><v>0</v></c></row>' * cells, **parts)

    assert len(sheet_of(book(10)).rows) == 10
    assert refusal_of(book(11)) == "paper_too_much_text"


def test_a_workbook_under_a_password_is_called_so() -> None:
    """Both ways there are: the container Office makes of it, and an archive whose parts are encrypted."""
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le")
    locked = bytearray(by_hand("<row/>"))
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1

    assert refusal_of(container) == "paper_encrypted"
    assert refusal_of(bytes(locked)) == "paper_encrypted"


HEADINGS = ("Объект анализа", "Начало анализа", "Окончание анализа")
ROWS = [
    HEADINGS,
    ("Департамент закупок", "13.04.2026", "22.05.2026"),
    ("Департамент кадров", "01.06.2026", "10.07.2026"),
    ("Склад", "03.08.2026", "11.09.2026"),
]


def book(change: Callable[[Worksheet], object], rows: list[tuple[str, ...]] = ROWS) -> bytes:
    """A flat schedule after a change of its sheet."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in rows:
        sheet.append(row)
    change(sheet)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def hide(sheet: Worksheet) -> None:
    """Hide the second analysis."""
    sheet.row_dimensions[3].hidden = True


def filter_out(sheet: Worksheet) -> None:
    """Filter the first column, as Excel writes it: the rows filtered out are hidden."""
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(0, ["Департамент закупок", "Склад"])
    hide(sheet)


def strike(sheet: Worksheet) -> None:
    """Strike out the second analysis."""
    for cell in sheet[3]:
        cell.font = Font(strike=True)


def said(schedules: tuple[ReadSchedule, ...], code: str) -> list[object]:
    """Return what the notes of this code name."""
    notes = [note for schedule in schedules for note in schedule.notes if note.code == code]
    return [value for note in notes for key, value in note.arguments.items() if key != "row"]


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (hide, "read_rows_hidden", "3"),
        (filter_out, "read_rows_hidden", "3"),
        (strike, "read_cells_struck", "A3, B3, C3"),
    ],
)
def test_a_row_that_was_hidden_or_struck_out_is_no_case_and_is_named(
    change: Callable[[Worksheet], None], code: str, named: str
) -> None:
    """The officer sees in the preview what of the sheet was not read."""
    schedules = read_schedule(book(change), "график.xlsx")

    assert [schedule.object for schedule in schedules] == ["Департамент закупок", "Склад"]
    assert said(schedules, code) == [named]


@pytest.mark.parametrize(("change", "row"), [(hide, "3"), (strike, "A3")])
def test_other_tables_with_such_rows_are_refused_and_the_rows_named(
    change: Callable[[Worksheet], None], row: str
) -> None:
    """Whether a hidden person belongs to the office only its officer knows."""
    people = [("Подразделение", "ФИО"), ("Бухгалтерия", "Иванов И. И."), ("Бухгалтерия", "Ли Е. С.")]
    with pytest.raises(UnreadablePaper) as refusal:
        read_people(book(change, people), "люди.xlsx")

    assert refusal.value.code == "paper_rows_left_out"
    assert row in f"{refusal.value.arguments['rows']} {refusal.value.arguments['cells']}"


@pytest.mark.parametrize(
    "text",
    [
        "?аза?стан Республикасы",
        "??рылыс",
        "С?йіспеншілік б?лімі",
        "М?НАЙ КОМПАНИЯСЫ",
        "Сатып алу б\N{REPLACEMENT CHARACTER}лімі",
        "Закупки".encode().decode("cp1251", "replace"),
        "Қазақстан".encode().decode("cp1251", "replace"),
        "Закупки".encode().decode("latin-1"),
        "Закупки".encode("cp1251").decode("latin-1"),
        "ќазаќстан",
    ],
)
def test_a_text_whose_letters_were_lost_is_known_and_its_file_refused(text: str) -> None:
    """Else it would stand in orders and letters."""
    assert is_spoilt(text)
    with pytest.raises(UnreadablePaper) as refusal:
        read_schedule(book(lambda _: None, [HEADINGS, (text, "13.04.2026", "22.05.2026")]), "график.xlsx")

    assert refusal.value.code == "paper_letters_lost"
    assert [error.row for error in refusal.value.errors] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "Қазақстан Республикасының «Ұлттық» қоры",
        "Зачем? Почему? Как это сделать?",
        "https://kz.example/?page=2&lang=kk",
        "ЖШС № 5 – «Ә, Ғ, Қ, Ң, Ө, Ұ, Ү, Һ, І»",
        "Größe, café, naïve",
        "СССР – РСФСР… “цитата” ‹внутри›",
        "?",
        "жоқ па?",
    ],
)
def test_a_text_in_order_is_not_taken_for_a_spoilt_one(text: str) -> None:
    """Question marks at the ends of words, quotation marks, other languages."""
    assert not is_spoilt(text)


def test_a_csv_file_of_kazakh_windows_keeps_its_letters() -> None:
    """KZ-1048 is cp1251 with the Kazakh letters; read as cp1251 they would be Ukrainian and Serbian ones."""
    text = ";".join(HEADINGS) + "\nСатып алу бөлімі, Қаржы, Өңір;13.04.2026;22.05.2026\n"
    (schedule,) = read_schedule(text.encode("kz1048"), "график.csv")

    assert schedule.object == "Сатып алу бөлімі, Қаржы, Өңір"
