"""Writes the outcomes of a batch of notices in one statement.

Both databases support VALUES in a common table expression and UPDATE ... FROM; one statement per notice would
take a hundred round trips for a batch of a hundred, and on PostgreSQL as many lines of the tally.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, String, Text, case, column, func, literal_column, update, values
from sqlalchemy.sql.dml import ReturningUpdate

from notifications.ports import DeliveryOutcome
from storage.tables.notices import NOTICE

_SENDING = NOTICE.c.state == literal_column("'sending'")
_COLUMNS = (
    column("key", String),
    column("state", String),
    column("untried", Integer),
    column("answer", Text),
    column("waits", Integer),
    column("not_before", NOTICE.c.not_before.type),
    column("text_hash", String),
)


def step(marks: Sequence[DeliveryOutcome], *, now: datetime) -> ReturningUpdate[tuple[object, ...]]:
    """Return the statement that writes the outcomes where the notice is still `sending`; it returns those
    changed.
    """
    lines = [
        (
            mark.key,
            mark.state,
            0 if mark.tried else 1,
            mark.answer,
            # No NULL stands among them: PostgreSQL could not tell of what type it is.
            0 if mark.not_before is None else 1,
            mark.not_before or now,
            mark.text_hash,
        )
        for mark in marks
    ]
    said = values(*_COLUMNS, name="said").data(lines).cte("said")
    return (
        update(NOTICE)
        .where(NOTICE.c.key == said.c.key, _SENDING)
        .values(
            state=said.c.state,
            attempts=NOTICE.c.attempts - said.c.untried,
            answer=said.c.answer,
            not_before=case((said.c.waits == 1, said.c.not_before), else_=NOTICE.c.not_before),
            sent_at=case((said.c.state == "sent", now), else_=NOTICE.c.sent_at),
            text_hash=func.coalesce(func.nullif(said.c.text_hash, ""), NOTICE.c.text_hash),
        )
        .returning(*NOTICE.columns)
    )
