"""Computes what is stored nowhere: plans from facts and plan dates, audits of past analyses, worked examples;
previews of commands: what one would change and break, and which days for a plan date would keep every term.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from calendars import LAST, OutOfRange
from calendars.kazakhstan import Kazakhstan
from workflow.cases.case import AWAITED, Case, Evidence, Fact, State
from workflow.cases.commands.case_commands import CaseCommands, Drafts, View
from workflow.deadlines.deadline import Deadline, holds_on, is_overdue
from workflow.deadlines.resolver import deadlines
from workflow.findings.findings import Finding, departure, feasibility, findings
from workflow.law.library import Library, answering_fact, known_fact
from workflow.law.procedure import Procedure, Text
from workflow.moments import Moment
from workflow.ports import Change
from workflow.refusal import Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A computed plan: what the law requires of an intended analysis, and when.

    Attributes:
        case: stored nowhere, with the dates given.
        ahead: facts given with a date after today; they are treated as plan dates.
        latest_start: by planned fact, the latest start from which it is still reached when every step is done
            on its last day.
    """

    procedure: Procedure
    case: Case
    deadlines: tuple[Deadline, ...]
    findings: tuple[Finding, ...]
    ahead: tuple[str, ...] = ()
    latest_start: Mapping[str, date] | tuple[()] = ()


