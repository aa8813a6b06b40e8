"""Repository of units, people and matches, read as one Office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import reading, writing
from merzim.storage.org.chain import OfficeEvent, Stamp, record
from merzim.storage.org.former import gone
from merzim.storage.org.preferences import (
    ACTS,
    DIGEST,
    LANGUAGE,
    NAMES,
    OFFICE_TIME,
    UPLOADS_THROUGH,
    names_kept,
    names_text,
    preferences,
    put,
    time_kept,
    time_text,
)
from merzim.storage.rows import Values
from merzim.storage.tables.organisation import MATCH, PERSON, UNIT
from workflow.org.office import Office, Person, Unit, with_officer

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

    Raises:
        StorageUnavailable: the database cannot be written; nothing was written.
    """
    units, people = list(units), list(people)
    tables: list[tuple[Table, list[Values]]] = [
        (UNIT, [unit_values(unit) for unit in units]),
        (PERSON, [person_values(person) for person in people]),
        (MATCH, [{"text": text, "target": target} for text, target in (matches or {}).items()]),
    ]
    events: list[OfficeEvent] = []
    with writing(engine) as connection:
        counts = [_save_names(connection, units, people, stamp, events)]
        counts += [_save(connection, table, lines, stamp, events) for table, lines in tables]
        counts.append(_save_times(connection, units, stamp, events))
        record(connection, *events)
    return SaveCounts(
        added=sum(count.added for count in counts),
        changed=sum(count.changed for count in counts),
        same=sum(count.same for count in counts),
    )


def with_chosen(unit: Unit, chosen: Mapping[tuple[str, str], str]) -> Unit:
    """Return a unit with its choices."""
    name_kk, name_ru = names_kept(chosen.get((unit.id, NAMES)))
    return replace(
        unit,
        uploads_through=chosen.get((unit.id, UPLOADS_THROUGH)),
        time=time_kept(chosen.get((unit.id, OFFICE_TIME))),
        acts=tuple(chosen.get((unit.id, ACTS), "").split()),
        name_kk=name_kk,
        name_ru=name_ru,
    )


def person_with_chosen(person: Person, chosen: Mapping[tuple[str, str], str]) -> Person:
    """Return a person with their choices."""
    post_kk, post_ru = names_kept(chosen.get((person.key, NAMES)))
    return replace(
        person,
        digest=chosen.get((person.key, DIGEST), ""),
        language=chosen.get((person.key, LANGUAGE), person.language),
        post_kk=post_kk,
        post_ru=post_ru,
    )


def units(engine: Engine) -> frozenset[tuple[str, str, str | None]]:
    """Return (id, name, parent) of every unit, on which a unit's own rules depend."""
    with reading(engine) as connection:
        query = select(UNIT.c.id, UNIT.c.name, UNIT.c.parent)
        return frozenset((record.id, record.name, record.parent) for record in connection.execute(query))


def office(engine: Engine, *, officer: str = "", language: str = "kk") -> Office:
    """Return the office, with the officer config.toml names (by key or e-mail)."""
    with reading(engine) as connection:
        chosen = preferences(connection)
        units = {record.id: with_chosen(unit_of(record), chosen) for record in _all(connection, UNIT)}
        people = {
            record.key: person_with_chosen(person_of(record), chosen) for record in _all(connection, PERSON)
        }
        matches = {record.text: record.target for record in _all(connection, MATCH)}
        former = {person.key: person for person in gone(connection) if person.key not in people}
    office = Office(units=units, people=people, matches=matches, former=former)
    return with_officer(office, officer, language=language)


def _all(connection: Connection, table: Table):  # type: ignore[no-untyped-def]
    return connection.execute(table.select().order_by(*table.primary_key.columns))


