"""The office as values: the tree of units, people, their duties, absences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal, TypeVar, cast

from workflow.org.office_time import NOTHING_OWN, OfficeTime, joined
from workflow.search_words import NameIndex, alphabetical, normalise, plain as _plain

DUTIES = (
    *("authorised_person", "head", "head_of_unit", "object_unit", "deputy", "hr", "ethics_officer"),
    *("chief_of_staff", "officer", "person_concerned", "direct_head", "prevention_unit", "compliance_officer"),
    *("internal_security", "procurement_unit", "collegial_body", "account_holder", "outside"),
)

Resolved = TypeVar("Resolved")
OUTSIDE = "outside"
"""The duty of a body outside the office; nobody in the office is notified."""
OF_A_PERSON = frozenset({"person_concerned", "direct_head"})
"""Duties that depend on the person a case is about; nobody holds them permanently."""
ABOVE = "above"
"""Recipient of a reminder step: the next higher head. Not a duty anybody holds."""

_ByDuty = Literal["duty", "duty_above", "duty_elsewhere", "head_for_unit"]
Why = Literal["named", "prepares", "signs", _ByDuty, "deputy", "officer", "unreachable", "copied"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What has a name. `name_kk`, `name_ru`: that in papers of the language, where `name` is in another."""

    name: str
    name_kk: str = ""
    name_ru: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name, and the different names in other languages."""
        return tuple(dict.fromkeys(filter(None, (self.name, self.name_kk, self.name_ru))))

    def name_in(self, language: str) -> str:
        """Return the name in a language, or `name` if there is none."""
        return {"kk": self.name_kk, "ru": self.name_ru}.get(language, "") or self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit(Named):
    """Part of an organisation.

    Attributes:
        kind: kind of organisation, if the unit is one ("" for units inside an organisation).
        uploads_through: the higher body whose account it uploads through, where it has none of its own.
        time: its own office hours and days, where they differ from the unit above.
        acts: ids of the acts of single organisations it adopted; they bind the units below it too.
    """

    id: str
    parent: str | None = None
    kind: str = ""
    uploads_through: str | None = None
    time: OfficeTime = NOTHING_OWN
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Person(Named):
    """A person of the office, who may receive notices.

    Attributes:
        key: the e-mail, else unit and name.
        digest: "weekly": reminded in one letter a week; "": in one a day.
        post_kk, post_ru: the post in papers of that language, where `post` is in another.
    """

    key: str
    unit: str
    post: str = ""
    duties: tuple[str, ...] = ()
    email: str | None = None
    language: str = "kk"
    away: tuple[tuple[date, date], ...] = ()
    deputy: str | None = None
    digest: str = ""
    post_kk: str = ""
    post_ru: str = ""

    def post_in(self, language: str) -> str:
        """Return the post in a language, or `post` if there is none."""
        return {"kk": self.post_kk, "ru": self.post_ru}.get(language, "") or self.post

    def is_away(self, on: date) -> bool:
        return any(first <= on <= last for first, last in self.away)


_Key = TypeVar("_Key")
_Member = TypeVar("_Member")


def _grouped(pairs: Iterable[tuple[_Key, _Member]]) -> Mapping[_Key, tuple[_Member, ...]]:
    """Return the members of each key, in their order."""
    members: dict[_Key, list[_Member]] = {}
    for key, member in pairs:
        members.setdefault(key, []).append(member)
    return {key: tuple(of_key) for key, of_key in members.items()}


def name_order(member: Unit | Person) -> tuple[str, str]:
    """Return the key by which people and units are sorted by name."""
    return alphabetical(member.name), member.key if isinstance(member, Person) else member.id


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """A recipient of a notice, and the reason for choosing them.

    Attributes:
        why: named (in the schedule), prepares (so named, while somebody else signs), signs, duty (holds it in
            that unit), duty_above (in a unit above), duty_elsewhere (in another one), head_for_unit (where
            nobody in the unit holds the duty), deputy, officer (nobody else is there), unreachable (the officer
            for somebody no channel reaches), copied (not responsible, but a recipient of the
            step).
        instead_of: the person who is away or cannot be reached.
    """

    person: Person
    why: Why
    instead_of: Person | None = None


@dataclass(frozen=True, kw_only=True)
class Office:
    """Units and people, and the meaning of responsible texts in schedules.

    Attributes:
        matches: text -> unit id or person key.
        officer: key of the person notified where nobody else can be (config.toml).
        former: people who left, by key, without a unit; older records still show their names.
        kind: kind of the organisation where no unit has one (config.toml); "" where unknown.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    people: Mapping[str, Person] = field(default_factory=dict)
    matches: Mapping[str, str] = field(default_factory=dict)
    officer: str | None = None
    former: Mapping[str, Person] = field(default_factory=dict)
    kind: str = ""

    def order_in(self, language: str) -> Mapping[str, str]:
        """Return the texts by which people, former ones too, and units are sorted in a language, by key."""
        members: dict[str, Person | Unit] = {**self.former, **self.units, **self.people}
        return {key: alphabetical(member.name_in(language)) for key, member in members.items()}

    def member(self, key: str) -> Person | None:
        """Return the person with a key, including people who left; None where there is none."""
        return self.people.get(key) or self.former.get(key)

    def named(self, key: str) -> Person | Unit | None:
        """Return the person with a key, including people who left, or the unit; None where there is none."""
        return self.people.get(key) or self.units.get(key) or self.former.get(key)

    @cached_property
    def former_called(self) -> NameIndex:
        """Index of the people who left, by key and by name."""
        return NameIndex((person.key, person.names, "") for person in self.former.values())

    @cached_property
    def holders(self) -> Mapping[tuple[str, str], tuple[Person, ...]]:
        """(unit, duty) -> the people who hold it there, in order of name."""
        return _grouped(((person.unit, duty), person) for person in self.by_name for duty in person.duties)

    @cached_property
    def holders_by_organisation(self) -> Mapping[tuple[str, str], tuple[tuple[str, Person], ...]]:
        """(organisation, duty) -> (unit, person) of its holders there, by name; "" is the whole office."""
        return _grouped(
            ((organisation, duty), (person.unit, person))
            for person in self.by_name
            for duty in person.duties
            for organisation in dict.fromkeys(("", self.organisation(person.unit) or ""))
        )

    def unit_id(self, unit: str) -> str:
        """Return the id of a unit named by id or name, of namesakes the first; any other text unchanged."""
        return unit if unit in self.units else next(iter(self.unit_called.exactly(unit)), unit)

    @property
    def officer_of_last_resort(self) -> Person | None:
        """The person notified where nobody else can be; None where the office names nobody."""
        return self.people.get(self.officer or "")

    @cached_property
    def unit_called(self) -> NameIndex:
        """Index of units by id, name and the label that tells namesakes apart."""
        labels, units = self.namesake_labels, sorted(self.units.values(), key=name_order)
        return NameIndex((unit.id, (*unit.names, labels.get(unit.id, unit.name)), "") for unit in units)

    @cached_property
    def namesake_labels(self) -> Mapping[str, str]:
        """Unit -> "name (id)", for units whose name is also another unit's name or id."""
        named_units = [(unit, _plain(unit.name)) for unit in self.units.values()]
        several = Counter(name for _, name in named_units)
        several.update(id for unit, name in named_units if (id := _plain(unit.id)) != name)
        return {unit.id: f"{unit.name} ({unit.id})" for unit, name in named_units if several[name] > 1}

    @cached_property
    def person_called(self) -> NameIndex:
        """Index of people by key, e-mail address and name; by words also of the post."""
        return NameIndex(
            (person.key, (*person.names, person.email or person.key), person.post) for person in self.by_name
        )

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Unit -> the units directly below it, by name; "" -> the top-level units."""
        units = sorted(self.units.values(), key=name_order)
        return _grouped((unit.parent or "", unit.id) for unit in units)

    def by_kind(self, root: str) -> Mapping[str, tuple[str, ...]]:
        """Return the units at or below a unit ("" is all), grouped by their own kind, in order of id."""
        units = sorted(self.below(root) if root else self.units)
        return _grouped((self.units[unit].kind, unit) for unit in units if unit in self.units)

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """Units without a known unit above them, by name."""
        top_units = [unit for unit in self.units.values() if unit.parent not in self.units]
        return tuple(unit.id for unit in sorted(top_units, key=name_order))

    @cached_property
    def root(self) -> str:
        """The organisation itself: the only top-level unit; "" unless there is exactly one."""
        return self.tops[0] if len(self.tops) == 1 else ""

    @cached_property
    def written_down(self) -> Office:
        """The office as stored: without an officer who is named only in config.toml."""
        alone = self.officer_of_last_resort
        if alone is None or alone.name != alone.key or alone.unit:
            return self
        return replace(self, people={key: person for key, person in self.people.items() if person is not alone})

    @cached_property
    def by_name(self) -> tuple[Person, ...]:
        """Everybody, ordered by name."""
        return tuple(sorted(self.people.values(), key=name_order))

    @cached_property
    def people_of(self) -> Mapping[str, tuple[Person, ...]]:
        """Unit -> its own people, by name."""
        return _grouped((person.unit, person) for person in self.by_name)

    def resolved_once(self, on: date, question: Hashable, resolve: Callable[[], Resolved]) -> Resolved:
        """Return the result of `resolve` for a query about a day, cached by query.

        Only results of one day are cached; a query about another day clears them.
        """
        day, answers = self._resolved
        if day != on:
            day, answers = self.__dict__["_resolved"] = on, {}
        if question not in answers:
            answers[question] = resolve()
        return cast(Resolved, answers[question])

    @cached_property
    def _resolved(self) -> tuple[date | None, dict[Hashable, object]]:
        return None, {}

    def below(self, root: str) -> tuple[str, ...]:
        """Return a unit and all below it, each by name before those below it; an unknown unit gives itself."""
        waiting, seen_units = [root], dict[str, None]()
        while waiting:
            unit_id = waiting.pop()
            if unit_id not in seen_units:  # once, whatever loops the tree has
                seen_units[unit_id] = None
                waiting += reversed(self.children.get(unit_id, ())) if unit_id else ()
        return tuple(seen_units)

    def whose_cases(self, root: str) -> tuple[str, ...]:
        """Return the unit and all below it; for the organisation itself also "", the cases without a unit."""
        return (*self.below(root), "") if root and root == self.root else self.below(root)

    def units_with_word(self, word: str) -> tuple[str, ...]:
        """Return the units whose name contains a word, normalised as in searches."""
        return tuple(unit.id for unit in self.units.values() if word in normalise(unit.name))

    @cached_property
    def matched(self) -> Mapping[str, str]:
        """`matches` with normalised texts as keys."""
        return {_plain(text): unit_id for text, unit_id in self.matches.items()}

    @cached_property
    def organisations(self) -> tuple[str, ...]:
        """Units that are organisations: those with a kind of their own; without any, the top-level ones."""
        return tuple(unit.id for unit in self.units.values() if unit.kind) or self.tops

    def organisation(self, unit: str) -> str | None:
        """Return the nearest unit above, or the unit itself, with a kind of its own; None if there is none."""
        return next((above.id for above in self.units_above(self.unit_id(unit)) if above.kind), None)

    def is_within_another(self, organisation: str) -> bool:
        """Return whether an organisation with a kind of its own exists above this one."""
        unit = self.units.get(organisation)
        return unit is not None and unit.parent is not None and self.organisation(unit.parent) is not None

    def kind_of(self, unit: str) -> str:
        """Return the kind of the organisation a unit (id or name) belongs to, "" when unknown.

        Of no unit ("") it is that of the office's own organisation, which stands in no other; of a unit outside
        every organisation that of the only kind the office has.
        """
        organisation = self.organisation(unit)
        if organisation:
            return self.units[organisation].kind
        organisations = self.own_organisations if not unit else self.units.values()
        kinds = {own.kind for own in organisations if own.kind}
        return self.kind if not kinds else "" if len(kinds) > 1 else kinds.pop()

    @cached_property
    def own_organisations(self) -> tuple[Unit, ...]:
        """Those with a kind of their own that stand in no other; a case of no unit is of one of these."""
        organisations = [unit for unit in self.units.values() if unit.kind]
        return tuple(unit for unit in organisations if not self.is_within_another(unit.id))

    def above(self, unit: str) -> Iterator[str]:
        """Yield the unit and those above it, nearest first; stops at a loop in the tree."""
        seen_units: set[str] = set()
        unit_id: str | None = unit
        while unit_id is not None and unit_id not in seen_units:
            seen_units.add(unit_id)
            yield unit_id
            unit_id = self.units[unit_id].parent if unit_id in self.units else None

    def units_above(self, unit: str) -> Iterator[Unit]:
        """Yield the unit and those above it as `above`, without unknown ones."""
        return (self.units[unit_id] for unit_id in self.above(unit) if unit_id in self.units)


def with_officer(office: Office, officer: str, *, language: str) -> Office:
    """Return the office with the officer config.toml names, by key or e-mail address.

    An unknown e-mail address makes a person of its own, with `language`, so that one line of configuration is
    enough for letters to reach somebody; any other unknown name is ignored. Where nobody is named, it is the
    only holder of that duty.
    """
    holders = office.holders_by_organisation.get(("", "officer"), ())
    if not officer and not office.officer and len(holders) == 1:
        return replace(office, officer=holders[0][1].key)
    if officer in ("", office.officer):
        return office
    called = (person.key for person in office.people.values() if _plain(person.email or "") == _plain(officer))
    if key := officer if officer in office.people else next(called, ""):
        return office if key == office.officer else replace(office, officer=key)
    if "@" not in officer:
        return office
    person = Person(key=officer, name=officer, unit="", email=officer, language=language)
    return replace(office, people={**office.people, officer: person}, officer=officer)


def uploads_through(office: Office, unit: str) -> str:
    """Return the unit through whose account at the project platform a unit uploads: the one that it or a unit
    above names, else itself.
    """
    place = office.unit_id(unit)
    return next((above.uploads_through for above in office.units_above(place) if above.uploads_through), place)


def acts_of(office: Office, unit: str) -> frozenset[str]:
    """Return the ids of the acts that a unit (by id) or a unit above it adopted."""
    return frozenset(act for above in office.units_above(unit) for act in above.acts)


def time_of(office: Office, unit: str) -> OfficeTime:
    """Return the office time of a unit (by id); settings it lacks come from the units above."""
    return joined(above.time for above in office.units_above(unit))
