"""The states an obligation can have in a case."""

from __future__ import annotations

from typing import Literal, get_args

State = Literal["not_due_yet", "open", "done", "missed", "not_required", "standing", "target", "window"]
"""States of an obligation. The last three require no action: a duty of every day, a figure not measured yet, a
right.
"""

STATES: tuple[State, ...] = get_args(State)
AWAITED: tuple[State, ...] = ("open", "not_due_yet")
"""States in which somebody must still act."""
