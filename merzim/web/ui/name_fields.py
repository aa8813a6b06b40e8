"""Form fields for a unit or a person: a list where there are few, a text field with suggestions where there are
many. The text may be a code, a name, or the beginning of either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
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
    paginate_units,
    unit_text,
    units_in_order,
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
        is_typed: whether it is typed although nothing is found for it: all are suggested.
        wrong: whether the text fits none or several.
        refusal: the reason, when nothing else on the page states it.
    """

    options: tuple[UnitName, ...] = ()
    chosen: str = ""
    shown: Name = ""
    finds: str = ""
    near: tuple[Suggestion, ...] = ()
    is_typed: bool = False
    wrong: bool = False
    refusal: InvalidForm | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NameChoices:
    """The units, or the people, that a field may name: found by what is typed, or chosen from a list.

    Attributes:
        kind: "unit" or "person".
        is_listed: whether they are few enough for a list, whose values are taken as they are.
        options: what the list offers, when this value is chosen.
        is_known: whether a text is an id or key itself; is_seen: whether the reader may see an id or key.
        text: the text that identifies one, by id or key; suggest: its suggestion.
        former: the keys of people who left with exactly this name.
    """

    kind: str
    index: NameIndex
    is_listed: bool
    options: Callable[[str], Iterable[UnitName]]
    is_known: Callable[[str], bool]
    is_seen: Callable[[str], bool]
    text: Callable[[str], Name]
    suggest: Callable[[str], Suggestion]
    former: Callable[[str], Sequence[str]] = lambda _: ()

    def find(self, text: str) -> str | InvalidForm:
        """Return the only match of a text, else the refusal with the closest.

        Of several with exactly this name the only one that is seen counts, else the only beginning.
        """
        matches = list(self.index.exactly(text))
        former = self.former(text)
        if not matches and len(former) == 1:
            return former[0]
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

    def named(self, text: str) -> str:
        """Return the id or key a text names: by itself, its name, or a unique beginning; "" for no text.

        A whole name is found among all, a beginning only among those that are seen.

        Raises:
            InvalidForm: nothing matches, or several do; it lists the closest.
        """
        found = self.find(text) if text.strip() and not self.is_known(text) else text.strip() and text
        if isinstance(found, InvalidForm):
            raise found
        return found

    def resolve(self, text: str) -> str:
        """Return what the value of a field names: one chosen from a list as it is, a typed one by `named`.

        The caller checks whether it may be chosen.
        """
        return text if self.is_listed else self.named(text)

    def closest(self, text: str) -> list[str]:
        """Return those whose name begins with the text, then those with a word that does; MAX_SUGGESTIONS at
        most, none for no text.
        """
        found = chain(self.index.beginning(text), self.index.holding(text)) if text.strip() else iter(())
        seen = islice(filter(self.is_seen, found), 2 * MAX_SUGGESTIONS)
        return list(dict.fromkeys(seen))[:MAX_SUGGESTIONS]

    def suggestions(self, text: str) -> list[Suggestion]:
        return [self.suggest(id) for id in self.closest(text)]

    def field(
        self, chosen: str, *, without: Collection[str] = (), typed: bool = False, explains: bool = False
    ) -> NameField:
        """Return the field as pages draw it: a list, or a text with its suggestions.

        Args:
            chosen: an id or key, or the text that was typed.
            without: ids or keys that may not be chosen.
            typed: whether names are typed also where they are few, so that all are suggested.
            explains: whether it says itself what is wrong with its text.
        """
        if self.is_listed:
            options = tuple(option for option in self.options(chosen) if option.id not in without)
            if typed:
                near = tuple(self.suggest(option.id) for option in options if self.is_seen(option.id))
                return NameField(chosen=chosen, shown=chosen, near=near, is_typed=True)
            return NameField(options=options, chosen=chosen)
        field = NameField(chosen=chosen, shown=self.text(chosen), finds=self.kind)
        refusal = self.find(chosen) if chosen and not self.is_known(chosen) else ""
        if not isinstance(refusal, InvalidForm):
            return field
        near = tuple(self.suggestions(chosen))
        return replace(field, near=near, wrong=True, refusal=refusal if explains else None)


def unit_names(office: Office, root: str = "") -> NameChoices:
    """Return the units a field may name: `root` with all below it, all for ""."""
    below = frozenset(office.below(root)) if root else frozenset(office.units)
    return NameChoices(
        kind="unit",
        index=office.unit_called,
        is_listed=len(below) <= MAX_LISTED,
        options=lambda _: (unit for unit in units_in_order(office) if within(office, unit.id, root)),
        is_known=office.units.__contains__,
        is_seen=below.__contains__,
        text=lambda unit: unit_text(office, unit),
        suggest=lambda unit: unit_suggestion(office, unit),
    )


