"""Conditions on who may know of confidential cases."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Integer, bindparam, exists, or_

from merzim.storage.database.dialect import in_names
from merzim.storage.tables.cases import CASE, READER
from merzim.storage.tables.notices import NOTICE, TOLD
from workflow.org.access import Scope

_READERS = "k_readers"
_KNOWS = or_(
    bindparam("k_everything", type_=Integer) == 1,
    exists().where(READER.c.case == CASE.c.id, in_names(READER.c.person, _READERS)),
    exists().where(
        NOTICE.c.case == CASE.c.id,
        in_names(NOTICE.c.person, _READERS),
        TOLD,
    ),
)
KNOWN = or_(CASE.c.confidential.is_(False), _KNOWS)
"""The reader may know of the case."""


def reader_values(scope: Scope | None) -> Mapping[str, object]:
    """Return the parameters of these conditions for a reader; None is the program itself, which sees all."""
    return {
        "k_everything": int(scope is None),
        _READERS: [] if scope is None else [*scope.names],
    }
