"""How people want to be reminded, for the pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from notifications.digest_links import find_person
from storage.org.preferences import DIGEST, LANGUAGE, prefer
from storage.org.store import office
from workflow.org.office import Person


class SqlChoices:
    """How people want to be reminded; every change is an event of the office's chain.

    Args:
        key: the secret the addresses in letters are made with.
    """

    def __init__(self, engine: Engine, key: str) -> None:
        self._engine = engine
        self._key = key

    def person(self, key: str) -> Person | None:
        """Somebody of the office, with what they have chosen."""
        return office(self._engine).people.get(key)

    def whose(self, secret: str) -> Person | None:
        """Whose address has that secret part."""
        people = office(self._engine).people
        return people.get(find_person(self._key, secret, people) or "")

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """How often they are reminded."""
        prefer(self._engine, person, DIGEST, digest, by=by, now=now)

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """In which language; what the table of people says already is no choice."""
        known = self.person(person)
        if known is not None and known.language != language:
            prefer(self._engine, person, LANGUAGE, language, by=by, now=now)
