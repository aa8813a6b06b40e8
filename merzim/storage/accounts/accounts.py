"""Repository of accounts: passwords, second factors, links to the OpenID provider, and the entries by which
they are used without a password (sessions, tokens, feeds, invitations), stored as hashes.

Every change is an event of the office's chain, which never contains secrets or codes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import ColumnElement, Engine, and_, func, select, update
from sqlmodel import Session

from merzim.storage.accounts.encryption import Cipher, UnreadableSecret
from merzim.storage.accounts.rate_limits import count_attempt, forget_attempt
from merzim.storage.database import Row_, execute, in_names, read, read_for_names, read_value, reading, writing
from merzim.storage.events import Draft, changing_office, office_event, record
from merzim.storage.notices.outbox import SqlOutbox
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.rows import columns_of, read_as, to_notice
from merzim.storage.tables.accounts import (
    ACCOUNT,
    ENTRY,
    IDENTITY,
    PROVIDER,
    RECOVERY_CODE,
    AccountRow,
    Credential,
    IdentityRow,
    RecoveryCodeRow,
)
from merzim.storage.tables.notices import NOTICE
from notifications.notice import Notice
from workflow.moments import Moment
from workflow.org.access import Account, CredentialKind, RateLimit, Reader

INVITED = "invited"
"""The event of an invitation's letter; `about` has the way its account is entered by."""
REMOVED = "second_factor_removed"
_WITH_IDENTITY = (
    select(ACCOUNT, IDENTITY.c.login.label("linked"))
    .join_from(ACCOUNT, IDENTITY, IDENTITY.c.login == ACCOUNT.c.login, isouter=True)
    .order_by(ACCOUNT.c.login)
)
_NAMES = select(ACCOUNT.c.login, ACCOUNT.c.name, ACCOUNT.c.person).where(in_names(ACCOUNT.c.login))
_LETTERS = (
    select(NOTICE)
    .where(in_names(NOTICE.c.person), NOTICE.c.kind == "account")
    .order_by(NOTICE.c.queued_at, NOTICE.c.key)
)
_FIRST_INVITATION = and_(ENTRY.c.kind == "invitation", ENTRY.c.login == "")
"""The condition for invitations without an account: those of the first administrator."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invited person. `entry`: the one-time link, by its hash; None where an external directory
    authenticates people. `letters`: the letters with the link; none where its address is shown.
    """

    reader: Reader
    entry: Credential | None
    letters: Sequence[Notice] = ()


