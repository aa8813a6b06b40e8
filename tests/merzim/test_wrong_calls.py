"""Calls that cannot be carried out: one plain sentence each, exit code 2, nothing written."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.merzim.conftest import Merzim


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("settings set nosuch.key 1", 'There is no setting "nosuch.key".'),
        ("settings set office.nam x", 'There is no setting "office.nam"; did you mean office.name?'),
        ("settings set web.port 1", 'The key "web.port" is not changed in the browser'),
        ("score --year abc", "--year: a whole number is wanted"),
        ("audit-log --after x", "--after: a whole number is wanted"),
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


def test_a_password_that_did_not_come_is_not_saved(
    merzim: Merzim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An empty pipe is an error of the caller, and leaves the password unchanged."""
    assert merzim("installation").code == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    result = merzim("settings", "set", "channels.email.password", "-")

    assert result.code == 2
    assert "Nothing came on standard input" in result.err
    assert merzim("settings", "history", "--json").json["changes"] == []
