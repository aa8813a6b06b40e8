"""Opens an uploaded XLSX or CSV file safely, as rows of plain values with spreadsheet row numbers."""

from __future__ import annotations

from pathlib import Path

from documents.sheets.csv_text import read_csv_rows
from documents.sheets.rows import Paper, RowKeeper, Sheet
from documents.sheets.unreadable import UnreadablePaper
from documents.sheets.xlsx import read_sheets

MAX_BYTES = 10 * 2**20
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UNDER_PASSWORD = "EncryptedPackage".encode("utf-16-le")

Source = str | Path | bytes


def open_paper(source: Source, name: str | None = None) -> Paper:
    """Open a file and return its rows.

    Args:
        source: a path, or the bytes of an upload.
        name: the file's name in error messages; a path's own name by default.

    Raises:
        UnreadablePaper: it does not exist, is too large, a zip bomb, no workbook, empty, or has too many rows,
            columns or characters.
    """
    name = name or ("" if isinstance(source, bytes) else Path(source).name)
    data = contents(source, name)
    if not data.strip():
        raise UnreadablePaper("paper_empty", name=name)
    if data.startswith(_OLD_OFFICE):
        code = "paper_encrypted" if _UNDER_PASSWORD in data else "paper_old_workbook"
        raise UnreadablePaper(code, name=name)
    if not data.startswith(_ZIP) and name.lower().endswith((".xlsx", ".xlsm")):
        raise UnreadablePaper("paper_not_workbook", name=name)
    sheets = read_sheets(data, name) if data.startswith(_ZIP) else _csv(data, name)
    if not sheets:
        raise UnreadablePaper("paper_empty", name=name)
    return Paper(name, sheets)


def _cause(error: OSError | ValueError) -> str:
    """Return why a file could not be opened, without the number and the path the system adds."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def contents(source: Source, name: str) -> bytes:
    """Return the bytes of a file. Raises UnreadablePaper when it is too large or cannot be opened."""
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise UnreadablePaper("paper_not_found", name=str(source)) from None
        except (OSError, ValueError) as error:
            raise UnreadablePaper("paper_not_opened", name=str(source), problem=_cause(error)) from error
    if len(data) > MAX_BYTES:
        raise UnreadablePaper("paper_too_large", name=name, limit=MAX_BYTES // 2**20)
    return data


def _csv(data: bytes, name: str) -> tuple[Sheet, ...]:
    """Read a CSV file as one sheet."""
    keeper = RowKeeper(name)
    rows = keeper.kept((number, _counted(cells, keeper)) for number, cells in read_csv_rows(data, name))
    return (Sheet(name, rows),) if rows else ()


def _counted(cells: list[str], keeper: RowKeeper) -> list[str]:
    keeper.count(len(cells))
    return cells
