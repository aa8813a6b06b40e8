"""Queries of the board and the pages. Nothing here writes, and the number of SQL queries never grows with the
result.

`unit` limits a result to a unit and all units below it; None means the whole office. Open rows are those of
active cases only. `today` is passed where a result depends on it.
"""

from __future__ import annotations

from merzim.storage.queries.cases import CaseReads
from merzim.storage.queries.deadlines import DeadlineReads
from merzim.storage.queries.notices import NoticeReads
from merzim.storage.queries.recommendations import RecommendationReads

__all__ = ["SqlReads"]


class SqlReads(CaseReads, DeadlineReads, RecommendationReads, NoticeReads):
    """All read queries, for pages, commands and rounds."""
