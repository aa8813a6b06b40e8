"""Finds the obligation of a case that a user names, with or without its period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.closest_matches import closest_first
from workflow.law.names import UnknownObligation

if TYPE_CHECKING:
    from workflow.cases.commands.desk import View
    from workflow.deadlines.deadline import Deadline


def deadline_named(view: View, name: str) -> tuple[Deadline, ...]:
    """Return the deadline of that id; all periods of a recurring obligation named without one.

    Raises:
        UnknownObligation: the case has no such obligation.
    """
    found = [deadline for deadline in view.deadlines if name in (deadline.id, deadline.obligation.id)]
    exact = [deadline for deadline in found if deadline.id == name]
    if not found:
        allowed = closest_first(name, [deadline.id for deadline in view.deadlines])
        raise UnknownObligation("unknown_obligation", obligation=name, allowed=allowed)
    return tuple(exact or found)
