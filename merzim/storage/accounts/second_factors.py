"""Repository of second factors: encrypted secrets, recovery codes.

Every change is an event of the office's chain, which never contains secrets or codes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine, func, select, update
from sqlmodel import Session

from merzim.storage.accounts.accounts import end_all_entries
from merzim.storage.accounts.encryption import Cipher, UnreadableSecret
from merzim.storage.database.engine import execute, read_first, read_value, reading, writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.tables.accounts import ACCOUNT, RECOVERY_CODE
from notifications.notice import Notice
from workflow.moments import Moment
from workflow.org.access import RecoveryCodes

REMOVED = "second_factor_removed"
Queue = Callable[[Session, Sequence[Notice]], int]
"""Function that queues letters in the caller's transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptionResult:
    """The result of encrypting the secrets of second factors with the present key.

    Attributes:
        done: number of secrets encrypted anew.
        unreadable: logins whose secret no configured key decrypts; they are left unchanged.
    """

    done: int
    unreadable: tuple[str, ...]


class SqlSecondFactors:
    """Repository of second factors.

    Args:
        cipher: returns the cipher; called on first use, as most commands need none.
        queue: queues letters about an account in the transaction of the change.
    """

    def __init__(self, engine: Engine, *, cipher: Callable[[], Cipher], queue: Queue) -> None:
        self._engine = engine
        self._cipher = cipher
        self._queue = queue

    def secret(self, login: str) -> str:
        """Return the secret in base32; "" without a second factor. Raises UnreadableSecret."""
        query = select(ACCOUNT.c.totp).where(ACCOUNT.c.login == login)
        stored = read_value(self._engine, query) or ""
        return self._cipher().decrypt(stored, login) if stored else ""

    def enrol(self, login: str, secret: str, step: int, codes: Collection[str], *, at: Moment) -> None:
        """Set or replace a second factor with its recovery codes (hashes); end all entries of the account.

        Args:
            step: the time step of the first code, which cannot be used again.
        """
        stored = self._cipher().encrypt(secret, login)
        with writing(self._engine) as session:
            _set(session, login, stored, step, codes, at.now)
            record(session, office_event(at, "second_factor_set", login, {"recovery_codes": len(codes)}))

    def remove(
        self,
        login: str,
        *,
        at: Moment,
        details: Mapping[str, object] | None = None,
        letters: Sequence[Notice] = (),
    ) -> None:
        """Remove a second factor and its recovery codes, and end all entries of the account.

        It is recorded even where there was none.

        Args:
            details: the reason, for the chain.
            letters: notices to the account's holder.
        """
        with writing(self._engine) as session:
            _set(session, login, "", 0, (), at.now)
            record(session, office_event(at, REMOVED, login, details or {}))
            self._queue(session, letters)

    def take_step(self, login: str, step: int) -> bool:
        """Use up the authenticator's code of a time step; False when it or a later one was used."""
        statement = (
            update(ACCOUNT).where(ACCOUNT.c.login == login, ACCOUNT.c.totp_step < step).values(totp_step=step)
        )
        return execute(self._engine, statement) == 1

    # ---------------------------------------------------------------------------------------- recovery codes

    def codes(self, login: str) -> RecoveryCodes:
        """Return the number of recovery codes left, when they were made and when the last one was used."""
        query = select(
            func.count().filter(RECOVERY_CODE.c.used_at.is_(None)).label("unused"),
            func.max(RECOVERY_CODE.c.made_at).label("made_at"),
            func.max(RECOVERY_CODE.c.used_at).label("used_at"),
        ).where(RECOVERY_CODE.c.login == login)
        with reading(self._engine) as session:
            counts = session.execute(query).one()
        return RecoveryCodes(left=counts.unused, made_at=counts.made_at, used_at=counts.used_at)

    def make_codes(self, login: str, codes: Collection[str], *, at: Moment) -> None:
        """Replace the recovery codes (hashes) of an account, with an event."""
        with writing(self._engine) as session:
            _keep_codes(session, login, codes, at.now)
            record(session, office_event(at, "recovery_codes_made", login, {"count": len(codes)}))

    def take_code(self, login: str, code: str, *, at: Moment, letters: Sequence[Notice] = ()) -> bool:
        """Use up a recovery code (hash); False when it does not exist or was used.

        Args:
            letters: notices to the account's holder, queued only when the code is accepted.
        """
        of_login = RECOVERY_CODE.c.login == login
        unused = RECOVERY_CODE.c.used_at.is_(None)
        statement = (
            update(RECOVERY_CODE).where(of_login, RECOVERY_CODE.c.hash == code, unused).values(used_at=at.now)
        )
        # Check without the write lock, so that guesses do not delay others.
        query = select(RECOVERY_CODE.c.hash).where(of_login, RECOVERY_CODE.c.hash == code, unused)
        if read_first(self._engine, query) is None:
            return False
        with writing(self._engine) as session:
            if session.exec(statement).rowcount != 1:
                return False
            codes_left = session.execute(
                select(func.count()).select_from(RECOVERY_CODE).where(of_login, unused)
            ).scalar()
            at = replace(at, by=login)
            record(session, office_event(at, "recovery_code_used", login, {"left": codes_left}))
            self._queue(session, letters)
        return True

    # -------------------------------------------------------------------------------------------- encryption

    def encrypt(self, *, at: Moment) -> EncryptionResult:
        """Encrypt the secrets of all second factors anew with the present key, with one event for all."""
        done, unreadable = 0, list[str]()
        query = select(ACCOUNT.c.login, ACCOUNT.c.totp).where(ACCOUNT.c.totp != "").order_by(ACCOUNT.c.login)
        with writing(self._engine) as session:
            for login, stored in session.execute(query.with_for_update()).all():
                try:
                    renewed = self._cipher().renew(stored)
                except UnreadableSecret:
                    unreadable.append(login)
                    continue
                session.execute(update(ACCOUNT).where(ACCOUNT.c.login == login).values(totp=renewed))
                done += 1
            if done:
                kind = "second_factors_encrypted"
                record(session, Draft(kind=kind, name="", by=at.by, at=at.now, payload={"count": done}))
        return EncryptionResult(done=done, unreadable=tuple(unreadable))


def _set(session: Session, login: str, stored: str, step: int, codes: Collection[str], now: datetime) -> None:
    """Replace a second factor with its recovery codes; every way into the account ends."""
    session.execute(update(ACCOUNT).where(ACCOUNT.c.login == login).values(totp=stored, totp_step=step))
    _keep_codes(session, login, codes, now)
    end_all_entries(session, login, now)


def _keep_codes(session: Session, login: str, codes: Collection[str], now: datetime) -> None:
    """Replace the recovery codes (hashes) of an account."""
    session.execute(RECOVERY_CODE.delete().where(RECOVERY_CODE.c.login == login))
    rows = [{"login": login, "hash": code, "made_at": now, "used_at": None} for code in codes]
    if rows:
        session.execute(RECOVERY_CODE.insert(), rows)
