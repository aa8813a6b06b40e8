"""Compares register rows with their event chains: values stored outside the events, and index entries of
lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, literal, null, select

from merzim.storage.database.dialect import chunks, execute_for_names, in_names
from merzim.storage.registers.chains import hidden, latest_secrets, rows, write_cells
from merzim.storage.tables.registers import (
    CAMPAIGN_PERSON,
    REGISTER_CELL,
    REGISTER_EVENT,
    REGISTER_ROW,
    REGISTER_SECRET,
)
from workflow.registers.rows import Projection, RegisterRow

Difference = tuple[str, dict[str, object]]
"""A code of the catalogue with its arguments."""
ProjectRow = Callable[[RegisterRow], Projection]
"""Function that returns the index entries of a row, computed anew."""
CODES = {
    "chain_gap": "row_event_missing",
    "chain_broken": "row_event_misplaced",
    "event_altered": "row_event_altered",
    "chain_cut": "row_cut",
    "head_differs": "row_head_differs",
    "sealed_missing": "row_sealed_missing",
    "sealed_differs": "row_sealed_differs",
}
"""Code of a problem of a case's chain -> code of the same problem of a row's chain."""
SEALED = "register:"
"""Prefix of a row's id in a seal."""
CHUNK = 500
_EVENTS = select(
    REGISTER_EVENT.c.row.label("case"),
    REGISTER_EVENT.c.seq,
    REGISTER_EVENT.c.kind,
    literal("").label("name"),
    null().label("on"),
    *(REGISTER_EVENT.c[name] for name in ("at", "by", "payload", "previous", "hash")),
).order_by(REGISTER_EVENT.c.row, REGISTER_EVENT.c.seq)
_SECRETS = REGISTER_SECRET.select().where(in_names(REGISTER_SECRET.c.row))
_PAYLOADS = (
    select(REGISTER_EVENT.c.row, REGISTER_EVENT.c.seq, REGISTER_EVENT.c.payload)
    .where(in_names(REGISTER_EVENT.c.row))
    .order_by(REGISTER_EVENT.c.row, REGISTER_EVENT.c.seq)
)
_HEADS = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))
_CELLS = REGISTER_CELL.select().where(in_names(REGISTER_CELL.c.row), REGISTER_CELL.c.key != "")


def events_in_order() -> Select[tuple[object, ...]]:
    """Return the query for the events of every row, with the same columns as for cases."""
    return _EVENTS.execution_options(yield_per=5000)


