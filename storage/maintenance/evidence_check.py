"""Compares stored evidence files with the hashes in the ledger, and signatures with the files they sign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, Engine, literal, select, union_all

from documents.sheets.unreadable import EvidenceDamaged
from storage.cases.evidence import EvidenceFolder
from storage.database.engine import reading
from storage.org.act_texts import LOADED
from storage.org.chain import OFFICE
from storage.org.templates import TAKEN
from storage.tables.cases import EVENT
from storage.tables.organisation import ACT
from storage.tables.registers import REGISTER_EVENT, REGISTER_SECRET

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
                named = damage.of(case, name)
                yield named.code, named.arguments
    yield from _signatures(engine, folder)


def _signatures(engine: Engine, folder: EvidenceFolder) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield (code, arguments) for every signature that was not made over the bytes of its file."""
    signed = union_all(
        select(EVENT.c.case, EVENT.c.at, EVENT.c.payload).where(EVENT.c.payload.contains('"signs":"')),
        select(REGISTER_EVENT.c.row, REGISTER_EVENT.c.at, REGISTER_EVENT.c.payload).where(
            REGISTER_EVENT.c.payload.contains('"statement":{')
        ),
    )
    with reading(engine) as connection:
        found = connection.execute(signed).all()
    for case, at, payload in found:
        for signature, name, file in _signed(payload):
            if reason := _signature_fault(folder, signature, file, at):
                yield "signature_does_not_hold", {"case": case, "name": name, "reason": reason}


def _signature_fault(folder: EvidenceFolder, signature: str, file: str, at: datetime) -> str:
    """Return the code of what is wrong with a signature; "" if nothing is, or if the file itself is damaged."""
    from documents.signatures import SignatureUnreadable, check_signature

    try:
        with folder.open(signature) as content:
            checked = check_signature(content.read(), partial(folder.digest, file), at=at, trusted=())
    except SignatureUnreadable as refusal:
        return refusal.code
    except EvidenceDamaged:
        return ""
    return checked.reasons[0] if checked.verdict == "invalid" else ""


def _signed(payload: str) -> Iterator[tuple[str, str, str]]:
    """Yield (SHA-256, name, SHA-256 of the signed file) of the signatures in an event."""
    try:
        content = json.loads(payload)
        if "statement" in content:
            kept = content["signature"]
            yield str(kept["sha256"]), str(kept["name"]), str(content["statement"]["sha256"])
        items = [item for item in content.get("evidence", ()) if item.get("signs")]
        yield from [(str(one["reference"]), str(one["name"]), str(one["signs"])) for one in items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return


def _stored(payload: str) -> Iterator[tuple[str, str]]:
    """Yield (SHA-256, name) of the stored files in an event. An altered payload is reported elsewhere."""
    try:
        items = json.loads(payload)["evidence"]
        named = [item for item in items if item.get("name") is not None]
        yield from [(str(item["reference"]), str(item["name"])) for item in named]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
