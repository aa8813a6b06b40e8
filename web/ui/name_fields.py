"""A unit or a person as a form asks for them: chosen of a list where they are few, found by what is typed where
they are many. Typed is a code, a name, or the beginning of either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TypeAlias

from web.ui.form_values import InvalidForm
from web.ui.org_names import AT_ONCE, UnitName, units_in_order
from workflow.org.access import within
from workflow.org.name_index import NameIndex
from workflow.org.office import Office

MOST = 10
"""So many are suggested at once, and named where what was typed fits several."""

Seen: TypeAlias = Callable[[str], bool]
"""Whether whoever asks may be told of it, by its id or key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """What may be typed, and what else is known of whom it means."""

    typed: str
    beside: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """How a form asks.

    Attributes:
        options: all there are, where they are few; none where what is typed is found.
        chosen: id or key, or what was typed and means nobody.
        shown: how whoever is chosen is typed.
        finds: what the field asks while somebody types (`/suggest/...`); "" where a list is shown.
        near: what may be typed: instead, where what was typed fits none or several; of few people, everybody;
            of a list that is narrowed, the way down.
        wrong: whether what was typed fits none or several.
        refusal: why, where nothing else on the page says it.
    """

    options: tuple[UnitName, ...] = ()
    chosen: str = ""
    shown: str = ""
    finds: str = ""
    near: tuple[Suggestion, ...] = ()
    wrong: bool = False
    refusal: InvalidForm | None = None

    def refused(self, refusal: InvalidForm) -> Field:
        """The same field, saying itself why."""
        return replace(self, refusal=refusal)


def unit_field(office: Office, chosen: str, *, root: str = "", without: Collection[str] = ()) -> Field:
    """The field for a unit.

    Args:
        chosen: the id of a unit, or what was typed.
        root: the unit whose units, with itself, may be chosen; "" is all.
        without: units that may not.
    """
    if few_units(office, root):
        options = tuple(
            one
            for one in units_in_order(office, used=())
            if one.id not in without and within(office, one.id, root)
        )
        return Field(options=options, chosen=chosen)
    if not chosen or chosen in office.units:
        return Field(chosen=chosen, shown=unit_typed(office, chosen), finds="unit")
    if _only(office.unit_called, chosen, _places(office, root)):
        return Field(chosen=chosen, shown=chosen, finds="unit")
    near = tuple(units_near(office, chosen, root=root))
    return Field(chosen=chosen, shown=chosen, finds="unit", near=near, wrong=True)


def person_field(office: Office, chosen: str, *, root: str = "", without: Collection[str] = ()) -> Field:
    """The field for a person.

    Args:
        chosen: a key, or what was typed.
        root: the unit whose people, and those of all below it, are offered; "" is all.
        without: keys of people who may not be chosen.
    """
    if _few_people(office):
        seen = _of(office, root)
        people = [one for one in office.by_name if one.key not in without and (seen is None or seen(one.key))]
        return Field(
            options=tuple(UnitName(id=one.key, name=one.name) for one in people),
            chosen=chosen,
            near=tuple(_person(office, one.key) for one in people),
        )
    meant = not chosen or chosen in office.people or _only(office.person_called, chosen, _of(office, root))
    near = () if meant else tuple(people_near(office, chosen, root=root))
    shown = person_typed(office, chosen)
    return Field(chosen=chosen, shown=shown, finds="person", near=near, wrong=not meant)


def unit_meant(office: Office, said: str, *, root: str = "") -> str:
    """The id of the unit somebody typed: by code, by name, by a beginning only one has. "" stays "", and
    what is chosen of a list stays what it is.

    Whether it may be chosen is for whoever asks to say: a code or a whole name is taken from anywhere, a
    beginning of units at `root` and below it alone.

    Raises:
        BadForm: no unit, or more than one, is called so; it names those that are near.
    """
    return said if few_units(office, root) else unit_found(office, said, root=root)


def unit_found(office: Office, said: str, *, root: str = "") -> str:
    """The same, however few there are. Raises BadForm."""
    if said in office.units:
        return said
    if not said.strip():
        return ""
    return _one(office.unit_called, said, _places(office, root), lambda unit: unit_typed(office, unit), "unit")


