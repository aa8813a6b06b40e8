"""Names of units, people, cases and stages for pages; units, people and procedures found by what is typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from merzim.documents.matching import match
from merzim.services.app import AppContext
from merzim.services.context import RequestContext, in_own_units
from merzim.services.results import page_of
from merzim.services.verbs import NotFound
from merzim.storage import office as office_store
from merzim.storage.queries import SqlReads as Reads
from notifications.notice import Notice
from workflow.cases.case import Case
from workflow.cases.registers.rows import is_entry
from workflow.deadlines.deadline import AssigneeKey, Row
from workflow.deadlines.register_deadlines import entry_obligation
from workflow.law.procedure import Obligation, Procedure, Text
from workflow.org.access import within
from workflow.org.duties import Unresolved, resolve
from workflow.org.office import Office, Person, Recipient, Unit
from workflow.refusal import Refusal, closest_first

Name: TypeAlias = Text | str
"""A name: by language, or the same in all."""
MAX_LISTED = 300
"""Maximum number of units or people in a list; for more, forms have a text field with suggestions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitName:
    """A unit in a list. `depth`: levels below the top. An empty name means no unit."""

    id: str
    name: Name
    depth: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class AssigneeNames:
    """Names and keys of the assignees of an obligation. `written`: the schedule's words, if they decide."""

    names: tuple[Name, ...]
    duty: str
    written: Name = ""
    keys: tuple[str, ...] = ()

    def others_than(self, person: str) -> bool:
        """Return whether other people than this person are responsible too."""
        return any(key != person for key in self.keys)

    @property
    def shown(self) -> tuple[Name, ...]:
        """The people's names; without any, the schedule's words."""
        return self.names or ((self.written,) if self.written else ())


def unit_name(office: Office, unit: str) -> UnitName:
    """Return the name of a unit; for "" the organisation's; for an unknown id the id itself."""
    unit = unit or office.root
    record = office.units.get(unit)
    return UnitName(id=unit, name=name_of(record) if record else unit)


def units_in_order(office: Office) -> tuple[UnitName, ...]:
    """Return all units by name, each followed by those below it."""
    listed = dict.fromkeys(unit for top in office.tops for unit in office.below(top))
    ids = [*listed, *(id for id in office.units if id not in listed)]
    return tuple(_unit_at(office, id, len([*office.units_above(id)]) - 1 if id in listed else 0) for id in ids)


def _unit_at(office: Office, unit: str, depth: int) -> UnitName:
    return UnitName(id=unit, name=name_of(office.units[unit]), depth=depth)


def paginate_units(office: Office, chosen: str, number: int) -> tuple[tuple[UnitName, ...], int]:
    """Return one page of the unit tree, at most the last, and the number of pages: all of a small tree, else
    the path to a unit and some of its children, so that no page has twenty thousand names.
    """
    if len(office.units) <= MAX_LISTED:
        return units_in_order(office), 1
    path = [unit for unit in office.above(chosen) if unit in office.units][::-1]
    level = office.children.get(path[-1], ()) if path else office.tops
    number, pages = page_of(len(level), number, MAX_LISTED)
    first = (number - 1) * MAX_LISTED
    shown_units = [*enumerate(path), *((len(path), unit) for unit in level[first : first + MAX_LISTED])]
    return tuple(_unit_at(office, unit, depth) for depth, unit in shown_units), pages


def written_assignee(office: Office, responsible: str) -> Name:
    """Return an assignee in the schedule's words; for one given by key, their post in all its languages."""
    person = office.people.get(responsible)
    if person is None or not (person.post_kk or person.post_ru):
        return person.post if person else responsible_name(office, responsible)
    return Text(kk=person.post_in("kk"), ru=person.post_in("ru"), en=person.post)


def name_assignees(office: Office, key: AssigneeKey, *, on: date) -> AssigneeNames:
    """Return the names of whom a letter of that day goes to; none where the officer alone would get it."""
    recipients = acting_people(office, key, on=on)
    by_name = any(recipient.why in ("named", "prepares") for recipient in recipients) or not recipients
    return AssigneeNames(
        names=tuple(name_of(recipient.person) for recipient in recipients),
        keys=tuple(recipient.person.key for recipient in recipients),
        duty=key.duty,
        written=written_assignee(office, key.responsible) if by_name else "",
    )


