"""Queries with many names: each is looked for, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from merzim.storage.database.dialect import execute_for_names, in_names
from merzim.storage.database.engine import reading
from merzim.storage.org import store as office_store
from merzim.storage.tables.organisation import UNIT as UNITS
from workflow.org.office import Unit

ODD = "Қ'\"\\ ,{}"


@pytest.mark.parametrize("count", [0, 500, 501, 70_000])
def test_each_of_few_or_many_names_is_found_once(engine: Engine, count: int) -> None:
    """None, as many as go in one question, one more, more than a statement takes values."""
    office_store.save(engine, units=[Unit(id=name, name=name) for name in ("0", ODD, "y")])
    names = [ODD, *map(str, range(count))][:count]
    with reading(engine) as connection:
        query = select(UNITS.c.id).where(in_names(UNITS.c.id))
        matches = [record.id for record in execute_for_names(connection, query, names)]

    assert sorted(matches) == sorted({"0", ODD} & set(names))
