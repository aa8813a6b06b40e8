"""Units and people, each saved or removed by itself.

A change contains a fingerprint of the state its author saw (`mark`); it is refused if the state has changed
since.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema

from i18n.languages import Language
from merzim.documents.sheets.texts import is_email
from merzim.services.context import RequestContext
from merzim.services.inputs import Day, Key, Line, Names, OptionalPerson, OptionalUnit
from merzim.services.law.acts import follow_adopted_acts
from merzim.services.names import person_named
from merzim.services.results import Result
from merzim.services.upkeep.maintenance import refresh_names
from merzim.services.verbs import Ask, Command, NotFound, verb
from merzim.settings import TimeOfDay
from merzim.storage import office as office_store
from merzim.storage.rows import read_as
from notifications.channels import EMPTY
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, OF_A_PERSON, OUTSIDE, Office, Person, Unit, name_order
from workflow.org.office_time import OfficeTime
from workflow.refusal import Refusal

Short = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(lambda text: " ".join(text.split())),
]
"""A text of one line, with single spaces."""
Mark = Annotated[
    str,
    Field(
        max_length=40,
        pattern=r"^[0-9a-f]*$",
        description="The version that was read: `mark` of an earlier answer; empty for a new one.",
    ),
]
HowOften = Literal["", "weekly"]
OptionalTime = Annotated[
    TimeOfDay | None,
    EMPTY,
    WithJsonSchema({"type": "string", "pattern": r"^([0-2][0-9]:[0-5][0-9])?$"}),
]


HELD_DUTIES = tuple(duty for duty in DUTIES if duty not in OF_A_PERSON and duty != OUTSIDE)
"""The duties a person may hold permanently."""


class Hours(Command):
    """Office hours of a unit; empty fields follow the organisation. `week`: 1 is Monday."""

    first: OptionalTime = None
    last: OptionalTime = None
    week: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    off: list[Day] = Field(default_factory=list, max_length=100)
    working: list[Day] = Field(default_factory=list, max_length=100)


class SaveUnit(Command):
    """A unit. `id`: of an existing unit; empty for a new one, whose id is made of its name. `acts`: ids of the
    acts of one organisation it adopted. `name_kk`, `name_ru`: its name in documents of that language.
    """

    name: Short
    id: Line = ""
    mark: Mark = ""
    parent: OptionalUnit = ""
    kind: Line = ""
    uploads_through: OptionalUnit = ""
    acts: list[Line] = Field(default_factory=list, max_length=100)
    name_kk: Short = ""
    name_ru: Short = ""
    time: Hours = Field(default_factory=Hours)


class ChooseDigest(Command):
    """How often a person, given by key, e-mail or name, is reminded; empty: as the office's settings say."""

    person: Key
    digest: HowOften = ""


class Span(Command):
    first: Day
    last: Day


class SavePerson(Command):
    """A person. `key`: of an existing person; empty for a new one, whose key is the e-mail. `name_kk`,
    `name_ru`, `post_kk`, `post_ru`: the name and post in documents of that language.
    """

    name: Short
    unit: OptionalUnit
    key: Line = ""
    mark: Mark = ""
    name_kk: Short = ""
    name_ru: Short = ""
    post: Short = ""
    post_kk: Short = ""
    post_ru: Short = ""
    duties: list[Line] = Field(default_factory=list, max_length=40)
    email: Annotated[Short, Names("email")] = ""
    language: Language = "kk"
    away: list[Span] = Field(default_factory=list, max_length=40)
    deputy: Annotated[OptionalPerson, Field(description="Key, e-mail or name.")] = ""
    digest: HowOften = ""


class Removal(Command):
    """The person or unit to remove. `mark`: from the result it was read in."""

    id: Key
    mark: Mark


class HoursResult(BaseModel):
    """Office hours as texts. `off`, `working`: days with dots, separated by commas."""

    first: str
    last: str
    week: list[int]
    off: str
    working: str


class UnitResult(Result):
    """A unit. `people`: number of its own people; `feeds`: ids of its calendar feeds."""

    id: str
    name: str
    parent: str | None
    kind: str
    uploads_through: str | None
    acts: list[str]
    name_kk: str
    name_ru: str
    time: HoursResult
    people: int
    mark: str
    feeds: list[str]


class SpanResult(BaseModel):
    first: date
    last: date


class PersonResult(Result):
    key: str
    name: str
    name_kk: str
    name_ru: str
    unit: str
    post: str
    post_kk: str
    post_ru: str
    duties: list[str]
    email: str | None
    language: str
    away: list[SpanResult]
    deputy: str | None
    digest: str
    mark: str


class Removed(BaseModel):
    removed: str


def mark(value: Unit | Person | None) -> str:
    """Return the fingerprint of a value, by which concurrent changes are detected; "" for None."""
    return sha256(repr(value).encode()).hexdigest()[:20] if value is not None else ""


def recorded_office(ctx: RequestContext) -> Office:
    """Return units and people as stored, without an officer named only in config.toml."""
    return ctx.app.reads.office().written_down


