"""Running mutants: line coverage is collected once, then each mutant is run against its tests, fastest first.

Every run is a forked child of a process that has imported and collected all tests, so that runs cannot affect
each other.
"""

from __future__ import annotations

import gc
import inspect
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from itertools import groupby
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings

from tests.mutants.mutations import Mutant
from tests.mutants.planting import Sown, plant

T = TypeVar("T")
MOST_MEMORY = 4 << 30
PATIENCE = 5
"""A mutant is killed when a test takes so many times as long as it does without it."""
OPTIONS = (
    *("-n", "0", "--hypothesis-seed", "14"),
    # The same tests on the second database would notice the same faults, at several times the cost.
    *("-m", "not postgresql", "-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


Place = tuple[str, str, int]


def place(code: CodeType) -> Place:
    """Return the location of a function: file, name and line."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


class TookTooLong(Exception):
    """Tests take many times as long with a mutant as without it, or their process died."""


@dataclass
class Reach:
    """Which tests reach which lines, and how long each takes.

    Attributes:
        tests: by file and line, in the order in which they ran.
        seconds: of each test's clock, while it was watched.
        imported: functions that ran while modules were imported and tests collected.
        modules: that were imported.
    """

    tests: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    imported: set[Place] = field(default_factory=set)
    modules: tuple[str, ...] = ()

    def of(self, file: str, lines: tuple[int, int], among: tuple[str, ...]) -> list[str]:
        """Return the tests of these files and folders that reach one of these lines, the quickest first."""
        reached = {
            test
            for (name, line), tests in self.tests.items()
            if name == file and lines[0] <= line <= lines[1]
            for test in tests
            if test.startswith(among)
        }
        return sorted(reached, key=lambda test: self.seconds[test])


class Watch:
    """Notes the lines of some files that run, until so many calls of a function in a row show no new one."""

    CALLS = 100

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.lines: set[tuple[str, int]] = set()
        self.calls: dict[int, int] = {}
        self.called: set[Place] = set()

    def start(self) -> None:
        """Begin, in this thread and in those it starts."""
        threading.settrace(self._called)
        sys.settrace(self._called)

    def stop(self) -> None:
        """End."""
        sys.settrace(None)
        threading.settrace(None)

    def _called(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        if code.co_filename not in self.files:
            return None
        calls = self.calls[id(code)] = self.calls.get(id(code), 0) + 1
        if calls == 1:
            self.called.add(place(code))
        return self._line if calls <= self.CALLS else None

    def _line(self, frame: FrameType, event: str, argument: object) -> Any:
        line = frame.f_code.co_filename, frame.f_lineno
        if line not in self.lines:
            self.lines.add(line)
            self.calls[id(frame.f_code)] = 1
        return self._line


class Bench:
    """A plugin of pytest that does something else with the tests than running them all.

    Attributes:
        items: the tests, by name.
        failed: the tests that failed so far in this process.
    """

    def __init__(self, work: Callable[[Bench], None]) -> None:
        self.work = work
        self.items: dict[str, pytest.Item] = {}
        self.failed: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("not all tests could be collected")
        self.items = {item.nodeid: item for item in session.items}
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def run(self, names: Sequence[str], usual: Mapping[str, float]) -> Iterator[str]:
        """Run tests in this order and yield the name of each that has run. End after the first that failed.

        The process dies where one takes many times as long as usual.
        """
        for number, name in enumerate(names, 1):
            item = self.items[name]
            after = self.items[names[number]] if number < len(names) else None
            _limit(usual.get(name, 600))
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            yield name
            if self.failed:
                return

    def first_failed(self, names: Sequence[str], usual: Mapping[str, float]) -> str:
        """Run tests until one fails and return its name, "" when none does."""
        deque(self.run(names, usual), maxlen=0)
        return self.failed[0] if self.failed else ""


def collect(tests: Sequence[str], work: Callable[[Bench], None]) -> int:
    """Import and collect tests, then do that. Return pytest's exit code."""
    # A mutant is killed by the first example that fails, whichever is the smallest, and at no time of its own.
    settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None, deadline=None)
    settings.load_profile("mutants")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    return int(pytest.main([*OPTIONS, *tests], plugins=[Bench(work)]))


def learn(bench: Bench, watch: Watch) -> Reach:
    """Run every test once while it is watched: files in processes of their own, and none on caches of another.

    Raises:
        RuntimeError: a test fails without any mutant.
    """
    watch.stop()
    reach = Reach(imported=set(watch.called), modules=tuple(sys.modules))
    caches = [
        function
        for function in _everything()
        if isinstance(function, _lru_cache_wrapper)
        and (code := inspect.unwrap(function).__code__).co_filename in watch.files
        and place(code) not in reach.imported
    ]

    def one_file(names: list[str]) -> list[tuple[str, float, set[tuple[str, int]]]]:
        results = []
        started_at = time.perf_counter()
        watch.forget()
        watch.start()
        for name in bench.run(names, {}):
            results.append((name, time.perf_counter() - started_at, watch.lines))
            watch.forget()
            for cache in caches:
                cache.cache_clear()
            started_at = time.perf_counter()
        watch.stop()
        assert not bench.failed, f"{bench.failed[0]} fails as the tree stands"
        return results

    for _, group in groupby(bench.items, lambda name: name.partition("::")[0]):
        names = list(group)
        for name, seconds, lines in in_child(lambda names=names: one_file(names)):  # type: ignore[misc]
            reach.seconds[name] = seconds
            for line in lines:
                reach.tests.setdefault(line, []).append(name)
    return reach


def known_functions(reach: Reach) -> list[FunctionType]:
    """Return what functions there are, but for those that ran during imports: what they said may be kept."""
    functions = [function for function in _everything() if isinstance(function, FunctionType)]
    return [function for function in functions if place(function.__code__) not in reach.imported]


def _everything() -> list[Any]:
    gc.unfreeze()
    objects = gc.get_objects()
    gc.freeze()
    return objects


def try_planted(
    bench: Bench,
    reach: Reach,
    file: str,
    mutant: Mutant,
    *,
    tests: tuple[str, ...],
    functions: Iterable[FunctionType],
) -> str | None:
    """Return which of these tests notices a mutant, "" when none does; None when it has to be imported."""
    names = reach.of(file, mutant.lines, tests)
    before = compile(Path(file).read_bytes(), file, "exec")
    after = compile(mutant.tree, file, "exec")

    def work() -> str | None:
        if not plant(before, after, functions):
            return None
        return bench.first_failed(names, reach.seconds)

    return _noticed(work)


def try_imported(reach: Reach, file: str, module: str, mutant: Mutant, *, tests: tuple[str, ...]) -> str:
    """Return which of these tests notices a mutant that is imported, "" when none does."""
    noticed: list[str] = ["collecting the tests"]

    def run(bench: Bench) -> None:
        names = sorted(bench.items, key=lambda name: reach.seconds.get(name, 0))
        noticed[:] = [bench.first_failed(names, reach.seconds)]

    def work() -> str:
        _limit(60)
        sys.meta_path.insert(0, Sown(module, compile(mutant.tree, file, "exec")))
        collect(tests, run)
        return noticed[0]

    return _noticed(work)


def _noticed(work: Callable[[], T]) -> T | str:
    try:
        return in_child(work)
    except TookTooLong:
        return "the time it may take"


def _limit(usual: float) -> None:
    """Let this process die when what begins now takes many times as long as usual."""
    signal.setitimer(signal.ITIMER_PROF, 10 + PATIENCE * usual)
    signal.setitimer(signal.ITIMER_REAL, 60 + 2 * PATIENCE * usual)


def in_child(work: Callable[[], T]) -> T:
    """Do something in a forked child, with a folder of its own for temporary files, and return its result.

    Raises:
        TookTooLong: it took longer than it had set itself, or died.
        RuntimeError: the work raised an exception.
    """
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    answer, trouble = folder / "answer", folder / "trouble"
    child = os.fork()
    if not child:
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
            os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
            answer.write_bytes(pickle.dumps(work()))
        except BaseException as error:
            trouble.write_text(f"{type(error).__name__}: {error}", "utf-8")
        finally:
            os._exit(0)
    try:
        os.waitpid(child, 0)
        with suppress(ProcessLookupError):  # whatever its tests started
            os.killpg(child, signal.SIGKILL)
        if trouble.exists():
            raise RuntimeError(trouble.read_text("utf-8"))
        if not answer.exists():
            raise TookTooLong
        return pickle.loads(answer.read_bytes())  # type: ignore[no-any-return]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
