"""The data of the pages of one case: its stage, deadlines by stage, findings, history, rows of registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from calendars.terms import Explanation
from merzim.services.context import RequestContext, case_with_events
from merzim.services.names import AssigneeNames, Name, UnitName, name_assignees, responsible_name, unit_name
from merzim.services.scoring import Stakes
from merzim.web.ui.render import Translator
from merzim.web.ui.timeline import Timeline, build_timeline
from notifications.notice import Notice
from workflow.board.rows import assignee_key
from workflow.cases.case import Case, Event, Fact, effective_events
from workflow.cases.changes import FieldChange, field_changes
from workflow.cases.registers.evidence_list import ProvedItem
from workflow.deadlines.deadline import (
    Deadline,
    DeadlineStatus,
    can_be_done,
    holds_on,
    is_unconfirmed,
    status_on,
    working_days_between,
)
from workflow.deadlines.explanations import awaited_elements
from workflow.findings.findings import Finding
from workflow.law.procedure import Procedure, Text, Titled
from workflow.machine import COMPLETED

SETTLED: tuple[DeadlineStatus, ...] = ("done", "done_late", "missed")
SHORT_STAGE = 4
"""Up to how many obligations a stage shows all of them."""
PRESSING: tuple[DeadlineStatus, ...] = ("overdue", "soon", "slipped")
OPEN: tuple[DeadlineStatus, ...] = (*PRESSING, "open")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownObligation:
    """One obligation of the case.

    Attributes:
        working_days: left, or passed since (both positive); stake: points of the year at stake by it.
        awaited: explanation elements of what it waits for.
        stale: whether its due date was computed from a plan date that has passed.
    """

    deadline: Deadline
    look: DeadlineStatus
    fact: Fact | None
    who: AssigneeNames
    stake: Decimal | None
    working_days: int
    awaited: Explanation = ()
    stale: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StagePart:
    """The obligations of one stage. `place`: before, at or after the stage of the case."""

    stage: Titled
    place: str
    entries: tuple[ShownObligation, ...]

    @property
    def required(self) -> tuple[ShownObligation, ...]:
        return tuple(entry for entry in self.entries if entry.look != "not_required")

    @property
    def done(self) -> int:
        """Number of its obligations that are done; one that was missed is none of them."""
        return sum(entry.look in ("done", "done_late") for entry in self.required)

    @property
    def looks(self) -> dict[DeadlineStatus, int]:
        """Numbers of required obligations that need attention, by the status their line is marked with."""
        looks = [entry.look for entry in self.required]
        return {look: looks.count(look) for look in PRESSING if look in looks}

    @property
    def is_unfolded(self) -> bool:
        """Whether some of its obligations are shown at once: it is the case's stage, or something is urgent."""
        return self.place == "at" or bool(self.looks)

    @property
    def at_once(self) -> tuple[ShownObligation, ...]:
        """Its obligations shown first: all of a short stage, else what is urgent, else what comes next."""
        if len(self.required) <= SHORT_STAGE:
            return self.required
        pressing = tuple(entry for entry in self.required if entry.look in PRESSING)
        return pressing or tuple(entry for entry in self.required if entry.look not in SETTLED)[:1]


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseView:
    """Everything the pages of a case show.

    Attributes:
        status: where the case stands: a stage, or what comes after all of them; parts: the entries by stage.
        changes: the fields each event changed, by its number; withdrawn: numbers of withdrawn events.
        named: returns the name of a person or unit by key; what is no key as it is.
    """

    case: Case
    procedure: Procedure
    unit: UnitName
    status: str
    findings: tuple[Finding, ...]
    entries: tuple[ShownObligation, ...]
    parts: tuple[StagePart, ...]
    timeline: Timeline | None
    titles: dict[str, Text]
    events: tuple[Event, ...]
    changes: Mapping[int, tuple[FieldChange, ...]]
    withdrawn: frozenset[int]
    notices: tuple[Notice, ...]
    named: Callable[[str], Name]
    today: date

    @property
    def stage(self) -> Titled | None:
        return next((part.stage for part in self.parts if part.place == "at"), None)

    @property
    def next(self) -> ShownObligation | None:
        """What to do next of what has a day: first what can be done, of that the overdue, then by day."""
        dated = {
            (not can_be_done(entry.deadline), entry.look != "overdue", day, n): entry
            for n, entry in enumerate(self.entries)
            if entry.look in OPEN and (day := _day(entry.deadline, self.today))
        }
        return dated[min(dated)] if dated else None

    @property
    def never_confirmed(self) -> tuple[ShownObligation, ...]:
        """The obligatory ones that are open though the case is completed."""
        return tuple(
            entry
            for entry in self.entries
            if self.status == COMPLETED
            and entry.deadline.obligation.force == "obligatory"
            and is_unconfirmed(entry.deadline, today=self.today)
        )

    def proved(self, item: ProvedItem, t: Translator) -> str:
        """Return what a document proves: a fact by its title and period, a row by what was recorded of it, with
        its number.
        """
        what, _, more = item.of.partition(".")
        if item.kind == "fact":
            return t.titled(self.titles[what], more or None)
        number = t.say("numbered", n=more.replace(".", ", ")) if more else ""
        return ", ".join(filter(None, (t.say(f"event.{item.kind}"), number)))

    @property
    def periods(self) -> Mapping[str, str]:
        """Obligation -> the period it is for, where it recurs."""
        return {entry.deadline.id: period for entry in self.entries if (period := entry.deadline.period)}


