"""Repository of units, people (those who left too) and matches, read as one Office and saved by the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, Table, func, insert, select, update
from sqlmodel import Session, SQLModel

from merzim.storage.database import Row_, read_first, reading
from merzim.storage.events import Draft, changing_office, office_event, record
from merzim.storage.rows import Values
from merzim.storage.tables.accounts import ACCOUNT, AccountRow
from merzim.storage.tables.base import table
from merzim.storage.tables.events import EVENT, OF_OFFICE
from merzim.storage.tables.notices import LINK
from merzim.storage.tables.organisation import (
    FORMER,
    MATCH,
    PERSON,
    UNIT,
    FormerPersonRow,
    MatchRow,
    PersonRow,
    UnitRow,
)
from workflow.moments import Moment
from workflow.org.office import Office, Person, Unit, with_officer
from workflow.refusal import Refusal

_UNIT, _PERSON = TypeAdapter(Unit), TypeAdapter(Person)
_KEYS: Mapping[type[SQLModel], str] = {UnitRow: "id", PersonRow: "key", MatchRow: "text"}
"""The key of each table."""
NOBODY = Moment(by="", now=datetime.fromtimestamp(0, UTC), today=date(1970, 1, 1))
"""The author of changes for tests and measurements, without a moment."""


def save(
    engine: Engine,
    *,
    units: Iterable[Unit] = (),
    people: Iterable[Person] = (),
    matches: Mapping[str, str] | None = None,
    at: Moment = NOBODY,
) -> None:
    """Save units, people and matches by key in one transaction; others are kept. `matches`: responsible text ->
    unit id or person key. `at`: who makes the change: every new or changed row becomes an event of the office's
    chain.
    """
    matched = ({"text": text, "target": target} for text, target in (matches or {}).items())
    with changing_office(engine) as session:
        saved = [
            *_save(session, UnitRow, [_row_of(unit)[1] for unit in units], at),
            *_save(session, PersonRow, [_row_of(person)[1] for person in people], at),
            *_save(session, MatchRow, matched, at),
        ]
        record(session, *saved)


def office(engine: Engine, *, officer: str = "", language: str = "kk", kind: str = "") -> Office:
    """Return the office, with the officer (by key or e-mail) and the kind config.toml names."""
    with reading(engine) as session:
        units = {record.id: _unit_of(record._mapping) for record in _all(session, UNIT)}
        people = {record.key: _person_of(record._mapping) for record in _all(session, PERSON)}
        matches = {record.text: record.target for record in _all(session, MATCH)}
        former = {person.key: person for person in all_who_left(session) if person.key not in people}
    office = Office(units=units, people=people, matches=matches, former=former, kind=kind)
    return with_officer(office, officer, language=language)


def _all(session: Session, table: Table) -> Iterable[Row_]:
    return session.execute(table.select().order_by(*table.primary_key.columns))


def _save(session: Session, kind: type[SQLModel], lines: Iterable[Values], at: Moment) -> list[Draft]:
    """Write the rows that are new or differ; return their events."""
    key = _KEYS[kind]
    lines_by_key = {line[key]: line for line in lines}
    if not lines_by_key:
        return []
    stored = {getattr(row, key): row._mapping for row in _all(session, table(str(kind.__tablename__)))}
    new = [line for name, line in lines_by_key.items() if name not in stored]
    changed = [
        line
        for name, line in lines_by_key.items()
        if name in stored and any(stored[name][column] != value for column, value in line.items())
    ]
    # As plain rows: thousands, as objects, kept everybody else waiting twice as long.
    for step, written in ((insert(kind), new), (update(kind), changed)):
        if written:
            session.execute(step, written)
    return [_saved_event(kind, line, at) for line in new + changed]


def _saved_event(kind: type[SQLModel], line: Values, at: Moment) -> Draft:
    """Return the event of a saved row; what a person's says is private."""
    said = {"payload": {"values": line}} if kind is UnitRow else {"private": line}
    name = f"{kind.__tablename__}_saved"
    return Draft(kind=name, name=str(line[_KEYS[kind]]), on=at.today, by=at.by, at=at.now, **said)


