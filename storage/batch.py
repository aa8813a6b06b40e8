"""What changes of cases come to, row by row: computed before the write lock is asked for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from storage.chain import canonical, line, link
from storage.rows import ROW_COLUMNS, Values, row_values
from storage.totals import Key, key
from workflow.board import WAITING, Row
from workflow.case import Case
from workflow.ports import Conflict, Written

_NAMING = ("opened", "reader_named", "reader_removed")
Stored = Mapping[str, tuple[object, ...]]
"""A case's board rows as stored, by obligation id."""

_DUE, _STATE, _VERSION = (ROW_COLUMNS.index(name) for name in ("due", "state", "version"))


@dataclass(frozen=True, slots=True)
class Before:
    """What is stored of a case before a change."""

    seq: int = 0
    head: str = ""
    stage: str = ""
    edition: str = ""
    rows: Stored = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """The rows to write, table by table.

    Attributes:
        expected: the seq each case must still have when the lock is held (0: must not exist).
        moved: deadlines somebody waited for whose due date is another one now, or that nobody is asked for.
        readers: of confidential cases: who was named to know of them, as it stands now.
        totals: by how much the sums of the board change.
        waiting: of the cases whose rows changed, the (obligation, due) that still wait for somebody.
    """

    expected: dict[str, int] = field(default_factory=dict)
    opened: list[Values] = field(default_factory=list)
    changed: list[Values] = field(default_factory=list)
    events: list[Values] = field(default_factory=list)
    rows_new: list[Values] = field(default_factory=list)
    rows_changed: list[Values] = field(default_factory=list)
    rows_gone: list[Values] = field(default_factory=list)
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    waiting: dict[str, set[tuple[str, date | None]]] = field(default_factory=dict)
    totals: Counter[Key] = field(default_factory=Counter)
    moved: list[Values] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.opened or self.changed or self.readers)


def batch(changes: Iterable[Written], before: Mapping[str, Before]) -> Batch:
    """The rows to write.

    Raises:
        Conflict: a change was made of another state of the case than the one stored.
    """
    made = Batch()
    # In the order of ids, so that two writers of the same cases never wait for each other crosswise.
    for change in sorted(changes, key=lambda change: change.case.id):
        _add(made, change, before.get(change.case.id, Before()))
    return made


def _add(made: Batch, change: Written, before: Before) -> None:
    case = change.case
    if case.id in made.expected or case.seq - len(change.events) != before.seq:
        raise Conflict(case.id)
    made.expected[case.id] = before.seq
    head = before.head
    for seq, event in enumerate(change.events, before.seq + 1):
        if event.seq != seq:
            raise Conflict(case.id)
        payload = canonical(event.payload)
        text = line(
            case=case.id,
            seq=seq,
            kind=event.kind,
            name=event.name,
            on=event.on,
            at=event.at,
            by=event.by,
            payload=payload,
        )
        previous, head = head, link(head, text)
        made.events.append(
            {
                "case": case.id,
                "seq": seq,
                "kind": event.kind,
                "name": event.name,
                "on": event.on,
                "at": event.at,
                "by": event.by,
                "payload": payload,
                "previous": previous,
                "hash": head,
            }
        )
    # A change without events is a rebuild: it writes everything that can be computed.
    if case.confidential and (not change.events or any(one.kind in _NAMING for one in change.events)):
        made.readers[case.id] = case.readers
    differs = _add_rows(made, change, before)
    if differs or change.events or change.stage != before.stage:
        _add_case(made, change, before, head)
    if differs and before.rows:
        made.waiting[case.id] = {(row.obligation, row.due) for row in change.rows if row.state in WAITING}


def _add_case(made: Batch, change: Written, before: Before, head: str) -> None:
    case = change.case
    days = [day for row in change.rows for day in _felt(row)]
    values: Values = {
        "edition": case.edition,
        "digest": case.digest,
        "standing": case.standing,
        "ground": case.ground,
        "stage": change.stage,
        "span_first": min(days, default=None),
        "span_last": max(days, default=None),
        "seq": case.seq,
        "head": head,
    }
    if before.seq:
        made.changed.append({"k_id": case.id, "k_seq": before.seq, **values})
        return
    made.opened.append(
        {
            **values,
            "id": case.id,
            "procedure": case.procedure,
            "unit": case.unit,
            "object": case.object,
            "opened_at": case.opened_at,
            "confidential": case.confidential,
            "sealed": 0,
            "search": searched(case),
        }
    )


