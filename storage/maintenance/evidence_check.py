"""Compares stored evidence files with the hashes in the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine, literal, select, union_all

from documents.sheets.unreadable import EvidenceDamaged
from storage.database.engine import reading
from storage.org.act_texts import LOADED
from storage.org.chain import OFFICE
from storage.org.templates import TAKEN
from storage.tables.cases import EVENT
from storage.tables.organisation import ACT
from storage.tables.registers import REGISTER_EVENT, REGISTER_SECRET

EvidenceCheck = Callable[[str], None]
"""Compares the file stored under a SHA-256 with it; raises EvidenceDamaged (`EvidenceFolder.check`)."""
_PROVED = (
    select(EVENT.c.case, EVENT.c.payload)
    .where(EVENT.c.payload.contains('"evidence":['))
    .order_by(EVENT.c.case, EVENT.c.seq)
)
_IN_ROWS = union_all(
    select(literal(OFFICE).label("row"), ACT.c.payload).where(ACT.c.kind.in_((LOADED, TAKEN))),
    select(REGISTER_EVENT.c.row, REGISTER_EVENT.c.payload).where(
        REGISTER_EVENT.c.payload.contains('"sha256":"')
    ),
    select(REGISTER_SECRET.c.row, REGISTER_SECRET.c.value).where(
        REGISTER_SECRET.c.value.contains('"sha256":"')
    ),
)
_FILE = re.compile(r'"name":"((?:[^"\\]|\\.)*)","sha256":"([0-9a-f]{64})"')


def recorded_files(connection: Connection) -> dict[str, dict[str, str]]:
    """Return every stored file in events: SHA-256 -> case -> name of the file."""
    files: dict[str, dict[str, str]] = {}
    for case, payload in connection.execute(_PROVED.execution_options(yield_per=5000)):
        for reference, name in _stored(payload):
            files.setdefault(reference, {})[case] = name
    for row, text in connection.execute(_IN_ROWS.execution_options(yield_per=5000)):
        for name, reference in _FILE.findall(text):
            files.setdefault(reference, {})[row] = name
    return files


def count_recorded_files(engine: Engine) -> int:
    """Return the number of stored files in events."""
    with reading(engine) as connection:
        return len(recorded_files(connection))


def damages(engine: Engine, check: EvidenceCheck) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (code, arguments) for every case in which a stored file is missing, altered or unreadable.

    Files are read outside the transaction, as there may be many gigabytes.
    """
    with reading(engine) as connection:
        files = recorded_files(connection)
    for reference, places in files.items():
        try:
            check(reference)
        except EvidenceDamaged as damage:
            for case, name in places.items():
                named = damage.of(case, name)
                yield named.code, named.arguments


def _stored(payload: str) -> Iterator[tuple[str, str]]:
    """Yield (SHA-256, name) of the stored files in an event. An altered payload is reported elsewhere."""
    try:
        items = json.loads(payload)["evidence"]
        named = [item for item in items if item.get("name") is not None]
        yield from [(str(item["reference"]), str(item["name"])) for item in named]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
