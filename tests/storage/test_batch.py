"""Days a case's rows depend on: every row is affected by a change of one of its days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from merzim.storage.cases.batch import batch
from merzim.storage.cases.ledger import SqlLedger
from tests.storage.sample_cases import opened
from workflow.ports import CaseWrite

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
    write_batch = batch([CaseWrite(events=(), case=replace(case, seq=0), stage="", rows=(changed_row,))], {})

    assert (write_batch.opened[0]["span_first"], write_batch.opened[0]["span_last"]) == (first, last)
