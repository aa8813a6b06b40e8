"""Measures one persisted step of a case, and the memory of 100,000 cases, beside comparable libraries.

These libraries are no dependency: they are installed in a virtual environment of their own.

    python3 -m venv var/peers
    var/peers/bin/pip install SpiffWorkflow==3.2.0 dbos==3.4.0 transitions==0.9.3 "psycopg[binary]"
    python -m benchmarks.peers var/peers/bin/python [CASES] [MODELS]        0 CASES: memory alone

A step of ours is a fact recorded by a case command: read the case, compute its dates, append an event to its
chain, write changed rows and totals, commit. The bare side commits rows of that size.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import psycopg

from benchmarks import country, recording
from benchmarks._peers_side import megabytes
from benchmarks.country import load, postgresql
from workflow.cases.case import Case, fold
from workflow.cases.commands.opening import Opening
from workflow.machine import stage

SQUARE = 20_000
"""So many models at most are registered as transitions does it: five times as many take 25 times as long."""
DEADLINES = 42
"""Number of deadlines of one case, and of tasks of the longer SpiffWorkflow process; eight are completed."""
SIDE = Path(__file__).with_name("_peers_side.py")


def main() -> None:
    """Print all results side by side."""
    if len(sys.argv) < 2:
        print("not run: the peers need a virtual environment of their own; benchmarks/peers.py says how")
        return
    python, cases = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    models = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    if cases:
        steps_beside(python, cases)
    memory(python, models)
    print(load())


def steps_beside(python: str, cases: int) -> None:
    """Print one persisted step, ours and theirs."""
    with tempfile.TemporaryDirectory(prefix="merzim-bench-") as name:
        folder = Path(name)
        spent, worked, facts = recording.through_the_commands(f"sqlite:///{folder / 'desk.sqlite'}", cases)
        _say("SQLite: a fact by the case commands", spent, facts, worked)
        for tasks, label in ((8, "of 8 tasks"), (DEADLINES, "as long as ours")):
            side = _side(python, "spiff", cases, tasks)
            _say(f"SQLite: SpiffWorkflow, {label}", side["seconds"], side["steps"], side["worked"])
            print(f"{'':<36} its state of one case: {side['size'] / 1024:.0f} KB, written whole each time")
        spent, steps = recording.bare(folder)
        _say("SQLite: bare transaction", spent, steps)
    with postgresql() as address:
        spent, worked, facts = recording.through_the_commands(address, cases)
        _say("PostgreSQL: a fact by the case commands", spent, facts, worked)
        plain = address.replace("/country?", "/dbos_peers?")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE dbos_peers")
            connection.execute("CREATE TABLE bare (id int, seq int, event text, PRIMARY KEY (id, seq))")
            connection.execute("CREATE TABLE row (id int, name text, line text, PRIMARY KEY (id, name))")
        side = _side(python, "dbos", cases, plain)
        _say("PostgreSQL: a step of DBOS", side["seconds"], side["steps"], side["worked"])
        _say("PostgreSQL: bare transaction", *_bare(address, cases))


def memory(python: str, models: int) -> None:
    """Print the memory of so many cases, ours and theirs; of transitions as shipped only as many as finish in
    time.
    """
    small_count = min(models, SQUARE)
    as_it_comes, hashed = _side(python, "registered", small_count), _side(python, "known", models)
    for label, cases, seconds, grown in (
        ("transitions, as it comes", small_count, as_it_comes["seconds"], as_it_comes["megabytes"]),
        ("transitions, its models hashed", models, hashed["seconds"], hashed["megabytes"]),
        ("ours, cases folded from events", models, *_ours(models)),
    ):
        print(f"{label:<36} {grown:7.0f} MB for {cases:,} cases, {seconds:7.1f} s of the processor", flush=True)


def _say(label: str, seconds: float, steps: float, worked: float | None = None) -> None:
    own_work = f"   {worked / steps * 1000:6.2f} ms of its own work" if worked is not None else ""
    print(f"{label:<36} {seconds / steps * 1000:7.2f} ms a step{own_work}")


def _side(python: str, *arguments: object) -> dict[str, float]:
    result = subprocess.run(
        [python, "-W", "ignore", str(SIDE), *map(str, arguments)], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(result.stdout.strip().splitlines()[-1])
    return figures


def _bare(address: str, cases: int) -> tuple[float, int]:
    """Insert an event of a fact's size and update two rows, with the driver alone, committed each time."""
    event, line = "x" * 320, "y" * 200
    with psycopg.connect(address) as connection:
        for case in range(cases):
            for name in ("a", "b"):
                connection.execute("INSERT INTO row VALUES (%s, %s, %s)", (case, name, line))
        connection.commit()
        began = time.perf_counter()
        for seq in range(8):
            for case in range(cases):
                connection.execute("INSERT INTO bare VALUES (%s, %s, %s)", (case, seq, event))
                for name in ("a", "b"):
                    connection.execute(
                        "UPDATE row SET line = %s WHERE id = %s AND name = %s", (line, case, name)
                    )
                connection.commit()
        return time.perf_counter() - began, 8 * cases


def _ours(cases: int) -> tuple[float, float]:
    """Return seconds and megabytes of so many cases folded from their events, with each stage computed once."""
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    opening = Opening(procedure="internal-analysis", unit="u0", object="x", planned=planned)
    (change,) = country.computed([opening], now=country.NOW, today=country.TODAY)
    edition = country.library().named(change.case.edition)
    stage(edition, change.case, ())
    before = megabytes()
    began = time.process_time()
    held_cases: list[Case] = []
    for number in range(cases):
        case = fold(country.renamed(change, f"2026-{number:06d}", "u0", f"Рәсім {number}").events)
        stage(edition, case, ())
        held_cases.append(case)
    spent = time.process_time() - began
    grown = megabytes() - before
    assert len(held_cases) == cases
    return spent, grown


if __name__ == "__main__":
    main()
