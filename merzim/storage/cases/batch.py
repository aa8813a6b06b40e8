"""Computes the rows to write for a set of case changes, before the write lock is taken. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter
from typing import cast

from merzim.storage import events
from merzim.storage.cases import recommendations
from merzim.storage.rows import ROW_COLUMNS, Values, columns_of, read_as
from merzim.storage.tables.cases import CASE
from workflow.board.rows import Row
from workflow.cases.case import Case, Event, Wording, withdrawn_lines
from workflow.cases.states import AWAITED
from workflow.ports import Change, Conflict
from workflow.search_words import normalise

_NAMING = ("opened", "reader_named", "reader_removed")
Stored = Mapping[str, Row]
"""A case's board rows as stored, by obligation id."""

HEAD = (
    *("edition", "digest", "standing", "ground", "stage", "span_first", "span_last"),
    *("unit", "object_kk", "object_ru", "object_also", "search"),
)
"""Columns of a case's head that a change of its rows may change."""

_DUE, _STATE, _VERSION, _UNTIL = (
    ROW_COLUMNS.index(name) for name in ("due", "state", "version", "counts_until")
)


@dataclass(frozen=True, slots=True)
class StateBefore:
    """The stored state of a case before a change.

    Attributes:
        rows: its rows.
        values: values of its head, in the order of HEAD.
    """

    seq: int = 0
    head: str = ""
    rows: Stored = field(default_factory=dict)
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """The rows to write, by table.

    Attributes:
        expected: the seq each case must still have when the lock is held (0: must not exist).
        written: ids of the cases with anything to write.
        rows_changed: the changed rows, with the key and values that must still stand.
        moved: deadlines people were waiting for whose due date has changed, or that are no longer required.
        readers: current readers of confidential cases.
        recommendations: all lines of cases whose lines may have changed.
        waiting: current rows of the cases whose rows changed.
        inbox: what the events say to people; `unsaid`: lines of a case that were withdrawn, and say nothing;
            `answered`: lines that ask nothing any more.
        reassigned: case and obligation of the rows that are now another unit's or another person's.
    """

    expected: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    opened: list[Values] = field(default_factory=list)
    changed: list[Values] = field(default_factory=list)
    events: list[Values] = field(default_factory=list)
    rows_new: list[tuple[object, ...]] = field(default_factory=list)
    rows_changed: list[Values] = field(default_factory=list)
    rows_gone: list[Values] = field(default_factory=list)
    readers: dict[str, frozenset[str]] = field(default_factory=dict)
    waiting: dict[str, Sequence[Row]] = field(default_factory=dict)
    reassigned: set[tuple[str, str]] = field(default_factory=set)
    moved: list[Values] = field(default_factory=list)
    recommendations: dict[str, recommendations.CaseLines] = field(default_factory=dict)
    inbox: list[Values] = field(default_factory=list)
    unsaid: list[Values] = field(default_factory=list)
    answered: list[Values] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        return bool(self.written or self.readers or self.recommendations)


def batch(changes: Iterable[Change], before: Mapping[str, StateBefore]) -> Batch:
    """Return the rows to write for these changes.

    Raises:
        Conflict: a change was computed from another state of the case than the stored one.
    """
    new_batch = Batch()
    # In the order of ids, so that two writers of the same cases never wait for each other crosswise.
    for change in sorted(changes, key=lambda change: change.case.id):
        _add(new_batch, change, before.get(change.case.id, StateBefore()))
    return new_batch


