"""Repository of single units and people, with optimistic locking against concurrent changes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, Engine, Table, select

from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import writing
from merzim.storage.org.chain import Stamp
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
from merzim.storage.org.vouched import MATCHES, PEOPLE, UNITS, RowChange, RowEvent, record
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
            through = unit.uploads_through or ""
            rows = [
                UNITS.changed(unit_values(was) if was else None, values),
                put(connection, unit.id, UPLOADS_THROUGH, through, by=by, now=now),
                put(connection, unit.id, OFFICE_TIME, time_text(unit.time), by=by, now=now),
                put(connection, unit.id, ACTS, " ".join(unit.acts), by=by, now=now),
                put(connection, unit.id, NAMES, names_text(unit.name_kk, unit.name_ru), by=by, now=now),
            ]
            record(connection, RowEvent(kind="unit_saved", name=unit.id, on=today, by=by, now=now, rows=rows))

    def remove_unit(self, unit: Unit, *, by: str, now: datetime, today: date) -> None:
        """Remove a unit that is as the writer saw it. Raises ChangedMeanwhile."""
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), unit, unit.name)
            connection.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            rows = [
                UNITS.removed(unit.id),
                *_unmatched(connection, unit.id),
                put(connection, unit.id, UPLOADS_THROUGH, "", by=by, now=now),
                put(connection, unit.id, OFFICE_TIME, "", by=by, now=now),
                put(connection, unit.id, ACTS, "", by=by, now=now),
                put(connection, unit.id, NAMES, "", by=by, now=now),
            ]
            record(connection, RowEvent(kind="unit_removed", name=unit.id, on=today, by=by, now=now, rows=rows))

    def keep_person(self, person: Person, *, was: Person | None, by: str, now: datetime, today: date) -> None:
        """Save a person. `was`: the state the writer saw, None for a new one. Raises ChangedMeanwhile."""
        with writing(self._engine) as connection:
            before = _row(connection, person.key)
            _same(_person(connection, person.key), was, person.name)
            values = person_values(person)
            _put(connection, PERSON, "key", values)
            rows = [
                PEOPLE.changed(before, values),
                put(connection, person.key, DIGEST, person.digest, by=by, now=now),
                put(connection, person.key, NAMES, names_text(person.post_kk, person.post_ru), by=by, now=now),
                # The row now has it, regardless of who chose it before.
                put(connection, person.key, LANGUAGE, "", by=by, now=now),
            ]
            event = RowEvent(kind="person_saved", name=person.key, on=today, by=by, now=now, rows=rows)
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
            orphaned = PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None)
            rows = [
                PEOPLE.removed(person.key),
                *(
                    RowChange(PEOPLE, "set", (key,), {"deputy": None})
                    for key in sorted(connection.execute(orphaned.returning(PERSON.c.key)).scalars())
                ),
                *_unmatched(connection, person.key),
                put(connection, person.key, DIGEST, "", by=by, now=now),
                put(connection, person.key, NAMES, "", by=by, now=now),
                put(connection, person.key, LANGUAGE, "", by=by, now=now),
            ]
            event = RowEvent(kind="person_removed", name=person.key, on=today, by=by, now=now, rows=rows)
            record(connection, event)

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


def _row(connection: Connection, key: str) -> Values | None:
    record = connection.execute(PERSON.select().where(PERSON.c.key == key)).first()
    return dict(record._mapping) if record else None


def _unmatched(connection: Connection, target: str) -> list[RowChange]:
    """Delete the schedule texts matched to a unit or person."""
    deletion = MATCH.delete().where(MATCH.c.target == target).returning(MATCH.c.text)
    return [MATCHES.removed(text) for text in sorted(connection.execute(deletion).scalars())]


def _put(connection: Connection, table: Table, key: str, values: Values) -> None:
    step = insert(connection, table)
    other_columns = {column.name: step.excluded[column.name] for column in table.c if column.name != key}
    connection.execute(step.on_conflict_do_update(index_elements=[table.c[key]], set_=other_columns), [values])
