"""The office as values: units in a tree, people, their duties, who is away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from workflow.languages import law_language
from workflow.org.name_index import NameIndex, alphabetical
from workflow.org.name_index import plain as _plain
from workflow.org.office_time import NOTHING_OWN, OfficeTime, joined
from workflow.search_words import FoldedNames, fold

DUTIES = (
    "authorised_person",
    "head",
    "head_of_unit",
    "object_unit",
    "deputy",
    "hr",
    "ethics_officer",
    "chief_of_staff",
    "officer",
    "person_concerned",
    "direct_head",
    "prevention_unit",
    "compliance_officer",
    "internal_security",
    "procurement_unit",
    "collegial_body",
    "account_holder",
    "outside",
)

OUTSIDE = "outside"
"""The duty of a body outside the office: nobody here is told."""
OF_A_PERSON = frozenset({"person_concerned", "direct_head"})
"""Duties held by reason of whom a case is about, by nobody for good."""
ABOVE = "above"
"""In a rung: the next higher head, whoever heads the unit. No duty anybody holds."""

Why = Literal[
    "named",
    "prepares",
    "signs",
    "duty",
    "duty_above",
    "duty_elsewhere",
    "head_for_unit",
    "deputy",
    "officer",
    "unreachable",
    "copied",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """Part of an organisation.

    Attributes:
        kind: of the organisation that begins with it ("" for those inside one).
        uploads_through: the higher body whose account it uploads through, where it has none of its own.
        time: its own hours and days, where they are not those of the unit above.
        acts: ids of the acts of one organisation it adopted; they bind the units below it too.
        name_kk, name_ru: its name in papers of that language, where `name` is not in it.
    """

    id: str
    name: str
    parent: str | None = None
    kind: str = ""
    uploads_through: str | None = None
    time: OfficeTime = NOTHING_OWN
    acts: tuple[str, ...] = ()
    name_kk: str = ""
    name_ru: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its name, and those in other languages that differ from it."""
        return tuple(dict.fromkeys(filter(None, (self.name, self.name_kk, self.name_ru))))

    def name_in(self, language: str) -> str:
        """Return its name in a language, as far as it has one."""
        return {"kk": self.name_kk, "ru": self.name_ru}.get(law_language(language), "") or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who may be told.

    Attributes:
        key: the e-mail, else unit and name.
        digest: "daily" or "weekly": reminded in one letter each working day or week; "single": singly;
            "": chose nothing.
        name_kk, name_ru, post_kk, post_ru: the name and post in papers of that language, where `name` and
            `post` are not in it.
    """

    key: str
    name: str
    unit: str
    post: str = ""
    duties: tuple[str, ...] = ()
    email: str | None = None
    language: str = "kk"
    away: tuple[tuple[date, date], ...] = ()
    deputy: str | None = None
    digest: str = ""
    name_kk: str = ""
    name_ru: str = ""
    post_kk: str = ""
    post_ru: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name, and those in other languages that differ from it."""
        return tuple(dict.fromkeys(filter(None, (self.name, self.name_kk, self.name_ru))))

    def name_in(self, language: str) -> str:
        """Return the name in a language, as far as it has one."""
        return {"kk": self.name_kk, "ru": self.name_ru}.get(law_language(language), "") or self.name

    def post_in(self, language: str) -> str:
        """Return the post in a language, as far as it has one."""
        return {"kk": self.post_kk, "ru": self.post_ru}.get(law_language(language), "") or self.post

    def is_away(self, on: date) -> bool:
        return any(first <= on <= last for first, last in self.away)


