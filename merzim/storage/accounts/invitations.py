"""Stores invitations of many people: accounts, one-time links and letters, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from merzim.storage.accounts.accounts import end_entries, give_entry
from merzim.storage.database.dialect import execute_for_names, in_names, insert, read_for_names
from merzim.storage.database.engine import writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.rows import columns_of, to_notice
from merzim.storage.tables.accounts import ACCOUNT, ENTRY
from merzim.storage.tables.notices import NOTICE
from notifications.notice import Notice
from workflow.org.access import Credential, Reader
from workflow.org.audit import Stamp

INVITED = "invited"
"""The event of an invitation's letter; `about` has the way its account is entered by."""
Queue = Callable[[Connection, Sequence[Notice]], int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invited person.

    Attributes:
        new: whether a new account is created; else an existing one gets another link.
        entry: the one-time link, by its hash; None where an external directory authenticates people.
        letters: the letters with the link.
    """

    reader: Reader
    new: bool
    entry: Credential | None
    letters: Sequence[Notice]


class SqlInvitations:
    """Repository of invitations. `queue`: queues letters in the caller's transaction."""

    def __init__(self, engine: Engine, *, queue: Queue) -> None:
        self._engine = engine
        self._queue = queue

    def invite(self, people: Sequence[Invited], *, at: Stamp) -> frozenset[str]:
        """Create accounts with one-time links and queue their letters; earlier links of an account become
        invalid.

        Returns the logins invited: logins or people who got an account meanwhile are left out.
        """
        new_invited: list[Invited] = []
        events: list[Draft] = []
        with writing(self._engine) as connection:
            keys = [invited.reader.person for invited in people if invited.new]
            query = select(ACCOUNT.c.person).where(in_names(ACCOUNT.c.person))
            taken_people = {row.person for row in execute_for_names(connection, query, keys)}
            for invited in people:
                if invited.new and (
                    invited.reader.person in taken_people or not _insert(connection, invited.reader, at.now)
                ):
                    continue
                if invited.new:
                    events.append(_opened(invited.reader, at))
                if invited.entry is not None:
                    events.append(_given(connection, invited.entry, by=at.by, now=at.now))
                new_invited.append(invited)
            record(connection, *events)
            self._queue(connection, [letter for invited in new_invited for letter in invited.letters])
        return frozenset(invited.reader.login for invited in new_invited)

    def open(self, reader: Reader, link: Credential, *, at: Stamp) -> bool:
        """Create an account with a one-time link; return False, and change nothing, if the login exists."""
        with writing(self._engine) as connection:
            is_new = _insert(connection, reader, at.now)
            if is_new:
                record(connection, _opened(reader, at), _given(connection, link, by=at.by, now=at.now))
        return is_new

    def give(self, link: Credential, *, by: str, now: datetime) -> None:
        """Give an account a one-time link; its earlier ones become invalid."""
        with writing(self._engine) as connection:
            record(connection, _given(connection, link, by=by, now=now))

    def letters(self, people: Collection[str]) -> Mapping[str, Notice]:
        """Return the last invitation letter to each of these people (keys), by login."""
        query = (
            select(NOTICE)
            .where(in_names(NOTICE.c.person), NOTICE.c.kind == "account")
            .order_by(NOTICE.c.queued_at, NOTICE.c.key)
        )
        letters = [to_notice(row) for row in read_for_names(self._engine, query, people)]
        return {
            str(letter.about["login"]): letter for letter in letters if letter.about.get("event") == INVITED
        }

    def links(self, logins: Collection[str], *, now: datetime) -> Mapping[str, datetime]:
        """Return the expiry of the valid link of each of these logins; logins without one are left out."""
        query = select(ENTRY.c.login, ENTRY.c.expires_at).where(
            in_names(ENTRY.c.login),
            ENTRY.c.kind == "invitation",
            ENTRY.c.ended_at.is_(None),
            ENTRY.c.expires_at > now,
        )
        return {row.login: row.expires_at for row in read_for_names(self._engine, query, logins)}


def _insert(connection: Connection, reader: Reader, now: datetime) -> bool:
    """Insert an account without a password; return False if the login exists."""
    without = {"password": "", "totp": "", "totp_step": 0, "disabled": False, "created_at": now}
    values = columns_of(ACCOUNT, reader, **without)
    step = insert(connection, ACCOUNT).values(values).on_conflict_do_nothing()
    return connection.execute(step.returning(ACCOUNT.c.login)).first() is not None


def _opened(reader: Reader, at: Stamp) -> Draft:
    return office_event(at, "account_opened", reader.login, {"access": reader.access, "unit": reader.unit})


def _given(connection: Connection, entry: Credential, *, by: str, now: datetime) -> Draft:
    """Store a link, replacing earlier ones of the account; return the event."""
    earlier = (ENTRY.c.login == entry.login) & (ENTRY.c.kind == "invitation")
    end_entries(connection, earlier, now)
    return give_entry(connection, entry, by=by, now=now)
