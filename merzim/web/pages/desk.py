"""The desk, the page of the reader's tasks: record, undo, put reminders off, several at once, one's leave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from merzim.services.administration import officer_start
from merzim.services.board.tasks import most_pressing, tasks_view
from merzim.services.campaigns.answers import awaited_answers
from merzim.services.cases import bulk
from merzim.services.cases import verbs as cases
from merzim.services.context import RequestContext, require_visible
from merzim.services.documents.case_documents import forms_of
from merzim.services.inputs import build
from merzim.services.names import UnitName, name_of
from merzim.services.people.feeds import Away, set_leave
from merzim.services.sending import LetterOfCase, acknowledge_letter
from merzim.web.auth.dependencies import Recording
from merzim.web.http import WebContext
from merzim.web.pages.cases.evidence import parse_address
from merzim.web.pages.cases.recording import SIGNATORIES, foreseen_effect, record_form
from merzim.web.pages.cases.writing import SubmittedForm, record_answers
from merzim.web.ui.form_values import (
    Fields,
    InvalidForm,
    RejectedForm,
    parse_date,
    parse_event_number,
    shown_again,
    store_form_file,
    submitted_form,
    text_fields,
)
from merzim.web.ui.name_fields import NameField, own_people
from merzim.web.ui.preferences import preferences, set_preference_cookies
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import line_columns, page_heads
from workflow.board.rows import base
from workflow.cases.case import Event
from workflow.cases.commands.reminder_actions import days_to_offer
from workflow.cases.registers.entries import is_entry
from workflow.deadlines.resolver import deadlines
from workflow.findings.finding import Finding
from workflow.org.office import Person
from workflow.refusal import Refusal


def unfolded_row(
    ctx: RequestContext,
    case: str,
    obligation: str,
    *,
    rejected_form: RejectedForm | None = None,
    foresees: bool = True,
) -> dict[str, Any] | None:
    """Return a row of the desk with its form, the forms of documents that belong to the step (`papers`), the
    days to which its reminder may be put off (`later`), and what recording it on the form's day would change
    (`effect`). None if the case is hidden or the obligation cannot be recorded.

    Args:
        foresees: whether to compute the effect.
    """
    stored_case = ctx.reads.case(case)
    if stored_case is None:
        return None
    procedure = ctx.library.of(stored_case)
    computed = deadlines(stored_case, procedure, ctx.calendar, today=ctx.today)
    deadline = next((candidate for candidate in computed if candidate.id == obligation), None)
    if is_entry(obligation) or deadline is None:
        return None
    form = record_form(
        computed,
        fact=obligation,
        rejected_form=rejected_form,
        kind=stored_case.kind,
        today=ctx.today,
    )
    return {
        "id": f"{case}:{obligation}",
        "case": case,
        "form": form,
        "papers": [about for about in forms_of(procedure) if base(obligation) in about.steps],
        "effect": foreseen_effect(ctx, case, form) if foresees else None,
        "later": days_to_offer(deadline, procedure, ctx.calendar, today=ctx.today),
        "remark": rejected_form.answers.get("remark", "") if rejected_form else "",
    }


router = APIRouter(include_in_schema=False)

Name = Annotated[str, Query(max_length=200)]
MessageParam = Literal["", "recorded", "undone", "later", "read", "leave"]


@router.get("/desk")
def my_desk(
    ctx: Recording,
    show: Literal["", "mine", "all"] = "",
    row: Name = "",
    on: Name = "",
    said: MessageParam = "",
    what: Name = "",
) -> Response:
    """Show open obligations by urgency, the reader's own or all they see (`show`); `row` has its form open."""
    case, _, obligation = row.partition(":")
    dated = RejectedForm(form="record", refusal=None, answers={"on": on}) if on else None
    unfolded = unfolded_row(ctx, case, obligation, rejected_form=dated) if obligation else None
    undo, remarks = _after_recording(ctx, what) if said == "recorded" else (None, ())
    message = (said, _title(ctx, what), what.partition(":")[0])
    return _page(ctx, {"show": show}, unfolded=unfolded, message=message, undo=undo, remarks=remarks)


def _again(ctx: WebContext, *, tried: RejectedForm) -> Response:
    """Return the desk with why a form was refused."""
    return _page(ctx, tried.answers, refusal=tried.refusal)


@router.post("/desk/undo")
@shown_again(_again)
def undo(ctx: Recording, answers: Fields) -> Response:
    """Withdraw what the reader recorded in the last ten minutes, if nobody was notified of it yet."""
    case = _case_of_form(ctx, answers)
    if not case:
        raise InvalidForm("web.refusal.no_record")
    line = parse_event_number(answers.get("line", ""))
    cases.undo_entry(ctx, build(cases.Undo, {"case": case, "line": line}))
    return _redirect_to_desk(ctx, answers, said="undone", what=f"{case}:{cases.event_name(ctx, case, line)}")


