"""Looks up the fingerprint of a printed document: a batch of the journal of notices, or an entry of the audit
log.

Only the record and the one after it are read; `verify` compares the whole chains.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Row, Table, select

from merzim.storage.chain import link
from merzim.storage.database import audit
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.anonymising import rewritten
from merzim.storage.notices import journal
from merzim.storage.tables.audit import AUDIT
from merzim.storage.tables.cases import SEAL
from merzim.storage.tables.notices import PROOF

_SEALS = 20
"""Number of seals after a record that are searched for the first one covering it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvenLine:
    """A record of a chain, as written.

    Attributes:
        kind: of an entry of the audit log; "" for a batch of the journal of notices.
        digest: what the entry says the paper's content is hashed to; "" for a batch.
        sealed_at: of the first seal over it, None before.
        is_rewritten: whether an act of the office has taken somebody's name out of it since.
    """

    n: int
    at: datetime
    sealed_at: datetime | None
    is_rewritten: bool
    kind: str = ""
    digest: str = ""


def proven_batch(engine: Engine, n: int, hashed: str) -> ProvenLine | None:
    """Return the batch with that number and hash; None if there is none, or if it was altered."""
    with reading(engine) as connection:
        proof = connection.execute(PROOF.select().where(PROOF.c.n == n)).first()
        if proof is None or proof.hash != hashed:
            return None
        now = link(proof.previous, journal.line(n, proof.at, proof.lines))
        return _proven(connection, PROOF, journal.CHAIN, n, proof, now)


def proven_entry(engine: Engine, n: int, hashed: str, kinds: Collection[str]) -> ProvenLine | None:
    """Return the entry of the audit log of that number and hash, where it is of one of these kinds."""
    with reading(engine) as connection:
        entry = connection.execute(AUDIT.select().where(AUDIT.c.seq == n)).first()
        if entry is None or entry.hash != hashed or entry.kind not in kinds:
            return None
        now = link(entry.previous, audit.entry_line(dict(entry._mapping)))
        digest = str(audit.read_payload(entry.payload).get("sha256", ""))
        return _proven(connection, AUDIT, audit.CHAIN, n, entry, now, kind=entry.kind, digest=digest)


def _proven(
    connection: Connection,
    table: Table,
    chain: str,
    n: int,
    record: Row[tuple[object, ...]],
    now: str,
    kind: str = "",
    digest: str = "",
) -> ProvenLine | None:
    """Return a record if its hash matches its content, or the content an anonymisation gave it; None otherwise.

    Args:
        now: what it is hashed to as it stands.
    """
    hashed, (number, *_) = record.hash, table.primary_key.columns
    after = connection.execute(select(table.c.previous).where(number == n + 1)).scalar()
    if after not in (None, hashed):
        return None
    if now != hashed:
        is_whole, lines = rewritten(connection)
        if not is_whole or lines.get((table.name, "", n)) != now:
            return None
    seals = select(SEAL.c.at, SEAL.c.heads).where(SEAL.c.at >= record.at).order_by(SEAL.c.n).limit(_SEALS)
    sealed = (at for at, heads in connection.execute(seals) if _covers(heads, chain, n))
    return ProvenLine(
        n=n,
        at=record.at,
        sealed_at=next(sealed, None),
        is_rewritten=now != hashed,
        kind=kind,
        digest=digest,
    )


def _covers(heads: str, chain: str, n: int) -> bool:
    """Return whether a seal covers a chain as far as a line."""
    return any(name == chain and seq >= n for name, seq, _ in json.loads(heads))
