"""Finds letters that were not acknowledged, for the task list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from storage.database.in_list import execute_for_names, in_names
from storage.tables.notices import NOTICE


def unread(
    connection: Connection, cases: Collection[str], names: Sequence[str]
) -> Mapping[tuple[str, str], str]:
    """Return the key of the last sent and unacknowledged letter about each obligation."""
    asked = (
        select(NOTICE.c.case, NOTICE.c.obligation, NOTICE.c.key)
        .where(
            in_names(NOTICE.c.case),
            NOTICE.c.person.in_(names),
            NOTICE.c.state == "sent",
            NOTICE.c.acknowledged_at.is_(None),
        )
        .order_by(NOTICE.c.sent_at)
    )
    return {(case, obligation): key for case, obligation, key in execute_for_names(connection, asked, cases)}
