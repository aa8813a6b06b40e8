"""The state machine of a case: where it stands, and which commands are open to it.

An internal analysis of corruption risks goes

    schedule -> announcement -> order -> analysis -> discussion -> note -> plan -> publication -> monitoring

announced at least 10 working days before it starts and ordered at least 5 before; the note is signed within 10
working days of its end, the plan approved within 10 of the note and published within 3 of its approval;
monitoring reports each quarter for a year. Then the case is `completed` (something is still to be done or
confirmed) and `closed`. On its way it can be cancelled or exempted, and reopened.

These are the stages of regulations/internal-analysis.*.toml, where the first is called `preparation` and one
more stands at the end, `following` (positions and cartogram). Every procedure has stages of its own, and so a
machine of its own, made with the library `transitions`. No fact moves a case along: facts may come late, early
and out of order. It stands at the earliest stage that an open blocking obligation holds it at, and walks there
from the first one each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Any

from transitions import Machine
from transitions.extensions.diagrams import GraphMachine
from transitions.extensions.diagrams_mermaid import Graph

from workflow.cases.case import AWAITED, Case
from workflow.deadlines.deadline import Deadline
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal

COMPLETED, CLOSED, CANCELLED, EXEMPTED = "completed", "closed", "cancelled", "exempted"
OVER = (COMPLETED, CLOSED)
"""States of a case held by no stage: with something still open (a term of monitoring), and with nothing."""
ADVANCE = "advance"
COMMANDS = ("cancel", "exempt", "reopen")
_HOLDING = frozenset({*AWAITED, "target"})


class Progress:
    """A case on its way through the machine, which sets its `state` and asks its guards.

    Args:
        blocked: stages with an open blocking obligation.
        unanswered: stages with an unanswered decision.
        runs: whether an open obligation, blocking or not, keeps the case from closing (`_still_owed`).
    """

    state: str

    def __init__(self, *, blocked: frozenset[str], unanswered: frozenset[str], runs: bool) -> None:
        self._blocked, self._unanswered, self._runs = blocked, unanswered, runs

    def nothing_blocks(self) -> bool:
        """Guard: every blocking obligation of the stage is done, missed or not required."""
        return self.state not in self._blocked

    def nothing_unanswered(self) -> bool:
        """Guard: every decision of the stage is answered or not required."""
        return self.state not in self._unanswered

    def nothing_runs(self) -> bool:
        """Guard: no open obligation keeps the case from closing."""
        return not self._runs


def stage(procedure: Procedure, case: Case, deadlines: Iterable[Deadline]) -> str:
    """Return the state of a case: a stage's id, `completed`, `closed`, `cancelled` or `exempted`."""
    if case.status != "active":
        return case.status
    machine, progress = machine_of(procedure), _progress(deadlines)
    machine.set_state(procedure.stages[0].id, progress)
    while progress.state != CLOSED and machine.events[ADVANCE].trigger(progress):
        pass
    return progress.state


def open_commands(procedure: Procedure, state: str) -> tuple[str, ...]:
    """Return the commands that lead out of a state, in the order of COMMANDS."""
    triggers = machine_of(procedure).get_triggers(state)
    return tuple(command for command in COMMANDS if command in triggers)


def require(procedure: Procedure, case: Case, state: str, command: str, *, code: str = "") -> None:
    """Raise Refusal, naming the possible commands, unless the command is possible in a case's `state`. `code`:
    code of the error; "" for `cannot_` followed by the command.
    """
    open_now = open_commands(procedure, state)
    if command not in open_now:
        status = procedure.stage_title.get(state, state)
        raise Refusal(code or f"cannot_{command}", case=case.id, status=status, open=open_now)


def diagram(procedure: Procedure) -> str:
    """Return the machine of an edition as a Mermaid state diagram: stages, commands and guards."""
    drawn = Graph(machine_of(procedure, _DRAWN)).get_graph(title=f"title: {procedure.edition}")
    return f"{drawn.source}\n  {CLOSED} --> [*]"


_DRAWN = partial(GraphMachine, graph_engine="mermaid", show_conditions=True)


def machine_of(procedure: Procedure, kind: Callable[..., Any] = Machine) -> Any:
    """Return the machine of an edition, built once. `kind`: the plain class walks, `_DRAWN` draws itself.

    Raises ValueError for a stage declared twice or called like a state.
    """
    stages = tuple(stage.id for stage in procedure.stages)
    asking = frozenset(decision.stage for decision in procedure.decisions.values())
    return _built(kind, stages, asking)


@lru_cache
def _built(kind: Callable[..., Any], stages: tuple[str, ...], asking: frozenset[str]) -> Any:
    """Return a machine: its stages in order, held back by guards (one more if `asking`), and the commands."""
    way, aside = [*stages, *OVER], [CANCELLED, EXEMPTED]
    states = [*way, *aside]
    if len(set(states)) < len(states):
        raise ValueError(f"a stage declared twice or called like a state: {', '.join(states)}")
    guards = [["nothing_blocks", "nothing_unanswered"] if id in asking else ["nothing_blocks"] for id in stages]
    machine = kind(model=None, states=states, initial=stages[0], auto_transitions=False)
    machine.add_ordered_transitions(way, ADVANCE, loop=False, conditions=[*guards, ["nothing_runs"]])
    machine.add_transition("cancel", way, CANCELLED)
    machine.add_transition("exempt", way, EXEMPTED)
    machine.add_transition("reopen", aside, stages[0])
    return machine


def _progress(deadlines: Iterable[Deadline]) -> Progress:
    """Return what holds a case; its `state` is set by the machine afterwards."""
    # A figure is never due, but a stage that turns on it is not over while it is unmeasured.
    open_ = [
        deadline for deadline in deadlines if deadline.state in _HOLDING and not deadline.obligation.by_itself
    ]
    blocking = [deadline.obligation for deadline in open_ if deadline.obligation.blocking]
    return Progress(
        blocked=frozenset(obligation.stage for obligation in blocking if not obligation.options),
        unanswered=frozenset(obligation.stage for obligation in blocking if obligation.options),
        runs=any(deadline.state in AWAITED and _still_owed(deadline) for deadline in open_),
    )


def _still_owed(deadline: Deadline) -> bool:
    """Return whether an open obligation keeps its case from closing: one with a due date unless it is
    voluntary ("may"), one without if the law itself obliges to it.

    What was open before the office kept records (no `reminds_from`) is not asked for.
    """
    obligation = deadline.obligation
    if deadline.due:
        return obligation.force != "may"
    return obligation.force == "obligatory" and not obligation.practice and deadline.reminds_from is not None
