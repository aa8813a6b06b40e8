"""Checks of stored data against the ledger and the audit log: rows of cases, evidence files, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, Engine, delete, or_, select, update

from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.chain import link
from merzim.storage.database.audit import ADDRESS, CHAIN, entry_line, hidden_address, read_payload
from merzim.storage.database.dialect import execute_for_names, in_names, insert_many
from merzim.storage.database.engine import Row_, reading
from merzim.storage.tables.audit import AUDIT, AUDIT_ORIGIN
from merzim.storage.tables.cases import CASE, READER
from merzim.storage.tables.events import EVENT, OF_CASES
from workflow.cases.case import Case

_ROWS = CASE.select().where(in_names(CASE.c.id))
_READERS = READER.select().where(in_names(READER.c.case)).order_by(READER.c.case, READER.c.person)

Difference = tuple[str, dict[str, object]]
"""A code of the catalogue with its arguments."""


def find_differences(connection: Connection, cases: Mapping[str, Case]) -> Iterator[Difference]:
    """Yield the columns and readers of these cases that differ from their events."""
    for row in execute_for_names(connection, _ROWS, cases):
        for column, chain in _expected(cases[row.id]).items():
            stands = getattr(row, column)
            if stands != chain:
                place = {"case": row.id, "field": column}
                yield "case_row_altered", {**place, "chain": str(chain), "stands": str(stands)}
    readers = _readers(connection, cases)
    for name, case in cases.items():
        expected, stands = _named(case), readers.get(name, frozenset())
        for person in sorted(stands - expected):
            yield "case_reader_added", {"case": name, "person": person}
        for person in sorted(expected - stands):
            yield "case_reader_removed", {"case": name, "person": person}


def mend(connection: Connection, cases: Mapping[str, Case]) -> None:
    """Rewrite the rows and readers that differ from the events."""
    for row in execute_for_names(connection, _ROWS, cases):
        values = _expected(cases[row.id])
        if any(getattr(row, column) != value for column, value in values.items()):
            connection.execute(update(CASE).where(CASE.c.id == row.id).values(**values))
    readers = _readers(connection, cases)
    for name, case in cases.items():
        if readers.get(name, frozenset()) != _named(case):
            connection.execute(delete(READER).where(READER.c.case == name))
            insert_many(
                connection, READER, [{"case": name, "person": person} for person in sorted(_named(case))]
            )


def _readers(connection: Connection, cases: Mapping[str, Case]) -> dict[str, frozenset[str]]:
    readers: dict[str, frozenset[str]] = {}
    for row in execute_for_names(connection, _READERS, cases):
        readers[row.case] = readers.get(row.case, frozenset()) | {row.person}
    return readers


def _expected(case: Case) -> dict[str, object]:
    """Return the columns, computed from events, that decide access to a case and its obligations."""
    return {
        "procedure": case.procedure,
        "edition": case.edition,
        "digest": case.digest,
        "unit": case.unit,
        "object": case.object,
        "object_kk": case.object_kk,
        "object_ru": case.object_ru,
        "standing": case.standing,
        "ground": case.ground,
        "opened_at": case.opened_at,
        "confidential": case.confidential,
    }


def _named(case: Case) -> frozenset[str]:
    """Return the readers a case names."""
    return case.readers if case.confidential else frozenset()


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
        computed = link(entry.previous, entry_line(dict(entry._mapping)))
        if computed not in (entry.hash, lines.get(("audit", "", entry.seq))):
            yield "audit_altered", {"seq": seq}
        elif not _is_address_kept(entry, read_payload(entry.payload).get(ADDRESS)):
            yield "audit_address_altered", {"seq": seq}
        previous = entry.hash


def _is_address_kept(entry: Row_, expected: object) -> bool:
    """Return whether the address of an entry matches its payload, or was erased."""
    if expected is None or entry.origin_seq is None:
        return expected is None and entry.origin_seq is None
    return entry.origin is None or hidden_address(entry.salt or "", entry.seq, entry.origin) == expected


_PROVED = (
    select(EVENT.c.case, EVENT.c.payload)
    .where(OF_CASES, EVENT.c.payload.contains('"evidence":['))
    .order_by(EVENT.c.case, EVENT.c.seq)
)
_IN_ROWS = select(EVENT.c.name, EVENT.c.payload, EVENT.c.private).where(
    EVENT.c.topic == "register",
    or_(EVENT.c.payload.contains('"sha256":"'), EVENT.c.private.contains('"sha256":"')),
)
_FILE = re.compile(r'"name":"((?:[^"\\]|\\.)*)","sha256":"([0-9a-f]{64})"')


def recorded_files(connection: Connection) -> dict[str, dict[str, str]]:
    """Return every stored file in events: SHA-256 -> case -> name of the file."""
    files: dict[str, dict[str, str]] = {}
    for case, payload in connection.execute(_PROVED.execution_options(yield_per=5000)):
        for reference, name in _stored(payload):
            files.setdefault(reference, {})[case] = name
    for row, *texts in connection.execute(_IN_ROWS.execution_options(yield_per=5000)):
        for name, reference in _FILE.findall("".join(texts)):
            files.setdefault(reference, {})[row] = name
    return files


def count_recorded_files(engine: Engine) -> int:
    """Return the number of stored files in events."""
    with reading(engine) as connection:
        return len(recorded_files(connection))


def damages(engine: Engine, folder: EvidenceFolder) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (code, arguments) for every case in which a stored file is missing, altered or unreadable, or a
    signature does not match the file it belongs to.

    Files are read outside the transaction, as there may be many gigabytes.
    """
    with reading(engine) as connection:
        files = recorded_files(connection)
    for reference, places in files.items():
        try:
            folder.check(reference)
        except EvidenceDamaged as damage:
            for case, name in places.items():
                problem = damage.of(case, name)
                yield problem.code, problem.arguments


def _stored(payload: str) -> Iterator[tuple[str, str]]:
    """Yield (SHA-256, name) of the stored files in an event. An altered payload is reported elsewhere."""
    try:
        items = json.loads(payload)["evidence"]
        named_items = [item for item in items if item.get("name") is not None]
        yield from [(str(item["reference"]), str(item["name"])) for item in named_items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
