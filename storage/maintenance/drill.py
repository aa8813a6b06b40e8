"""Test restore of a backup: a temporary database, and its comparison with the live one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from sqlalchemy import Engine, Table, func, select, text

from storage.database.engine import reading
from storage.database.errors import translate_errors
from storage.maintenance.verify import Problem
from storage.tables.accounts import ACCOUNT
from storage.tables.audit import AUDIT
from storage.tables.cases import CASE, EVENT
from storage.tables.organisation import ACT, PERSON

COUNTED: dict[str, Table] = {
    "cases": CASE,
    "events": EVENT,
    "office_events": ACT,
    "audit": AUDIT,
    "people": PERSON,
    "accounts": ACCOUNT,
}
"""Tables counted; of those in `APPEND_ONLY` a copy never has more than the live office, which also contains its
end.
"""
APPEND_ONLY = ("events", "office_events", "audit")
CHAINS = ("office_events", "audit")


@contextmanager
def temporary_database(engine: Engine, folder: Path) -> Iterator[str]:
    """Yield the address of an empty database of the same kind; it is removed afterwards.

    Raises:
        StorageUnavailable: on PostgreSQL, the role may not create databases.
    """
    if engine.dialect.name == "sqlite":
        yield f"sqlite:///{(folder / 'drill.sqlite').as_posix()}"
        return
    name = f"merzim_drill_{token_hex(4)}"
    _administer(engine, f"CREATE DATABASE {name}")
    try:
        yield engine.url.set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(engine, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def compare(copy: Engine, live: Engine | None) -> tuple[dict[str, tuple[int, int | None]], tuple[Problem, ...]]:
    """Return the numbers of records in a copy and in the live database, and evidence that it is not a copy of
    it.
    """
    restored, here = _counts(copy), _counts(live) if live is not None else {}
    counts = {name: (restored[name], here.get(name)) for name in COUNTED}
    if live is None:
        return counts, ()
    more = [name for name in APPEND_ONLY if restored[name] > here[name]]
    other = [name for name in CHAINS if name not in more and not _continues(COUNTED[name], copy, live)]
    return counts, tuple(Problem(code="drill_differs", arguments={"what": name}) for name in (*more, *other))


def _counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        return {
            name: int(connection.execute(select(func.count()).select_from(one)).scalar_one())
            for name, one in COUNTED.items()
        }


def _continues(chain: Table, copy: Engine, live: Engine) -> bool:
    """Return whether the live office chain contains the last event of the copy, with the same hash."""
    last = select(chain.c.seq, chain.c.hash).order_by(chain.c.seq.desc()).limit(1)
    with reading(copy) as connection:
        end = connection.execute(last).first()
    if end is None:
        return True
    with reading(live) as connection:
        same = connection.execute(select(chain.c.hash).where(chain.c.seq == end.seq)).scalar()
    return bool(same == end.hash)


def _administer(engine: Engine, statement: str) -> None:
    with translate_errors(engine), engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text(statement))
