"""The state machine of a procedure. Alone knows `transitions`.

One immutable machine per edition; cases are never registered with it. The state a case stands in is
walked from the start each time: the earliest stage with something blocking that is not done.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from transitions import Machine
from transitions.core import EventData

from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal

COMPLETED, CANCELLED, EXEMPTED = "completed", "cancelled", "exempted"
COMMANDS = ("cancel", "exempt", "reopen")


class NotOpen(Refusal, ValueError):
    """The command is not a step out of where the case stands; `open` names those that are."""


class _Context:
    """What one walk needs: the state, and the stages that something still blocks."""

    __slots__ = ("blocked", "state")

    def __init__(self, state: str, blocked: frozenset[str]) -> None:
        self.state = state
        self.blocked = blocked


def stage(procedure: Procedure, case: Case, deadlines: Iterable[Deadline]) -> str:
    """Where the case stands: a stage's id, `completed`, `cancelled` or `exempted`."""
    blocked = frozenset(
        deadline.obligation.stage
        for deadline in deadlines
        if deadline.obligation.blocking
        # A figure is never due, but a stage that turns on it is not over while it is unmeasured.
        and deadline.state in ("open", "not_due_yet", "target")
        and not deadline.obligation.by_itself
    )
    machine = _machine(tuple(stage.id for stage in procedure.stages))
    context = _Context(procedure.stages[0].id, blocked)
    if case.standing != "active":
        _fire(machine, {"cancelled": "cancel", "exempted": "exempt"}[case.standing], context)
        return context.state
    while context.state != COMPLETED and _fire(machine, "advance", context):
        pass
    return context.state


def require(procedure: Procedure, case: Case, state: str, command: str, *, code: str = "") -> None:
    """Nothing when the command is a step out of `state`. Raises NotOpen naming those that are.

    Args:
        code: of the refusal; "" for `cannot_` and the command.
    """
    machine = _machine(tuple(stage.id for stage in procedure.stages))
    open_now = tuple(name for name in COMMANDS if name in machine.get_triggers(state))
    if command not in open_now:
        standing = procedure.stage_title.get(state, state)
        raise NotOpen(code or f"cannot_{command}", case=case.id, standing=standing, open=open_now)


def _fire(machine: Machine, trigger: str, context: _Context) -> bool:
    return bool(machine.events[trigger].trigger(context))


def _nothing_blocks(event: EventData) -> bool:
    context = cast(_Context, event.model)
    return context.state not in context.blocked


@lru_cache(maxsize=64)
def _machine(stages: tuple[str, ...]) -> Machine:
    states = [*stages, COMPLETED, CANCELLED, EXEMPTED]
    steps = [
        {"trigger": "advance", "source": here, "dest": there, "conditions": _nothing_blocks}
        for here, there in zip(stages, states[1:], strict=False)
    ]
    active = [*stages, COMPLETED]
    commands = [
        {"trigger": "cancel", "source": active, "dest": CANCELLED},
        {"trigger": "exempt", "source": active, "dest": EXEMPTED},
        {"trigger": "reopen", "source": [CANCELLED, EXEMPTED], "dest": stages[0]},
    ]
    return Machine(
        model=None,
        states=states,
        transitions=[*steps, *commands],
        initial=stages[0],
        auto_transitions=False,
        queued=False,
        send_event=True,
    )


def diagram(procedure: Procedure) -> str:
    """The stages as a Mermaid state diagram."""
    stages = [stage.id for stage in procedure.stages]
    lines = ["stateDiagram-v2", f"    [*] --> {stages[0]}"]
    lines += [f"    {here} --> {there}" for here, there in zip(stages, [*stages[1:], COMPLETED], strict=True)]
    return "\n".join([*lines, f"    {COMPLETED} --> [*]"])
