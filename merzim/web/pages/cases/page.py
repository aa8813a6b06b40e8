"""The pages of one case: deadlines, risks, documents, history. Refused forms keep their values."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from calendars import OutOfRange
from i18n import knows, say
from merzim.services.cases import verbs as cases
from merzim.services.cases.comments import whom_to_ask
from merzim.services.cases.judgement import judge
from merzim.services.context import RequestContext, whole_case
from merzim.services.documents.case_documents import forms_of
from merzim.services.law.calendar_acts import moves_of
from merzim.services.names import author_names
from merzim.services.registers.results import RowView, UnknownRow
from merzim.services.registers.views import AskRow, show_row
from merzim.services.results import ActMovesResult, act_moves_result
from merzim.services.scoring import Stakes
from merzim.web.auth.dependencies import Reading
from merzim.web.files_of_papers import get_evidence, get_form, get_package
from merzim.web.http import CaseId, WebContext
from merzim.web.pages.cases.case_view import CaseView, make_case_view, risk_view
from merzim.web.pages.cases.evidence import papers_view
from merzim.web.pages.cases.recording import (
    correct_form,
    exempt_form,
    passport_form,
    plan_form,
    record_form,
    reopen_form,
    withdraw_form,
)
from merzim.web.ui.form_values import RejectedForm, parse_date
from merzim.web.ui.name_fields import NameField, build_person_field
from merzim.web.ui.preferences import redirect
from merzim.web.ui.render import page
from workflow.cases.case import Case, Event
from workflow.cases.changes import comments
from workflow.cases.commands.assignments import CannotComment
from workflow.cases.commands.previews import Preview
from workflow.cases.registers.assignments import assignments
from workflow.findings.finding import Finding
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal
from workflow.registers.definition import Register

Tab = Literal["deadlines", "risks", "papers", "history"]
UNREAD = 500
"""Characters of the names of what was not read of a file."""
ADDRESSES: Mapping[Tab, str] = {"deadlines": "", "risks": "/risks", "papers": "/papers", "history": "/history"}


def case_page(
    ctx: WebContext,
    case: str,
    *,
    tab: Tab = "deadlines",
    fact: str = "",
    fix: str = "",
    taken_back: tuple[str, str] = ("", ""),
    message: tuple[str, str] | None = None,
    rejected_form: RejectedForm | None = None,
    had_files: bool = False,
    left_out: int = 0,
    unread: str = "",
) -> Response:
    """Return one page of a case; after a refusal the same page with the form as filled in, status 422 (409 if
    changes by others contradict it).

    Args:
        fact: the obligation chosen in the form for recording; `fix`: in the form for correcting.
        taken_back: the record chosen in the form for withdrawing, and the document of it.
        message: the last action and its object.
        left_out: measures of an imported plan that were withdrawn in the case before.
        unread: columns and sheets of an imported plan that were not read.
    """
    stored_case, procedure = whole_case(ctx, case)
    view = build_case_view(ctx, stored_case, procedure, today=ctx.today)
    tab_context = {"deadlines": _forms, "risks": _risks, "papers": _papers, "history": _history}[tab]
    return page(
        ctx,
        f"case_{tab}.html",
        place=f"/cases/{case}{ADDRESSES[tab]}",
        dossier=view,
        case=view.case,
        unadopted=ctx.library.unadopted_act(procedure, ctx.reads.office(), stored_case.unit),
        tab=tab,
        tabs=ADDRESSES,
        may_write=ctx.reader.may("record") and ctx.reads.may_write(stored_case),
        message=message if message and (not message[1] or message[1] in view.titles) else None,
        tried=rejected_form,
        undo=_event_to_undo(ctx, case, message),
        remarks=_remarks(view, message),
        left_out=left_out,
        not_read=unread,
        source_row=_source_row(ctx, view),
        row_registers=_row_registers(ctx, view),
        names=author_names(ctx, {event.by for event in view.events}),
        **tab_context(
            ctx,
            view,
            today=ctx.today,
            fact=fact,
            fix=fix,
            taken_back=taken_back,
            tried=rejected_form,
            had_files=had_files,
        ),
    )


UNDOABLE = ("recorded", "replanned")
"""Actions that can be undone for ten minutes."""


def build_case_view(ctx: RequestContext, case: Case, procedure: Procedure, *, today: date) -> CaseView:
    """Return everything the pages of a case show on a day."""
    return make_case_view(
        case,
        procedure,
        judge(case, procedure, ctx.calendar, today=today),
        events=ctx.reads.events(case.id),
        notices=ctx.reads.notices(case.id),
        office=ctx.reads.office(),
        calendar=ctx.calendar,
        stakes=Stakes(ctx),
        today=today,
    )


def redirect_to_case(ctx: WebContext, case: str, *, tab: Tab = "deadlines", **parameters: str) -> Response:
    """Redirect to a page of a case after a change; to the reader's assignments, if the case was visible by one
    that is answered now.
    """
    if ctx.read_by(ctx.reader).reads.heads([case]):
        return redirect(ctx, f"/cases/{case}{ADDRESSES[tab]}", **parameters)
    return redirect(ctx, "/assignments", whose="mine", state="all")


def _source_row(ctx: RequestContext, view: CaseView) -> RowView | None:
    """Return the register row that opened the case; None if there is none, or it is hidden from the reader."""
    name = str(view.events[-1].payload.get("row", ""))
    try:
        return show_row(ctx, AskRow(row=name)).row if name else None
    except (UnknownRow, ValidationError):
        return None


def _row_registers(ctx: RequestContext, view: CaseView) -> Mapping[str, Register]:
    """Return the registers of the rows that facts of the case are recorded from, by row."""
    registers, rows = ctx.app.registers, {str(event.payload.get("row", "")) for event in view.events}
    names = {row: row.rsplit("-", 2)[0] for row in rows}
    return {row: registers.latest(name) for row, name in names.items() if name in registers.ids()}


def _event_to_undo(ctx: RequestContext, case: str, message: tuple[str, str] | None) -> Event | None:
    """Return the event to offer for undoing: of the last recording or plan date."""
    if message is None or message[0] not in UNDOABLE or not ctx.reader.may("record"):
        return None
    return cases.event_to_undo(ctx, case, message[1])


def _remarks(view: CaseView, message: tuple[str, str] | None) -> tuple[Finding, ...]:
    """Return the findings to name beside the fact just recorded or corrected."""
    if message is None or message[0] not in ("recorded", "corrected"):
        return ()
    return cases.remarks(view.findings, view.procedure, message[1])


def _forms(
    ctx: WebContext,
    view: CaseView,
    *,
    today: date,
    fact: str,
    fix: str,
    taken_back: tuple[str, str],
    tried: RejectedForm | None,
    had_files: bool,
) -> dict[str, Any]:
    entries = [entry for part in view.parts for entry in part.entries]
    deadlines = [entry.deadline for entry in entries]

    def of(name: str) -> RejectedForm | None:
        return tried if tried is not None and tried.form == name else None

    recording, planning = of("record"), of("plan")
    on, exempting = (ctx.query.get(name, "")[:100] for name in ("on", "exempt"))
    record = record_form(
        deadlines,
        fact=recording.answers.get("fact", "") if recording else fact or pressing_fact(view),
        answers=recording.answers if recording else {"on": on} if on else None,
        refusal=recording.refusal if recording else None,
        confirmation=recording.confirmation if recording else None,
        had_files=had_files,
        kind=view.case.kind,
        today=today,
    )
    return {
        "record": record,
        "now": next((entry for entry in entries if entry.deadline.id == record.fact), None),
        "forms": [about for about in forms_of(view.procedure) if record.fact in about.steps],
        "effect": _effect(ctx, view.case, record.fact, on),
        "comments": comments(view.events[::-1]),
        "assignments": tuple(assignments(view.case).values()),
        "assigning": build_person_field(
            ctx.reads.office(), _typed(of("assignment"), "person"), root=ctx.reader.root
        ),
        "asking": _asking(ctx, view, of("comment")),
        "last_day": ctx.calendar.last,
        "handing": _handing(ctx, view),
        "plan": plan_form(
            deadlines,
            fact=planning.answers.get("fact", "") if planning else ctx.query.get("plan", "")[:100],
            answers=planning.answers if planning else None,
            refusal=planning.refusal if planning else None,
        ),
        "correct": correct_form(view.case, deadlines, fact=fix, rejected_form=of("correct")),
        "correcting": bool(fix),
        "passport": passport_form(view, ctx.reads.office(), root=ctx.reader.root, rejected_form=of("describe")),
        "withdraw": withdraw_form(view.case, view.titles, chosen=taken_back, rejected_form=of("withdraw")),
        "exempt": exempt_form(deadlines, fact=exempting, rejected_form=of("exempt")),
        "reopen": reopen_form(view.case, deadlines, rejected_form=of("reopen")),
        "editions": [
            (edition.edition, edition.in_force)
            for edition in ctx.library.editions_of(view.case.procedure)
            if edition.edition != view.case.edition
        ],
    }


def _typed(rejected_form: RejectedForm | None, name: str) -> str:
    return rejected_form.answers.get(name, "") if rejected_form else ""


def _asking(ctx: WebContext, view: CaseView, rejected_form: RejectedForm | None) -> dict[str, Any]:
    """Return the initial values of the comment form: its obligation, and the person asked."""
    about = rejected_form.answers.get("obligation", "") if rejected_form else ctx.query.get("about", "")[:100]
    asks, text, until = (rejected_form.answers.get("asks", "") if rejected_form else ""), "", ""
    why = ctx.query.get("why", "")[:100]
    if why in view.titles and not rejected_form and ctx.reader.may("assign"):
        # The question is shown before it is asked, and may be worded otherwise.
        about, language = why, ctx.language
        with suppress(CannotComment, OutOfRange):
            person, day = whom_to_ask(ctx, view.case.id, why)
            asks, text, until = person.key, say("comment.ask_why", {"until": day}, language), day.isoformat()
    field = build_person_field(ctx.reads.office(), asks, root=ctx.reader.root)
    return {"about": about if about in view.titles else "", "person": field, "text": text, "until": until}


def _handing(ctx: WebContext, view: CaseView) -> tuple[str, NameField] | None:
    """Return the obligation to hand over and the field for the person, where the address asks for it."""
    name = ctx.query.get("hand", "")[:100]
    if name not in view.titles or not ctx.reader.may("manage"):
        return None
    return name, build_person_field(ctx.reads.office(), "", root=ctx.reader.root)


def pressing_fact(view: CaseView) -> str:
    """Return the fact to record next: of the most urgent deadline, else of the first obligation not done."""
    if view.next is not None:
        return view.next.deadline.id
    looks = ("open", "slipped", "waits")
    open_ones = (entry.deadline.id for part in view.parts for entry in part.entries if entry.look in looks)
    return next(open_ones, "")


def _effect(ctx: RequestContext, case: Case, fact: str, on: str) -> tuple[Preview, int] | None:
    """Return what recording a fact on a day would change, and how many people it would notify."""
    if not on or fact in ctx.library.of(case).decisions or not ctx.reader.may("record"):
        return None
    try:
        day = parse_date(on)
        foreseen, people = cases.foresee(ctx, cases.RecordFact(case=case.id, fact=fact, on=day, preview=True))
    except (Refusal, OutOfRange):
        return None
    return foreseen, len(people)


def _risks(ctx: WebContext, view: CaseView, **context: object) -> dict[str, Any]:
    return {"risks": risk_view(view, ctx.query, context["tried"], today=ctx.today)}


def _papers(ctx: WebContext, view: CaseView, **context: object) -> dict[str, Any]:
    return {"papers": papers_view(view, ctx, ctx.language)}


def _history(ctx: WebContext, view: CaseView, **context: object) -> dict[str, Any]:
    rejected_form = context["tried"]
    typed_person = (
        rejected_form.answers.get("person", "")
        if isinstance(rejected_form, RejectedForm) and rejected_form.form == "reader"
        else ""
    )
    office = ctx.reads.office()
    without = view.case.readers
    acts = moves_of(ctx.app, view.events[::-1])
    moves = [act_moves_result(act, ctx.language) for act in acts]
    lines: list[ActMovesResult | Event] = [*moves, *view.events]
    return {
        # At the same moment, the act is listed after the facts it applied to.
        "lines": sorted(lines, key=lambda line: line.at, reverse=True),
        "person": build_person_field(office, typed_person, without=without)
        if view.case.confidential
        else NameField(),
    }


router = APIRouter(include_in_schema=False)
Name = Annotated[str | None, Query(max_length=200)]
router.get("/cases/{case}/evidence/{digest}")(get_evidence)
router.get("/cases/{case}/forms/{form}/{language}")(get_form)
router.get("/cases/{case}/package")(get_package)


@router.get("/cases/{case}")
def deadlines_page(
    ctx: Reading,
    case: CaseId,
    fact: Name = None,
    fix: Name = None,
    withdraw: Name = None,
    evidence: Annotated[str | None, Query(max_length=2000)] = None,
    recorded: Name = None,
    replanned: Name = None,
    said: Name = None,
    of: Name = None,
) -> Response:
    message = (
        ("recorded", recorded) if recorded else ("replanned", replanned) if replanned else _message(said, of)
    )
    taken_back = withdraw or "", evidence or ""
    return case_page(ctx, case, fact=fact or "", fix=fix or "", taken_back=taken_back, message=message)


@router.get("/cases/{case}/risks")
def registers_page(
    ctx: Reading,
    case: CaseId,
    said: Name = None,
    left_out: Annotated[int, Query(ge=0, le=10_000)] = 0,
    unread: Annotated[str, Query(max_length=UNREAD)] = "",
) -> Response:
    message = _message(said, None)
    return case_page(ctx, case, tab="risks", message=message, left_out=left_out, unread=unread)


@router.get("/cases/{case}/papers")
def documents_page(ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(ctx, case, tab="papers", message=_message(said, None))


@router.get("/cases/{case}/history")
def history_page(ctx: Reading, case: CaseId, said: Name = None) -> Response:
    return case_page(ctx, case, tab="history", message=_message(said, None))


def _message(message: str | None, of: str | None) -> tuple[str, str] | None:
    """Return the code of an action and its object; None for a code without a sentence."""
    if message and (message in OF_ONE or knows(f"web.case.said.{message}")):
        return message, of or ""
    return None


OF_ONE = ("corrected", "exempted_one", "reopened_one")
"""Messages that name the obligation they are about."""
