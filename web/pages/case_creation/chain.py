"""The list of deadlines before a case exists, as shown by the planner and by the preview of opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from calendars.calendar import Calendar
from services.names import AssigneeNames, name_obligation_assignees
from web.ui.timeline import Timeline, build_timeline
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import SOON_WORKING_DAYS, DeadlineStatus, status_on, working_days_between
from workflow.findings.finding import Finding
from workflow.law.procedure import Procedure, Stage, Text
from workflow.org.office import Office


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One obligation of the list. `working_days`: days left, or passed since."""

    deadline: Deadline
    look: DeadlineStatus
    who: AssigneeNames
    working_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The obligations of one stage."""

    stage: Stage
    links: tuple[Link, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """All required obligations by stage; those not required are left out.

    Attributes:
        latest_start: (target obligation, its date, the latest day to begin in order to reach it).
    """

    procedure: Procedure
    parts: tuple[Part, ...]
    timeline: Timeline | None
    findings: tuple[Finding, ...]
    titles: Mapping[str, Text]
    latest_start: tuple[tuple[Text, date, date], ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        return tuple(link for part in self.parts for link in part.links)


def chain(
    case: Case,
    procedure: Procedure,
    deadlines: tuple[Deadline, ...],
    findings: tuple[Finding, ...],
    *,
    office: Office,
    calendar: Calendar,
    today: date,
    latest_start: Mapping[str, date] | None = None,
    drawn: bool = True,
    dated: bool = False,
) -> Chain:
    """Return the obligations by stage for a page.

    Args:
        case: its unit and responsible texts decide the assignees.
        drawn: whether to include a timeline.
        dated: whether to include only deadlines with a due date.
    """
    soon = calendar.add(today, SOON_WORKING_DAYS)
    required = tuple(
        one for one in deadlines if one.state != "not_required" and (one.due is not None or not dated)
    )
    links = [
        Link(
            deadline=one,
            look=status_on(one, today=today, soon=soon),
            who=name_obligation_assignees(case, one.obligation, one.id, office, on=today),
            working_days=working_days_between(one.due, today, calendar),
        )
        for one in required
    ]
    titles = {
        **{name: one.title for name, one in procedure.by_id.items()},
        **{one.id: one.obligation.title for one in deadlines},
    }
    return Chain(
        procedure=procedure,
        parts=tuple(
            Part(stage=stage, links=tuple(one for one in links if one.deadline.obligation.stage == stage.id))
            for stage in procedure.stages
        ),
        timeline=build_timeline(required, calendar=calendar, today=today, soon=soon) if drawn else None,
        findings=findings,
        titles=titles,
        latest_start=tuple(
            (titles[wanted], case.planned[wanted], start) for wanted, start in (latest_start or {}).items()
        ),
    )
