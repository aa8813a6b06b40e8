"""People who left: their identifying data, until an order of the office anonymises them."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from sqlalchemy import Connection, Engine, func, select

from storage.database.engine import reading
from storage.org.chain import OFFICE
from storage.org.vouched import LINK_KEY
from storage.tables.organisation import FORMER, PERSON, PREFERENCE
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
    id: str
    said: tuple[str, ...]
    left_on: date
    anonymised_on: date | None
    act: str
    act_on: date | None


def former_people(engine: Engine) -> Sequence[FormerPerson]:
    """Return the people who left and have not come back, the longest gone first."""
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
        said = dict(reversed([word.partition(":")[::2] for word in row.said]))
        if row.anonymised_on is not None:
            said = dict(zip(("kk", "ru", "name"), row.key.split(" / "), strict=False))
        names = {"name_kk": said.get("kk", ""), "name_ru": said.get("ru", "")}
        yield Person(key=row.key, name=said.get("name") or row.key, unit="", **names)


def remember(connection: Connection, key: str, said: Iterable[str], *, left_on: date) -> None:
    """Store the identifying data of a person who leaves, in the caller's transaction."""
    words = list(dict.fromkeys(word for word in said if word.partition(":")[2]))
    known = connection.execute(select(FORMER.c.number).where(FORMER.c.key == key)).scalar()
    if known is not None:
        mine = FORMER.c.number == known
        connection.execute(FORMER.update().where(mine).values(said=words, left_on=left_on))
        return
    last = connection.execute(select(func.max(FORMER.c.number))).scalar() or 0
    values = {"number": last + 1, "key": key, "id": _keyed(connection, key), "said": words, "left_on": left_on}
    connection.execute(FORMER.insert().values(**values, act=""))


def _keyed(connection: Connection, key: str) -> str:
    """Return a hash of a key that cannot be guessed without the office's secret."""
    mine = (PREFERENCE.c.owner == OFFICE) & (PREFERENCE.c.name == LINK_KEY)
    secret = connection.execute(select(PREFERENCE.c.value).where(mine)).scalar() or ""
    return hmac.digest(secret.encode(), b"former:" + key.encode(), sha256).hex()[:16]
