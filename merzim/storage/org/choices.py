"""People's choices of how to be reminded, and their leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Engine

from merzim.storage.database.engine import reading
from merzim.storage.org import store as office_store
from merzim.storage.org.chain import Stamp
from merzim.storage.org.preferences import DIGEST, LANGUAGE, prefer
from merzim.storage.org.store import office
from merzim.storage.tables.organisation import PERSON
from notifications.letter_links import find_person
from workflow.org.office import Person


class SqlChoices:
    """Repository of how people want to be reminded; every change is an event of the office's chain.

    Args:
        key: the secret of the addresses in letters.
    """

    def __init__(self, engine: Engine, key: str) -> None:
        self._engine = engine
        self._key = key

    def person(self, key: str) -> Person | None:
        """Return a person of the office with their choices."""
        return office(self._engine).people.get(key)

    def whose(self, secret: str) -> Person | None:
        """Return the person whose personal address contains that secret."""
        people = office(self._engine).people
        return people.get(find_person(self._key, secret, people) or "")

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """Set how often a person is reminded."""
        prefer(self._engine, person, DIGEST, digest, by=by, now=now)

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """Set the language of letters to a person; the language from the table of people is not stored as a
        choice.
        """
        office_person = self.person(person)
        if office_person is not None and office_person.language != language:
            prefer(self._engine, person, LANGUAGE, language, by=by, now=now)


class SqlLeaves:
    """Repository of absences and deputies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set_leave(
        self,
        person: str,
        *,
        away: Sequence[tuple[date, date]],
        deputy: str | None,
        by: str,
        now: datetime,
        today: date,
    ) -> None:
        """Set the absences and the deputy of a person; do nothing for an unknown person.

        Args:
            person: key of the person.
            away: local dates, both ends included.
            by: the account that makes the change.

        Raises:
            StorageUnavailable: the database cannot be written.
        """
        with reading(self._engine) as connection:
            record = connection.execute(PERSON.select().where(PERSON.c.key == person)).first()
        if record is not None:
            changed_person = replace(office_store.person_of(record), away=tuple(away), deputy=deputy)
            office_store.save(self._engine, people=[changed_person], stamp=Stamp(by=by, now=now, today=today))