def name_order(one: Unit | Person) -> tuple[str, str]:
    """Return the place of a unit or a person in a list by name."""
    return alphabetical(one.name), one.key if isinstance(one, Person) else one.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Somebody to be told, and why them.

    Attributes:
        why: named (in the schedule), prepares (so named, while somebody else signs), signs, duty (holds it in
            that unit), duty_above (in a unit above), duty_elsewhere (in another one), head_for_unit (where
            nobody in the unit holds the duty), deputy, officer (nobody else is there), unreachable (the officer
            for somebody no channel reaches), copied (not theirs to do, but the ladder tells them too).
        instead_of: who is away or cannot be reached.
    """

    person: Person
    why: Why
    instead_of: Person | None = None


@dataclass(frozen=True, kw_only=True)
class Office:
    """Units and people, and which responsible texts of schedules mean whom.

    Attributes:
        matches: text -> unit id or person key.
        officer: key of the person who is told where nobody else can be (config.toml).
        former: those who left, by key, of no unit: what was written of them before goes on naming them.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    matches: Mapping[str, str] = field(default_factory=dict)
    officer: str | None = None
    former: Mapping[str, Person] = field(default_factory=dict)

    def named(self, key: str) -> Person | Unit | None:
        """Return the person of a key, also one who left, or the unit; None where there is none."""
        return self.people.get(key) or self.units.get(key) or self.former.get(key)

    @cached_property
    def former_called(self) -> NameIndex:
        """Those who left by key and by name."""
        return NameIndex((word, one.key) for one in self.former.values() for word in (one.key, *one.names))

    @cached_property
    def holders(self) -> Mapping[tuple[str, str], tuple[Person, ...]]:
        """(unit, duty) -> who holds it there, in order of name."""
        found: dict[tuple[str, str], list[Person]] = {}
        for person in sorted(self.people.values(), key=name_order):
            for duty in person.duties:
                found.setdefault((person.unit, duty), []).append(person)
        return {place: tuple(people) for place, people in found.items()}

    @cached_property
    def held(self) -> Mapping[tuple[str, str], tuple[tuple[str, Person], ...]]:
        """(organisation, duty) -> who holds it anywhere in it, with their units, in order of name; the
        organisation "" is the whole office.
        """
        found: dict[tuple[str, str], list[tuple[str, Person]]] = {}
        for (unit, duty), holders in self.holders.items():
            own = self.organisation(unit)
            for place in ("", own) if own else ("",):
                found.setdefault((place, duty), []).extend((unit, person) for person in holders)
        return {place: tuple(sorted(all_, key=lambda one: name_order(one[1]))) for place, all_ in found.items()}

    @cached_property
    def unit_named(self) -> Mapping[str, str]:
        """Id and name of a unit, letter case and spaces apart -> its id."""
        by_name = {_plain(unit.name): unit.id for unit in self.units.values()}
        return by_name | {_plain(unit): unit for unit in self.units}

    @cached_property
    def unit_called(self) -> NameIndex:
        """Units by id, by name and by what tells them apart."""
        words = ((word, one.id) for one in self.units.values() for word in (one.id, *one.names))
        return NameIndex((*words, *((said, id) for id, said in self.told_apart.items())))

    @cached_property
    def told_apart(self) -> Mapping[str, str]:
        """Unit -> "name (id)", for those named as another unit is, or as another one's id."""
        called = [(one, _plain(one.name)) for one in self.units.values()]
        several = Counter(name for _, name in called)
        several.update(id for one, name in called if (id := _plain(one.id)) != name)
        return {one.id: f"{one.name} ({one.id})" for one, name in called if several[name] > 1}

    @cached_property
    def person_called(self) -> NameIndex:
        """People by key, by e-mail and by name."""
        return NameIndex(
            (word, one.key)
            for one in self.people.values()
            for word in (one.key, one.email or one.key, *one.names)
        )

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Unit -> those right below it, by name; "" -> those that stand below none."""
        found: dict[str, list[str]] = {}
        for unit in sorted(self.units.values(), key=name_order):
            found.setdefault(unit.parent or "", []).append(unit.id)
        return {parent: tuple(below) for parent, below in found.items()}

    @cached_property
    def parts(self) -> Mapping[str | None, tuple[str, ...]]:
        """Unit -> those right below it, in the order of `units`; None -> those that stand below none."""
        found: dict[str | None, list[str]] = {}
        for unit in self.units.values():
            found.setdefault(unit.parent, []).append(unit.id)
        return {parent: tuple(below) for parent, below in found.items()}

    def by_kind(self, root: str) -> Mapping[str, tuple[str, ...]]:
        """Units at a unit or below it ("" is all) by their own kind, in order of their ids."""
        known = self._kinds.get(root)
        if known is None:
            found: dict[str, list[str]] = {}
            for one in sorted(self.below(root) if root else self.units):
                if one in self.units:
                    found.setdefault(self.units[one].kind, []).append(one)
            known = self._kinds[root] = {kind: tuple(units) for kind, units in found.items()}
        return known

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """Units that stand below none the office knows, by name."""
        found = [unit for unit in self.units.values() if unit.parent not in self.units]
        return tuple(unit.id for unit in sorted(found, key=name_order))

    @cached_property
    def root(self) -> str:
        """The organisation itself: the only unit that stands below none; "" where there is not just one."""
        return self.tops[0] if len(self.tops) == 1 else ""

    @cached_property
    def keeps_one_time(self) -> bool:
        """Whether no unit has hours or days of its own."""
        return not any(unit.time for unit in self.units.values())

    @cached_property
    def written_down(self) -> Office:
        """The office as it is kept: without an officer whom config.toml alone names."""
        alone = self.people.get(self.officer or "")
        if alone is None or alone.name != alone.key or alone.unit:
            return self
        return replace(self, people={key: one for key, one in self.people.items() if one is not alone})

    @cached_property
    def by_name(self) -> tuple[Person, ...]:
        """Everybody, by name."""
        return tuple(sorted(self.people.values(), key=name_order))

    @cached_property
    def folded_people(self) -> FoldedNames:
        """Names and posts of everybody, for searches."""
        return FoldedNames((one.key, one.names, one.post) for one in self.people.values())

    @cached_property
    def folded_units(self) -> FoldedNames:
        """Names of all units, for searches."""
        return FoldedNames((one.id, one.names, "") for one in self.units.values())

    @cached_property
    def people_of(self) -> Mapping[str, tuple[Person, ...]]:
        """Unit -> its own people, by name."""
        found: dict[str, list[Person]] = {}
        for person in self.by_name:
            found.setdefault(person.unit, []).append(person)
        return {unit: tuple(people) for unit, people in found.items()}

    def resolved_once(
        self, on: date, asked: Hashable, resolve: Callable[[], tuple[Recipient, ...]]
    ) -> tuple[Recipient, ...]:
        """Return what `resolve` returns for a question about a day, calling it once for each question.

        The answers of one day are kept, by the office itself; those of another day are forgotten.
        """
        day, answers = self._resolved
        if day != on:
            day, answers = self.__dict__["_resolved"] = on, {}
        recipients = answers.get(asked)
        if recipients is None:
            recipients = answers[asked] = resolve()
        return recipients

    @cached_property
    def _resolved(self) -> tuple[date | None, dict[Hashable, tuple[Recipient, ...]]]:
        return None, {}

    def below(self, root: str) -> tuple[str, ...]:
        """The unit and all below it, parents before children; the unit itself even when it is not known."""
        known = self._trees.get(root)
        if known is None:
            known = self._trees[root] = tuple(self._walked(root))
        return known

    def whose_cases(self, root: str) -> tuple[str, ...]:
        """Return the unit and all below it, and with the organisation itself "", for what is of no unit."""
        return (*self.below(root), "") if root and root == self.root else self.below(root)

    def called(self, word: str) -> tuple[str, ...]:
        """Units whose name has the word in it, folded as searches compare it."""
        return tuple(unit for unit, name in self._folded if word in name)

    @cached_property
    def _trees(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def _kinds(self) -> dict[str, Mapping[str, tuple[str, ...]]]:
        return {}

    @cached_property
    def _folded(self) -> tuple[tuple[str, str], ...]:
        return tuple((unit.id, fold(unit.name)) for unit in self.units.values())

    def _walked(self, root: str) -> Iterator[str]:
        waiting, seen = [root], set[str]()
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                yield here
                waiting += self.children.get(here, ()) if here else ()

    @cached_property
    def matched(self) -> Mapping[str, str]:
        """`matches`, letter case and spaces apart."""
        return {_plain(text): meant for text, meant in self.matches.items()}

    @cached_property
    def organisations(self) -> tuple[str, ...]:
        """Units that are organisations: those of a kind of their own; where no kind is known, the top ones."""
        own = tuple(unit.id for unit in self.units.values() if unit.kind)
        return own or tuple(unit.id for unit in self.units.values() if unit.parent not in self.units)

    def organisation(self, unit: str) -> str | None:
        """The nearest unit above (or the unit itself) with a kind of its own; None where no kind is known."""
        here = self.unit_named.get(_plain(unit), unit)
        return next((one for one in self.above(here) if one in self.units and self.units[one].kind), None)

    def is_within_another(self, organisation: str) -> bool:
        """Return whether there is an organisation of a kind of its own above this one."""
        unit = self.units.get(organisation)
        return unit is not None and unit.parent is not None and self.organisation(unit.parent) is not None

    def kind_of(self, unit: str) -> str:
        """The kind of the organisation a unit (id or name) belongs to, "" when it is not known."""
        organisation = self.organisation(unit)
        return self.units[organisation].kind if organisation else ""

    def above(self, unit: str) -> Iterator[str]:
        """The unit and those above it, nearest first; a loop in the tree ends the way."""
        seen: set[str] = set()
        here: str | None = unit
        while here is not None and here not in seen:
            seen.add(here)
            yield here
            known = self.units.get(here)
            here = known.parent if known else None


def with_officer(office: Office, officer: str, *, language: str) -> Office:
    """The office with the officer config.toml names, by key or e-mail.

    An e-mail nobody in the office has makes a person of its own, so that one line of configuration is enough
    for letters to reach somebody; `language` is theirs then.
    """
    if officer in ("", office.officer):
        return office
    if officer in office.people:
        return replace(office, officer=officer)
    known = next((one for one in office.people.values() if _plain(one.email or "") == _plain(officer)), None)
    if known is not None:
        return office if known.key == office.officer else replace(office, officer=known.key)
    if "@" not in officer:
        return office
    person = Person(key=officer, name=officer, unit="", email=officer, language=language)
    return replace(office, people={**office.people, officer: person}, officer=officer)


def uploads_through(office: Office, unit: str) -> str:
    """The unit through whose account a unit uploads: itself, or the higher body it or one above it names."""
    place = office.unit_named.get(_plain(unit), unit)
    for here in office.above(place):
        known = office.units.get(here)
        if known is not None and known.uploads_through:
            return known.uploads_through
    return place


def acts_of(office: Office, unit: str) -> frozenset[str]:
    """Return the ids of the acts a unit (by id) or one above it adopted."""
    return frozenset(
        act for here in office.above(unit) if here in office.units for act in office.units[here].acts
    )


def time_of(office: Office, unit: str) -> OfficeTime:
    """The office time of a unit (by id): its own, and where it says nothing that of the units above it."""
    return joined(office.units[here].time for here in office.above(unit) if here in office.units)