def _add(target: Batch, change: Change, before: StateBefore) -> None:
    """Add what one change writes. Raises Conflict if it was computed from another state than the stored one."""
    case = change.case
    if case.id in target.expected or case.seq - len(change.events) != before.seq:
        raise Conflict(case.id, since=case.seq - len(change.events))
    target.expected[case.id] = before.seq
    for seq, event in enumerate(change.events, before.seq + 1):
        if event.seq != seq:
            raise Conflict(case.id, since=before.seq)
        _add_inbox(target, event)
    drafts = [read_as(events.Draft, event, topic="case", case=case.id) for event in change.events]
    lines = events.chained(f"{events.CASE}{case.id}", drafts, after=before.seq, previous=before.head)
    target.events += lines
    head = lines[-1]["hash"] if lines else before.head
    if (
        # A change of any row without events is a rebuild: it writes everything that can be computed.
        not change.events
        or recommendations.affects_lines(change.events)
        or case.standing != before.values.get("standing", "active")
    ):
        target.recommendations[case.id] = recommendations.lines(case)
    if case.confidential and (not change.events or any(event.kind in _NAMING for event in change.events)):
        target.readers[case.id] = case.readers
    differs = _add_rows(target, change, before)
    if differs or change.events or change.stage != before.values.get("stage", ""):
        target.written.append(case.id)
        _add_case(target, change, before, _values(change), head)
    if differs and before.rows:
        target.waiting[case.id] = change.rows


def _add_inbox(target: Batch, event: Event) -> None:
    """Add the people an event concerns (`to`: person -> kind), and what a withdrawal takes back."""
    if isinstance(to := event.payload.get("to"), Mapping):
        target.inbox += [
            {
                "person": person,
                "case": event.case,
                "seq": event.seq,
                "kind": kind,
                "due": event.on,
                "at": event.at,
                "untold": True,
                "read_at": None,
            }
            for person, kind in sorted(to.items())
        ]
    if event.kind == "withdrawn":
        target.unsaid += [{"k_case": event.case, "k_seq": seq} for seq in withdrawn_lines(event.payload)]
    if event.kind == "commented" and "answers" in event.payload:
        target.answered.append({"k_case": event.case, "k_seq": event.payload["answers"]})


def _values(change: Change) -> Values:
    case = change.case
    first, last = _span(change.rows)
    return {
        "edition": case.edition,
        "digest": case.digest,
        "standing": case.standing,
        "ground": case.ground,
        "stage": change.stage,
        "span_first": first,
        "span_last": last,
        **passport_columns(case),
    }


def _add_case(target: Batch, change: Change, before: StateBefore, values: Values, head: str) -> None:
    case = change.case
    if before.seq:
        # An unchanged head is locked while the rows are written, but not written itself.
        if change.events or values != before.values:
            values |= {"seq": case.seq, "head": head}
            target.changed.append({"k_id": case.id, **values})
        return
    target.opened.append(columns_of(CASE, case, **values, head=head))


STEPS_BEFORE = timedelta(days=20)
"""Calendar days before a due date within which the first reminder step lies."""
QUESTIONS_AFTER = timedelta(days=40)
"""Calendar days after a plan date within which the last question about it is asked."""


def _span(rows: Iterable[Row]) -> tuple[date | None, date | None]:
    """Return the first and last day on which a moved calendar day can affect a row; None twice if no day can.

    It may move the due date, the days late, or the day of the next step.
    """
    days: set[date | None] = set()
    for row in rows:
        due = row.due
        days.update((row.span_first, row.span_last, row.next_step_on))
        if row.state in AWAITED:
            if row.planned_on is not None:
                days |= {row.planned_on - STEPS_BEFORE, row.planned_on + QUESTIONS_AFTER}
            if row.counts_until is not None and due is not None:
                # Whether an earlier step is still due depends on the day it falls on.
                days.add(due - STEPS_BEFORE)
        if due is not None and row.done_on is not None:
            days |= {due, row.done_on}
    days.discard(None)
    known_days = cast("set[date]", days)
    return min(known_days, default=None), max(known_days, default=None)


def searched(case: Case) -> str:
    """Return the text of a case that searches look in, folded."""
    names = dict.fromkeys((case.object_kk, case.object_ru, *(word for words in case.written for word in words)))
    other_names = (f" {word}" for word in names if word not in ("", case.object, case.unit))
    return normalise(f"{case.id} {case.object} {case.unit}{''.join(other_names)}")


