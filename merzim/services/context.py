"""The context of one request: the application, the acting user, and the moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import ParamSpec, Self

from calendars.kazakhstan import Kazakhstan
from merzim.services.app import AppContext
from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.events import ORIGIN as ORIGIN, Origin as Origin
from merzim.storage.queries import SqlReads as Reads
from workflow.board.rows import Horizon
from workflow.cases.case import Case, Event
from workflow.cases.commands.case_commands import CaseCommands, Command, UnknownCase
from workflow.deadlines.deadline import last_near_day
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.moments import Clock, Moment
from workflow.org.access import OF_ONE_UNIT, Account, Reader, Scope, scope, with_unit, within
from workflow.ports import Change

P = ParamSpec("P")

ANONYMOUS = Reader(login="", access="responsible")
"""The reader of pages that require no login."""


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """The context of one request: the application, the reader, the moment, the law and calendar in force.

    Attributes:
        operator: whether it is a terminal command, whose reader has every right and sees confidential cases.
        reader: the person acting; `reads` returns what they may see, events are recorded in their name.
        language: of sentences in results; "" is the office's.
        passwordless: whether a browser on this machine may log in without a password; only on a demonstration
            day.
    """

    app: AppContext
    clock: Clock
    passwordless: bool = False
    reader: Reader = ANONYMOUS
    operator: bool = False
    language: str = ""

    def read_by(self, reader: Reader) -> Self:
        """Return the same context for another reader."""
        return replace(self, reader=reader)

    @cached_property
    def moment(self) -> Moment:
        """The present, read once, in which the reader acts; a fixed demonstration day says that it is one."""
        return replace(self.clock(), by=self.reader.login)

    @property
    def now(self) -> datetime:
        """The UTC moment of the request."""
        return self.moment.now

    @property
    def today(self) -> date:
        return self.moment.today

    @cached_property
    def horizon(self) -> Horizon:
        """Today, and the last day that counts as near."""
        return Horizon(today=self.today, soon=last_near_day(self.calendar, self.today))

    @cached_property
    def scope(self) -> Scope:
        """Which units, registers and rows the reader sees."""
        return scope(self.reader)

    @cached_property
    def reads(self) -> Reads:
        """Read queries, limited to what the reader may see."""
        reads = self.app.reads
        if self.operator or self.reader is ANONYMOUS:
            return reads
        return reads.seen_by(replace(self.scope, acts_on=self.today))

    @cached_property
    def case_commands(self) -> CaseCommands:
        """The commands on cases, the same throughout the request, even if acts are adopted meanwhile."""
        return self.app.case_commands

    @cached_property
    def calendar(self) -> Kazakhstan:
        return self.app.calendar

    @property
    def library(self) -> Library:
        return self.app.library

    @property
    def accounts(self) -> SqlAccounts:
        return self.app.accounts

    @property
    def spoken_language(self) -> str:
        """The language of the request, or the office's own where none was chosen."""
        return self.language or self.app.settings.office.language


def operator_context(app: AppContext, *, at: Moment, language: str = "") -> RequestContext:
    """Return the context of an operator at a terminal, who may see and do everything. `at`: who and when."""
    reader = Reader(login=at.by, access="officer_administrator")
    return RequestContext(app=app, clock=lambda: at, reader=reader, operator=True, language=language)


def in_own_units(ctx: RequestContext, unit: str) -> bool:
    """Return whether a unit (id) is the reader's own or lies below it; each is of who sees the whole office."""
    return within(ctx.app.reads.office(), unit, ctx.reader.root)


def writer(ctx: RequestContext) -> str:
    """Return the key of the person who writes: the reader's; at a terminal that of the account written as."""
    if ctx.reader.person or not ctx.operator:
        return ctx.reader.person
    _, person = ctx.accounts.names([ctx.reader.login]).get(ctx.reader.login.casefold(), ("", ""))
    return person


def is_own(ctx: RequestContext, by: str) -> bool:
    """Return whether an author named in an event is the reader: by account, or as a person by a letter."""
    return bool(by) and by in (ctx.reader.login, ctx.reader.person)


def require_visible(ctx: RequestContext, case: str) -> Case:
    """Return the head of a case. Raises UnknownCase if it does not exist or is not visible to the reader."""
    head = ctx.reads.heads([case]).get(case)
    if head is None:
        raise UnknownCase(case)
    return head


def case_with_events(ctx: RequestContext, case: str) -> tuple[Case, Sequence[Event]]:
    """Return a case and its events. Raises UnknownCase if it does not exist or is hidden from the reader."""
    found = ctx.reads.with_events(case)
    if found is None:
        raise UnknownCase(case)
    return found


def whole_case(ctx: RequestContext, case: str) -> tuple[Case, Procedure]:
    """Return a case and its edition. Raises UnknownCase if it does not exist or is hidden from the reader."""
    full_case, _ = case_with_events(ctx, case)
    return full_case, ctx.library.of(full_case)


def write_case(
    ctx: RequestContext, case_id: str, command: Command[P], /, *args: P.args, **values: P.kwargs
) -> Change:
    """Write what a command derives from a case, by the reader."""
    return ctx.case_commands.write(case_id, ctx.moment, command, *args, **values)


def reader_of(ctx: RequestContext, account: Account) -> Reader:
    """Return the reader for an account; one limited to a unit with that, else with their person's."""
    reader = account.reader
    return with_unit(reader, ctx.reads.office()) if reader.access in OF_ONE_UNIT else reader
