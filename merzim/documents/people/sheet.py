"""Writes the office's units and people as a table that can be imported again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from i18n import say
from merzim.documents.people.table import COLUMNS, IN_TWO
from merzim.documents.people.words import title
from merzim.documents.sheets.listing import ColumnFormat, Table
from workflow.languages import LANGUAGES
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES as DUTY_CODES
from workflow.org.office import OF_A_PERSON, OUTSIDE, Office, Person, Unit

SHEETS = ("people", "words", "example")
NEVER_HELD = OF_A_PERSON | {OUTSIDE}
"""Duties no row names: they follow from a case, or are of a body outside."""
WRITTEN = ("unit", "parent", "kind", "name", "post", "duties", "email", "language", "deputy", "away")


def people_table(office: Office, language: str) -> Table:
    """Return a table with a row for each person, ordered by unit, and one for each unit without people."""
    rows: list[list[str]] = []
    by_unit: dict[str, list[Person]] = {id: [] for id in office.units}
    for person in office.by_name:
        by_unit.setdefault(person.unit, []).append(person)
    for id, people in by_unit.items():
        unit = office.units.get(id) or Unit(id=id, name=id)
        parent = office.units.get(unit.parent or "")
        place = [unit.name, parent.name if parent else "", title("kind", unit.kind, language)]
        names = [unit.name_kk, unit.name_ru]
        rows += [
            [
                *(*place, *_person(person, language), *names),
                *(person.post_kk, person.post_ru, person.name_kk, person.name_ru),
            ]
            for person in people
        ] or [[*place, *[""] * 7, *names, *[""] * 4]]
    return Table([COLUMNS.titles[column][language] for column in (*WRITTEN, *IN_TWO)], rows)


def people_sheets(office: Office, language: str) -> list[Table]:
    """Return the table, the sheet with the words its cells offer, and where there are no people yet an example.

    Only the first sheet is read back. It asks for names in two languages, which papers in both need.
    """
    words = {
        "duties": [title("duty", duty, language) for duty in DUTY_CODES if duty not in NEVER_HELD],
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
        sheets.append(Table(table.heads, _example(language), names[2]))
    return sheets


def _example(language: str) -> list[list[str]]:
    """Return rows that show how the table is filled in."""

    def text(what: str, spoken: str = language) -> str:
        return say(f"people.example.{what}", {}, spoken)

    def row(number: int, parent: str, duties: Sequence[str], deputy: str, away: str) -> list[str]:
        person_cells = [
            text(f"name_{number}"),
            text(f"post_{number}"),
            "; ".join(title("duty", duty, language) for duty in duties),
            f"{number}@example.kz",
            language,
        ]
        kind = "" if parent else title("kind", "central_body", language)
        unit = "unit" if parent else "office"
        name_cells = [
            text(code, language)
            for code in (unit, f"post_{number}", f"name_{number}")
            for language in ("kk", "ru")
        ]
        return [text(unit), parent, kind, *person_cells, deputy, away, *name_cells]

    away = "01.07.2026 – 14.07.2026"
    return [
        row(1, "", ("head", "collegial_body"), "", ""),
        row(2, text("office"), ("authorised_person", "head_of_unit"), "3@example.kz", away),
        row(3, text("office"), ("authorised_person",), "2@example.kz", ""),
    ]


def _person(person: Person, language: str) -> list[str]:
    """Return the cells of a person, in the order of WRITTEN after those of the unit."""
    duties = [title("duty", duty, language) for duty in person.duties]
    away = [f"{first:%d.%m.%Y} – {last:%d.%m.%Y}" for first, last in person.away]
    return [
        person.name,
        person.post,
        "; ".join(duties),
        person.email or "",
        person.language,
        person.deputy or "",
        "; ".join(away),
    ]
