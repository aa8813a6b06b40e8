"""A recorded fact, fully persisted, beside the same step of SpiffWorkflow.

A fact recorded by a case command: read the case, compute its dates, append an event to its chain, write changed
rows and totals, commit. The other side reads its workflow from SQLite, completes one task, serialises and
commits it. SpiffWorkflow is no dependency; it is measured where it is installed beside:

    python3 -m venv var/peers && var/peers/bin/pip install SpiffWorkflow==3.2.0
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the other interpreter has none of this project
    from benchmarks.table import Line

NOW, TODAY = datetime(2026, 2, 2, 4, 0, tzinfo=UTC), date(2026, 6, 15)
CASES = 100
STEPS = {
    "start_announced": date(2026, 3, 30),
    "order_signed": date(2026, 4, 6),
    "analysis_started": date(2026, 4, 13),
    "discussion_announced": date(2026, 5, 12),
    "discussion_held": date(2026, 5, 19),
    "analysis_ended": date(2026, 5, 26),
    "discussion_results_published": date(2026, 5, 28),
    "note_signed": date(2026, 6, 8),
}
SHORT, LONG = 8, 42
"""Tasks of the other side's process: as many as are done, and as many as an analysis has deadlines."""
PEERS = Path(__file__).parents[1] / "var" / "peers" / "bin" / "python"
BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="x">
<bpmn:process id="case" isExecutable="true">
<bpmn:startEvent id="s"><bpmn:outgoing>f0</bpmn:outgoing></bpmn:startEvent>
{tasks}<bpmn:endEvent id="e"><bpmn:incoming>f{last}</bpmn:incoming></bpmn:endEvent>{flows}</bpmn:process>
</bpmn:definitions>
"""


def measured() -> Iterator[Line]:
    """A fact, beside a step of SpiffWorkflow with a short process and with one as long as ours."""
    from benchmarks.table import Line

    ours = _ours()
    rate = 1 / ours
    yield Line("facts recorded a second (SQLite)", f"{rate:.0f}", "", "300", rate >= 300)
    if not PEERS.exists():
        yield Line("a fact", f"{ours * 1000:.2f} ms", "SpiffWorkflow: not installed (see benchmarks/step.py)")
        return
    for tasks, most in ((SHORT, 2.0), (LONG, 1.0)):
        line = [str(PEERS), "-W", "ignore", __file__, str(tasks)]
        theirs = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
        yield Line(
            "a fact",
            f"{ours * 1000:.2f} ms",
            f"SpiffWorkflow of {tasks} tasks {theirs * 1000:.2f} ms",
            f"{most:g} times at most",
            ours <= most * theirs,
        )


def _ours() -> float:
    """Seconds of a fact."""
    from benchmarks.country import library
    from calendars import calendar
    from merzim.storage.cases.ledger import SqlLedger
    from merzim.storage.database import open as open_database
    from merzim.storage.maintenance.schema import create_or_migrate
    from workflow.cases.commands.case_commands import CaseCommands, Opening
    from workflow.cases.commands.recording import record
    from workflow.moments import Moment

    at = Moment(by="Айгүл", now=NOW, today=TODAY)
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as folder:
        engine = open_database(f"sqlite:///{folder}/desk.sqlite")
        create_or_migrate(engine)
        commands = CaseCommands(SqlLedger(engine), library(), calendar())
        planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
        opening = Opening(procedure="internal-analysis", planned=planned)
        cases = commands.open_many([opening] * CASES, at=at)
        began = time.perf_counter()
        for fact, on in STEPS.items():
            for case in cases:
                commands.write(case.id, at, record, fact, on=on)
        spent = time.perf_counter() - began
        engine.dispose()
    return spent / len(STEPS) / CASES


def _theirs(count: int) -> float:
    """Seconds of a step of SpiffWorkflow; run by the interpreter it is installed for.

    Args:
        count: tasks of its process, of which as many are done as we record facts.
    """
    from SpiffWorkflow.bpmn.parser import BpmnParser
    from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
    from SpiffWorkflow.util.task import TaskState

    parser = BpmnParser()
    parser.add_bpmn_str(_process(count).encode())
    spec = parser.get_spec("case")
    serialiser = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure())
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "spiff.sqlite", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE workflow (id INTEGER PRIMARY KEY, state TEXT)")
        for case in range(CASES):
            workflow = BpmnWorkflow(spec)
            workflow.do_engine_steps()
            database.execute("INSERT INTO workflow VALUES (?, ?)", (case, serialiser.serialize_json(workflow)))
        began = time.perf_counter()
        for on in STEPS.values():
            for case in range(CASES):
                (state,) = database.execute("SELECT state FROM workflow WHERE id = ?", (case,)).fetchone()
                workflow = serialiser.deserialize_json(state)
                task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
                task.data["on"] = on.isoformat()
                task.run()
                workflow.do_engine_steps()
                database.execute("BEGIN IMMEDIATE")
                state = serialiser.serialize_json(workflow)
                database.execute("UPDATE workflow SET state = ? WHERE id = ?", (state, case))
                database.execute("COMMIT")
        spent = time.perf_counter() - began
        database.close()
    return spent / len(STEPS) / CASES


def _process(count: int) -> str:
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
    return BPMN.format(tasks=tasks, flows=flows, last=count)


if __name__ == "__main__":
    print(json.dumps(_theirs(int(sys.argv[1]))))
