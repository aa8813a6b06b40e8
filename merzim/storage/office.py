"""Repository of units, people (those who left too) and matches, read as one Office and saved by the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from pydantic import TypeAdapter
from sqlalchemy import Column, ColumnElement, Engine, Table, func, select
from sqlmodel import Session

from merzim.storage.database import Row_, insert, read_first, reading, writing
from merzim.storage.events import Draft, office_event, record
from merzim.storage.rows import Values
from merzim.storage.tables.accounts import ACCOUNT
from merzim.storage.tables.events import EVENT, OF_OFFICE
from merzim.storage.tables.notices import LINK
from merzim.storage.tables.organisation import FORMER, MATCH, PERSON, UNIT, FormerPersonRow
from workflow.moments import Moment
from workflow.org.office import Office, Person, Unit, with_officer
from workflow.refusal import Refusal

_UNIT, _PERSON = TypeAdapter(Unit), TypeAdapter(Person)
NOBODY = Moment(by="", now=datetime.fromtimestamp(0, UTC), today=date(1970, 1, 1))
"""The author of changes for tests and measurements, without a moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveCounts:
    """Numbers of rows that were new, changed, or unchanged."""

    added: int = 0
    changed: int = 0
    same: int = 0


def save(
    engine: Engine,
    *,
    units: Iterable[Unit] = (),
    people: Iterable[Person] = (),
    matches: Mapping[str, str] | None = None,
    at: Moment = NOBODY,
) -> SaveCounts:
    """Save units, people and matches by key in one transaction; others are kept.

    Args:
        matches: responsible text -> unit id or person key.
        at: who makes the change: every new or changed row becomes an event of the office's chain.
    """
    tables: list[tuple[Table, list[Values]]] = [
        (UNIT, [unit_values(unit) for unit in units]),
        (PERSON, [person_values(person) for person in people]),
        (MATCH, [{"text": text, "target": target} for text, target in (matches or {}).items()]),
    ]
    with writing(engine) as session:
        counts = [_save(session, table, lines, at) for table, lines in tables if lines]
    return SaveCounts(
        added=sum(count.added for count in counts),
        changed=sum(count.changed for count in counts),
        same=sum(count.same for count in counts),
    )


def office(engine: Engine, *, officer: str = "", language: str = "kk", kind: str = "") -> Office:
    """Return the office, with the officer (by key or e-mail) and the kind config.toml names."""
    with reading(engine) as session:
        units = {record.id: unit_of(record) for record in _all(session, UNIT)}
        people = {record.key: person_of(record) for record in _all(session, PERSON)}
        matches = {record.text: record.target for record in _all(session, MATCH)}
        former = {person.key: person for person in all_who_left(session) if person.key not in people}
    office = Office(units=units, people=people, matches=matches, former=former, kind=kind)
    return with_officer(office, officer, language=language)


def _all(session: Session, table: Table) -> Iterable[Row_]:
    return session.execute(table.select().order_by(*table.primary_key.columns))


def _save(session: Session, table: Table, lines: list[Values], at: Moment) -> SaveCounts:
    """Write the rows that are new or differ, with their events."""
    [key] = [column.name for column in table.primary_key.columns]
    records_by_key = {record._mapping[key]: record._mapping for record in _all(session, table)}
    lines_by_key = {line[key]: line for line in lines}
    new = [line for name, line in lines_by_key.items() if name not in records_by_key]
    other = [
        line
        for name, line in lines_by_key.items()
        if name in records_by_key and any(records_by_key[name][column] != line[column] for column in line)
    ]
    put(session, table, new + other)
    record(session, *(saved_event(table, line, at) for line in new + other))
    return SaveCounts(added=len(new), changed=len(other), same=len(lines_by_key) - len(new) - len(other))


