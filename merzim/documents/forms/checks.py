"""Remarks on a form and a paper before it is signed. They never refuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from merzim.documents.forms.definitions import Form
from merzim.documents.forms.paper import Paper, Row, groups_without_rows

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


def check_paper(paper: Paper) -> list[FormNote]:
    """Return the remarks on the values of a paper."""
    notes = list[FormNote]()
    match paper.form.id:
        case "social_order":
            notes = _social_order(paper.values, paper.rows)
        case "reconciliation_act":
            # An act that is not in force yet; the form has no place for the second signature.
            notes = _of_rows("form.note.not_in_force", (not row.get("in_force_on") for row in paper.rows))
            notes.append(FormNote(code="form.note.second_signature"))
        case "propaganda_report":
            sparse = [isinstance(views := row.get("views"), int) and views < VIEWS for row in paper.rows]
            notes = _of_rows("form.note.few_views", sparse, views=VIEWS)
        case "confirmation":
            # Some boxes ticked and others empty prove nothing.
            boxes = {bool(paper.values.get(box)) for box in ("has_read", "undertakes", "is_aware")}
            notes = [FormNote(code="form.note.box_empty")] if len(boxes) > 1 else []
        case "plan":
            for part in ("completion_form", "responsible", "term"):
                without = (not row.get(part) for row in paper.rows)
                notes += _of_rows("form.note.measures_without", without, field=part)
    if empty := groups_without_rows(paper):
        notes.append(FormNote(code="form.note.none_found", arguments={"rows": empty}))
    return notes


def _of_rows(code: str, are_meant: Iterable[bool], **arguments: object) -> list[FormNote]:
    """Return a remark on the rows that are meant, by their numbers; none where no row is."""
    numbers = [number for number, is_meant in enumerate(are_meant, 1) if is_meant]
    return [FormNote(code=code, arguments={**arguments, "rows": numbers})] if numbers else []


def _social_order(values: Row, rows: Sequence[Row]) -> list[FormNote]:
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


def _amount(value: object) -> Decimal | None:
    """Return a number as a decimal; None for anything else."""
    return Decimal(value) if isinstance(value, int | Decimal) else None