class SqlAccounts:
    """Repository of accounts and of what opens them. Moments are UTC. `cipher`: returns the cipher of second
    factors; called on first use, as most commands need none. By default one without a key, which raises
    ValueError.
    """

    def __init__(self, engine: Engine, *, cipher: Callable[[], Cipher] = Cipher) -> None:
        self._engine = engine
        self._cipher = cipher
        self._outbox = SqlOutbox(engine)

    def any_with_password(self) -> bool:
        query = select(ACCOUNT.c.login).where(ACCOUNT.c.password != "").limit(1)
        return read_value(self._engine, query) is not None

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
        """Create an account or change its access; its secrets stay. Disabling it ends its sessions, tokens,
        feeds and invitations. Nothing happens if the account is so already.
        """
        values = columns_of(ACCOUNT, reader, disabled=disabled)
        with changing_office(self._engine) as session:
            account = session.get(AccountRow, reader.login)
            if account is None:
                session.add(AccountRow(**values, created_at=at.now))
            elif all(getattr(account, name) == value for name, value in values.items()):
                return
            else:
                account.sqlmodel_update(values)
            if disabled:
                end_entries(session, ENTRY.c.login == reader.login, at.now)
            facts = {"access": reader.access, "unit": reader.unit, "disabled": disabled}
            kind = "account_changed" if account else "account_opened"
            record(session, office_event(at, kind, reader.login, facts))

    def set_password(self, login: str, password: str, *, at: Moment) -> None:
        """Set a password (its hash; "" for none) and end every entry of the account. A password ends the
        invitation of the first administrator, too. Nothing happens for an unknown login.
        """
        with changing_office(self._engine) as session:
            account = session.get(AccountRow, login)
            if account is None:
                return
            account.password = password
            if password:
                end_entries(session, _FIRST_INVITATION, at.now)
            _record_and_end(session, office_event(at, "password_set", login))

    # ------------------------------------------------------------------------------------ outside identities

    def identity(self, subject: str) -> IdentityRow | None:
        """Return the link of a person of the provider to an account; None if there is none."""
        query = select(IdentityRow).where(IDENTITY.c.provider == PROVIDER, IDENTITY.c.subject == subject)
        with reading(self._engine) as session:
            return session.scalar(query)

    def link(self, identity: IdentityRow, *, at: Moment) -> bool:
        """Link an account to a person of the provider; its password and every entry of it end. Returns False
        and writes nothing when the person or the account was linked meanwhile.
        """
        with changing_office(self._engine) as session:
            if session.get(IdentityRow, (identity.login, PROVIDER)) or self.identity(identity.subject):
                return False
            session.add(identity)
            if (account := session.get(AccountRow, identity.login)) is not None:
                account.password = ""
            _record_and_end(session, office_event(at, "account_linked", identity.login, {"provider": PROVIDER}))
        return True

    def unlink(self, login: str, *, at: Moment) -> bool:
        """Unlink an account from the provider and end its entries; return whether it was linked."""
        with changing_office(self._engine) as session:
            identity = session.get(IdentityRow, (login, PROVIDER))
            if identity is None:
                return False
            session.delete(identity)
            _record_and_end(session, office_event(at, "account_unlinked", login))
        return True

    # ------------------------------------------------------------------------------------------- invitations

    def invite(self, people: Sequence[Invited], *, new: bool, at: Moment) -> frozenset[str]:
        """Store one-time links of accounts and queue their letters, in one transaction; earlier links of an
        account become invalid. Return the logins invited. `new`: whether the accounts are created; those that
        exist meanwhile are left out then.
        """
        invited_people, events = list[Invited](), list[Draft]()
        with changing_office(self._engine) as session:
            for invited in people:
                reader, entry = invited.reader, invited.entry
                if new:
                    if session.get(AccountRow, reader.login) is not None:
                        continue
                    session.add(AccountRow(**columns_of(ACCOUNT, reader), created_at=at.now))
                    facts = {"access": reader.access, "unit": reader.unit}
                    events.append(office_event(at, "account_opened", reader.login, facts))
                if entry is not None:
                    earlier = and_(ENTRY.c.login == entry.login, ENTRY.c.kind == "invitation")
                    end_entries(session, earlier, at.now)
                    events.append(_give_entry(session, entry, by=at.by))
                invited_people.append(invited)
            record(session, *events)
            self._outbox.queue(session, [letter for invited in invited_people for letter in invited.letters])
        return frozenset(invited.reader.login for invited in invited_people)

    def invitation_letters(self, people: Collection[str]) -> Mapping[str, Notice]:
        """Return the last invitation letter to each of these people (keys), by login."""
        letters = [to_notice(row) for row in read_for_names(self._engine, _LETTERS, people)]
        return {
            str(letter.about["login"]): letter for letter in letters if letter.about.get("event") == INVITED
        }

    def invitation_expiries(self, logins: Collection[str], *, now: datetime) -> Mapping[str, datetime]:
        """Return by login when its valid invitation expires; logins without one are left out."""
        of_logins = (in_names(ENTRY.c.login), ENTRY.c.kind == "invitation", *_valid(now))
        query = select(ENTRY.c.login, ENTRY.c.expires_at).where(*of_logins)
        return {row.login: row.expires_at for row in read_for_names(self._engine, query, logins)}

    def use_invitation(self, hash: str, *, now: datetime) -> bool:
        """Mark an invitation as used. Return False if it was used already."""
        with changing_office(self._engine) as session:
            entry = session.get(Credential, hash)
            if entry is None or entry.ended_at is not None:
                return False
            entry.ended_at = now
            record(session, Draft(kind="entry_taken", name=entry.login, by=entry.login, at=now))
        return True

    def end_first_invitations(self, *, but: str = "", now: datetime) -> None:
        """End all invitations of the first administrator except the one with that hash. Called after the new
        one is committed: of two services that start at once, at most one keeps its invitation.
        """
        with changing_office(self._engine) as session:
            if end_entries(session, and_(_FIRST_INVITATION, ENTRY.c.hash != but), now):
                record(session, Draft(kind="entries_ended", name="", by="", at=now))

    # ----------------------------------------------------------------------------------------------- entries

    def store_entry(self, entry: Credential, *, by: str = "") -> None:
        """Store a session, token, feed or invitation with its event. `by`: who issued it; by default the
        account.
        """
        with changing_office(self._engine) as session:
            record(session, _give_entry(session, entry, by=by or entry.login))

    def entry(self, kind: CredentialKind, hash: str, *, now: datetime) -> Credential | None:
        """Return the entry of a kind and hash; None if there is none, or it was ended or has expired."""
        with reading(self._engine) as session:
            row = session.get(Credential, hash)
        valid = row is not None and row.kind == kind and row.ended_at is None and row.expires_at > now
        return row if valid else None

    def entries(self, login: str, *, now: datetime) -> Sequence[Credential]:
        """Return the valid sessions, tokens, feeds and invitations of an account, the newest first; of login ""
        the feeds of units. Entries of another kind, which an older or newer release wrote, are left out.
        """
        known = ENTRY.c.kind.in_(get_args(CredentialKind))
        query = select(Credential).where(ENTRY.c.login == login, known, *_valid(now))
        with reading(self._engine) as session:
            return session.scalars(query.order_by(ENTRY.c.created_at.desc())).all()

    def mark_used(self, hash: str, *, now: datetime) -> None:
        """Record that an entry is used now, unless nothing can be written: who reads does not wait for it."""
        with suppress(StorageUnavailable), writing(self._engine, at_once=True) as session:
            session.execute(update(ENTRY).where(ENTRY.c.hash == hash).values(seen_at=now))

    def end(self, login: str, hash: str | None = None, *, at: Moment) -> None:
        """End one entry of an account, or all of them; by the account itself where `at` names nobody."""
        mine = ENTRY.c.login == login
        with changing_office(self._engine) as session:
            if end_entries(session, mine if hash is None else and_(mine, ENTRY.c.hash == hash), at.now):
                record(session, Draft(kind="entries_ended", name=login, by=at.by or login, at=at.now))

    # ---------------------------------------------------------------------------------------- second factors

    def factor_secret(self, login: str) -> str:
        """Return the secret of a second factor in base32; "" without one. Raises UnreadableSecret."""
        stored = read_value(self._engine, select(ACCOUNT.c.totp).where(ACCOUNT.c.login == login))
        return self._cipher().decrypt(stored, login) if stored else ""

    def enrol(self, login: str, secret: str, step: int, codes: Collection[str], *, at: Moment) -> None:
        """Set or replace a second factor with its recovery codes (hashes); end all entries of the account.
        `step`: the time step of the first code, which cannot be used again.
        """
        stored = self._cipher().encrypt(secret, login)
        event = office_event(at, "second_factor_set", login, {"recovery_codes": len(codes)})
        with changing_office(self._engine) as session:
            _set_factor(session, stored, step, codes, event)

    def remove_factor(
        self,
        login: str,
        *,
        at: Moment,
        details: Mapping[str, object] | None = None,
        letters: Sequence[Notice] = (),
    ) -> None:
        """Remove a second factor and its recovery codes, and end all entries of the account. It is recorded
        even where there was none. `details`: the reason, for the chain. `letters`: notices to the account's
        holder.
        """
        with changing_office(self._engine) as session:
            _set_factor(session, "", 0, (), office_event(at, REMOVED, login, details or {}))
            self._outbox.queue(session, letters)

    def take_step(self, login: str, step: int) -> bool:
        """Use up the authenticator's code of a time step; False when it or a later one was used."""
        mine = (ACCOUNT.c.login == login, ACCOUNT.c.totp_step < step)
        return execute(self._engine, update(ACCOUNT).where(*mine).values(totp_step=step)) == 1

    def recovery_codes(self, login: str) -> Row_:
        """Return the number of recovery codes `left`, when they were made (`made_at`, UTC; None for never) and
        when the last one was used (`used_at`).
        """
        query = select(
            func.count().filter(RECOVERY_CODE.c.used_at.is_(None)).label("left"),
            func.max(RECOVERY_CODE.c.made_at).label("made_at"),
            func.max(RECOVERY_CODE.c.used_at).label("used_at"),
        ).where(RECOVERY_CODE.c.login == login)
        return read(self._engine, query)[0]

    def make_recovery_codes(self, login: str, codes: Collection[str], *, at: Moment) -> None:
        """Replace the recovery codes (hashes) of an account, with an event."""
        with changing_office(self._engine) as session:
            _replace_codes(session, login, codes, at.now)
            record(session, office_event(at, "recovery_codes_made", login, {"count": len(codes)}))

    def take_recovery_code(self, login: str, code: str, *, at: Moment, letters: Sequence[Notice] = ()) -> bool:
        """Use up a recovery code (hash); False when it does not exist or was used. `letters`: notices to the
        account's holder, queued only when the code is accepted.
        """
        # Checked without the write lock first, so that guesses do not delay others.
        with reading(self._engine) as session:
            if session.get(RecoveryCodeRow, (login, code)) is None:
                return False
        with changing_office(self._engine) as session:
            this = session.get(RecoveryCodeRow, (login, code))
            if this is None or this.used_at is not None:
                return False
            this.used_at = at.now
            session.flush()
            facts = {"left": self.recovery_codes(login).left}
            record(session, office_event(replace(at, by=login), "recovery_code_used", login, facts))
            self._outbox.queue(session, letters)
        return True

    def encrypt_factors(self, *, at: Moment) -> tuple[int, list[str]]:
        """Encrypt the secrets of all second factors anew with the present key, with one event for all. Return
        how many, and the logins whose secret no configured key decrypts: it is left as it is.
        """
        done, unreadable = 0, list[str]()
        query = select(AccountRow).where(ACCOUNT.c.totp != "").order_by(ACCOUNT.c.login)
        with changing_office(self._engine) as session:
            for account in session.scalars(query):
                try:
                    account.totp = self._cipher().renew(account.totp)
                    done += 1
                except UnreadableSecret:
                    unreadable.append(account.login)
            if done:
                kind = "second_factors_encrypted"
                record(session, Draft(kind=kind, name="", by=at.by, at=at.now, payload={"count": done}))
        return done, unreadable

    def count_attempt(self, limits: Sequence[RateLimit], *, now: datetime) -> timedelta | None:
        return count_attempt(self._engine, limits, now=now)

    def forget_attempt(self, limits: Sequence[RateLimit]) -> None:
        forget_attempt(self._engine, limits)


