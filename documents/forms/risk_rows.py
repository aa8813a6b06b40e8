"""Risks and their measures as rows of the note, the plan and the monitoring note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from documents.forms.form import Form


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskRow:
    """One risk with one of its measures, every part as it is to be read; "" where it is not known yet."""

    description: str = ""
    direction: str = ""
    cause: str = ""
    rank: str = ""
    recommendation: str = ""
    removal: str = ""
    measure: str = ""
    completion_form: str = ""
    responsible: str = ""
    term: str = ""
    status: str = ""
    proof: str = ""


def rows_of(form: Form, risks: Iterable[RiskRow]) -> list[dict[str, object]]:
    """The rows of a form about risks: of each, what the form asks. None for a form about other things."""
    asked = {part.id for part in form.rows.parts} if form.rows else set()
    if "recommendation" not in asked:
        return []
    return [{name: text for name, text in asdict(risk).items() if name in asked and text} for risk in risks]
