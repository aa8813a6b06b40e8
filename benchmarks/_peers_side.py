"""The comparison side of benchmarks.peers with the other libraries, run in a virtual environment of its own;
prints JSON, one line each.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

STEPS = 8
BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x">
<bpmn:process id="case" isExecutable="true">
<bpmn:startEvent id="s"><bpmn:outgoing>f0</bpmn:outgoing></bpmn:startEvent>
{tasks}<bpmn:endEvent id="e"><bpmn:incoming>f{last}</bpmn:incoming></bpmn:endEvent>{flows}</bpmn:process>
</bpmn:definitions>
"""


def spiff(cases: int, length: str) -> dict[str, float]:
    """Time SpiffWorkflow: read the case from SQLite, complete one task, serialise and commit it.

    Args:
        length: number of tasks of its process, of which STEPS are done.
    """
    count = int(length)
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    tasks = "".join(
        f'<bpmn:manualTask id="t{n}"><bpmn:incoming>f{n}</bpmn:incoming><bpmn:outgoing>f{n + 1}</bpmn:outgoing>'
        "</bpmn:manualTask>"
        for n in range(count)
    )
    places = ["s", *(f"t{n}" for n in range(count)), "e"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{places[n]}" targetRef="{places[n + 1]}"/>'
        for n in range(count + 1)
    )
    parser = BpmnParser()
    parser.add_bpmn_str(BPMN.format(tasks=tasks, flows=flows, last=count).encode())
    spec = parser.get_spec("case")
    serialiser = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "spiff.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE workflow (id INTEGER PRIMARY KEY, state TEXT)")
        for case in range(cases):
            workflow = BpmnWorkflow(spec)
            workflow.do_engine_steps()
            database.execute("INSERT INTO workflow VALUES (?, ?)", (case, serialiser.serialize_json(workflow)))
        began, worked, size = time.perf_counter(), time.process_time(), 0
        for _ in range(STEPS):
            for case in range(cases):
                (state,) = database.execute("SELECT state FROM workflow WHERE id = ?", (case,)).fetchone()
                workflow = serialiser.deserialize_json(state)
                task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
                task.data["on"] = "2026-04-13"
                task.run()
                workflow.do_engine_steps()
                state = serialiser.serialize_json(workflow)
                size = max(size, len(state))
                database.execute("BEGIN IMMEDIATE")
                database.execute("UPDATE workflow SET state = ? WHERE id = ?", (state, case))
                database.execute("COMMIT")
        spent, worked = time.perf_counter() - began, time.process_time() - worked
        database.close()
    return {"seconds": spent, "worked": worked, "steps": STEPS * cases, "size": size}


def dbos(cases: int, address: str) -> dict[str, float]:
    """Time DBOS workflows of so many steps; each step's result is stored in PostgreSQL before the next
    begins.
    """
    from dbos import DBOS

    DBOS(
        config={
            "name": "peers",
            "system_database_url": address,
            "log_level": "ERROR",
            "run_admin_server": False,
        }
    )

    @DBOS.step()
    def step(number: int) -> str:
        return f"2026-04-{number + 1:02d}"

    @DBOS.workflow()
    def case() -> int:
        for number in range(STEPS):
            step(number)
        return STEPS

    DBOS.launch()
    case()
    began, worked = time.perf_counter(), time.process_time()
    for _ in range(cases):
        case()
    spent, worked = time.perf_counter() - began, time.process_time() - worked
    DBOS.destroy()
    return {"seconds": spent, "worked": worked, "steps": STEPS * cases}


class Known(dict[object, None]):
    """A list of machine models with hash lookup, as transitions' own list is searched linearly."""

    def append(self, item: object) -> None:
        """Add a model."""
        self[item] = None


def registered(cases: int, *, models: Known | None = None) -> dict[str, float]:
    """Time the registration of so many models with one machine of transitions.

    Args:
        models: replaces the machine's own list, whose time grows quadratically.
    """
    from transitions import Machine

    states = [f"s{n}" for n in range(8)]

    class Model:
        pass

    before = megabytes()
    machine = Machine(model=None, states=states, initial="s0")
    machine.add_ordered_transitions()
    if models is not None:
        machine.models = models
    began = time.process_time()
    for model in [Model() for _ in range(cases)]:
        machine.add_model(model)
    spent = time.process_time() - began
    return {"seconds": spent, "megabytes": megabytes() - before, "cases": len(machine.models)}


def megabytes() -> float:
    """Return the memory of this process in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    which, cases, *more = sys.argv[1:]
    sides = {
        "spiff": spiff,
        "dbos": dbos,
        "registered": registered,
        "known": partial(registered, models=Known()),
    }
    print(json.dumps(sides[which](int(cases), *more)))
