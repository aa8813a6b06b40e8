"""The table of units and people: read, merged with those on record, written; the words of its cells."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from i18n import knows, say
from merzim.documents.sheets.dates import Days, date_refusal, read, reading_notes
from merzim.documents.sheets.listing import ColumnFormat, Table
from merzim.documents.sheets.rows import Line, columns, find_tables, lines_below, require_columns, text_of
from merzim.documents.sheets.texts import is_email, plain, tidy
from merzim.documents.sheets.unreadable import Errors, RowNote, UnreadableCell
from merzim.documents.sheets.workbook import open_paper
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, OF_A_PERSON, OUTSIDE, Office, Person, Unit

COLUMNS = columns("people")
IN_TWO = ("name_kk", "name_ru", "post_kk", "post_ru", "person_kk", "person_ru")
"""Columns with names of units, posts and people in the two languages of documents."""
WRITTEN = ("unit", "parent", "kind", "name", "post", "duties", "email", "language", "deputy", "away")
_OF_PERSON = {
    **{name: name for name in ("name", "post", "post_kk", "post_ru")},
    "person_kk": "name_kk",
    "person_ru": "name_ru",
}
"""Columns of plain texts about a person -> what a Person calls them."""


@dataclass(frozen=True, slots=True)
class ReadPeople:
    """The content of a table: units, parents before children; people in order; notes on how it was read."""

    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    notes: tuple[RowNote, ...] = ()


def read_people(data: bytes, name: str) -> ReadPeople:
    """Read units and people from a CSV or XLSX table with headings in Kazakh, Russian or English.

    A unit's id is its name. A person's key is the e-mail in lower case, else `unit / name`. A row without
    a name defines only a unit. Where names stand in columns of a language alone, the first is the main one. A
    deputy is named by e-mail or by name.

    Raises:
        UnreadablePaper: no column of units or names, or every bad row.
    """
    paper = open_paper(data, name)
    sheet, heading = find_tables(paper, COLUMNS, "paper_people_form_unknown", ("unit", "name"))[0]
    in_one = [heading.at[column] for column in IN_TWO[4:] if column in heading.at]
    if in_one and "name" not in heading.at:
        heading = replace(heading, at={**heading.at, "name": min(in_one)})
    require_columns(heading, COLUMNS, ("unit", "name"), paper)
    errors = Errors()
    lines = lines_below(sheet, heading, errors, formula_texts=("unit", "name"))
    units = _units(lines)
    people: dict[str, tuple[int, Person]] = {}
    other = heading.other.values()
    notes = [RowNote.of(heading.row, "read_column_ignored", column=text) for text in other]
    for line in lines:
        if (person := _person(line, _away(line, notes))) is None:
            continue
        if (first := people.setdefault(person.key, (line.number, person))[0]) != line.number:
            line.wrong("paper_person_twice", person=person.key, other=first)
    deputised = _with_deputies(people, errors)
    errors.refuse_or_empty(paper.name, units)
    return ReadPeople(units, deputised, tuple(notes))


def _units(lines: Sequence[Line]) -> tuple[Unit, ...]:
    """Return the units the rows name, parents before children; rows that contradict one another are errors."""
    units: dict[str, dict[str, Any]] = {}
    for line in lines:
        unit, parent = line.text("unit"), line.text("parent")
        if not unit:
            line.wrong("paper_cell_empty", column=COLUMNS.titles["unit"])
            continue
        said = units.setdefault(unit, {})
        if kind_text := line.text("kind"):
            kind = parse("kind", kind_text)
            if kind is None:
                line.wrong("paper_kind_unknown", text=kind_text, allowed=titles("kind"))
            elif said.setdefault("kind", kind) != kind:
                line.wrong("paper_kind_differs", unit=unit)
        for column in IN_TWO[:2]:
            text = line.text(column)
            if text and said.setdefault(column, text) != text:
                line.wrong("paper_unit_name_differs", unit=unit, column=COLUMNS.titles[column])
        if not parent or parent == said.get("parent"):
            continue
        if "parent" in said:
            line.wrong("paper_parent_differs", unit=unit, parent=parent, known=said["parent"])
        else:
            units.setdefault(parent, {})
            if unit in _upwards(parent, units):
                line.wrong("paper_parent_circle", unit=unit, parent=parent)
            else:
                said["parent"] = parent
    by_depth = sorted(units, key=lambda name: len(_upwards(name, units)))
    return tuple(Unit(id=name, name=name, **units[name]) for name in by_depth)


def _upwards(unit: str, units: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a unit and those it lies within, from the inside out."""
    path = [unit]
    while (parent := units[path[-1]].get("parent")) is not None:
        path.append(parent)
    return path


