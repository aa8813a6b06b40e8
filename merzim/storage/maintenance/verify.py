"""Verifies the stored data: every stream of events with its seals, triggers, editions, evidence, the board; and
rebuilds what was computed from events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Date, DateTime, Engine, inspect, or_, select, text
from sqlmodel import Session

from merzim.documents.evidence import EvidenceDamaged
from merzim.storage import events
from merzim.storage.cases import recommendations
from merzim.storage.cases.batch import head_of
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.cases.ledger import CHUNK, SqlLedger
from merzim.storage.database import chunks, execute_for_names, in_names, read_column, reading, writing
from merzim.storage.events import OFFICE, SEALS
from merzim.storage.maintenance.anonymising import rewritten
from merzim.storage.refusals import StorageUnavailable
from merzim.storage.register_rows import stored_rows
from merzim.storage.rows import ROW_COLUMNS, columns_of
from merzim.storage.tables.base import TableBase, UtcMoment
from merzim.storage.tables.cases import CASE, READER
from merzim.storage.tables.events import EVENT, OF_CASES, missing_triggers
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.cases.case import Case
from workflow.ports import Change
from workflow.refusal import Refusal
from workflow.registers.rows import Projection, RegisterRow

Recompute = Callable[[Case], Change]
"""Function that recomputes a case's rows (`CaseCommands.recomputed` with its `today`)."""
MAX_NAMED = 100
_BROKEN = frozenset({"stream_cut", "event_missing", "event_altered"})
"""Codes of streams from which nothing can be computed."""
# Values a round changes by itself, and the calendar version, are not compared.
_MOVING = frozenset({"next_step_on", "version"})
_COMPARED = tuple(n for n, name in enumerate(ROW_COLUMNS) if name not in _MOVING)
_SPAN = frozenset({"span_first", "span_last"})
_HEADS_OF_CASES = CASE.select().where(in_names(CASE.c.id))
_READERS_OF = READER.select().where(in_names(READER.c.case))
_PROVED = (
    select(EVENT.c.case, EVENT.c.payload)
    .where(OF_CASES, EVENT.c.payload.contains('"evidence":['))
    .order_by(EVENT.c.case, EVENT.c.seq)
)
_IN_ROWS = select(EVENT.c.name, EVENT.c.payload, EVENT.c.private).where(
    EVENT.c.topic == "register",
    or_(EVENT.c.payload.contains('"sha256":"'), EVENT.c.private.contains('"sha256":"')),
)
_FILE = re.compile(r'"name":"((?:[^"\\]|\\.)*)","sha256":"([0-9a-f]{64})"')


def verify(
    engine: Engine,
    *,
    editions: Mapping[str, Collection[str]] | None = None,
    recompute: Recompute | None = None,
    project: ProjectRow | None = None,
    known_seal: tuple[int, str] | None = None,
    evidence: EvidenceFolder | None = None,
) -> tuple[Refusal, ...]:
    """Verify the stored data; return everything that was altered, empty when all is well.

    Args:
        evidence: the folder of stored files, which are compared with their hashes; None if the files are not
            available (a copy of the database alone).
        known_seal: number and hash of a seal recorded elsewhere: it must still exist here.
        editions: edition -> digests its cases may have; a case with another one is reported.
        recompute: function that recomputes a case's rows; a differing board is reported. Not called if an act
            of the office was altered, because the calendar is then unknown.
        project: function that computes the entries of register rows; differing ones are reported.
    """
    torn = _torn(engine)
    try:
        with _one_moment(engine) as session:
            problems = [
                *(
                    Refusal("trigger_missing", name=name)
                    for name in sorted(missing_triggers(session.connection()))
                ),
                *_events(session),
                *_known(session, known_seal),
                *(_editions(session, editions) if editions is not None else ()),
            ]
        if recompute is not None and not any(problem.arguments.get("stream") == OFFICE for problem in problems):
            problems += _board(engine, recompute, problems)
        if project is not None:
            problems += _rows(engine, project, problems)
        return (*torn, *problems, *(damages(engine, evidence) if evidence is not None else ()))
    except StorageUnavailable:
        if torn:
            return torn
        raise


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Session]:
    """Yield a session of one moment, on PostgreSQL too: what others write meanwhile is no alteration."""
    with reading(engine) as session:
        if engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def _torn(engine: Engine) -> tuple[Refusal, ...]:
    """Return the damages SQLite finds in its own pages, including pages that are rarely read."""
    if engine.dialect.name != "sqlite":
        return ()
    with reading(engine) as session:
        answers = [str(row[0]) for row in session.connection().exec_driver_sql("PRAGMA integrity_check(3)")]
    return () if answers == ["ok"] else (Refusal("file_torn", problem=answers[0]),)


