"""The desk, the page of the reader's tasks: record, undo, put reminders off, several at once, one's leave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from merzim.services.administration import officer_start
from merzim.services.board.desk import most_pressing, tasks_view
from merzim.services.campaigns.verbs import awaited_answers
from merzim.services.cases import bulk, verbs as cases
from merzim.services.cases.views import event_name
from merzim.services.context import RequestContext
from merzim.services.documents.case_documents import forms_of
from merzim.services.inputs import build
from merzim.services.letters import LetterOfCase, acknowledge_letter
from merzim.services.names import UnitName, name_of
from merzim.services.people.feeds import Away, set_leave
from merzim.web.auth.dependencies import Recording
from merzim.web.http import WebContext, preferences, set_preference_cookies
from merzim.web.pages.cases.recording import SIGNATORIES, foreseen_effect, record_form
from merzim.web.pages.cases.writing import SubmittedForm, parse_address, record_answers
from merzim.web.ui import form_values as forms
from merzim.web.ui.name_fields import NameField, own_people
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import line_columns, page_heads
from workflow.board.rows import base
from workflow.cases.case import Case
from workflow.cases.commands.answers import days_to_offer
from workflow.cases.registers.rows import is_entry
from workflow.deadlines.resolver import deadlines
from workflow.org.office import Person

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
    shown: dict[str, Any] = {"message": (said, _title(ctx, what), what.partition(":")[0])}
    case, _, fact = what.partition(":")
    if said == "recorded" and (stored_case := _case(ctx, case)):
        shown["undo"] = cases.event_to_undo(ctx, case, fact)
        shown["remarks"] = cases.findings_beside(ctx, stored_case, fact)
    return _page(ctx, {"show": show}, row_open=unfolded_row(ctx, row, on=on), **shown)


def _again(ctx: WebContext, *, tried: forms.RejectedForm) -> Response:
    """Return the desk with why a form was refused, or what is to be confirmed, and with what was typed."""
    answers, is_many = tried.answers, tried.form == "many"
    row = f"{answers.get('case', '')}:{answers.get('fact', '')}"
    return _page(
        ctx,
        answers,
        row_open=unfolded_row(ctx, row, tried=tried if tried.form == "record" else None),
        tried=tried,
        answers=answers if is_many or tried.form == "leave" else {},
        ticked=[row for row in answers.get("row", "").split(";") if row] if is_many else (),
    )


@router.post("/desk/record")
@forms.shown_again(_again, "record")
def record(ctx: Recording, form: SubmittedForm) -> Response:
    """Record a fact in one step: with its date, numbers, signatory, evidence and a remark."""
    answers = forms.text_fields(form)
    case = answers.get("case", "")
    recorded = record_answers(ctx, case, form)
    return _redirect_to_desk(ctx, answers, said="recorded", what=f"{case}:{recorded}")


@router.post("/desk/undo")
@forms.shown_again(_again)
def undo(ctx: Recording, answers: forms.Fields) -> Response:
    """Withdraw what the reader recorded in the last ten minutes, if nobody was notified of it yet."""
    case, line = answers.get("case", ""), forms.parse_event_number(answers.get("line", ""))
    cases.undo_entry(ctx, build(cases.Undo, {"case": case, "line": line}))
    return _redirect_to_desk(ctx, answers, said="undone", what=f"{case}:{event_name(ctx, case, line)}")


@router.post("/desk/later")
@forms.shown_again(_again)
def snooze(ctx: Recording, answers: forms.Fields) -> Response:
    case, obligation = answers.get("case", ""), answers.get("fact", "")
    fields = {"case": case, "obligation": obligation, "until": forms.parse_date(answers.get("until", ""))}
    cases.snooze(ctx, build(cases.SnoozeReminder, fields))
    return _redirect_to_desk(ctx, answers, said="later", what=f"{case}:{obligation}")


@router.post("/desk/read")
@forms.shown_again(_again)
def acknowledge(ctx: Recording, answers: forms.Fields) -> Response:
    fields = {name: answers.get(name, "") for name in ("case", "key")}
    letter = acknowledge_letter(ctx, build(LetterOfCase, fields))
    return _redirect_to_desk(ctx, answers, said="read", what=f"{fields['case']}:{letter.obligation}")


@router.post("/desk/leave")
@forms.shown_again(_again, "leave")
def set_own_leave(ctx: Recording, answers: forms.Fields) -> Response:
    """Set the reader's leave and deputy; with `none` end the leave."""
    days = () if "none" in answers else ("first", "last")
    away = {name: forms.parse_date(answers.get(name, "")) for name in days}
    deputy = own_people(ctx).resolve(answers.get("deputy", "")) or None
    set_leave(ctx, build(Away, {**away, "deputy": deputy}))
    return _redirect_to_desk(ctx, answers, said="leave")


