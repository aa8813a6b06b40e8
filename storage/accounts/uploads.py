"""Files somebody sent and has not decided about yet: kept for a day, for them alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine

from documents.sheets.upload import Upload, UploadKind
from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.tables import UPLOAD

LASTS = timedelta(days=1)


class SqlUploads:
    """Files that were sent and are not yet imported, where every process of the dashboard finds them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(
        self, kind: UploadKind, content: bytes, name: str, procedure: str, *, by: str, now: datetime
    ) -> str:
        """Keep a file; the SHA-256 of its bytes. Those whose day is over go.

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
        """The file of that digest that `by` sent; None when there is none, or it is not whole."""
        asked = UPLOAD.select().where(
            UPLOAD.c.digest == digest,
            UPLOAD.c.login == by,
            UPLOAD.c.kind == kind,
            UPLOAD.c.at >= now - LASTS,
        )
        with reading(self._engine) as connection:
            found = connection.execute(asked).one_or_none()
        if found is None or sha256(found.content).hexdigest() != digest:
            return None
        return Upload(digest=digest, name=found.name, procedure=found.procedure, content=found.content)
