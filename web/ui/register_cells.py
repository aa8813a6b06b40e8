"""Values of a register row as shown on pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.registers.results import FieldView, RegisterView, RowView, cell_value
from web.ui.render import Translator


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A value in a table cell. `address`: link target, "" for none; `outside`: whether it is another site;
    `late`: days by which a date is late; `counted`: from another register, where `typed` is another number that
    was typed.
    """

    text: str = ""
    address: str = ""
    outside: bool = False
    number: bool = False
    late: int = 0
    counted: bool = False
    typed: str = ""


def cell_of(field: FieldView, row: RowView, translator: Translator) -> Cell:
    """Return a value of a row as a cell."""
    value = cell_value(field, row, translator.language)
    late = row.late.get(field.id, 0)
    if value is None:
        return Cell(late=late)
    if isinstance(value, bool):
        return Cell(text=translator.say("register.yes" if value else "register.no"))
    if isinstance(value, date):
        return Cell(text=translator.short(value), late=late)
    if isinstance(value, Decimal):
        typed = Decimal(row.typed.get(field.id) or value)
        written = translator.number(typed) if typed != value else ""
        return Cell(text=translator.number(value), number=True, counted=field.id in row.typed, typed=written)
    text, stored = str(value), row.values[field.id]
    match field.kind:
        case "link":
            return Cell(text=text, address=text, outside=True)
        case "case":
            return Cell(text=text, address=f"/cases/{stored}" if stored in row.names else "")
        case "row":
            address = f"/registers/{field.register_id}/{stored}" if stored in row.names else ""
            return Cell(text=text, address=address)
        case "file":
            return Cell(text=text, address=f"/registers/{row.register_id}/{row.id}/files/{stored['sha256']}")
    return Cell(text=text)


def row_title(register: RegisterView, row: RowView, translator: Translator) -> str:
    """Return the title of a row on a page: its visible title fields, else its number."""
    named = [field for field in register.fields if field.id in register.named_by]
    words = [cell_of(field, row, translator).text for field in named]
    return translator.capital(" · ".join(filter(None, words))) or translator.row(row.id)
