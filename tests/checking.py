"""One test over many similar cases that lists all failures; the codes of refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

T = TypeVar("T")


def check_each(cases: Mapping[str, T], check: Callable[[T], None]) -> None:
    """Check every case, whatever became of those before it; fail with the names of all that failed, and why.

    An empty mapping fails too: it would hold by itself."""
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


def refusal_codes(*acts: Callable[[], object]) -> list[str]:
    """The code by which each act is refused."""
    codes = []
    for act in acts:
        with pytest.raises(Exception) as refused:
            act()
        codes.append(str(refused.value.code))  # type: ignore[attr-defined]
    return codes
