"""Reads CSV as offices save it: UTF-8 with or without byte order mark, UTF-16 or cp1251; comma, semicolon or
tab.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from documents.sheets.rows import MAX_LETTERS
from documents.sheets.unreadable import UnreadablePaper

_DELIMITERS = (";", "\t", ",")
_TOO_LONG = "field larger than field limit"
"""The library's message about a cell beyond 131,072 characters; `MAX_LETTERS` limits shorter ones."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]|\A%PDF")


def read_csv_rows(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with the numbers a spreadsheet shows, empty rows included.

    Raises:
        UnreadablePaper: `paper_not_workbook` for anything that is not text in rows, `paper_cell_too_long`.
    """
    text = _decode(data, name)
    marked = text[:4].lower() == "sep=" and text[4:5] in _DELIMITERS
    delimiter = text[4] if marked else _delimiter(text)
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            yield number, [] if marked and number == 1 else row
    except csv.Error as error:
        if _TOO_LONG in str(error):
            raise UnreadablePaper(
                "paper_cell_too_long", name=name, row=number + 1, limit=MAX_LETTERS
            ) from error
        raise UnreadablePaper("paper_not_workbook", name=name) from error


def _decode(data: bytes, name: str) -> str:
    """Return the text of the file, decoded by the first encoding that fits."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        encodings = []
    else:
        encodings = ["utf-8-sig", "cp1251"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            return text
        break
    raise UnreadablePaper("paper_not_workbook", name=name)


def _delimiter(text: str) -> str:
    """Return the delimiter: the one used most, outside quotes, in the first line that has any (a title line has
    none).
    """
    lines = ("".join(line.split('"')[::2]) for line in text.splitlines())
    bare = next((line for line in lines if any(mark in line for mark in _DELIMITERS)), "")
    return max(_DELIMITERS, key=bare.count) if bare else ","