def _events(session: Session) -> Iterator[Refusal]:
    """Yield the problems of the events, and streams that do not end where the head of a case or row says, or
    have none.
    """
    yield from events.problems(session, rewritten(session))
    ends = events.ends(session)
    for prefix, table in ((events.CASE, CASE), (events.ROW, REGISTER_ROW)):
        heads = select(table.c.id, table.c.seq, table.c.head).order_by(table.c.id)
        for name, seq, head in session.execute(heads):
            stream = f"{prefix}{name}"
            end = ends.pop(stream, (0, ""))
            if end[0] < seq:
                yield Refusal("stream_cut", stream=stream, seq=seq, last=end[0])
            elif end != (seq, head):
                yield Refusal("head_differs", stream=stream, seq=end[0])
    headless = (stream for stream in sorted(ends) if stream.startswith((events.CASE, events.ROW)))
    yield from (Refusal("head_missing", stream=stream) for stream in headless)


def _known(session: Session, known_seal: tuple[int, str] | None) -> Iterator[Refusal]:
    """Yield the seal recorded elsewhere if it is not here."""
    if known_seal is not None:
        n, digest = known_seal
        mine = select(EVENT.c.id).where(EVENT.c.stream == SEALS, EVENT.c.seq == n, EVENT.c.hash == digest)
        if session.execute(mine).first() is None:
            yield Refusal("seal_unknown", n=n)


def _editions(session: Session, editions: Mapping[str, Collection[str]]) -> Iterator[Refusal]:
    """Yield the cases whose edition's file is missing or has changed."""
    query = select(CASE.c.id, CASE.c.edition, CASE.c.digest).order_by(CASE.c.id)
    for name, edition, digest in session.execute(query):
        if edition not in editions:
            yield Refusal("edition_missing", case=name, edition=edition)
        elif digest and digest not in editions[edition]:
            yield Refusal("edition_altered", case=name, edition=edition)


def _board(engine: Engine, recompute: Recompute, problems: Collection[Refusal]) -> Iterator[Refusal]:
    """Yield where the stored cases, board, recommendations and counted lines are not those the events make. A
    case with a broken stream cannot be computed from its events; it is reported already.
    """
    broken = {
        str(problem.arguments["stream"]).removeprefix(events.CASE)
        for problem in problems
        if problem.code in _BROKEN
    }
    broken |= {str(problem.arguments["case"]) for problem in problems if problem.code == "edition_missing"}
    ledger = SqlLedger(engine)
    for names in chunks((name for name in ledger.ids() if name not in broken), CHUNK):
        with _one_moment(engine) as session:
            cases, stored = ledger.cases(names), ledger.rows_of(names)
            heads = {head.id: head._mapping for head in execute_for_names(session, _HEADS_OF_CASES, names)}
            readers = {(case, person) for case, person in execute_for_names(session, _READERS_OF, names)}
            different = [*recommendations.differences(session, cases)]
        known = {(case.id, person) for case in cases.values() if case.confidential for person in case.readers}
        misread = {case for case, _ in readers ^ known}
        for name, case in cases.items():
            change = recompute(case)
            # As a round changes `next_step_on`, it changes the days by which a case is found.
            fixed = (item for item in head_of(change, heads[name]["head"]).items() if item[0] not in _SPAN)
            if name in misread or any(heads[name][column] != value for column, value in fixed):
                yield Refusal("case_differs", case=name)
            old_rows = {row.obligation: row for row in stored.get(name, ())}
            new_rows = {row.obligation: row for row in change.rows}
            for obligation in sorted(old_rows.keys() | new_rows.keys()):
                if _substance(old_rows.get(obligation)) != _substance(new_rows.get(obligation)):
                    yield Refusal("board_differs", case=name, obligation=obligation)
        yield from (Refusal("recommendations_differ", case=name) for name in different)


def _rows(engine: Engine, project: ProjectRow, problems: Collection[Refusal]) -> Iterator[Refusal]:
    """Yield the register rows, of whole streams, that are not what their events make of what lists show."""
    broken = {str(problem.arguments["stream"]) for problem in problems if problem.code in _BROKEN}
    ids = read_column(engine, select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id))
    with _one_moment(engine) as session:
        for names in chunks((name for name in ids if f"{events.ROW}{name}" not in broken), ROWS_AT_ONCE):
            for name, stored, expected in _compared_rows(session, engine, project, names):
                if any(stored[column] != expected[column] for column in (*_FROM_EVENTS, "shown")):
                    yield Refusal("row_differs", row=name)


def _substance(values: tuple[object, ...] | None) -> list[object] | None:
    """Return the values of a row that are compared; None for no row."""
    return None if values is None else [values[n] for n in _COMPARED]


def recorded_files(session: Session) -> dict[str, dict[str, str]]:
    """Return every stored file that events name: SHA-256 -> case or register row -> name of the file there."""
    files: dict[str, dict[str, str]] = {}
    for case, payload in session.execute(_PROVED.execution_options(yield_per=5000)):
        for reference, name in _stored(payload):
            files.setdefault(reference, {})[case] = name
    for row, *texts in session.execute(_IN_ROWS.execution_options(yield_per=5000)):
        for name, reference in _FILE.findall("".join(texts)):
            files.setdefault(reference, {})[row] = name
    return files


