"""The dates somebody intends for a case that does not exist yet, and the deadlines that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from calendars import OutOfRange
from calendars.kazakhstan import Kazakhstan
from merzim.services.context import RequestContext
from merzim.services.names import AssigneeNames, assignee_key, name_assignees
from merzim.web.ui.form_values import parse_date
from merzim.web.ui.timeline import Timeline, build_timeline
from workflow.cases.case import Case, Fact
from workflow.cases.commands.planning import AssumedCase, plan
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import SOON_WORKING_DAYS, DeadlineStatus, status_on
from workflow.findings.finding import Finding
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure, Stage, Text
from workflow.org.office import Office
from workflow.refusal import Refusal

PLANNED, HAPPENED = "planned.", "fact."
LONGEST = 40
MAX_FIELDS = 200
"""Maximum number of values in a form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DateField:
    """One date field of the form. Values stay as typed.

    Attributes:
        turning: whether other terms count from it, or it was filled in; the other fields are shown further
            down.
    """

    name: str
    title: Text
    turning: bool
    planned: str = ""
    happened: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedForm:
    """The values of the form: dates, and the fields as typed.

    Attributes:
        carried: values of another procedure's form, kept in case the reader returns to it.
        refusal: the first value that is not a date; the others are used nevertheless.
    """

    fields: tuple[DateField, ...]
    planned: Mapping[str, date]
    facts: Mapping[str, date]
    carried: tuple[tuple[str, str], ...] = ()
    refusal: Refusal | OutOfRange | None = None

    @property
    def empty(self) -> bool:
        return not self.planned and not self.facts


def intended(
    procedure: Procedure, answers: Iterable[tuple[str, str]], calendar: Kazakhstan, *, limit: int = MAX_FIELDS
) -> PlannedForm:
    """Return the values of a procedure's form; unknown names are ignored."""
    date_texts = {key: text.strip()[:LONGEST] for key, text in list(answers)[:limit] if text.strip()}
    planned: dict[str, date] = {}
    facts: dict[str, date] = {}
    refusal: Refusal | OutOfRange | None = None
    for key, text in date_texts.items():
        for prefix, target in ((PLANNED, planned), (HAPPENED, facts)):
            name = key.removeprefix(prefix)
            if name == key or not _is_fact(procedure, name):
                continue
            try:
                on = parse_date(text)
                calendar.is_working_day(on)
                target[name] = on
            except (Refusal, OutOfRange) as found:
                refusal = refusal or found
    return PlannedForm(
        fields=tuple(_date_fields(procedure, date_texts)),
        planned=planned,
        facts=facts,
        carried=tuple(
            (key, value)
            for key, value in date_texts.items()
            if key.startswith((PLANNED, HAPPENED)) and not _is_fact(procedure, key.partition(".")[2])
        ),
        refusal=refusal,
    )


def _is_fact(procedure: Procedure, name: str) -> bool:
    try:
        known_fact(procedure, name)
    except Refusal:
        return False
    return True


def _date_fields(procedure: Procedure, given: Mapping[str, str]) -> Iterable[DateField]:
    turning = procedure.anchors | {procedure.begins_with}
    single = [fact for fact in procedure.facts.values() if fact.recurs is None and not fact.by_itself]
    names = {fact.id for fact in single}
    # A recurring one stands in the form once the address names its period.
    periods = [
        key.partition(".")[2]
        for key in given
        if key.startswith((PLANNED, HAPPENED)) and key.partition(".")[2] not in names
    ]
    for fact in sorted(single, key=lambda fact: fact.id != procedure.begins_with):
        answered = bool({PLANNED + fact.id, HAPPENED + fact.id} & given.keys())
        yield _date_field(fact.id, fact.title, answered or (fact.id in turning and not fact.occasional), given)
    for name in dict.fromkeys(periods):
        if _is_fact(procedure, name):
            title = procedure.by_id[name.partition(".")[0]].title
            yield _date_field(name, title, True, given)


