"""The states an obligation can have in a case."""

from __future__ import annotations

from typing import Literal, get_args

State = Literal["not_due_yet", "open", "done", "missed", "not_required", "standing", "target", "window"]
"""The last three are never waited for: a duty of every day, a figure not measured yet, a right."""

STATES: tuple[State, ...] = get_args(State)
AWAITED: tuple[State, ...] = ("open", "not_due_yet")
"""What somebody still has to do."""
