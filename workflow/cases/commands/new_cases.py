"""Computes the rows of new cases. The cases of one schedule share procedure, calendar and most of their plan
dates: what rests on the same dates is computed once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from calendars.kazakhstan import Kazakhstan
from workflow.board.rows import Row, rows
from workflow.cases.case import Case, Event, fold
from workflow.cases.commands.recalculation import plan_dates_read
from workflow.deadlines.anchors import DueDateResolver
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadlines, walked
from workflow.law.library import Library
from workflow.law.procedure import Procedure
from workflow.machine import stage
from workflow.ports import CaseWrite

_NAMES = frozenset({"id", "unit", "object", "object_kk", "object_ru", "written", "notes", "planned"})
"""What of a new case no date is computed from, unless its act names bodies (these are known by object), and its
plan dates.
"""
_UNIT = Row._fields.index("unit")
_Key = tuple[object, ...]


class _Part(NamedTuple):
    """The deadlines of one obligation, and their rows, which name the first case that has them."""

    deadlines: list[Deadline]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class _CasesAlike:
    """New cases that differ in names and plan dates alone.

    Attributes:
        plans: obligation -> the plan dates it rests on, in the order of the procedure.
        parts: obligation with the days of these -> what is computed of it.
    """

    plans: Mapping[str, Sequence[str]]
    parts: dict[_Key, _Part] = field(default_factory=dict)


class NewCases:
    """The new cases of one command. `today` as of `workflow.deadlines.resolver.deadlines`."""

    def __init__(self, library: Library, calendar: Kazakhstan, *, today: date) -> None:
        self._library = library
        self._calendar = calendar
        self._today = today
        self._alike: dict[_Key, _CasesAlike] = {}

    def write(self, events: tuple[Event, ...]) -> CaseWrite:
        """Return the write of the new case with these events."""
        case = fold(events)
        procedure = self._library.of(case)
        alike = _alike(case, procedure)
        if alike is None:
            chain: Sequence[Deadline] = deadlines(case, procedure, self._calendar, today=self._today, bare=True)
            board = rows(case, procedure, chain, self._calendar, today=self._today)
        else:
            parts, name, unit = self._parts(case, procedure, alike), case.id, case.unit
            chain = [deadline for part in parts for deadline in part.deadlines]
            shared = [row for part in parts for row in part.rows]
            board = tuple([Row._make((name, *row[1:_UNIT], unit, *row[_UNIT + 1 :])) for row in shared])
        return CaseWrite(events=events, case=case, stage=stage(procedure, case, chain), rows=board)

    def _parts(self, case: Case, procedure: Procedure, alike: _Key) -> list[_Part]:
        """Return the parts of a case, in order; those whose plan dates no case alike had are computed."""
        if alike not in self._alike:
            self._alike[alike] = _CasesAlike(plan_dates_read(case, procedure))
        shared = self._alike[alike]
        keys = {
            obligation: (obligation, *[case.planned[name] for name in names])
            for obligation, names in shared.plans.items()
        }
        missing = [obligation for obligation, key in keys.items() if key not in shared.parts]
        if missing:
            parts = self._compute(case, procedure, missing)
            shared.parts.update({keys[obligation]: part for obligation, part in parts.items()})
        return [shared.parts[key] for key in keys.values()]

    def _compute(self, case: Case, procedure: Procedure, obligations: Sequence[str]) -> dict[str, _Part]:
        """Compute these obligations. No fact of a new case came late, so nothing is inherited."""
        resolver = DueDateResolver(case, procedure, self._calendar, today=self._today)
        links = [link for name in obligations for link in resolver.links_of(procedure.by_id[name])]
        chain = tuple(walked(resolver, links, bare=True))
        board = rows(case, procedure, chain, self._calendar, today=self._today, inherited={})
        parts = {name: _Part([], []) for name in obligations}
        for deadline, row in zip(chain, board, strict=True):
            parts[deadline.obligation.id].deadlines.append(deadline)
            parts[deadline.obligation.id].rows.append(row)
        return parts


def _alike(case: Case, procedure: Procedure) -> _Key | None:
    """Return what new cases have in common whose rows differ by their plan dates alone; None where that is not
    known.
    """
    if case.facts or case.entries or procedure.bodies:
        return None
    values = (getattr(case, name) for name in Case.__slots__ if name not in _NAMES)
    common = (tuple(value.items()) if isinstance(value, dict) else value for value in values)
    return id(procedure), tuple(case.planned), *common
