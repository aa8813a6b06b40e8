"""The passport of a case: object, unit, person, working group, responsible people, period analysed.

An edit is an event that carries only the fields that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from workflow.cases.case import Case, Wording
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.opening import NotForKind
from workflow.law.library import known_obligation
from workflow.law.procedure import Procedure
from workflow.org.kinds import among
from workflow.refusal import Refusal


def edit_passport(
    view: View,
    /,
    *,
    kind_of: Callable[[str], str],
    responsible: Mapping[str, str] = MappingProxyType({}),
    group: Sequence[str] | None = None,
    period: Sequence[date] | None = None,
    written: Wording | None = None,
    **texts: str | None,
) -> Drafts:
    """Change the passport of a case: None leaves a field unchanged, an empty value clears it. Values equal to
    the present ones are left out; an edit without changes writes nothing.

    Args:
        kind_of: returns the kind of organisation a unit belongs to, "" where unknown.
        responsible: obligation -> the person responsible, in words or by name.
        group: members of the working group, each as `name; post; role`.
        period: first and last day of the activity analysed (local dates), or empty.
        written: another name of this analysis in schedules.
        texts: the object in the nominative (`object_kk`, `object_ru`), `unit` by id, and `person`, the key of
            whom the case is about.

    Raises:
        Refusal: an unknown obligation; a period that ends before it begins, or is not two days.
        NotForKind: the procedure is not for the kind of organisation the unit belongs to.
    """
    case = view.case
    given_texts = {name: text.strip() for name, text in texts.items() if text is not None}
    changed_fields: dict[str, object] = {
        name: text for name, text in given_texts.items() if text != getattr(case, name)
    }
    changed_fields |= _kind(case, view.procedure, changed_fields.get("unit"), kind_of)
    for obligation in responsible:
        known_obligation(view.procedure, obligation)
    people = {name: text.strip() for name, text in responsible.items()}
    people = {name: text for name, text in people.items() if text != case.responsible.get(name, "")}
    if people:
        changed_fields["responsible"] = people
    if group is not None:
        members = [line.strip() for line in group if line.strip()]
        if members != list(case.group):
            changed_fields["group"] = members
    if period is not None and tuple(period) != (case.period or ()):
        if period and (len(period) != 2 or period[1] < period[0]):
            raise Refusal("passport.bad_period", first=period[0], last=period[-1])
        changed_fields["period"] = [day.isoformat() for day in period]
    if written is not None and written not in case.written:
        changed_fields["written"] = written._asdict()
    return [("passport", "", None, changed_fields)] if changed_fields else ()


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
