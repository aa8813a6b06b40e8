"""Computes again only what depends on new events of a case; every other row stays as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from calendars.calendar import Calendar
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Event
from workflow.cases.machine import stage
from workflow.cases.states import State
from workflow.deadlines.anchors import DueDateResolver
from workflow.deadlines.resolver import walked
from workflow.law.procedure import Obligation, Procedure
from workflow.ports import CaseWrite

_OF_A_FACT = frozenset({"fact", "corrected", "evidence", "planned", "notice"})
"""Kinds of events that change nothing but the fact they name."""


class _Stored(NamedTuple):
    """A deadline as its stored row has it (`workflow.cases.machine.Owed`)."""

    obligation: Obligation
    due: date | None
    state: State


def recomputed(
    events: tuple[Event, ...],
    case: Case,
    procedure: Procedure,
    calendar: Calendar,
    stored: Mapping[str, Row],
    *,
    today: date,
) -> CaseWrite | None:
    """Return a case after these events with the rows they can change computed, the others as stored.

    None where any row may differ: events of another kind, a case with registers, rows by another edition or
    calendar.

    Args:
        case: the case after the events.
        today: local date, as of `workflow.deadlines.resolver.deadlines` and `workflow.board.rows.rows`.
    """
    if any(event.kind not in _OF_A_FACT for event in events) or case.entries or not _holds(case, procedure):
        return None
    if not stored or any(row.version != calendar.version for row in stored.values()):
        return None
    ids = procedure.resting_on(event.name for event in events)
    kept = [row for name, row in stored.items() if _base(name) not in ids]
    resolver = DueDateResolver(case, procedure, calendar, today=today)
    links = [link for one in procedure.obligations if one.id in ids for link in resolver.links_of(one)]
    chain = tuple(walked(resolver, links, bare=True))
    fresh = rows(case, procedure, chain, calendar, today=today, others=kept)
    return CaseWrite(
        events=events,
        case=case,
        stage=stage(procedure, case, (*chain, *_owed(kept, procedure))),
        rows=(*fresh, *kept),
        touched=frozenset({row.obligation for row in fresh} | {name for name in stored if _base(name) in ids}),
    )


def _holds(case: Case, procedure: Procedure) -> bool:
    """Return whether the case was opened by this very text of its edition."""
    return bool(case.digest) and case.digest == procedure.digest


def _base(name: str) -> str:
    """Return the id of an obligation without its period."""
    return name.partition(".")[0]


def _owed(kept: Iterable[Row], procedure: Procedure) -> Iterable[_Stored]:
    """Yield what the stage may turn on of stored rows."""
    for row in kept:
        if row.state in ("open", "target"):
            yield _Stored(procedure.by_id[_base(row.obligation)], row.due, row.state)