@router.post("/desk/later")
def snooze(ctx: Recording, answers: Fields) -> Response:
    """Snooze a reminder until another day."""
    case, obligation = _case_of_form(ctx, answers), answers.get("fact", "")
    try:
        until = parse_date(answers.get("until", ""))
        cases.snooze(ctx, build(cases.SnoozeReminder, {"case": case, "obligation": obligation, "until": until}))
    except Refusal as refusal:
        unfolded = unfolded_row(ctx, case, obligation) if case else None
        return _page(ctx, answers, unfolded=unfolded, refusal=refusal)
    return _redirect_to_desk(ctx, answers, said="later", what=f"{case}:{obligation}")


@router.post("/desk/read")
def acknowledge(ctx: Recording, answers: Fields) -> Response:
    """Acknowledge the letter about a row."""
    case = _case_of_form(ctx, answers)
    letter_result = acknowledge_letter(ctx, build(LetterOfCase, {"case": case, "key": answers.get("key", "")}))
    return _redirect_to_desk(ctx, answers, said="read", what=f"{case}:{letter_result.obligation}")


@router.post("/desk/leave")
def set_own_leave(ctx: Recording, answers: Fields) -> Response:
    """Set the reader's leave and deputy; with `none` end the leave."""
    try:
        days = () if "none" in answers else ("first", "last")
        away = {name: parse_date(answers.get(name, "")) for name in days}
        deputy = own_people(ctx).resolve(answers.get("deputy", "")) or None
        set_leave(ctx, build(Away, {**away, "deputy": deputy}))
    except Refusal as refusal:
        return _page(ctx, {}, refusal=refusal, typed=answers)
    return _redirect_to_desk(ctx, answers, said="leave", what="")


def _record_again(ctx: WebContext, *, tried: RejectedForm) -> Response:
    """Return the desk with the form that was refused or is to be confirmed."""
    case, fact = (tried.answers.get(name, "") for name in ("case", "fact"))
    unfolded = unfolded_row(ctx, case, fact, rejected_form=tried)
    return _page(ctx, tried.answers, unfolded=unfolded, refusal=tried.refusal)


@router.post("/desk/record")
@shown_again(_record_again, "record")
def record(ctx: Recording, form: SubmittedForm) -> Response:
    """Record a fact in one step: with its date, numbers, signatory, evidence and a remark."""
    answers = text_fields(form)
    case = _case_of_form(ctx, answers)
    if not case:
        raise InvalidForm("web.refusal.no_fact")
    recorded = record_answers(ctx, case, form, answers)
    return _redirect_to_desk(ctx, answers, said="recorded", what=f"{case}:{recorded}")


@router.post("/desk/record-many")
def record_many(ctx: Recording, form: Annotated[FormData, submitted_form(files=1)]) -> Response:
    """Record the ticked rows at once: first a preview, then the result of each."""
    answers = text_fields(form)
    rows = answers.getlist("row")
    try:
        if not rows:
            raise InvalidForm("web.refusal.no_rows")
        file, file_name = store_form_file(ctx, form)
        evidence: list[dict[str, object]] = [{"file": file}] if file else []
        if answers.get("link", "").strip():
            evidence.append({"address": parse_address(answers["link"])})
        fields = {
            "steps": [{"case": case, "fact": fact} for case, _, fact in (row.partition(":") for row in rows)],
            "on": parse_date(answers.get("on", "")),
            "evidence": evidence,
            "signed_by": answers.get("signed_by", ""),
            "remark": answers.get("remark", ""),
        }
        foreseen = bulk.record_many(ctx, build(bulk.RecordMany, {**fields, "preview": True}))
        # What was previewed is what is written: any other answer of these cases is shown first.
        token = sha256(repr((fields, foreseen.model_dump_json())).encode()).hexdigest()[:32]
        confirmed = answers.get("confirmed") == token
        result = bulk.record_many(ctx, build(bulk.RecordMany, fields)) if confirmed else foreseen
    except Refusal as refusal:
        return _page(ctx, answers, refusal=refusal, typed=answers, ticked=rows)
    many = {
        "result": result,
        "titles": {
            row: _title(ctx, row) or row for row in (f"{step.case}:{step.fact}" for step in result.rows)
        },
        "token": token,
        "digest": file,
        "file_name": file_name,
        # What was recorded, as `case:number:fact`, to be withdrawn.
        "lines": [
            f"{step.case}:{event.seq}:{step.fact}"
            for step in result.rows
            for event in (step.result.events[:1] if step.result and not result.preview else ())
        ],
    }
    return _page(ctx, answers, typed=answers, ticked=rows if result.preview else (), many=many)


@router.post("/desk/withdraw-many")
@shown_again(_again)
def withdraw_many(ctx: Recording, answers: Fields) -> Response:
    """Withdraw, with a ground, what was just recorded for several rows; show the result of each."""
    chosen_records = [(*row.split(":", 2), "", "")[:3] for row in answers.getlist("taken")]
    if not chosen_records:
        raise InvalidForm("web.refusal.no_rows")
    lines = [{"case": case, "line": parse_event_number(line)} for case, line, _ in chosen_records]
    withdrawn = bulk.withdraw_many(
        ctx, build(bulk.WithdrawMany, {"lines": lines, "ground": answers.get("ground", "")})
    )
    titles = {f"{case}:{line}": _title(ctx, f"{case}:{fact}") or case for case, line, fact in chosen_records}
    return _page(ctx, answers, many={"titles": titles, "withdrawn": withdrawn})


