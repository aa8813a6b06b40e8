"""When somebody is away and who stands in, as they say: their own line, and the chain of the office."""

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
    """When people are away, and who stands in for them."""

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
        """Write down the leave of a person and their deputy, and who said so; nothing for an unknown person.

        Args:
            person: key of the person.
            away: local dates, both ends included.
            by: the account that says so.

        Raises:
            StorageUnavailable: the database cannot be written.
        """
        with reading(self._engine) as connection:
            found = connection.execute(PERSON.select().where(PERSON.c.key == person)).first()
        if found is not None:
            known = replace(office_store.person_of(found), away=tuple(away), deputy=deputy)
            office_store.save(self._engine, people=[known], hand=Stamp(by=by, now=now, today=today))
