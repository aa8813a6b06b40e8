"""Finding what a person means by a word: an obligation of a case, with or without its period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.law.names import UnknownObligation
from workflow.nearest import nearest_first

if TYPE_CHECKING:
    from workflow.counting.deadline import Deadline
    from workflow.desk.desk import View


def deadline_named(view: View, name: str) -> tuple[Deadline, ...]:
    """The deadline of that id; every period of it when a recurring obligation is named without one.

    Raises:
        UnknownObligation: the case has none of that id.
    """
    found = [deadline for deadline in view.deadlines if name in (deadline.id, deadline.obligation.id)]
    exact = [deadline for deadline in found if deadline.id == name]
    if not found:
        allowed = nearest_first(name, [deadline.id for deadline in view.deadlines])
        raise UnknownObligation("unknown_obligation", obligation=name, allowed=allowed)
    return tuple(exact or found)
