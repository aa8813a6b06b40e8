"""Compares the rows and readers of cases with their events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, delete, update

from storage.database.dialect import insert_many
from storage.database.in_list import execute_for_names, in_names
from storage.tables.cases import CASE, READER
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
            insert_many(connection, READER, [{"case": name, "person": one} for one in sorted(_named(case))])


def _readers(connection: Connection, cases: Mapping[str, Case]) -> dict[str, frozenset[str]]:
    """Return the readers of these cases."""
    found: dict[str, frozenset[str]] = {}
    for row in execute_for_names(connection, _READERS, cases):
        found[row.case] = found.get(row.case, frozenset()) | {row.person}
    return found


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