def heads(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return the stored seq and head of every row."""
    query = select(REGISTER_ROW.c.id, REGISTER_ROW.c.seq, REGISTER_ROW.c.head)
    return {name: (seq, head) for name, seq, head in connection.execute(query)}


def find_differences(
    connection: Connection, project: ProjectRow | None, *, broken: Iterable[object] = ()
) -> Iterator[Difference]:
    """Yield values that do not match the hashes in the events, and rows whose index entries differ from their
    events.

    Args:
        broken: rows whose chain is reported already.
    """
    skipped = set(broken)
    for names in chunks((name for name in sorted(heads(connection)) if name not in skipped), CHUNK):
        yield from _values(connection, names)
        if project is not None:
            yield from _projections(connection, names, project)
    for campaign, person, _ in _wrong_answers(connection):
        yield "campaign_answer_differs", {"campaign": campaign, "person": person}


def mend(connection: Connection, project: ProjectRow) -> None:
    """Rewrite the index entries of all rows, and the record of who answered campaigns."""
    for names in chunks(sorted(heads(connection)), CHUNK):
        mend_rows(connection, names, project)
    for campaign, person, expected in _wrong_answers(connection):
        mine = (CAMPAIGN_PERSON.c.campaign == campaign) & (CAMPAIGN_PERSON.c.person == person)
        connection.execute(CAMPAIGN_PERSON.update().where(mine).values(expected._asdict()))


def mend_rows(connection: Connection, names: list[str], project: ProjectRow) -> None:
    """Rewrite the index entries of these rows, locked against edits meanwhile."""
    stored = {head.id: head for head in execute_for_names(connection, _HEADS.with_for_update(), names)}
    folded = rows(connection, names)
    projections = {name: project(row) for name, row in folded.items()}
    for name, row in folded.items():
        expected = {
            **_expected(row),
            "shown": dict(projections[name].values),
            "search": projections[name].search,
        }
        if any(getattr(stored[name], column) != value for column, value in expected.items()):
            step = REGISTER_ROW.update().where(REGISTER_ROW.c.id == name).values(**expected)
            connection.execute(step)
    write_cells(
        connection, {name: (folded[name].register, projection) for name, projection in projections.items()}
    )


class _Answer(NamedTuple):
    """What a campaign keeps of an answer: its row, its moment, whether it is a refusal."""

    answer: str = ""
    answered_at: datetime | None = None
    refused: bool = False


def _wrong_answers(connection: Connection) -> Iterator[tuple[str, str, _Answer]]:
    """Yield campaign and person of every recorded answer that differs from the rows, with what it should be.

    The first event of a row names the campaign and the person. If the person was erased from a row, its answer
    cannot be checked.
    """
    added = REGISTER_EVENT.alias()
    query = (
        select(added.c.row, added.c.at, added.c.payload)
        .join(REGISTER_ROW, REGISTER_ROW.c.id == added.c.row)
        .where(added.c.seq == 1, added.c.payload.contains('"campaign":'), REGISTER_ROW.c.withdrawn.is_(False))
        .order_by(REGISTER_ROW.c.number)
    )
    of_row: dict[str, tuple[str, _Answer]] = {}
    for record in connection.execute(query):
        with suppress(ValueError):
            payload = json.loads(record.payload)
            if campaign := payload.get("campaign"):
                of_row[record.row] = (
                    str(campaign),
                    _Answer(record.row, record.at, bool(payload.get("refused"))),
                )
    answers: dict[tuple[str, str], _Answer] = {}
    for names in chunks(sorted(of_row), CHUNK):
        for name, values in latest_secrets(connection, names).items():
            campaign, answer = of_row[name]
            # Of several a row names, the campaign asked one.
            answers |= {(campaign, value): answer for value in values.values() if isinstance(value, str)}
    for person in connection.execute(CAMPAIGN_PERSON.select().order_by(*CAMPAIGN_PERSON.primary_key.columns)):
        expected = answers.get((person.campaign, person.person), _Answer())
        erased = person.person == f"erased-{person.number}" and person.answer in of_row
        if not erased and (person.answer, person.answered_at, person.refused) != expected:
            yield person.campaign, person.person, expected


def _values(connection: Connection, names: list[str]) -> Iterator[Difference]:
    """Yield the values stored outside the events that are missing or changed."""
    stored = {
        (record.row, record.field, record.seq): (record.value, record.salt)
        for record in execute_for_names(connection, _SECRETS, names)
    }
    hashes: dict[tuple[str, str, int], str] = {}
    erased: dict[tuple[str, str], int] = {}
    for row, seq, payload in execute_for_names(connection, _PAYLOADS, names):
        try:
            content = json.loads(payload)
        except ValueError:
            continue
        hashes |= {(row, name, seq): digest for name, digest in content.get("hashes", {}).items()}
        erased |= {(row, name): seq for name in content.get("erased", ())}
    for (row, name, seq), digest in hashes.items():
        value, salt = stored.pop((row, name, seq), (None, None))
        if value is None or salt is None:
            if seq > erased.get((row, name), 0):
                yield "row_value_missing", {"row": row, "field": name, "seq": seq}
        elif not (_matches(salt, row, name, value, digest) if digest else value == "null"):
            yield "row_value_altered", {"row": row, "field": name, "seq": seq}
    for row, name, seq in sorted(stored):
        yield "row_value_altered", {"row": row, "field": name, "seq": seq}


def _matches(salt: str, row: str, name: str, value: str, digest: str) -> bool:
    try:
        return hidden(salt, row, name, json.loads(value)) == digest
    except ValueError:
        return False


def _projections(connection: Connection, names: list[str], project: ProjectRow) -> Iterator[Difference]:
    """Yield the rows whose index entries differ from their events."""
    stored = {head.id: head for head in execute_for_names(connection, _HEADS, names)}
    cells: dict[str, set[tuple[str, str]]] = {}
    for cell in execute_for_names(connection, _CELLS, names):
        cells.setdefault(cell.row, set()).add((cell.field, cell.key))
    for name, row in rows(connection, names).items():
        projection = project(row)
        head = stored[name]
        expected_cells = {cell for cell in projection.cells if cell[1]}
        field_values = dict(projection.values)
        if (
            any(getattr(head, column) != value for column, value in _expected(row).items())
            or head.shown != field_values
            or cells.get(name, set()) != expected_cells
        ):
            yield "row_list_differs", {"row": name}


def _expected(row: RegisterRow) -> Mapping[str, object]:
    return {
        "register_id": row.register,
        "version": row.version,
        "unit": row.unit,
        "case": row.case,
        "opened_case": row.opened_case,
        "withdrawn": row.withdrawn,
    }
