"""Texts of tables are answered in time, however long they are, and every message code has its sentence."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import merzim.documents
from i18n import knows
from merzim.documents.case_tables import read_term
from merzim.documents.schedules.schedule import read_title
from merzim.documents.sheets.dates import parse_days, read_lines
from merzim.documents.sheets.rows import MAX_LETTERS, RowOfSheet
from merzim.documents.sheets.unreadable import Errors
from merzim.documents.sheets.written_time import LONGEST
from merzim.logs import without_secrets
from workflow.refusal import Refusal

PATIENCE = 10.0
"""Seconds of its own work a reader may take over one cell."""
CELLS: dict[str, Callable[[str], object]] = {
    "dates": lambda text: read_lines(text, year=2026),
    "term": lambda text: read_term(text, year=2026),
    "title": lambda text: read_title([RowOfSheet(1, (f"график {text}"[:MAX_LETTERS],))], Errors()),
    "days off": parse_days,
    "line of the log": without_secrets,
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("again", ["1", "1-", "12:30 ", "2026жыл", "рабоч", "5 по ", "«_", " "])
def test_a_text_of_one_thing_over_and_over_is_answered_in_time(name: str, again: str) -> None:
    """As long as it may be: a date no longer than any date, all else as a cell. Patterns that try each place
    again once took minutes over a single one."""
    length = LONGEST if name == "dates" else MAX_LETTERS
    for ending in ("x", " раз в год"):
        text = ("в течение " + again * length)[: length - len(ending)] + ending
        started_at = time.process_time()
        with suppress(Refusal):
            CELLS[name](text)

        assert time.process_time() - started_at < PATIENCE


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
