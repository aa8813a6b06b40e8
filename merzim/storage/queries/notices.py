"""Queries of notices, of the inbox, and of the audit log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select

from merzim.storage import events
from merzim.storage.database import Row_, in_names, read, read_for_names, read_value, reading
from merzim.storage.events import ACCESS
from merzim.storage.queries.reader import ReaderQueries
from merzim.storage.rows import INBOX_LINES, inbox_line, to_notice
from merzim.storage.tables.cases import CASE, INBOX
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import NOTICE, UNREAD, present_columns, present_state
from notifications.dispatch import InboxLine
from notifications.notice import Notice
from workflow.cases.case import Case
from workflow.org.access import EVERYTHING, OF_CASES, AuditEntry, AuditFilter, AuditPart


class NoticeReads(ReaderQueries):
    """Queries of notices, of the inbox, and of the audit log."""

    def notices(self, case: Case) -> Sequence[Notice]:
        """Return the notices of a case, the newest first."""
        query = select(*present_columns()).where(NOTICE.c.case == case.id)
        query = query.order_by(NOTICE.c.queued_at.desc(), NOTICE.c.key)
        return [*map(to_notice, read(self._engine, query))]

    def notices_matching(
        self,
        *,
        case: str = "",
        person: str = "",
        state: str = "",
        channel: str = "",
        limit: int | None = None,
        skip: int = 0,
    ) -> Sequence[Notice]:
        """Return notices that match the given filters, the newest first, without digests that had no content. A
        notice about no case is visible to its recipient and to readers of the whole office.
        """
        # Aliased, because the visibility of a case queries the same table for each row.
        notices = NOTICE.alias("told")
        filters = {"case": case, "person": person, "channel": channel}
        conditions = [or_(notices.c.state != "withdrawn", notices.c.case.is_not(None))]
        newest = (notices.c.queued_at.desc(), notices.c.key)
        of_a_case = [notices.c.case.is_not(None), *self._seen()]
        of_none = [notices.c.case.is_(None)]
        if self._scope is not None and self._scope.unit != "":
            of_none.append(notices.c.person.in_(self._scope.names))
        conditions += [notices.c[name] == value for name, value in filters.items() if value]
        if state:
            conditions.append(present_state(notices) == state)
        query = (
            select(*present_columns(notices)).outerjoin(CASE, CASE.c.id == notices.c.case).where(*conditions)
        )
        if self._scope is not None:
            query = query.where(or_(and_(*of_none), and_(*of_a_case)))
        query = query.order_by(*newest).limit(limit).offset(skip)
        return [to_notice(record) for record in read(self._engine, query)]

    def unread(self, cases: Collection[str]) -> Mapping[tuple[str, str], str]:
        """Return by case and obligation the key of the last letter to the reader that is not acknowledged."""
        if self._scope is None or not cases:
            return {}
        mine = NOTICE.c.person.in_(self._scope.names), UNREAD
        query = select(NOTICE.c.case, NOTICE.c.obligation, NOTICE.c.key).where(in_names(NOTICE.c.case), *mine)
        records = read_for_names(self._engine, query.order_by(NOTICE.c.sent_at), cases)
        return {(case, obligation): key for case, obligation, key in records}

    def unread_lines(self, person: str) -> int:
        """Return the number of a person's unread inbox entries, in cases visible to the reader."""
        query = select(func.count()).select_from(INBOX).join(CASE, CASE.c.id == INBOX.c.case)
        unread = INBOX.c.person == person, INBOX.c.read_at.is_(None)
        return int(read_value(self._engine, query.where(*unread, *self._seen())))

    def inbox(self, person: str, *, limit: int, offset: int = 0) -> Sequence[InboxLine]:
        """Return the inbox entries of a person in cases visible to the reader, the newest first."""
        query = INBOX_LINES.where(INBOX.c.person == person, *self._seen()).limit(limit).offset(offset)
        query = query.order_by(INBOX.c.at.desc(), INBOX.c.case.desc(), INBOX.c.seq.desc())
        return [inbox_line(record) for record in read(self._engine, query)]

    def audit(
        self,
        query: AuditFilter,
        *,
        scope: Set[AuditPart],
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> tuple[Sequence[AuditEntry], bool]:
        """Return entries of the audit log after a number in order, or before one (the end, for None), the
        newest first; and whether there are more. Entries about a case are visible to users who see the case.
        """
        conditions = [*_audit_conditions(query), *_in_scope(scope, self._seen())]
        rows = EVENT.select()
        with reading(self._engine) as session:
            if after is not None:
                until = events.settled(session)
                rows = rows.where(EVENT.c.id > after, EVENT.c.id <= until, *conditions).order_by(EVENT.c.id)
            else:
                place = [EVENT.c.id < before] if before is not None else []
                rows = rows.where(*place, *conditions).order_by(EVENT.c.id.desc())
            entries = [_entry(row) for row in session.execute(rows.limit(limit + 1))]
        return entries[:limit], len(entries) > limit

    def last_event(self) -> int:
        """Return the number of the newest event, whether the audit log shows it or not; 0 for none."""
        with reading(self._engine) as session:
            return events.settled(session)


def _audit_conditions(query: AuditFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter; events without a topic are no entries."""
    conditions = [EVENT.c.topic != ""]
    if query.names:
        conditions.append(or_(EVENT.c.by.in_(query.names), EVENT.c.name.in_(query.names)))
    if query.topics:
        conditions.append(EVENT.c.topic.in_(query.topics))
    if query.case:
        of_row = and_(EVENT.c.topic == "register", EVENT.c.name == query.case)
        conditions.append(or_(EVENT.c.case == query.case, of_row))
    # Ids of rows are `gifts-2026-0001`.
    conditions += [EVENT.c.name.not_like(f"{register}-____-%") for register in query.without]
    if query.since is not None:
        conditions.append(EVENT.c.at >= query.since)
    if query.until is not None:
        conditions.append(EVENT.c.at < query.until)
    return conditions


def _in_scope(scope: Set[AuditPart], visible: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Return the conditions under which an entry lies in a scope; none where all do. `visible`: the conditions
    a case must meet to be visible; empty for all cases.
    """
    if scope == EVERYTHING and not visible:
        return []
    conditions: list[ColumnElement[bool]] = [false()]
    if "office" in scope:
        conditions.append(EVENT.c.topic.not_in(sorted(OF_CASES)))
    if "cases" in scope:
        conditions.append(exists(select(CASE.c.id).where(CASE.c.id == EVENT.c.case, *visible)))
    if "registers" in scope:
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