def _record_and_end(session: Session, event: Draft) -> None:
    """Record a change of an account that ends every entry of it: whoever uses it must log in again."""
    end_entries(session, ENTRY.c.login == event.name, event.at)
    record(session, event)


def _set_factor(session: Session, stored: str, step: int, codes: Collection[str], event: Draft) -> None:
    """Replace a second factor with its recovery codes; every way into the account ends."""
    if (account := session.get(AccountRow, event.name)) is not None:
        account.totp, account.totp_step = stored, step
    _replace_codes(session, event.name, codes, event.at)
    _record_and_end(session, event)


def _replace_codes(session: Session, login: str, codes: Collection[str], now: datetime) -> None:
    """Replace the recovery codes (hashes) of an account."""
    session.execute(RECOVERY_CODE.delete().where(RECOVERY_CODE.c.login == login))
    session.add_all(RecoveryCodeRow(login=login, hash=code, made_at=now) for code in codes)


def _give_entry(session: Session, entry: Credential, *, by: str) -> Draft:
    """Store an entry in the caller's transaction; return its event, which the caller records."""
    session.add(entry)
    kind, payload = f"{entry.kind}_given", {"name": entry.name}
    return Draft(kind=kind, name=entry.login, by=by, at=entry.created_at, payload=payload)


def _valid(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions under which an entry can be used: neither ended nor expired."""
    return ENTRY.c.ended_at.is_(None), ENTRY.c.expires_at > now


def end_entries(session: Session, which: ColumnElement[bool], now: datetime) -> bool:
    """End the open entries that match a condition, in the caller's transaction; return whether any was."""
    query = update(ENTRY).where(which, ENTRY.c.ended_at.is_(None)).values(ended_at=now)
    return session.exec(query).rowcount > 0