def name_of(record: Person | Unit) -> Name:
    """Return the name of a person or unit in all available languages, so that pages show the reader's."""
    if not (record.name_kk or record.name_ru):
        return record.name
    return Text(kk=record.name_in("kk"), ru=record.name_in("ru"), en=record.name)


def person_name(office: Office, key: str) -> Name:
    """Return the name of a person, including people who left; the key itself if unknown."""
    person = office.member(key)
    return name_of(person) if person else key


def responsible_name(office: Office, words: str) -> Name:
    """Return the name of the one person or unit whose key or name the words are; other words as they are."""
    keys = [*office.unit_called.exactly(words), *office.person_called.exactly(words)] if words else []
    record = office.named(keys[0] if len(keys) == 1 else words)
    return name_of(record) if record else words


def author_names(ctx: RequestContext, authors: Collection[str]) -> Mapping[str, Name]:
    """Return the names of authors by the login or key recorded with what they wrote; an account's own name if
    it differs from its person's.
    """
    office = ctx.reads.office()
    people = {key: office.member(key) for key in authors}
    names_by_author: dict[str, Name] = {key: name_of(person) for key, person in people.items() if person}
    for login, (name, key) in ctx.accounts.names(authors).items():
        person = office.member(key)
        display_name = name_of(person) if person and name in ("", *person.names) else name
        names_by_author |= {by: display_name for by in authors if display_name and by.casefold() == login}
    return names_by_author


def case_title(case: Case, procedure: Procedure) -> Text:
    """Return the title of a case: its object as the procedure names it, else the procedure's title. Its number
    would mean nothing to readers of a list.
    """
    body = procedure.bodies.get(case.object)
    if body is not None:
        return body.title
    return Text(**case.object_names()) if case.object_in("kk") else procedure.title


def unit_text(office: Office, unit: str) -> str:
    """Return the text that identifies a unit: its name, with its code when other units have the same name."""
    record = office.units.get(unit)
    return office.namesake_labels.get(unit, record.name) if record else unit


class UnknownUnit(Refusal, LookupError):
    """There is no unit with that id or name; `allowed` lists the closest ids first."""


def unit_named(app: AppContext, text: str, *, new: bool = False) -> str:
    """Return the id of a unit given by its id, its name, or the unit text of a case; "" stays "". Raises
    UnknownUnit. `new`: accept any name while the office has no units.
    """
    if not text:
        return ""
    office = app.reads.office()
    units, unit = office.units, office.unit_id(text)
    if unit in units:
        return unit
    if (new and not units) or app.reads.cases(text, limit=1):
        return text
    raise UnknownUnit("unknown_unit", unit=text, allowed=closest_first(text, units))


def unit_in_reach(ctx: RequestContext, text: str) -> str:
    """Return the id of a unit, by id or name, that the reader may write for; "" is the organisation. Raises
    UnknownUnit, Refusal for one that is not among the reader's.
    """
    unit = unit_named(ctx.app, text, new=True)
    if not in_own_units(ctx, unit):
        raise Refusal("web.refusal.not_your_unit", unit=unit_name(ctx.reads.office(), ctx.reader.root).name)
    return unit


def people_named(office: Office, text: str, root: str = "") -> list[str]:
    """Return the keys of the people with a key, e-mail or name, else of whom one begins so, at or below a unit
    ("" for all).
    """
    called, people = office.person_called, office.people
    beginning = (key for key in called.beginning(text) if within(office, people[key].unit, root))
    return [*called.exactly(text)] or [*beginning]


def nameable_root(ctx: RequestContext) -> str:
    """Return the unit at or below which are the people the reader may name by a beginning; "" for all."""
    return "" if ctx.reader.may("settings") or ctx.reader.may("manage") else ctx.reader.root


