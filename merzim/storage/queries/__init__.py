"""Queries of the board and the pages. Nothing here writes, and the number of SQL queries never grows with the
result.

`unit` limits a result to a unit and all units below it; None means the whole office. Open rows are those of
active cases only. `today` is passed where a result depends on it.
"""

from __future__ import annotations

from merzim.storage.queries.board import BoardReads
from merzim.storage.queries.cases import CaseReads, FoundPlaces
from merzim.storage.queries.notices import NoticeReads

__all__ = ["BoardReads", "CaseReads", "FoundPlaces", "NoticeReads", "SqlReads"]


class SqlReads(CaseReads, BoardReads, NoticeReads):
    """All read queries, for pages, commands and rounds."""