def build_case_view(ctx: RequestContext, case_id: str) -> CaseView:
    """Return everything the pages of a case show today. Raises UnknownCase as `case_with_events`."""
    case, events = case_with_events(ctx, case_id)
    office, calendar, today = ctx.reads.office(), ctx.calendar, ctx.today
    view = ctx.case_commands.view_of(case, today=today, bare=False)
    procedure, soon, stakes = view.procedure, ctx.horizon.soon, Stakes(ctx)
    repeated = ((event.name, event.name.partition(".")[0]) for event in events if "#" in event.name)

    def entry(deadline: Deadline) -> ShownObligation:
        """Return one obligation of the case as its page shows it."""
        obligation = deadline.obligation
        stake = stakes.of(case.unit, obligation.indicator, deadline.period, deadline.due)
        return ShownObligation(
            deadline=deadline,
            look=status_on(deadline, today=today, soon=soon),
            fact=case.facts.get(deadline.fact),
            who=name_assignees(office, assignee_key(case, obligation, deadline.id), on=today),
            stake=stake.points if stake else None,
            working_days=working_days_between(deadline.due, today, calendar),
            awaited=awaited_elements(deadline, procedure, today=today),
            stale=deadline.due is not None and not holds_on(deadline, today),
        )

    entries = tuple(map(entry, view.deadlines))
    return CaseView(
        case=case,
        procedure=procedure,
        unit=unit_name(office, case.unit),
        status=view.stage,
        findings=view.findings,
        entries=entries,
        parts=tuple(_parts(procedure, entries, view.stage)),
        timeline=build_timeline(view.deadlines, calendar=calendar, today=today, soon=soon),
        titles={
            **{name: anchor.title for name, anchor in procedure.by_id.items()},
            **{entry.deadline.id: entry.deadline.obligation.title for entry in entries},
            # Facts that happened again in a period: `event_held.2026-02#2`.
            **{name: procedure.by_id[fact].title for name, fact in repeated if fact in procedure.by_id},
        },
        events=tuple(reversed(events)),
        changes=field_changes(events),
        withdrawn=frozenset(
            {event.seq for event in events} - {event.seq for event in effective_events(events)}
        ),
        notices=tuple(ctx.reads.notices(case)),
        named=partial(responsible_name, office),
        today=today,
    )


def _parts(procedure: Procedure, entries: Sequence[ShownObligation], stands: str) -> Iterator[StagePart]:
    """Yield the obligations by stage, without assignments, listed apart; `stands`: the stage of the case."""
    staged = [entry for entry in entries if not entry.deadline.id.startswith("assignment.")]
    order = [stage.id for stage in procedure.stages]
    at = order.index(stands) if stands in order else len(order)
    for n, stage in enumerate(procedure.stages):
        place = "before" if n < at else "at" if n == at else "after"
        of_stage = tuple(entry for entry in staged if entry.deadline.obligation.stage == stage.id)
        yield StagePart(stage=stage, place=place, entries=of_stage)


def _day(deadline: Deadline, today: date) -> date | None:
    """Return its due date, if that holds, or its plan date, whichever is first; None without either."""
    due = deadline.due if holds_on(deadline, today) else None
    return min((day for day in (due, deadline.planned_on) if day is not None), default=None)