def put(session: Session, table: Table, lines: Sequence[Values]) -> None:
    """Write rows by their key; a column they do not name keeps its value."""
    if lines:
        step = insert(session, table)
        keys = table.primary_key.columns
        values = {name: step.excluded[name] for name in lines[0] if name not in keys}
        session.execute(step.on_conflict_do_update(index_elements=keys, set_=values), lines)


def saved_event(table: Table, line: Values, at: Moment) -> Draft:
    """Return the event of a saved row; what a person's says is private."""
    [key] = [column.name for column in table.primary_key.columns]
    return Draft(
        kind=f"{table.name}_saved",
        name=str(line[key]),
        on=at.today,
        by=at.by,
        at=at.now,
        **({"payload": {"values": line}} if table is UNIT else {"private": line}),
    )


def unit_of(record: Row_) -> Unit:
    return _UNIT.validate_python({**record._mapping})


def unit_values(unit: Unit) -> Values:
    """Return the row of a unit; its own time is empty where it has none."""
    return {**_UNIT.dump_python(unit, mode="json"), **({} if unit.time else {"time": {}})}


def person_of(record: Row_) -> Person:
    """Return the person of a row, in the language of their own choice if they made one."""
    return _PERSON.validate_python({**record._mapping, "language": record.own_language or record.language})


def person_values(person: Person) -> Values:
    """Return the row of a person, without their choice of a language: a table of people takes none away."""
    values: Values = _PERSON.dump_python(person, mode="json")
    return values


_END = select(EVENT.c.seq, EVENT.c.hash).where(OF_OFFICE).order_by(EVENT.c.seq.desc()).limit(1)


class PresentOffice:
    """Units, people and matches; read again when the office's chain has another end. Any thread may ask.

    Args:
        officer, language: the recipient config.toml names for letters nobody else can get, and their language.
        kind: the kind of organisation config.toml names.
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
    """Return those who left and have not come back, the longest gone first.

    A person of the same key has come back; a new owner of a former person's address has that key, too.
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


def add_former_person(session: Session, key: str, details: Iterable[str], *, left_on: date) -> None:
    """Add somebody who leaves to the former people, with what identifies them, in the caller's transaction.

    Who left before under other names is anonymised with these, too: they stay, behind the new ones.
    """
    words = list(dict.fromkeys(word for word in details if word.partition(":")[2]))
    former = session.scalar(select(FormerPersonRow).where(FORMER.c.key == key))
    if former is not None:
        earlier = (word for word in former.said if word.partition(":")[0] not in ("kk", "ru"))
        former.said, former.left_on = list(dict.fromkeys((*words, *earlier))), left_on
        return
    last = session.execute(select(func.max(FORMER.c.number))).scalar() or 0
    session.add(FormerPersonRow(number=last + 1, key=key, said=words, left_on=left_on))


