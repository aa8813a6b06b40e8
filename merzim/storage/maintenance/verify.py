"""Verifies the stored data: chains, seals, editions, triggers, acts, notices, evidence, board."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, select, tuple_

from merzim.storage import events
from merzim.storage.cases import recommendations
from merzim.storage.cases.evidence import EvidenceFolder
from merzim.storage.cases.ledger import CHUNK, SqlLedger
from merzim.storage.chain import link, seal_line
from merzim.storage.database.dialect import chunks
from merzim.storage.database.engine import Row_, reading, writing
from merzim.storage.maintenance import checks, register_check, triggers, vouching
from merzim.storage.maintenance.anonymising import Place, content_hash, rewritten
from merzim.storage.maintenance.checks import damages
from merzim.storage.maintenance.register_check import SEALED
from merzim.storage.maintenance.seals import Head
from merzim.storage.notices import journal
from merzim.storage.org.chain import IN_ORDER, OFFICE
from merzim.storage.refusals import CannotRebuild, CaseBroken, StorageUnavailable
from merzim.storage.rows import ROW_COLUMNS
from merzim.storage.tables.audit import AUDIT
from merzim.storage.tables.cases import CASE, SEAL
from merzim.storage.tables.events import EVENT
from merzim.storage.tables.notices import PROOF
from merzim.storage.tables.organisation import ACT
from merzim.storage.tables.registers import REGISTER_ROW
from workflow.cases.case import Case
from workflow.ports import CaseWrite, Conflict

Recompute = Callable[[Case], CaseWrite]
"""Function that recomputes a case's rows (`CaseCommands.recomputed` with its `today`)."""
_OFFICE = {
    "chain_gap": "act_missing",
    "chain_broken": "act_misplaced",
    "event_altered": "act_altered",
    "sealed_missing": "act_sealed_missing",
    "sealed_differs": "act_sealed_differs",
}
"""Code of a problem of a case's chain -> code of the same problem of the office's chain."""
_NUMBERED: Mapping[str, tuple[Column[Any], Column[Any]]] = {
    OFFICE: (ACT.c.seq, ACT.c.hash),
    journal.CHAIN: (PROOF.c.n, PROOF.c.hash),
    checks.CHAIN: (AUDIT.c.seq, AUDIT.c.hash),
}
"""Chain of which there is one -> the columns of the number and the hash of its events."""
_SEALS_AT_ONCE = 500
_UNTELLABLE = frozenset({"stream_cut", "event_missing", "event_altered"})
# Values a round changes by itself, and the calendar version, are not compared.
_MOVING = frozenset({"next_rung", "next_rung_on", "version"})
_COMPARED = tuple(n for n, name in enumerate(ROW_COLUMNS) if name not in _MOVING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A deviation from the recorded data: a code of the catalogue with its arguments."""

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


def verify(
    engine: Engine,
    *,
    editions: Mapping[str, Collection[str]] | None = None,
    recompute: Recompute | None = None,
    known_seal: tuple[int, str] | None = None,
    evidence: EvidenceFolder | None = None,
    now: datetime | None = None,
    rows: bool = True,
) -> tuple[Problem, ...]:
    """Verify the stored data; return everything that was altered, empty when all is well.

    Args:
        rows: whether accounts, people and the rows of cases are compared with the chains too.
        now: aware UTC: sessions and tokens expired by then are not compared; None: all are.
        evidence: the folder of stored files, which are compared with their hashes, and signatures with the
            files they sign; None if the files are not available (a copy of the database alone).
        known_seal: number and hash of a seal recorded elsewhere: it must still exist here.
        editions: edition -> digests its cases may have; a case with another one is reported.
        recompute: function that recomputes a case's rows; a differing board is reported. Not called if an
            adopted act was altered, because the calendar is then unknown.
    """
    torn = _torn(engine)
    try:
        problems = _verified(engine, editions, recompute, known_seal, now, rows)
        if evidence is not None:
            problems += tuple(
                Problem(code=code, arguments=arguments) for code, arguments in damages(engine, evidence)
            )
        return torn + problems
    except StorageUnavailable:
        if torn:
            return torn
        raise


def _torn(engine: Engine) -> tuple[Problem, ...]:
    """Return the damages SQLite finds in its own pages, including pages that are rarely read."""
    if engine.dialect.name != "sqlite":
        return ()
    with reading(engine) as connection:
        answers = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
    return () if answers == ["ok"] else (Problem(code="file_torn", arguments={"problem": answers[0]}),)


def _verified(
    engine: Engine,
    editions: Mapping[str, Collection[str]] | None,
    recompute: Recompute | None,
    known_seal: tuple[int, str] | None,
    now: datetime | None,
    rows: bool,
) -> tuple[Problem, ...]:
    """Return the problems found in one transaction."""
    with reading(engine) as connection:
        by_act, lines = rewritten(connection)
        problems = [
            *(() if by_act else (Problem(code="rewritten_altered"),)),
            *(
                Problem(code="trigger_missing", arguments={"name": name})
                for name in sorted(triggers.missing(connection))
            ),
            *_office(connection, lines),
            *_events(connection, lines),
            *(
                Problem(code=code, arguments=arguments)
                for code, arguments in checks.problems(connection, lines)
            ),
            *(
                Problem(code=code, arguments=arguments)
                for code, arguments in journal.problems(connection, lines)
            ),
            *_seals(connection, known_seal),
            *(_editions(connection, editions) if editions is not None else ()),
            *(_rows(connection, now) if rows else ()),
        ]
    if any(problem.code in _OFFICE.values() for problem in problems):
        recompute = None
    # A case with a broken chain cannot be computed from its events; it is reported already.
    broken = {
        str(problem.arguments["stream"]).removeprefix(events.CASE)
        for problem in problems
        if problem.code in _UNTELLABLE
    }
    broken |= {str(problem.arguments["case"]) for problem in problems if problem.code == "edition_missing"}
    problems += _cases(engine, recompute, broken, rows)
    return tuple(problems)


def rebuild(
    engine: Engine,
    recompute: Recompute,
    *,
    now: datetime,
    after_chunk: Callable[[], None] | None = None,
    project: register_check.ProjectRow | None = None,
) -> int:
    """Rewrite every case's board rows from its events. Return the number of cases processed.

    A case changed meanwhile is read and computed again.

    Args:
        after_chunk: function called after every chunk of cases.
        project: function that returns the index entries of a register row; None leaves them unchanged.

    Raises:
        CannotRebuild: naming the cases whose events do not end where their head says; all others are rebuilt.
    """
    ledger = SqlLedger(engine)
    rebuilt_count, broken = 0, list[str]()
    for names in chunks(ledger.ids(), CHUNK):
        left_names = _rebuild(ledger, names, recompute, now)
        with writing(engine) as connection:
            checks.mend(connection, ledger.cases([name for name in names if name not in left_names]))
        broken += left_names
        rebuilt_count += len(names) - len(left_names)
        if after_chunk is not None:
            after_chunk()
    with writing(engine) as connection:
        if project is not None:
            register_check.mend(connection, project)
    if broken:
        raise CannotRebuild("rebuild_broken", cases=tuple(broken), count=rebuilt_count)
    return rebuilt_count


def _rebuild(ledger: SqlLedger, names: Sequence[str], recompute: Recompute, now: datetime) -> list[str]:
    """Rebuild these cases; return the ids of broken ones, which are left out."""
    remaining_names, broken = list(names), list[str]()
    while remaining_names:
        try:
            ledger.append([recompute(case) for case in ledger.cases(remaining_names).values()], now=now)
            break
        except CaseBroken as trouble:
            remaining_names.remove(trouble.case)
            broken.append(trouble.case)
        except Conflict:
            continue
    return broken


def _events(connection: Connection, lines: Mapping[Place, str]) -> Iterator[Problem]:
    """Yield the problems of the events, and the streams that do not end where the head of a case or row
    says.
    """
    of_events = {number: digest for (source, _, number), digest in lines.items() if source == "event"}
    for code, arguments in events.problems(connection, of_events):
        yield Problem(code=code, arguments=arguments)
    ends = events.ends(connection)
    for prefix, table in ((events.CASE, CASE), (events.ROW, REGISTER_ROW)):
        heads = select(table.c.id, table.c.seq, table.c.head).order_by(table.c.id)
        for name, seq, head in connection.execute(heads):
            stream = f"{prefix}{name}"
            end = ends.get(stream, (0, ""))
            if end[0] < seq:
                yield Problem(code="stream_cut", arguments={"stream": stream, "seq": seq, "last": end[0]})
            elif end != (seq, head):
                yield Problem(code="head_differs", arguments={"stream": stream, "seq": end[0]})


def _office(connection: Connection, lines: Mapping[Place, str]) -> Iterator[Problem]:
    """Yield the problems of the office's chain. Whether its end was cut off is known only from the seals."""
    for problem in _chain("act", OFFICE, connection.execute(IN_ORDER), None, lines):
        yield _of_office(problem)


def _of_office(problem: Problem) -> Problem:
    """Return a problem of a chain as a problem of the office's chain."""
    arguments = {name: value for name, value in problem.arguments.items() if name != "case"}
    return Problem(code=_OFFICE[problem.code], arguments=arguments)


def _chain(
    source: str,
    name: str,
    chain: Iterable[Row_],
    head: tuple[int, str] | None,
    lines: Mapping[Place, str],
) -> Iterator[Problem]:
    """Yield the problems of one chain. `lines`: hashes of events rewritten by an anonymisation."""
    place = "" if source == "act" else name
    seq, previous = 0, ""
    for event in chain:
        seq += 1
        if event.seq != seq:
            yield Problem(code="chain_gap", arguments={"case": name, "seq": seq})
            seq = event.seq
        elif event.previous != previous:
            yield Problem(code="chain_broken", arguments={"case": name, "seq": seq})
        if content_hash(event) not in (event.hash, lines.get((source, place, event.seq))):
            yield Problem(code="event_altered", arguments={"case": name, "seq": seq})
        previous = event.hash
    if head is None:
        return
    if seq < head[0]:
        yield Problem(code="chain_cut", arguments={"case": name, "seq": seq + 1, "last": seq})
    elif (seq, previous) != head:
        yield Problem(code="head_differs", arguments={"case": name, "seq": seq})


def _seals(connection: Connection, known_seal: tuple[int, str] | None) -> Iterator[Problem]:
    """Yield the problems of the seals."""
    n, previous = 0, ""
    covered: dict[str, int] = {}
    is_known = False
    for seal, heads, hashes in _with_hashes(connection):
        n += 1
        if heads is None or seal.n != n or seal.previous != previous:
            yield Problem(code="seal_broken", arguments={"n": n})
            n = seal.n
        elif link(previous, seal_line(seal.n, seal.at, heads)) != seal.hash:
            yield Problem(code="seal_broken", arguments={"n": n})
        is_known = is_known or (seal.n, seal.hash) == known_seal
        covered.update((name, seq) for name, seq, _ in heads or ())
        for name, seq, head in heads or ():
            if hashes.get((name, seq)) != head:
                yield _of_seal(seal.n, name, seq, is_missing=(name, seq) not in hashes)
        previous = seal.hash
    # A removed last seal leaves no gap, but the cases it covered still record its number.
    records = connection.execute(select(CASE.c.id, CASE.c.sealed).where(CASE.c.sealed > 0))
    of_rows = select(REGISTER_ROW.c.id, REGISTER_ROW.c.sealed).where(REGISTER_ROW.c.sealed > 0)
    ends = {name: int(seq) for name, seq in records}
    ends |= {SEALED + name: seq for name, seq in connection.execute(of_rows)}
    if bare := sorted(name for name, seq in ends.items() if seq > covered.get(name, 0)):
        yield Problem(code="seals_cut", arguments={"case": bare[0], "count": len(bare), "n": n + 1})
    if known_seal is not None and not is_known:
        yield Problem(code="seal_unknown", arguments={"n": known_seal[0]})


def _of_seal(n: int, name: str, seq: int, *, is_missing: bool) -> Problem:
    """Return the problem of an event that is missing, or is not the one the n-th seal covers."""
    code = "sealed_missing" if is_missing else "sealed_differs"
    problem = Problem(code=code, arguments={"case": name, "seq": seq, "n": n})
    if name == journal.CHAIN:
        return Problem(code="proof_cut", arguments={"n": n, "seq": seq})
    if name == checks.CHAIN:
        return Problem(code="audit_cut", arguments={"n": n, "seq": seq})
    return _of_office(problem) if name == OFFICE else problem


def _with_hashes(
    connection: Connection,
) -> Iterator[tuple[Row_, list[Head] | None, dict[tuple[str, int], str]]]:
    """Yield each seal in order with the heads in it and the hashes that are there at their places.

    The hashes are looked up for many seals together, each once: a year may have 100,000 seals.
    """
    for seals in chunks(connection.execute(SEAL.select().order_by(SEAL.c.n)), _SEALS_AT_ONCE):
        heads = [_heads(seal.heads) for seal in seals]
        places = dict.fromkeys((name, seq) for of_one in heads for name, seq, _ in of_one or ())
        hashes = _hashes(connection, places)
        for seal, of_one in zip(seals, heads, strict=True):
            yield seal, of_one, hashes


def _hashes(connection: Connection, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return the hashes of the events at these places (chain, number)."""
    hashes: dict[tuple[str, int], str] = {}
    for chunk in chunks(places, 5000):
        for chain, (number, digest) in _NUMBERED.items():
            numbers = [seq for name, seq in chunk if name == chain]
            if numbers:
                of_chain = select(number, digest).where(number.in_(numbers))
                hashes |= {(chain, seq): found for seq, found in connection.execute(of_chain)}
        query = select(EVENT.c.case, EVENT.c.seq, EVENT.c.hash).where(
            tuple_(EVENT.c.case, EVENT.c.seq).in_(chunk)
        )
        hashes |= {(name, seq): digest for name, seq, digest in connection.execute(query)}
        rows = [(name.removeprefix(SEALED), seq) for name, seq in chunk if name.startswith(SEALED)]
        of_rows = select(EVENT.c.name, EVENT.c.seq, EVENT.c.hash).where(
            EVENT.c.topic == "register", tuple_(EVENT.c.name, EVENT.c.seq).in_(rows)
        )
        if rows:
            hashes |= {(SEALED + name, seq): digest for name, seq, digest in connection.execute(of_rows)}
    return hashes


def _heads(text: str) -> list[Head] | None:
    """Return the heads in a seal; None when it is unreadable."""
    try:
        return [(name, seq, head) for name, seq, head in json.loads(text)]
    except (ValueError, TypeError):
        return None


def _editions(connection: Connection, editions: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Yield the cases whose edition's file is missing or has changed."""
    query = select(CASE.c.id, CASE.c.edition, CASE.c.digest).order_by(CASE.c.id)
    for name, edition, digest in connection.execute(query):
        if edition not in editions:
            yield Problem(code="edition_missing", arguments={"case": name, "edition": edition})
        elif digest and digest not in editions[edition]:
            yield Problem(code="edition_altered", arguments={"case": name, "edition": edition})


def office_differences(engine: Engine, *, now: datetime) -> tuple[Problem, ...]:
    """Return the accounts, people and addresses that differ from the chain, without other checks."""
    with reading(engine) as connection:
        return tuple(_rows(connection, now))


def _rows(connection: Connection, now: datetime | None) -> Iterator[Problem]:
    """Yield the rows that differ from the office's chain."""
    for code, arguments in vouching.find_differences(connection, now=now):
        yield Problem(code=code, arguments=arguments)


def _cases(engine: Engine, recompute: Recompute | None, broken: set[str], rows: bool) -> Iterator[Problem]:
    """Yield differences between events of cases and their rows, readers and board."""
    if recompute is None and not rows:
        return
    ledger = SqlLedger(engine)
    for names in chunks((name for name in ledger.ids() if name not in broken), CHUNK):
        cases = ledger.cases(names)
        if rows:
            with reading(engine) as connection:
                for code, arguments in checks.find_differences(connection, cases):
                    yield Problem(code=code, arguments=arguments)
        if recompute is None:
            continue
        stored = ledger.rows_of(names)
        for name, case in cases.items():
            stored_rows = {row.obligation: row for row in stored.get(name, ())}
            new_rows = {row.obligation: row for row in recompute(case).rows}
            for obligation in sorted(stored_rows.keys() | new_rows.keys()):
                if _substance(stored_rows.get(obligation)) != _substance(new_rows.get(obligation)):
                    yield Problem(code="board_differs", arguments={"case": name, "obligation": obligation})
        with reading(engine) as connection:
            for name in recommendations.differences(connection, cases):
                yield Problem(code="recommendations_differ", arguments={"case": name})


def _substance(values: tuple[object, ...] | None) -> list[object] | None:
    """Return the values of a row that are compared."""
    return None if values is None else [values[n] for n in _COMPARED]