@router.post("/desk/record-many")
@forms.shown_again(_again, "many")
def record_many(ctx: Recording, form: Annotated[FormData, forms.submitted_form(files=1)]) -> Response:
    """Record the ticked rows at once: first a preview, then the result of each."""
    answers = forms.text_fields(form)
    rows = answers.getlist("row")
    if not rows:
        raise forms.InvalidForm("web.refusal.no_rows")
    file, file_name = forms.store_form_file(ctx, form)
    evidence: list[dict[str, object]] = [{"file": file}] if file else []
    if answers.get("link", "").strip():
        evidence.append({"address": parse_address(answers["link"])})
    fields = {
        "steps": [{"case": case, "fact": fact} for case, _, fact in (row.partition(":") for row in rows)],
        "on": forms.parse_date(answers.get("on", "")),
        "evidence": evidence,
        "signed_by": answers.get("signed_by", ""),
        "remark": answers.get("remark", ""),
    }
    result = bulk.record_many(ctx, build(bulk.RecordMany, {**fields, "preview": True}))
    # What was previewed is what is written: any other answer of these cases is shown first.
    token = sha256(repr((fields, result.model_dump_json())).encode()).hexdigest()[:32]
    if answers.get("confirmed") == token:
        result = bulk.record_many(ctx, build(bulk.RecordMany, fields))
    many = {"result": result, "token": token, "digest": file, "file_name": file_name}
    return _page(ctx, answers, answers=answers, ticked=rows if result.preview else (), many=many)


@router.post("/desk/withdraw-many")
@forms.shown_again(_again)
def withdraw_many(ctx: Recording, answers: forms.Fields) -> Response:
    """Withdraw, with a ground, what was just recorded for several rows; show the result of each."""
    chosen_records = [(*row.split(":", 2), "", "")[:3] for row in answers.getlist("taken")]
    if not chosen_records:
        raise forms.InvalidForm("web.refusal.no_rows")
    lines = [{"case": case, "line": forms.parse_event_number(line)} for case, line, _ in chosen_records]
    fields = {"lines": lines, "ground": answers.get("ground", "")}
    withdrawn = bulk.withdraw_many(ctx, build(bulk.WithdrawMany, fields))
    facts = {f"{case}:{line}": fact for case, line, fact in chosen_records}
    return _page(ctx, answers, many={"facts": facts, "withdrawn": withdrawn})


def unfolded_row(
    ctx: RequestContext,
    row: str,
    *,
    on: str = "",
    tried: forms.RejectedForm | None = None,
    foresees: bool = True,
) -> dict[str, Any] | None:
    """Return a row of the desk (`case:obligation`) with its form, the forms of its documents (`papers`), the
    days to put its reminder off to (`later`), and, where it `foresees`, what recording it on the form's day
    would change (`effect`). None if the case is hidden or the obligation cannot be recorded.
    """
    case, _, obligation = row.partition(":")
    stored_case = _case(ctx, case)
    if stored_case is None or is_entry(obligation):
        return None
    procedure = ctx.library.of(stored_case)
    computed = deadlines(stored_case, procedure, ctx.calendar, today=ctx.today)
    deadline = next((candidate for candidate in computed if candidate.id == obligation), None)
    if deadline is None:
        return None
    form = record_form(stored_case, computed, fact=obligation, on=on, tried=tried, today=ctx.today)
    return {
        "id": row,
        "case": case,
        "form": form,
        "papers": [about for about in forms_of(procedure) if base(obligation) in about.steps],
        "effect": foreseen_effect(ctx, case, form) if foresees else None,
        "later": days_to_offer(deadline, procedure, ctx.calendar, today=ctx.today),
    }


