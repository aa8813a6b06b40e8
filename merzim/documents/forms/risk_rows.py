"""Turns risks and their measures into rows of the note, the plan and the monitoring note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from merzim.documents.forms.form import Form


@dataclass(frozen=True, kw_only=True, slots=True)
class RiskRow:
    """One risk with one of its measures, each part as readable text; "" when missing.

    `extra`: values of fields defined only in the register files, by field.
    """

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
    extra: Mapping[str, str] = field(default_factory=dict)


def form_rows(form: Form, risks: Iterable[RiskRow]) -> list[dict[str, object]]:
    """Return the rows of a form about risks, with the parts the form has; [] for other forms."""
    part_ids = {part.id for part in form.rows.parts} if form.rows else set()
    if "recommendation" not in part_ids:
        return []
    parts = ({**asdict(risk), **risk.extra} for risk in risks)
    return [{name: text for name, text in risk.items() if name in part_ids and text} for risk in parts]
