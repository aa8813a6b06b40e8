"""The state machine of an edition: the stage of a case, the commands open to it, and the diagram of both.

The only module that uses `transitions`. There is one immutable machine per edition, built from its stages and
commands with guards as conditions; cases are never registered with it. The stage of a case is found from the
first stage each time: it is the earliest one whose guard holds the case back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from transitions import Machine

from workflow.cases.case import Case
from workflow.cases.states import AWAITED, State
from workflow.law.procedure import Obligation, Procedure
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from transitions.core import EventData

COMPLETED, CLOSED, CANCELLED, EXEMPTED = "completed", "closed", "cancelled", "exempted"
PAUSED = "paused"
OVER = (COMPLETED, CLOSED)
"""States of a case held by no stage: with terms that still run (of monitoring, say), and without any."""
BETWEEN_STAGES = (PAUSED, *OVER)
"""States of an active case that is at none of its stages."""
FINAL_STATES = (*OVER, CANCELLED, EXEMPTED)
ADVANCE = "advance"
COMMANDS = ("cancel", "exempt", "reopen", "pause", "resume")
_HOLDING = frozenset({*AWAITED, "target"})
_COMMAND_OF = {CANCELLED: "cancel", EXEMPTED: "exempt"}


class NotOpen(Refusal, ValueError):
    """The command is not possible in the present state; `open` names the commands that are."""


class _Context:
    """The data the guards read, and the state reached while finding the stage of one case.

    Attributes:
        blocked: stages with an open blocking obligation; `unanswered`: those with an unanswered decision.
        runs: whether an obligation with a due date is still open.
    """

    __slots__ = ("blocked", "runs", "state", "unanswered")

    def __init__(self, state: str, blocked: frozenset[str], unanswered: frozenset[str], runs: bool) -> None:
        self.state, self.blocked, self.unanswered, self.runs = state, blocked, unanswered, runs


class Owed(Protocol):
    """What a stage turns on of a deadline."""

    @property
    def obligation(self) -> Obligation:
        """The obligation it is of."""

    @property
    def due(self) -> date | None:
        """Its due date (local date)."""

    @property
    def state(self) -> State:
        """Its status."""


def stage(procedure: Procedure, case: Case, deadlines: Iterable[Owed]) -> str:
    """Return the state of a case: a stage's id, `completed`, `closed`, `paused`, `cancelled` or `exempted`."""
    # A figure is never due, but a stage that turns on it is not over while it is unmeasured.
    open_ = [
        deadline for deadline in deadlines if deadline.state in _HOLDING and not deadline.obligation.by_itself
    ]
    blocking = [deadline.obligation for deadline in open_ if deadline.obligation.blocking]
    trigger = ADVANCE
    if case.standing != "active":
        trigger = _COMMAND_OF[case.standing]
    elif case.paused is not None and procedure.pause is not None:
        trigger = "pause"
    return _reached(
        machine_of(procedure),
        trigger,
        frozenset([obligation.stage for obligation in blocking if not obligation.options]),
        frozenset([obligation.stage for obligation in blocking if obligation.options]),
        any(
            deadline.due and deadline.state in AWAITED and deadline.obligation.force != "may"
            for deadline in open_
        ),
    )


@lru_cache(maxsize=4096)
def _reached(
    machine: Machine, trigger: str, blocked: frozenset[str], unanswered: frozenset[str], runs: bool
) -> str:
    """Return the state a machine reaches from its first stage by a command, or by advancing as far as it
    can.
    """
    context = _Context(str(machine.initial), blocked, unanswered, runs)
    while context.state != CLOSED and _fire(machine, trigger, context) and trigger == ADVANCE:
        pass
    return context.state


def open_commands(procedure: Procedure, state: str) -> tuple[str, ...]:
    """Return the commands that lead out of a state, in the order of COMMANDS."""
    triggers = machine_of(procedure).get_triggers(state)
    return tuple(command for command in COMMANDS if command in triggers)


def require(procedure: Procedure, case: Case, state: str, command: str, *, code: str = "") -> None:
    """Raise NotOpen, naming the possible commands, unless the command is possible in `state`.

    Args:
        code: code of the error; "" for `cannot_` followed by the command.
    """
    open_now = open_commands(procedure, state)
    if command not in open_now:
        status = procedure.stage_title.get(state, state)
        raise NotOpen(code or f"cannot_{command}", case=case.id, standing=status, open=open_now)


def _fire(machine: Machine, trigger: str, context: _Context) -> bool:
    return bool(machine.events[trigger].trigger(context))


def nothing_blocks(event: EventData) -> bool:
    """Guard: every blocking obligation of the stage is done, missed or not required."""
    context = cast(_Context, event.model)
    return context.state not in context.blocked


