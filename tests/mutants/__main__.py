"""Try a seeded sample of mutants and list the survivors; exit code 1 when fewer than 90 % are killed.

    python -m tests.mutants [COUNT] [SEED] [ROOM ...]        500 mutants of all rooms, seed 14

A mutant is one changed operator, constant, boolean or call in a copy of the tree; it is killed when a test of
its room fails, or when they take too long. Nothing in the tree itself is touched.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutations import Mutant, mutants

ROOT = Path(__file__).parents[2]
LEAST_KILLED = 0.9
PATIENCE = 5
"""A mutant is killed when its tests take so many times as long as they do without it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Files to change, and the tests that must notice; those that notice most come first."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS: Mapping[str, Room] = {
    "calendars": Room(files=("calendars/*.py",), tests=("tests/calendars",)),
    "deadlines": Room(
        files=("workflow/deadlines/*.py",),
        tests=(
            "tests/workflow/test_chain.py",
            "tests/workflow/test_risks.py",
            "tests/workflow/test_moving.py",
            "tests/workflow/test_overlay.py",
            "tests/workflow/test_wording.py",
            "tests/regulations/test_examples.py",
            "tests/workflow",
        ),
    ),
    "findings": Room(
        files=("workflow/findings/*.py",),
        tests=(
            "tests/workflow/test_findings.py",
            "tests/workflow/test_risks.py",
            "tests/regulations/test_examples.py",
            "tests/workflow",
        ),
    ),
    "reminders": Room(
        files=("workflow/reminders.py",),
        tests=("tests/workflow/test_reminder.py", "tests/notifications/test_ladders.py", "tests/workflow"),
    ),
    "delivery": Room(
        files=("notifications/delivery.py",),
        tests=(
            "tests/notifications/test_delivery.py",
            "tests/notifications/test_office_time.py",
            "tests/notifications/test_channel_faults.py",
            "tests/notifications/test_post_office.py",
        ),
    ),
    "outbox": Room(
        files=("storage/notices/outbox.py",),
        tests=(
            "tests/storage/test_outbox.py",
            "tests/storage/test_batches.py",
            "tests/notifications/test_delivery.py",
        ),
    ),
    "access": Room(
        files=("workflow/org/access.py",),
        tests=(
            "tests/workflow/test_access.py",
            "tests/storage/test_need_to_know.py",
        ),
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A mutant with the file it belongs to."""

    room: str
    file: str
    mutant: Mutant


def candidates(rooms: Mapping[str, Room]) -> list[Candidate]:
    """Return every mutant of these rooms."""
    return [
        Candidate(room=name, file=file.relative_to(ROOT).as_posix(), mutant=mutant)
        for name, room in rooms.items()
        for pattern in room.files
        for file in sorted(ROOT.glob(pattern))
        for mutant in mutants(file.read_text("utf-8"))
    ]


def copy_tree(folder: Path) -> None:
    """Copy what git knows of, as it stands on disk."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


def passes(folder: Path, tests: tuple[str, ...], *, seconds: float | None = None) -> bool:
    """Return whether these tests pass in the copy within so many seconds of the clock."""
    # The same tests on the second database would notice the same faults, at several times the cost.
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-m", "not postgresql", *tests]
    # What is compiled of a mutant must not be taken for the next one, which may have the same size and second.
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            timeout=seconds,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def survivors(folder: Path, sample: list[Candidate]) -> Iterator[Candidate]:
    """Yield the mutants no test notices. Raises SystemExit where tests fail without any mutant."""
    allowed: dict[str, float] = {}
    for number, one in enumerate(sample, 1):
        tests = ROOMS[one.room].tests
        if one.room not in allowed:
            begun = time.perf_counter()
            if not passes(folder, tests):
                raise SystemExit(f"mutants: the tests of {one.room} fail as the tree stands")
            allowed[one.room] = 10 + PATIENCE * (time.perf_counter() - begun)
        file = folder / one.file
        original = file.read_text("utf-8")
        file.write_text(one.mutant.source, "utf-8")
        survived = passes(folder, tests, seconds=allowed[one.room])
        file.write_text(original, "utf-8")
        what = f"{one.file}:{one.mutant.line}  {one.mutant.before}  ->  {one.mutant.after}"
        print(f"{number:4} {'SURVIVED' if survived else 'killed  '} {what}", flush=True)
        if survived:
            yield one


def main(arguments: list[str]) -> int:
    """Draw, try, print."""
    numbers = [int(word) for word in arguments if word.isdigit()]
    named = [word for word in arguments if not word.isdigit()]
    if unknown := sorted(set(named) - ROOMS.keys()):
        print(f"mutants: there is no room {unknown[0]}; there are: {', '.join(ROOMS)}", file=sys.stderr)
        return 2
    count, seed = [*numbers, *(500, 14)[len(numbers) :]][:2]
    drawn = candidates({name: ROOMS[name] for name in named or ROOMS})
    sample = random.Random(seed).sample(drawn, min(count, len(drawn)))
    # By room, so that each shows early whether its tests pass at all.
    sample.sort(key=lambda one: (one.room, one.file, one.mutant.line))
    with tempfile.TemporaryDirectory(prefix="merzim-mutants-") as name:
        copy_tree(Path(name))
        left = Counter(one.room for one in survivors(Path(name), sample))
    tried = Counter(one.room for one in sample)
    for room, number in sorted(tried.items()):
        print(f"{room:<12} {number - left[room]:4} of {number:4} killed")
    killed = len(sample) - left.total()
    print(f"{killed} of {len(sample)} mutants killed (of {len(drawn)}, seed {seed})")
    return 0 if killed >= LEAST_KILLED * len(sample) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