def _save(
    connection: Connection, table: Table, lines: list[Values], stamp: Stamp, events: list[OfficeEvent]
) -> SaveCounts:
    """Write the rows that are new or differ; add their events to those to append."""
    if not lines:
        return SaveCounts()
    [key] = [column.name for column in table.primary_key.columns]
    records_by_key = {record._mapping[key]: dict(record._mapping) for record in _all(connection, table)}
    lines_by_key = {line[key]: line for line in lines}
    new = [line for name, line in lines_by_key.items() if name not in records_by_key]
    other = [
        line for name, line in lines_by_key.items() if name in records_by_key and records_by_key[name] != line
    ]
    if new or other:
        step = insert(connection, table)
        step = step.on_conflict_do_update(
            index_elements=[table.c[key]],
            set_={column.name: step.excluded[column.name] for column in table.c if column.name != key},
        )
        connection.execute(step, new + other)
        events += (
            OfficeEvent(
                kind=f"{table.name}_saved",
                name=str(line[key]),
                on=stamp.today,
                by=stamp.by,
                now=stamp.now,
                **({"more": {"values": line}} if table is UNIT else {"private": line}),
            )
            for line in new + other
        )
    return SaveCounts(added=len(new), changed=len(other), same=len(lines_by_key) - len(new) - len(other))


def _save_names(
    connection: Connection,
    units: Iterable[Unit],
    people: Iterable[Person],
    stamp: Stamp,
    events: list[OfficeEvent],
) -> SaveCounts:
    """Save names in two languages where given; others are kept, except those of a post that changed."""
    chosen = preferences(connection)
    posts = {record.key: record.post for record in _all(connection, PERSON)} if chosen else {}
    name_texts = {unit.id: names_text(unit.name_kk, unit.name_ru) for unit in units}
    name_texts = {id: text for id, text in name_texts.items() if text}
    for person in people:
        text = names_text(person.post_kk, person.post_ru)
        if text or posts.get(person.key, person.post) != person.post:
            name_texts[person.key] = text
    change_count = 0
    for owner, text in name_texts.items():
        if chosen.get((owner, NAMES), "") == text:
            continue
        change_count += 1
        put(connection, owner, NAMES, text, by=stamp.by, now=stamp.now)
        kind = f"{NAMES}_chosen"
        events.append(OfficeEvent(kind=kind, name=owner, on=stamp.today, by=stamp.by, now=stamp.now))
    return SaveCounts(changed=change_count)


def _save_times(
    connection: Connection, units: Iterable[Unit], stamp: Stamp, events: list[OfficeEvent]
) -> SaveCounts:
    """Save the units' own office time where given; others keep theirs."""
    chosen = preferences(connection)
    change_count = 0
    for unit in units:
        text = time_text(unit.time)
        if not text or chosen.get((unit.id, OFFICE_TIME), "") == text:
            continue
        change_count += 1
        put(connection, unit.id, OFFICE_TIME, text, by=stamp.by, now=stamp.now)
        events.append(
            OfficeEvent(
                kind=f"{OFFICE_TIME}_chosen",
                name=unit.id,
                on=stamp.today,
                by=stamp.by,
                now=stamp.now,
            )
        )
    return SaveCounts(changed=change_count)


def unit_of(record: Any) -> Unit:
    """Return the unit of a row, without its choices."""
    return Unit(id=record.id, name=record.name, parent=record.parent, kind=record.kind)


def unit_values(unit: Unit) -> Values:
    """Return the row of a unit."""
    return {"id": unit.id, "name": unit.name, "parent": unit.parent, "kind": unit.kind}


def person_of(record: Any) -> Person:
    """Return the person of a row, without their choices."""
    return Person(
        key=record.key,
        name=record.name,
        unit=record.unit,
        post=record.post,
        duties=tuple(record.duties),
        email=record.email,
        language=record.language,
        away=tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in record.away),
        deputy=record.deputy,
        name_kk=record.name_kk,
        name_ru=record.name_ru,
    )


def person_values(person: Person) -> Values:
    """Return the row of a person."""
    return {
        "key": person.key,
        "name": person.name,
        "unit": person.unit,
        "post": person.post,
        "duties": list(person.duties),
        "email": person.email,
        "language": person.language,
        "away": [[first.isoformat(), last.isoformat()] for first, last in person.away],
        "deputy": person.deputy,
        "name_kk": person.name_kk,
        "name_ru": person.name_ru,
    }
