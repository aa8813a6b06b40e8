"""Changes a case as a whole: its status (cancelled, exempted, reopened), its edition and its passport."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from workflow.cases.case import Case, EventKind, Wording
from workflow.cases.commands.case_commands import Drafts, NotForKind, View, require_ground
from workflow.law.library import Library, UnknownFact, known_fact, known_obligation
from workflow.law.procedure import Procedure
from workflow.machine import require
from workflow.org.kinds import among
from workflow.refusal import Refusal, closest_first


def cancel(view: View, *, ground: str) -> Drafts:
    """Cancel the case. Refused without a ground, and where its state does not allow that."""
    return _change_status(view, "cancel", "cancelled", ground)


def exempt(view: View, *, ground: str, obligation: str = "") -> Drafts:
    """Exempt the case, or one of its obligations, with a ground; of a recurring obligation all periods, or the
    one named. What is exempted already writes no event.
    """
    if not obligation:
        return _change_status(view, "exempt", "exempted", ground)
    known_obligation(view.procedure, obligation)
    if "." in obligation:
        known_fact(view.procedure, obligation)
    require_ground(ground)
    require(view.procedure, view.case, view.stage, "exempt")
    return () if obligation in view.case.exempted else [("exempted", obligation, None, {"ground": ground})]


def reopen(view: View, *, ground: str, obligation: str = "") -> Drafts:
    """Reopen a cancelled or exempted case, or withdraw the exemption of one obligation, as it was exempted: a
    recurring one with all its periods, or with the one named.

    Raises Refusal: no ground; an unknown obligation; it is not exempted, or the case itself is over.
    """
    if not obligation:
        return _change_status(view, "reopen", "reopened", ground)
    require_ground(ground)
    title, exempted = known_obligation(view.procedure, obligation).title, view.case.exempted
    # Whatever may be exempted now may be required again.
    require(view.procedure, view.case, view.stage, "exempt", code="cannot_reopen_one")
    if obligation not in exempted:
        code = "not_exempted" if exempted else "nothing_exempted"
        allowed = tuple(sorted(exempted))
        raise Refusal(code, case=view.case.id, title=title, obligation=obligation, allowed=allowed)
    return [("reopened", obligation, None, {"ground": ground})]


def _change_status(view: View, command: str, kind: EventKind, ground: str) -> Drafts:
    """Return the event of a case's new status; refused without a ground, or where its state forbids it."""
    require_ground(ground)
    require(view.procedure, view.case, view.stage, command)
    return [(kind, "", None, {"ground": ground})]


def migrate(view: View, library: Library, edition: str) -> Drafts:
    """Move a case to another edition of its procedure; one it has already, with the same text, writes nothing.

    Facts and plan dates the new edition does not know stay in the ledger but no longer count. Raises Refusal:
    there is no such edition.
    """
    case, procedure = view.case, view.procedure
    editions = {version.edition: version for version in library.editions_of(procedure.id)}
    new_edition = editions.get(edition)
    if new_edition is None:
        allowed = closest_first(edition, editions)
        raise Refusal("migrate.no_edition", edition=edition, title=procedure.title, allowed=allowed)
    if (new_edition.edition, new_edition.digest) == (case.edition, case.digest):
        return ()
    payload: dict[str, object] = {
        "edition": new_edition.edition,
        "digest": new_edition.digest,
        "before": {"edition": case.edition, "digest": case.digest},
    }
    if lost := list(dict.fromkeys(_unknown((*case.facts, *case.planned), new_edition))):
        payload["lost"] = lost
    return [("migrated", new_edition.edition, None, payload)]


def _unknown(names: Iterable[str], edition: Procedure) -> Iterable[str]:
    """Yield the names an edition does not know."""
    for name in names:
        try:
            known_fact(edition, name)
        except UnknownFact:
            yield name


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

    Raises Refusal: an unknown obligation, or a period that is not two days in order. Raises NotForKind.
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
