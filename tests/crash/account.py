"""Final check after a crash campaign: due notices, sent letters, confirmed requests, database integrity.

It runs `merzim verify`, and compares the database with what was observed from outside: the messages the mail
server received, and the answers the API clients got.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import text

from merzim.services.app import AppContext
from merzim.services.moments import almaty
from merzim.services.upkeep import maintenance
from merzim.storage.database.engine import reading
from merzim.storage.maintenance.seals import seal
from notifications import round as rounds
from notifications.notice import Notice
from tests.crash.office import MORNING
from tests.crash.people import Deed, Writer, found

Reminder = tuple[str, str, str]
"""A case, an obligation, and the person to be notified."""
Letter = tuple[str, str]
"""Recipient and Message-ID."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """State after the campaign.

    Attributes:
        due: the reminders that were due before anything was done to the office.
        seen: how often the mail server was given each letter.
        notices: the register; waiting: board rows whose day has come and of which nobody was told.
        jobs: what the queue still holds.
        deeds: what people asked for; chained: how often each stands in the chains.
        troubles: what people were answered that nobody may be.
        problems: what `merzim verify` names, by code.
    """

    due: frozenset[Reminder]
    seen: Mapping[Letter, int]
    notices: tuple[Notice, ...]
    waiting: int
    jobs: tuple[str, ...]
    problems: tuple[str, ...]
    deeds: tuple[Deed, ...] = ()
    chained: Mapping[tuple[str, str], int] | None = None
    troubles: tuple[str, ...] = ()

    @property
    def twice(self) -> int:
        """Letters the server was given again under their own Message-ID."""
        return sum(count - 1 for count in self.seen.values())

    @property
    def lost(self) -> tuple[str, ...]:
        """Reminders nobody got, letters said to be sent that the server never saw, deeds that are not there."""
        sent = {
            (notice.address, notice.message_id)
            for notice in self.notices
            if notice.state == "sent" and not notice.carrier
        }
        reminded = {
            (notice.case, notice.obligation, notice.person) for notice in self.notices if notice.state == "sent"
        }
        chained = self.chained or {}
        deeds = {(deed.kind, deed.token) for deed in self.deeds if deed.fate == "done"}
        return (
            *(f"reminder {reminder}" for reminder in sorted(self.due - reminded)),
            *(f"letter {letter}" for letter in sorted(sent - set(self.seen))),
            *(f"{kind} {token}" for kind, token in sorted(deeds) if not chained.get((kind, token))),
        )

    def faults(self, *, twice: int) -> tuple[str, ...]:
        """Whatever may not be, a sentence each; `twice`: letters that may have been sent again at most."""
        chained = self.chained or {}
        states = Counter(notice.state for notice in self.notices if notice.state not in ("sent", "withdrawn"))
        names = Counter(name for _, name in self.seen)
        deed_keys = {(deed.kind, deed.token) for deed in self.deeds}
        refused = [deed for deed in self.deeds if deed.fate == "refused"]
        doubled = [f"{kind} {token}" for (kind, token), count in chained.items() if count > 1 and token]
        return (
            *(f"lost: {loss}" for loss in self.lost[:5]),
            *(f"an event twice: {event}" for event in doubled[:5] if tuple(event.split(" ", 1)) in deed_keys),
            *(f"refused: {deed.kind} {deed.answer}" for deed in refused[:5]),
            *(f"{count} notices are {state}" for state, count in sorted(states.items())),
            *(f"one Message-ID to two people: {name}" for name, count in names.items() if count > 1),
            *([f"{self.twice} letters twice, {twice} at most"] if self.twice > twice else ()),
            *([f"{self.waiting} rows whose day has come and nobody was told"] if self.waiting else ()),
            *(f"left in the queue: {job}" for job in self.jobs[:3]),
            *(f"verify: {problem}" for problem in self.problems[:5]),
            *self.troubles[:5],
        )


def people(account: Account) -> str:
    """Short summary of the outcomes of requests."""
    fates = Counter(f"{deed.kind} {deed.fate}" for deed in account.deeds)
    return ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))


def due(app: AppContext, *, now: datetime, today: date) -> frozenset[Reminder]:
    """Notices a round at that moment would create; nothing is written."""
    planned = rounds.plan(
        app.outbox,
        app.library,
        app.calendar,
        tuple(app.channels.values()),
        now=now,
        today=today,
        rules=app.rules,
    )
    return frozenset(
        (planned_notice.notice.case, planned_notice.notice.obligation, planned_notice.notice.person)
        for planned_notice in planned.planned
    )


def drawn_up(
    app: AppContext,
    seen_file: Path,
    *,
    promised: frozenset[Reminder],
    now: datetime,
    writers: Collection[Writer] = (),
) -> Account:
    """The account as things stand, by the clock that is furthest on (aware UTC). What is not sealed yet is."""
    today = now.astimezone(almaty()).date()
    app.refresh()
    seal(app.engine, now=now)
    lines = [tuple(line.split(" ", 1)) for line in seen_file.read_text(encoding="ascii").splitlines()]
    with reading(app.engine) as connection:
        rows = connection.execute(
            text("SELECT count(*) FROM deadline WHERE next_rung_on <= :today"), {"today": str(today)}
        ).scalar_one()
        jobs = (
            connection.execute(
                text("SELECT task_name || ' ' || status FROM procrastinate_jobs WHERE task_name = 'send'")
            )
            .scalars()
            .all()
            if app.many_nodes
            else ()
        )
    return Account(
        due=promised,
        seen=Counter((recipient, name) for recipient, name in lines),
        notices=tuple(app.outbox.notices()),
        waiting=int(rows),
        jobs=tuple(jobs),
        problems=tuple(
            f"{problem.code} {dict(problem.arguments)}"
            for problem in maintenance.verify(app, now=MORNING, today=today)
        ),
        deeds=tuple(deed for writer in writers for deed in writer.deeds),
        chained=found(app),
        troubles=tuple(fault for writer in writers for fault in writer.faults),
    )
