"""Impact of a moved day: every case whose rows change is selected, and few others."""

from __future__ import annotations

import random
from datetime import date

import pytest
from sqlalchemy import Engine

from benchmarks.country import NOW, TODAY, computed, library, opening, renamed
from calendars import compile_calendar
from calendars.checks import adopt_act
from calendars.records import parse, shipped_records
from merzim.storage.cases.batch import span
from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR
from tests.storage.sample_cases import opened
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.deadlines.impact import reach

CASES = 80


@pytest.mark.parametrize(
    ("off", "work"), [(date(2026, 5, 8), date(2026, 5, 16)), (date(2026, 3, 16), date(2026, 3, 14))]
)
def test_no_case_whose_rows_differ_is_overlooked(sqlite: Engine, off: date, work: date) -> None:
    """Eighty cases of three years counted by both calendars; who differs is among those found."""
    chance = random.Random(off.toordinal())
    openings = [Opening(unit="u0", object="x", **opening(n, chance, TODAY)) for n in range(CASES)]
    computed_cases = computed(openings, now=NOW, today=TODAY, risks=True)
    cases = [renamed(case, f"2026-{n:04d}", "u0", str(n)) for n, case in enumerate(computed_cases, 1)]
    ledger = SqlLedger(sqlite)
    ledger.append(cases, now=NOW)
    act = parse(f'[[transfer]]\noff = {off}\nwork = {work}\nact = "X"\naddress = "https://example.kz/x"\n')
    after = compile_calendar(adopt_act(shipped_records(), act))
    new_commands = CaseCommands(ledger, library(), after)

    case_ids = {name for span in reach(CALENDAR, after) for name in ledger.touched(*span)}
    differ = set()
    for name, case in ledger.cases(ledger.ids()).items():
        change = new_commands.recomputed(case, today=TODAY)
        if ledger.append([change], now=NOW):
            differ.add(name)

    assert differ
    assert differ <= case_ids
    assert len(case_ids) < CASES * 2 // 3


NOTHING = {"done_on": None, "next_step_on": None, "planned_on": None, "counts_until": None}
SPAN = {"span_first": date(2026, 3, 30), "span_last": date(2026, 4, 13)}


@pytest.mark.parametrize(
    ("changes", "first", "last"),
    [
        ({"due": date(2026, 4, 6)}, date(2026, 3, 30), date(2026, 4, 13)),
        ({"due": date(2026, 4, 6), "done_on": date(2026, 5, 8)}, date(2026, 3, 30), date(2026, 5, 8)),
        ({"due": date(2026, 4, 6), "next_step_on": date(2026, 3, 27)}, date(2026, 3, 27), date(2026, 4, 13)),
        # Questions about a plan date up to forty days after it; steps of a date that holds until a day.
        ({"planned_on": date(2026, 4, 6)}, date(2026, 3, 17), date(2026, 5, 16)),
        ({"due": date(2026, 4, 6), "counts_until": date(2026, 4, 13)}, date(2026, 3, 17), date(2026, 4, 13)),
    ],
)
def test_a_case_is_touched_by_every_day_its_rows_feel(
    sqlite: Engine, changes: dict[str, date], first: date, last: date
) -> None:
    """The span of its terms, the delay of a late fact, the day of its next step."""
    case = opened(sqlite)
    row = SqlLedger(sqlite).rows(case.id)["order_signed"]
    changed_row = row._replace(**{**NOTHING, **SPAN, **changes})  # type: ignore[arg-type]

    assert span([changed_row]) == (first, last)
