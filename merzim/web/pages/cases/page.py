"""The pages of one case: deadlines, risks, documents, history. Refused forms keep their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import Response

from calendars import OutOfRange
from i18n import knows, say
from merzim.services.cases import rows as case_rows, verbs as cases
from merzim.services.cases.assignments import whom_to_ask
from merzim.services.cases.faces import FACES
from merzim.services.context import RequestContext
from merzim.services.documents.case_documents import case_papers, forms_of
from merzim.services.law.calendar_acts import moves_of
from merzim.services.law.regulations import case_registers
from merzim.services.names import author_names
from merzim.services.registers.results import RowView, UnknownRow, field_view, values_view
from merzim.services.registers.views import AskRow, show_row
from merzim.services.results import ActMoves
from merzim.web.auth.dependencies import Reading
from merzim.web.downloads import get_evidence, get_form, get_package
from merzim.web.http import CaseId, WebContext, redirect
from merzim.web.pages.cases import recording
from merzim.web.pages.cases.case_view import CaseView, ShownObligation, build_case_view
from merzim.web.pages.registers.rows import row_field
from merzim.web.ui.command_forms import FormField, command_fields
from merzim.web.ui.form_values import RejectedForm, typed_into
from merzim.web.ui.name_fields import own_people, person_names
from merzim.web.ui.render import Translator, page
from merzim.web.ui.tables import cell_of
from workflow.cases.case import Event
from workflow.cases.changes import comments
from workflow.cases.commands.answers import CannotComment
from workflow.cases.registers.assignments import assignments
from workflow.cases.registers.evidence_list import proofs
from workflow.cases.registers.risks import Band, Rank, cartograms, rank_of
from workflow.cases.registers.rows import RowOfCase, as_written, rows_of
from workflow.deadlines.deadline import Deadline
from workflow.findings.findings import of_fact
from workflow.languages import PAPER_LANGUAGES
from workflow.registers.definition import Register

Tab = Literal["deadlines", "risks", "papers", "history"]
UNREAD = 500
"""Characters of an address for the names of what was not read of a file."""
ADDRESSES: Mapping[Tab, str] = {"deadlines": "", "risks": "/risks", "papers": "/papers", "history": "/history"}


def case_page(
    ctx: WebContext, case: str, *, tab: Tab = "deadlines", tried: RejectedForm | None = None
) -> Response:
    """Return one page of a case; after a refusal with the form as filled in, and the refusal's status."""
    view = build_case_view(ctx, case)
    left_out = _parameter(ctx, "left_out", 4)
    return page(
        ctx,
        f"case_{tab}.html",
        place=f"/cases/{case}{ADDRESSES[tab]}",
        dossier=view,
        case=view.case,
        unadopted=ctx.library.unadopted_act(view.procedure, ctx.reads.office(), view.case.unit),
        tab=tab,
        tabs=ADDRESSES,
        may_write=ctx.reader.may("record") and ctx.reads.may_write(view.case),
        tried=tried,
        inputs=partial(_inputs, ctx, tried),
        # Of an imported plan: measures withdrawn before, columns and sheets not read, responsible not found.
        left_out=int(left_out) if left_out.isdecimal() else 0,
        not_read=_parameter(ctx, "unread", UNREAD),
        unmatched=_parameter(ctx, "unmatched", UNREAD),
        source_row=_source_row(ctx, view),
        row_registers=_row_registers(ctx, view),
        names=author_names(ctx, {event.by for event in view.events}),
        **_after(ctx, view),
        **_tab(ctx, view, tab, tried),
    )


def _tab(ctx: WebContext, view: CaseView, tab: Tab, tried: RejectedForm | None) -> dict[str, Any]:
    """Return what one page of a case has that the others do not."""
    if tab == "papers":
        papers = case_papers(ctx, view.case, ctx.language)
        return {"papers": papers, "proofs": proofs(view.case), "languages_of_papers": PAPER_LANGUAGES}
    return {"deadlines": _forms, "risks": _registers, "history": _history}[tab](ctx, view, tried)


def _parameter(ctx: WebContext, name: str, longest: int = 200) -> str:
    """Return a parameter of the address; "" without one."""
    return ctx.query.get(name, "").replace("\0", "")[:longest]


def redirect_to_case(ctx: WebContext, case: str, *, tab: Tab = "deadlines", **parameters: str) -> Response:
    """Redirect to a page of a case after a change; to the reader's assignments if they see it no more."""
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


