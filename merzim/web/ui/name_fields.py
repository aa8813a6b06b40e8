"""Form fields for a unit or a person: a list where there are few, a text field with suggestions where there are
many. The text may be a code, a name, or the beginning of either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Annotated

from fastapi import Depends, Query

from merzim.services.context import RequestContext
from merzim.services.names import (
    MAX_LISTED,
    Name,
    UnitName,
    name_of,
    unit_text,
    units_in_order,
    units_to_filter_by,
)
from merzim.web.auth.dependencies import Reading
from merzim.web.ui.form_values import InvalidForm
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.access import within
from workflow.org.name_index import NameIndex
from workflow.org.office import Office, name_order

MAX_SUGGESTIONS = 10
"""The most names suggested at once, or listed in the refusal of an ambiguous text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A text that may be typed, and a description of the unit or person it means."""

    typed: Name
    beside: Name


@dataclass(frozen=True, kw_only=True, slots=True)
class NameField:
    """The state of a field for a unit or a person.

    Attributes:
        options: all choices, when they fit into a list; empty for a text field.
        chosen: id or key, or the text that was typed when it matches nobody.
        shown: the text in the field.
        finds: the kind of suggestions the field loads (`/suggest/...`); "" for a list.
        near: suggestions: the closest matches when the text fits none or several; everybody, when people are
            few; the units below the chosen one, when a list is filtered.
        wrong: whether the text fits none or several.
        refusal: the reason, when nothing else on the page states it.
    """

    options: tuple[UnitName, ...] = ()
    chosen: str = ""
    shown: Name = ""
    finds: str = ""
    near: tuple[Suggestion, ...] = ()
    wrong: bool = False
    refusal: InvalidForm | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Finder:
    """Finds units, or people, by what is typed, among those at a unit and below it.

    Attributes:
        kind: "unit" or "person".
        is_known: whether a text is an id or key itself; is_seen: whether the reader may see an id or key.
        text: the text that identifies one, by id or key; suggest: its suggestion.
    """

    kind: str
    index: NameIndex
    is_known: Callable[[str], bool]
    is_seen: Callable[[str], bool]
    text: Callable[[str], Name]
    suggest: Callable[[str], Suggestion]

    def find(self, text: str) -> str | InvalidForm:
        """Return the only match of a text, else the refusal with the closest.

        Of several with exactly this name the only one that is seen counts, else the only beginning.
        """
        matches = list(self.index.exactly(text))
        if len(matches) > 1:
            matches = list(filter(self.is_seen, matches))
        matches = matches or list(islice(filter(self.is_seen, self.index.beginning(text)), MAX_SUGGESTIONS + 1))
        if len(matches) == 1:
            return matches[0]
        near = matches or self.closest(text)
        suffix = "_more" if len(near) > MAX_SUGGESTIONS else ""
        code = f"several{suffix}" if matches else "near" if near else "none"
        names = [self.text(id) for id in near[:MAX_SUGGESTIONS]]
        return InvalidForm(f"web.found.{self.kind}_{code}", text=text[:100], near=names)

    def resolve(self, text: str) -> str:
        """Return the only match of a text, "" of an empty one. Raises InvalidForm."""
        found = self.find(text) if text.strip() else ""
        if isinstance(found, InvalidForm):
            raise found
        return found

    def closest(self, text: str) -> list[str]:
        """Return those whose name begins with the text, then those with a word that does; MAX_SUGGESTIONS at
        most, none for no text.
        """
        found = chain(self.index.beginning(text), self.index.holding(text)) if text.strip() else iter(())
        seen = islice(filter(self.is_seen, found), 2 * MAX_SUGGESTIONS)
        return list(dict.fromkeys(seen))[:MAX_SUGGESTIONS]

    def suggestions(self, text: str) -> list[Suggestion]:
        """Return those closest to a text as suggestions."""
        return [self.suggest(id) for id in self.closest(text)]

    def field(self, chosen: str, *, explains: bool) -> NameField:
        """Return a text field. `explains`: whether it says itself what is wrong with its text."""
        field = NameField(chosen=chosen, shown=self.text(chosen), finds=self.kind)
        refusal = self.find(chosen) if chosen and not self.is_known(chosen) else ""
        if not isinstance(refusal, InvalidForm):
            return field
        near = tuple(self.suggestions(chosen))
        return replace(field, near=near, wrong=True, refusal=refusal if explains else None)


def _everybody(id: str) -> bool:
    return True


def _units(office: Office, root: str) -> _Finder:
    """Return the finder of units; only those at `root` and below are seen, all for ""."""
    return _Finder(
        kind="unit",
        index=office.unit_called,
        is_known=office.units.__contains__,
        is_seen=frozenset(office.below(root)).__contains__ if root else _everybody,
        text=lambda unit: unit_text(office, unit),
        suggest=lambda unit: unit_suggestion(office, unit),
    )


def _people(office: Office, root: str) -> _Finder:
    """Return the finder of people; only those of units at `root` and below are seen, all for ""."""
    units = frozenset(office.below(root)) if root else frozenset[str]()
    return _Finder(
        kind="person",
        index=office.person_called,
        is_known=lambda key: key in office.people or key in office.former,
        is_seen=(lambda key: office.people[key].unit in units) if root else _everybody,
        text=lambda key: person_text(office, key),
        suggest=lambda key: _person_suggestion(office, key),
    )


def build_unit_field(
    office: Office, chosen: str, *, root: str = "", without: Collection[str] = (), explains: bool = False
) -> NameField:
    """Build the field for a unit.

    Args:
        chosen: the id of a unit, or the text that was typed.
        root: the unit that may be chosen, with all units below it; "" is all.
        without: ids of units that may not be chosen.
        explains: whether the field itself says what is wrong with its text.
    """
    if not are_units_listed(office, root):
        return _units(office, root).field(chosen, explains=explains)
    options = tuple(
        unit for unit in units_in_order(office) if unit.id not in without and within(office, unit.id, root)
    )
    return NameField(options=options, chosen=chosen)


def build_person_field(
    office: Office,
    chosen: str,
    *,
    root: str = "",
    without: Collection[str] = (),
    typed: bool = False,
    explains: bool = False,
) -> NameField:
    """Build the field for a person.

    Args:
        chosen: a key, or the text that was typed; a person who left is offered only if already chosen.
        root: the unit whose people, and those of all below it, are offered; "" is all.
        without: keys of people who may not be chosen.
        typed: whether names are typed also where they are few, so that all are suggested.
        explains: whether the field itself says what is wrong with its text.
    """
    finder = _people(office, root)
    if not _are_people_listed(office):
        return finder.field(chosen, explains=explains)
    people = [person for person in office.by_name if person.key not in without and finder.is_seen(person.key)]
    former_people = [office.former[chosen]] if chosen in office.former else []
    return NameField(
        options=tuple(UnitName(id=person.key, name=name_of(person)) for person in (*people, *former_people)),
        chosen=chosen,
        near=tuple(_person_suggestion(office, person.key) for person in people) if typed else (),
    )


def resolve_unit(office: Office, text: str, *, root: str = "") -> str:
    """Return the id of the unit a field names: by code, name, or a unique beginning of either.

    "" stays "", and a value chosen from a list is returned unchanged. The caller checks whether the unit may be
    chosen: a code or whole name matches any unit, a beginning only units at `root` and below.

    Raises:
        InvalidForm: no unit matches, or several do; it lists the closest.
    """
    return text if are_units_listed(office, root) else resolve_unit_text(office, text, root=root)


def resolve_unit_text(office: Office, text: str, *, root: str = "") -> str:
    """Return the id of the unit a text names, as `resolve_unit` does for a text field."""
    return text if text in office.units else _units(office, root).resolve(text)


def resolve_person(office: Office, text: str, *, root: str = "") -> str:
    """Return the key of the person a field names: by key, e-mail, name, or a unique beginning of these.

    "" stays "", and where people are few enough for a list the value is returned unchanged.

    Args:
        root: the unit at and below which the text is searched; a key, and the whole name of somebody who left,
            are taken from any unit.

    Raises:
        InvalidForm: nobody matches, or several people do; it lists the closest.
    """
    if text in office.people or text in office.former or _are_people_listed(office):
        return text
    former_keys = office.former_called.exactly(text)
    if len(former_keys) == 1 and not office.person_called.exactly(text):
        return former_keys[0]
    return _people(office, root).resolve(text)


def are_units_listed(office: Office, root: str = "") -> bool:
    """Return whether the units that may be chosen are few enough for a list."""
    return (len(office.below(root)) if root else len(office.units)) <= MAX_LISTED


def _are_people_listed(office: Office) -> bool:
    return len(office.people) <= MAX_LISTED


def person_text(office: Office, key: str) -> Name:
    """Return the text that identifies a person: the name; when others have the same name the e-mail, else the
    key, and of somebody who left the key.
    """
    person = office.people.get(key)
    if person is None:
        return _former_text(office, key)
    return name_of(person) if len(office.person_called.exactly(person.name)) == 1 else person.email or key


def _former_text(office: Office, key: str) -> Name:
    """Return the name of somebody who left, the key where others have it; the key itself of anybody else."""
    former_person = office.former.get(key)
    if former_person is None:
        return key
    namesakes = office.person_called.exactly(former_person.name) + office.former_called.exactly(
        former_person.name
    )
    return name_of(former_person) if len(namesakes) == 1 else key


def suggest_units(office: Office, text: str, *, root: str = "") -> list[Suggestion]:
    """Suggest units whose code or name begins with the text, then those with a word that does."""
    return _units(office, root).suggestions(text)


def unit_suggestion(office: Office, unit: str) -> Suggestion:
    """Return the suggestion of a unit: the text that identifies it and the name of the unit above."""
    above = office.units.get(office.units[unit].parent or "")
    return Suggestion(typed=unit_text(office, unit), beside=name_of(above) if above else "")


def suggest_people(office: Office, text: str, *, root: str = "") -> list[Suggestion]:
    """Suggest people whose name or e-mail begins with the text, then those with a word that does."""
    return _people(office, root).suggestions(text)


def suggest_any(office: Office, text: str) -> Sequence[Suggestion]:
    """Suggest units, then people, for a text that may mean either."""
    return [*suggest_units(office, text), *suggest_people(office, text)]


def _person_suggestion(office: Office, key: str) -> Suggestion:
    """Return the suggestion of a person: the text that identifies them, their post and unit."""
    person = office.people[key]
    unit = office.units.get(person.unit)
    kk, ru, en = (
        ", ".join(filter(None, (person.post_in(language), unit.name_in(language) if unit else "")))
        for language in LANGUAGES
    )
    return Suggestion(typed=person_text(office, key), beside=Text(kk, ru, en))


NameText = Annotated[str, Query(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


def require_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit in the query; if units are few enough for a list, its value unchanged.

    Raises:
        InvalidForm: the text matches no unit, or several.
    """
    if not unit.strip():
        return ""
    office = ctx.reads.office()
    return unit if are_units_listed(office) else resolve_unit_text(office, unit, root=ctx.reader.root)


