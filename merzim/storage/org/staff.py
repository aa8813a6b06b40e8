"""Changes of single units and people, and what people choose for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Column, ColumnElement, Engine, func, select
from sqlmodel import Session

from merzim.storage.database.engine import writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.org.store import (
    add_former_person,
    person_of,
    person_values,
    put,
    saved_event,
    unit_of,
    unit_values,
)
from merzim.storage.tables.accounts import ACCOUNT
from merzim.storage.tables.notices import LINK
from merzim.storage.tables.organisation import MATCH, PERSON, UNIT
from workflow.moments import Moment
from workflow.org.office import Person, Unit
from workflow.refusal import Refusal


class SqlStaff:
    """Changes units and people one at a time; every method is one transaction and one event of the office's
    chain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_unit(self, unit: Unit, *, was: Unit | None, at: Moment) -> None:
        """Save a unit. `was`: the state the writer saw, None for a new one.

        Raises:
            Refusal: it has changed since; nothing was written.
        """
        with writing(self._engine) as session:
            _refuse_changed(_unit(session, unit.id), was, unit.name)
            put(session, UNIT, [unit_values(unit)])
            record(session, saved_event(UNIT, unit_values(unit), at))

    def remove_unit(self, unit: Unit, *, at: Moment) -> None:
        """Remove a unit, with the texts of schedules matched to it. Raises Refusal: it has changed since."""
        with writing(self._engine) as session:
            _refuse_changed(_unit(session, unit.id), unit, unit.name)
            session.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            _unmatch(session, unit.id)
            record(session, office_event(at, "unit_removed", unit.id))

    def keep_person(self, person: Person, *, was: Person | None, at: Moment) -> None:
        """Save a person as `keep_unit` does a unit; the language they chose themselves ends."""
        with writing(self._engine) as session:
            _refuse_changed(_person(session, person.key), was, person.name)
            # The row now has the language, regardless of who chose it before.
            put(session, PERSON, [person_values(person) | {"own_language": ""}])
            record(session, saved_event(PERSON, person_values(person), at))

    def remove_person(self, person: Person, *, at: Moment) -> None:
        """Move a person to the former people, with all names and addresses, which are needed to anonymise them
        later; they are nobody's deputy any more.

        Raises Refusal: they changed since the writer saw them.
        """
        with writing(self._engine) as session:
            _refuse_changed(_person(session, person.key), person, person.name)
            logins = select(ACCOUNT.c.login, ACCOUNT.c.name).where(ACCOUNT.c.person == person.key)
            chats = session.execute(select(LINK.c.chat).where(LINK.c.person == person.key)).scalars()
            details = [f"name:{name}" for name in person.names] + [f"chat:{chat}" for chat in chats]
            details += [f"email:{person.email or ''}", f"kk:{person.name_kk}", f"ru:{person.name_ru}"]
            for login, name in session.execute(logins):
                details += [f"login:{login}", f"name:{name}"]
            add_former_person(session, person.key, details, left_on=at.today)
            session.execute(PERSON.delete().where(PERSON.c.key == person.key))
            session.execute(PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None))
            _unmatch(session, person.key)
            record(session, office_event(at, "person_removed", person.key))

    def set_leave(
        self, person: str, *, away: Sequence[tuple[date, date]], deputy: str | None, at: Moment
    ) -> None:
        """Set the absences (local dates, both ends included) and the deputy of a person; do nothing for an
        unknown person.
        """
        with writing(self._engine) as session:
            present = _person(session, person)
            if present is not None:
                changed = person_values(replace(present, away=tuple(away), deputy=deputy))
                values = {"away": changed["away"], "deputy": deputy}
                session.execute(PERSON.update().where(PERSON.c.key == person).values(values))
                record(session, saved_event(PERSON, changed, at))

    def choose_digest(self, person: str, digest: str, *, at: Moment) -> None:
        """Set whether a person gets a letter a day ("") or a week ("weekly"); nothing happens if it is so."""
        self._choose("digest_chosen", person, PERSON.c.digest, digest, PERSON.c.digest, at=at)

    def choose_language(self, person: str, language: str, *, at: Moment) -> None:
        """Set the language of letters to a person; nothing happens if it is theirs already."""
        own = PERSON.c.own_language
        present = func.coalesce(func.nullif(own, ""), PERSON.c.language)
        self._choose("language_chosen", person, own, language, present, at=at)

    def _choose(
        self,
        kind: str,
        person: str,
        column: Column[str],
        value: str,
        present: ColumnElement[str],
        *,
        at: Moment,
    ) -> None:
        """Set what a person chose, with an event of the kind, unless it is the present value."""
        change = PERSON.update().where(PERSON.c.key == person, present != value).values({column: value})
        with writing(self._engine) as session:
            if session.exec(change).rowcount:
                record(session, Draft(kind=kind, name=person, by=at.by, at=at.now, payload={"value": value}))


def _refuse_changed(stored: object, was: object, name: str) -> None:
    """Raise Refusal unless the stored value is the one the writer saw."""
    if stored != was:
        raise Refusal("office_changed_meanwhile", name=name)


def _unit(session: Session, id: str) -> Unit | None:
    row = session.execute(UNIT.select().where(UNIT.c.id == id)).first()
    return unit_of(row) if row is not None else None


def _person(session: Session, key: str) -> Person | None:
    row = session.execute(PERSON.select().where(PERSON.c.key == key)).first()
    return person_of(row) if row is not None else None


def _unmatch(session: Session, target: str) -> None:
    """Delete the schedule texts matched to a unit or person."""
    session.execute(MATCH.delete().where(MATCH.c.target == target))
