"""Absences of people and their deputies, as people enter them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Engine

from storage.database.engine import reading
from storage.org import store as office_store
from storage.org.chain import Stamp
from storage.tables import PERSON


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
            found = connection.execute(PERSON.select().where(PERSON.c.key == person)).first()
        if found is not None:
            known = replace(office_store.person_of(found), away=tuple(away), deputy=deputy)
            office_store.save(self._engine, people=[known], hand=Stamp(by=by, now=now, today=today))