def _person(line: Line, away: Sequence[tuple[date, date]]) -> Person | None:
    """Return the person of a row, None without a name: it defines a unit alone, and duties are an error."""
    name, unit, address = line.text("name"), line.text("unit"), line.text("email")
    if not name:
        if not (address or line.text("duties")):
            return None
        line.wrong("paper_cell_empty", column=COLUMNS.titles["name"])
    email = address.lower() or None
    if email and not is_email(email):
        line.wrong("paper_email_malformed", text=address)
        email = None
    tongue = line.text("language")
    language = parse("language", tongue)
    if tongue and language is None:
        line.wrong("paper_language_unknown", text=tongue, allowed=LANGUAGES)
    person = Person(
        key=email or f"{unit} / {name}",
        unit=unit,
        duties=_duties(line),
        email=email,
        language=language or LANGUAGES[0],
        away=tuple(away),
        deputy=line.text("deputy") or None,
        **{said: line.text(column) for column, said in _OF_PERSON.items()},
    )
    return person if name else None


def _duties(line: Line) -> tuple[str, ...]:
    """Return the codes of the duties in a row, each once, none of an executor; an unknown word is an error."""
    codes: list[str] = []
    for word, code in duties(text_of(line.value("duties"))):
        if code is None:
            line.wrong("paper_duty_unknown", text=word, allowed=titles("duty"))
        elif code != EXECUTOR and code not in codes:
            codes.append(code)
    return tuple(codes)


def _away(line: Line, notes: list[RowNote]) -> list[tuple[date, date]]:
    """Return the absences of a person, and note what their texts became; an unreadable one is an error."""
    value, where = line.value("away"), line.heading.texts.get("away", "")
    if not line.text("name"):
        return []
    absences: list[tuple[date, date]] = []
    for part in value.replace("\n", ";").split(";") if isinstance(value, str) else [value]:
        try:
            reading = read(part, where=where)
        except UnreadableCell as refusal:
            line.errors.take(line.number, refusal)
            continue
        if isinstance(reading, Days):
            absences.append((reading.first, reading.last))
            notes += reading_notes(line.number, tidy(text_of(part)), reading)
        elif reading is not None:
            line.errors.take(line.number, date_refusal(reading.text, where=where))
    return absences


def _with_deputies(people: Mapping[str, tuple[int, Person]], errors: Errors) -> tuple[Person, ...]:
    """Return the people with the keys of their deputies; a deputy who is not one other person is an error."""
    keys: dict[str, list[str]] = {}
    for key, (_, person) in people.items():
        for known_as in {plain(key), *map(plain, person.names)}:
            keys.setdefault(known_as, []).append(key)
    linked = []
    for key, (row, person) in people.items():
        if person.deputy is not None:
            matching_keys = [other for other in keys.get(plain(person.deputy), []) if other != key]
            if len(matching_keys) != 1:
                errors.add(row, "paper_deputy_unknown", text=person.deputy)
            person = replace(person, deputy=matching_keys[0] if len(matching_keys) == 1 else None)
        linked.append(person)
    return tuple(linked)


