"""Modules to import in the parent process of the test workers, and the data they read at once."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO

import pytest

from tests.warm_workers import ASKED

THRESHOLD = gc.get_threshold()
"""Of collections of garbage in what is forked and is no worker."""


class _Imports:
    """Finds no test in any module, which is imported all the same."""

    def pytest_pycollect_makeitem(self) -> list[pytest.Item]:
        return []


def _gather_constants() -> None:
    """Let Hypothesis take the constants of all modules imported, as it does before a first example."""
    from hypothesis import given  # not before pytest, which rewrites it
    from hypothesis import strategies as st

    given(st.none())(lambda _: None)()


with redirect_stdout(StringIO()):  # what cannot be imported each worker says by itself
    pytest.main(["--collect-only", *os.environ[ASKED].split("\n")], plugins=[_Imports()])
_gather_constants()
if "tests.processes" in sys.modules:
    import_module("tests.crash.warm")
if "tests.web.test_access" in sys.modules:
    sys.modules["tests.web.test_access"].APP.openapi()  # a second of processor, kept by what it describes
# What is never collected is not copied for each worker either.
gc.collect()
gc.freeze()
gc.set_threshold(*THRESHOLD)