class SqlStaff:
    """Changes units and people one at a time; every method is one transaction and one event of the office's
    chain.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_unit(self, unit: Unit, *, was: Unit | None, at: Moment) -> None:
        """Save a unit. `was`: the state the writer saw, None for a new one.

        Raises:
            Refusal: it has changed since; nothing was written.
        """
        with writing(self._engine) as session:
            _refuse_changed(_unit(session, unit.id), was, unit.name)
            put(session, UNIT, [unit_values(unit)])
            record(session, saved_event(UNIT, unit_values(unit), at))

    def remove_unit(self, unit: Unit, *, at: Moment) -> None:
        """Remove a unit, with the texts of schedules matched to it. Raises Refusal: it has changed since."""
        with writing(self._engine) as session:
            _refuse_changed(_unit(session, unit.id), unit, unit.name)
            session.execute(UNIT.delete().where(UNIT.c.id == unit.id))
            _unmatch(session, unit.id)
            record(session, office_event(at, "unit_removed", unit.id))

    def keep_person(self, person: Person, *, was: Person | None, at: Moment) -> None:
        """Save a person as `keep_unit` does a unit; the language they chose themselves ends."""
        with writing(self._engine) as session:
            _refuse_changed(_person(session, person.key), was, person.name)
            # The row now has the language, regardless of who chose it before.
            put(session, PERSON, [person_values(person) | {"own_language": ""}])
            record(session, saved_event(PERSON, person_values(person), at))

    def remove_person(self, person: Person, *, at: Moment) -> None:
        """Move a person to the former people, with all names and addresses, which are needed to anonymise them
        later; they are nobody's deputy any more.

        Raises Refusal: they changed since the writer saw them.
        """
        with writing(self._engine) as session:
            _refuse_changed(_person(session, person.key), person, person.name)
            logins = select(ACCOUNT.c.login, ACCOUNT.c.name).where(ACCOUNT.c.person == person.key)
            chats = session.execute(select(LINK.c.chat).where(LINK.c.person == person.key)).scalars()
            details = [f"name:{name}" for name in person.names] + [f"chat:{chat}" for chat in chats]
            details += [f"email:{person.email or ''}", f"kk:{person.name_kk}", f"ru:{person.name_ru}"]
            for login, name in session.execute(logins):
                details += [f"login:{login}", f"name:{name}"]
            add_former_person(session, person.key, details, left_on=at.today)
            session.execute(PERSON.delete().where(PERSON.c.key == person.key))
            session.execute(PERSON.update().where(PERSON.c.deputy == person.key).values(deputy=None))
            _unmatch(session, person.key)
            record(session, office_event(at, "person_removed", person.key))

    def set_leave(
        self, person: str, *, away: Sequence[tuple[date, date]], deputy: str | None, at: Moment
    ) -> None:
        """Set the absences (local dates, both ends included) and the deputy of a person; do nothing for an
        unknown person.
        """
        with writing(self._engine) as session:
            present = _person(session, person)
            if present is not None:
                changed = person_values(replace(present, away=tuple(away), deputy=deputy))
                values = {"away": changed["away"], "deputy": deputy}
                session.execute(PERSON.update().where(PERSON.c.key == person).values(values))
                record(session, saved_event(PERSON, changed, at))

    def choose_digest(self, person: str, digest: str, *, at: Moment) -> None:
        """Set whether a person gets a letter a day ("") or a week ("weekly"); nothing happens if it is so."""
        self._choose("digest_chosen", person, PERSON.c.digest, digest, PERSON.c.digest, at=at)

    def choose_language(self, person: str, language: str, *, at: Moment) -> None:
        """Set the language of letters to a person; nothing happens if it is theirs already."""
        own = PERSON.c.own_language
        present = func.coalesce(func.nullif(own, ""), PERSON.c.language)
        self._choose("language_chosen", person, own, language, present, at=at)

    def _choose(
        self,
        kind: str,
        person: str,
        column: Column[str],
        value: str,
        present: ColumnElement[str],
        *,
        at: Moment,
    ) -> None:
        """Set what a person chose, with an event of the kind, unless it is the present value."""
        change = PERSON.update().where(PERSON.c.key == person, present != value).values({column: value})
        with writing(self._engine) as session:
            if session.exec(change).rowcount:
                record(session, Draft(kind=kind, name=person, by=at.by, at=at.now, payload={"value": value}))


def _refuse_changed(stored: object, was: object, name: str) -> None:
    """Raise Refusal unless the stored value is the one the writer saw."""
    if stored != was:
        raise Refusal("office_changed_meanwhile", name=name)


def _unit(session: Session, id: str) -> Unit | None:
    row = session.execute(UNIT.select().where(UNIT.c.id == id)).first()
    return unit_of(row) if row is not None else None


def _person(session: Session, key: str) -> Person | None:
    row = session.execute(PERSON.select().where(PERSON.c.key == key)).first()
    return person_of(row) if row is not None else None


def _unmatch(session: Session, target: str) -> None:
    """Delete the schedule texts matched to a unit or person."""
    session.execute(MATCH.delete().where(MATCH.c.target == target))
