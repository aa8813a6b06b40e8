"""The audit log (who did what, when, from where): entries in words, exports, changes for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

import i18n
from calendars.hours import end_of_day, moment_of
from merzim.services.context import ANONYMOUS, RequestContext
from merzim.services.inputs import Day, Line
from merzim.services.names import author_names, people_named
from merzim.services.results import MAX_EXPORTED, Result
from merzim.services.verbs import Command, verb
from merzim.storage.events import Draft, record_access
from workflow.cases.case import Case, event_word
from workflow.org.access import AuditEntry, AuditFilter, Topic, audit_scope
from workflow.refusal import Refusal
from workflow.registers.rows import sees_lists

EXPORT_CHUNK = 1000
"""Entries of an export read together."""
DIGEST_DIGITS = 12
"""Number of digits of a file's SHA-256 in the log entry of its download."""
_LABELS = {"case": "event.", "register": "register.event."}
CURSOR = "The number of an entry: the `cursor` of the answer before."


def _has_moments(day: date) -> date:
    """Refuse a day whose first or last moment cannot be said in UTC."""
    if not date.min < day < date.max:
        raise PydanticCustomError("bad_day", "a day within the calendar")
    return day


LogDay = Annotated[Day, AfterValidator(_has_moments)]


class AskAudit(Command):
    """A filter for audit log entries. `after`: entries after a number, in order; `before`: the newest first."""

    person: Line = ""
    topic: Literal["", "login", "account", "people", "settings", "case", "register", "file"] = ""
    about: Annotated[Line, Field(description="A case, or a row of a register.")] = ""
    since: LogDay | None = None
    until: LogDay | None = None
    after: Annotated[int | None, Field(ge=0, le=2**53, description=CURSOR)] = None
    before: Annotated[int | None, Field(ge=1, le=2**53, description=CURSOR)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class AuditLine(Result):
    """An entry of the audit log. `who`: the person's name; `what`: the action in words; `text`: the whole
    sentence; `confidential`: whether it is about a confidential case.
    """

    seq: int
    at: datetime
    by: str
    who: str
    topic: str
    kind: str
    name: str
    case: str
    way: str
    address: str
    what: str
    text: str
    hash: str
    confidential: bool


class AuditList(BaseModel):
    """A page of entries; `cursor`: the number of the last one, for `after` or `before` of the next page."""

    entries: list[AuditLine]
    cursor: int | None
    more: bool


@verb("audit", writes=False)
def ask_audit(ctx: RequestContext, command: AskAudit) -> AuditList:
    """List entries of the audit log: who did what, when and from where."""
    entries, more = ctx.reads.audit(
        _filter(ctx, command),
        scope=audit_scope(ctx.reader),
        after=command.after,
        before=command.before,
        limit=command.limit,
    )
    heads, words = ctx.reads.heads({entry.case for entry in entries if entry.case}), AuditWords(ctx, entries)
    lines = [words.line(entry, heads.get(entry.case)) for entry in entries]
    return AuditList(entries=lines, cursor=lines[-1].seq if lines else None, more=more)


def export_lines(ctx: RequestContext, command: AskAudit) -> Iterator[str]:
    """Yield the entries in order, each as one line of JSON; the log records the export. Raises NotAllowed,
    before the first line, where the reader's access does not include the log.
    """
    command = command.model_copy(update={"before": None, "after": command.after or 0, "limit": EXPORT_CHUNK})
    pages = _pages(ctx, command, "after")
    first = next(pages)
    record(ctx, "settings", "audit_exported", details={"format": "jsonl"})
    lines = (line.model_dump(mode="json") for line in chain(first, chain.from_iterable(pages)))
    return (json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def exported_entries(ctx: RequestContext, command: AskAudit) -> list[AuditLine]:
    """Return the entries of one workbook, the newest first; the log records the export. Raises Refusal for more
    than MAX_EXPORTED, NotAllowed where the reader's access does not include the log.
    """
    entries: list[AuditLine] = []
    command = command.model_copy(update={"after": None, "limit": EXPORT_CHUNK})
    for page in _pages(ctx, command, "before"):
        entries += page
        if len(entries) > MAX_EXPORTED:
            raise Refusal("web.audit.too_many", most=MAX_EXPORTED)
    record(ctx, "settings", "audit_exported", details={"format": "xlsx"})
    return entries


def _pages(ctx: RequestContext, command: AskAudit, onward: str) -> Iterator[list[AuditLine]]:
    """Yield the entries page by page. `onward`: the field that takes the cursor of the page before."""
    page = ask_audit(ctx, command)
    while page.more:
        yield page.entries
        page = ask_audit(ctx, command.model_copy(update={onward: page.cursor}))
    yield page.entries


def record(
    ctx: RequestContext,
    topic: Topic,
    kind: str,
    *,
    name: str = "",
    case: str = "",
    details: dict[str, object] | None = None,
) -> tuple[int, str]:
    """Record what the reader did where nothing else is written (a download); return the entry's number and
    hash.
    """
    event = Draft(
        topic=topic, kind=kind, by=ctx.reader.login, at=ctx.now, name=name, case=case, payload=details or {}
    )
    return record_access(ctx.app.engine, event)


def record_refused_log_in(ctx: RequestContext, reason: str, login: str) -> None:
    """Record a refused log-in. `login`: the account; "" for an unknown name, which may be a password."""
    record(ctx.read_by(ANONYMOUS), "login", "log_in_refused", name=login, details={"reason": reason})


class AuditWords:
    """Makes sentences of these audit log entries in the reader's language, with the names of people."""

    def __init__(self, ctx: RequestContext, entries: Sequence[AuditEntry]) -> None:
        self._ctx, self._language = ctx, ctx.spoken_language
        self._names = author_names(ctx, {name for entry in entries for name in (entry.by, entry.name)})

    def line(self, entry: AuditEntry, case: Case | None) -> AuditLine:
        nobody = "audit.nobody" if entry.topic == "login" else "audit.program"
        author = self._who(entry.by) if entry.by else self._say(nobody)
        phrases = [self._what(entry)]
        if subject := self._subject(entry, case):
            phrases[0] += f": {subject}"
        if reason := entry.more.get("reason"):
            phrases.append(self._say(f"audit.reason.{reason}"))
        details = [*phrases, self._say("audit.of_case", case=entry.case)] if entry.case else [*phrases]
        origin = self._say("audit.from", address=entry.address) if entry.address else ""
        details += [part for part in (origin, self._say(f"audit.way.{entry.way}")) if part]
        return AuditLine.of(
            entry,
            who=author,
            what="; ".join(phrases),
            text=f"{author} – {'; '.join(details)}",
            confidential=case is not None and self._ctx.library.named(case.edition).confidential,
        )

    def _say(self, code: str, **arguments: object) -> str:
        return i18n.say(code, arguments, self._language)

    def _who(self, by: str) -> str:
        """Return the name of an author given by login, key or a word of the program's own."""
        if name := self._names.get(by):
            return name if isinstance(name, str) else name[self._language]
        return self._say(f"author.{by}") if i18n.knows(f"author.{by}") else by

    def _what(self, entry: AuditEntry) -> str:
        """Return the action of an entry in words."""
        kind = event_word(entry.kind, "", entry.more) if entry.topic == "case" else entry.kind
        code = _LABELS.get(entry.topic, "audit.kind.") + kind
        return self._say(code) if i18n.knows(code) else self._say("audit.kind.other", kind=entry.kind)

    def _subject(self, entry: AuditEntry, case: Case | None) -> str:
        """Return what an entry is about, in words; "" where that is said already."""
        if not entry.name or entry.name == entry.case or (entry.name == entry.by and entry.topic == "login"):
            return ""
        if entry.kind == "opened" and case is not None:
            return case.object_in(self._language)
        if entry.topic == "case" and case is not None:
            obligation = self._ctx.library.named(case.edition).by_id.get(entry.name.partition(".")[0])
            if obligation:
                return obligation.title[self._language]
            if entry.kind == "migrated":
                on = self._ctx.library.named(entry.name).in_force
                return self._say("web.edition.in_force", on=on)
            return self._say("numbered", n=entry.name) if entry.name.isdigit() else entry.name
        if entry.topic in ("people", "account", "login"):
            unit = self._ctx.reads.office().units.get(entry.name)
            return unit.name_in(self._language) if unit else self._who(entry.name)
        for setting in (f"setting.key.{entry.name}", f"setting.group.{entry.name}"):
            if i18n.knows(setting):
                return self._say(setting)
        register, number = entry.name.rsplit("-", 2)[0], i18n.row_number(entry.name, self._language)
        if register not in self._ctx.app.registers.ids():
            return number
        return f"{self._ctx.app.registers.latest(register).title[self._language]}, {number}"


def _filter(ctx: RequestContext, command: AskAudit) -> AuditFilter:
    """Return the filter for a command; its days are local, both included."""
    names: set[str] = set()
    if text := command.person.strip():
        keys = {text, *people_named(ctx.app.reads.office(), text)}
        names = set(keys)
        for account in ctx.accounts.all():
            reader = account.reader
            if keys & {reader.login, reader.person} or text.casefold() in (
                reader.login.casefold(),
                reader.name.casefold(),
            ):
                names |= {reader.login, *filter(None, (reader.person,))}
    return AuditFilter(
        names=tuple(sorted(names)),
        topics=(command.topic,) if command.topic else (),
        case=command.about.strip(),
        since=moment_of(command.since, None) if command.since else None,
        until=end_of_day(command.until) if command.until else None,
        without=_hidden_registers(ctx),
    )


def _hidden_registers(ctx: RequestContext) -> tuple[str, ...]:
    """Return the registers whose lists the reader does not see: no entry tells of their rows."""
    registers = ctx.app.registers
    return tuple(id for id in registers.ids() if not sees_lists(registers.latest(id), ctx.scope))


TOPICS: tuple[Topic, ...] = ("account", "case", "people", "register", "settings")
"""Topics of changes; log-ins and downloads appear only in the audit log."""
MAX_CHANGES = 1000


class AskChanges(Command):
    """Request the changes after a cursor, in order."""

    after: Annotated[int, Field(ge=0, le=2**53, description="The `cursor` of the answer before.")] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_CHANGES)] = 100


