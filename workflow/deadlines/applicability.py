"""Whether something is asked at all: of this kind of organisation, of this body, in this branch of a case."""

from __future__ import annotations

from workflow.cases.case import Case
from workflow.law.procedure import Obligation, Procedure
from workflow.org.kinds import among
from workflow.periods import Span


def asked_of(case: Case, procedure: Procedure, obligation: Obligation) -> bool:
    """Whether the obligation is asked of the organisation (and, where the case is about a body, of that body).

    What names no body is asked of every one; what an abolished body was to do is asked of its successors. A
    group of bodies stands for kinds of organisation: asked of it is asked of each of these kinds.
    """
    if not among(case.kind, obligation.only_for):
        return False
    named = (*obligation.bodies, *obligation.by_agreement)
    groups = [kinds for body in named if (kinds := procedure.bodies[body].kinds)]
    if not named or (case.kind and any(among(case.kind, kinds) for kinds in groups)):
        return True
    if case.object in procedure.bodies:
        return any(case.object in procedure.answering[body] for body in named)
    # Which body the case is about is not said: only a kind outside every group named is out of it.
    return not case.kind or len(groups) < len(named)


def branch_open(case: Case, procedure: Procedure, obligation: Obligation, span: Span | None) -> bool:
    """Whether the fact that makes it required is recorded or planned; nothing to wait for is an open branch."""
    if obligation.when is None:
        return True
    fact = obligation.when
    if span is not None and procedure.by_id[fact].recurs:
        fact = f"{fact}.{span.name}"
    return fact in case.facts or fact in case.planned
