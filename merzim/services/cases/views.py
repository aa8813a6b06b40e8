"""Cases as shown: those visible to the reader, a year's with approved, planned and actual dates, one whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from i18n import say, titled
from merzim.services.context import RequestContext, case_with_events
from merzim.services.inputs import CaseCommand, Line, Name, OptionalName
from merzim.services.law.calendar_acts import moves_of
from merzim.services.names import USUAL, acting_people, obligation_of, stage_title, unit_named
from merzim.services.results import (
    ActMoves,
    CaseHead,
    EventResult,
    FindingResult,
    ObligationResult,
    OpenedCase,
    Result,
    at,
    exported,
    page_of,
)
from merzim.services.verbs import Command, verb
from workflow.board.figures import PlanStep, approved_plan, critical_step, most_drifted, plan_steps
from workflow.board.rows import CaseFilter
from workflow.cases.case import Case, CaseStatus
from workflow.cases.changes import field_changes
from workflow.cases.registers.rows import is_entry, period_in
from workflow.deadlines.deadline import Row, is_overdue, most_urgent
from workflow.machine import OVER
from workflow.org.office import Office
from workflow.registers.rows import name_in


class ListCases(Command):
    """Request cases. `late`: only those with something overdue; `limit`: how many on a page; `stage`: it counts
    with a procedure alone, unless it is completed or closed.
    """

    unit: Line = ""
    procedure: Line = ""
    search: Line = ""
    stage: Line = ""
    status: CaseStatus | None = None
    late: bool = False
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CaseList(BaseModel):
    cases: list[CaseHead]
    total: int


@verb("read", writes=False)
def list_cases(ctx: RequestContext, command: ListCases) -> CaseList:
    """List the cases visible to the reader, the newest first; `total`: how many match on all pages."""
    # A stage's id means something within its procedure alone; what comes after all stages (OVER), everywhere.
    has_stage = command.procedure or command.stage in OVER
    query = CaseFilter(
        unit=command.unit or None,
        procedure=command.procedure or None,
        stage=(command.stage or None) if has_stage else None,
        status=command.status,
        search=command.search,
        late_on=ctx.today if command.late else None,
    )
    cases = ctx.reads.page(query, first=(command.page - 1) * command.limit, count=command.limit)
    return CaseList(cases=[CaseHead.of(case) for case in cases], total=ctx.reads.how_many(query))


PAGE = 50


class ListPortfolio(Command):
    """Request one page of the active cases of one procedure with a day in a year, by default this one; of all
    stages or one. `unit`: id or name.
    """

    year: Annotated[int | None, Field(ge=2010, le=2100)] = None
    procedure: Name = USUAL
    unit: Line = ""
    stage: OptionalName = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class NextStep(BaseModel):
    """The most pressing open step. `days_left`: working days to its due date, negative when it is overdue."""

    obligation: str
    title: str
    due: date | None
    overdue: bool
    days_left: int | None
    who: list[str]
    is_decision: bool


class StepDates(Result):
    """A step of a case: its approved, planned and actual dates, and its due date by law. `drift`: working days
    from the approved date to the actual, else the planned one; `slack`: working days from the planned date to
    the due date.
    """

    obligation: str = at("row", "obligation")
    title: str
    approved: date | None
    planned: date | None = at("row", "planned_on")
    done: date | None = at("row", "done_on")
    due: date | None = at("row", "due")
    drift: int | None
    slack: int | None


class PortfolioLine(BaseModel):
    """A case at its stage, with its next step and the dates of its steps. `drift`: of the step that moved
    farthest, `drifted` its id; `slack`: the least, of the step `critical`.
    """

    case: str
    object: str
    unit: str
    unit_name: str
    stage: str
    stage_title: str
    next: NextStep | None
    steps: list[StepDates]
    drift: int | None
    drifted: str
    slack: int | None
    critical: str

    def step(self, obligation: str) -> StepDates | None:
        return next((step for step in self.steps if step.obligation == obligation), None)


class PortfolioPage(BaseModel):
    """A page of the cases of a year, the earliest begun first; `total`: of all pages."""

    year: int
    total: int
    page: int
    pages: int
    lines: list[PortfolioLine]


@verb("read", writes=False)
def list_portfolio(ctx: RequestContext, command: ListPortfolio) -> PortfolioPage:
    """List a procedure's active cases of a year: their approved, planned and actual dates, drift and slack."""
    case_filter = _case_filter(ctx, command)
    total = ctx.reads.how_many(case_filter)
    number, pages = page_of(total, command.page, PAGE)
    cases = ctx.reads.page(case_filter, first=(number - 1) * PAGE, count=PAGE, order="earliest")
    return PortfolioPage(
        year=case_filter.year or 0, total=total, page=number, pages=pages, lines=_lines(ctx, cases)
    )