def nothing_unanswered(event: EventData) -> bool:
    """Guard: every decision of the stage is answered or not required."""
    context = cast(_Context, event.model)
    return context.state not in context.unanswered


def nothing_runs(event: EventData) -> bool:
    """Guard: no obligation with a due date is still open."""
    return not cast(_Context, event.model).runs


GUARDS: tuple[Callable[[EventData], bool], ...] = (nothing_blocks, nothing_unanswered, nothing_runs)
"""All guards a definition may use."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """One transition of a definition: from these states by a trigger to a state, if all guards allow it."""

    trigger: str
    sources: tuple[str, ...]
    target: str
    guards: tuple[Callable[[EventData], bool], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """The definition a machine is built from. It is validated here, because the library accepts undeclared
    states.

    Raises:
        ValueError: a state declared twice or not at all, or a guard that is none.
    """

    edition: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        if not self.states or len(set(self.states)) < len(self.states):
            raise ValueError(f"{self.edition}: no state, or a state declared twice: {', '.join(self.states)}")
        state_names = {
            state for transition in self.transitions for state in (*transition.sources, transition.target)
        }
        if unknown := state_names - set(self.states):
            raise ValueError(f"{self.edition}: a transition names unknown states: {', '.join(sorted(unknown))}")
        if any(guard not in GUARDS for transition in self.transitions for guard in transition.guards):
            raise ValueError(f"{self.edition}: a transition names a guard that is not in the list")


_Shape: TypeAlias = tuple[str, tuple[str, ...], frozenset[str], bool]


def _shape(procedure: Procedure) -> _Shape:
    """Return what the machine of an edition is made of, as `_define` takes it."""
    stages = tuple([stage.id for stage in procedure.stages])
    asking = frozenset([decision.stage for decision in procedure.decisions.values()])
    return procedure.edition, stages, asking, procedure.pause is not None


def _define(edition: str, stages: tuple[str, ...], asking: frozenset[str], pausable: bool) -> Definition:
    """Return the definition of an edition: its stages one after the other, then the commands; where the act
    allows a pause, that is a state with its own commands.

    Args:
        asking: the stages that contain a decision, which adds a guard to their transitions.
        pausable: whether the act allows a pause.
    """
    active = (*stages, *OVER)
    paused = (PAUSED,) if pausable else ()
    guards: dict[str, tuple[Callable[[EventData], bool], ...]] = {
        **dict.fromkeys(stages, (nothing_blocks,)),
        **dict.fromkeys(asking, (nothing_blocks, nothing_unanswered)),
        COMPLETED: (nothing_runs,),
    }
    steps = tuple(
        Transition(trigger=ADVANCE, sources=(stage,), target=next_stage, guards=guards[stage])
        for stage, next_stage in pairwise(active)
    )
    commands = (
        Transition(trigger="cancel", sources=(*active, *paused), target=CANCELLED),
        Transition(trigger="exempt", sources=(*active, *paused), target=EXEMPTED),
        Transition(trigger="reopen", sources=(CANCELLED, EXEMPTED), target=stages[0]),
        *(Transition(trigger="pause", sources=active, target=state) for state in paused),
        *(Transition(trigger="resume", sources=(state,), target=stages[0]) for state in paused),
    )
    states = (*stages, *paused, *FINAL_STATES)
    return Definition(edition=edition, states=states, transitions=(*steps, *commands))


def _settings(definition: Definition) -> dict[str, Any]:
    """Return the settings common to both machines: the one that finds stages and the one that draws
    diagrams.
    """
    return {
        "model": None,
        "states": list(definition.states),
        "transitions": [
            {
                "trigger": transition.trigger,
                "source": list(transition.sources),
                "dest": transition.target,
                "conditions": list(transition.guards),
            }
            for transition in definition.transitions
        ],
        "initial": definition.states[0],
        "auto_transitions": False,
        "queued": False,
        "send_event": True,
    }


def machine_of(procedure: Procedure) -> Machine:
    """Return the machine of an edition, built once."""
    return _machine(*_shape(procedure))


@lru_cache(maxsize=256)
def _machine(*shape: *_Shape) -> Machine:
    return Machine(**_settings(_define(*shape)))


def diagram(procedure: Procedure) -> str:
    """Return the machine of an edition as a Mermaid state diagram: stages, commands and guards.

    It is drawn by the library from the definition the walk uses.
    """
    # Drawing needs more of the library than a walk.
    from transitions.extensions.diagrams import GraphMachine
    from transitions.extensions.diagrams_mermaid import Graph

    definition = _define(*_shape(procedure))
    machine: Any = GraphMachine(**_settings(definition), graph_engine="mermaid", show_conditions=True)
    drawn = str(Graph(machine).get_graph(title=f"title: {definition.edition}").source)
    return f"{drawn}\n  {CLOSED} --> [*]"