def get_person(ctx: RequestContext, key: str) -> Person:
    """Return the person with a key. Raises NotFound."""
    person = recorded_office(ctx).people.get(key)
    if person is None:
        raise NotFound("web.problem.no_person")
    return person


def unit_result(ctx: RequestContext, unit: Unit) -> UnitResult:
    entries = ctx.accounts.entries("", now=ctx.now)
    return UnitResult.of(
        unit,
        time=hours_result(unit.time),
        people=len(recorded_office(ctx).people_of.get(unit.id, ())),
        mark=mark(unit),
        feeds=[entry.hash for entry in entries if entry.kind == "feed" and entry.scope == unit.id],
    )


def hours_result(office_time: OfficeTime) -> HoursResult:
    """Return office hours of a unit as texts of its form; empty, without weekdays, where it sets none."""
    first, last = (f"{end:%H:%M}" for end in office_time.hours) if office_time.hours else ("", "")
    off, working = (
        ", ".join(f"{day:%d.%m.%Y}" for day in days) for days in (office_time.off, office_time.working)
    )
    return HoursResult(first=first, last=last, week=list(office_time.week), off=off, working=working)


def person_result(person: Person) -> PersonResult:
    away = [SpanResult(first=first, last=last) for first, last in person.away]
    return PersonResult.of(person, away=away, mark=mark(person))


def unit_holds(ctx: RequestContext, unit: Unit) -> tuple[int, int, int]:
    """Return what prevents removing a unit: the number of people, of units below, and of its own cases."""
    office = recorded_office(ctx)
    people, units = len(office.people_of.get(unit.id, ())), len(office.children.get(unit.id, ()))
    return people, units, ctx.app.reads.count_of_unit(unit.id)


@verb("settings")
def save_unit(ctx: RequestContext, command: SaveUnit) -> UnitResult:
    """Create or change a unit; cases at it and below follow the acts it adopts, leaves, or gets from above."""
    office = recorded_office(ctx)
    was = office.units.get(command.id)
    _require_unchanged(was, command.mark, command.id)
    unit = _unit_of(ctx, command, office, was)
    office_store.keep(ctx.app.engine, unit, was=was, at=ctx.moment)
    follow_adopted_acts(ctx.app, office, unit.id, at=ctx.moment)
    return unit_result(ctx, unit)


@verb("settings")
def choose_digest(ctx: RequestContext, command: ChooseDigest) -> PersonResult:
    """Choose how often a person is reminded."""
    key = person_named(recorded_office(ctx), command.person, required=True)
    office_store.choose(ctx.app.engine, key, digest=command.digest, at=ctx.moment)
    return person_result(recorded_office(ctx).people[key])


@verb("settings")
def remove_unit(ctx: RequestContext, command: Removal) -> Removed:
    """Remove a unit that has no people, units below it or cases."""
    unit = recorded_office(ctx).units.get(command.id)
    _require_unchanged(unit, command.mark, command.id)
    if unit is None:
        raise Refusal("web.staff.unit_unknown", unit=command.id)
    people, units, cases = unit_holds(ctx, unit)
    if people or units or cases:
        raise Refusal("web.staff.unit_held", name=unit.name, people=people, units=units, cases=cases)
    office_store.remove(ctx.app.engine, unit, at=ctx.moment)
    return Removed(removed=command.id)


@verb("settings")
def save_person(ctx: RequestContext, command: SavePerson) -> PersonResult:
    """Create or change a person."""
    office = recorded_office(ctx)
    was = office.people.get(command.key)
    _require_unchanged(was, command.mark, command.key)
    person = _person_of(command, office, was)
    office_store.keep(ctx.app.engine, person, was=was, at=ctx.moment)
    follow_changed_names(ctx, office, [person])
    return person_result(person)


@verb("settings")
def remove_person(ctx: RequestContext, command: Removal) -> Removed:
    """Remove a person; their open deadlines pass to others."""
    person = get_person(ctx, command.id)
    _require_unchanged(person, command.mark, command.id)
    office_store.remove(ctx.app.engine, person, at=ctx.moment)
    return Removed(removed=command.id)


def follow_changed_names(ctx: RequestContext, before: Office, people: Iterable[Person]) -> None:
    """Update the search texts of register rows that name people whose names differ from those before."""
    known = before.people
    changed = [each.key for each in people if each.key in known and each.names != known[each.key].names]
    refresh_names(ctx.app, changed)


def _require_unchanged(stored: Unit | Person | None, seen_mark: str, name: str) -> None:
    """Raise Refusal if the unit or person is not as the author of a change saw it."""
    if seen_mark != mark(stored):
        raise Refusal("office_changed_meanwhile", name=stored.name if stored else name)


