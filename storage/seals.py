"""Seals: the heads of all cases changed since the seal before, bound to it by a hash.

A chain shows what was altered in it, never that its end was cut off; a seal remembers where the end was.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Engine, bindparam, func, select, text

from storage.chain import link, seal_line
from storage.engine import reading, writing
from storage.tables import CASE, SEAL

_UNSEALED = select(CASE.c.id, CASE.c.seq, CASE.c.head).where(text("sealed < seq"))


def seal(engine: Engine, *, now: datetime) -> int | None:
    """Append a seal over all heads changed since the last. Returns its number, None when nothing changed.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with reading(engine) as connection:
        if connection.execute(_UNSEALED.limit(1)).first() is None:
            return None
    with writing(engine) as connection:
        last = connection.execute(select(SEAL).order_by(SEAL.c.n.desc()).limit(1)).first()
        heads = [(name, seq, head) for name, seq, head in connection.execute(_UNSEALED.order_by(CASE.c.id))]
        if not heads:
            return None
        n, previous = (last.n + 1, last.hash) if last else (1, "")
        line = seal_line(n, now, sorted(heads))
        covered = json.dumps([list(head) for head in sorted(heads)], ensure_ascii=False, separators=(",", ":"))
        connection.execute(
            SEAL.insert(),
            {"n": n, "at": now, "heads": covered, "previous": previous, "hash": link(previous, line)},
        )
        connection.execute(
            CASE.update().where(CASE.c.id == bindparam("k_id")).values(sealed=bindparam("k_seq")),
            [{"k_id": name, "k_seq": seq} for name, seq, _ in heads],
        )
    return n


def count(engine: Engine) -> int:
    """How many seals there are."""
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(SEAL)).scalar_one())
