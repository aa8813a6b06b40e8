"""Repository of units, people and matches, read as one Office."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.database.limits import long_work
from storage.org.chain import Stamp
from storage.org.former import gone
from storage.org.preferences import (
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
from storage.org.vouched import MATCHES, PEOPLE, UNITS, RowEvent, VouchedTable, record
from storage.rows import Values
from storage.tables.organisation import MATCH, PERSON, UNIT
from workflow.org.office import Office, Person, Unit, with_officer

NOBODY = Stamp(by="", now=datetime.fromtimestamp(0, UTC), today=date(1970, 1, 1))
"""The author of changes for tests and measurements, without a moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveCounts:
    """Numbers of rows that were new, changed, or unchanged."""

    added: int = 0
    changed: int = 0
    same: int = 0


@long_work()
def save(
    engine: Engine,
    *,
    units: Iterable[Unit] = (),
    people: Iterable[Person] = (),
    matches: Mapping[str, str] | None = None,
    hand: Stamp = NOBODY,
) -> SaveCounts:
    """Save units, people and matches by key in one transaction; others are kept.

    Args:
        matches: responsible text -> unit id or person key.
        hand: who makes the change: every new or changed row becomes an event of the office's chain.

    Raises:
        StorageUnavailable: the database cannot be written; nothing was written.
    """
    units, people = list(units), list(people)
    told: list[tuple[VouchedTable, list[Values]]] = [
        (UNITS, [unit_values(one) for one in units]),
        (PEOPLE, [person_values(one) for one in people]),
        (MATCHES, [{"text": text, "target": target} for text, target in (matches or {}).items()]),
    ]
    events: list[RowEvent] = []
    with writing(engine) as connection:
        counts = [_save_names(connection, units, people, hand, events)]
        counts += [_save(connection, of, lines, hand, events) for of, lines in told]
        counts.append(_save_times(connection, units, hand, events))
        record(connection, *events)
    return SaveCounts(
        added=sum(one.added for one in counts),
        changed=sum(one.changed for one in counts),
        same=sum(one.same for one in counts),
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
        asked = select(UNIT.c.id, UNIT.c.name, UNIT.c.parent)
        return frozenset((one.id, one.name, one.parent) for one in connection.execute(asked))


def office(engine: Engine, *, officer: str = "", language: str = "kk") -> Office:
    """Return the office, with the officer config.toml names (by key or e-mail)."""
    with reading(engine) as connection:
        chosen = preferences(connection)
        units = {one.id: with_chosen(unit_of(one), chosen) for one in _all(connection, UNIT)}
        people = {one.key: person_with_chosen(person_of(one), chosen) for one in _all(connection, PERSON)}
        matches = {one.text: one.target for one in _all(connection, MATCH)}
        former = {one.key: one for one in gone(connection) if one.key not in people}
    found = Office(units=units, people=people, matches=matches, former=former)
    return with_officer(found, officer, language=language)


def _all(connection: Connection, table: Table):  # type: ignore[no-untyped-def]
    return connection.execute(table.select().order_by(*table.primary_key.columns))


def _save(
    connection: Connection, of: VouchedTable, lines: list[Values], hand: Stamp, events: list[RowEvent]
) -> SaveCounts:
    """Write the rows that are new or differ; add their events to those to append."""
    if not lines:
        return SaveCounts()
    table, key = of.table, of.key[0]
    known = {record._mapping[key]: dict(record._mapping) for record in _all(connection, table)}
    wanted = {line[key]: line for line in lines}
    new = [line for name, line in wanted.items() if name not in known]
    other = [line for name, line in wanted.items() if name in known and known[name] != line]
    if new or other:
        step = insert(connection, table)
        step = step.on_conflict_do_update(
            index_elements=[table.c[key]],
            set_={column.name: step.excluded[column.name] for column in table.c if column.name != key},
        )
        connection.execute(step, new + other)
        events += (
            RowEvent(
                kind=f"{table.name}_saved",
                name=str(line[key]),
                on=hand.today,
                by=hand.by,
                now=hand.now,
                rows=[of.changed(known.get(line[key]), line)],
            )
            for line in new + other
        )
    return SaveCounts(added=len(new), changed=len(other), same=len(wanted) - len(new) - len(other))


def _save_names(
    connection: Connection,
    units: Iterable[Unit],
    people: Iterable[Person],
    hand: Stamp,
    events: list[RowEvent],
) -> SaveCounts:
    """Save names in two languages where given; others are kept, except those of a post that changed."""
    chosen = preferences(connection)
    posts = {one.key: one.post for one in _all(connection, PERSON)} if chosen else {}
    given = {unit.id: names_text(unit.name_kk, unit.name_ru) for unit in units}
    given = {id: text for id, text in given.items() if text}
    for person in people:
        text = names_text(person.post_kk, person.post_ru)
        if text or posts.get(person.key, person.post) != person.post:
            given[person.key] = text
    changed = 0
    for owner, text in given.items():
        if chosen.get((owner, NAMES), "") == text:
            continue
        changed += 1
        change = put(connection, owner, NAMES, text, by=hand.by, now=hand.now)
        kind = f"{NAMES}_chosen"
        events.append(RowEvent(kind=kind, name=owner, on=hand.today, by=hand.by, now=hand.now, rows=[change]))
    return SaveCounts(changed=changed)


def _save_times(
    connection: Connection, units: Iterable[Unit], hand: Stamp, events: list[RowEvent]
) -> SaveCounts:
    """Save the units' own office time where given; others keep theirs."""
    chosen = preferences(connection)
    changed = 0
    for unit in units:
        text = time_text(unit.time)
        if not text or chosen.get((unit.id, OFFICE_TIME), "") == text:
            continue
        changed += 1
        change = put(connection, unit.id, OFFICE_TIME, text, by=hand.by, now=hand.now)
        events.append(
            RowEvent(
                kind=f"{OFFICE_TIME}_chosen",
                name=unit.id,
                on=hand.today,
                by=hand.by,
                now=hand.now,
                rows=[change],
            )
        )
    return SaveCounts(changed=changed)


def unit_of(one: Any) -> Unit:
    """Return the unit of a row, without its choices."""
    return Unit(id=one.id, name=one.name, parent=one.parent, kind=one.kind)


def unit_values(one: Unit) -> Values:
    """Return the row of a unit."""
    return {"id": one.id, "name": one.name, "parent": one.parent, "kind": one.kind}


def person_of(one: Any) -> Person:
    """Return the person of a row, without their choices."""
    return Person(
        key=one.key,
        name=one.name,
        unit=one.unit,
        post=one.post,
        duties=tuple(one.duties),
        email=one.email,
        language=one.language,
        away=tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in one.away),
        deputy=one.deputy,
        name_kk=one.name_kk,
        name_ru=one.name_ru,
    )


def person_values(one: Person) -> Values:
    """Return the row of a person."""
    return {
        "key": one.key,
        "name": one.name,
        "unit": one.unit,
        "post": one.post,
        "duties": list(one.duties),
        "email": one.email,
        "language": one.language,
        "away": [[first.isoformat(), last.isoformat()] for first, last in one.away],
        "deputy": one.deputy,
        "name_kk": one.name_kk,
        "name_ru": one.name_ru,
    }
