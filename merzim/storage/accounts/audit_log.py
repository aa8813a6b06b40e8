"""The audit log: the events of every stream in the order of writing, as far as they have a topic."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Engine, and_, exists, false, or_, select
from sqlmodel import Session

from merzim.storage import events
from merzim.storage.database import Row_, writing
from merzim.storage.events import ACCESS, Draft
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT
from workflow.org.access import OF_CASES, AuditEntry, AuditFilter, AuditPage, AuditScope


def record_access(engine: Engine, event: Draft) -> tuple[int, str]:
    """Record a refused log-in, a download or the like, which no other stream has; return its id and hash."""
    with writing(engine) as session:
        seq = events.append(session, ACCESS, [event])
        mine = select(EVENT.c.id, EVENT.c.hash).where(EVENT.c.stream == ACCESS, EVENT.c.seq == seq)
        id, hash = session.execute(mine).one()
    return id, hash


def read_page(
    session: Session,
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
    conditions = [*_conditions(query), *_in_scope(scope, visible)]
    rows = EVENT.select()
    if after is not None:
        until = events.settled(session)
        rows = rows.where(EVENT.c.id > after, EVENT.c.id <= until, *conditions).order_by(EVENT.c.id)
    else:
        place = [EVENT.c.id < before] if before is not None else []
        rows = rows.where(*place, *conditions).order_by(EVENT.c.id.desc())
    entries = [_entry(row) for row in session.execute(rows.limit(limit + 1))]
    return AuditPage(entries=tuple(entries[:limit]), more=len(entries) > limit)


def _conditions(query: AuditFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter; events without a topic are no entries."""
    conditions = [EVENT.c.topic != ""]
    if query.names:
        conditions.append(or_(EVENT.c.by.in_(query.names), EVENT.c.name.in_(query.names)))
    if query.topics:
        conditions.append(EVENT.c.topic.in_(query.topics))
    if query.case:
        of_row = and_(EVENT.c.topic == "register", EVENT.c.name == query.case)
        conditions.append(or_(EVENT.c.case == query.case, of_row))
    if query.since is not None:
        conditions.append(EVENT.c.at >= query.since)
    if query.until is not None:
        conditions.append(EVENT.c.at < query.until)
    return conditions


def _in_scope(scope: AuditScope, visible: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return the conditions under which an entry lies in a scope; none where all do."""
    if scope.sees_office and scope.sees_cases and scope.sees_registers and not visible:
        return []
    conditions: list[ColumnElement[bool]] = [false()]
    if scope.sees_office:
        conditions.append(EVENT.c.topic.not_in(sorted(OF_CASES)))
    if scope.sees_cases:
        conditions.append(exists(select(CASE.c.id).where(CASE.c.id == EVENT.c.case, *visible)))
    if scope.sees_registers:
        conditions.append(and_(EVENT.c.topic.in_(sorted(OF_CASES)), EVENT.c.case == ""))
    return [or_(*conditions)]


def _entry(row: Row_) -> AuditEntry:
    names = ("at", "by", "topic", "kind", "name", "case", "way", "hash")
    _, address = events.decoded(row.private).get(events.CLIENT, ("", ""))
    return AuditEntry(
        seq=row.id,
        **{name: getattr(row, name) for name in names},
        address=address,
        # Of a case's event only what its word depends on: whether there is evidence.
        more=events.decoded(row.payload) if row.stream == ACCESS or row.kind == "evidence" else {},
    )
