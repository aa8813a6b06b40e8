"""What the forms of a risk register say: from answers to the commands of `risk_commands`."""

from __future__ import annotations

from datetime import date

from starlette.datastructures import FormData, UploadFile

from services.context import RequestContext
from services.evidence import clean_file_name, store_evidence
from web.pages.cases import risk_commands
from web.pages.cases.evidence import evidence_inputs
from web.ui.form_values import InvalidForm, parse_date, parse_text, parse_whole_number, text_fields
from workflow.cases.case import Evidence
from workflow.cases.commands.desk import Change
from workflow.cases.commands.risks import FoundRisk

Said = tuple[str, Change | None]
"""What to say afterwards, and what was changed, where the desk tells."""


class RegisterForm:
    """One form: where, and what was typed. `left_out`: rows of a file that were withdrawn in the case."""

    def __init__(self, ctx: RequestContext, case: str, form: FormData) -> None:
        self.ctx, self.case, self.form = ctx, case, form
        self.answers = text_fields(form)
        self.left_out = 0

    def text(self, name: str) -> str:
        return parse_text(self.answers.get(name, ""))

    def on(self) -> date:
        return parse_date(self.answers.get("on", ""))

    def number(self) -> int:
        return parse_whole_number(self.answers.get("number", ""))

    def evidence(self) -> tuple[Evidence, ...]:
        return store_evidence(self.ctx, evidence_inputs(self.form))


def find(asked: RegisterForm) -> Said:
    told = FoundRisk(
        number=parse_whole_number(asked.answers["number"]) if asked.answers.get("number", "").strip() else None,
        description=asked.text("description"),
        direction=asked.answers.get("direction", "other"),
        cause=asked.text("cause"),
        act=asked.text("act"),
        body=asked.text("body"),
        for_legal_monitoring=asked.answers.get("legal") == "yes",
        department=asked.text("department"),
        district=asked.text("district"),
    )
    return "risk_found", risk_commands.find(asked.ctx, asked.case, told, on=asked.on())


def edit(asked: RegisterForm) -> Said:
    """A row is changed: of the fields the form shows, those that are other than it showed them."""
    shown = {name.partition(".")[2] for name in asked.answers if name.startswith("was.")}
    fields = {
        name: asked.answers.get(name, "")
        for name in sorted(shown)
        if asked.answers.get(name, "") != asked.answers[f"was.{name}"]
    }
    row = f"{asked.answers.get('kind', '')}.{asked.number()}"
    return "row_edited", risk_commands.edit_row(asked.ctx, asked.case, row, fields)


def rank(asked: RegisterForm) -> Said:
    change = risk_commands.rank(
        asked.ctx,
        asked.case,
        asked.number(),
        likelihood=parse_whole_number(asked.answers.get("likelihood", "")),
        effect=parse_whole_number(asked.answers.get("effect", "")),
    )
    return "risk_ranked", change


def measure(asked: RegisterForm) -> Said:
    change = risk_commands.set_measure(
        asked.ctx,
        asked.case,
        asked.number(),
        recommendation=asked.text("recommendation"),
        action=asked.text("action"),
        completion=asked.text("completion"),
        responsible=asked.text("responsible"),
        term=asked.text("term"),
    )
    return "measure_set", change


def review(asked: RegisterForm) -> Said:
    done_on = asked.answers.get("done_on", "")
    change = risk_commands.review(
        asked.ctx,
        asked.case,
        asked.number(),
        outcome=asked.answers.get("outcome", ""),
        on=asked.on(),
        done_on=parse_date(done_on) if done_on.strip() else None,
        period=asked.answers.get("period", ""),
        comment=asked.text("comment"),
        evidence=asked.evidence(),
    )
    return "measure_reviewed", change


def remove(asked: RegisterForm) -> Said:
    change = risk_commands.remove(
        asked.ctx,
        asked.case,
        asked.number(),
        on=asked.on(),
        completed=asked.answers.get("completed") == "yes",
        evidence=asked.evidence(),
    )
    return "risk_removed", change


def ask(asked: RegisterForm) -> Said:
    change = risk_commands.ask(
        asked.ctx,
        asked.case,
        asked.number(),
        body=asked.text("body"),
        asked=asked.text("asked"),
        term=asked.text("term"),
        on=asked.on(),
    )
    return "request_sent", change


def answer(asked: RegisterForm) -> Said:
    number, on = asked.number(), asked.on()
    change = risk_commands.answer(asked.ctx, asked.case, number, text=asked.text("text"), on=on)
    return "request_answered", change


def take_plan(asked: RegisterForm) -> Said:
    file = asked.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename or not file.size:
        raise InvalidForm("web.refusal.no_plan_file")
    year = asked.answers.get("year", "").strip()
    number = parse_whole_number(year) if year else None
    taken = risk_commands.take_plan(
        asked.ctx, asked.case, file.file, clean_file_name(file.filename), year=number
    )
    asked.left_out = len(taken.withdrawn)
    return ("plan_taken" if taken.entered else "nothing_new"), None
