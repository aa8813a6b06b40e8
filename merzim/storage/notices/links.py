"""Repository of linked Telegram accounts and one-time codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, select

from merzim.storage.database import execute, reading
from merzim.storage.events import Draft, changing_office, record
from merzim.storage.tables.notices import LINK, LINK_CODE, LinkCodeRow, LinkRow
from notifications.channels.telegram import CODE_LASTS, Redeemed
from workflow.moments import Moment


class SqlLinks:
    """The links of people to Telegram accounts in a database (`notifications.channels.telegram.Links`)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, person: str) -> LinkRow | None:
        return self._link(LINK.c.person == person)

    def of_people(self, people: Collection[str]) -> Mapping[str, LinkRow]:
        with reading(self._engine) as session:
            links = session.scalars(select(LinkRow).where(LINK.c.person.in_(sorted(people)))).all()
        return {link.person: link for link in links}

    def of_chat(self, chat: str) -> LinkRow | None:
        return self._link(LINK.c.chat == chat)

    def offer(self, person: str, hashed: str, *, now: datetime) -> None:
        """Store the hash of a new code, with an event; delete their unused one, and all expired a day ago."""
        with changing_office(self._engine) as session:
            old = (LINK_CODE.c.person == person) & LINK_CODE.c.used_at.is_(None)
            session.execute(LINK_CODE.delete().where(old | (LINK_CODE.c.until < now - CODE_LASTS * 144)))
            session.add(LinkCodeRow(hash=hashed, person=person, until=now + CODE_LASTS))
            record(session, Draft(kind="link_code_given", name=person, by="", at=now))

    def redeem(self, hashed: str, chat: str, *, now: datetime) -> tuple[Redeemed, LinkRow | None]:
        with changing_office(self._engine) as session:
            code = session.get(LinkCodeRow, hashed)
            if code is None:
                return "wrong", None
            mine = session.scalar(select(LinkRow).where(LINK.c.chat == chat))
            if code.used_at is not None:
                # The same account with the same code again: a message that came twice.
                is_linked_again = mine is not None and mine.person == code.person and mine.blocked_at is None
                return ("linked", mine) if is_linked_again else ("used", None)
            if now >= code.until or now < code.until - 2 * CODE_LASTS:
                return "expired", None
            if mine is not None and mine.person != code.person:
                return "taken", None
            code.used_at = now
            link = session.merge(LinkRow(person=code.person, chat=chat, linked_at=now))
            record(session, Draft(kind="link_saved", name=link.person, by=link.person, at=now))
        return "linked", link

    def block(self, person: str, *, now: datetime) -> bool:
        return self._change(person, LINK.c.blocked_at.is_(None), blocked_at=now)

    def unblock(self, person: str) -> bool:
        return self._change(person, LINK.c.blocked_at.is_not(None), blocked_at=None)

    def unlink(self, person: str, *, at: Moment) -> bool:
        with changing_office(self._engine) as session:
            if (link := session.get(LinkRow, person)) is None:
                return False
            session.delete(link)
            record(session, Draft(kind="link_removed", name=person, by=at.by, at=at.now))
        return True

    def _change(self, person: str, only: ColumnElement[bool], **values: object) -> bool:
        step = LINK.update().where(LINK.c.person == person, only).values(**values)
        return bool(execute(self._engine, step))

    def _link(self, which: ColumnElement[bool]) -> LinkRow | None:
        with reading(self._engine) as session:
            return session.scalar(select(LinkRow).where(which))
