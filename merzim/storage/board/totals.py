"""Running totals of the board, updated with every changed row in the same transaction and checked by
`verify`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import Connection, Engine, select

from merzim.storage.board import change_counters
from merzim.storage.database.dialect import insert
from merzim.storage.database.engine import writing
from merzim.storage.rows import ROW_COLUMNS
from merzim.storage.tables.board import DEADLINE, TOTAL
from merzim.storage.tables.cases import CASE
from workflow.board.sums import base

Key: TypeAlias = tuple[str, ...]
"""The key of a total, in the order of the table's columns."""

NAMES: tuple[str, ...] = tuple(column.name for column in TOTAL.primary_key.columns)
_PLACES = {name: ROW_COLUMNS.index(name) for name in (*NAMES, "due", "counts_until") if name in ROW_COLUMNS}
_UNIT, _STATE, _STAGE, _OBLIGATION, _DUE, _UNTIL = (
    _PLACES[name] for name in ("unit", "state", "stage", "obligation", "due", "counts_until")
)
_DUTY, _RESPONSIBLE, _PERSON = (_PLACES[name] for name in ("duty", "responsible", "person"))
_COLUMNS = {name: TOTAL.c[name] for name in (*NAMES, "n")}
_STEP = 5000


def key(edition: str, row: Sequence[object]) -> Key | None:
    """Return the key of the total that a board row (values in table order) is counted in; None for none."""
    state, due, until = row[_STATE], row[_DUE], row[_UNTIL]
    if state == "missed" or (state == "open" and due is not None):
        return (
            str(row[_UNIT]),
            open_until(until) if state == "open" and isinstance(until, date) else str(state),
            month(due) if isinstance(due, date) else "",
            edition,
            str(row[_STAGE]),
            base(str(row[_OBLIGATION])),
            str(row[_DUTY]),
            str(row[_RESPONSIBLE]),
            str(row[_PERSON]),
        )
    return None


def open_until(day: date) -> str:
    """Return the state under which totals count an open row whose due date applies until that day:
    "open:2026-05".
    """
    return f"open:{month(day)}"


@lru_cache(maxsize=4096)
def month(day: date) -> str:
    """Return the month of a day as stored: "2026-04"."""
    return day.isoformat()[:7]


def add(connection: Connection, changes: Mapping[Key, int]) -> None:
    """Apply changes to the totals in the caller's transaction, in key order."""
    lines = [
        dict(zip(_COLUMNS, (*total_key, by), strict=True)) for total_key, by in sorted(changes.items()) if by
    ]
    if lines:
        step = insert(connection, TOTAL)
        step = step.on_conflict_do_update(
            index_elements=list(TOTAL.primary_key.columns), set_={"n": TOTAL.c.n + step.excluded.n}
        )
        connection.execute(step, lines)


def differences(connection: Connection) -> Iterator[Key]:
    """Yield the keys whose total differs from the rows, in order."""
    stored = {
        tuple(record[:-1]): record[-1] for record in connection.execute(select(*TOTAL.c[NAMES], TOTAL.c.n))
    }
    totals = counted(connection)
    yield from sorted(key for key in stored.keys() | totals.keys() if stored.get(key, 0) != totals[key])


def rewrite(engine: Engine) -> None:
    """Recount all rows and write the totals, in one transaction."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE total IN EXCLUSIVE MODE")
        refill(connection)
        # The rows of the board are unchanged, but their counts may have changed.
        change_counters.put(connection, change_counters.BOARD)


def refill(connection: Connection) -> None:
    """Recount the totals in the caller's transaction."""
    connection.execute(TOTAL.delete())
    lines = [_line(key, n) for key, n in sorted(counted(connection).items())]
    for start in range(0, len(lines), _STEP):
        connection.execute(TOTAL.insert(), lines[start : start + _STEP])


def counted(connection: Connection) -> Counter[Key]:
    """Return the totals computed from the rows."""
    query = (
        select(CASE.c.edition, *DEADLINE.c)
        .join_from(DEADLINE, CASE, CASE.c.id == DEADLINE.c.case)
        .where(DEADLINE.c.state.in_(("open", "missed")), CASE.c.confidential.is_(False))
    )
    records: Iterable[Sequence[object]] = connection.execute(query.execution_options(yield_per=_STEP))
    keys = (key(str(record[0]), record[1:]) for record in records)
    return Counter(key for key in keys if key is not None)


def _line(total_key: Key, n: int) -> dict[str, object]:
    return {**dict(zip(NAMES, total_key, strict=True)), "n": n}
