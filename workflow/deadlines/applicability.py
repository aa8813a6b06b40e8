"""Whether something is asked at all: of this kind of organisation, of this body, in this branch of a case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from calendars.hours import almaty
from workflow.cases.case import EXTENDED, Case
from workflow.law.procedure import Obligation, Procedure
from workflow.org.kinds import among
from workflow.periods import Span


def asked_of(case: Case, procedure: Procedure, obligation: Obligation, name: str = "") -> bool:
    """Return whether the obligation is asked of the organisation a case is of.

    What names no body is asked of every one; what an abolished body was to do is asked of its successors. A
    group of bodies stands for kinds of organisation. Bodies that agree first, and those of a group whose
    members the act does not name, are asked once they have planned it. A case of no unit and no body is the
    whole plan.

    Args:
        name: the obligation's id with its period, by which it is planned.
    """
    if not among(case.kind, obligation.only_for):
        return False
    if _asked_by_the_act(case, procedure, obligation):
        return True
    planned = (name or obligation.id) in case.planned
    named = (*obligation.bodies, *obligation.by_agreement)
    return planned and any(_is_meant(case, procedure, body, willing=True) for body in named)


def taken_up_after(
    case: Case, procedure: Procedure, obligation: Obligation, name: str, due: date | None
) -> date | None:
    """Return the local date after `due` on which the organisation planned what is asked of it for that reason
    alone; None of all else.

    Args:
        name: the obligation's id with its period.
    """
    at = case.planned_at.get(name)
    if at is None or due is None or _asked_by_the_act(case, procedure, obligation):
        return None
    on = at.astimezone(almaty()).date()
    return on if on > due else None


def _asked_by_the_act(case: Case, procedure: Procedure, obligation: Obligation) -> bool:
    """Return whether a plan date changes nothing: the act names no body, or one that is the organisation."""
    named = obligation.bodies or obligation.by_agreement
    if not named or not (case.unit or case.object in procedure.bodies):
        return True
    return any(_is_meant(case, procedure, body) for body in obligation.bodies)


def _is_meant(case: Case, procedure: Procedure, body: str, *, willing: bool = False) -> bool:
    """Return whether a body (or group) means the organisation; `willing`: one that may come in has done so."""
    if case.object in procedure.answering[body]:
        return True
    group = procedure.bodies[body]
    return bool(group.kinds) and (willing or not group.open_group) and _kind_known(case, procedure, group.kinds)


def _kind_known(case: Case, procedure: Procedure, kinds: tuple[str, ...]) -> bool:
    """Return whether it is of such a kind; a body the act names has none until its unit says so."""
    return among(case.kind, kinds) and bool(case.kind or case.object not in procedure.bodies)


def with_answers(case: Case, procedure: Procedure) -> Case:
    """Return the case with what one fact answers besides (`also_by`) as facts of the same day."""
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


def branch_open(case: Case, procedure: Procedure, obligation: Obligation, span: Span | None) -> bool:
    """Whether the fact that makes it required is recorded or planned; nothing to wait for is an open branch."""
    if obligation.when is None:
        return True
    fact = obligation.when
    if span is not None and procedure.anchor_by_id[fact].recurs:
        fact = f"{fact}.{span.name}"
    if fact.startswith(EXTENDED):
        return fact.removeprefix(EXTENDED) in case.extensions
    return fact in case.facts or fact in case.planned