def every_line(ctx: RequestContext, command: ListPortfolio) -> Iterator[PortfolioLine]:
    """Return all lines of the list, for a file; reading more than MAX_EXPORTED raises Refusal."""
    case_filter = _case_filter(ctx, command)

    def read(first: int, count: int) -> Sequence[PortfolioLine]:
        return _lines(ctx, ctx.reads.page(case_filter, first=first, count=count, order="earliest"))

    return exported(ctx.reads.how_many(case_filter), read)


def _case_filter(ctx: RequestContext, command: ListPortfolio) -> CaseFilter:
    """Return the filter of a year's active cases; a stage the procedure does not have is left out."""
    procedure = ctx.library.latest(command.procedure)
    stage_ids = {*procedure.stage_title, *OVER}
    return CaseFilter(
        unit=unit_named(ctx.app, command.unit) or None,
        procedure=procedure.id,
        stage=command.stage if command.stage in stage_ids else None,
        status="active",
        year=command.year or ctx.today.year,
    )


def _lines(ctx: RequestContext, cases: Sequence[Case]) -> list[PortfolioLine]:
    """Return the lines of cases, with their board rows and approved plans."""
    count, titles = ctx.calendar.distance, dict[tuple[str, str], str]()
    approved = {name: approved_plan(events) for name, events in ctx.reads.planning_events(cases).items()}
    every = {**ctx.reads.rows_of(cases, "dated")}
    # A step of the approved schedule whose plan date was withdrawn may have no date left.
    undated = [
        case
        for case in cases
        if approved.get(case.id, {}).keys() - {row.obligation for row in every.get(case.id, ())}
    ]
    every.update(ctx.reads.rows_of(undated) if undated else {})

    def dates(case: Case, step: PlanStep) -> StepDates:
        key = case.edition, step.row.obligation
        titles[key] = titles.get(key) or _title(ctx, case, step.row.obligation)
        return StepDates.of(step, title=titles[key])

    lines, office, language = [], ctx.reads.office(), ctx.spoken_language
    for case, stage, nearest, rows in with_next_steps(ctx, cases, every):
        steps = plan_steps(rows, approved.get(case.id, {}), count, today=ctx.today)
        critical, drifted = critical_step(steps), most_drifted(steps)
        title = stage_title(ctx.app, case, stage)
        lines.append(
            PortfolioLine(
                case=case.id,
                object=case.object_in(language) or ctx.library.named(case.edition).title[language],
                unit=case.unit,
                unit_name=name_in(office, case.unit or office.root, language),
                stage=stage,
                stage_title=say(title, {}, language) if isinstance(title, str) else title[language],
                next=_next_step(ctx, office, case, nearest),
                steps=[dates(case, step) for step in steps],
                drift=drifted.drift if drifted else None,
                drifted=drifted.row.obligation if drifted and drifted.drift else "",
                slack=critical.slack if critical else None,
                critical=critical.row.obligation if critical else "",
            )
        )
    return lines