def merge_people(read: ReadPeople, office: Office) -> ReadPeople:
    """Return a table of people under the ids and keys on record, filled up with what it leaves out of them. A
    renamed unit is still the same unit; a person keeps their key though the e-mail, or unit and name, it was
    made of changed since. A new unit without parent and kind is part of the only organisation there is.
    """
    unit_ids = {plain(unit.name): unit.id for unit in office.units.values()}

    def known(unit: str) -> str:
        return unit if unit in office.units else unit_ids.get(plain(unit), unit)

    units = [
        replace(unit, id=known(unit.id), parent=known(unit.parent) if unit.parent else None)
        for unit in read.units
    ]
    organisation = _only_organisation(units, office)
    units.sort(key=lambda unit: unit.id != organisation)  # parents before children

    def place(person: Person) -> object:
        """Return by what a person is known again: the e-mail, else unit and name."""
        return person.email.casefold() if person.email else (known(person.unit), plain(person.name))

    keys = {place(person): person.key for person in office.people.values()}
    same = {person.key: keys.get(place(person), person.key) for person in read.people}
    people = [
        replace(
            person,
            key=same[person.key],
            unit=known(person.unit),
            deputy=same.get(person.deputy, person.deputy) if person.deputy else None,
        )
        for person in read.people
    ]
    return ReadPeople(
        tuple(_kept_unit(unit, office.units.get(unit.id), organisation) for unit in units),
        tuple(_kept_person(person, office.people.get(person.key)) for person in people),
        read.notes,
    )


def _only_organisation(units: Sequence[Unit], office: Office) -> str | None:
    """Return the id of the only top-level unit, on record or by its kind in the table; None unless just one."""
    in_table = (unit.id for unit in units if unit.kind and not unit.parent and unit.id not in office.units)
    tops = {*office.tops, *in_table}
    return tops.pop() if len(tops) == 1 else None


def _kept_unit(unit: Unit, recorded: Unit | None, organisation: str | None) -> Unit:
    """Return a unit with the recorded data the table lacks; a new one goes below the organisation."""
    if recorded is None:
        return unit if unit.parent or unit.kind else replace(unit, parent=organisation)
    said = {name: getattr(unit, name) or getattr(recorded, name) for name in ("parent", "kind", *IN_TWO[:2])}
    return replace(recorded, name=unit.name, **said)


def _kept_person(person: Person, recorded: Person | None) -> Person:
    """Return a person with the recorded data the table lacks; names by language while the name is the same."""
    if recorded is None:
        return person
    same = [name for name in ("name", "post") if getattr(person, name) == getattr(recorded, name)]
    in_two = [f"{name}_{language}" for name in same for language in ("kk", "ru")]
    said = {name: getattr(person, name) or getattr(recorded, name) for name in in_two}
    return replace(person, digest=recorded.digest, **said)


NEVER_HELD = OF_A_PERSON | {OUTSIDE}
"""Duties no row names: they follow from a case, or are of a body outside."""
SHEETS = ("people", "words", "example")


def people_table(office: Office, language: str) -> Table:
    """Return a table with a row for each person, ordered by unit, and one for each unit without people."""
    rows: list[list[str]] = []
    for id in dict.fromkeys((*office.units, *(person.unit for person in office.by_name))):
        unit = office.units.get(id) or Unit(id=id, name=id)
        parent = office.units.get(unit.parent or "")
        cells = {"unit": unit.name, "name_kk": unit.name_kk, "name_ru": unit.name_ru}
        cells |= {"parent": parent.name if parent else "", "kind": title("kind", unit.kind, language)}
        of_people = [_cells(person, language) for person in office.people_of.get(id, ())]
        rows += [
            [(cells | of_person).get(column) or "" for column in (*WRITTEN, *IN_TWO)]
            for of_person in of_people or [{}]
        ]
    return Table([COLUMNS.titles[column][language] for column in (*WRITTEN, *IN_TWO)], rows)


def _cells(person: Person, language: str) -> dict[str, str | None]:
    """Return the cells of a person by column, without those of the unit."""
    cells = {column: getattr(person, said) for column, said in _OF_PERSON.items()}
    return {
        **cells,
        **{column: getattr(person, column) for column in ("email", "language", "deputy")},
        "duties": "; ".join(title("duty", duty, language) for duty in person.duties),
        "away": "; ".join(f"{first:%d.%m.%Y} – {last:%d.%m.%Y}" for first, last in person.away),
    }


