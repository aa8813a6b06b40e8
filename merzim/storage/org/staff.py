"""Repository of single units and people: their changes one at a time, and what people choose for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection, Engine, select

from merzim.storage.database.engine import writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.org.store import (
    SaveCounts,
    office,
    person_of,
    person_values,
    put,
    remember,
    save,
    saved,
    unit_of,
    unit_values,
)
from merzim.storage.tables.accounts import ACCOUNT
from merzim.storage.tables.notices import LINK
from merzim.storage.tables.organisation import MATCH, PERSON, UNIT
from notifications.letter_links import find_person
from workflow.org.audit import Stamp
from workflow.org.office import Person, Unit
from workflow.refusal import Refusal


class SqlStaff:
    """Changes units and people one at a time; every method is one transaction and one event of the office's
    chain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_unit(self, unit: Unit, *, was: Unit | None, at: Stamp) -> None:
        """Save a unit. `was`: the state the writer saw, None for a new one.

        Raises:
            Refusal: it has changed since; nothing was written.
        """
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), was, unit.name)
            put(connection, UNIT, [unit_values(unit)])
            record(connection, saved(UNIT, unit_values(unit), at))

    def remove_unit(self, unit: Unit, *, at: Stamp) -> None:
        """Remove a unit that is as the writer saw it. Raises Refusal."""
        with writing(self._engine) as connection:
            _same(_unit(connection, unit.id), unit, unit.name)
            connection.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            _unmatch(connection, unit.id)
            record(connection, office_event(at, "unit_removed", unit.id))

    def keep_person(self, person: Person, *, was: Person | None, at: Stamp) -> None:
        """Save a person. `was`: the state the writer saw, None for a new one. Raises Refusal."""
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), was, person.name)
            # The row now has the language, regardless of who chose it before.
            put(connection, PERSON, [person_values(person) | {"own_language": ""}])
            record(connection, saved(PERSON, person_values(person), at))

    def remove_person(self, person: Person, *, at: Stamp) -> None:
        """Remove a person who is as the writer saw them; they are nobody's deputy any more.

        Raises Refusal.
        """
        with writing(self._engine) as connection:
            _same(_person(connection, person.key), person, person.name)
            logins = select(ACCOUNT.c.login, ACCOUNT.c.name).where(ACCOUNT.c.person == person.key)
            chats = connection.execute(select(LINK.c.chat).where(LINK.c.person == person.key)).scalars()
            details = [f"name:{name}" for name in person.names] + [f"chat:{chat}" for chat in chats]
            details += [f"email:{person.email or ''}", f"kk:{person.name_kk}", f"ru:{person.name_ru}"]
            for login, name in connection.execute(logins):
                details += [f"login:{login}", f"name:{name}"]
            remember(connection, person.key, details, left_on=at.today)
            connection.execute(PERSON.delete().where(PERSON.c.key == person.key))
            connection.execute(PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None))
            _unmatch(connection, person.key)
            record(connection, office_event(at, "person_removed", person.key))

    def take_in(self, units: list[Unit], people: list[Person], *, at: Stamp) -> SaveCounts:
        """Save a whole table of people; people it does not name are kept."""
        return save(self._engine, units=units, people=people, stamp=at)

    def set_leave(
        self, person: str, *, away: Sequence[tuple[date, date]], deputy: str | None, at: Stamp
    ) -> None:
        """Set the absences (local dates, both ends included) and the deputy of a person; do nothing for an
        unknown person.
        """
        with writing(self._engine) as connection:
            present = _person(connection, person)
            if present is not None:
                changed = person_values(replace(present, away=tuple(away), deputy=deputy))
                values = {"away": changed["away"], "deputy": deputy}
                connection.execute(PERSON.update().where(PERSON.c.key == person).values(values))
                record(connection, saved(PERSON, changed, at))


class SqlChoices:
    """How people choose to be reminded; every change is an event of the office's chain.

    Args:
        key: the secret of the addresses in letters.
    """

    def __init__(self, engine: Engine, key: str) -> None:
        self._engine = engine
        self._key = key

    def person(self, key: str) -> Person | None:
        """Return a person with their choices; None for an unknown key."""
        return office(self._engine).people.get(key)

    def whose(self, secret: str) -> Person | None:
        """Return the person whose personal address contains that secret; None for nobody's."""
        people = office(self._engine).people
        return people.get(find_person(self._key, secret, people) or "")

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """Set how often a person is reminded."""
        self._set(person, "digest", digest, by=by, now=now)

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """Set the language of letters to a person; the language from the table of people is not stored as a
        choice.
        """
        office_person = self.person(person)
        if office_person is not None and office_person.language != language:
            self._set(person, "own_language", language, by=by, now=now)

    def _set(self, person: str, column: str, value: str, *, by: str, now: datetime) -> None:
        mine = (PERSON.c.key == person) & (PERSON.c[column] != value)
        kind = f"{column.removeprefix('own_')}_chosen"
        with writing(self._engine) as connection:
            if connection.execute(PERSON.update().where(mine).values({column: value})).rowcount:
                record(connection, Draft(kind=kind, name=person, by=by, at=now, payload={"value": value}))


def _same(stored: object, was: object, name: str) -> None:
    """Raise Refusal unless the stored value is the one the writer saw."""
    if stored != was:
        raise Refusal("office_changed_meanwhile", name=name)


def _unit(connection: Connection, id: str) -> Unit | None:
    row = connection.execute(UNIT.select().where(UNIT.c.id == id)).first()
    return unit_of(row) if row is not None else None


def _person(connection: Connection, key: str) -> Person | None:
    row = connection.execute(PERSON.select().where(PERSON.c.key == key)).first()
    return person_of(row) if row is not None else None


def _unmatch(connection: Connection, target: str) -> None:
    """Delete the schedule texts matched to a unit or person."""
    connection.execute(MATCH.delete().where(MATCH.c.target == target))
