"""Repository of single units and people, with optimistic locking against concurrent changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, Engine, Table, select

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import writing
from merzim.storage.org.chain import OfficeEvent, Stamp, record
from merzim.storage.org.former import remember
from merzim.storage.org.preferences import (
    ACTS,
    DIGEST,
    LANGUAGE,
    NAMES,
    OFFICE_TIME,
    UPLOADS_THROUGH,
    names_text,
    preferences,
    put,
    time_text,
)
from merzim.storage.org.store import (
    SaveCounts,
    person_of,
    person_values,
    person_with_chosen,
    save,
    unit_of,
    unit_values,
    with_chosen,
)
from merzim.storage.refusals import ChangedMeanwhile
from merzim.storage.rows import Values
from merzim.storage.tables.accounts import ACCOUNT
from merzim.storage.tables.notices import LINK
from merzim.storage.tables.organisation import MATCH, PERSON, UNIT
from workflow.org.office import Person, Unit


class SqlStaff:
    """Changes units and people one at a time; every method is one transaction and one event of the office's
    chain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_unit(self, unit: Unit, *, was: Unit | None, by: str, now: datetime, today: date) -> None:
        """Save a unit. `was`: the state the writer saw, None for a new one.

        Raises:
            ChangedMeanwhile: it has changed since; nothing was written.
        """
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), was, unit.name)
            values = unit_values(unit)
            _put(connection, UNIT, "id", values)
            _choose(
                connection,
                unit.id,
                {
                    UPLOADS_THROUGH: unit.uploads_through or "",
                    OFFICE_TIME: time_text(unit.time),
                    ACTS: " ".join(unit.acts),
                    NAMES: names_text(unit.name_kk, unit.name_ru),
                },
                by=by,
                now=now,
            )
            event = OfficeEvent(
                kind="unit_saved", name=unit.id, on=today, by=by, now=now, more={"values": values}
            )
            record(connection, event)

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Remove a unit that is as the writer saw it. Raises ChangedMeanwhile."""
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), unit, unit.name)
            connection.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            _unmatch(connection, unit.id)
            _choose(
                connection,
                unit.id,
                dict.fromkeys((UPLOADS_THROUGH, OFFICE_TIME, ACTS, NAMES), ""),
                by=by,
                now=now,
            )
            record(connection, OfficeEvent(kind="unit_removed", name=unit.id, on=today, by=by, now=now))

    def keep_person(self, person: Person, *, was: Person | None, by: str, now: datetime, today: date) -> None:
        """Save a person. `was`: the state the writer saw, None for a new one. Raises ChangedMeanwhile."""
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), was, person.name)
            values = person_values(person)
            _put(connection, PERSON, "key", values)
            # The row now has the language, regardless of who chose it before.
            names = names_text(person.post_kk, person.post_ru)
            choices = {DIGEST: person.digest, NAMES: names, LANGUAGE: ""}
            _choose(connection, person.key, choices, by=by, now=now)
            event = OfficeEvent(kind="person_saved", name=person.key, on=today, by=by, now=now, private=values)
            record(connection, event)

    def remove_person(self, person: Person, *, by: str, now: datetime, today: date) -> None:
        """Remove a person who is as the writer saw them; they are nobody's deputy any more.

        Raises ChangedMeanwhile.
        """
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), person, person.name)
            logins = select(ACCOUNT.c.login, ACCOUNT.c.name).where(ACCOUNT.c.person == person.key)
            chats = connection.execute(select(LINK.c.chat).where(LINK.c.person == person.key)).scalars()
            details = [f"name:{name}" for name in person.names] + [f"chat:{chat}" for chat in chats]
            details += [f"email:{person.email or ''}", f"kk:{person.name_kk}", f"ru:{person.name_ru}"]
            for login, name in connection.execute(logins):
                details += [f"login:{login}", f"name:{name}"]
            remember(connection, person.key, details, left_on=today)
            connection.execute(PERSON.delete().where(PERSON.c.key == person.key))
            connection.execute(PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None))
            _unmatch(connection, person.key)
            _choose(connection, person.key, dict.fromkeys((DIGEST, NAMES, LANGUAGE), ""), by=by, now=now)
            record(connection, OfficeEvent(kind="person_removed", name=person.key, on=today, by=by, now=now))

    def take_in(
        self, units: list[Unit], people: list[Person], *, by: str, now: datetime, today: date
    ) -> SaveCounts:
        """Save a whole table of people; people it does not name are kept."""
        return save(self._engine, units=units, people=people, stamp=Stamp(by=by, now=now, today=today))


def _same(stored: object, was: object, name: str) -> None:
    """Raise ChangedMeanwhile unless the stored value is the one the writer saw."""
    if stored != was:
        raise ChangedMeanwhile("office_changed_meanwhile", name=name)


def _unit(connection: Connection, id: str) -> Unit | None:
    record = connection.execute(UNIT.select().where(UNIT.c.id == id)).first()
    if record is None:
        return None
    return with_chosen(unit_of(record), preferences(connection))


def _person(connection: Connection, key: str) -> Person | None:
    record = connection.execute(PERSON.select().where(PERSON.c.key == key)).first()
    if record is None:
        return None
    return person_with_chosen(person_of(record), preferences(connection))


def _choose(connection: Connection, owner: str, choices: Mapping[str, str], *, by: str, now: datetime) -> None:
    """Store the choices of a unit or person."""
    for name, value in choices.items():
        put(connection, owner, name, value, by=by, now=now)


def _unmatch(connection: Connection, target: str) -> None:
    """Delete the schedule texts matched to a unit or person."""
    connection.execute(MATCH.delete().where(MATCH.c.target == target))


def _put(connection: Connection, table: Table, key: str, values: Values) -> None:
    step = insert(connection, table)
    other_columns = {column.name: step.excluded[column.name] for column in table.c if column.name != key}
    connection.execute(step.on_conflict_do_update(index_elements=[table.c[key]], set_=other_columns), [values])
