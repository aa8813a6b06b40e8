"""The title of a case on a page."""

from __future__ import annotations

from workflow.cases.case import Case
from workflow.law.procedure import Procedure, Text


def case_title(case: Case, procedure: Procedure) -> Text:
    """Return the title of a case: its object as the procedure names it, else the procedure's title.

    Never the number of the case, which means nothing to the reader of a list.
    """
    body = procedure.bodies.get(case.object)
    if body is not None:
        return body.title
    return Text(**case.object_names()) if case.object_in("kk") else procedure.title
