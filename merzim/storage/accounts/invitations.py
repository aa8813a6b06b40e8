"""Stores invitations of many people: accounts, one-time links and letters, all in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlmodel import Session

from merzim.storage.accounts.accounts import end_entries, give_entry
from merzim.storage.accounts.second_factors import Queue
from merzim.storage.database.dialect import in_names, insert, read_for_names
from merzim.storage.database.engine import writing
from merzim.storage.events import Draft
from merzim.storage.org.chain import office_event, record
from merzim.storage.rows import columns_of, to_notice
from merzim.storage.tables.accounts import ACCOUNT, ENTRY
from merzim.storage.tables.notices import NOTICE
from notifications.notice import Notice
from workflow.moments import Moment
from workflow.org.access import Credential, Reader

INVITED = "invited"
"""The event of an invitation's letter; `about` has the way its account is entered by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Invited:
    """An invited person.

    Attributes:
        new: whether a new account is created; else an existing one gets another link.
        entry: the one-time link, by its hash; None where an external directory authenticates people.
        letters: the letters with the link; none where its address is shown.
    """

    reader: Reader
    new: bool
    entry: Credential | None
    letters: Sequence[Notice] = ()


class SqlInvitations:
    """Repository of invitations. `queue`: queues letters in the caller's transaction."""

    def __init__(self, engine: Engine, *, queue: Queue) -> None:
        self._engine = engine
        self._queue = queue

    def invite(self, people: Sequence[Invited], *, at: Moment) -> frozenset[str]:
        """Create accounts with one-time links and queue their letters; earlier links of an account become
        invalid.

        Returns the logins invited: those that got an account meanwhile are left out.
        """
        invited_people, events = list[Invited](), list[Draft]()
        with writing(self._engine) as session:
            for invited in people:
                if invited.new:
                    if not _insert(session, invited.reader, at.now):
                        continue
                    facts = {"access": invited.reader.access, "unit": invited.reader.unit}
                    events.append(office_event(at, "account_opened", invited.reader.login, facts))
                if invited.entry is not None:
                    earlier = (ENTRY.c.login == invited.entry.login) & (ENTRY.c.kind == "invitation")
                    end_entries(session, earlier, at.now)
                    events.append(give_entry(session, invited.entry, by=at.by))
                invited_people.append(invited)
            record(session, *events)
            self._queue(session, [letter for invited in invited_people for letter in invited.letters])
        return frozenset(invited.reader.login for invited in invited_people)

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

    def expiries(self, logins: Collection[str], *, now: datetime) -> Mapping[str, datetime]:
        """Return by login when its valid invitation expires; logins without one are left out."""
        query = select(ENTRY.c.login, ENTRY.c.expires_at).where(
            in_names(ENTRY.c.login),
            ENTRY.c.kind == "invitation",
            ENTRY.c.ended_at.is_(None),
            ENTRY.c.expires_at > now,
        )
        return {row.login: row.expires_at for row in read_for_names(self._engine, query, logins)}


def _insert(session: Session, reader: Reader, now: datetime) -> bool:
    """Insert an account without a password; return False if the login exists."""
    without = {"password": "", "totp": "", "totp_step": 0, "disabled": False, "created_at": now}
    values = columns_of(ACCOUNT, reader, **without)
    step = insert(session, ACCOUNT).values(values).on_conflict_do_nothing()
    return session.execute(step.returning(ACCOUNT.c.login)).first() is not None
