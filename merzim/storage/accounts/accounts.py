"""Repository of accounts, their links to external directories, and the entries by which they are used without a
password (sessions, tokens, feeds, invitations, remembered browsers), stored as hashes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, select, update
from sqlmodel import Session

from merzim.storage.accounts.rate_limits import count_attempt, forget_attempt
from merzim.storage.database.dialect import in_names, insert, read_for_names
from merzim.storage.database.engine import execute, read, read_first, reading, writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.rows import columns_of, read_as
from merzim.storage.tables.accounts import ACCOUNT, ENTRY, IDENTITY, PROVIDER, IdentityRow
from workflow.moments import Moment
from workflow.org.access import (
    Account,
    Credential,
    CredentialKind,
    LimitReached,
    RateLimit,
    Reader,
)

_WITH_IDENTITY = (
    select(ACCOUNT, IDENTITY.c.login.label("linked"))
    .join_from(ACCOUNT, IDENTITY, IDENTITY.c.login == ACCOUNT.c.login, isouter=True)
    .order_by(ACCOUNT.c.login)
)
_NAMES = select(ACCOUNT.c.login, ACCOUNT.c.name, ACCOUNT.c.person).where(in_names(ACCOUNT.c.login))
MAX_DEVICES = 30
"""The most browsers remembered for one account."""


class SqlAccounts:
    """Repository of accounts, sessions, tokens, feeds and invitations. Moments are UTC, `today` is local."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def any_with_password(self) -> bool:
        query = select(ACCOUNT.c.login).where(ACCOUNT.c.password != "").limit(1)
        return read_first(self._engine, query) is not None

    def account(self, login: str) -> Account | None:
        """Return the account of a login, ignoring case; None if there is none."""
        return next(self._accounts(ACCOUNT.c.login == login.casefold()), None)

    def all(self) -> Sequence[Account]:
        """Return all accounts, sorted by login."""
        return [*self._accounts()]

    def _accounts(self, *conditions: ColumnElement[bool]) -> Iterator[Account]:
        """Yield the accounts that meet these conditions, by login."""
        for row in read(self._engine, _WITH_IDENTITY.where(*conditions)):
            yield Account(
                reader=read_as(Reader, row),
                password=row.password,
                second_factor=bool(row.totp),
                disabled=row.disabled,
                linked=row.linked is not None,
            )

    def names(self, logins: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """Return name and person of the accounts of these logins, by login; unknown ones are left out."""
        records = read_for_names(self._engine, _NAMES, {login.casefold() for login in logins})
        return {login: (name, person) for login, name, person in records}

    def save(self, reader: Reader, *, disabled: bool, at: Moment) -> None:
        """Create an account or change its access; its secrets stay. Disabling it ends all its entries.

        Nothing happens if the account is so already.
        """
        values = columns_of(ACCOUNT, reader, disabled=disabled)
        with writing(self._engine) as session:
            existing = session.execute(ACCOUNT.select().where(ACCOUNT.c.login == reader.login)).first()
            if existing and all(existing._mapping[name] == value for name, value in values.items()):
                return
            new = {"password": "", "totp": "", "totp_step": 0, "created_at": at.now}
            step = insert(session, ACCOUNT)
            session.execute(
                step.on_conflict_do_update(
                    index_elements=[ACCOUNT.c.login], set_={name: step.excluded[name] for name in values}
                ),
                [{**new, **values}],
            )
            if disabled:
                end_all_entries(session, reader.login, at.now)
            kind = "account_changed" if existing else "account_opened"
            facts = {"access": reader.access, "unit": reader.unit, "disabled": disabled}
            record(session, office_event(at, kind, reader.login, facts))

    def set_password(self, login: str, password: str, *, at: Moment) -> None:
        """Set a password (its hash; "" for none) and end every entry of the account.

        A password ends the invitation of the first administrator, too. Nothing happens for an unknown login.
        """
        with writing(self._engine) as session:
            change = update(ACCOUNT).where(ACCOUNT.c.login == login).values(password=password)
            if not session.exec(change).rowcount:
                return
            end_all_entries(session, login, at.now)
            if password:
                end_entries(session, _FIRST_INVITATION, at.now)
            record(session, office_event(at, "password_set", login))

    # ------------------------------------------------------------------------------------ outside identities

    def identity(self, subject: str) -> IdentityRow | None:
        """Return the link of a person of the provider to an account; None if there is none."""
        query = select(IdentityRow).where(IDENTITY.c.provider == PROVIDER, IDENTITY.c.subject == subject)
        with reading(self._engine) as session:
            return session.scalar(query)

    def link(self, identity: IdentityRow, *, at: Moment) -> bool:
        """Link an account to a person of the provider; its password and every entry of it end.

        Returns False and writes nothing when the person or the account was linked meanwhile.
        """
        same_login = ACCOUNT.c.login == identity.login
        with writing(self._engine) as session:
            step = insert(session, IDENTITY).values(columns_of(IDENTITY, identity)).on_conflict_do_nothing()
            if session.execute(step.returning(IDENTITY.c.login)).first() is None:
                return False
            session.execute(update(ACCOUNT).where(same_login).values(password=""))
            end_all_entries(session, identity.login, at.now)
            record(session, office_event(at, "account_linked", identity.login, {"provider": PROVIDER}))
        return True

    def unlink(self, login: str, *, at: Moment) -> bool:
        """Unlink an account from the provider and end its entries; return whether it was linked."""
        with writing(self._engine) as session:
            query = IDENTITY.delete().where(IDENTITY.c.login == login).returning(IDENTITY.c.login)
            if not session.execute(query).all():
                return False
            end_all_entries(session, login, at.now)
            record(session, office_event(at, "account_unlinked", login))
        return True

    # ----------------------------------------------------------------------------------------------- entries

    def store_entry(self, entry: Credential, *, by: str = "") -> None:
        """Store a session, token, feed or invitation with its event, or a remembered browser (device) without.

        Of more than MAX_DEVICES browsers of an account the oldest are forgotten.

        Args:
            by: who issued it; by default the account.
        """
        with writing(self._engine) as session:
            given = give_entry(session, entry, by=by or entry.login)
            if entry.kind != "device":
                # A device grants no access, so it is not in the chain.
                record(session, given)
                return
            mine = (ENTRY.c.kind == "device", ENTRY.c.login == entry.login)
            valid = (ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > entry.created_at)
            newest = select(ENTRY.c.hash).where(*mine, *valid).order_by(ENTRY.c.created_at.desc(), ENTRY.c.hash)
            remaining = session.execute(newest.limit(MAX_DEVICES)).scalars().all()
            session.execute(ENTRY.delete().where(*mine, ENTRY.c.hash.not_in(remaining)))

    def entry(self, kind: CredentialKind, hash: str, *, now: datetime) -> Credential | None:
        """Return the entry of a kind and hash; None if there is none, or it was ended or has expired."""
        valid = (ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > now)
        row = read_first(self._engine, ENTRY.select().where(ENTRY.c.hash == hash, ENTRY.c.kind == kind, *valid))
        return read_as(Credential, row) if row is not None else None

    def entries(self, login: str, *, now: datetime) -> Sequence[Credential]:
        """Return the valid sessions, tokens, feeds, invitations and devices of an account, the newest first; of
        login "" the feeds of units.
        """
        query = (
            ENTRY.select()
            .where(ENTRY.c.login == login, ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > now)
            .order_by(ENTRY.c.created_at.desc())
        )
        return [read_as(Credential, row) for row in read(self._engine, query)]

    def mark_used(self, hash: str, *, now: datetime) -> None:
        """Record that an entry is used now."""
        execute(self._engine, update(ENTRY).where(ENTRY.c.hash == hash).values(seen_at=now))

    def use_invitation(self, hash: str, *, now: datetime) -> bool:
        """Mark an invitation as used. Return False if it was used already."""
        with writing(self._engine) as session:
            login = session.execute(select(ENTRY.c.login).where(ENTRY.c.hash == hash)).scalar()
            is_taken = end_entries(session, ENTRY.c.hash == hash, now)
            if is_taken:
                name = str(login)
                record(session, Draft(kind="entry_taken", name=name, by=name, at=now))
            return is_taken

    def end_first_invitations(self, *, but: str = "", now: datetime) -> None:
        """End all invitations of the first administrator except the one with that hash.

        Called after the new one is committed: of two services that start at once, at most one keeps its
        invitation.
        """
        with writing(self._engine) as session:
            ended = end_entries(session, and_(_FIRST_INVITATION, ENTRY.c.hash != but), now)
            if ended:
                record(session, Draft(kind="entries_ended", name="", by="", at=now))

    def end(self, login: str, hash: str | None = None, *, at: Moment) -> None:
        """End one entry of an account, or all of them; by the account itself where `at` names nobody."""
        mine = ENTRY.c.login == login
        with writing(self._engine) as session:
            ended = end_entries(session, mine if hash is None else and_(mine, ENTRY.c.hash == hash), at.now)
            if ended:
                record(session, Draft(kind="entries_ended", name=login, by=at.by or login, at=at.now))

    # ----------------------------------------------------------------------------------- limits of attempts

    def count_attempt(self, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
        return count_attempt(self._engine, limits, now=now)

    def forget_attempt(self, limits: Sequence[RateLimit]) -> None:
        forget_attempt(self._engine, limits)


_FIRST_INVITATION = and_(ENTRY.c.kind == "invitation", ENTRY.c.login == "")
"""The condition for invitations without an account: those of the first administrator."""


def give_entry(session: Session, entry: Credential, *, by: str) -> Draft:
    """Store an entry in the caller's transaction; return its event, which the caller records."""
    session.execute(ENTRY.insert(), columns_of(ENTRY, entry, ended_at=None))
    payload = {"name": entry.name}
    at = entry.created_at
    return Draft(kind=f"{entry.kind}_given", name=entry.login, by=by, at=at, payload=payload)


def end_all_entries(session: Session, login: str, now: datetime) -> None:
    """End every entry of an account: sessions, tokens, feeds, invitations, remembered browsers."""
    end_entries(session, ENTRY.c.login == login, now)


def end_entries(session: Session, which: ColumnElement[bool], now: datetime) -> bool:
    """End the open entries that match a condition, in the caller's transaction; return whether any was."""
    query = update(ENTRY).where(which, ENTRY.c.ended_at.is_(None)).values(ended_at=now)
    return session.exec(query).rowcount > 0
