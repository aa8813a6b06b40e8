"""People who left: their identifying data, until an order of the office anonymises them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, func, select

from merzim.storage.database.engine import reading
from merzim.storage.tables.organisation import FORMER, PERSON
from workflow.org.office import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class FormerPerson:
    """A person who left.

    Attributes:
        said: their identifying data with prefixes: `name:` (the first is shown in lists), `kk:`, `ru:`,
            `email:`, `login:`, `chat:`; empty once anonymised.
        act, act_on: number and date of the order that anonymised them.
    """

    number: int
    key: str
    said: tuple[str, ...]
    left_on: date
    anonymised_on: date | None
    act: str
    act_on: date | None


def former_people(engine: Engine) -> Sequence[FormerPerson]:
    """Return those who left and have not come back, the longest gone first.

    A person of the same key has come back; a new owner of a former person's address has that key, too.
    """
    query = (
        select(FORMER)
        .where(FORMER.c.key.not_in(select(PERSON.c.key)))
        .order_by(FORMER.c.left_on, FORMER.c.number)
    )
    with reading(engine) as connection:
        return [FormerPerson(**{**row._mapping, "said": tuple(row.said)}) for row in connection.execute(query)]


def gone(connection: Connection) -> Iterator[Person]:
    """Yield the people who left as shown in lists; anonymised ones with the replacement name, by language."""
    for row in connection.execute(select(FORMER).order_by(FORMER.c.number)):
        details = dict(reversed([word.partition(":")[::2] for word in row.said]))
        if row.anonymised_on is not None:
            details = dict(zip(("kk", "ru", "name"), row.key.split(" / "), strict=False))
        names = {"name_kk": details.get("kk", ""), "name_ru": details.get("ru", "")}
        yield Person(key=row.key, name=details.get("name") or row.key, unit="", **names)


def remember(connection: Connection, key: str, details: Iterable[str], *, left_on: date) -> None:
    """Write down what names somebody who leaves, in the caller's transaction.

    Who left before under other names is anonymised with these, too: they stay, behind the new ones.
    """
    words = list(dict.fromkeys(word for word in details if word.partition(":")[2]))
    record = connection.execute(select(FORMER.c.number, FORMER.c.said).where(FORMER.c.key == key)).first()
    if record is not None:
        earlier = (word for word in record.said if word.partition(":")[0] not in ("kk", "ru"))
        mine = FORMER.c.number == record.number
        words = list(dict.fromkeys((*words, *earlier)))
        connection.execute(FORMER.update().where(mine).values(said=words, left_on=left_on))
        return
    last = connection.execute(select(func.max(FORMER.c.number))).scalar() or 0
    values = {"number": last + 1, "key": key, "said": words, "left_on": left_on}
    connection.execute(FORMER.insert().values(**values, act=""))