class ChangeEvent(Result):
    """A change. For a confidential case, and for a register row, it contains the number only."""

    seq: int
    type: str
    at: datetime
    by: str
    case: str
    name: str


class ChangeList(BaseModel):
    """Changes in the order of writing. `cursor`: the `after` of the next request, also without changes."""

    events: list[ChangeEvent]
    cursor: int
    more: bool


@verb("self", writes=False)
def list_changes(ctx: RequestContext, command: AskChanges) -> ChangeList:
    """List what changed in the cases, registers and settings the reader may see, in the order of writing."""
    # Read first: later entries have higher numbers.
    end = ctx.reads.last_event()
    # Besides changes of visible cases, others by the reader's right to the log.
    scope = audit_scope(ctx.reader)
    scope = scope if ctx.reader.may("audit") else scope - {"registers"}
    criteria = AuditFilter(topics=TOPICS, without=_hidden_registers(ctx))
    entries, more = ctx.reads.audit(criteria, scope=scope, after=command.after, limit=command.limit)
    heads = ctx.reads.heads({entry.case for entry in entries if entry.case})
    hidden = {case for case, head in heads.items() if head.confidential}
    last = entries[-1].seq if entries else command.after
    return ChangeList(
        events=[_event(entry, only_id=entry.topic == "register" or entry.case in hidden) for entry in entries],
        cursor=last if more else max(last, end),
        more=more,
    )


def _event(entry: AuditEntry, *, only_id: bool) -> ChangeEvent:
    """Return an audit entry as a change of the API; `only_id`: only which row or confidential case changed."""
    return ChangeEvent.of(
        entry,
        type=f"{entry.topic}.{'changed' if only_id else entry.kind}",
        by="" if only_id else entry.by,
        name="" if only_id and entry.topic == "case" else entry.name,
    )
