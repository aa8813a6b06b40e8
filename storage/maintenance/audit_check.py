"""Verifies the audit log: its chain, and the addresses stored outside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from storage.chain import link
from storage.database.audit import ADDRESS, CHAIN, entry_line, hidden_address, read_payload
from storage.database.engine import Row_
from storage.tables.audit import AUDIT, AUDIT_ORIGIN

__all__ = ["CHAIN", "problems"]


def problems(
    connection: Connection, lines: Mapping[tuple[str, str, int], str]
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield code and arguments for every altered entry. `lines`: hashes of rewritten entries.

    An erased address is no problem: the log itself records who erased it.
    """
    origin = (
        AUDIT_ORIGIN.c.seq.label("origin_seq"),
        AUDIT_ORIGIN.c.address.label("origin"),
        AUDIT_ORIGIN.c.salt.label("salt"),
    )
    joined = AUDIT.outerjoin(AUDIT_ORIGIN, AUDIT_ORIGIN.c.seq == AUDIT.c.seq)
    query = select(*AUDIT.c, *origin).select_from(joined).order_by(AUDIT.c.seq)
    seq, previous = 0, ""
    for entry in connection.execute(query.execution_options(yield_per=5000)):
        seq += 1
        if entry.seq != seq:
            yield "audit_missing", {"seq": seq}
            seq = entry.seq
        elif entry.previous != previous:
            yield "audit_misplaced", {"seq": seq}
        said = link(entry.previous, entry_line(dict(entry._mapping)))
        if said not in (entry.hash, lines.get(("audit", "", entry.seq))):
            yield "audit_altered", {"seq": seq}
        elif not _is_address_kept(entry, read_payload(entry.payload).get(ADDRESS)):
            yield "audit_address_altered", {"seq": seq}
        previous = entry.hash


def _is_address_kept(entry: Row_, expected: object) -> bool:
    """Return whether the address of an entry matches its payload, or was erased."""
    if expected is None or entry.origin_seq is None:
        return expected is None and entry.origin_seq is None
    return entry.origin is None or hidden_address(entry.salt or "", entry.seq, entry.origin) == expected
