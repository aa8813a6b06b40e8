"""The data of the risk register of a case: risks with their measures, and the forms of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from services.cases.risks import CaseRegisters, registers_of_case
from services.registers.results import RowView, field_view
from web.pages.cases.case_view import CaseView, Entry
from web.ui.form_values import RejectedForm
from web.ui.render import Translator
from web.ui.tables import cell_of
from workflow.cases.registers.rows import Row, value_of

CHOSEN = ("risk", "measure", "position", "remark")
OF_FORM = {
    "review": "measure",
    "talk": "position",
    "clear": "position",
    "reply": "remark",
    **{f"edit_{kind}": kind for kind in ("risk", "measure", "position", "remark")},
}
"""The kind of row that the number in a form refers to; by default a risk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Risks(CaseRegisters):
    """The data of the page. `risk`, `measure`, `position`, `remark`: the chosen ones, with open forms; 0 for
    none.
    """

    entries: Mapping[str, Entry]
    risk: int
    measure: int
    position: int
    remark: int

    def text(self, row: object, field: str) -> str:
        """Return the value of a field for a form."""
        value = value_of(row, field)
        return (
            str(value["written"])
            if isinstance(value, Mapping)
            else "yes"
            if value is True
            else str(value or "")
        )

    def extra(self, register: str, row: Row, translator: Translator) -> list[tuple[str, str]]:
        """Return titles and values of fields without a place of their own on the page."""
        shown = RowView.model_construct(id="", register_id=register, values=row.extra, names={})
        fields = (
            field_view(one) for name, one in self.registers[register].fields.items() if row.extra.get(name)
        )
        return [(one.title[translator.language], cell_of(one, shown, translator).text) for one in fields]


def risk_view(dossier: CaseView, asked: Mapping[str, str], tried: object, *, today: date) -> Risks:
    """Return the register of a case on a day.

    Args:
        asked: query of the address: `risk`, `measure`, `position` and `remark` choose the rows; a refused form
            chooses its own.
    """
    entries = {entry.deadline.id: entry for part in dossier.parts for entry in part.entries}
    shown = registers_of_case(dossier.case, (entry.deadline for entry in entries.values()), today=today)
    chosen: dict[str, Any] = {name: _number(asked.get(name, "")) for name in CHOSEN}
    if isinstance(tried, RejectedForm):
        what, _, number = tried.form.rpartition("-")
        chosen[OF_FORM.get(what, "risk")] = _number(number)
    rows: dict[str, Any] = {one.name: getattr(shown, one.name) for one in fields(shown)}
    return Risks(**rows, **chosen, entries=entries)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