def parse_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit in the query; the text itself when it matches none or several, and where
    units are few enough for a list.
    """
    try:
        return require_unit(ctx, unit)
    except InvalidForm:
        return unit


def parse_person(ctx: Reading, person: NameText = "") -> str:
    """Return the key of the person in the query; the text itself when it matches nobody or several, and where
    people are few enough for a list.
    """
    try:
        return resolve_person(ctx.reads.office(), person, root=ctx.reader.root) if person.strip() else ""
    except InvalidForm:
        return person


PersonParam = Annotated[str, Depends(parse_person)]
UnitParam = Annotated[str, Depends(parse_unit)]
RequiredUnit = Annotated[str, Depends(require_unit)]


def build_person_filter(office: Office, chosen: str, near: Collection[str], *, own_unit: str = "") -> NameField:
    """Build the field that filters a list by person.

    Args:
        chosen: a key, or the text that was typed.
        near: keys of the people in the list, who are suggested first.
        own_unit: the unit the reader sees with all below it; "" is all. Nobody of another unit is offered.
    """
    field = build_person_field(office, chosen, root=own_unit, explains=True)
    if field.wrong or field.options:
        return field
    people = [office.people[key] for key in near if key in office.people]
    people = sorted((person for person in people if within(office, person.unit, own_unit)), key=name_order)
    return replace(field, near=tuple(_person_suggestion(office, person.key) for person in people))


def unit_choices(ctx: RequestContext, chosen: str) -> NameField:
    """Build the field for choosing a unit: the reader's own and those below."""
    office, own_unit = ctx.reads.office(), ctx.reader.root
    return build_unit_filter(office, chosen or own_unit, root=own_unit)


def build_unit_filter(office: Office, chosen: str, *, root: str = "", own_unit: str = "") -> NameField:
    """Build the field that filters a list by unit.

    Args:
        chosen: the id of a unit, or the text that was typed.
        root: the unit offered with all below it; "" is all.
        own_unit: the root to use if there are too many units for a list.
    """
    root = root if are_units_listed(office) else root or own_unit
    if are_units_listed(office, root):
        return build_unit_field(office, chosen, root=root)
    if not chosen or chosen in office.units:
        units = units_to_filter_by(office, chosen or root)
        near = tuple(unit_suggestion(office, unit.id) for unit in units if within(office, unit.id, root))
        return NameField(chosen=chosen, shown=unit_text(office, chosen), finds="unit", near=near)
    return build_unit_field(office, chosen, root=root, explains=True)
