"""Cases follow the acts their organisation adopts: exempted when one is left, reopened when it is back."""

from __future__ import annotations

from i18n import say
from merzim.services.app import AppContext
from workflow.cases.case import Case
from workflow.cases.commands.case_commands import Drafts, View
from workflow.cases.states import AWAITED
from workflow.law.procedure import Procedure
from workflow.moments import Moment
from workflow.org.office import Office, acts_of


def follow_adopted_acts(app: AppContext, before: Office, unit: str, *, at: Moment) -> int:
    """Exempt the active cases of acts that a change took from units, and reopen those of acts adopted again.

    Acts of one organisation bind only those that adopted them. A case opened by hand where its act was never
    adopted stays unchanged.

    Args:
        before: the office before the change, which is stored already; unit: the one that changed.

    Returns: how many cases changed, in that unit and below.
    """
    office, common = app.reads.office(), {*app.settings.regulations.acts}
    places: dict[tuple[str, bool], set[str]] = {}
    for place in office.below(unit):
        was, binding = (acts_of(state, place) - common for state in (before, office))
        for act in was ^ binding:
            places.setdefault((act, act in was), set()).add(place)
    changed_count = 0
    for (act, gave_up), units in sorted(places.items()):
        follow = _exempt if gave_up else _reopen
        for procedure in sorted({edition.id for edition in app.library.all() if edition.adopted_act == act}):
            for head in app.reads.cases(unit, procedure=procedure):
                if head.unit in units:
                    changed_count += follow(app, head, act, at=at)
    return changed_count


def _exempt(app: AppContext, head: Case, act: str, *, at: Moment) -> bool:
    """Exempt a case whose act was given up, if it is active and anything is still to be done.

    Returns: whether it was exempted.
    """

    def exempted(view: View) -> Drafts:
        if view.case.status != "active" or all(deadline.state not in AWAITED for deadline in view.deadlines):
            return ()
        return [("exempted", "", None, {"ground": _ground(app, "given_up", view.procedure, act), "act": act})]

    return bool(app.case_commands.write(head.id, at, exempted).events)


def _reopen(app: AppContext, head: Case, act: str, *, at: Moment) -> bool:
    """Reopen a case if it was exempted because this act was given up; return whether it was."""

    def reopened(view: View) -> Drafts:
        exemptions = [event for event in view.events if event.kind == "exempted" and not event.name]
        if view.case.status != "exempted" or exemptions[-1].payload.get("act") != act:
            return ()
        return [("reopened", "", None, {"ground": _ground(app, "taken_up", view.procedure, act), "act": act})]

    return bool(app.case_commands.write(head.id, at, reopened).events)


def _ground(app: AppContext, code: str, procedure: Procedure, act: str) -> str:
    """Return the ground recorded where an act was given up or adopted again, in the office's language."""
    language = app.settings.office.language
    return say(f"adopted_act.{code}", {"act": procedure.acts[act].short}, language)
