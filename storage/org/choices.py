"""People's choices of how to be reminded, for the pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from notifications.digest_links import find_person
from storage.org.preferences import DIGEST, LANGUAGE, prefer
from storage.org.store import office
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
        """Return the person whose address has that secret part."""
        people = office(self._engine).people
        return people.get(find_person(self._key, secret, people) or "")

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """Set how often a person is reminded."""
        prefer(self._engine, person, DIGEST, digest, by=by, now=now)

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """Set the language of a person; the one in the table of people is not stored as a choice."""
        known = self.person(person)
        if known is not None and known.language != language:
            prefer(self._engine, person, LANGUAGE, language, by=by, now=now)
