"""The change feed: everything written to the chains of cases, registers and the office, in the order of
writing.

It reads the audit log: every transaction that writes to a chain appends to the log last, under a lock held
until it has committed. So no lower number can appear after a higher one, and a reader that continues after its
last number misses nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from merzim.services.context import RequestContext
from merzim.services.verbs import Command, verb
from workflow.org.access import audit_scope
from workflow.org.audit import EVERYTHING, AuditEntry, AuditFilter, AuditScope, Topic

TOPICS: tuple[Topic, ...] = ("account", "case", "people", "register", "settings")
"""Topics of changes; log-ins and downloads appear only in the audit log."""
MAX_CHANGES = 1000


class AskChanges(Command):
    """Request the changes after a cursor, in order."""

    after: Annotated[int, Field(ge=0, le=2**53, description="The `cursor` of the answer before.")] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_CHANGES)] = 100


class ChangeEvent(BaseModel):
    """A change. For a confidential case, and for a register row, it contains the number only."""

    seq: int
    type: str
    at: datetime
    by: str
    case: str
    name: str
    count: int


class ChangeList(BaseModel):
    """Changes in the order of writing. `cursor`: the `after` of the next request, even if there are no
    changes.
    """

    events: list[ChangeEvent]
    cursor: int
    more: bool


@verb("self", writes=False)
def list_changes(ctx: RequestContext, command: AskChanges) -> ChangeList:
    """List what changed in the cases, registers and settings the reader may see, in the order of writing."""
    # Read first: later entries have higher numbers.
    end = ctx.reads.last_audit_entry()
    query = AuditFilter(topics=TOPICS)
    page = ctx.reads.audit(query, scope=_scope(ctx), after=command.after, limit=command.limit)
    last = page.entries[-1].seq if page.entries else command.after
    return ChangeList(
        events=_events(ctx, page.entries), cursor=last if page.more else max(last, end), more=page.more
    )


def _scope(ctx: RequestContext) -> AuditScope:
    """Return which audit log entries the reader may see: those about visible cases, and others by their right
    to read the log.
    """
    if ctx.operator:
        return EVERYTHING
    full = audit_scope(ctx.reader)
    return replace(full, registers=full.registers and ctx.reader.may("audit"))


def _events(ctx: RequestContext, entries: tuple[AuditEntry, ...]) -> list[ChangeEvent]:
    heads = ctx.reads.heads({entry.case for entry in entries if entry.case})
    confidential = {case for case, head in heads.items() if head.confidential}
    return [_event(entry, only_id=entry.topic == "register" or entry.case in confidential) for entry in entries]


def _event(entry: AuditEntry, *, only_id: bool) -> ChangeEvent:
    return ChangeEvent(
        seq=entry.seq,
        type=f"{entry.topic}.{'changed' if only_id else entry.kind}",
        at=entry.at,
        by="" if only_id else entry.by,
        case=entry.case,
        name="" if only_id and entry.topic == "case" else entry.name,
        count=entry.count,
    )