def count_recorded_files(engine: Engine) -> int:
    with reading(engine) as session:
        return len(recorded_files(session))


def damages(engine: Engine, folder: EvidenceFolder) -> Iterator[Refusal]:
    """Yield every case and register row of which a stored file is missing, altered or unreadable. Files are
    read outside the transaction, as there may be many gigabytes.
    """
    with reading(engine) as session:
        files = recorded_files(session)
    for reference, places in files.items():
        try:
            folder.check(reference)
        except EvidenceDamaged as damage:
            for case, name in places.items():
                yield damage.of(case, name)


def _stored(payload: str) -> Iterator[tuple[str, str]]:
    """Yield (SHA-256, name) of the stored files in an event. An altered payload is reported elsewhere."""
    try:
        items = json.loads(payload)["evidence"]
        named_items = [item for item in items if item.get("name") is not None]
        yield from [(str(item["reference"]), str(item["name"])) for item in named_items]
    except (ValueError, TypeError, KeyError, AttributeError):
        return


def unreadable_values(engine: Engine) -> tuple[Refusal, ...]:
    """Return the rows with an invalid date, up to MAX_NAMED of each column; none on PostgreSQL, whose columns
    refuse them.
    """
    if engine.dialect.name != "sqlite":
        return ()
    problems = list[Refusal]()
    with reading(engine) as session:
        names = set(inspect(session.connection()).get_table_names())
        for table in (table for table in TableBase.metadata.sorted_tables if table.name in names):
            key = " || ' ' || ".join(f'"{column.name}"' for column in table.primary_key.columns)
            for column in table.columns:
                if isinstance(column.type, Date | DateTime | UtcMoment):
                    read_as_day = "date" if isinstance(column.type, Date) else "datetime"
                    where = f'"{column.name}" IS NOT NULL AND {read_as_day}("{column.name}") IS NULL'
                    bad = text(f'SELECT {key} FROM "{table.name}" WHERE {where} LIMIT {MAX_NAMED}')
                    about = {"table": table.name, "field": column.name}
                    rows = session.execute(bad).scalars()
                    problems += [Refusal("value_unreadable", key=row, **about) for row in rows]
    return tuple(problems)


ProjectRow = Callable[[RegisterRow], Projection | None]
"""Function that computes the index entries of a register row; None leaves them as they are."""
ROWS_AT_ONCE = 500
_HEADS = REGISTER_ROW.select().where(in_names(REGISTER_ROW.c.id))
_FROM_EVENTS = ("register_id", "version", "unit", "opened_case", "withdrawn")
"""The columns of a row's head, but for those of lists, that can be computed from its events."""


def rebuild(engine: Engine, recompute: Recompute, *, now: datetime) -> int:
    """Write anew what is computed from the events of cases; return the number of cases rebuilt. Raises Refusal:
    naming the cases whose events do not end where their head says; all others are rebuilt.
    """
    ledger = SqlLedger(engine)
    ids = ledger.ids()
    rebuilt = {case.id for cases, _ in ledger.rewrite(ids, recompute, now=now) for case in cases}
    if broken := tuple(name for name in ids if name not in rebuilt):
        raise Refusal("rebuild_broken", cases=broken, count=len(rebuilt))
    return len(rebuilt)


def rebuild_rows(engine: Engine, project: ProjectRow, names: Iterable[str] | None = None) -> None:
    """Write anew what is computed of these register rows, or of all, some at a time, locked against edits
    meanwhile.
    """
    if names is None:
        names = read_column(engine, select(REGISTER_ROW.c.id).order_by(REGISTER_ROW.c.id))
    for chunk in chunks(names, ROWS_AT_ONCE):
        with writing(engine) as session:
            for name, stored, expected in _compared_rows(session, engine, project, chunk, locked=True):
                if any(stored[column] != value for column, value in expected.items()):
                    step = REGISTER_ROW.update().where(REGISTER_ROW.c.id == name).values(**expected)
                    session.execute(step)


def _compared_rows(
    session: Session, engine: Engine, project: ProjectRow, names: Iterable[str], *, locked: bool = False
) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object]]]:
    """Yield register rows with their heads as stored, and the columns their events give; rows that cannot be
    projected are left out.
    """
    heads = execute_for_names(session, _HEADS.with_for_update() if locked else _HEADS, [*names])
    stored = {head.id: dict(head._mapping) for head in heads}
    for name, row in stored_rows(engine, stored).items():
        if (projection := project(row)) is not None:
            of_events = {column: getattr(row, column.removesuffix("_id")) for column in _FROM_EVENTS}
            yield name, stored[name], {**of_events, **columns_of(REGISTER_ROW, projection)}