def _registers(ctx: WebContext, view: CaseView, tried: RejectedForm | None) -> dict[str, Any]:
    """Return what the page of a case's registers has: `registers` and `rows` by id, the `numbers` of its risks,
    what rows lead to (`due`, `periods`, `rank`), and the row whose forms are open (`opened`, as `risk-3`),
    which the address chooses by its number (`risk`, `measure`, `position`, `remark`).
    """
    registers = {register.id: register for register in case_registers().all()}
    kinds = {id: register.entry.row for id, register in registers.items() if register.entry}
    entries = {entry.deadline.id: entry for entry in view.entries}
    made = {
        kind: case_rows.by_number([e.deadline for e in view.entries], kind) for kind in ("request", "measure")
    }

    def due(kind: str, number: int) -> ShownObligation | None:
        """Return the next obligation that a row makes, or the request about a risk; None if it has no day."""
        deadline = case_rows.next_of(made[kind].get(number, ()))
        return entries[deadline.id] if deadline else None

    def periods(measure: RowOfCase) -> list[str]:
        """Return the periods in which a recurring measure is due; none for one that is due once."""
        of_measure = made["measure"].get(measure.number, ()) if measure.term.every else ()
        return list(dict.fromkeys(each.period for each in of_measure if each.period))

    def rank(risk: RowOfCase) -> tuple[Rank, Band | None] | None:
        """Return the rank of a risk and its band in the scale it was ranked by; None before it is ranked."""
        ranked = rank_of(risk)
        return (ranked, case_rows.band_of(ranked)) if ranked else None

    chosen = next((f"{kind}-{ctx.query[kind]}" for kind in kinds.values() if kind in ctx.query), "")
    return {
        "row_field": row_field,
        "plan_file": command_fields(ctx, case_rows.ImportPlan, typed_into(tried, "plan-file")),
        "cartogram": command_fields(ctx, case_rows.RecordCartogram, typed_into(tried, "cartogram")),
        "registers": registers,
        "rows": {id: list(rows_of(view.case, kind).values()) for id, kind in kinds.items()},
        "numbers": list(rows_of(view.case, "risk")),
        "due": due,
        "periods": periods,
        "rank": rank,
        "scale": case_rows.scale_on(ctx.today),
        "published": next(reversed(cartograms(view.case)), None),
        "opened": tried.answers.get("at", "") if tried else chosen,
        "texts": _texts_of,
        "extra": _extra_fields,
    }


def _texts_of(register: Register, row: RowOfCase) -> dict[str, str]:
    """Return the fields of a row as its form shows them: of a term the words, "yes", or "" for no and None."""
    values = {name: as_written(row[name]) for name in register.fields}
    return {name: "yes" if value is True else str(value or "") for name, value in values.items()}


def _extra_fields(register: Register, row: RowOfCase, translator: Translator) -> list[tuple[str, str]]:
    """Return titles and values of fields without a place of their own on the page."""
    cells = values_view(row.values, {})
    fields = (field_view(field) for field in case_rows.extra_fields(register.id) if row[field.id])
    return [(field.title[translator.language], cell_of(field, cells, translator).text) for field in fields]


def _forms(ctx: WebContext, view: CaseView, tried: RejectedForm | None) -> dict[str, Any]:
    """Return the forms of the page of deadlines; the one that was refused with what was typed."""
    case, deadlines = view.case, [entry.deadline for entry in view.entries]
    hand, fix = _parameter(ctx, "hand"), _parameter(ctx, "fix")

    def chosen(form: str, parameter: str, field: str = "fact") -> str:
        """Return what was chosen in a form that was refused, else by the address."""
        if tried is not None and tried.form == form:
            return tried.answers.get(field, "")
        return _parameter(ctx, parameter, 2000)

    planned = chosen("plan", "plan")
    return {
        **_recording(ctx, view, deadlines, tried if tried is not None and tried.form == "record" else None),
        "comments": comments(view.events[::-1]),
        "assignments": tuple(assignments(case).values()),
        "asking": _comment_form(ctx, view, tried),
        "last_day": ctx.calendar.last,
        # The obligation to hand over and the field for the person, where the address asks for it.
        "handing": (hand, own_people(ctx).field(""))
        if hand in view.titles and ctx.reader.may("manage")
        else None,
        "plan": {"fact": planned, "choices": recording.plannable(deadlines, planned)},
        "correct": recording.correct_form(case, deadlines, chosen("correct", "fix")),
        "correcting": bool(fix),
        "passport": recording.passport_form(ctx, view),
        "withdraw": {
            "chosen": chosen("withdraw", "withdraw", "name"),
            "evidence": chosen("withdraw", "evidence", "evidence"),
            "rows": recording.recorded_rows(case),
        },
        "exempt": recording.exempt_form(deadlines, chosen("exempt", "exempt", "obligation")),
        "reopening": recording.reopen_choices(case, deadlines),
        "editions": [
            (edition.edition, edition.in_force)
            for edition in ctx.library.editions_of(case.procedure)
            if edition.edition != case.edition
        ],
    }


