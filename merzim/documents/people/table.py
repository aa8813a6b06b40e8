"""Reads the table of people: units, their people, duties and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from i18n import add_word
from merzim.documents.people import office_time as people_time
from merzim.documents.people.read_people import ReadAbsence, ReadPeople, TableAccount
from merzim.documents.people.words import (
    EXECUTOR,
    GIVEN_ACCESSES,
    duties,
    parse_access,
    parse_kind,
    parse_language,
    titles,
)
from merzim.documents.sheets.columns import (
    Heading,
    SheetColumn,
    column,
    find_heading,
    require_columns,
    without_formulas,
)
from merzim.documents.sheets.dates import Nothing, WrittenDay, WrittenSpan, ends, not_read, read
from merzim.documents.sheets.rows import RowOfSheet, text_of
from merzim.documents.sheets.texts import is_address, plain, tidy
from merzim.documents.sheets.unreadable import Errors, UnreadableCell, UnreadablePaper
from merzim.documents.sheets.workbook import Source, open_paper
from workflow.languages import LANGUAGES
from workflow.org import office as org
from workflow.org.kinds import KINDS
from workflow.org.office import Person, Unit
from workflow.org.office_time import OfficeTime

PARENT = column(
    "parent",
    "Жоғары тұрған бөлімше",
    "Вышестоящее подразделение",
    "Parent unit",
    r"вышестоящ|жоғары|parent|головн|бағынады",
)
DEPUTY = column("deputy", "Алмастырушы", "Замещающий", "Deputy", r"замещ|алмастыр|deputy|орынбасар|заместител")
UNIT = column("unit", "Бөлімше", "Подразделение", "Unit", r"подраздел|бөлімше|unit")
NAME = column("name", "Аты-жөні", "ФИО", "Name", r"фио|ф и о|фамили|имя|аты жөні|т а ә|таә|name")
POST = column("post", "Лауазымы", "Должность", "Post", r"должност|лауазым|post\b|position")
DUTIES = column("duties", "Міндеттері", "Обязанности", "Duties", r"обязанност|роль|роли|міндет|рөл|dut|role")
ACCESS = column(
    "access",
    "Жүйедегі рөлі",
    "Роль в системе",
    "Access",
    r"рол\w* в систем|жүйедегі рөл|доступ|қолжетім|access",
)
LOGIN = column(
    "login",
    *("Пайдаланушы аты", "Имя пользователя", "Log-in name"),
    r"имя пользовател|для входа|пайдаланушы аты|логин|log in",
)
EMAIL = column("email", "Электрондық пошта", "Электронная почта", "E-mail", r"e mail|email|почт|пошта|эл\b")
LANGUAGE = column("language", "Тілі", "Язык", "Language", r"язык|тіл|language")
AWAY = column("away", "Жоқ кезеңдері", "Отсутствует", "Away", r"отсутств|отпуск|жоқ|демалыс|away|absen")
IN_TWO = tuple(
    column(
        f"{column_prefix}_{code}",
        f"{kk} ({in_kk})",
        f"{ru} ({in_ru})",
        f"{en} ({in_en})",
        rf"(?:{roots}).*\b(?:{tongue})",
    )
    for column_prefix, kk, ru, en, roots in (
        ("name", "Бөлімше", "Подразделение", "Unit", "подраздел|бөлімше|unit"),
        ("post", "Лауазымы", "Должность", "Post", "должност|лауазым|post|position"),
        ("person", "Аты-жөні", "ФИО", "Name", "фио|ф и о|фамили|имя|аты жөні|т а ә|таә|name"),
    )
    for code, in_kk, in_ru, in_en, tongue in (
        ("kk", "қазақша", "на казахском", "Kazakh", "қазақ|казах|kazakh|kk|қаз|каз"),
        ("ru", "орысша", "на русском", "Russian", "орыс|русс|russian|ru|рус"),
    )
)
"""Columns with names of units, posts and people in the two languages of documents."""
KIND = column(
    "kind", "Ұйымның түрі", "Вид организации", "Kind", r"вид организац|вид орган|ұйымның түрі|ұйым түрі|kind\b"
)
COLUMNS = (
    *people_time.COLUMNS,
    *IN_TWO,
    *(ACCESS, LOGIN),
    *(PARENT, DEPUTY, KIND, UNIT, NAME, POST, DUTIES, EMAIL, LANGUAGE, AWAY),
)


def read_people(
    source: Source,
    name: str | None = None,
    *,
    own_titles: Mapping[str, Mapping[str, str]] | None = None,
) -> ReadPeople:
    """Read units and people from a CSV or XLSX table with headings in Kazakh, Russian or English.

    A unit's id is its name. A person's key is the e-mail in lower case, else `unit / name`. A row without
    a name defines only a unit. Where names stand in columns of a language alone, the first is the main one. A
    deputy is named by e-mail or by name.

    Args:
        own_titles: of duties and kinds of own law: `duty.` or `kind.` and the code -> language -> title.

    Raises:
        UnreadablePaper: columns `unit` and `name` missing, or every bad row: no unit, an unknown duty or
            language, a malformed e-mail, the same person twice, an unknown deputy, two parents, a cycle of
            units, an office time that is unreadable or differs between rows of one unit.
    """
    paper = open_paper(source, name)
    tables = [(sheet, heading) for sheet in paper.sheets if (heading := find_heading(sheet, COLUMNS))]
    if not tables:
        raise UnreadablePaper("paper_people_form_unknown", name=paper.name, columns=(UNIT.title, NAME.title))
    sheet, heading = tables[0]
    in_one = [heading.at[sheet_column.id] for sheet_column in IN_TWO[4:] if sheet_column.id in heading.at]
    if in_one and NAME.id not in heading.at:
        heading = replace(heading, at={**heading.at, NAME.id: min(in_one)})
    require_columns(heading, (UNIT, NAME), paper)
    errors = Errors()
    for code, texts in (own_titles or {}).items():
        # In the process of its own in which a file is read nobody has named them yet.
        add_word(code, texts)
    own_codes = [code.partition(".") for code in own_titles or {}]
    known_duties = (*org.DUTIES, *(code for prefix, _, code in own_codes if prefix == "duty"))
    known_kinds = (*KINDS, *(code for prefix, _, code in own_codes if prefix == "kind"))
    where = {place: heading.texts.get(id, "") for id, place in heading.at.items()}
    never_empty = (heading.at[UNIT.id], heading.at[NAME.id])
    rows = [row for row in sheet.rows if row.number > heading.row]
    readable = [without_formulas(row, where, errors, texts=never_empty) for row in rows]
    units = _units(readable, heading, errors, known_kinds)
    people: dict[str, tuple[int, Person]] = {}
    accounts: list[TableAccount] = []
    absences: list[ReadAbsence] = []
    for row in readable:
        away = _away(row, heading, errors)
        person = _person(row, heading, errors, known_duties, away)
        if person is None:
            continue
        if person.key in people:
            errors.add(row.number, "paper_person_twice", person=person.key, other=people[person.key][0])
        people.setdefault(person.key, (row.number, person))
        accounts += _account(row, heading, person, errors)
        absences += away
    deputised = _with_deputies(people, errors)
    errors.refuse(paper.name)
    if not units:
        raise UnreadablePaper("paper_no_rows", name=paper.name)
    return ReadPeople(units, deputised, tuple(accounts), tuple(absences))


def _cell(row: RowOfSheet, heading: Heading, sheet_column: SheetColumn) -> str:
    return tidy(text_of(row.cell(heading.at[sheet_column.id]))) if sheet_column.id in heading.at else ""


def _units(
    rows: list[RowOfSheet], heading: Heading, errors: Errors, allowed_kinds: tuple[str, ...]
) -> tuple[Unit, ...]:
    parents: dict[str, str | None] = {}
    kinds: dict[str, str] = {}
    times: dict[str, OfficeTime] = {}
    names: dict[tuple[str, str], str] = {}
    for row in rows:
        unit, parent = _cell(row, heading, UNIT), _cell(row, heading, PARENT)
        if not unit:
            errors.add(row.number, "paper_cell_empty", column=UNIT.title)
            continue
        _take_kind(row, heading, unit, kinds, errors, allowed_kinds)
        people_time.read_office_time(row, heading, unit, times, errors)
        _take_names(row, heading, unit, names, errors)
        before = parents.get(unit)
        if parent and before and before != parent:
            errors.add(row.number, "paper_parent_differs", unit=unit, parent=parent, known=before)
            continue
        parents[unit] = parent or before
        if parent:
            parents.setdefault(parent, None)
            if _within(unit, parent, parents):
                errors.add(row.number, "paper_parent_circle", unit=unit, parent=parent)
                parents[unit] = before
    return tuple(
        Unit(
            id=name,
            name=name,
            parent=parents[name],
            kind=kinds.get(name, ""),
            time=people_time.unit_office_time(times, name),
            name_kk=names.get((name, "name_kk"), ""),
            name_ru=names.get((name, "name_ru"), ""),
        )
        for name in sorted(parents, key=lambda u: _depth(u, parents))
    )


def _take_kind(
    row: RowOfSheet,
    heading: Heading,
    unit: str,
    kinds: dict[str, str],
    errors: Errors,
    allowed_kinds: tuple[str, ...],
) -> None:
    """Read the kind of a unit; two rows that differ are an error."""
    kind_text = _cell(row, heading, KIND)
    if not kind_text:
        return
    code = parse_kind(kind_text, allowed_kinds)
    if code is None:
        errors.add(row.number, "paper_kind_unknown", text=kind_text, allowed=titles("kind.", allowed_kinds))
    elif kinds.setdefault(unit, code) != code:
        errors.add(row.number, "paper_kind_differs", unit=unit)


def _take_names(
    row: RowOfSheet, heading: Heading, unit: str, names: dict[tuple[str, str], str], errors: Errors
) -> None:
    """Read the name of a unit in each language; two rows that differ are an error."""
    for text_column in IN_TWO[:2]:
        text = _cell(row, heading, text_column)
        if text and names.setdefault((unit, text_column.id), text) != text:
            errors.add(row.number, "paper_unit_name_differs", unit=unit, column=text_column.title)


def _within(unit: str, place: str, parents: Mapping[str, str | None]) -> bool:
    """Return whether `place` is the unit itself or lies within it."""
    at: str | None = place
    for _ in range(len(parents) + 1):
        if at is None or at == unit:
            break
        at = parents.get(at)
    return at == unit


def _depth(unit: str, parents: Mapping[str, str | None]) -> int:
    depth, at = 0, parents[unit]
    while at is not None:
        depth, at = depth + 1, parents[at]
    return depth


def _person(
    row: RowOfSheet,
    heading: Heading,
    errors: Errors,
    allowed_duties: tuple[str, ...],
    away: Iterable[ReadAbsence],
) -> Person | None:
    name, unit = _cell(row, heading, NAME), _cell(row, heading, UNIT)
    if not name:
        if not (_cell(row, heading, EMAIL) or _cell(row, heading, DUTIES)):
            return None
        errors.add(row.number, "paper_cell_empty", column=NAME.title)
    address = _cell(row, heading, EMAIL)
    email = address.lower() or None
    if email and not is_address(email):
        errors.add(row.number, "paper_email_malformed", text=address)
        email = None
    tongue = _cell(row, heading, LANGUAGE)
    if tongue and parse_language(tongue) is None:
        errors.add(row.number, "paper_language_unknown", text=tongue, allowed=LANGUAGES)
    person = Person(
        key=email or f"{unit} / {name}",
        name=name,
        unit=unit,
        post=_cell(row, heading, POST),
        name_kk=_cell(row, heading, IN_TWO[4]),
        name_ru=_cell(row, heading, IN_TWO[5]),
        post_kk=_cell(row, heading, IN_TWO[2]),
        post_ru=_cell(row, heading, IN_TWO[3]),
        duties=_duties(row, heading, errors, allowed_duties),
        email=email,
        language=parse_language(tongue) or LANGUAGES[0],
        away=tuple((absence.first, absence.last) for absence in away),
        deputy=_cell(row, heading, DEPUTY) or None,
    )
    return person if name else None


def _account(row: RowOfSheet, heading: Heading, person: Person, errors: Errors) -> tuple[TableAccount, ...]:
    """Return the account a row requests, if it names an access or a log-in name."""
    access_text, login = _cell(row, heading, ACCESS), _cell(row, heading, LOGIN)
    access = parse_access(access_text)
    if access_text and access is None:
        errors.add(
            row.number, "paper_access_unknown", text=access_text, allowed=titles("access.", GIVEN_ACCESSES)
        )
    return (TableAccount(person.key, access or "", login),) if access_text or login else ()


def _duties(
    row: RowOfSheet, heading: Heading, errors: Errors, allowed_duties: tuple[str, ...]
) -> tuple[str, ...]:
    if "duties" not in heading.at:
        return ()
    codes: list[str] = []
    for word, code in duties(text_of(row.cell(heading.at["duties"])), allowed_duties):
        if code is None:
            errors.add(row.number, "paper_duty_unknown", text=word, allowed=titles("duty.", allowed_duties))
        elif code != EXECUTOR and code not in codes:
            codes.append(code)
    return tuple(codes)


def _away(row: RowOfSheet, heading: Heading, errors: Errors) -> tuple[ReadAbsence, ...]:
    if "away" not in heading.at or not _cell(row, heading, NAME):
        return ()
    value = row.cell(heading.at["away"])
    absences: list[ReadAbsence] = []
    for part in value.replace("\n", ";").split(";") if isinstance(value, str) else [value]:
        try:
            reading = read(part, where=heading.texts["away"])
        except UnreadableCell as refusal:
            errors.take(row.number, refusal)
            continue
        if isinstance(reading, WrittenSpan | WrittenDay):
            absences.append(ReadAbsence(row.number, tidy(text_of(part)), *ends(reading)))
        elif not isinstance(reading, Nothing):
            errors.take(row.number, not_read(reading.text, where=heading.texts["away"]))
    return tuple(absences)


def _with_deputies(people: Mapping[str, tuple[int, Person]], errors: Errors) -> tuple[Person, ...]:
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
