"""Decides whether an obligation is required: of this kind of organisation, of this body, in this branch of a
case.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from calendars.hours import local_date
from workflow.cases.case import Case
from workflow.law.procedure import Obligation, Procedure
from workflow.org.kinds import among


def is_asked_of(case: Case, procedure: Procedure, obligation: Obligation, name: str = "") -> bool:
    """Return whether the obligation is required of the organisation a case belongs to.

    One that names no body is required of all; that of an abolished body is required of its successors. A group
    of bodies means kinds of organisation. A body that is responsible `once_planned` is included once it has
    planned it (by `name`, the id with its period). In a case without unit and body everything is required.
    """
    if not among(case.kind, obligation.only_for):
        return False
    if _asked_by_the_act(case, procedure, obligation):
        return True
    planned = (name or obligation.id) in case.planned
    return planned and any(_includes_organisation(case, procedure, body) for body in obligation.bodies)


def taken_up_after(
    case: Case, procedure: Procedure, obligation: Obligation, name: str, due: date | None
) -> date | None:
    """Return the local date after `due` on which the organisation planned an obligation that is required of it
    only because it planned it; None for all others. `name`: the obligation's id with its period.
    """
    at = case.planned_at.get(name)
    if at is None or due is None or _asked_by_the_act(case, procedure, obligation):
        return None
    on = local_date(at)
    return on if on > due else None


def _asked_by_the_act(case: Case, procedure: Procedure, obligation: Obligation) -> bool:
    """Return whether the act requires it, planned or not: it names no body, or names the organisation."""
    if not obligation.bodies or not (case.unit or case.object in procedure.bodies):
        return True
    asked = (body for body in obligation.bodies if not procedure.bodies[body].once_planned)
    return any(_includes_organisation(case, procedure, body) for body in asked)


def _includes_organisation(case: Case, procedure: Procedure, body: str) -> bool:
    """Return whether the act means the organisation by a body, one of its successors, or a group of kinds.

    A body the act names has no kind until its unit has one.
    """
    if case.object in procedure.answering_for[body]:
        return True
    kinds = procedure.bodies[body].kinds
    kind_known = bool(case.kind or case.object not in procedure.bodies)
    return bool(kinds) and kind_known and among(case.kind, kinds)


def with_answers(case: Case, procedure: Procedure) -> Case:
    """Add to a case each missing fact that a recorded one answers too (of several the first), on its day."""
    if not procedure.answered_too:
        return case
    answers = {
        obligation.id: replace(case.facts[fact], name=obligation.id, values={}, signed_by="")
        for obligation in procedure.answered_too
        if obligation.id not in case.facts
        for fact in obligation.also_by[::-1]
        if fact in case.facts
    }
    return replace(case, facts={**case.facts, **answers}) if answers else case
