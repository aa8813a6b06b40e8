"""What changes of cases write, table by table, compared with what is stored. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, cast

from sqlalchemy import Table

from merzim.storage import events
from merzim.storage.cases import recommendations
from merzim.storage.rows import Values, columns_of, read_as
from merzim.storage.tables.board import DEADLINE, MOVED
from merzim.storage.tables.cases import CASE, INBOX, READER
from merzim.storage.tables.events import EVENT
from workflow.cases.case import AWAITED, MOVE_NOTHING, Case, Event, Wording, withdrawn_lines
from workflow.deadlines.deadline import Row
from workflow.ports import Change
from workflow.search_words import normalise

_NAMING = ("opened", "reader_named", "reader_removed")


class StoredCase(NamedTuple):
    """What is stored of a case: its row, {} for a new case, and its board rows by obligation."""

    head: Mapping[str, object]
    rows: Mapping[str, Row]

    @property
    def seq(self) -> int:
        return cast("int", self.head.get("seq", 0))


@dataclass(slots=True)
class Batch:
    """What changes of cases write.

    Attributes:
        new: rows to insert, by table.
        heads: case -> the changed columns of its row.
        gone: the places of the board rows that are deleted, or inserted anew because they differ, in the order
            of keys, as others lock them.
        replaced: table -> cases whose rows in it are all deleted first.
        changed: cases with events, another head or other rows.
        withdrawn: case and line of the events withdrawn.
    """

    new: dict[Table, list[Values]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[str, Values] = field(default_factory=dict)
    gone: list[Values] = field(default_factory=list)
    replaced: dict[Table, list[str]] = field(default_factory=lambda: defaultdict(list))
    changed: list[str] = field(default_factory=list)
    withdrawn: list[tuple[str, int]] = field(default_factory=list)

    def add(self, change: Change, stored: StoredCase, *, now: datetime) -> None:
        """Add what one change writes, which was made from the stored state of its case."""
        case = change.case
        for event in change.events:
            self._add_inbox(event)
        drafts = [read_as(events.Draft, event, topic="case", case=case.id) for event in change.events]
        previous = str(stored.head.get("head", ""))
        lines = events.chained(f"{events.CASE}{case.id}", drafts, after=stored.seq, previous=previous)
        self.new[EVENT] += lines
        head = head_of(change, lines[-1]["hash"] if lines else previous)
        differs = {name: value for name, value in head.items() if stored.head.get(name) != value}
        if not stored.head:
            self.new[CASE].append(head)
        elif differs:
            self.heads[case.id] = differs
        # A change without events is a rebuild: it writes everything that can be computed. Recommendations are
        # counted of active cases; who may read a confidential case (it stays one) is said by _NAMING events.
        status_changed = case.status != stored.head.get("status", "active")
        if not change.events or status_changed or recommendations.affects_lines(change.events):
            for table, kept in recommendations.lines(case).items():
                self.replaced[table].append(case.id)
                self.new[table] += kept
        if not change.events or (case.confidential and any(event.kind in _NAMING for event in change.events)):
            self.replaced[READER].append(case.id)
            readers = sorted(case.readers) if case.confidential else ()
            self.new[READER] += [{"case": case.id, "person": person} for person in readers]
        if self._add_rows(change, stored.rows, now=now) or differs:
            self.changed.append(case.id)

    def _add_inbox(self, event: Event) -> None:
        """Add the inbox entries of whom an event concerns, and which earlier events it withdraws."""
        if isinstance(to := event.payload.get("to"), Mapping):
            about = {"case": event.case, "seq": event.seq, "due": event.on, "at": event.at}
            self.new[INBOX] += [
                {"person": person, "kind": kind, **about, "untold": True, "read_at": None}
                for person, kind in sorted(to.items())
            ]
        if event.kind == "withdrawn":
            self.withdrawn += [(event.case, seq) for seq in withdrawn_lines(event.payload)]

    def _add_rows(self, change: Change, stored: Mapping[str, Row], *, now: datetime) -> bool:
        """Add the board rows of a change that are new, differ from the stored ones or are gone; return whether
        any is.
        """
        rows = {row.obligation: row for row in change.rows}
        differing = {name for name, row in rows.items() if name not in stored or not _alike(stored[name], row)}
        self.new[DEADLINE] += [rows[name]._asdict() for name in sorted(differing)]
        gone = sorted(name for name in stored if name in differing or name not in rows)
        self.gone += [{"k_case": change.case.id, "k_obligation": name} for name in gone]
        for name in gone:
            after = rows.get(name)
            if _has_moved(stored[name], after):
                version = after.version if after else change.rows[0].version if change.rows else ""
                self.new[MOVED].append(_moved(change, name, version) | {"at": now})
        return bool(differing or gone)


def head_of(change: Change, hash: str) -> Values:
    """Return the row of a case after a change. `hash`: of the last line of its chain."""
    case = change.case
    first, last = span(change.rows)
    computed = {"stage": change.stage, "span_first": first, "span_last": last, "head": hash}
    return columns_of(CASE, case, **computed, **_passport_columns(case))


STEPS_BEFORE = timedelta(days=20)
"""Calendar days before a due date within which the first reminder step lies."""
QUESTIONS_AFTER = timedelta(days=40)
"""Calendar days after a plan date within which the last question about it is asked."""


def span(rows: Iterable[Row]) -> tuple[date | None, date | None]:
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


def _passport_columns(case: Case) -> Values:
    """Return the columns of a case's row that its wordings in schedules determine. `object_also` is the last
    wording, where it or the unit has changed since the first; `search` the folded text that searches look in.
    """
    words = case.written or (Wording(case.object, case.unit),)
    first, last = words[0], words[-1]
    names = dict.fromkeys((case.object_kk, case.object_ru, *(word for words in case.written for word in words)))
    other_names = (f" {word}" for word in names if word not in ("", case.object, case.unit))
    return {
        "object_also": last.object if last != first or case.unit != first.unit else "",
        "search": normalise(f"{case.id} {case.object} {case.unit}{''.join(other_names)}"),
    }


def _alike(before: Row, after: Row) -> bool:
    """Return whether a row equals the stored one, ignoring the calendar version it was computed with."""
    return before == after or before == after._replace(version=before.version)


def _has_moved(before: Row, after: Row | None) -> bool:
    """Return whether people waiting for the old row must be notified of the new one (None: it is gone); not for
    completed rows.
    """
    if before.state == "not_required":
        # People notified that it is no longer required are notified that it is again.
        return after is not None and after.state in AWAITED and after.due is not None
    if before.state not in AWAITED or before.due is None:
        return False
    if after is None or after.state not in AWAITED:
        return after is None or after.state != "done"
    # Its date was counted from a fact withdrawn since, so that the same date is no longer valid.
    return before.due != after.due or (before.counts_until is None and after.counts_until is not None)


def _moved(change: Change, obligation: str, version: str) -> Values:
    """Return the record of a move: by the last event that can move dates, else by a new calendar."""
    place = {"case": change.case.id, "obligation": obligation}
    for event in reversed(change.events):
        if event.kind not in MOVE_NOTHING:
            cause = {"kind": event.kind, "name": event.name, "by": event.by}
            on = {"on": event.on.isoformat()} if event.on else {}
            names = ("ground", "decided_by", "document")
            decision = {name: event.payload[name] for name in names if name in event.payload}
            # A separate letter notifies these people: the assignee of an assignment's new day.
            decision |= {"told": sorted(to)} if isinstance(to := event.payload.get("to"), dict) and to else {}
            return {**place, "change": f"{change.case.id}#{event.seq}", "cause": {**cause, **on, **decision}}
    return {
        **place,
        "change": f"calendar#{version}",
        "cause": dict(change.cause) or {"kind": "calendar"},
    }
