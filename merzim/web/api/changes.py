"""The change feed: all changes in the order of writing, for programs that synchronise."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from merzim.services.outgoing.changes import MAX_CHANGES, AskChanges, ChangeList, list_changes
from merzim.web.api.answers import api_router
from merzim.web.auth.dependencies import Own

router = api_router(tags=["changes"])


@router.get("/events")
def list_change_events(
    ctx: Own,
    after: Annotated[int, Query(ge=0, le=2**53, description="The `cursor` of the answer before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_CHANGES, description="The most events of the answer.")] = 100,
) -> ChangeList:
    """List what changed in the cases, registers and settings the reader may see, in the order of writing."""
    return list_changes(ctx, AskChanges(after=after, limit=limit))
