"""SQLite query plans of every statement of the product, and the tables they scan."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from merzim.storage.database.prepared import Prepared
from merzim.storage.tables.base import TableBase

ROOT = Path(__file__).parents[2]
FIXED = {
    "campaign": "one row a campaign, a few a year",
    "channel_fault": "one row a channel",
    "counter": "one row a year",
    "floor": "one row",
    "installation": "one row",
    "lease": "one row a task",
    "mark": "one row a unit on SQLite, folded on PostgreSQL; its sum says whether what is kept in memory holds",
    "match": "read whole with the office, which a process keeps in memory until it changes",
    "moved": "emptied by each round",
    "notice_tally": "one row a channel and state",
    "person": "read whole with the office",
    "preference": "read whole with the office",
    "pulse": "one row a task",
    "rate_limit": "rows that free themselves within a day, 100,000 at most; counted once every fifty attempts",
    "unit": "read whole with the office",
    "webhook": "one row an address, a few an office",
    "former_person": "one row a person who left, read by the administrator's page of them",
    "unlisted": "emptied by each round",
}
"""Tables that may be read whole, and why; all others grow. A new entry is a decision."""
PARTIAL = {
    "ix_case_confidential": "confidential cases",
    "ix_case_unsealed": "cases changed since the last round",
    "ix_register_row_unsealed": "rows of registers changed since the last round",
    "ix_inbox_untold": "lines no letter was queued for since the last round",
    "ix_notice_bundled": "notices that wait for a digest",
    "ix_notice_lost": "notices that failed",
    "ix_notice_sending": "notices being sent",
}
"""Indexes of a few rows of a large table: walking one of these reads no more than it holds."""
WALKED = {
    r"^SELECT k_groups\.k_of, .* GROUP BY deadline\.obligation\) AS k_groups": (
        "how many cases have not reported a quarter: counted by an index of these alone"
    ),
    r"^SELECT identity\.login, identity\.provider FROM identity ORDER BY": (
        "at most two for an account, read with the list of all accounts"
    ),
    r'^SELECT count\(\*\) AS count_1 FROM "case" WHERE "case"\.confidential = 0': (
        "how many analyses are listed: counted by an index"
    ),
    r"^SELECT recommendation\.status, count\(\*\) AS count_1 FROM recommendation WHERE": (
        "how many recommendations stand how: counted by an index"
    ),
    r'^SELECT "case"\.id, .* FROM "case" WHERE "case"\.id IN \(SELECT .* ORDER BY .* LIMIT': (
        "a page of analyses: walked in the order of the page until it is full"
    ),
    r'^SELECT recommendation\."case", (?!.* AND recommendation\.status = \?).* ORDER BY recommendation\.': (
        "a page of recommendations: walked in the order of the page until it is full"
    ),
    r"^SELECT told\.(?!.* told\.(channel|person|case) = \?)(?!.* told\.state != 'sent').* LIMIT": (
        "a page of the journal of notices, all or what was sent: walked from the newest on until it is full"
    ),
    r"^SELECT total\.unit, .* FROM total WHERE total\.n > \? GROUP BY": (
        "the sums of the board: read once by a process, then by the units that changed"
    ),
    r'^SELECT "case"\.id, .* AND "case"\.standing = \?( AND "case"\.procedure = \?)? ORDER BY': (
        "forms put together of all analyses, and what is ready to be uploaded of them: files of a year"
    ),
    r'^SELECT "case"\.id FROM "case" JOIN \(SELECT DISTINCT event\."case"': (
        "the map of all registers of risks: found by an index of their first entries"
    ),
    r"^SELECT register_row\.register_id, count\(\*\) AS count_1 FROM register_row WHERE": (
        "how many rows each register has: counted by an index"
    ),
    r"^SELECT audit\.seq, .* ORDER BY audit\.seq( DESC)? LIMIT": (
        "a page of the audit log: walked from its end, or from a cursor on, until it is full"
    ),
    r"^SELECT account\.login, .* FROM account ORDER BY account\.login$": "the list of accounts shows them all",
    r"^SELECT account\.login FROM account WHERE account\.password != \? LIMIT": "ends at the first",
}
"""Statements that may walk through a table that grows, and why; a new entry is a decision."""
_ASKED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
_LISTS = re.compile(r"\((?:\?(?:, )?)+\)(?:, \((?:\?(?:, )?)+\))*")
_SCAN = re.compile(r"SCAN (?:TABLE )?(\w+)(?:.* INDEX (\w+))?")
_ALIAS = re.compile(r'\b(?:FROM|JOIN|,)\s+"?(\w+)"?\s+AS\s+"?(\w+)"?')
_PRODUCT = tuple(f"{ROOT / name}/" for name in ("merzim", "notifications"))
_ASIDE = (
    "merzim/storage/migrations/",
    "merzim/storage/maintenance/schema.py",
    "merzim/storage/notices/journal.py problems",
)
"""Where statements that read everything on purpose come from: migrations, and the check of the register against
its chain."""
_GROWING = {*TableBase.metadata.tables} - FIXED.keys()


@dataclass
class Plans:
    """Statements met, each once, with the steps of its plan and the line of the product that asked it."""

    met: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Entries of WALKED and PARTIAL that some statement needed."""

    def scans(self) -> list[str]:
        """Statements that read a growing table whole, without leave."""
        return [
            f"{place}: {step}: {statement}"
            for statement, (steps, place) in self.met.items()
            for step in steps
            if self._whole(statement, step, steps)
        ]

    def _whole(self, statement: str, step: str, steps: list[str]) -> bool:
        match = _SCAN.match(step)
        if match is None:
            # An index made for one statement reads the whole table first.
            return " USING AUTOMATIC " in step
        name, index = match[1], match[2]
        table = {alias: of for of, alias in _ALIAS.findall(statement)}.get(name, name)
        if table not in _GROWING:
            return False
        if index in PARTIAL:
            self.used.add(index)
            return False
        if " WHERE " not in statement and " LIMIT ?" in statement and not any("TEMP" in step for step in steps):
            return False  # reads as many rows as its limit says
        allowed = [pattern for pattern in WALKED if re.search(pattern, statement)]
        self.used.update(allowed)
        return not allowed


@contextmanager
def explained() -> Iterator[Plans]:
    """Collect the plan of every statement that any database of SQLite is asked while the block lasts."""
    plans = Plans()

    def explain(
        _connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, is_batch: bool
    ) -> None:
        if not _ASKED.match(statement) or not hasattr(cursor.connection, "executescript"):
            return
        short = " ".join(_LISTS.sub("(?)", statement).split())
        if short in plans.met:
            return
        frames = [
            f"{Path(frame.filename).relative_to(ROOT)} {frame.name}"
            for frame in reversed(traceback.extract_stack())
            if frame.filename.startswith(_PRODUCT)
        ]
        if not frames or any(frame.startswith(_ASIDE) for frame in frames):
            return
        of_many = is_batch and parameters and isinstance(parameters[0], (tuple, dict))
        plan_rows = cursor.connection.cursor().execute(
            f"EXPLAIN QUERY PLAN {statement}", parameters[0] if of_many else parameters
        )
        plans.met[short] = ([row[3] for row in plan_rows], frames[0])

    fetch = Prepared.fetch

    def fetched(self: Prepared, connection: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        text = self.text(connection.dialect)
        with closing(connection.connection.cursor()) as cursor:
            explain(connection, cursor, text.text, text.bound(values), None, False)
        return fetch(self, connection, values)

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "fetch", fetched)
            yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", explain)
