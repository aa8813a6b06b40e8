"""Lists with columns defined once: the headings of the page, and the whole list as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from documents.sheets.listing import Table, tables_workbook
from web.ui.preferences import preferences
from web.ui.render import Translator
from workflow.law.procedure import Text

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of a list.

    Attributes:
        head: code of its heading in the catalogues, or the heading in the three languages.
        value: function that returns the value of a workbook cell.
        look: CSS class of the heading on the page; None for a column only in the workbook.
    """

    head: str | Text
    value: Callable[[Translator, R], object]
    look: str | None = None


def page_heads(columns: Sequence[Column[R]]) -> tuple[tuple[str | Text, str], ...]:
    """Return the headings shown on a page, each with its CSS class."""
    return tuple((column.head, column.look) for column in columns if column.look is not None)


def table_of(
    translator: Translator, columns: Sequence[Column[R]], rows: Iterable[R], *, name: str = ""
) -> Table:
    """Return rows as a table of a workbook, in the translator's language."""
    heads = [
        translator.say(column.head) if isinstance(column.head, str) else column.head[translator.language]
        for column in columns
    ]
    return Table(heads, [[column.value(translator, row) for column in columns] for row in rows], name)


def workbook_response(
    request: Request,
    columns: Sequence[Column[R]],
    rows: Iterable[R],
    *,
    title: str,
    today: date,
    **arguments: object,
) -> Response:
    """Return a list as a workbook to download.

    Args:
        title: code of the list's name, used for the file and its sheet; arguments: those of the code.
    """
    translator = Translator(preferences(request).language)
    return list_workbook(translator, columns, rows, title=title, today=today, **arguments)


def list_workbook(
    translator: Translator,
    columns: Sequence[Column[R]],
    rows: Iterable[R],
    *,
    title: str,
    today: date,
    **arguments: object,
) -> Response:
    """Return a list as a workbook in the translator's language."""
    name = translator.say(title, **arguments)
    content = tables_workbook([table_of(translator, columns, rows, name=name)])
    return download(content, f"{name} {translator.short(today)}.xlsx")


def download(content: bytes, name: str) -> Response:
    """Return a workbook as a download, with a file name in any script."""
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=XLSX, headers={"content-disposition": disposition})