def _case(ctx: RequestContext, case: str) -> Case | None:
    """Return a case with its facts; None for "" and for one hidden from the reader."""
    return ctx.reads.case(case) if case else None


def _page(ctx: WebContext, sent: Mapping[str, str], **shown: Any) -> Response:
    """Return the desk.

    Args:
        sent: the form that is answered; its `show` says whose rows to show.
        shown: a row with its form (`row_open`), what was done (`message`, `undo`, `remarks`), the refused form
            (`tried`), what to show again of several rows or of the leave (`answers`, `ticked`), several rows
            recorded, previewed or withdrawn at once (`many`).
    """
    view = tasks_view(ctx, sent.get("show", ""))
    row_open, many = shown.pop("row_open", None), shown.pop("many", None)
    pressing = "" if row_open or many or shown.get("tried") else most_pressing(view)
    # The reader's own rows need no assignee.
    left_out = {"head.points", "head.unit", *(["web.who"] if view.mine else [])}
    return page(
        ctx,
        "desk.html",
        view=view,
        row_open=row_open,
        # Another user may have done it meanwhile.
        shows_open=row_open is not None and row_open["id"] in view.ids,
        heads=[head for head in page_heads(line_columns(ctx.today)) if head[0] not in left_out],
        awaited=awaited_answers(ctx),
        start=officer_start(ctx),
        show="mine" if view.mine else "all",
        deputy=_deputy_field(ctx, view.person, shown.get("answers", {})),
        restricted=bool(ctx.reader.root),
        now=unfolded_row(ctx, pressing, foresees=False),
        many=many and {"result": None, "withdrawn": None, "digest": "", **many},
        titled=partial(_title, ctx),
        signatories=SIGNATORIES,
        **shown,
    )


def _deputy_field(ctx: WebContext, person: Person | None, typed: Mapping[str, str]) -> NameField:
    """Return the field for the reader's deputy: of their own units, but for one an administrator appointed."""
    stored = person.deputy or "" if person else ""
    field = own_people(ctx).field(typed.get("deputy") or stored, without={ctx.reader.person})
    appointed = ctx.reads.office().people.get(stored)
    if appointed is None or not field.options or stored in {option.id for option in field.options}:
        return field
    return replace(field, options=(*field.options, UnitName(id=stored, name=name_of(appointed))))


def _title(ctx: RequestContext, row: str) -> str:
    """Return the title of an obligation (`case:obligation`) with its case's object; "" if it is hidden."""
    case, _, obligation = row.partition(":")
    stored_case = _case(ctx, case)
    if stored_case is None:
        return ""
    t, known_obligation = Translator(ctx.language), ctx.library.of(stored_case).by_id.get(base(obligation))
    period = obligation.partition(".")[2] or None
    title = t.titled(known_obligation.title, period) if known_obligation else obligation
    about = stored_case.object_in(t.language)
    return f"{title} ({about})" if about else title


def _redirect_to_desk(ctx: WebContext, answers: Mapping[str, str], *, said: str, what: str = "") -> Response:
    """Redirect to the task page, which says what was done; an htmx request fetches only its content."""
    show = answers.get("show")
    query = {"show": show if show in ("mine", "all") else "", "said": said, "what": what}
    address = f"/desk?{urlencode({name: value for name, value in query.items() if value})}"
    response: Response = RedirectResponse(address, status_code=303)
    if ctx.is_fragment:
        where = {"path": address, "target": "#content", "select": "#content", "swap": "outerHTML"}
        response = Response(status_code=204, headers={"hx-location": json.dumps(where)})
    set_preference_cookies(response, preferences(ctx.request).new_cookies)
    return response