def person_named(office: Office, text: str, *, required: bool = False, root: str = "") -> str:
    """Return the key of a person given by key, e-mail or name; "" stays "" unless one is required. Raises
    Refusal for nobody or several; `allowed` lists them, or the closest keys, of those at or below `root`.
    """
    if not text and not required:
        return ""
    keys = people_named(office, text, root) if text else []
    if len(keys) != 1:
        near, people = keys or closest_first(text, office.people), office.people
        allowed = [key for key in near if within(office, people[key].unit, root)]
        raise Refusal("unknown_person", person=text, allowed=allowed[:10])
    return keys[0]


def keep_responsible(ctx: RequestContext, texts: Iterable[str]) -> tuple[str, ...]:
    """Match responsible texts to units and people, save the new matches; return the texts that match none."""
    office = ctx.app.reads.office()
    matches = {text: match(text, office) for text in dict.fromkeys(filter(None, texts))}
    new = {text: key for text, key in matches.items() if key is not None and text not in office.matches}
    if new:
        office_store.save(ctx.app.engine, matches=new, at=ctx.moment)
    return tuple(text for text, key in matches.items() if key is None)


def assignees_of(office: Office, key: AssigneeKey, *, on: date) -> tuple[Recipient, ...]:
    """Return the assignees on a day, () if there are none: whom a letter of that day would go to. An officer
    who gets letters nobody else can get is among them, with `why` "officer".
    """

    def recipients() -> tuple[Recipient, ...]:
        recipients = resolve(office, on=on, **key._asdict())
        return () if isinstance(recipients, Unresolved) else recipients

    return office.resolved_once(on, key, recipients)


def acting_people(office: Office, key: AssigneeKey, *, on: date) -> tuple[Recipient, ...]:
    """Return who must act on a day, as `assignees_of`; nobody where only the officer is told."""
    return tuple(recipient for recipient in assignees_of(office, key, on=on) if recipient.why != "officer")


def programme_year(procedure: Procedure, rows: Iterable[Row]) -> str:
    """Return the year of a yearly programme's case, by its rows; "" of any other."""
    days = (row.planned_on for row in rows if row.obligation == procedure.begins_with and row.planned_on)
    return next((str(day.year) for day in days), "") if procedure.opened == "yearly" else ""


def obligation_of(app: AppContext, case: Case, obligation: str) -> Obligation:
    """Return an obligation of a whole case; of a row of a register what it asks, by its own title."""
    return entry_obligation(case, app.library.named(case.edition), obligation)


def cases_of(reads: Reads, rows: Iterable[Row | Notice]) -> Mapping[str, Case]:
    """Return the visible cases of board rows or notices by id, as heads; for rows of registers, whose titles
    are in the events, with these.
    """
    all_rows = tuple(rows)
    heads = reads.heads({row.case for row in all_rows})
    entries = {row.case for row in all_rows if is_entry(row.obligation)} & heads.keys()
    return {**heads, **reads.with_rows([heads[case] for case in entries])}


def stage_title(app: AppContext, case: Case, stage: str) -> Text | str:
    """Return a stage's title; for one that is no procedure's (`completed`), a code of the catalogues."""
    return app.library.named(case.edition).stage_title.get(stage, f"case_status.{stage}")


USUAL = "internal-analysis"
"""The procedure that is meant where none is named."""


def chosen_procedure(ctx: RequestContext, name: str) -> Procedure:
    """Return the latest edition of a procedure, by default the internal analysis. Raises UnknownProcedure."""
    procedures = ctx.library.ids()
    return ctx.library.latest(name or (USUAL if USUAL in procedures else procedures[0]))


def seen_unit(ctx: RequestContext, unit: str) -> str:
    """Return the requested unit, else the reader's own, "" for the whole office. Raises NotFound."""
    root = unit or ctx.reader.root
    if root and (root not in ctx.reads.office().units or not in_own_units(ctx, root)):
        raise NotFound("web.problem.not_found")
    return root


def known_year(ctx: RequestContext, year: int | None) -> int:
    """Return the requested year, by default the present one. Raises NotFound beyond the calendar."""
    year = ctx.today.year if year is None else year
    if not ctx.calendar.first.year <= year <= ctx.calendar.last.year:
        raise NotFound("web.problem.no_year")
    return year