def with_next_steps(
    ctx: RequestContext, cases: Sequence[Case], rows: Mapping[str, Sequence[Row]]
) -> Iterable[tuple[Case, str, Row | None, Sequence[Row]]]:
    """Yield each case, its stage, the board row of its next step (None without one), and these rows of it; with
    the rows of its registers where that step is of one.
    """
    stages = ctx.reads.stages(cases)
    urgent_rows = {case.id: most_urgent(rows.get(case.id, ()), today=ctx.today) for case in cases}
    entries = [case for case in cases if (row := urgent_rows[case.id]) and is_entry(row.obligation)]
    with_rows = ctx.reads.with_rows(entries) if entries else {}
    for case in cases:
        yield with_rows.get(case.id, case), stages[case.id], urgent_rows[case.id], rows.get(case.id, ())


def _next_step(ctx: RequestContext, office: Office, case: Case, row: Row | None) -> NextStep | None:
    """Return the most pressing open step of a case; None where none has a due date."""
    today, language = ctx.today, ctx.spoken_language
    if row is None or row.due is None:
        return None
    # Those a letter of the day would have; if none, the responsible by schedule or act.
    who = [each.person.name_in(language) for each in acting_people(office, row.assignee, on=today)]
    return NextStep(
        obligation=row.obligation,
        title=_title(ctx, case, row.obligation),
        due=row.due,
        overdue=is_overdue(row, today=today),
        days_left=ctx.calendar.distance(today, row.due),
        who=who or [row.responsible or say(f"duty.{row.duty}", {}, language)],
        is_decision=bool(obligation_of(ctx.app, case, row.obligation).options),
    )


def _title(ctx: RequestContext, case: Case, obligation: str) -> str:
    language = ctx.spoken_language
    return titled(obligation_of(ctx.app, case, obligation).title[language], period_in(obligation), language)


class CaseResult(OpenedCase):
    """A case. `facts`: the days of its facts; `values`, `signed_by`: what was recorded with them."""

    calendar_version: str
    group: list[str]
    period: Annotated[list[date], BeforeValidator(lambda period: period or ())]
    responsible: dict[str, str]
    stage: str
    planned: dict[str, date]
    facts: dict[str, date]
    values: dict[str, dict[str, Decimal]] = Field(
        description="Numbers by fact.", examples=[{"event_held": {"people": "12"}}]
    )
    signed_by: dict[str, str] = Field(
        description="By fact: the duty of who signed it.", examples=[{"order_signed": "head"}]
    )
    ahead: list[str] = Field(description="Facts that lie ahead.", examples=[["analysis_ended"]])
    obligations: list[ObligationResult]
    findings: list[FindingResult]
    calendar_acts: list[ActMoves]
    act_not_adopted: Annotated[
        str | None,
        Field(description="The act of one organisation it rests on, where its unit has not adopted it."),
    ]


@verb("read", writes=False)
def get_case(ctx: RequestContext, command: CaseCommand) -> CaseResult:
    """Return a case: its deadlines with their explanations, and its findings."""
    case, events = case_with_events(ctx, command.case)
    view = ctx.case_commands.view_of(case, today=ctx.today, bare=False)
    unadopted = ctx.library.unadopted_act(view.procedure, ctx.reads.office(), case.unit)
    return CaseResult.of(
        case,
        ctx.language,
        calendar_version=ctx.calendar.version,
        stage=view.stage,
        facts={name: fact.on for name, fact in case.facts.items()},
        values={name: fact.values for name, fact in case.facts.items() if fact.values},
        signed_by={name: fact.signed_by for name, fact in case.facts.items() if fact.signed_by},
        ahead=[name for name, fact in case.facts.items() if fact.on > ctx.today],
        obligations=view.deadlines,
        findings=view.findings,
        act_not_adopted=view.procedure.adopted_act if unadopted else None,
        calendar_acts=moves_of(ctx.app, events, ctx.language),
    )


@verb("read", writes=False)
def list_events(ctx: RequestContext, command: CaseCommand) -> list[EventResult]:
    """List the events of a case with their hashes and the fields each changed."""
    events = ctx.reads.events(command.case)
    changes = field_changes(events)
    return [EventResult.of(event, changes=[*changes.get(event.seq, ())]) for event in events]


def event_name(ctx: RequestContext, case: str, line: int) -> str:
    """Return what an event of the history is of: the id of its fact or obligation; "" for no such event."""
    return next((event.name for event in ctx.reads.events(case) if event.seq == line), "")
