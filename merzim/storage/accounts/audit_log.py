"""Repository of the audit log: appends entries, reads pages, and stores how far it was sent to each
receiver.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Engine, and_, exists, false, or_, select

from merzim.storage.database import audit
from merzim.storage.database.audit import ADDRESS, AuditEvent, read_payload
from merzim.storage.database.engine import Row_, writing
from merzim.storage.tables.audit import AUDIT, AUDIT_ORIGIN
from merzim.storage.tables.cases import CASE
from workflow.org.audit import OF_CASES, AuditEntry, AuditFilter, AuditPage, AuditScope

__all__ = ["AuditEvent", "SqlAuditLog", "read_page"]
_COLUMNS = (*AUDIT.c, AUDIT_ORIGIN.c.address)
_JOINED = AUDIT.outerjoin(AUDIT_ORIGIN, AUDIT_ORIGIN.c.seq == AUDIT.c.seq)


class SqlAuditLog:
    """Appends entries for actions that no other table records, and stores how far the log was sent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, event: AuditEvent) -> tuple[int, str]:
        """Append an entry in a transaction of its own; return its number and hash."""
        with writing(self._engine) as connection:
            audit.note(connection, [event])
            audit.append_collected(connection)
            last = connection.execute(audit.LAST).one()
        return last.seq, last.hash


def read_page(
    connection: Connection,
    query: AuditFilter,
    *,
    scope: AuditScope,
    visible: Sequence[ColumnElement[bool]],
    after: int | None,
    before: int | None,
    limit: int,
) -> AuditPage:
    """Return entries after a number in order, or before one (before the end, for None) the newest first.

    Args:
        visible: the conditions a case must meet to be visible; empty for all cases.
    """
    conditions = [*_conditions(query), *_seen(scope, visible)]
    rows = select(*_COLUMNS).select_from(_JOINED)
    if after is not None:
        rows = rows.where(AUDIT.c.seq > after, *conditions).order_by(AUDIT.c.seq)
    else:
        place = [AUDIT.c.seq < before] if before is not None else []
        rows = rows.where(*place, *conditions).order_by(AUDIT.c.seq.desc())
    entries = [_entry(row) for row in connection.execute(rows.limit(limit + 1))]
    return AuditPage(entries=tuple(entries[:limit]), more=len(entries) > limit)


def _conditions(query: AuditFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if query.names:
        conditions.append(or_(AUDIT.c.by.in_(query.names), AUDIT.c.name.in_(query.names)))
    if query.topics:
        conditions.append(AUDIT.c.topic.in_(query.topics))
    if query.case:
        of_row = and_(AUDIT.c.topic == "register", AUDIT.c.name == query.case)
        conditions.append(or_(AUDIT.c.case == query.case, of_row))
    if query.since is not None:
        conditions.append(AUDIT.c.at >= query.since)
    if query.until is not None:
        conditions.append(AUDIT.c.at < query.until)
    return conditions


def _seen(scope: AuditScope, visible: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    if scope.office and scope.cases and scope.registers and not visible:
        return []
    conditions: list[ColumnElement[bool]] = [false()]
    if scope.office:
        conditions.append(AUDIT.c.topic.not_in(sorted(OF_CASES)))
    if scope.cases:
        conditions.append(exists(select(CASE.c.id).where(CASE.c.id == AUDIT.c.case, *visible)))
    if scope.registers:
        conditions.append(and_(AUDIT.c.topic.in_(sorted(OF_CASES)), AUDIT.c.case == ""))
    return [or_(*conditions)]


def _entry(row: Row_) -> AuditEntry:
    details = read_payload(row.payload)
    details.pop(ADDRESS, None)
    count = details.pop("count", 1)
    names = ("seq", "at", "by", "topic", "kind", "name", "case", "way", "hash")
    return AuditEntry(
        **{name: getattr(row, name) for name in names},
        address=row.address or "",
        count=count if isinstance(count, int) else 1,
        more=details,
    )