def plan(
    library: Library,
    procedure_id: str,
    *,
    facts: Mapping[str, date],
    planned: Mapping[str, date],
    calendar: Kazakhstan,
    on: date | None = None,
    today: date | None = None,
    kind: str = "",
    object: str = "",
    values: Mapping[str, Mapping[str, Decimal]] = MappingProxyType({}),
    signed_by: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    """Return all due dates, conflicts and the latest safe start, computed from facts and plan dates (local
    dates).

    Args:
        facts: the answer to a decision may be given as `decision=option`.
        on: the day that selects the edition; None selects by the earliest day given, else the latest edition.
        today: None treats every fact as happened; with a date, later facts are treated as plan dates.
        kind: of organisation; values, signed_by: numbers and signatories of facts.

    Raises Refusal: an unknown procedure or fact, a date outside the calendar.
    """
    days = [*facts.values(), *planned.values()]
    procedure, edition_findings = _edition(library, procedure_id, on or min(days, default=today))
    facts = {answering_fact(procedure, name): day for name, day in facts.items()}
    ahead = tuple(name for name, day in facts.items() if today is not None and day > today)
    happened = {
        name: Fact(name=name, on=day, values=values.get(name, {}), signed_by=signed_by.get(name, ""))
        for name, day in facts.items()
        if name not in ahead
    }
    intended = {**planned, **{name: facts[name] for name in ahead}}
    for name in (*happened, *intended):
        known_fact(procedure, name)
    for day in days:
        calendar.is_working_day(day)
    case = what_if(procedure, facts=happened, planned=intended, kind=kind, object=object)
    # Without a clock every period of a recurring obligation within the records counts as begun.
    chain = deadlines(case, procedure, calendar, today=today or LAST)
    return Plan(
        procedure=procedure,
        case=case,
        deadlines=chain,
        findings=(
            *edition_findings,
            *findings(case, procedure, chain, calendar, prove=False),
            *feasibility(chain, calendar, today=today),
            *(
                departure(deadline, "range", "beyond_horizon_finding", last=calendar.last)
                for deadline in chain
                if any(element.code == "beyond_horizon" for element in deadline.explanation)
            ),
        ),
        ahead=ahead,
        latest_start=_latest_starts(case, procedure, calendar),
    )


def audit(
    library: Library,
    procedure_id: str,
    *,
    facts: Mapping[str, date],
    published: Mapping[str, date],
    calendar: Kazakhstan,
    known_calendar: Kazakhstan | None = None,
) -> Plan:
    """Judge one past analysis. A fact that is not given is unknown, which by itself is no lateness; without any
    date there is nothing to judge. `published`: dates of first publication by fact name; where the law judges
    by publication they decide. `known_calendar`: the calendar as known when the analysis began; what was in
    time by it is noted so.
    """
    days = [*facts.values(), *published.values()]
    if not days:
        latest = library.latest(procedure_id)
        return Plan(procedure=latest, case=what_if(latest), deadlines=(), findings=())
    procedure, edition_findings = _edition(library, procedure_id, min(days))
    proofs = {name: Evidence(kind="", reference="", published_on=on) for name, on in published.items()}
    case_facts = {
        # One whose publication alone is known happened on that day.
        name: Fact(
            name=name, on=facts.get(name) or published[name], evidence=(proofs[name],) if name in proofs else ()
        )
        for name in (*facts, *published)
    }
    case = what_if(procedure, facts=case_facts)
    chain = deadlines(case, procedure, calendar, today=LAST)
    departures = findings(case, procedure, chain, calendar, prove=False, known_calendar=known_calendar)
    return Plan(procedure=procedure, case=case, deadlines=chain, findings=(*edition_findings, *departures))


def _latest_starts(case: Case, procedure: Procedure, calendar: Kazakhstan) -> dict[str, date]:
    """Return by planned fact the latest working day to begin on so that it is due by its plan date, every step
    on its last day; without those that no start within the calendar reaches, and none at all when the start
    itself is recorded or planned.
    """
    begin = procedure.begins_with
    if begin in case.facts or begin in case.planned:
        return {}

    def comes_too_late(start: int, fact: str, by: date) -> bool:
        trial = replace(case, planned={begin: date.fromordinal(start)})
        chain = deadlines(trial, procedure, calendar, today=LAST, bare=True)
        due = next((deadline.due for deadline in chain if deadline.id == fact), None)
        return due is None or due > by

    latest = {}
    for fact, by in case.planned.items():
        starts = range(calendar.first.toordinal(), by.toordinal() + 1)
        with suppress(OutOfRange):
            if number := bisect_left(starts, True, key=partial(comes_too_late, fact=fact, by=by)):
                latest[fact] = calendar.find_previous_working_day(date.fromordinal(starts[number - 1]))
    return latest


def _edition(library: Library, procedure_id: str, on: date | None) -> tuple[Procedure, tuple[Finding, ...]]:
    """Return the edition in force on a day, with a finding if none was (then the first); for None the last."""
    edition = library.latest(procedure_id) if on is None else library.on(procedure_id, on)
    if on is None or edition.in_force <= on:
        return edition, ()
    begin, code = edition.begins_with, "before_first_edition"
    arguments = {"title": edition.by_id[begin].title, "on": on, "since": edition.in_force}
    return edition, (Finding(kind="range", obligation=begin, code=code, arguments=arguments),)


def what_if(procedure: Procedure, **fields: Any) -> Case:
    """Return a case that is stored nowhere, with these fields."""
    return Case(id="", procedure=procedure.id, edition=procedure.edition, **fields)


def mismatches(procedure: Procedure, calendar: Kazakhstan) -> Iterator[Refusal]:
    """Yield every difference between an edition's examples and what the office's calendar gives."""
    library = Library([procedure])
    for example in procedure.examples:
        example_plan = plan(
            library,
            procedure.id,
            facts=example.facts,
            planned=example.planned,
            calendar=calendar,
            on=procedure.in_force,
            kind=example.kind,
            object=example.object,
            values=example.values,
            signed_by=example.signed_by,
        )
        by_id = {deadline.id: deadline for deadline in example_plan.deadlines}
        compared: list[tuple[str, object, object]] = [
            (f"{figure}.{name}", value, getattr(by_id.get(name), figure, ""))
            for figure in ("due", "safe_by", "state")
            for name, value in getattr(example, figure).items()
        ]
        if example.findings is not None:
            found = sorted(f"{one.kind}:{one.obligation}" for one in example_plan.findings)
            compared.append(("findings", sorted(example.findings), found))
        for what, expected, actual in compared:
            if expected != actual:
                yield Refusal(
                    "law.example_fails",
                    file=f"{procedure.edition}.toml",
                    example=example.title,
                    what=what,
                    expected=_written(expected),
                    actual=_written(actual),
                )


def _written(value: object) -> str:
    """Return a value of an example as its file writes it."""
    return (", ".join(value) or "[]") if isinstance(value, list) else str(value or "none")


LATE_PLANS = ("planned_late", "too_long_planned")
"""Codes of findings that a plan date lies after its due date."""

AHEAD = timedelta(days=365)
"""How far ahead days to plan for are looked for."""


class PlanDays(NamedTuple):
    """The first and last working day (local dates) to plan a fact for; `last` None: any later day does too."""

    first: date
    last: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineChange:
    """One deadline before and after a command.

    `before`, `after`: its due date while it is required; None while it is not, or has no date. A past date
    counted from an unrecorded fact counts as none after the command. `state_before`, `state_after`: its state.
    """

    obligation: str
    title: Text
    before: date | None
    after: date | None
    state_before: State
    state_after: State

    @property
    def required_before(self) -> bool:
        return self.state_before in AWAITED

    @property
    def required_after(self) -> bool:
        return self.state_after in AWAITED


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The events a command would write, and the deadlines it would change (not those it fulfils itself).

    `late_plans`: plan dates it would leave after their due date, and did not before or sets itself. `breaks`:
    the deadlines of these, and those that would become overdue. `planned`: the one fact it plans, None for
    others; `keeps`: the days to plan it for that break no term.
    """

    change: Change
    deadlines: tuple[DeadlineChange, ...]
    late_plans: tuple[Finding, ...] = ()
    breaks: tuple[Deadline, ...] = ()
    planned: str | None = None
    keeps: PlanDays | None = None

    @property
    def moved(self) -> tuple[DeadlineChange, ...]:
        """Deadlines still required whose due date would change or disappear."""
        return tuple(change for change in self.deadlines if change.required_before and change.required_after)

    @property
    def dropped(self) -> tuple[DeadlineChange, ...]:
        """Deadlines that would no longer be required."""
        return tuple(change for change in self.deadlines if not change.required_after)

    @property
    def opened(self) -> tuple[DeadlineChange, ...]:
        """Deadlines that would be open and were not before: done, missed or not required."""
        return tuple(change for change in self.deadlines if not change.required_before)


def preview(
    case_commands: CaseCommands, case_id: str, command: Callable[[View], Drafts], *, at: Moment
) -> Preview:
    """Return what a command would do; nothing is stored."""
    calendar, today = case_commands.calendar, at.today
    before = case_commands.view(case_id, today=today)
    change = case_commands.preview(case_id, at, command)
    after = case_commands.view_of(change.case, today=today)
    planned = [event.name for event in change.events if event.kind == "planned"]
    (fact,) = planned if len(planned) == 1 else (None,)
    known = broken(before.deadlines, calendar, today=today) - {*planned}
    broken_now = broken(after.deadlines, calendar, today=today) - known
    breaks = tuple(deadline for deadline in after.deadlines if deadline.id in broken_now)
    return Preview(
        change=change,
        deadlines=tuple(_changes(before.deadlines, after.deadlines, today)),
        late_plans=_late_plans(breaks, calendar),
        breaks=breaks,
        planned=fact,
        keeps=days_that_keep(after.case, after.procedure, calendar, fact, today=today) if fact else None,
    )


def _changes(before: Sequence[Deadline], after: Sequence[Deadline], today: date) -> Iterator[DeadlineChange]:
    """Yield the deadlines whose date or requirement a command changes, without those it fulfils."""
    was, becomes = ({deadline.id: deadline for deadline in deadlines} for deadlines in (before, after))
    for name, either in {**was, **becomes}.items():
        old, new = was.get(name), becomes.get(name)
        state, next_state = _state(name, was), _state(name, becomes)
        due = old.due if old and state in AWAITED else None
        next_due = new.due if new and next_state in AWAITED else None
        goes_stale = new is not None and not holds_on(new, today) and (old is None or holds_on(old, today))
        is_same = (state in AWAITED, due) == (next_state in AWAITED, next_due) and not (due and goes_stale)
        if not is_same and next_state not in ("done", "missed"):
            yield DeadlineChange(
                obligation=name,
                title=either.obligation.title,
                before=due,
                after=None if goes_stale else next_due,
                state_before=state,
                state_after=next_state,
            )


def _state(name: str, deadlines: Mapping[str, Deadline]) -> State:
    """Return the state of a deadline; while periods have no first day, one stands for all of an obligation."""
    if (deadline := deadlines.get(name)) is not None:
        return deadline.state
    recurring, dot, _ = name.partition(".")
    others = [
        deadline.state
        for id, deadline in deadlines.items()
        if (id == recurring if dot else id.startswith(f"{name}."))
    ]
    return next((state for state in others if state in AWAITED), "not_required")


def broken(all_deadlines: Sequence[Deadline], calendar: Kazakhstan, *, today: date) -> frozenset[str]:
    """Return the ids of deadlines that are overdue, or planned after their due date."""
    overdue = {deadline.id for deadline in all_deadlines if is_overdue(deadline, today=today)}
    return frozenset(overdue | {finding.obligation for finding in _late_plans(all_deadlines, calendar)})


def _late_plans(all_deadlines: Iterable[Deadline], calendar: Kazakhstan) -> tuple[Finding, ...]:
    return tuple(finding for finding in feasibility(all_deadlines, calendar) if finding.code in LATE_PLANS)


def days_that_keep(
    case: Case, procedure: Procedure, calendar: Kazakhstan, fact: str, *, today: date
) -> PlanDays | None:
    """Return the days within the year ahead for which a fact can be planned so that no term is broken by it;
    None where there is none.

    What counts from the fact ends later the later it is planned; its own term, and the room left for what must
    come after it, end the days. What no day of it can mend is left out.
    """
    until = min(calendar.last, max(today, case.planned.get(fact, today)) + AHEAD)
    ahead = (today + timedelta(days=days) for days in range((until - today).days + 1))
    days = [day for day in ahead if calendar.is_working_day(day)]
    if not days:
        return None

    def planned(day: date, *, bare: bool) -> Sequence[Deadline]:
        moved = replace(case, planned={**case.planned, fact: day})
        return deadlines(moved, procedure, calendar, today=today, bare=bare)

    def too_early(day: date) -> frozenset[str]:
        return broken(planned(day, bare=True), calendar, today=today) - {fact}

    def too_late(day: date) -> frozenset[str]:
        conflicts = feasibility(planned(day, bare=False), calendar)
        return frozenset(
            conflict.obligation
            for conflict in conflicts
            if conflict.code == "no_room" or (conflict.obligation == fact and conflict.code in LATE_PLANS)
        )

    unmended, without_room = too_early(days[-1]), too_late(days[0]) - {fact}
    first = bisect_left(days, True, key=lambda day: too_early(day) <= unmended)
    end = bisect_left(days, True, key=lambda day: not too_late(day) <= without_room)
    if first >= end:
        return None
    return PlanDays(days[first], days[end - 1] if end < len(days) else None)
