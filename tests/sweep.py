"""One test over many similar cases that lists all failures, and samples of very large sets."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

T = TypeVar("T")
WHOLE = bool(os.environ.get("MERZIM_WHOLE"))
"""Whether nothing is left to a sample: `make whole`."""


def sample(part: T, whole_sample: T) -> T:
    """Return what a test takes of what it could take; the whole where `make whole` runs it."""
    return whole_sample if WHOLE else part


def some(cases: Mapping[str, T], count: int) -> Mapping[str, T]:
    """Return that many cases, drawn by one seed; all of them where `make whole` runs the test."""
    return cases if WHOLE else {name: cases[name] for name in random.Random(14).sample(sorted(cases), count)}


def check_each(cases: Mapping[str, T], check: Callable[[T], None]) -> None:
    """Check every case, whatever became of those before it; fail with the names of all that failed, and why.

    An empty mapping fails too: it would hold by itself.
    """
    assert cases, "there is nothing to check"
    failures = {}
    for name, case in cases.items():
        try:
            check(case)
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
    if failures:
        lines = [f"{name}\n    {why}" for name, why in failures.items()]
        pytest.fail(f"{len(failures)} of {len(cases)} failed:\n" + "\n".join(lines), pytrace=False)
