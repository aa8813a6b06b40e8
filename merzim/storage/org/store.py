"""Repository of units, people and matches, read as one Office and saved by the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.org.chain import OfficeEvent, Stamp, record
from merzim.storage.org.former import gone
from merzim.storage.rows import Values, columns_of
from merzim.storage.tables.organisation import MATCH, PERSON, UNIT
from workflow.org.office import Office, Person, Unit, with_officer
from workflow.org.office_time import NOTHING_OWN, OfficeTime

NOBODY = Stamp(by="", now=datetime.fromtimestamp(0, UTC), today=date(1970, 1, 1))
"""The author of changes for tests and measurements, without a moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveCounts:
    """Numbers of rows that were new, changed, or unchanged."""

    added: int = 0
    changed: int = 0
    same: int = 0


def save(
    engine: Engine,
    *,
    units: Iterable[Unit] = (),
    people: Iterable[Person] = (),
    matches: Mapping[str, str] | None = None,
    stamp: Stamp = NOBODY,
) -> SaveCounts:
    """Save units, people and matches by key in one transaction; others are kept.

    Args:
        matches: responsible text -> unit id or person key.
        stamp: who makes the change: every new or changed row becomes an event of the office's chain.
    """
    tables: list[tuple[Table, list[Values]]] = [
        (UNIT, [unit_values(unit) for unit in units]),
        (PERSON, [person_values(person) for person in people]),
        (MATCH, [{"text": text, "target": target} for text, target in (matches or {}).items()]),
    ]
    with writing(engine) as connection:
        counts = [_save(connection, table, lines, stamp) for table, lines in tables if lines]
    return SaveCounts(
        added=sum(count.added for count in counts),
        changed=sum(count.changed for count in counts),
        same=sum(count.same for count in counts),
    )


def units(engine: Engine) -> frozenset[tuple[str, str, str | None]]:
    """Return (id, name, parent) of every unit, on which a unit's own rules depend."""
    with reading(engine) as connection:
        query = select(UNIT.c.id, UNIT.c.name, UNIT.c.parent)
        return frozenset((record.id, record.name, record.parent) for record in connection.execute(query))


def office(engine: Engine, *, officer: str = "", language: str = "kk") -> Office:
    """Return the office, with the officer config.toml names (by key or e-mail)."""
    with reading(engine) as connection:
        units = {record.id: unit_of(record) for record in _all(connection, UNIT)}
        people = {record.key: person_of(record) for record in _all(connection, PERSON)}
        matches = {record.text: record.target for record in _all(connection, MATCH)}
        former = {person.key: person for person in gone(connection) if person.key not in people}
    office = Office(units=units, people=people, matches=matches, former=former)
    return with_officer(office, officer, language=language)


def _all(connection: Connection, table: Table) -> Iterable[Row_]:
    return connection.execute(table.select().order_by(*table.primary_key.columns))


def _save(connection: Connection, table: Table, lines: list[Values], stamp: Stamp) -> SaveCounts:
    """Write the rows that are new or differ, with their events."""
    [key] = [column.name for column in table.primary_key.columns]
    records_by_key = {record._mapping[key]: record._mapping for record in _all(connection, table)}
    lines_by_key = {line[key]: line for line in lines}
    new = [line for name, line in lines_by_key.items() if name not in records_by_key]
    other = [
        line
        for name, line in lines_by_key.items()
        if name in records_by_key and any(records_by_key[name][column] != line[column] for column in line)
    ]
    put(connection, table, new + other)
    record(connection, *(saved(table, line, stamp) for line in new + other))
    return SaveCounts(added=len(new), changed=len(other), same=len(lines_by_key) - len(new) - len(other))


def put(connection: Connection, table: Table, lines: Sequence[Values]) -> None:
    """Write rows by their key; a column they do not name keeps its value."""
    if lines:
        step = insert(connection, table)
        keys = table.primary_key.columns
        values = {name: step.excluded[name] for name in lines[0] if name not in keys}
        connection.execute(step.on_conflict_do_update(index_elements=keys, set_=values), lines)


def saved(table: Table, line: Values, stamp: Stamp) -> OfficeEvent:
    """Return the event of a saved row; what a person's says is private."""
    [key] = [column.name for column in table.primary_key.columns]
    return OfficeEvent(
        kind=f"{table.name}_saved",
        name=str(line[key]),
        on=stamp.today,
        by=stamp.by,
        now=stamp.now,
        **({"more": {"values": line}} if table is UNIT else {"private": line}),
    )


def unit_of(record: Any) -> Unit:
    return Unit(**{**record._mapping, "time": _time_of(record.time), "acts": tuple(record.acts)})


def unit_values(unit: Unit) -> Values:
    return columns_of(UNIT, unit, time=_time_values(unit.time), acts=list(unit.acts))


def person_of(record: Any) -> Person:
    """Return the person of a row, in the language of their own choice if they made one."""
    values = dict(record._mapping)
    own_language = values.pop("own_language")
    return Person(
        **{
            **values,
            "language": own_language or record.language,
            "duties": tuple(record.duties),
            "away": tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in record.away),
        }
    )


def person_values(person: Person) -> Values:
    """Return the row of a person, without their choice of a language: a table of people takes none away."""
    away = [[first.isoformat(), last.isoformat()] for first, last in person.away]
    return columns_of(PERSON, person, duties=list(person.duties), away=away)


def _time_of(values: Mapping[str, Any]) -> OfficeTime:
    if not values:
        return NOTHING_OWN
    hours = [time.fromisoformat(end) for end in values["hours"]]
    return OfficeTime(
        hours=(hours[0], hours[1]) if hours else None,
        week=tuple(values["week"]),
        off=tuple(date.fromisoformat(day) for day in values["off"]),
        working=tuple(date.fromisoformat(day) for day in values["working"]),
    )


def _time_values(office_time: OfficeTime) -> dict[str, list[Any]]:
    """Return an office time as a unit's row has it, empty for none."""
    if not office_time:
        return {}
    return {
        "hours": [f"{end:%H:%M}" for end in office_time.hours or ()],
        "week": list(office_time.week),
        "off": [day.isoformat() for day in office_time.off],
        "working": [day.isoformat() for day in office_time.working],
    }
