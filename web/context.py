"""What every handler needs, gathered once by the factory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from calendars.calendar import Calendar
from notifications.statistics import Post
from web.ports.accounts import Accounts, Choices
from web.ports.administration import Acts, Administration
from web.ports.judging import Judge
from web.ports.opening import Intake
from web.ports.readiness import Look
from web.ports.reads import Reads
from web.ports.second_factors import AccountLetters, SecondFactors
from web.ports.shell import Shell
from web.ports.writing import Answers, EvidenceStore, Leaves, Uploads
from workflow.cases.commands.desk import Desk
from workflow.law.library import Library
from workflow.org.access import Access, Reader

Clock = Callable[[], tuple[datetime, date]]


ANONYMOUS = Reader(login="", access="responsible")
"""Who reads the pages of the entrance."""


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """One request's view of it: `reads` shows what `reader` may see, and what they write is written by them."""

    desk: Desk
    reads: Reads
    library: Library
    calendar: Calendar
    clock: Clock
    demonstration: bool
    passwordless: bool
    """Whether a browser on this machine may log in without a password: on a demonstration day, alone."""
    evidence_store: EvidenceStore
    organisation: str
    judge: Judge
    accounts: Accounts
    factors: SecondFactors
    answers: Answers
    shell: Shell
    intake: Intake | None = None
    uploads: Uploads | None = None
    reader: Reader = ANONYMOUS
    totp_required: frozenset[Access] = frozenset()
    account_letters: AccountLetters | None = None
    administration: Administration | None = None
    acts: Acts | None = None
    post: Post | None = None
    leaves: Leaves | None = None
    choices: Choices | None = None
    readiness: Look | None = None


class Stamp(TypedDict):
    """Who writes, and when."""

    by: str
    now: datetime
    today: date


def stamp(ctx: RequestContext) -> Stamp:
    """Who writes, and when: what every command asks for."""
    now, today = ctx.clock()
    return {"by": ctx.reader.login, "now": now, "today": today}