def _recording(
    ctx: WebContext, view: CaseView, deadlines: Sequence[Deadline], tried: RejectedForm | None
) -> dict[str, Any]:
    """Return the form that records a fact, with its entry, the papers made at it and what it would change."""
    on = _parameter(ctx, "on")
    # By default that of the most urgent deadline, else of the first not done.
    waiting = (entry for entry in view.entries if entry.look in ("open", "slipped", "waits"))
    pressing = view.next or next(waiting, None)
    fact = _parameter(ctx, "fact") or (pressing.deadline.id if pressing else "")
    record = recording.record_form(view.case, deadlines, fact=fact, on=on, tried=tried, today=ctx.today)
    return {
        "record": record,
        "now": next((entry for entry in view.entries if entry.deadline.id == record["fact"]), None),
        "forms": [about for about in forms_of(view.procedure) if record["fact"] in about.steps],
        "effect": recording.foreseen_effect(ctx, view.case.id, record)
        if on and ctx.reader.may("record")
        else None,
    }


def _inputs(
    ctx: RequestContext,
    tried: RejectedForm | None,
    verb: str,
    form: str,
    numbers: Collection[str] = (),
    **values: Any,
) -> Mapping[str, FormField]:
    """Return the fields of the form of a verb, as typed if it was refused, else with these values."""
    command = next(face.verb.command for face in FACES if face.verb.name == verb)
    typed = typed_into(tried, form) or values
    return command_fields(ctx, command, typed, root=ctx.reader.root, numbers=numbers)


def _comment_form(ctx: WebContext, view: CaseView, tried: RejectedForm | None) -> dict[str, Any]:
    """Return the initial values of the comment form: its obligation, and the person asked."""
    is_tried = tried is not None and tried.form == "comment"
    about = typed_into(tried, "comment").get("obligation", "") if is_tried else _parameter(ctx, "about")
    values, why = {}, _parameter(ctx, "why")
    if why in view.titles and not is_tried and ctx.reader.may("assign"):
        # The question is shown before it is asked, and may be worded otherwise.
        about = why
        with suppress(CannotComment, OutOfRange):
            person, day = whom_to_ask(ctx, view.case.id, why)
            text = say("comment.ask_why", {"until": day}, ctx.language)
            values = {"asks": person, "text": text, "until": day.isoformat()}
    return {"obligation": about if about in view.titles else "", **values}


def _history(ctx: WebContext, view: CaseView, tried: RejectedForm | None) -> dict[str, Any]:
    """Return the lines of the history, the newest first, and of a confidential case the field for a reader."""
    typed = typed_into(tried, "reader")
    office, readers = ctx.reads.office(), view.case.readers
    names = {"person": person_names(office).field(typed.get("person", ""), without=readers)}
    moves = moves_of(ctx.app, view.events[::-1], ctx.language)
    lines: list[ActMoves | Event] = [*moves, *view.events]
    return {
        # At the same moment, the act is listed after the facts it applied to.
        "lines": sorted(lines, key=lambda line: line.at, reverse=True),
        "add_reader": command_fields(ctx, cases.AddReader, typed, names=names),
    }


router = APIRouter(include_in_schema=False)
router.get("/cases/{case}/evidence/{digest}")(get_evidence)
router.get("/cases/{case}/forms/{form}/{language}")(get_form)
router.get("/cases/{case}/package")(get_package)


def _serve(tab: Tab) -> None:
    def show(ctx: Reading, case: CaseId) -> Response:
        return case_page(ctx, case, tab=tab)

    router.add_api_route(f"/cases/{{case}}{ADDRESSES[tab]}", show, name=f"case_{tab}")


for _name in ADDRESSES:
    _serve(_name)


OF_ONE = {"corrected": "corrected", "exempted": "exempted_one", "reopened": "reopened_one"}
"""Messages that name the obligation they are about, by kind of event."""
UNDOABLE = ("recorded", "replanned")
"""Messages of the page about what can be undone for ten minutes."""


def _after(ctx: WebContext, view: CaseView) -> dict[str, Any]:
    """Return what the page says of the last action: its code and object (`message`, None for a code without a
    sentence), the event that may be undone (`undo`), and the findings about the fact recorded or corrected
    (`remarks`).
    """
    done = next((name for name in UNDOABLE if _parameter(ctx, name)), "")
    said, of = done or _parameter(ctx, "said"), _parameter(ctx, done or "of")
    known = done or said in OF_ONE.values() or knows(f"web.case.said.{said}") or knows(f"event.{said}")
    if not known or (of and of not in view.titles):
        said = ""
    return {
        "message": (said, of) if said else None,
        "undo": cases.event_to_undo(ctx, view.case.id, of)
        if said in UNDOABLE and ctx.reader.may("record")
        else None,
        "remarks": of_fact(view.findings, view.procedure, of) if said in ("recorded", "corrected") else (),
    }