def _case_of_form(ctx: RequestContext, answers: Mapping[str, str]) -> str:
    """Return the case a form is about; "" for none. Raises UnknownCase for one the reader does not see."""
    if case := answers.get("case", ""):
        require_visible(ctx, case)
    return case


def _after_recording(ctx: RequestContext, what: str) -> tuple[Event | None, tuple[Finding, ...]]:
    """Return the event to offer for undoing, if any, and the findings to name beside the fact just recorded
    (`case:fact`).
    """
    case, _, fact = what.partition(":")
    stored_case = ctx.reads.case(case) if case else None
    if stored_case is None:
        return None, ()
    return cases.event_to_undo(ctx, case, fact), cases.findings_beside(ctx, stored_case, fact)


def _page(
    ctx: WebContext,
    answers: Mapping[str, str],
    *,
    unfolded: dict[str, Any] | None = None,
    message: tuple[str, str, str] = ("", "", ""),
    undo: Event | None = None,
    remarks: Sequence[Finding] = (),
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
    ticked: Sequence[str] = (),
    many: dict[str, Any] | None = None,
) -> Response:
    """Return the desk.

    Args:
        answers: of the form that is answered; its `show` says whose rows to show.
        typed: what to show again in the form of several rows, or of the leave.
        many: several rows recorded at once, or the preview of that, or their withdrawal.
    """
    view = tasks_view(ctx, answers.get("show", ""))
    now = None
    if unfolded is None and refusal is None and many is None:
        case, _, obligation = most_pressing(view).partition(":")
        now = unfolded_row(ctx, case, obligation, foresees=False) if obligation else None
    return page(
        ctx,
        "desk.html",
        view=view,
        row_open=unfolded,
        # Another user may have done it meanwhile.
        shows_open=unfolded is not None and unfolded["id"] in view.ids,
        heads=_heads(view.mine),
        awaited=awaited_answers(ctx),
        start=officer_start(ctx),
        show="mine" if view.mine else "all",
        message=message,
        undo=undo,
        remarks=remarks,
        refusal=refusal,
        answers=typed or {},
        deputy=_deputy_field(ctx, view.person, typed or {}),
        restricted=bool(ctx.reader.root),
        now=now,
        ticked=ticked,
        many=many and {"result": None, "withdrawn": None, "digest": "", "lines": (), **many},
        signatories=SIGNATORIES,
    )


def _deputy_field(ctx: WebContext, person: Person | None, typed: Mapping[str, str]) -> NameField:
    """Return the field for the reader's deputy: of their own units, but for one an administrator appointed."""
    stored = person.deputy or "" if person else ""
    field = own_people(ctx).field(typed.get("deputy") or stored, without={ctx.reader.person})
    appointed = ctx.reads.office().people.get(stored)
    if appointed is None or not field.options or stored in {option.id for option in field.options}:
        return field
    return replace(field, options=(*field.options, UnitName(id=stored, name=name_of(appointed))))


def _heads(mine: bool) -> list[tuple[object, str]]:
    """Return the headings of the page; the reader's own rows need no assignee."""
    left_out = {"head.points", "head.unit", *(["web.who"] if mine else [])}
    return [head for head in page_heads(line_columns(date.min)) if head[0] not in left_out]


def _title(ctx: RequestContext, place: str) -> str:
    """Return the title of the obligation just handled (`case:obligation`) in the reader's language; "" if it is
    hidden.
    """
    case, _, obligation = place.partition(":")
    stored_case = ctx.reads.case(case) if case else None
    if stored_case is None:
        return ""
    t, known_obligation = Translator(ctx.language), ctx.library.of(stored_case).by_id.get(base(obligation))
    period = obligation.partition(".")[2] or None
    title = t.titled(known_obligation.title, period) if known_obligation else obligation
    about = stored_case.object_in(t.language)
    return f"{title} ({about})" if about else title


def _redirect_to_desk(ctx: WebContext, answers: Mapping[str, str], **told: str) -> Response:
    """Redirect to the task page; an htmx request fetches only its content."""
    show = {"show": answers["show"]} if answers.get("show") in ("mine", "all") else {}
    address = f"/desk?{urlencode({**show, **{key: value for key, value in told.items() if value}})}"
    response: Response = RedirectResponse(address, status_code=303)
    if ctx.is_fragment:
        where = {"path": address, "target": "#content", "select": "#content", "swap": "outerHTML"}
        response = Response(status_code=204, headers={"hx-location": json.dumps(where)})
    set_preference_cookies(response, preferences(ctx.request).new_cookies)
    return response
