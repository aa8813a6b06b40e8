"""Form fields for a unit or a person: a list where there are few, a text field with suggestions where there are
many. The text may be a code, a name, or the beginning of either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Annotated, TypeAlias

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

IsVisible: TypeAlias = Callable[[str], bool]
"""A filter by id or key: whether the reader may see the unit or person."""


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

    def with_refusal(self, refusal: InvalidForm) -> NameField:
        return replace(self, refusal=refusal)


def build_unit_field(
    office: Office, chosen: str, *, root: str = "", without: Collection[str] = (), typed: bool = False
) -> NameField:
    """Build the field for a unit.

    Args:
        chosen: the id of a unit, or the text that was typed.
        root: the unit that may be chosen, with all units below it; "" is all.
        without: ids of units that may not be chosen.
    """
    if are_units_listed(office, root):
        options = tuple(
            unit
            for unit in units_in_order(office, used_units=())
            if unit.id not in without and within(office, unit.id, root)
        )
        return NameField(options=options, chosen=chosen)
    if not chosen or chosen in office.units:
        return NameField(chosen=chosen, shown=unit_text(office, chosen), finds="unit")
    if _find_only(office.unit_called, chosen, _unit_filter(office, root)):
        return NameField(chosen=chosen, shown=chosen, finds="unit")
    near = tuple(suggest_units(office, chosen, root=root))
    return NameField(chosen=chosen, shown=chosen, finds="unit", near=near, wrong=True)


def build_person_field(
    office: Office, chosen: str, *, root: str = "", without: Collection[str] = (), typed: bool = False
) -> NameField:
    """Build the field for a person.

    Args:
        chosen: a key, or the text that was typed; a person who left is offered only if already chosen.
        root: the unit whose people, and those of all below it, are offered; "" is all.
        without: keys of people who may not be chosen.
        typed: whether names are typed also where they are few, so that all are suggested.
    """
    if _are_people_listed(office):
        is_visible = _person_filter(office, root)
        people = [
            person
            for person in office.by_name
            if person.key not in without and (is_visible is None or is_visible(person.key))
        ]
        former_people = [office.former[chosen]] if chosen in office.former else []
        return NameField(
            options=tuple(
                UnitName(id=person.key, name=name_of(person)) for person in (*people, *former_people)
            ),
            chosen=chosen,
            near=tuple(_person_suggestion(office, person.key) for person in people) if typed else (),
        )
    is_valid = (
        not chosen
        or chosen in office.people
        or chosen in office.former
        or _find_only(office.person_called, chosen, _person_filter(office, root))
    )
    near = () if is_valid else tuple(suggest_people(office, chosen, root=root))
    shown_text = person_text(office, chosen)
    return NameField(chosen=chosen, shown=shown_text, finds="person", near=near, wrong=not is_valid)


def resolve_unit(office: Office, text: str, *, root: str = "") -> str:
    """Return the id of the unit a field names: by code, name, or a unique beginning of either.

    "" stays "", and a value chosen from a list is returned unchanged. The caller checks whether the unit may be
    chosen: a code or whole name matches any unit, a beginning only units at `root` and below.

    Raises:
        InvalidForm: no unit matches, or several do; it lists the closest.
    """
    return text if are_units_listed(office, root) else resolve_unit_text(office, text, root=root)


def resolve_unit_text(office: Office, text: str, *, root: str = "") -> str:
    """Return the id of the unit a text names, as `resolve_unit` does for a text field.

    Raises:
        InvalidForm: no unit matches, or several do; it lists the closest.
    """
    if text in office.units:
        return text
    if not text.strip():
        return ""
    return _resolve(
        office.unit_called, text, _unit_filter(office, root), lambda unit: unit_text(office, unit), "unit"
    )


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
    if not text.strip():
        return ""
    visible, former_keys = _person_filter(office, root), office.former_called.exactly(text)
    if len(former_keys) == 1 and not office.person_called.exactly(text):
        return former_keys[0]
    return _resolve(office.person_called, text, visible, lambda key: person_text(office, key), "person")


def are_units_listed(office: Office, root: str = "") -> bool:
    """Return whether the units that may be chosen are few enough for a list."""
    return (len(office.below(root)) if root else len(office.units)) <= MAX_LISTED


def _are_people_listed(office: Office) -> bool:
    return len(office.people) <= MAX_LISTED


def person_text(office: Office, key: str) -> Name:
    """Return the text that identifies a person: the name, or the e-mail when others have the same name."""
    person = office.people.get(key)
    if person is None:
        return _former_text(office, key)
    return name_of(person) if len(office.person_called.exactly(person.name)) == 1 else person.email or key


def _former_text(office: Office, key: str) -> Name:
    former_person = office.former.get(key)
    if former_person is None:
        return key
    namesakes = office.person_called.exactly(former_person.name) + office.former_called.exactly(
        former_person.name
    )
    return name_of(former_person) if len(namesakes) == 1 else key


def suggest_units(office: Office, text: str, *, root: str = "") -> Sequence[Suggestion]:
    """Suggest units whose code or name begins with the text, then those with a word that does."""
    return [
        unit_suggestion(office, unit)
        for unit in _find_closest(office.unit_called, text, _unit_filter(office, root))
    ]


def unit_suggestion(office: Office, unit: str) -> Suggestion:
    """Return the suggestion of a unit: the text that identifies it and the name of the unit above."""
    above = office.units.get(office.units[unit].parent or "")
    return Suggestion(typed=unit_text(office, unit), beside=name_of(above) if above else "")


def suggest_people(office: Office, text: str, *, root: str = "") -> Sequence[Suggestion]:
    """Suggest people whose name or e-mail begins with the text, then those with a word that does."""
    return [
        _person_suggestion(office, key)
        for key in _find_closest(office.person_called, text, _person_filter(office, root))
    ]


def people_suggestions(office: Office, keys: Collection[str]) -> tuple[Suggestion, ...]:
    """Return the suggestions of these people, sorted by name, without those who are not of the office."""
    people = sorted((office.people[key] for key in keys if key in office.people), key=name_order)
    return tuple(_person_suggestion(office, person.key) for person in people)


def suggest_any(office: Office, text: str) -> Sequence[Suggestion]:
    """Suggest units, then people, for a text that may mean either."""
    return [*suggest_units(office, text), *suggest_people(office, text)]


def _person_suggestion(office: Office, key: str) -> Suggestion:
    person = office.people[key]
    unit = office.units.get(person.unit)
    kk, ru, en = (
        ", ".join(filter(None, (person.post_in(language), unit.name_in(language) if unit else "")))
        for language in LANGUAGES
    )
    return Suggestion(typed=person_text(office, key), beside=Text(kk, ru, en))


def _resolve(
    index: NameIndex, text: str, is_visible: IsVisible | None, name_by_id: Callable[[str], Name], kind: str
) -> str:
    """Return the only match of a text; raise InvalidForm with the closest when there is none or several."""
    match = _find_only(index, text, is_visible)
    if match is not None:
        return match
    matches = list(_filter_visible(iter(index.exactly(text)), is_visible)) or list(
        islice(_filter_visible(index.beginning(text), is_visible), MAX_SUGGESTIONS + 1)
    )
    near = matches or _find_closest(index, text, is_visible)
    names = [name_by_id(id) for id in near[:MAX_SUGGESTIONS]]
    suffix = "_more" if len(near) > MAX_SUGGESTIONS else ""
    code = f"several{suffix}" if matches else "near" if names else "none"
    raise InvalidForm(f"web.found.{kind}_{code}", text=text[:100], near=names)


def _find_only(index: NameIndex, text: str, is_visible: IsVisible | None) -> str | None:
    """Return the only exact match (of several, the only visible one), else the only visible beginning."""
    exact = index.exactly(text)
    if len(exact) > 1:
        exact = tuple(_filter_visible(iter(exact), is_visible))
    if exact:
        return exact[0] if len(exact) == 1 else None
    matches = list(islice(_filter_visible(index.beginning(text), is_visible), 2))
    return matches[0] if len(matches) == 1 else None


def _find_closest(index: NameIndex, text: str, is_visible: IsVisible | None) -> list[str]:
    if not text.strip():
        return []
    matches = chain(index.beginning(text), index.holding(text))
    return list(
        islice(
            dict.fromkeys(islice(_filter_visible(matches, is_visible), 2 * MAX_SUGGESTIONS)), MAX_SUGGESTIONS
        )
    )


def _filter_visible(matches: Iterator[str], is_visible: IsVisible | None) -> Iterator[str]:
    return matches if is_visible is None else filter(is_visible, matches)


def _unit_filter(office: Office, root: str) -> IsVisible | None:
    """Return the filter of units at `root` and below it; None for all units."""
    return frozenset(office.below(root)).__contains__ if root else None


def _person_filter(office: Office, root: str) -> IsVisible | None:
    """Return the filter of people of the units at `root` and below it; None for everybody."""
    is_unit_visible = _unit_filter(office, root)
    return None if is_unit_visible is None else lambda key: is_unit_visible(office.people[key].unit)


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
    """Return the id of the unit in the query; the text itself when it matches none or several."""
    try:
        return require_unit(ctx, unit)
    except InvalidForm:
        return unit


def parse_person(ctx: Reading, person: NameText = "") -> str:
    """Return the key of the person in the query; the text itself when it matches nobody or several."""
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
    field = build_person_field(office, chosen, root=own_unit)
    if not field.wrong:
        people_listed = [
            key for key in near if key in office.people and within(office, office.people[key].unit, own_unit)
        ]
        return field if field.options else replace(field, near=people_suggestions(office, people_listed))
    try:
        resolve_person(office, chosen, root=own_unit)
    except InvalidForm as refusal:
        return field.with_refusal(refusal)
    return field


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
    try:
        resolve_unit_text(office, chosen, root=root)
    except InvalidForm as refusal:
        return build_unit_field(office, chosen, root=root).with_refusal(refusal)
    return build_unit_field(office, chosen, root=root)