def _felt(row: Row) -> Iterator[date]:
    """The days between which a day that moves is felt by the row: it may move its due date, what it is late by,
    or the day of its next rung."""
    yield from filter(None, (row.span_first, row.span_last, row.next_rung_on))
    if row.due is not None and row.done_on is not None:
        yield from (row.due, row.done_on)


def searched(case: Case) -> str:
    """What a search looks in, casefolded."""
    return f"{case.id} {case.object} {case.unit}".casefold()


def _add_rows(made: Batch, change: Written, before: Before) -> bool:
    """Only rows that differ, and what the sums of the board lose and gain by them. Returns whether any does."""
    stored, edition = before.rows, change.case.edition
    counted: list[tuple[str, Sequence[object], int]] = []
    kept: set[str] = set()
    for row in change.rows:
        kept.add(row.obligation)
        values = row_values(row)
        known = stored.get(row.obligation)
        if known is not None and _alike(known, values):
            continue
        if known is None:
            made.rows_new.append(dict(zip(ROW_COLUMNS, values, strict=True)))
        else:
            if _has_moved(known, row):
                made.moved.append(_moved(change, row.obligation, row.version))
            made.rows_changed.append(_rekeyed(values))
            counted.append((before.edition, known, -1))
        counted.append((edition, values, 1))
    for obligation, gone in stored.items():
        if obligation not in kept:
            made.rows_gone.append({"k_case": change.case.id, "k_obligation": obligation})
            counted.append((before.edition, gone, -1))
            if gone[_STATE] in WAITING and gone[_DUE] is not None:
                version = change.rows[0].version if change.rows else ""
                made.moved.append(_moved(change, obligation, version))
    differs = bool(counted)
    if stored and edition != before.edition:
        # Every row is counted under the edition of its case.
        counted = [(before.edition, known, -1) for known in stored.values()]
        counted += [(edition, row_values(row), 1) for row in change.rows]
    if not change.case.confidential:
        for of, counting, by in counted:
            line = key(of, counting)
            if line is not None:
                made.totals[line] += by
    return differs


def _alike(known: tuple[object, ...], values: tuple[object, ...]) -> bool:
    """Whether a row comes out as it is stored; by which calendar it was counted is no difference."""
    return known == values or (
        known[:_VERSION] == values[:_VERSION] and known[_VERSION + 1 :] == values[_VERSION + 1 :]
    )


def _has_moved(known: tuple[object, ...], row: Row) -> bool:
    """Whether who waited by the old row must hear of the new one. What is done is no news to them."""
    if known[_STATE] not in WAITING or known[_DUE] is None:
        return False
    return known[_DUE] != row.due if row.state in WAITING else row.state != "done"


def _moved(change: Written, obligation: str, version: str) -> Values:
    """A line of what moved: by the last event that can move anything, else by the days being counted anew."""
    for event in reversed(change.events):
        if event.kind not in ("evidence", "notice"):
            cause = {"kind": event.kind, "name": event.name, "by": event.by}
            on = {"on": event.on.isoformat()} if event.on else {}
            ground = {"ground": event.payload["ground"]} if "ground" in event.payload else {}
            change_name = f"{change.case.id}#{event.seq}"
            return _line(change, obligation, change_name, {**cause, **on, **ground})
    return _line(change, obligation, f"calendar#{version}", dict(change.cause) or {"kind": "calendar"})


def _line(change: Written, obligation: str, name: str, cause: dict[str, object]) -> Values:
    return {"case": change.case.id, "obligation": obligation, "change": name, "cause": cause}


def _rekeyed(values: Sequence[object]) -> Values:
    found = dict(zip(ROW_COLUMNS, values, strict=True))
    return {"k_case": found.pop("case"), "k_obligation": found.pop("obligation"), **found}
