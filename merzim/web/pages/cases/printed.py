"""What of a case is put on paper: the statement of one date, every day counted; its tables as a workbook."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from calendars.kazakhstan import Day, Kazakhstan
from calendars.terms import After
from merzim.services.context import whole_case
from merzim.services.reports import lines_of_case
from merzim.web.auth.dependencies import Reading
from merzim.web.http import CaseId, as_workbook
from merzim.web.pages.cases.case_view import ShownObligation, StagePart, build_case_view
from merzim.web.pages.reports.monitoring import workbook_columns
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import Column, table_of
from workflow.cases.case import Evidence
from workflow.cases.registers.evidence_list import proofs
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadline

MOST_DAYS = 92
"""Days listed one by one: a quarter. Of a longer term the sentences say how it was counted."""
router = APIRouter(include_in_schema=False)


CountedDay = tuple[Day, int | None]
"""A day of a term with its number in the count; None for a day that does not count."""


def counted_days(found: Deadline, calendar: Kazakhstan) -> tuple[CountedDay, ...]:
    """Return the days after the anchor up to the due date, in the order they are counted; () for terms that are
    not in days, without a date, and for more than MOST_DAYS.
    """
    term, anchor, due = found.obligation.term, found.anchor_on, found.due
    if not isinstance(term, After) or "days" not in term.unit or anchor is None or due is None:
        return ()
    if not 0 < abs((due - anchor).days) <= MOST_DAYS:
        return ()
    if due > anchor:
        days = calendar.days(anchor + timedelta(days=1), due)
    else:
        days = calendar.days(due, anchor - timedelta(days=1))[::-1]
    counted, listed = 0, list[CountedDay]()
    for day in days:
        counts = counted < abs(term.count) and (day.working or term.unit != "working days")
        counted += counts
        listed.append((day, counted if counts else None))
    return tuple(listed)


@router.get("/cases/{case}/dates/{obligation}")
def date_statement(
    ctx: Reading,
    case: CaseId,
    obligation: Annotated[str, Path(max_length=100)],
    as_of: Annotated[date | None, Query()] = None,
) -> Response:
    """Show how a date was counted; `as_of`: by the records of the calendar known on that day."""
    stored_case, procedure = whole_case(ctx, case)
    calendar = ctx.calendar.as_known(as_of) if as_of else ctx.calendar
    found = deadline(stored_case, procedure, calendar, obligation, today=ctx.today)
    if found is None:
        raise HTTPException(404, "web.problem.not_found")
    return page(
        ctx,
        "case_date.html",
        place=f"/cases/{case}",
        case=stored_case,
        procedure=procedure,
        found=found,
        days=counted_days(found, calendar),
        as_of=as_of,
        calendar_version=calendar.version,
    )


Entry = tuple[StagePart, ShownObligation]
DEADLINES: tuple[Column[Entry], ...] = (
    Column("head.stage", lambda t, row: row[0].stage.title[t.language]),
    Column(
        "head.obligation", lambda t, row: t.titled(row[1].deadline.obligation.title, row[1].deadline.period)
    ),
    Column("head.force", lambda t, row: t.say(f"force.{row[1].deadline.obligation.force}")),
    Column("head.due", lambda _, row: row[1].deadline.due),
    Column("head.state", lambda t, row: t.say(f"look.{row[1].look}")),
    Column("web.assignments.answered_on", lambda _, row: row[1].deadline.done_on),
    Column("web.past.head.late_by", lambda _, row: row[1].deadline.late_by),
    Column("web.who", lambda t, row: t.names(row[1].who.names) or row[1].who.written),
    Column("web.evidence", lambda t, row: _evidence_texts(t, row[1])),
)
DOCUMENTS: tuple[Column[tuple[Evidence, str]], ...] = (
    Column("head.evidence", lambda t, row: row[0].name or row[0].reference or t.say("web.restricted")),
    Column("web.case.workbook.kind", lambda t, row: _kind(t, row[0].kind)),
    Column("head.obligation", lambda _, row: row[1]),
    Column("web.case.written", lambda _, row: row[0].written_on),
    Column("web.case.recorded", lambda t, row: row[0].recorded_at and t.moment(row[0].recorded_at)),
    Column("web.case.published", lambda _, row: row[0].published_on),
    Column("web.restricted", lambda _, row: row[0].restricted),
)
"""Documents, each with what it proves."""


@router.get("/cases/{case}/xlsx")
def get_case_workbook(ctx: Reading, case: CaseId) -> Response:
    """Return the deadlines, documents and risks of a case as one workbook."""
    view, t = build_case_view(ctx, case), Translator(ctx.language)
    entries = [(part, entry) for part in view.parts for entry in part.required]
    documents = [(item.evidence, view.proved(item, t)) for item in proofs(view.case)]
    sheets = [
        table_of(t, DEADLINES, entries, name=t.say("web.case.tab.deadlines")),
        table_of(t, DOCUMENTS, documents, name=t.say("form.field.proof")),
    ]
    if risks := lines_of_case(ctx, view.case):
        sheets.append(table_of(t, workbook_columns(), risks, name=t.say("web.case.tab.risks")))
    return as_workbook(sheets, f"{case} {t.short(ctx.today)}")


def _kind(t: Translator, kind: str) -> str:
    return t.say(f"evidence.{kind}") if kind else ""


def _evidence_texts(t: Translator, entry: ShownObligation) -> str:
    """Return the documents recorded for an obligation; while it is not done, those its act asks for."""
    if entry.fact is None:
        return "; ".join(_kind(t, kind) for kind in entry.deadline.obligation.evidence)
    return "; ".join(_kind(t, item.kind) or item.name or item.reference for item in entry.fact.evidence)
