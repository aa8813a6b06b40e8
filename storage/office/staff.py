"""One unit or person changed by an administrator: never over what somebody else wrote meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Table

from storage.database.dialect import insert
from storage.database.engine import writing
from storage.office.chain import Hand, said
from storage.office.preferences import DIGEST, LANGUAGE, OFFICE_TIME, UPLOADS_THROUGH, preferences, put
from storage.office.store import Saved, person_of, person_values, save, unit_of, unit_values, with_chosen
from storage.office.time import time_text
from storage.refusals import ChangedMeanwhile
from storage.rows import Values
from storage.tables import MATCH, PERSON, UNIT
from workflow.office import Person, Unit


class SqlStaff:
    """`web.ports.administration.Staff` on a database; every method is one transaction and one event of the
    office's chain."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        """Write a unit down. `was`: what the writer saw, None for a new one.

        Raises:
            ChangedMeanwhile: it is not so any more; nothing was written.
        """
        hand = Hand(by=by, now=now, today=today)
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), was, unit.name)
            values = unit_values(unit)
            _put(connection, UNIT, "id", values)
            through = unit.uploads_through or ""
            put(connection, unit.id, UPLOADS_THROUGH, through, by=by, now=now)
            own = time_text(unit.time)
            put(connection, unit.id, OFFICE_TIME, own, by=by, now=now)
            chosen = {UPLOADS_THROUGH: through, OFFICE_TIME: own}
            said(connection, hand, "unit_saved", unit.id, {**values, **chosen})

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Take a unit out, as the writer saw it. Raises ChangedMeanwhile."""
        hand = Hand(by=by, now=now, today=today)
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), unit, unit.name)
            connection.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            connection.execute(MATCH.delete().where(MATCH.c.target == unit.id))
            put(connection, unit.id, UPLOADS_THROUGH, "", by=by, now=now)
            put(connection, unit.id, OFFICE_TIME, "", by=by, now=now)
            said(connection, hand, "unit_removed", unit.id, unit_values(unit))

    def keep_person(self, person: Person, *, was: Person | None, by: str, now: datetime, today: date) -> None:
        """Write a person down. `was`: what the writer saw, None for a new one. Raises ChangedMeanwhile."""
        hand = Hand(by=by, now=now, today=today)
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), was, person.name)
            values = person_values(person)
            _put(connection, PERSON, "key", values)
            put(connection, person.key, DIGEST, person.digest, by=by, now=now)
            # The row says it now, whoever chose it before.
            put(connection, person.key, LANGUAGE, "", by=by, now=now)
            said(connection, hand, "person_saved", person.key, {**values, DIGEST: person.digest})

    def remove_person(self, person: Person, *, by: str, now: datetime, today: date) -> None:
        """Take a person out, as the writer saw them; nobody is deputised by them any more. Raises
        ChangedMeanwhile."""
        hand = Hand(by=by, now=now, today=today)
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), person, person.name)
            connection.execute(PERSON.delete().where(PERSON.c.key == person.key))
            connection.execute(PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None))
            connection.execute(MATCH.delete().where(MATCH.c.target == person.key))
            put(connection, person.key, DIGEST, "", by=by, now=now)
            put(connection, person.key, LANGUAGE, "", by=by, now=now)
            said(connection, hand, "person_removed", person.key, person_values(person))

    def take_in(self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date) -> Saved:
        """All of a table of people; whom it does not name stays."""
        return save(self._engine, units=units, people=people, hand=Hand(by=by, now=now, today=today))


def _same(stored: object, was: object, name: str) -> None:
    if stored != was:
        raise ChangedMeanwhile("office_changed_meanwhile", name=name)


def _unit(connection: Connection, id: str) -> Unit | None:
    found = connection.execute(UNIT.select().where(UNIT.c.id == id)).first()
    if found is None:
        return None
    return with_chosen(unit_of(found), preferences(connection))


def _person(connection: Connection, key: str) -> Person | None:
    found = connection.execute(PERSON.select().where(PERSON.c.key == key)).first()
    if found is None:
        return None
    chosen = preferences(connection)
    language = chosen.get((key, LANGUAGE), found.language)
    return replace(person_of(found), digest=chosen.get((key, DIGEST), ""), language=language)


def _put(connection: Connection, table: Table, key: str, values: Values) -> None:
    step = insert(connection, table)
    others = {column.name: step.excluded[column.name] for column in table.c if column.name != key}
    connection.execute(step.on_conflict_do_update(index_elements=[table.c[key]], set_=others), [values])
