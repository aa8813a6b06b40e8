"""Stored answers of API requests by idempotency key, so that each request runs once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, update

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.tables.service import ANSWER
from workflow.org.access import StoredAnswer

KEPT = timedelta(days=7)
"""How long a key is stored."""


class SqlIdempotency:
    """Repository of answers to API requests, by idempotency key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> StoredAnswer | None:
        """Claim the key for a request; return the stored answer when it was used, else None."""
        with writing(self._engine) as connection:
            connection.execute(ANSWER.delete().where(ANSWER.c.at < now - KEPT))
            line = {"login": login, "key": key, "digest": digest, "answer": None, "at": now}
            step = insert(connection, ANSWER).values(line).on_conflict_do_nothing()
            if connection.execute(step.returning(ANSWER.c.key)).first() is not None:
                return None
        with reading(self._engine) as connection:
            row = connection.execute(ANSWER.select().where(*_of(login, key))).first()
        return StoredAnswer(digest=row.digest, answer=row.answer) if row else None

    def keep(self, login: str, key: str, answer: str) -> None:
        """Store the answer, as JSON."""
        with writing(self._engine) as connection:
            connection.execute(update(ANSWER).where(*_of(login, key)).values(answer=answer))

    def release(self, login: str, key: str) -> None:
        """Release the key of a request that failed."""
        with writing(self._engine) as connection:
            connection.execute(ANSWER.delete().where(and_(*_of(login, key), ANSWER.c.answer.is_(None))))


def _of(login: str, key: str):  # type: ignore[no-untyped-def]
    """Return the condition for one key of an account."""
    return (ANSWER.c.login == login, ANSWER.c.key == key)
