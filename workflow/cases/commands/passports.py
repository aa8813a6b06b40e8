"""The passport of a case: object, unit, person, working group, responsible people, period analysed.

An edit is an event that carries only the fields that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from workflow.cases.case import Case, Wording
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.opening import NotForKind
from workflow.law.names import known_obligation
from workflow.law.procedure import Procedure
from workflow.org.kinds import among
from workflow.refusal import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class PassportEdit:
    """New values of a passport; None leaves a field unchanged, an empty value clears it.

    Attributes:
        object_kk, object_ru: the object in the nominative.
        unit: id of a unit.
        person: key of the person the case is about.
        responsible: obligation -> the person responsible, in words or by name.
        group: members of the working group, each as `name; post; role`.
        period: first and last day of the activity analysed (local dates), or empty.
        written: another name of this analysis in schedules.
    """

    object_kk: str | None = None
    object_ru: str | None = None
    unit: str | None = None
    person: str | None = None
    responsible: Mapping[str, str] = field(default_factory=dict)
    group: Sequence[str] | None = None
    period: Sequence[date] | None = None
    written: Wording | None = None


def edit_passport(view: View, edit: PassportEdit, *, kind_of: Callable[[str], str]) -> Drafts:
    """Change the passport of a case; values equal to the present ones are left out, an edit without changes
    writes nothing.

    Args:
        kind_of: returns the kind of organisation a unit belongs to, "" where unknown.

    Raises:
        Refusal: an unknown obligation; a period that ends before it begins, or is not two days.
        NotForKind: the procedure is not for the kind of organisation the unit belongs to.
    """
    case = view.case
    changed_fields: dict[str, object] = {}
    for name in ("object_kk", "object_ru", "unit", "person"):
        text = getattr(edit, name)
        if text is not None and text.strip() != getattr(case, name):
            changed_fields[name] = text.strip()
    changed_fields |= _kind(case, view.procedure, changed_fields.get("unit"), kind_of)
    for obligation in edit.responsible:
        known_obligation(view.procedure, obligation)
    people = {name: text.strip() for name, text in edit.responsible.items()}
    people = {name: text for name, text in people.items() if text != case.responsible.get(name, "")}
    if people:
        changed_fields["responsible"] = people
    if edit.group is not None:
        members = tuple(line.strip() for line in edit.group if line.strip())
        if members != case.group:
            changed_fields["group"] = list(members)
    if edit.period is not None and tuple(edit.period) != (case.period or ()):
        changed_fields["period"] = [day.isoformat() for day in _period(edit.period)]
    if edit.written is not None and edit.written not in case.written:
        changed_fields["written"] = edit.written._asdict()
    return [("passport", "", None, changed_fields)] if changed_fields else ()


def _period(days: Sequence[date]) -> Sequence[date]:
    """Return the days of a period, none for an empty one. Raises Refusal unless they are two in order."""
    if days and (len(days) != 2 or days[1] < days[0]):
        raise Refusal("passport.bad_period", first=days[0], last=days[-1])
    return days


def _kind(case: Case, procedure: Procedure, unit: object, kind_of: Callable[[str], str]) -> dict[str, object]:
    """Return the kind of organisation to record when the unit of a case changes, as a field of its passport;
    nothing where the kind stays or the procedure does not depend on it. Raises NotForKind.
    """
    if unit is None or not procedure.depends_on_kind:
        return {}
    kind = kind_of(str(unit))
    if not among(kind, procedure.applies_to):
        raise NotForKind(procedure, str(unit), kind)
    return {"kind": kind} if kind != case.kind else {}