def _unit_of(ctx: RequestContext, command: SaveUnit, office: Office, was: Unit | None) -> Unit:
    """Return the unit a command describes. Raises Refusal: no name, a name in use, an unknown parent or kind, a
    cycle; Refusal: hours or days that contradict one another.
    """
    name = _named(command)
    if {*office.unit_called.exactly(name)} - {was.id if was else ""}:
        raise Refusal("web.staff.unit_taken", name=name)
    id = was.id if was is not None else name
    parent, through = command.parent or None, command.uploads_through or None
    for unit in filter(None, (parent, through)):
        if unit not in office.units:
            raise Refusal("web.staff.unit_unknown", unit=unit)
    if was is not None and parent is not None and parent in office.below(was.id):
        raise Refusal("web.staff.unit_circle", name=name, parent=office.units[parent].name)
    if command.kind and command.kind not in (*KINDS, was.kind if was else ""):
        raise Refusal("web.staff.kind_unknown", kind=command.kind)
    return read_as(
        Unit,
        command,
        id=id,
        parent=parent,
        uploads_through=through if through != id else None,
        time=_office_time(command.time),
        acts=ctx.library.known_acts(command.acts),
    )


def _office_time(hours: Hours) -> OfficeTime:
    """Return the office time a command describes. Raises Refusal for one that contradicts itself."""
    first, last = hours.first, hours.last
    if (first is None) != (last is None):
        raise Refusal("office_time.no_hours", text=f"{first or ''}-{last or ''}")
    if first is not None and last is not None and first >= last:
        raise Refusal("office_time.hours_backwards", text=f"{first:%H:%M}-{last:%H:%M}")
    if both := {*hours.off} & {*hours.working}:
        raise Refusal("office_time.both", on=min(both))
    return OfficeTime(
        hours=(first, last) if first is not None and last is not None else None,
        week=tuple(sorted({*hours.week})),
        off=tuple(sorted({*hours.off})),
        working=tuple(sorted({*hours.working})),
    )


def _person_of(command: SavePerson, office: Office, was: Person | None) -> Person:
    """Return the person a command describes. The key never changes, as reminders and links refer to it. Raises
    Refusal: no name, an unknown unit, duty or deputy, an e-mail that is invalid or another person's, leave that
    ends before it begins, a new person of the same unit and name as another without an e-mail.
    """
    name, email = _named(command), command.email.lower() or None
    if command.unit not in office.units:
        raise Refusal("web.staff.unit_unknown", unit=command.unit)
    if email and not is_email(email):
        raise Refusal("web.staff.email_malformed", email=email)
    key = was.key if was else email or f"{command.unit} / {name}"
    for other in office.people.values():
        if other.key != key and email and email in ((other.email or "").casefold(), other.key):
            raise Refusal("web.staff.email_taken", email=email, name=other.name)
    if was is None and key in office.people:
        raise Refusal("web.staff.person_taken", name=name)
    # A duty that only a table of people gives stays with its holder.
    unknown = tuple(duty for duty in (was.duties if was else ()) if duty not in HELD_DUTIES)
    for duty in command.duties:
        if duty not in (*HELD_DUTIES, *unknown):
            raise Refusal("web.staff.duty_unknown", duty=duty)
    for span in command.away:
        if span.last < span.first:
            raise Refusal("web.staff.away_backwards", first=span.first, last=span.last)
    return read_as(
        Person,
        command,
        key=key,
        duties=(*(duty for duty in HELD_DUTIES if duty in command.duties), *unknown),
        email=email,
        away=tuple(sorted({(span.first, span.last) for span in command.away})),
        deputy=_deputy(command.deputy.strip(), office, key),
    )


def _named(command: SaveUnit | SavePerson) -> str:
    """Return the name a command gives. Raises Refusal for an empty one."""
    if not command.name:
        raise Refusal("input.missing", field="name")
    return command.name


def _deputy(text: str, office: Office, key: str) -> str | None:
    """Return the key of a deputy given by key, e-mail or name; None for "". Raises Refusal."""
    deputy = person_named(office, text) or None
    if deputy == key:
        raise Refusal("web.staff.deputy_self")
    return deputy


@verb("settings", writes=False)
def list_units(ctx: RequestContext, command: Ask) -> list[UnitResult]:
    """List all units by name."""
    return [unit_result(ctx, unit) for unit in sorted(recorded_office(ctx).units.values(), key=name_order)]


class ListPeople(Command):
    """Request people, all or those with these words in name, post or e-mail. `limit`: how many on a page."""

    search: Line = ""
    unit: Line = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class PeopleList(BaseModel):
    people: list[PersonResult]
    total: int


@verb("settings", writes=False)
def list_people(ctx: RequestContext, command: ListPeople) -> PeopleList:
    """List people of a unit and below, or all, who have the words in name, post or e-mail; `limit` per page."""
    matches = find_people(recorded_office(ctx), command.search, command.unit)
    shown = matches[(command.page - 1) * command.limit : command.page * command.limit]
    return PeopleList(people=[person_result(person) for person in shown], total=len(matches))


def find_people(office: Office, words: str, unit: str) -> list[Person]:
    """Return the people of a unit and below (or all) with these words in name, post, e-mail or key."""
    places = set(office.below(unit)) if unit else None
    found = (office.people[key] for key in office.person_called.having(words))
    return [person for person in found if places is None or person.unit in places]
