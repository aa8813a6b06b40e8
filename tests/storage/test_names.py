"""Queries with many names or many rows of values: all parameters arrive, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, or_, select

from merzim.storage.database import dialect
from merzim.storage.database.engine import reading
from merzim.storage.database.in_list import LITERAL_LIST_LIMIT, execute_for_names, in_collection, in_names
from merzim.storage.org import store as office_store
from merzim.storage.tables.board import DEADLINE
from merzim.storage.tables.notices import NOTICE
from merzim.storage.tables.organisation import UNIT as UNITS
from workflow.org.office import Unit

ODD = "Қ'\"\\ ,{}"


@pytest.mark.parametrize("count", [0, 1, LITERAL_LIST_LIMIT, LITERAL_LIST_LIMIT + 1, 70_000])
def test_among_few_or_many_names(engine: Engine, count: int) -> None:
    """None, one, as many as are spelt out, one more, more than a statement takes values; odd letters too."""
    office_store.save(engine, units=[Unit(id=name, name=name) for name in ("0", ODD, "y")])
    names = [ODD, *map(str, range(count))][:count]
    with reading(engine) as connection:
        matches = (
            connection.execute(select(UNITS.c.id).where(in_collection(engine, UNITS.c.id, names)))
            .scalars()
            .all()
        )

    assert set(matches) == {"0", ODD} & set(names)


@pytest.mark.parametrize("count", [0, 1, 4_999, 5_000, 5_001])
def test_each_of_few_or_many_names_is_found_once(engine: Engine, count: int) -> None:
    """None, one, as many as go in one question, one fewer and one more."""
    office_store.save(engine, units=[Unit(id=name, name=name) for name in ("0", ODD, "y")])
    names = [ODD, *map(str, range(count))][:count]
    with reading(engine) as connection:
        matches = [
            record.id
            for record in execute_for_names(connection, select(UNITS.c.id).where(in_names(UNITS.c.id)), names)
        ]

    assert sorted(matches) == sorted({"0", ODD} & set(names))


def test_rows_named_by_a_key_are_searched_by_its_index(sqlite: Engine) -> None:
    """Alone, beside another condition and inside OR: no table is read whole on SQLite."""
    by_case, by_unit = in_names(DEADLINE.c.case), in_names(DEADLINE.c.unit)
    statements = [
        DEADLINE.select().where(by_case),
        DEADLINE.select().where(DEADLINE.c.state == "open", by_unit),
        DEADLINE.select().where(or_(by_case, DEADLINE.c.case == "2026-0001")),
    ]
    with reading(sqlite) as connection:
        compiled = [statement.compile(sqlite) for statement in statements]
        steps = [
            line.detail
            for statement in compiled
            for line in connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", ("[]",) * len(statement.positiontup or ())
            )
        ]

    assert [step for step in steps if "SCAN deadline" in step] == []
    assert len([step for step in steps if "SEARCH deadline" in step]) >= len(statements)


def test_rows_not_named_are_the_others(engine: Engine) -> None:
    """The condition may be negated on both databases."""
    office_store.save(engine, units=[Unit(id=name, name=name) for name in ("0", ODD, "y")])
    with reading(engine) as connection:
        other_names = [
            record.id
            for record in execute_for_names(
                connection, select(UNITS.c.id).where(~in_names(UNITS.c.id)), ["0", "z"]
            )
        ]

    assert set(other_names) == {ODD, "y"}


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
LINES = st.tuples(
    WORDS,
    st.none() | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.none() | st.integers(-(2**31), 2**31 - 1),
    st.none() | st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, min_size=1, max_size=5))
def test_lines_arrive_as_they_were_sent(
    engine: Engine, lines: list[tuple[str, date | None, int | None, datetime | None]]
) -> None:
    """Any letters, days from the first to the last, nothing where nothing is, moments to the second."""
    columns = {
        "word": DEADLINE.c.case,
        "day": DEADLINE.c.due,
        "number": DEADLINE.c.late_by,
        "moment": NOTICE.c.sent_at,
    }
    with reading(engine) as connection:
        query = select(*dialect.values_table(connection.dialect.name, columns).c)
        records = connection.execute(query, dialect.values_parameters(connection, columns, lines)).all()

    assert [tuple(record) for record in records] == lines