def _unit_of(record: Mapping[Any, Any]) -> Unit:
    return _UNIT.validate_python({**record})


def _person_of(record: Mapping[Any, Any]) -> Person:
    """Return the person of a row, in the language of their own choice if they made one."""
    return _PERSON.validate_python({**record, "language": record["own_language"] or record["language"]})


def _row_of(value: Unit | Person) -> tuple[type[SQLModel], Values]:
    """Return the table of a unit or person, and their row. The own time of a unit is empty where it has none;
    of a person the choice of a language is left out: a table of people takes none away.
    """
    if isinstance(value, Person):
        return PersonRow, _PERSON.dump_python(value, mode="json")
    return UnitRow, {**_UNIT.dump_python(value, mode="json"), **({} if value.time else {"time": {}})}


_END = select(EVENT.c.seq, EVENT.c.hash).where(OF_OFFICE).order_by(EVENT.c.seq.desc()).limit(1)


class PresentOffice:
    """Units, people and matches; read again when the office's chain has another end. Any thread may ask.
    `officer`, `language`: the recipient config.toml names for letters nobody else can get, and their language.
    `kind`: the kind of organisation config.toml names.
    """

    def __init__(self, engine: Engine, *, officer: str = "", language: str = "kk", kind: str = "") -> None:
        self._engine, self._officer, self._language, self._kind = engine, officer, language, kind
        self._last: tuple[object, Office] | None = None

    def read(self) -> Office:
        """Return the office; the same object as long as nothing in it has changed."""
        # The end first: what is read after it may be newer, never older.
        end, last = read_first(self._engine, _END), self._last
        if last is None or last[0] != end:
            now = office(self._engine, officer=self._officer, language=self._language, kind=self._kind)
            self._last = last = end, last[1] if last is not None and last[1] == now else now
        return last[1]


def former_people(engine: Engine) -> Sequence[FormerPersonRow]:
    """Return those who left and have not come back, the longest gone first. A person of the same key has come
    back; a new owner of a former person's address has that key, too.
    """
    query = select(FormerPersonRow).where(FORMER.c.key.not_in(select(PERSON.c.key)))
    with reading(engine) as session:
        return session.scalars(query.order_by(FORMER.c.left_on, FORMER.c.number)).all()


def all_who_left(session: Session) -> Iterator[Person]:
    """Yield everybody who ever left, to be named in lists; the anonymised by the name in place of theirs."""
    for row in session.execute(select(FORMER).order_by(FORMER.c.number)):
        details = dict(reversed([word.partition(":")[::2] for word in row.said]))
        if row.anonymised_on is not None:
            details = dict(zip(("kk", "ru", "name"), row.key.split(" / "), strict=False))
        names = {"name_kk": details.get("kk", ""), "name_ru": details.get("ru", "")}
        yield Person(key=row.key, name=details.get("name") or row.key, unit="", **names)


def _add_former_person(session: Session, person: Person, *, left_on: date) -> None:
    """Add somebody who leaves to the former people, with all names and addresses, which are needed to anonymise
    them later. Those they left with before are anonymised with these, too: they stay, behind the new ones.
    """
    chats = session.scalars(select(LINK.c.chat).where(LINK.c.person == person.key))
    details = [f"name:{name}" for name in person.names] + [f"chat:{chat}" for chat in chats]
    details += [f"email:{person.email or ''}", f"kk:{person.name_kk}", f"ru:{person.name_ru}"]
    for account in session.scalars(select(AccountRow).where(ACCOUNT.c.person == person.key)):
        details += [f"login:{account.login}", f"name:{account.name}"]
    words = list(dict.fromkeys(word for word in details if word.partition(":")[2]))
    former = session.scalar(select(FormerPersonRow).where(FORMER.c.key == person.key))
    if former is not None:
        earlier = (word for word in former.said if word.partition(":")[0] not in ("kk", "ru"))
        former.said, former.left_on = list(dict.fromkeys((*words, *earlier))), left_on
        return
    last = session.execute(select(func.max(FORMER.c.number))).scalar() or 0
    session.add(FormerPersonRow(number=last + 1, key=person.key, said=words, left_on=left_on))


