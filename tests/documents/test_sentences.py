"""Every message code of `documents` has a sentence in three languages that uses its arguments."""

from __future__ import annotations

import re
from pathlib import Path

import merzim.documents
from i18n import knows

CODES = sorted(
    {
        code
        for path in Path(merzim.documents.__file__).parent.rglob("*.py")
        for code in re.findall(r'"((?:paper|read)_[a-z_.]+)"', path.read_text(encoding="utf-8"))
    }
)


def test_every_code_has_its_sentence() -> None:
    """A refusal nobody can read is none."""
    assert CODES
    assert [code for code in CODES if not knows(code)] == []