def person_names(office: Office, root: str = "") -> NameChoices:
    """Return the people a field may name: those of the units at `root` and below, all for "".

    Somebody who left is named by key or whole name, and offered only where already chosen.
    """
    units = frozenset(office.below(root)) if root else frozenset[str]()

    def is_seen(key: str) -> bool:
        return key in office.people and (not root or office.people[key].unit in units)

    def options(chosen: str) -> Iterable[UnitName]:
        people = [person for person in office.by_name if is_seen(person.key)]
        former_people = [office.former[chosen]] if chosen in office.former else []
        return (UnitName(id=person.key, name=name_of(person)) for person in (*people, *former_people))

    return NameChoices(
        kind="person",
        index=office.person_called,
        is_listed=len(office.people) <= MAX_LISTED,
        options=options,
        is_known=lambda key: key in office.people or key in office.former,
        is_seen=is_seen,
        text=lambda key: person_text(office, key),
        suggest=lambda key: _person_suggestion(office, key),
        former=office.former_called.exactly,
    )


def own_units(ctx: RequestContext) -> NameChoices:
    """Return the units the reader's forms may name: their own and those below, all for an account of none."""
    return unit_names(ctx.reads.office(), ctx.reader.root)


def own_people(ctx: RequestContext) -> NameChoices:
    """Return the people the reader's forms may name: those of their own unit and below."""
    return person_names(ctx.reads.office(), ctx.reader.root)


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


def unit_suggestion(office: Office, unit: str) -> Suggestion:
    """Return the suggestion of a unit: the text that identifies it and the name of the unit above."""
    above = office.units.get(office.units[unit].parent or "")
    return Suggestion(typed=unit_text(office, unit), beside=name_of(above) if above else "")


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


def match_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit the query names, "" for none; where units are listed, the value as it is.

    Raises:
        InvalidForm: the text matches no unit, or several.
    """
    if not unit.strip():
        return ""
    return unit if unit_names(ctx.reads.office()).is_listed else own_units(ctx).named(unit)


def parse_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit the query names, "" for none; the text itself where it matches none or several,
    and where units are listed.
    """
    try:
        return match_unit(ctx, unit)
    except InvalidForm:
        return unit


def parse_person(ctx: Reading, person: NameText = "") -> str:
    """Return the key of the person the query names, "" for none; the text itself where it matches nobody or
    several, and where people are listed.
    """
    try:
        return own_people(ctx).resolve(person) if person.strip() else ""
    except InvalidForm:
        return person


PersonParam = Annotated[str, Depends(parse_person)]
UnitParam = Annotated[str, Depends(parse_unit)]
MatchedUnit = Annotated[str, Depends(match_unit)]


def person_filter(ctx: RequestContext, chosen: str, near: Collection[str] = ()) -> NameField:
    """Return the field that filters a list by person; nobody of a unit the reader does not see is offered.

    Args:
        chosen: a key, or the text that was typed.
        near: keys of the people in the list, who are suggested first.
    """
    office, names = ctx.reads.office(), own_people(ctx)
    field = names.field(chosen, explains=True)
    if field.wrong or field.options:
        return field
    people = sorted((office.people[key] for key in near if names.is_seen(key)), key=name_order)
    return replace(field, near=tuple(names.suggest(person.key) for person in people))


def unit_filter(ctx: RequestContext, chosen: str) -> NameField:
    """Return the field that filters a list by unit: of all, or of the reader's own where they are too many."""
    office = ctx.reads.office()
    return _unit_filter(office, chosen, "" if unit_names(office).is_listed else ctx.reader.root)


def unit_choices(ctx: RequestContext, chosen: str) -> NameField:
    """Return the field for choosing a unit: the reader's own and those below."""
    return _unit_filter(ctx.reads.office(), chosen or ctx.reader.root, ctx.reader.root)


def _unit_filter(office: Office, chosen: str, root: str) -> NameField:
    """Return the field of a filter: of units at `root` and below, those below the chosen one suggested."""
    names = unit_names(office, root)
    if names.is_listed or (chosen and chosen not in office.units):
        return names.field(chosen, explains=True)
    units, _ = paginate_units(office, chosen or root)
    near = tuple(unit_suggestion(office, unit.id) for unit in units if within(office, unit.id, root))
    return NameField(chosen=chosen, shown=unit_text(office, chosen), finds="unit", near=near)