def _date_field(name: str, title: Text, turning: bool, given: Mapping[str, str]) -> DateField:
    return DateField(
        name=name,
        title=title,
        turning=turning,
        planned=given.get(PLANNED + name, ""),
        happened=given.get(HAPPENED + name, ""),
    )


def text(answer: str | None, *, longest: int = 300) -> str:
    """Return a value as one line, without control characters."""
    clean = "".join(sign for sign in answer or "" if sign.isprintable() or sign.isspace())
    return " ".join(clean.split())[:longest]


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedObligation:
    """One obligation of the list."""

    deadline: Deadline
    look: DeadlineStatus
    who: AssigneeNames


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """All required obligations; those not required are left out.

    Attributes:
        latest_start: (target obligation, its date, the latest day to begin in order to reach it).
    """

    procedure: Procedure
    links: tuple[ListedObligation, ...]
    timeline: Timeline | None
    findings: tuple[Finding, ...]
    latest_start: tuple[tuple[Text, date, date], ...] = ()

    @property
    def parts(self) -> list[tuple[Stage, list[ListedObligation]]]:
        """The obligations by stage."""
        of: dict[str, list[ListedObligation]] = {}
        for link in self.links:
            of.setdefault(link.deadline.obligation.stage, []).append(link)
        return [(stage, of[stage.id]) for stage in self.procedure.stages if stage.id in of]


def chain(
    case: Case,
    procedure: Procedure,
    deadlines: tuple[Deadline, ...],
    findings: tuple[Finding, ...],
    *,
    office: Office,
    calendar: Kazakhstan,
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
    soon = calendar.add_working_days(today, SOON_WORKING_DAYS)
    required = tuple(
        deadline
        for deadline in deadlines
        if deadline.state != "not_required" and (deadline.due is not None or not dated)
    )
    return Chain(
        procedure=procedure,
        links=tuple(
            ListedObligation(
                deadline=deadline,
                look=status_on(deadline, today=today, soon=soon),
                who=name_assignees(office, assignee_key(case, deadline.obligation, deadline.id), on=today),
            )
            for deadline in required
        ),
        timeline=build_timeline(required, calendar=calendar, today=today, soon=soon) if drawn else None,
        findings=findings,
        latest_start=tuple(
            (procedure.by_id[fact.partition(".")[0]].title, case.planned[fact], start)
            for fact, start in (latest_start or {}).items()
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """The computed result for the values typed, with errors in place of what could not be computed."""

    chain: Chain | None = None
    ahead: tuple[str, ...] = ()
    refusal: Refusal | OutOfRange | None = None


def make_outlook(
    ctx: RequestContext,
    procedure: Procedure,
    answers: PlannedForm,
    *,
    office: Office,
    unit: str = "",
    object: str = "",
) -> Outlook:
    """Return the deadlines for the typed values; nothing without a date.

    Args:
        office: its people are named as assignees; an empty one names duties alone.
    """
    if answers.empty:
        return Outlook()
    try:
        forecast = plan(
            ctx.library,
            procedure.id,
            facts=answers.facts,
            planned=answers.planned,
            calendar=ctx.calendar,
            today=ctx.today,
            supposed=AssumedCase(kind=office.kind_of(unit) if unit else "", object=object),
        )
    except (Refusal, OutOfRange) as refusal:
        return Outlook(refusal=refusal)
    case = Case(
        id="",
        procedure=forecast.procedure.id,
        edition=forecast.procedure.edition,
        unit=unit,
        facts={name: Fact(name=name, on=on) for name, on in answers.facts.items()},
        planned={**answers.planned, **{name: answers.facts[name] for name in forecast.ahead}},
    )
    return Outlook(
        chain=chain(
            case,
            forecast.procedure,
            forecast.deadlines,
            forecast.findings,
            office=office,
            calendar=ctx.calendar,
            today=ctx.today,
            latest_start=dict(forecast.latest_start),
        ),
        ahead=forecast.ahead,
    )
