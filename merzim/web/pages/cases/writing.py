"""What the forms of a case do: each leads to the page after it, its refusal, or what is to be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Form, Path
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from merzim.documents.sheets.texts import is_web_address
from merzim.services.cases import rows, verbs as cases
from merzim.services.cases.faces import FACES
from merzim.services.cases.rows import register_of
from merzim.services.cases.views import event_name
from merzim.services.context import RequestContext, require_visible, whole_case
from merzim.services.inputs import MAX_GROUND_LENGTH, EvidenceInput, OpenFile, build
from merzim.services.letters import LetterOfCase, NoSuchLetter, acknowledge_letter, is_unreached, resend_letter
from merzim.services.results import CommandResult
from merzim.services.verbs import Verb
from merzim.web.auth.dependencies import Recording, needs, reads_files
from merzim.web.http import CaseId, RegisterPath, WebContext, redirect
from merzim.web.pages.cases.page import OF_ONE, UNREAD, Tab, case_page, redirect_to_case
from merzim.web.pages.cases.recording import OTHER, passport_fields
from merzim.web.pages.registers.rows import changed_values, new_values
from merzim.web.ui import form_values as forms
from merzim.web.ui.command_forms import read_command
from workflow.org.access import Need

router = APIRouter(include_in_schema=False)

SubmittedForm = Annotated[FormData, forms.submitted_form(files=10)]
"""A form with evidence."""


def evidence_inputs(form: FormData) -> list[EvidenceInput]:
    """Return the links and files in a form: `link.KIND`, `file.KIND`, with their dates and restriction. Raises
    InvalidForm for an invalid address or date, or an empty file.
    """
    answers, items = forms.text_fields(form), []
    for key, value in form.multi_items():
        part, _, place = key.partition(".")
        source: dict[str, object]
        if part == "link" and isinstance(value, str) and value.strip():
            source = {"address": parse_address(value)}
        elif part == "file" and (file := forms.file_of(form, key)):
            source = {"content": file}
        else:
            continue
        days = {name: answers.get(f"{name}.{place}", "") for name in ("published", "written")}
        about = {
            "kind": "" if place == OTHER else place,
            **{f"{name}_on": forms.parse_date(day) if day.strip() else None for name, day in days.items()},
            "restricted": " ".join(answers.get(f"restricted.{place}", "").split())[:MAX_GROUND_LENGTH],
        }
        items.append(build(EvidenceInput, {**about, **source}))
    return items


def parse_address(text: str) -> str:
    """Return a web address without surrounding blanks. Raises InvalidForm for none, or one too long."""
    text = text.strip()
    if not is_web_address(text):
        raise forms.InvalidForm("web.refusal.bad_address", text=text[:100])
    return text


C = TypeVar("C", bound=cases.Previewable)


def run_or_ask(
    ctx: RequestContext, answers: Mapping[str, str], verb: Verb[C, CommandResult], command: C
) -> CommandResult:
    """Run the verb of a form with this command; a form that asks for a preview is asked to confirm it.

    Raises:
        Unconfirmed: it changes deadlines, plans a day after its deadline or loses what a new edition does not
            know; or the form or the case differ from what was confirmed.
    """
    if answers.get("preview"):
        require_visible(ctx, command.case)
        preview, people = cases.foresee(ctx, command)
        # Of these answers and this state of the case.
        asked = sorted((name, value) for name, value in answers.items() if name != "confirmed")
        token = sha256(repr((preview.change.case.seq, asked)).encode()).hexdigest()[:32]
        loses = any(event.payload.get("lost") for event in preview.change.events)
        if (preview.deadlines or preview.late_plans or loses) and answers.get("confirmed") != token:
            points = cases.points_at_stake(ctx, preview)
            raise forms.Unconfirmed(
                forms.Confirmation(preview=preview, people=len(people), points=points, token=token)
            )
    return verb(ctx, command)


@router.post("/cases/{case}/plan")
@forms.shown_again(case_page, "plan")
def replan(ctx: Recording, case: CaseId, answers: forms.Fields) -> Response:
    """Set a plan date, asking first if it moves deadlines; then show the case, or the timeline (`back`)."""
    fact = _fact(answers)
    planned = {fact: forms.parse_date(answers.get("on", ""))}
    run_or_ask(ctx, answers, cases.replan, build(cases.Replan, {"case": case, "planned": planned}))
    if "back" in answers:
        back = dict(parse_qsl(answers["back"][:1000]))
        return redirect(ctx, "/portfolio", **{**back, "replanned": case})
    return redirect(ctx, f"/cases/{case}", replanned=fact)


def _fact(answers: Mapping[str, str]) -> str:
    """Return the fact a form is about. Raises InvalidForm for none."""
    if not answers.get("fact"):
        raise forms.InvalidForm("web.refusal.no_fact")
    return answers["fact"]


def record_answers(ctx: RequestContext, case: str, form: FormData) -> str:
    """Record the fact, or the answer to a decision, in a form; return the name of the fact.

    Raises:
        Unconfirmed: a decision changes deadlines, and the user has not confirmed that yet.
        InvalidForm: no fact, or a decision without its answer.
    """
    answers = forms.text_fields(form)
    fact = _fact(answers)
    decisions = whole_case(ctx, case)[1].decisions
    if fact in decisions and not answers.get("option"):
        raise forms.InvalidForm("web.refusal.no_answer", title=decisions[fact].title)
    given: dict[str, Any] = {"case": case, "evidence": evidence_inputs(form)}
    if fact in decisions:
        given |= {"decision": fact, "decided_by": answers.get("signed_by", "")}
        result = run_or_ask(ctx, answers, cases.decide, read_command(ctx, cases.Decide, answers, **given))
        return result.events[0].name if result.events else fact
    cases.record(ctx, read_command(ctx, cases.RecordFact, answers, **given))
    return fact


@router.post("/cases/{case}")
@forms.shown_again(case_page, "record")
def record(ctx: Recording, case: CaseId, form: SubmittedForm) -> Response:
    return redirect(ctx, f"/cases/{case}", recorded=record_answers(ctx, case, form))


def parameters_of(ctx: RequestContext, result: CommandResult) -> dict[str, str]:
    """Return what an address says of what a verb wrote: the code of a sentence, and the obligation it names."""
    if not result.events:
        return {"said": "nothing_new"}
    event = result.events[-1]
    if event.name and event.kind in OF_ONE:
        return {"said": OF_ONE[event.kind], "of": event.name}
    if any(is_unreached(ctx.app, key) for key in event.payload.get("to") or ()):
        return {"said": "told_nobody"}
    if event.kind == "commented" and event.on and event.payload.get("asks"):
        return {"said": "asked"}
    if event.kind == "assignment_given" and event.on and not ctx.calendar.is_working_day(event.on):
        return {"said": "assigned_day_off"}
    if event.kind == "withdrawn" and event.payload.get("what") == "commented":
        return {"said": "comment_withdrawn"}
    return {"said": event.kind}


Act = Callable[[RequestContext, str, FormData], dict[str, str]]
"""Function that carries out a form; returns the parameters that say what was done."""


def _run(verb: Verb[Any, Any], ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Carry out a verb whose command the form fills; return the parameters that say what was done. Raises
    Unconfirmed.
    """
    answers, given = forms.text_fields(form), dict[str, Any](case=case)
    evidence = verb.command.model_fields.get("evidence")
    if evidence is not None and get_origin(evidence.annotation) is list:
        given["evidence"] = evidence_inputs(form)
    command = read_command(ctx, verb.command, answers, **given)
    asks = isinstance(command, cases.Previewable)
    return parameters_of(ctx, run_or_ask(ctx, answers, verb, command) if asks else verb(ctx, command))