# ----------------------------------------------------------- changes of single units and people, each one event


def keep(engine: Engine, value: Unit | Person, *, was: Unit | Person | None, at: Moment) -> None:
    """Save a unit or a person; the language a person chose themselves ends. `was`: the state the writer saw,
    None for a new one. Raises Refusal: it has changed since; nothing was written.
    """
    kind, values = _row_of(value)
    with changing_office(engine) as session:
        row = _unchanged(session, value, was)
        # The row now has the language, regardless of who chose it before.
        stored = {**values, "own_language": ""} if isinstance(value, Person) else values
        session.add(kind(**stored) if row is None else row.sqlmodel_update(stored))
        record(session, _saved_event(kind, values, at))


def remove(engine: Engine, value: Unit | Person, *, at: Moment) -> None:
    """Remove a unit, or move a person to the former people, with the texts of schedules matched to it; a person
    is nobody's deputy any more. Raises Refusal: it has changed since the writer saw it.
    """
    kind, values = _row_of(value)
    key = values[_KEYS[kind]]
    with changing_office(engine) as session:
        session.delete(_unchanged(session, value, value))
        if isinstance(value, Person):
            _add_former_person(session, value, left_on=at.today)
            session.execute(PERSON.update().where(PERSON.c.deputy == key).values(deputy=None))
        session.execute(MATCH.delete().where(MATCH.c.target == key))
        record(session, office_event(at, f"{kind.__tablename__}_removed", key))


def _unchanged(session: Session, value: Unit | Person, was: object) -> SQLModel | None:
    """Return the stored row of a unit or person, None for a new one. Raises Refusal unless it is as the writer
    saw it.
    """
    kind, values = _row_of(value)
    row = session.get(kind, values[_KEYS[kind]])
    read: Callable[[Mapping[Any, Any]], Unit | Person] = _unit_of if kind is UnitRow else _person_of
    stored = None if row is None else read(dict(row))
    if stored != was:
        raise Refusal("office_changed_meanwhile", name=value.name)
    return row


def set_leave(
    engine: Engine, person: str, *, away: Sequence[tuple[date, date]], deputy: str | None, at: Moment
) -> None:
    """Set the absences (local dates, both ends included) and the deputy of a person; do nothing for an unknown
    person.
    """
    with changing_office(engine) as session:
        if (row := session.get(PersonRow, person)) is not None:
            _, values = _row_of(replace(_person_of(dict(row)), away=tuple(away), deputy=deputy))
            row.away, row.deputy = values["away"], deputy
            record(session, _saved_event(PersonRow, values, at))


def choose(
    engine: Engine, person: str, *, digest: str | None = None, language: str | None = None, at: Moment
) -> None:
    """Set whether a person gets a letter a day ("") or a week ("weekly"), and the language of their letters;
    None leaves it, and nothing happens if it is so already.
    """
    with changing_office(engine) as session:
        if (row := session.get(PersonRow, person)) is None:
            return
        chosen = dict[str, str]()
        if digest is not None and digest != row.digest:
            row.digest = digest
            chosen["digest_chosen"] = digest
        if language is not None and language != (row.own_language or row.language):
            row.own_language = language
            chosen["language_chosen"] = language
        drafts = [
            Draft(kind=kind, name=person, by=at.by, at=at.now, payload={"value": value})
            for kind, value in chosen.items()
        ]
        record(session, *drafts)
