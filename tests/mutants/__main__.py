"""Try a seeded sample of mutants and list the survivors; exit code 1 when fewer than 90 % are killed.

    python -m tests.mutants [COUNT] [SEED] [ROOM ...] [--results FILE]

Default: 500 mutants of all areas with seed 14. A mutant is one changed operator, constant,
boolean or call; it is killed when a test that reaches its line fails, or takes too long. The source
files are not changed. With a results file, mutants that are in it already are not tried again.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TextIO

from tests.mutants.mutations import Mutant, count_mutants, mutant
from tests.mutants.trying import (
    Bench,
    Reach,
    Watch,
    collect,
    in_child,
    known_functions,
    learn,
    try_imported,
    try_planted,
)

ROOT = Path(__file__).parents[2]
LEAST_KILLED = 0.9
RAM = "/dev/shm"
"""Where Linux keeps files in memory; what is left there by a run that was killed, the next tests remove."""


@dataclass(frozen=True, slots=True)
class Room:
    """Files to change, and the tests that must notice: without a browser, and what stands on the room."""

    files: str
    tests: tuple[str, ...]


LAW = tuple(f"tests/regulations/test_{name}.py" for name in ("concept", "examples", "standard", "tbn4"))
ROOMS: Mapping[str, Room] = {
    "calendars": Room("calendars/*.py", ("tests/calendars", "tests/workflow/test_hours.py")),
    "deadlines": Room("workflow/deadlines/*.py", ("tests/workflow", *LAW)),
    "findings": Room("workflow/findings/*.py", ("tests/workflow", *LAW)),
    "reminders": Room("workflow/reminders.py", ("tests/workflow", "tests/notifications/test_escalation.py")),
    "delivery": Room(
        "notifications/delivery.py",
        (
            "tests/notifications/test_delivery.py",
            "tests/notifications/test_digests.py",
            "tests/notifications/test_office_time.py",
        ),
    ),
    "outbox": Room(
        "merzim/storage/notices/outbox.py",
        (
            "tests/storage/test_outbox.py",
            "tests/storage/test_batches.py",
            "tests/notifications/test_delivery.py",
            "tests/notifications/test_digests.py",
        ),
    ),
    "access": Room("workflow/org/access.py", ("tests/workflow", "tests/storage/test_need_to_know.py")),
}


@dataclass(frozen=True, order=True, slots=True)
class Candidate:
    """A mutant that can be drawn: the file it belongs to, and its number there."""

    room: str
    file: str
    number: int

    @property
    def module(self) -> str:
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def tests(self) -> tuple[str, ...]:
        return ROOMS[self.room].tests


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of a mutant.

    Attributes:
        noticed_by: a test, or that the time was over; "" for a survivor.
        what: the fault as people read it.
    """

    candidate: Candidate
    noticed_by: str
    what: str


def candidates(rooms: Sequence[str]) -> list[Candidate]:
    """Return every mutant of these rooms."""
    return [
        Candidate(name, file.relative_to(ROOT).as_posix(), number)
        for name in rooms
        for file in sorted(ROOT.glob(ROOMS[name].files))
        for number in range(count_mutants(file.read_text("utf-8")))
    ]


