"""Seals: hash-chained records of the chain heads of all cases changed since the previous seal.

A chain reveals alterations, but not that its end was cut off; a seal records where the end was. Every seal also
covers the office's chain, once there is one, the chain of the journal of notices, and the audit log.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, bindparam, select, text

from merzim.storage.chain import link, seal_line
from merzim.storage.database.audit import CHAIN as AUDIT_CHAIN
from merzim.storage.database.engine import reading, writing
from merzim.storage.maintenance.register_check import SEALED
from merzim.storage.notices import journal
from merzim.storage.org.chain import OFFICE
from merzim.storage.tables.audit import AUDIT
from merzim.storage.tables.cases import CASE, SEAL
from merzim.storage.tables.organisation import ACT
from merzim.storage.tables.registers import REGISTER_ROW

Head = tuple[str, int, str]
"""A chain, its last seq and its last hash."""
_ADVISORY = 0x4D657273  # "Mers": one seal at a time on PostgreSQL
_COVERED = {"k_id": CASE.c.id, "k_seq": CASE.c.seq}
_COVERED_ROWS = {"k_id": REGISTER_ROW.c.id, "k_seq": REGISTER_ROW.c.seq}
_UNSEALED = select(CASE.c.id, CASE.c.seq, CASE.c.head).where(text("sealed < seq"))
_UNSEALED_ROWS = select(REGISTER_ROW.c.id, REGISTER_ROW.c.seq, REGISTER_ROW.c.head).where(text("sealed < seq"))


def seal(engine: Engine, *, now: datetime) -> int | None:
    """Append a seal over all heads changed since the last. Return its number, None when nothing changed.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with reading(engine) as connection:
        has_changes = any(connection.execute(query.limit(1)).first() for query in (_UNSEALED, _UNSEALED_ROWS))
        if not has_changes and _sealed(connection, _office(connection)):
            return None
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ADVISORY})
        last = connection.execute(select(SEAL).order_by(SEAL.c.n.desc()).limit(1)).first()
        heads = [(name, seq, head) for name, seq, head in connection.execute(_UNSEALED.order_by(CASE.c.id))]
        rows = [
            (name, seq, head)
            for name, seq, head in connection.execute(_UNSEALED_ROWS.order_by(REGISTER_ROW.c.id))
        ]
        office = _office(connection)
        if not heads and not rows and _sealed(connection, office):
            return None
        n, previous = (last.n + 1, last.hash) if last else (1, "")
        covering = sorted([*heads, *((SEALED + name, seq, head) for name, seq, head in rows), *office])
        line = seal_line(n, now, covering)
        connection.execute(
            SEAL.insert(),
            {"n": n, "at": now, "heads": _text(covering), "previous": previous, "hash": link(previous, line)},
        )
        for table, chains in ((CASE, heads), (REGISTER_ROW, rows)):
            step = table.update().where(table.c.id == bindparam("k_id")).values(sealed=bindparam("k_seq"))
            if chains:
                connection.execute(step, [{"k_id": name, "k_seq": seq} for name, seq, _ in chains])
    return n


def newest(engine: Engine) -> tuple[int, datetime, str] | None:
    """Return number, moment and hash of the last seal, to be recorded elsewhere; None before the first."""
    with reading(engine) as connection:
        last = connection.execute(select(SEAL).order_by(SEAL.c.n.desc()).limit(1)).first()
    return None if last is None else (last.n, last.at, last.hash)


def _office(connection: Connection) -> list[Head]:
    """Return the heads of the office's chain, the register's and the audit log's; empty when there are none."""
    last_entry = journal.end(connection)
    heads = [last_entry] if last_entry else []
    for name, table in ((OFFICE, ACT), (AUDIT_CHAIN, AUDIT)):
        query = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
        heads += [(name, last.seq, last.hash) for last in connection.execute(query)]
    return heads


def _sealed(connection: Connection, office: list[Head]) -> bool:
    """Return whether the last seal covers these heads."""
    if not office:
        return True
    inside = and_(*(SEAL.c.heads.contains(_text([head])[1:-1], autoescape=True) for head in office))
    return connection.execute(select(inside).order_by(SEAL.c.n.desc()).limit(1)).scalar() in (True, 1)


def _text(heads: list[Head]) -> str:
    """Return the heads as canonical text."""
    return json.dumps([list(head) for head in heads], ensure_ascii=False, separators=(",", ":"))