def people_sheets(office: Office, language: str) -> list[Table]:
    """Return the table, the sheet with the words its cells offer, and where there are no people yet an example.

    Only the first sheet is read back. It asks for names in two languages, which papers in both need.
    """
    words = {
        "duties": [title("duty", duty, language) for duty in DUTIES if duty not in NEVER_HELD],
        "kind": [title("kind", kind, language) for kind in KINDS],
    }
    table = people_table(office, language)
    names = [say(f"people.sheet.{sheet}", {}, language) for sheet in SHEETS]
    heads = [COLUMNS.titles[column][language] for column in words]
    word_table = Table(heads, list(zip_longest(*words.values(), fillvalue="")), names[1])
    offered = {
        WRITTEN.index(column): ColumnFormat(rule={"validate": "list", "source": [*texts], "show_error": False})
        for column, texts in {**words, "language": LANGUAGES}.items()
    }
    sheets = [replace(table, name=names[0], columns=offered), word_table]
    if not office.people:
        sheets.append(replace(people_table(_example(language), language), name=names[2]))
    return sheets


def _example(language: str) -> Office:
    """Return an office that shows how the table is filled in."""

    def said(what: str, code: str) -> dict[str, Any]:
        spoken = {"": language, "_kk": "kk", "_ru": "ru"}
        return {what + ending: say(f"people.example.{code}", {}, of) for ending, of in spoken.items()}

    def person(number: int, unit: str, *duties: str, **rest: Any) -> Person:
        names = said("name", f"name_{number}") | said("post", f"post_{number}")
        email = f"{number}@example.kz"
        return Person(key=email, email=email, unit=unit, duties=duties, language=language, **names, **rest)

    units = (
        Unit(id="office", kind="central_body", **said("name", "office")),
        Unit(id="unit", parent="office", **said("name", "unit")),
    )
    away = ((date(2026, 7, 1), date(2026, 7, 14)),)
    people = (
        person(1, "office", "head", "collegial_body"),
        person(2, "unit", "authorised_person", "head_of_unit", deputy="3@example.kz", away=away),
        person(3, "unit", "authorised_person", deputy="2@example.kz"),
    )
    return Office(units={unit.id: unit for unit in units}, people={person.key: person for person in people})


Named = Literal["duty", "kind", "language"]
_CODES: Mapping[Named, tuple[str, ...]] = {"duty": DUTIES, "kind": KINDS, "language": ()}
_WORDS = tomllib.loads(Path(__file__).with_name("people.toml").read_text(encoding="utf-8"))
EXECUTOR = ""
"""What a word for somebody who carries out work names: no duty, and no more access than everybody has."""


@cache
def titles(named: Named) -> tuple[Text, ...]:
    """Return the catalogue titles of the duties, or of the kinds of organisation."""
    return tuple(
        Text(*(say(f"{named}.{code}", {}, language) for language in LANGUAGES)) for code in _CODES[named]
    )


def title(named: Named, code: str, language: str) -> str:
    """Return the title of a duty or kind; its code if it has no title any more, "" for no kind."""
    return say(f"{named}.{code}", {}, language) if knows(f"{named}.{code}") else code


@cache
def _by_word(named: Named) -> Mapping[str, str]:
    """Return each title, code and word, plainly written, -> its code; people.toml has the last say."""
    codes = _CODES[named]
    by_title = {
        plain(text[language]): code
        for code, text in zip(codes, titles(named), strict=True)
        for language in LANGUAGES
    }
    further = {plain(word): code for code, words in _WORDS[named].items() for word in words}
    return by_title | {plain(code): code for code in codes} | further


def parse(named: Named, word: str) -> str | None:
    """Return the duty (EXECUTOR for an executor's), kind or language a word names; None if it names none."""
    code = word.strip()
    return code if code in _CODES[named] else _by_word(named).get(plain(word))


def duties(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield each duty named in a cell, as written and by its code (EXECUTOR for none, None for an unknown one).

    They are separated by commas, semicolons or lines; a title may itself contain a comma.
    """
    parts = [part for part in map(tidy, re.split(r"[\n;,]", text)) if part]
    while parts:
        ends = range(1, len(parts) + 1)
        count = next((end for end in ends if parse("duty", " ".join(parts[:end])) is not None), 1)
        duty_text = ", ".join(parts[:count])
        yield duty_text, parse("duty", duty_text)
        del parts[:count]
