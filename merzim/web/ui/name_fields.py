"""Form fields for a unit or a person: a list where there are few, a text field with suggestions where there are
many. The text may be a code, a name, or the beginning of either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated, Literal

from fastapi import Depends, Query

from merzim.services.context import RequestContext
from merzim.services.names import MAX_LISTED, Name, UnitName, name_of, unit_text, units_in_order
from merzim.web.auth.dependencies import Reading
from merzim.web.ui.form_values import InvalidForm
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.office import Office

MAX_SUGGESTIONS = 10
"""The most names suggested at once, or listed in the refusal of an ambiguous text."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """A text that may be typed, and a description of the unit or person it means."""

    typed: Name
    beside: Name


@dataclass(frozen=True, kw_only=True, slots=True)
class NameField:
    """The state of a field for a unit or a person. `options`: all choices where they fit into a list, else
    none; `chosen`: an id or key, or the text in the field; `finds`: the suggestions a text field loads
    (`/suggest/...`); `refusal`: why the text fits none or several; `near`: the closest.
    """

    options: tuple[UnitName, ...] = ()
    chosen: Name = ""
    finds: str = ""
    refusal: InvalidForm | None = None
    near: tuple[Suggestion, ...] = ()


class NameChoices:
    """The units, or the people, that a field may name: those of the units at `root` and below, all for "". Who
    left is named by key or whole name, and offered only where already chosen. `is_listed`: whether they are few
    enough for a list, whose values are taken as they are.
    """

    def __init__(self, kind: Literal["unit", "person"], office: Office, root: str) -> None:
        self.kind, self.office, self.root = kind, office, root
        self._units: Collection[str] = frozenset(office.below(root)) if root else office.units
        self._index = office.unit_called if kind == "unit" else office.person_called
        self.is_listed = len(self._units if kind == "unit" else office.people) <= MAX_LISTED

    def named(self, text: str) -> str:
        """Return the id or key a text names: by itself, its name, or a unique beginning; "" for no text. A
        whole name is found among all, a beginning among those the field may name. Raises InvalidForm, with the
        closest, for none or several.
        """
        is_known = text in self.office.units if self.kind == "unit" else self.office.member(text) is not None
        if is_known or not text.strip():
            return text.strip() and text
        matches = list(self._index.exactly(text))
        former = self.office.former_called.exactly(text) if self.kind == "person" else ()
        if not matches and len(former) == 1:
            return former[0]
        if len(matches) > 1:
            matches = list(filter(self._is_seen, matches))
        matches = matches or self._first(self._index.beginning(text), MAX_SUGGESTIONS + 1)
        if len(matches) == 1:
            return matches[0]
        near = matches or self._closest(text)
        suffix = "_more" if len(near) > MAX_SUGGESTIONS else ""
        code = f"several{suffix}" if matches else "near" if near else "none"
        names = [self._text(id) for id in near[:MAX_SUGGESTIONS]]
        raise InvalidForm(f"web.found.{self.kind}_{code}", text=text[:100], near=names)

    def resolve(self, text: str) -> str:
        """Return what a field's value names: one chosen from a list as it is, which the caller checks, else by
        `named`.
        """
        return text if self.is_listed else self.named(text)

    def field(self, chosen: str, *, without: Collection[str] = ()) -> NameField:
        """Return the field as pages draw it, a list or a text with what is wrong with it. `chosen`: an id or
        key, or the text typed; `without`: what may not be chosen.
        """
        if self.is_listed:
            options = tuple(option for option in self._options(chosen) if option.id not in without)
            return NameField(options=options, chosen=chosen)
        shown, finds = self._text(chosen), self.kind
        try:
            self.named(chosen)
        except InvalidForm as refusal:
            return NameField(chosen=shown, finds=finds, refusal=refusal, near=self.suggestions(chosen))
        return NameField(chosen=shown, finds=finds)

    def suggestions(self, text: str) -> tuple[Suggestion, ...]:
        """Return those that may be meant by a text typed so far, each with what tells it from others."""
        return tuple(Suggestion(typed=self._text(id), beside=self._beside(id)) for id in self._closest(text))

    def _closest(self, text: str) -> list[str]:
        """Return the ids or keys of those the field may name whose name begins with the text, then of those
        with a word that does; MAX_SUGGESTIONS at most, none for no text.
        """
        found = chain(self._index.beginning(text), self._index.holding(text)) if text.strip() else ()
        return list(dict.fromkeys(self._first(found, 2 * MAX_SUGGESTIONS)))[:MAX_SUGGESTIONS]

    def _first(self, ids: Iterable[str], number: int) -> list[str]:
        """Return the first of those the field may name."""
        return list(islice(filter(self._is_seen, ids), number))

    def _is_seen(self, id: str) -> bool:
        if self.kind == "unit":
            return id in self._units
        person = self.office.people.get(id)
        return person is not None and (not self.root or person.unit in self._units)

    def _options(self, chosen: str) -> Iterator[UnitName]:
        """Yield all there are, in order of name; then the unit that was asked for and is not among them."""
        if self.kind == "unit":
            yield from (unit for unit in units_in_order(self.office) if unit.id in self._units)
            if chosen and chosen not in self._units:
                yield UnitName(id=chosen, name=self._text(chosen))
            return
        people = [person for person in self.office.by_name if self._is_seen(person.key)]
        former_people = [self.office.former[chosen]] if chosen in self.office.former else []
        yield from (UnitName(id=person.key, name=name_of(person)) for person in (*people, *former_people))

    def _text(self, id: str) -> Name:
        """Return the text that identifies a unit, or a person: the name; when others have the same name the
        code or e-mail, and of somebody who left the key. Any other text unchanged.
        """
        if self.kind == "unit":
            return unit_text(self.office, id)
        person, is_former = self.office.member(id), id not in self.office.people
        if person is None:
            return id
        namesakes = self._index.exactly(person.name)
        if is_former:
            namesakes += self.office.former_called.exactly(person.name)
        if len(namesakes) == 1:
            return name_of(person)
        return id if is_former else person.email or id

    def _beside(self, id: str) -> Name:
        """Return the name of the unit above a unit; the post and unit of a person."""
        units = self.office.units
        if self.kind == "unit":
            above = units.get(units[id].parent or "")
            return name_of(above) if above else ""
        person = self.office.people[id]
        unit = units.get(person.unit)
        names = ((person.post_in(each), unit.name_in(each) if unit else "") for each in LANGUAGES)
        return Text(*(", ".join(filter(None, of_language)) for of_language in names))


def unit_names(office: Office, root: str = "") -> NameChoices:
    """Return the units a field may name: `root` with all below it, all for ""."""
    return NameChoices("unit", office, root)


def person_names(office: Office, root: str = "") -> NameChoices:
    """Return the people a field may name: those of the units at `root` and below, all for ""."""
    return NameChoices("person", office, root)


def own_units(ctx: RequestContext) -> NameChoices:
    """Return the units the reader's forms may name: their own and those below, all for an account of none."""
    return unit_names(ctx.reads.office(), ctx.reader.root)


def own_people(ctx: RequestContext) -> NameChoices:
    """Return the people the reader's forms and filters may name: those of their own unit and below."""
    return person_names(ctx.reads.office(), ctx.reader.root)


NameText = Annotated[str, Query(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


def match_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the id of the unit the query names, "" for none; where units are listed, the value as it is.
    Raises InvalidForm: no unit, or several.
    """
    if not unit.strip() or unit_names(ctx.reads.office()).is_listed:
        return unit.strip() and unit
    return own_units(ctx).named(unit)


def parse_unit(ctx: Reading, unit: NameText = "") -> str:
    """Return the same; the text itself where it matches no unit, or several."""
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


def unit_filter(ctx: RequestContext, chosen: str) -> NameField:
    """Return the field that filters a list by unit: of those of others the reader's list says nothing."""
    return own_units(ctx).field(chosen)
