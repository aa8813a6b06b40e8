"""A finding: a departure from what was required, neutrally worded, never an accusation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Basis, Force

FindingKind = Literal["term", "order", "evidence", "feasibility", "duration", "range"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One departure.

    Attributes:
        code: code of its sentence in the catalogues of i18n/.
        late_by: working days d with due < d <= on; 0 is possible for a late fact; None for findings that are
            not about lateness.
        basis: the law, or our own practice check.
    """

    kind: FindingKind
    obligation: str
    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    late_by: int | None = None
    basis: Basis = "law"
    force: Force = "obligatory"


def departure(
    deadline: Deadline,
    kind: FindingKind,
    code: str,
    *,
    late: int | None = None,
    basis: Basis = "law",
    **arguments: object,
) -> Finding:
    """Return a finding about one deadline; its sentence names the obligation by its title."""
    obligation = deadline.obligation
    return Finding(
        kind=kind,
        obligation=deadline.id,
        code=code,
        arguments={"title": obligation.title, **arguments},
        late_by=late,
        basis="practice" if obligation.practice else basis,
        force=obligation.force,
    )
