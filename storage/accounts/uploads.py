"""Repository of uploaded files awaiting import: stored for a day, visible only to their sender."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine

from documents.sheets.upload import Upload, UploadKind
from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.tables.service import UPLOAD

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

    def kept(self, kind: UploadKind, digest: str, *, by: str, now: datetime) -> Upload | None:
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