@dataclass
class Sample:
    """Mutants on their way to their verdicts.

    Attributes:
        candidates: in the order drawn: what was tried when somebody ends it early is a sample too.
        results: the file of the verdicts, one a line.
        screen: what people see.
        learnt: the file that says which test reaches what.
    """

    candidates: Sequence[Candidate]
    results: Path
    screen: TextIO
    learnt: Path

    def verdicts(self) -> dict[Candidate, Verdict]:
        """Return those known by now."""
        lines = self.results.read_text("utf-8").splitlines() if self.results.exists() else []
        read = [
            Verdict(Candidate(*record["candidate"]), record["noticed_by"], record["what"])
            for record in map(json.loads, lines)
        ]
        candidates = set(self.candidates)
        return {verdict.candidate: verdict for verdict in read if verdict.candidate in candidates}

    def plant(self) -> int:
        """Try all that can be put into what is imported, in a process that has collected the tests."""
        watch = Watch(str(ROOT / candidate.file) for candidate in self.candidates)

        def work(bench: Bench) -> None:
            try:
                reach = learn(bench, watch)
            except RuntimeError as trouble:
                print(f"mutants: {trouble}", file=self.screen, flush=True)
                return
            self.learnt.write_bytes(pickle.dumps(reach))
            functions = known_functions(reach)
            self._try_each(
                lambda candidate, file, fault: try_planted(
                    bench, reach, file, fault, tests=candidate.tests, functions=functions
                )
            )

        watch.start()
        return collect(sorted({test for candidate in self.candidates for test in candidate.tests}), work)

    def grow(self) -> None:
        """Try what is left: each in a process that imports everything."""
        reach: Reach = pickle.loads(self.learnt.read_bytes())
        for name in reach.modules:
            if not (
                ROOT / name.partition(".")[0]
            ).is_dir():  # a library, which every process would import again
                with suppress(Exception):
                    import_module(name)
        self._try_each(
            lambda candidate, file, fault: try_imported(
                reach, file, candidate.module, fault, tests=candidate.tests
            )
        )

    def _try_each(self, attempt: Callable[[Candidate, str, Mutant], str | None]) -> None:
        verdicts = self.verdicts()
        for candidate in self.candidates:
            if candidate in verdicts:
                continue
            started_at, file = time.perf_counter(), ROOT / candidate.file
            fault = mutant(file.read_text("utf-8"), candidate.number)
            noticed_by = attempt(candidate, str(file), fault)
            if noticed_by is None:
                continue
            description = f"{candidate.file}:{fault.lines[0]}  {fault.before}  ->  {fault.after}"
            line = {
                "candidate": [candidate.room, candidate.file, candidate.number],
                "noticed_by": noticed_by,
                "what": description,
                "seconds": round(time.perf_counter() - started_at, 1),
            }
            with self.results.open("a", encoding="utf-8") as results:
                results.write(json.dumps(line, ensure_ascii=False) + "\n")
            print("killed  " if noticed_by else "SURVIVED", description, file=self.screen, flush=True)


def main(arguments: list[str]) -> int:
    """Draw, try, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("words", nargs="*", metavar="COUNT | SEED | ROOM")
    parser.add_argument("--results", type=Path)
    options = parser.parse_args(arguments)
    numbers = [int(word) for word in options.words if word.isdigit()]
    rooms = [word for word in options.words if not word.isdigit()]
    if unknown := sorted(set(rooms) - ROOMS.keys()):
        parser.error(f"there is no room {unknown[0]}; there are: {', '.join(ROOMS)}")
    count, seed = [*numbers, *(500, 14)[len(numbers) :]][:2]
    drawn = candidates(rooms or list(ROOMS))
    memory = RAM if os.access(RAM, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix=f"merzim-tests-{os.getpid()}-", dir=memory) as folder,
        os.fdopen(os.dup(1), "w") as screen,
    ):
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        sample = Sample(
            candidates=random.Random(seed).sample(drawn, min(count, len(drawn))),
            results=options.results or Path(folder, "results"),
            screen=screen,
            learnt=Path(folder, "reach"),
        )
        code = in_child(sample.plant)
        if not sample.learnt.exists():
            raise SystemExit(f"mutants: the tests fail as the tree stands (pytest says {code})")
        sample.grow()
        verdicts = sample.verdicts().values()
    tried_counts = Counter(verdict.candidate.room for verdict in verdicts)
    killed = Counter(verdict.candidate.room for verdict in verdicts if verdict.noticed_by)
    for verdict in sorted(verdicts, key=lambda verdict: verdict.candidate):
        if not verdict.noticed_by:
            print("SURVIVED", verdict.what)
    for room in sorted(tried_counts):
        print(f"{room:<12} {killed[room]:4} of {tried_counts[room]:4} killed")
    print(f"{killed.total()} of {tried_counts.total()} mutants killed (of {len(drawn)}, seed {seed})")
    return 0 if killed.total() >= LEAST_KILLED * tried_counts.total() else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