def _describe(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Change the passport of the case."""
    answers = forms.text_fields(form)
    command = build(cases.Passport, {"case": case, **passport_fields(ctx, answers)})
    return parameters_of(ctx, run_or_ask(ctx, answers, cases.describe_case, command))


def _undo(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Withdraw what the reader recorded in the last ten minutes, if nobody was notified of it yet."""
    command = read_command(ctx, cases.Undo, forms.text_fields(form), case=case)
    cases.undo_entry(ctx, command)
    return {"said": "undone", "of": event_name(ctx, case, command.line)}


def _acknowledge(ctx: RequestContext, case: str, form: FormData) -> dict[str, str]:
    """Acknowledge a letter. Raises InvalidForm for one that is not the reader's."""
    try:
        acknowledge_letter(ctx, read_command(ctx, LetterOfCase, forms.text_fields(form), case=case))
    except NoSuchLetter:
        raise forms.InvalidForm("web.refusal.not_your_notice") from None
    return {"said": "notice_acknowledged"}


def _serve(path: str, need: Need, act: Act, *, name: str = "", tab: Tab = "deadlines") -> None:
    """Serve a form at a case's address and this path; `name`: of the form on the page, by default the path;
    `tab`: the page of the case shown after it.
    """
    context = Depends(needs(need))

    def form_name(answers: Mapping[str, str]) -> str:
        return "-".join(filter(None, (name or path, answers.get("number"))))

    @forms.shown_again(partial(case_page, tab=tab), form_name)
    def answer(*, ctx: Any = context, case: CaseId, form: SubmittedForm) -> Response:
        return redirect_to_case(ctx, case, tab=tab, **act(ctx, case, form))

    router.add_api_route(f"/cases/{{case}}/{path}", answer, methods=["POST"])


for _face in FACES:
    if _face.page:
        _serve(_face.page, _face.verb.needs, partial(_run, _face.verb), name=_face.form, tab=_face.tab)
_serve("passport", "manage", _describe, name="describe")
_serve("undo", "record", _undo)
_serve("acknowledge", "record", _acknowledge, tab="history")


@router.post("/cases/{case}/notices/resend")
def resend(ctx: Recording, case: CaseId, key: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Queue a failed letter of the case again, then show the case. The key of any other changes nothing."""
    whole_case(ctx, case)
    if key:
        resend_letter(ctx, build(LetterOfCase, {"case": case, "key": key}))
    return RedirectResponse(f"/cases/{case}#notices", status_code=303)


RowForm = Annotated[FormData, forms.submitted_form(files=3, fields=90)]
RowNumber = Annotated[int, Path(ge=1, le=9999)]
Action = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]


def _risks(ctx: WebContext, case: str, *, tried: forms.RejectedForm | None = None, **_: object) -> Response:
    return case_page(ctx, case, tab="risks", tried=tried)


def _form_name(answers: Mapping[str, str]) -> str:
    """Return the name on the page of a form of a row."""
    return answers.get("form", "")


@router.post("/cases/{case}/rows/{register_id}")
@forms.shown_again(_risks, _form_name)
def enter_row(ctx: Recording, case: CaseId, register_id: RegisterPath, form: RowForm) -> Response:
    values = new_values(ctx, register_of(register_id)[0].fields.values(), form)
    command = build(rows.EnterCaseRow, {"case": case, "register_id": register_id, "values": values})
    return _shown_row(ctx, rows.enter_row(ctx, command), form)


@router.post("/cases/{case}/rows/{register_id}/{number}/edit")
@forms.shown_again(_risks, _form_name)
def edit_row(
    ctx: Recording, case: CaseId, register_id: RegisterPath, number: RowNumber, form: RowForm
) -> Response:
    """Save the fields of a row that differ from the values the form showed."""
    register, entry = register_of(register_id)
    values = changed_values(ctx, register.fields.values(), form)
    command = build(rows.EditCaseRow, {"case": case, "row": f"{entry.row}.{number}", "values": values})
    return _shown_row(ctx, rows.edit_row(ctx, command), form)


@router.post("/cases/{case}/rows/{register_id}/{number}/{action}")
@forms.shown_again(_risks, _form_name)
def act_on_row(
    ctx: Recording, case: CaseId, register_id: RegisterPath, number: RowNumber, action: Action, form: RowForm
) -> Response:
    register, entry = register_of(register_id)
    fields = register.actions[action].fields.values() if action in register.actions else ()
    command = {
        "case": case,
        "row": f"{entry.row}.{number}",
        "action": action,
        "values": new_values(ctx, fields, form),
        "evidence": evidence_inputs(form),
    }
    return _shown_row(ctx, rows.act_on_row(ctx, build(rows.ActOnCaseRow, command)), form)


def _shown_row(ctx: WebContext, result: CommandResult, form: FormData) -> Response:
    """Return the page of the registers at the row of a form (`at`), saying what was written."""
    at = forms.typed_answers(form).get("at", "")
    return redirect(ctx, f"/cases/{result.case}/risks", element=at, **parameters_of(ctx, result))


@router.post("/cases/{case}/risks/plan")
@reads_files
@forms.shown_again(_risks, "plan-file")
def import_plan(ctx: Recording, case: CaseId, form: RowForm) -> Response:
    """Import the file of a plan; tell what of it was not read, who was not found, and what stays withdrawn."""
    plan = _table(form, "file", "web.refusal.no_plan_file")
    command = read_command(ctx, rows.ImportPlan, forms.text_fields(form), case=case, content=plan)
    imported_plan = rows.import_plan(ctx, command)
    told = {"said": "plan_taken" if imported_plan.entered else "nothing_new"}
    if imported_plan.withdrawn:
        told["left_out"] = str(len(imported_plan.withdrawn))
    told |= _named("unread", imported_plan.unread) | _named("unmatched", imported_plan.unmatched)
    return redirect(ctx, f"/cases/{case}/risks", **told)


@router.post("/cases/{case}/cartogram")
@reads_files
@forms.shown_again(_risks, "cartogram")
def record_cartogram(ctx: Recording, case: CaseId, form: RowForm) -> Response:
    """Record the published cartogram from the uploaded file, and tell what of it was not read."""
    table = _table(form, "table", "web.refusal.no_cartogram_file")
    given: dict[str, Any] = {"case": case, "content": table, "evidence": evidence_inputs(form)}
    result = rows.record_cartogram(
        ctx, read_command(ctx, rows.RecordCartogram, forms.text_fields(form), **given)
    )
    told = {**parameters_of(ctx, result), **_named("unread", result.unread)}
    return redirect(ctx, f"/cases/{case}/risks", element="cartogram", **told)


def _named(parameter: str, names: Sequence[str]) -> dict[str, str]:
    """Return the parameter that names what of a file was not read or not found; none where there are none."""
    return {parameter: ", ".join(f"«{name}»" for name in names)[:UNREAD]} if names else {}


def _table(form: FormData, name: str, refusal: str) -> OpenFile:
    """Return the table sent with a form. Raises InvalidForm: with that code where there is none."""
    file = forms.file_of(form, name)
    if file is None:
        raise forms.InvalidForm(refusal)
    return file
