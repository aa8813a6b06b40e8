"""Cancels, exempts and reopens a case, exempts single obligations of it, moves it to another edition."""

from __future__ import annotations

from collections.abc import Iterable

from workflow.cases.case import EventKind
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.commands.recording import require_ground
from workflow.law.library import Library, UnknownFact, known_fact, known_obligation
from workflow.law.procedure import Procedure
from workflow.machine import require
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
    """Reopen a cancelled or exempted case, or withdraw the exemption of one obligation.

    Args:
        obligation: as it was exempted: a recurring one with all its periods, or with the one named.

    Raises:
        Refusal: no ground in words, or no such obligation in the edition.
        Refusal: it is not exempted, or the case itself is cancelled or exempted.
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

    Facts and plan dates the new edition does not know stay in the ledger but no longer count.

    Raises Refusal: there is no such edition.
    """
    case, procedure = view.case, view.procedure
    editions = {version.edition: version for version in library.all() if version.id == procedure.id}
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
