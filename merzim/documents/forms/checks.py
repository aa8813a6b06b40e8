"""Checks of a filled form before signing. They give remarks and never refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from merzim.documents.forms.definitions import Form

Row = Mapping[str, object]
Values = Mapping[str, object]
VIEWS = 1000
"""Minimum number of views of a publication (scoring document, P4.T3.S1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormNote:
    """A remark about a filled form: a code of the catalogues with its arguments."""

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


def form_marks(form: Form, language: str) -> tuple[FormNote, ...]:
    """Return remarks shown beside a form but never printed on it: that its layout, or its Russian text, is
    ours.
    """
    translated = form.origin in ("instruction", "policy") and language != "kk"
    if form.origin == "no488":
        return (FormNote(code="form.mark.layout", arguments={"annex": form.annex}),)
    return (FormNote(code="form.mark.translation"),) if translated else ()


def check_form(form: Form, values: Values, rows: Sequence[Row]) -> tuple[FormNote, ...]:
    """Return the remarks of a form's own check; none for a form that has none."""
    check = _CHECKS.get(form.id)
    return tuple(check(values, rows)) if check else ()


def _social_order(values: Values, rows: Sequence[Row]) -> list[FormNote]:
    """Return remarks if the parts do not add up to the amount of the theme, or that exceeds the whole; and how
    many rows have an amount.
    """
    notes: list[FormNote] = []
    amounts = [_amount(row.get("amount")) for row in rows]
    theme, total = _amount(values.get("theme_amount")), _amount(values.get("total_amount"))
    parts = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if rows and theme is not None and parts != theme:
        notes.append(FormNote(code="form.note.sum_differs", arguments={"sum": parts, "amount": theme}))
    if theme is not None and total is not None and theme > total:
        notes.append(FormNote(code="form.note.theme_above_total", arguments={"amount": theme, "total": total}))
    if rows:
        filled_count = sum(1 for amount in amounts if amount)
        notes.append(FormNote(code="form.note.share", arguments={"done": filled_count, "of": len(rows)}))
    return notes


def _reconciliation(values: Values, rows: Sequence[Row]) -> list[FormNote]:
    """Return remarks on acts that are not in force yet, and on a second signature the form has no place for."""
    waiting = [number for number, row in enumerate(rows, 1) if not row.get("in_force_on")]
    notes = [FormNote(code="form.note.not_in_force", arguments={"rows": waiting})] if waiting else []
    return [*notes, FormNote(code="form.note.second_signature")]


def _propaganda(values: Values, rows: Sequence[Row]) -> list[FormNote]:
    """Return remarks on publications with fewer views than required."""
    sparse_rows = [
        number
        for number, row in enumerate(rows, 1)
        if isinstance(views := row.get("views"), int) and views < VIEWS
    ]
    return (
        [FormNote(code="form.note.few_views", arguments={"rows": sparse_rows, "views": VIEWS})]
        if sparse_rows
        else []
    )


def _confirmation(values: Values, rows: Sequence[Row]) -> list[FormNote]:
    """Return a remark if some boxes are ticked and others left empty, which proves nothing."""
    boxes = [bool(values.get(box)) for box in ("has_read", "undertakes", "is_aware")]
    return [FormNote(code="form.note.box_empty")] if any(boxes) and not all(boxes) else []


def _measures(values: Values, rows: Sequence[Row]) -> list[FormNote]:
    """Return remarks on measures without a completion form, a responsible person or a term."""
    notes = []
    for part in ("completion_form", "responsible", "term"):
        without = [number for number, row in enumerate(rows, 1) if not row.get(part)]
        if without:
            notes.append(
                FormNote(code="form.note.measures_without", arguments={"field": part, "rows": without})
            )
    return notes


def _amount(value: object) -> Decimal | None:
    """Return a number as a decimal; None for anything else."""
    return Decimal(value) if isinstance(value, int | Decimal) else None


_CHECKS: Mapping[str, Callable[[Values, Sequence[Row]], list[FormNote]]] = {
    "social_order": _social_order,
    "reconciliation_act": _reconciliation,
    "propaganda_report": _propaganda,
    "confirmation": _confirmation,
    "plan": _measures,
}
