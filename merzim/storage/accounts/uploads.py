"""Repositories of uploaded files, stored for a day, and of API answers by idempotency key, for a week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

from sqlalchemy import Engine, func, select
from sqlmodel import Session

from merzim.storage.database import insert, reading, writing
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.tables.accounts import ANSWER, UPLOAD, AnswerRow, UploadRow
from workflow.moments import Moment
from workflow.refusal import Refusal

LASTS = timedelta(days=1)
"""How long an uploaded file is stored, and counts against its sender."""
DAILY_BYTES = 300 * 1024 * 1024
DAILY_FILES = 500
"""What one account may send within a day."""


class SqlUploads:
    """Repository of uploaded files, shared by all processes: rows in the database, bytes in a folder. `folder`:
    reached by all processes; created with the first file.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    def keep(self, content: bytes, name: str, *, at: Moment) -> str:
        """Store a file for a day and return the SHA-256 of its bytes. Raises Refusal: the account has sent too
        much in the last day; StorageUnavailable: the database or the folder cannot be written.
        """
        digest = sha256(content).hexdigest()
        values = {"name": name, "at": at.now, "size": len(content)}
        with writing(self._engine) as session:
            self._expire(session, at.now)
            _require_quota(session, digest, at, len(content))
            step = insert(session, UPLOAD).values(digest=digest, login=at.by, **values)
            step = step.on_conflict_do_update(index_elements=[UPLOAD.c.digest, UPLOAD.c.login], set_=values)
            session.execute(step)
            # While the row is locked, so that nobody removes the file as that of an expired one.
            self._write(self._place(digest, at.by), content)
        return digest

    def count(self, size: int, *, at: Moment) -> None:
        """Count a file stored elsewhere towards what its sender may send in a day. Raises Refusal."""
        key = uuid4().hex  # No digest: nobody asks for this file.
        with writing(self._engine) as session:
            self._expire(session, at.now)
            _require_quota(session, key, at, size)
            session.execute(UPLOAD.insert().values(digest=key, login=at.by, name="", at=at.now, size=size))

    def stored_file(self, digest: str, *, at: Moment) -> tuple[bytes, str] | None:
        """Return bytes and name of the file of a digest that who asks has sent; None when there is none, or its
        bytes differ.
        """
        with reading(self._engine) as session:
            row = session.get(UploadRow, (digest, at.by))
        if row is None or row.at < at.now - LASTS:
            return None
        try:
            content = self._place(digest, at.by).read_bytes()
        except OSError:
            return None
        if sha256(content).hexdigest() != digest:
            return None
        return content, row.name

    def expire(self, *, now: datetime) -> None:
        """Delete the files that were sent more than a day ago, and what a killed process left behind."""
        with writing(self._engine) as session:
            self._expire(session, now)
            rows = session.execute(select(UPLOAD.c.digest, UPLOAD.c.login)).all()
        known = {self._place(*row).name for row in rows}
        for file in self._folder.glob("*"):
            written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            if file.name not in known and written < now - LASTS:
                file.unlink(missing_ok=True)

    def _expire(self, session: Session, now: datetime) -> None:
        """Delete rows and files of more than a day ago, in the caller's transaction."""
        expired = UPLOAD.delete().where(UPLOAD.c.at < now - LASTS)
        rows = session.execute(expired.returning(UPLOAD.c.digest, UPLOAD.c.login)).all()
        for row in rows:
            self._place(*row).unlink(missing_ok=True)

    def _place(self, digest: str, login: str) -> Path:
        """Return the path of a file: one of its own for each sender, so that none depends on another's."""
        return self._folder / sha256(f"{login}\n{digest}".encode()).hexdigest()

    def _write(self, place: Path, content: bytes) -> None:
        """Write a file, complete or not at all. Raises StorageUnavailable."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as part:
                try:
                    part.write(content)
                    part.flush()
                    Path(part.name).replace(place)
                finally:
                    Path(part.name).unlink(missing_ok=True)
        except OSError as trouble:
            reason = "full" if trouble.errno == ENOSPC else "failed"
            raise StorageUnavailable(reason, where=str(self._folder), problem=str(trouble)) from trouble


def _require_quota(session: Session, digest: str, at: Moment, size: int) -> None:
    """Raise Refusal if a file is too much for its sender's day."""
    query = select(func.count(), func.coalesce(func.sum(UPLOAD.c.size), 0)).where(
        UPLOAD.c.login == at.by, UPLOAD.c.at >= at.now - LASTS, UPLOAD.c.digest != digest
    )
    files, sent = session.execute(query).one()
    if files + 1 > DAILY_FILES or sent + size > DAILY_BYTES:
        raise Refusal("upload_quota", megabytes=DAILY_BYTES // (1024 * 1024), count=DAILY_FILES)


KEY_LIFETIME = timedelta(days=7)
"""How long a key is stored."""


class SqlIdempotency:
    """Repository of answers to API requests, by idempotency key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, login: str, key: str, digest: str, *, now: datetime) -> AnswerRow | None:
        """Claim the key for a request and return None; if it was used, return what is stored. Its `answer` is
        None while the request that claimed the key runs.
        """
        with writing(self._engine) as session:
            session.execute(ANSWER.delete().where(ANSWER.c.at < now - KEY_LIFETIME))
            line = {"login": login, "key": key, "digest": digest, "answer": None, "at": now}
            step = insert(session, ANSWER).values(line).on_conflict_do_nothing()
            if session.execute(step.returning(ANSWER.c.key)).first() is not None:
                return None
        with reading(self._engine) as session:
            return session.get(AnswerRow, (login, key))

    def keep(self, login: str, key: str, answer: str) -> None:
        """Store the answer to the request that claimed a key."""
        with writing(self._engine) as session:
            if (claimed := session.get(AnswerRow, (login, key))) is not None:
                claimed.answer = answer

    def release(self, login: str, key: str) -> None:
        """Release the key of a request that failed."""
        with writing(self._engine) as session:
            claimed = session.get(AnswerRow, (login, key))
            if claimed is not None and claimed.answer is None:
                session.delete(claimed)