def passport_columns(case: Case) -> Values:
    """Return the columns of a case's row that its passport and its wordings in schedules determine.

    `object_also` is the last wording, where it or the unit has changed since the first.
    """
    words = case.written or (Wording(case.object, case.unit),)
    first, last = words[0], words[-1]
    return {
        "unit": case.unit,
        "object_kk": case.object_kk,
        "object_ru": case.object_ru,
        "object_also": last.object if last != first or case.unit != first.unit else "",
        "search": searched(case),
    }


_assignee = attrgetter("unit", "duty", "responsible", "person")
"""The columns that decide whose a deadline is."""


def _add_rows(target: Batch, change: Change, before: StateBefore) -> bool:
    """Add the board rows of a change that are new, differ from the stored ones or are gone; return whether any
    is.
    """
    stored = before.rows
    differs = False
    names = {row.obligation for row in change.rows}
    for row in change.rows:
        stored_row = stored.get(row.obligation)
        if stored_row is not None and _alike(stored_row, row):
            continue
        if stored_row is None:
            target.rows_new.append(row)
        else:
            if _has_moved(stored_row, row):
                target.moved.append(_moved(change, row.obligation, row.version))
            if _assignee(stored_row) != _assignee(row):
                target.reassigned.add((row.case, row.obligation))
            target.rows_changed.append(
                dict(zip(ROW_COLUMNS[2:], row[2:], strict=True)) | _stored_place(stored_row)
            )
        differs = True
    for obligation, removed_row in stored.items():
        if obligation not in names:
            target.rows_gone.append(_stored_place(removed_row))
            differs = True
            if removed_row[_STATE] in AWAITED and removed_row[_DUE] is not None:
                version = change.rows[0].version if change.rows else ""
                target.moved.append(_moved(change, obligation, version))
    return differs


def _alike(stored_row: tuple[object, ...], row: Row) -> bool:
    """Return whether a row equals the stored one, ignoring the calendar version it was computed with."""
    return stored_row == row or (
        stored_row[:_VERSION] == row[:_VERSION] and stored_row[_VERSION + 1 :] == row[_VERSION + 1 :]
    )


def _has_moved(stored_row: tuple[object, ...], row: Row) -> bool:
    """Return whether people waiting for the old row must be notified of the new one; not for completed rows."""
    if stored_row[_STATE] == "not_required":
        # People notified that it is no longer required are notified that it is again.
        return row.state in AWAITED and row.due is not None
    if stored_row[_STATE] not in AWAITED or stored_row[_DUE] is None:
        return False
    if row.state not in AWAITED:
        return row.state != "done"
    # Its date was counted from a fact withdrawn since, so that the same date is no longer valid.
    return stored_row[_DUE] != row.due or (stored_row[_UNTIL] is None and row.counts_until is not None)


def _moved(change: Change, obligation: str, version: str) -> Values:
    """Return the record of a move: by the last event that can move dates, else by a new calendar."""
    for event in reversed(change.events):
        if event.kind not in ("evidence", "notice", "commented"):
            cause = {"kind": event.kind, "name": event.name, "by": event.by}
            on = {"on": event.on.isoformat()} if event.on else {}
            names = ("ground", "decided_by", "document")
            decision = {name: event.payload[name] for name in names if name in event.payload}
            # A separate letter notifies these people: the assignee of an assignment's new day.
            decision |= {"told": sorted(to)} if isinstance(to := event.payload.get("to"), dict) and to else {}
            change_name = f"{change.case.id}#{event.seq}"
            return _move_record(change, obligation, change_name, {**cause, **on, **decision})
    return _move_record(change, obligation, f"calendar#{version}", dict(change.cause) or {"kind": "calendar"})


def _move_record(change: Change, obligation: str, name: str, cause: dict[str, object]) -> Values:
    return {"case": change.case.id, "obligation": obligation, "change": name, "cause": cause}


def _stored_place(stored_row: Sequence[object]) -> Values:
    """Return the key of a stored row, and the values that must be unchanged when it is written."""
    return {
        "k_case": stored_row[0],
        "k_obligation": stored_row[1],
        "k_due": stored_row[_DUE],
        "k_state": stored_row[_STATE],
        "k_counts_until": stored_row[_UNTIL],
    }
