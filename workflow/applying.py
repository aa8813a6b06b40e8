"""Whether something is asked at all: of this kind of organisation, of this body, in this branch of a case."""

from __future__ import annotations

from workflow.case import Case
from workflow.kinds import among
from workflow.periods import Span
from workflow.procedure import Obligation, Procedure


def asked_of(case: Case, procedure: Procedure, obligation: Obligation) -> bool:
    """Whether the obligation is asked of the organisation (and, where the case is about a body, of that body).

    What names no body is asked of every one; what an abolished body was to do is asked of its successors.
    """
    if not among(case.kind, obligation.only_for):
        return False
    named = (*obligation.bodies, *obligation.by_agreement)
    if not named or case.object not in procedure.bodies:
        return True
    return any(case.object in procedure.answering[body] for body in named)


def branch_open(case: Case, procedure: Procedure, obligation: Obligation, span: Span | None) -> bool:
    """Whether the fact that makes it required is recorded or planned; nothing to wait for is an open branch."""
    if obligation.when is None:
        return True
    fact = obligation.when
    if span is not None and procedure.by_id[fact].recurs:
        fact = f"{fact}.{span.name}"
    return fact in case.facts or fact in case.planned
