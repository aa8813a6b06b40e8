"""The change feed: all changes in the order of writing, for programs that synchronise."""

from __future__ import annotations

from merzim.services.outgoing.changes import list_changes
from merzim.web.api import mount
from merzim.web.api.answers import api_router

router = api_router(tags=["changes"])
mount.get(router, "/events", list_changes, name="list_change_events")
