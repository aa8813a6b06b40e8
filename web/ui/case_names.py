"""What a case is called on a page."""

from __future__ import annotations

from workflow.cases.case import Case
from workflow.law.procedure import Procedure, Text


def about(case: Case, procedure: Procedure) -> Text:
    """What the case is about: its object, in the words of its procedure where it knows them; without one, what
    the procedure is called. A number says nothing to whoever reads a list."""
    body = procedure.bodies.get(case.object)
    if body is not None:
        return body.title
    return Text(*(case.object,) * 3) if case.object else procedure.title
