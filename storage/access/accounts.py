"""Accounts and their ways in. What an administrator does stands in the office's chain; secrets never do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import cast

from sqlalchemy import Connection, Engine, Update, select, update

from storage.database.dialect import insert
from storage.database.engine import Record, reading, writing
from storage.office.chain import append
from storage.tables import ACCOUNT, ATTEMPT, ENTRY
from workflow.access import Access, Account, Entry, EntryKind, Reader

Said = dict[str, object]


class SqlAccounts:
    """`web.ports.accounts.Accounts` on a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def any(self) -> bool:
        """Whether anybody may log in who has a password already."""
        asked = select(ACCOUNT.c.login).where(ACCOUNT.c.password != "").limit(1)
        with reading(self._engine) as connection:
            return connection.execute(asked).first() is not None

    def account(self, login: str) -> Account | None:
        """The account of that name, letter case apart."""
        with reading(self._engine) as connection:
            found = connection.execute(ACCOUNT.select().where(ACCOUNT.c.login == login.casefold())).first()
        return _account(found) if found else None

    def all(self) -> Sequence[Account]:
        """Every account, by name."""
        with reading(self._engine) as connection:
            return [_account(one) for one in connection.execute(ACCOUNT.select().order_by(ACCOUNT.c.login))]

    def save(self, reader: Reader, *, disabled: bool, by: str, now: datetime, today: date) -> None:
        """Make an account, or change what it may see and do. Its secrets stay; disabled, its entries end."""
        values = {
            "access": reader.access,
            "person": reader.person,
            "name": reader.name,
            "unit": reader.unit,
            "disabled": disabled,
        }
        with writing(self._engine) as connection:
            known = connection.execute(ACCOUNT.select().where(ACCOUNT.c.login == reader.login)).first()
            if known and all(known._mapping[name] == value for name, value in values.items()):
                return
            new = {"login": reader.login, "password": "", "totp": "", "totp_step": 0, "created_at": now}
            step = insert(connection, ACCOUNT)
            connection.execute(
                step.on_conflict_do_update(
                    index_elements=[ACCOUNT.c.login], set_={name: step.excluded[name] for name in values}
                ),
                [{**new, **values}],
            )
            if disabled:
                _end(connection, reader.login, None, now)
            append(
                connection,
                kind="account_changed" if known else "account_opened",
                name=reader.login,
                on=today,
                by=by,
                now=now,
                payload=values,
            )

    def set_password(self, login: str, password: str, *, by: str, now: datetime, today: date) -> None:
        """Another password (its hash); every session of the account ends, and the first administrator's
        invitation."""
        self._secret(login, {"password": password}, "password_set", by=by, now=now, today=today)

    def set_totp(self, login: str, secret: str, step: int, *, by: str, now: datetime, today: date) -> None:
        """Another second factor, or none (""); every session of the account ends."""
        values = {"totp": secret, "totp_step": step}
        kind = "second_factor_set" if secret else "second_factor_removed"
        self._secret(login, values, kind, by=by, now=now, today=today)

    def take_step(self, login: str, step: int) -> bool:
        """Write down that the code of that step was used. False when it was, or a later one: no code is taken
        twice."""
        asked = (
            update(ACCOUNT).where(ACCOUNT.c.login == login, ACCOUNT.c.totp_step < step).values(totp_step=step)
        )
        with writing(self._engine) as connection:
            return connection.execute(asked).rowcount == 1

    # ------------------------------------------------------------------------------------------------ ways in

    def let_in(self, entry: Entry, *, by: str = "") -> None:
        """Keep a way in. With `by`, who gave it stands in the office's chain."""
        with writing(self._engine) as connection:
            if by:
                append(
                    connection,
                    kind=f"{entry.kind}_given",
                    name=entry.login,
                    on=None,
                    by=by,
                    now=entry.created_at,
                    payload={"name": entry.name, "scope": entry.scope, "until": entry.expires_at.isoformat()},
                )
            connection.execute(
                ENTRY.insert(),
                {
                    "hash": entry.hash,
                    "kind": entry.kind,
                    "login": entry.login,
                    "name": entry.name,
                    "scope": entry.scope,
                    "created_at": entry.created_at,
                    "seen_at": entry.seen_at,
                    "expires_at": entry.expires_at,
                    "ended_at": None,
                },
            )

    def entry(self, kind: EntryKind, hash: str, *, now: datetime) -> Entry | None:
        """The way in with that hash, while it holds."""
        asked = ENTRY.select().where(
            ENTRY.c.hash == hash, ENTRY.c.kind == kind, ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > now
        )
        with reading(self._engine) as connection:
            found = connection.execute(asked).first()
        return _entry(found) if found else None

    def entries(self, login: str, *, now: datetime) -> Sequence[Entry]:
        """The ways in of an account that still hold, the newest first."""
        asked = (
            ENTRY.select()
            .where(ENTRY.c.login == login, ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > now)
            .order_by(ENTRY.c.created_at.desc())
        )
        with reading(self._engine) as connection:
            return [_entry(one) for one in connection.execute(asked)]

    def seen(self, hash: str, *, now: datetime) -> None:
        """Write down when a way in was last used."""
        with writing(self._engine) as connection:
            connection.execute(update(ENTRY).where(ENTRY.c.hash == hash).values(seen_at=now))

    def take(self, hash: str, *, now: datetime) -> bool:
        """Use up an invitation. False when somebody used it already."""
        asked = update(ENTRY).where(ENTRY.c.hash == hash, ENTRY.c.ended_at.is_(None)).values(ended_at=now)
        with writing(self._engine) as connection:
            return connection.execute(asked).rowcount == 1

    def end_first_invitations(self, *, but: str = "", now: datetime) -> None:
        """End the invitations of the first administrator, all but the one of that hash.

        Called after the new one is committed: of two services that start at once, at most one has one.
        """
        with writing(self._engine) as connection:
            connection.execute(_first_invitations(now).where(ENTRY.c.hash != but))

    def end(self, login: str, hash: str | None = None, *, now: datetime, by: str = "") -> None:
        """End one way in of an account, or all of them. With `by`, that stands in the office's chain."""
        with writing(self._engine) as connection:
            ended = _end(connection, login, hash, now)
            if by and ended:
                payload = {"count": ended, "which": hash[:12] if hash else "all"}
                append(connection, kind="entries_ended", name=login, on=None, by=by, now=now, payload=payload)

    # ---------------------------------------------------------------------------------------- failed log-ins

    def failures(self, login: str) -> tuple[int, datetime | None]:
        """How many log-ins under that name failed in a row, and when the last one did (UTC)."""
        with reading(self._engine) as connection:
            found = connection.execute(ATTEMPT.select().where(ATTEMPT.c.name == _hidden(login))).first()
        return (found.failed, found.failed_at) if found else (0, None)

    def failed(self, login: str, *, now: datetime) -> None:
        """One more."""
        with writing(self._engine) as connection:
            step = insert(connection, ATTEMPT)
            connection.execute(
                step.on_conflict_do_update(
                    index_elements=[ATTEMPT.c.name],
                    set_={"failed": ATTEMPT.c.failed + 1, "failed_at": step.excluded.failed_at},
                ),
                [{"name": _hidden(login), "failed": 1, "failed_at": now}],
            )

    def succeeded(self, login: str) -> None:
        """Forget them."""
        with writing(self._engine) as connection:
            connection.execute(ATTEMPT.delete().where(ATTEMPT.c.name == _hidden(login)))

    def _secret(self, login: str, values: Said, kind: str, *, by: str, now: datetime, today: date) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.login == login).values(**values))
            _end(connection, login, None, now)
            if values.get("password"):
                connection.execute(_first_invitations(now))
            append(connection, kind=kind, name=login, on=today, by=by, now=now, payload={})


