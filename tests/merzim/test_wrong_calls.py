"""Calls that cannot be carried out: one plain sentence each, exit code 2, nothing written."""

from __future__ import annotations

import pytest

from tests.merzim.conftest import Merzim


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("score --year abc", "--year: a whole number is wanted"),
    ],
)
def test_a_wrong_call_is_answered_by_its_cause(merzim: Merzim, line: str, sentence: str) -> None:
    """Not by the words of a library, nor by "done"."""
    assert merzim("installation").code == 0
    result = merzim(*line.split())

    assert (result.code, result.out) == (2, "")
    assert sentence in result.err
    assert "Errno" not in result.err
    assert "Input should" not in result.err
