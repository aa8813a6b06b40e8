"""Synchronises people, units, heads and leave with the directory: finds differences and imports them.

A person is identified by the directory's permanent id, stored as a preference; the e-mail is used only to find
people stored before. People who never came from the directory stay unchanged. Differences are imported like a
table of people.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from time import perf_counter
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from pydantic import BaseModel, Field

from i18n import known_languages
from merzim.documents.people.read_people import ReadPeople
from merzim.services.accounts.second_factors import account_letters
from merzim.services.connections.ldap import DirectoryEntry
from merzim.services.context import RequestContext, operator_context, stamp
from merzim.services.people import staff
from merzim.services.people.staff import Mark, TableChange
from merzim.services.people.table import preview_table, save_table
from merzim.services.verbs import Command, verb
from workflow.org.office import Office, Person, Unit
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.services.app import AppContext

HEAD = "head_of_unit"
PULSE = "people_sync"
AUTHOR = "directory:ldap"
LEASE = timedelta(hours=1)
RETRY = timedelta(minutes=15)
log = logging.getLogger("merzim.people")


class SyncRefused(Refusal):
    """The people of the directory cannot be imported as they are."""


class SyncPeople(Command):
    """Compare the directory with the people of the office; `apply` writes the differences. `mark`: fingerprint
    of the differences shown to the user; empty for whatever they are now.
    """

    apply: bool = False
    mark: Mark = ""
    many_leave: Annotated[bool, Field(description="Also where more leave at once than the ceiling allows.")] = (
        False
    )


class SyncProblem(BaseModel):
    """A directory entry that is skipped. `code`: email_twice, name_twice, no_unit, no_name, leave_unreadable,
    is_officer.
    """

    code: str
    name: str
    text: str


class SyncResult(BaseModel):
    """The differences. `left`: people no longer in the directory; `held`: whether more of them left than the
    ceiling allows; `entries`: number of people in the directory.
    """

    applied: bool
    mark: str
    entries: int
    changes: list[TableChange]
    left: list[str]
    back: list[str]
    held: bool
    problems: list[SyncProblem]


class AskSync(Command):
    """Request the state of the synchronisation with the directory."""


class SyncState(BaseModel):
    """The state of the synchronisation. `state` of the last run: same, differs, held, applied; empty before the
    first.
    """

    mode: str
    last_at: datetime | None
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """The changes to make: the table to import, new links by person, who left, who came back."""

    table: ReadPeople
    links: Mapping[str, str]
    left: Sequence[Person]
    back: Sequence[Person]
    problems: Sequence[SyncProblem]
    linked: int
    entries: int


_NOTHING = _Plan(table=ReadPeople((), ()), links={}, left=(), back=(), problems=(), linked=0, entries=0)


@verb("settings")
def sync_people(ctx: RequestContext, command: SyncPeople) -> SyncResult:
    """Return the differences between the directory and the people of the office, and apply them if
    requested.
    """
    plan = _look(ctx) if command.apply or ctx.app.settings.ldap.sync.mode != "off" else _NOTHING
    result = _result(ctx, plan)
    if not command.apply:
        return result
    if command.mark and command.mark != result.mark:
        raise SyncRefused("people_sync_changed")
    if result.held and not command.many_leave:
        raise SyncRefused("people_sync_held", count=len(result.left), of=plan.linked)
    _apply(ctx, plan)
    return result.model_copy(update={"applied": True})


@verb("settings", writes=False)
def get_sync_state(ctx: RequestContext, command: AskSync) -> SyncState:
    """Return when people were last compared with the directory, and the result."""
    from merzim.services.outgoing.sending import figures
    from merzim.storage.org.chain import lines

    pulses = figures(ctx.app, now=ctx.now).pulses
    events = lines(ctx.app.engine, "people_synced")
    return SyncState(
        mode=ctx.app.settings.ldap.sync.mode,
        last_at=pulses[PULSE][0] if PULSE in pulses else None,
        state=events[-1].name if events else "",
    )


def sync_on_schedule(app: AppContext, *, now: datetime, today: date) -> None:
    """Compare with the directory when it is time; apply the differences if config.toml says so, else record
    them.
    """
    settings = app.settings.ldap
    if settings.sync.mode == "off" or not settings.address or not _is_due(app, now):
        return
    holder = uuid4().hex
    if not app.leases.take(PULSE, holder, now=app.system_clock().now, lasts=LEASE):
        return
    started = perf_counter()
    try:
        if _is_due(app, now):
            _run(operator_context(app, by=AUTHOR, now=now, today=today))
            _beat(app, PULSE, now, started)
    except Refusal as trouble:
        _beat(app, f"{PULSE}_failed", now, started)
        log.error("people were not compared with the directory: %s", trouble)
    finally:
        app.leases.give_back(PULSE, holder)


def _run(ctx: RequestContext) -> None:
    """Compare, apply if configured and allowed; record the result if it differs from the last one."""
    plan = _look(ctx)
    result = _result(ctx, plan)
    before = get_sync_state(ctx, AskSync()).state
    state = "held" if result.held else "differs" if result.changes or result.left else "same"
    if ctx.app.settings.ldap.sync.mode == "apply" and state == "differs":
        _apply(ctx, plan)
    elif state != before:
        _note(ctx, state)
        if state == "held":
            _tell_administrators(ctx, result, plan)


def _look(ctx: RequestContext) -> _Plan:
    """Compare the directory with the office. Raises SyncRefused, DirectorySilent."""
    directory = ctx.app.directory
    if directory is None or ctx.app.settings.ldap.sync.mode == "off":
        raise SyncRefused("people_sync_off")
    from merzim.storage.org.preferences import DIRECTORY, chosen

    entries = directory.people()
    office = staff.recorded_office(ctx)
    subjects = chosen(ctx.app.engine, DIRECTORY)
    return _Comparison(entries, office, subjects, officer=ctx.reads.office().officer or "").plan()


class _Comparison:
    """Compares the entries of the directory with the office. `subjects`: permanent ids by person."""

    def __init__(
        self, entries: Sequence[DirectoryEntry], office: Office, subjects: Mapping[str, str], *, officer: str
    ) -> None:
        self.office = office
        self.officer = officer
        self.problems: list[SyncProblem] = []
        self.units: dict[str, Unit] = {}
        self.keys = {subject: key for key, subject in subjects.items()}
        self.seen = {entry.subject for entry in entries}
        self.by_email = {
            (person.email or person.key).casefold(): person.key
            for person in office.people.values()
            if person.key not in subjects
        }
        self.entries = self._usable(entries)

    def plan(self) -> _Plan:
        """Return the changes the office needs."""
        people = self._people()
        heads = self._heads({entry.dn: entry for entry in self.entries}, people)
        planned_people = [self._with_headship(person, heads) for person in people.values()]
        linked_people = {
            key: person for key in self.keys.values() if (person := self.office.people.get(key)) is not None
        }
        present_keys = {person.key for person in people.values()}
        gone_people = [
            linked_people[key]
            for subject, key in self.keys.items()
            if key in linked_people and key not in present_keys and subject not in self.seen
        ]
        for person in gone_people:
            if person.key == self.officer:
                self._problem("is_officer", person.name, person.key)
        back = {
            key for subject, key in self.keys.items() if subject in people and key not in self.office.people
        }
        return _Plan(
            table=ReadPeople(tuple(self.units.values()), tuple(planned_people)),
            links={
                people[entry.subject].key: entry.subject
                for entry in self.entries
                if entry.subject not in self.keys
            },
            left=[person for person in gone_people if person.key != self.officer],
            back=[person for person in planned_people if person.key in back],
            problems=self.problems,
            linked=len(linked_people),
            entries=len(self.seen),
        )

    def _usable(self, entries: Sequence[DirectoryEntry]) -> list[DirectoryEntry]:
        """Return the entries that can be imported; the others are recorded as problems."""
        addresses = Counter(entry.email for entry in entries if entry.email)
        usable = []
        for entry in entries:
            code = "email_twice" if addresses[entry.email] > 1 else "" if entry.units else "no_unit"
            if not entry.name:
                code = "no_name"
            if code:
                self._problem(code, entry.name, entry.email if code == "email_twice" else entry.dn)
            else:
                usable.append(entry)
        return usable

    def _people(self) -> dict[str, Person]:
        """Return the people of the entries by permanent id; of two indistinguishable ones the first."""
        people: dict[str, Person] = {}
        taken_keys = {key for subject, key in self.keys.items() if subject in self.seen}
        for entry in tuple(self.entries):
            person = self._person(entry)
            if entry.subject not in self.keys and person.key in taken_keys:
                self._problem("name_twice", entry.name, entry.dn)
                self.entries.remove(entry)
                continue
            taken_keys.add(person.key)
            people[entry.subject] = person
        return people

    def _problem(self, code: str, name: str, text: str) -> None:
        self.problems.append(SyncProblem(code=code, name=name, text=text))

    def _person(self, entry: DirectoryEntry) -> Person:
        """Return the person of an entry: data from the directory, the rest unchanged.

        A person who got another person's e-mail address is not taken for that person: their key is made of unit
        and name.
        """
        unit = self._unit(entry.units)
        key = self.by_email.get(entry.email, entry.email)
        if not key or (key in self.keys.values() and not self._made_anew(entry, key)):
            key = f"{unit} / {entry.name}"
        key = self.keys.get(entry.subject, key)
        was = self.office.people.get(key)
        language = entry.language if entry.language in known_languages() else was.language if was else "kk"
        person = replace(was or Person(key=key, name=entry.name, unit=unit), name=entry.name, unit=unit)
        person = replace(person, email=entry.email or person.email, language=language)
        if was is not None and was.name != entry.name:
            person = replace(person, name_kk="", name_ru="")
        if entry.post and entry.post != person.post:
            person = replace(person, post=entry.post, post_kk="", post_ru="")
        if entry.leave:
            person = replace(person, away=self._leave(entry, person))
        return person

    def _made_anew(self, entry: DirectoryEntry, key: str) -> bool:
        """Return whether a known person got a new entry: the old one is gone, e-mail and name agree."""
        was = self.office.people.get(key)
        linked = (subject for subject, of in self.keys.items() if of == key)
        return (
            was is not None and was.name == entry.name and not any(subject in self.seen for subject in linked)
        )

    def _leave(self, entry: DirectoryEntry, person: Person) -> tuple[tuple[date, date], ...]:
        from merzim.documents.sheets.dates import Day, Span, read
        from merzim.documents.sheets.unreadable import UnreadableCell

        spans: list[tuple[date, date]] = []
        for part in filter(None, map(str.strip, entry.leave.split(";"))):
            try:
                reading = read(part, where="leave")
            except UnreadableCell:
                reading = None
            if isinstance(reading, Span):
                spans.append((reading.first, reading.last))
            elif isinstance(reading, Day):
                spans.append((reading.on, reading.on))
            else:
                self._problem("leave_unreadable", entry.name, entry.leave)
                return person.away
        return tuple(sorted(set(spans)))

    def _unit(self, names: Sequence[str]) -> str:
        """Return the id of a unit by its path of names; unknown units are created below the previous one."""
        tops = [unit.id for unit in self.office.units.values() if unit.parent is None]
        parent = tops[0] if len(tops) == 1 else None
        for name in names:
            unit_id = self.office.unit_named.get(name.casefold())
            id = unit_id or name
            if unit_id is None:
                self.units.setdefault(id, Unit(id=id, name=name, parent=parent))
            parent = id
        return str(parent)

    def _heads(self, by_dn: Mapping[str, DirectoryEntry], people: Mapping[str, Person]) -> Mapping[str, str]:
        """Return the head of each unit: the member whom most of its people have as manager."""
        head_counts: dict[str, Counter[str]] = {}
        for entry in self.entries:
            manager = by_dn.get(entry.manager)
            if manager is None or manager.subject == entry.subject:
                continue
            boss = people[manager.subject]
            if boss.unit == people[entry.subject].unit:
                head_counts.setdefault(boss.unit, Counter())[boss.key] += 1
        return {
            unit: max(unit_counts, key=lambda key: (unit_counts[key], key))
            for unit, unit_counts in head_counts.items()
        }

    def _with_headship(self, person: Person, heads: Mapping[str, str]) -> Person:
        """Return a person with the duty of a head added or removed, by the heads found."""
        head = heads.get(person.unit)
        was = self.office.people.get(person.key)
        has_moved = was is not None and was.unit != person.unit
        if head == person.key:
            return person if HEAD in person.duties else replace(person, duties=(*person.duties, HEAD))
        if HEAD in person.duties and (head is not None or has_moved):
            return replace(person, duties=tuple(duty for duty in person.duties if duty != HEAD))
        return person


def _result(ctx: RequestContext, plan: _Plan) -> SyncResult:
    changes = preview_table(ctx, plan.table).changes
    left_names, back = [person.name for person in plan.left], [person.name for person in plan.back]
    is_held = len(left_names) * 100 > ctx.app.settings.ldap.sync.ceiling * plan.linked
    shown_parts = [
        [change.model_dump() for change in changes],
        sorted(person.key for person in plan.left),
        sorted(plan.links.items()),
    ]
    return SyncResult(
        applied=False,
        mark=sha256(repr((shown_parts, plan.table)).encode()).hexdigest()[:20],
        entries=plan.entries,
        changes=changes,
        left=left_names,
        back=back,
        held=is_held,
        problems=list(plan.problems),
    )


def _apply(ctx: RequestContext, plan: _Plan) -> None:
    """Import the table, store the links, remove people who left and close their accounts."""
    from merzim.storage.org.preferences import DIRECTORY, prefer_many

    save_table(ctx, plan.table)
    prefer_many(ctx.app.engine, DIRECTORY, plan.links, by=ctx.reader.login, now=ctx.now)
    for person in plan.left:
        staff.remove_person(
            ctx, staff.Removal(id=person.key, mark=staff.mark(staff.get_person(ctx, person.key)))
        )
        for account in ctx.accounts.all():
            if account.reader.person == person.key and not account.disabled:
                ctx.accounts.save(account.reader, disabled=True, **stamp(ctx))
    _note(ctx, "applied")


def _note(ctx: RequestContext, state: str) -> None:
    """Record the result in the office's chain."""
    from merzim.storage.database.engine import writing
    from merzim.storage.org.vouched import RowEvent, record

    event = RowEvent(kind="people_synced", name=state, by=ctx.reader.login, now=ctx.now, on=ctx.today)
    with writing(ctx.app.engine) as connection:
        record(connection, event)


def _tell_administrators(ctx: RequestContext, result: SyncResult, plan: _Plan) -> None:
    """Queue a letter to every administrator who is a person of the office."""
    facts = {"count": len(result.left), "of": plan.linked}
    letters = [
        letter
        for account in ctx.accounts.all()
        if account.reader.access == "administrator" and not account.disabled
        for letter in account_letters(ctx, account, "sync_held", facts)
    ]
    ctx.app.outbox.add(letters, now=ctx.now)


def _is_due(app: AppContext, now: datetime) -> bool:
    from merzim.services.outgoing.sending import figures

    pulses = figures(app, now=now).pulses
    failed, last = pulses.get(f"{PULSE}_failed"), pulses.get(PULSE)
    if failed is not None and now - failed[0] < RETRY:
        return False
    return last is None or now - last[0] >= timedelta(hours=app.settings.ldap.sync.hours)


def _beat(app: AppContext, name: str, now: datetime, started: float) -> None:
    from merzim.storage.notices.tally import beat

    beat(app.engine, name, now=now, seconds=perf_counter() - started)