def person_meant(office: Office, said: str, *, root: str = "") -> str:
    """The key of the person somebody typed: by key, e-mail, name, or a beginning only one has. "" stays "", and
    where they are few, what was typed stays what it is.

    Raises:
        BadForm: nobody, or more than one person, is called so; it names those who are near.
    """
    if said in office.people or _few_people(office):
        return said
    if not said.strip():
        return ""
    return _one(office.person_called, said, _of(office, root), lambda key: person_typed(office, key), "person")


def few_units(office: Office, root: str = "") -> bool:
    """Whether the units that may be chosen are few enough for a list."""
    return (len(office.below(root)) if root else len(office.units)) <= AT_ONCE


def _few_people(office: Office) -> bool:
    return len(office.people) <= AT_ONCE


def unit_typed(office: Office, unit: str) -> str:
    """How a unit is typed so that it alone is meant: by its name, with its code where others are called so."""
    known = office.units.get(unit)
    return office.told_apart.get(unit, known.name) if known else unit


def person_typed(office: Office, key: str) -> str:
    """How a person is typed so that they alone are meant: by name, by e-mail where others are called so."""
    known = office.people.get(key)
    if known is None:
        return key
    return known.name if len(office.person_called.exactly(known.name)) == 1 else known.email or key


def units_near(office: Office, said: str, *, root: str = "") -> Sequence[Suggestion]:
    """Units whose code or name begins so, then those with a word that does; each with the unit above it."""
    return [suggested(office, unit) for unit in _near(office.unit_called, said, _places(office, root))]


def suggested(office: Office, unit: str) -> Suggestion:
    """A unit as it is typed, with the unit above it."""
    above = office.units.get(office.units[unit].parent or "")
    return Suggestion(typed=unit_typed(office, unit), beside=above.name if above else "")


def people_near(office: Office, said: str, *, root: str = "") -> Sequence[Suggestion]:
    """People whose name or e-mail begins so, then those with a word that does; each with their unit."""
    return [_person(office, key) for key in _near(office.person_called, said, _of(office, root))]


def people_suggested(office: Office, keys: Collection[str]) -> tuple[Suggestion, ...]:
    """These people, by name; who is not of the office is left out."""
    people = sorted((office.people[key].name, key) for key in keys if key in office.people)
    return tuple(_person(office, key) for _, key in people)


def all_near(office: Office, said: str) -> Sequence[Suggestion]:
    """Units and people, for a text that may mean either."""
    return [*units_near(office, said), *people_near(office, said)]


def _person(office: Office, key: str) -> Suggestion:
    known = office.people[key]
    unit = office.units.get(known.unit)
    beside = ", ".join(filter(None, (known.post, unit.name if unit else "")))
    return Suggestion(typed=person_typed(office, key), beside=beside)


def _one(called: NameIndex, said: str, seen: Seen | None, typed: Callable[[str], str], what: str) -> str:
    meant = _only(called, said, seen)
    if meant is not None:
        return meant
    found = list(_among(iter(called.exactly(said)), seen)) or list(
        islice(_among(called.beginning(said), seen), MOST + 1)
    )
    near = found or _near(called, said, seen)
    names = [typed(one) for one in near[:MOST]]
    more = "_more" if len(near) > MOST else ""
    code = f"several{more}" if found else "near" if names else "none"
    raise InvalidForm(f"web.found.{what}_{code}", text=said[:100], near=names)


def _only(called: NameIndex, said: str, seen: Seen | None) -> str | None:
    """The only one that is called so (the only one that is `seen`, where several are), else the only one whose
    calling begins so.
    """
    exactly = called.exactly(said)
    if len(exactly) > 1:
        exactly = tuple(_among(iter(exactly), seen))
    if exactly:
        return exactly[0] if len(exactly) == 1 else None
    found = list(islice(_among(called.beginning(said), seen), 2))
    return found[0] if len(found) == 1 else None


def _near(called: NameIndex, said: str, seen: Seen | None) -> list[str]:
    if not said.strip():
        return []
    found = chain(called.beginning(said), called.holding(said))
    return list(islice(dict.fromkeys(islice(_among(found, seen), 2 * MOST)), MOST))


def _among(found: Iterator[str], seen: Seen | None) -> Iterator[str]:
    return found if seen is None else filter(seen, found)


def _places(office: Office, root: str) -> Seen | None:
    """Units at `root` and below it; None is all of them."""
    return frozenset(office.below(root)).__contains__ if root else None


def _of(office: Office, root: str) -> Seen | None:
    """People of these units."""
    places = _places(office, root)
    return None if places is None else lambda key: places(office.people[key].unit)
