"""Every message code of `documents` has a sentence in three languages that uses its arguments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import merzim.documents
from i18n import knows

CODES = sorted(
    {
        code
        for path in Path(merzim.documents.__file__).parent.rglob("*.py")
        for code in re.findall(r'"((?:paper|read)_[a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence(code: str) -> None:
    """A refusal nobody can read is none."""
    assert knows(code)