def _end(connection: Connection, login: str, hash: str | None, now: datetime) -> int:
    asked = update(ENTRY).where(ENTRY.c.login == login, ENTRY.c.ended_at.is_(None)).values(ended_at=now)
    return connection.execute(asked if hash is None else asked.where(ENTRY.c.hash == hash)).rowcount


def _first_invitations(now: datetime) -> Update:
    """End every invitation that names no account: those of the first administrator."""
    return (
        update(ENTRY)
        .where(ENTRY.c.kind == "invitation", ENTRY.c.login == "", ENTRY.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def _hidden(login: str) -> str:
    """What was typed as a name may be a password: only its hash is kept."""
    return sha256(login.casefold().encode()).hexdigest()


def _account(record: Record) -> Account:
    reader = Reader(
        login=record.login,
        access=cast(Access, record.access),
        person=record.person,
        name=record.name,
        unit=record.unit,
    )
    return Account(
        reader=reader,
        password=record.password,
        totp=record.totp,
        totp_step=record.totp_step,
        disabled=record.disabled,
    )


def _entry(record: Record) -> Entry:
    return Entry(
        hash=record.hash,
        kind=record.kind,
        login=record.login,
        name=record.name,
        scope=record.scope,
        created_at=record.created_at,
        seen_at=record.seen_at,
        expires_at=record.expires_at,
    )
