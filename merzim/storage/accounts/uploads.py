"""Repositories of what requests leave for a day: uploaded files awaiting import, answers by idempotency key."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine, and_, update

from merzim.documents.sheets.unreadable import Upload, UploadKind
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import reading, writing
from merzim.storage.tables.service import ANSWER, UPLOAD
from workflow.org.access import StoredAnswer

LASTS = timedelta(days=1)


class SqlUploads:
    """Repository of uploaded files, shared by all processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self, kind: UploadKind, content: bytes, name: str, procedure: str, *, by: str, now: datetime
    ) -> str:
        """Store a file and return the SHA-256 of its bytes; delete expired files.

        Raises:
            StorageUnavailable: the database cannot be written.
        """
        digest = sha256(content).hexdigest()
        values = {"name": name, "procedure": procedure, "content": content, "at": now}
        with writing(self._engine) as connection:
            connection.execute(UPLOAD.delete().where(UPLOAD.c.at < now - LASTS))
            step = insert(connection, UPLOAD).values(digest=digest, login=by, kind=kind, **values)
            step = step.on_conflict_do_update(
                index_elements=[UPLOAD.c.digest, UPLOAD.c.login, UPLOAD.c.kind], set_=values
            )
            connection.execute(step)
        return digest

    def stored_file(self, kind: UploadKind, digest: str, *, by: str, now: datetime) -> Upload | None:
        """Return the file of a digest sent by `by`; None when there is none, or its bytes differ."""
        query = UPLOAD.select().where(
            UPLOAD.c.digest == digest,
            UPLOAD.c.login == by,
            UPLOAD.c.kind == kind,
            UPLOAD.c.at >= now - LASTS,
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or sha256(row.content).hexdigest() != digest:
            return None
        return Upload(digest=digest, name=row.name, procedure=row.procedure, content=row.content)


KEY_LIFETIME = timedelta(days=7)
"""How long a key is stored."""


class SqlIdempotency:
    """Repository of answers to API requests, by idempotency key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> StoredAnswer | None:
        """Claim the key for a request; return the stored answer when it was used, else None."""
        with writing(self._engine) as connection:
            connection.execute(ANSWER.delete().where(ANSWER.c.at < now - KEY_LIFETIME))
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
