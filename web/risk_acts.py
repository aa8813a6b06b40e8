"""What the forms of a risk register do: from answers to commands of the risk desk."""

from __future__ import annotations

from datetime import date

from starlette.datastructures import FormData, UploadFile

from papers.written_terms import read_term
from web.answers import BadForm, long_text, the_date, whole
from web.case_page import answers_of
from web.house import House
from web.proving import evidence
from workflow.desk import Change
from workflow.risk_desk import FoundRisk, RiskDesk, SetMeasure

Said = tuple[str, Change | None]
"""What to say afterwards, and what was changed, where the desk tells."""


class Asked:
    """One form: where, what was typed, who writes and when."""

    def __init__(self, home: House, case: str, form: FormData) -> None:
        self.home, self.case, self.form = home, case, form
        self.answers = answers_of(form)
        self.now, self.today = home.clock()
        self.desk = RiskDesk(home.desk)

    @property
    def by(self) -> str:
        return self.home.reader.login

    def text(self, name: str) -> str:
        return long_text(self.answers.get(name, ""))

    def on(self) -> date:
        return the_date(self.answers.get("on", ""))

    def number(self) -> int:
        return whole(self.answers.get("number", ""))


def find(asked: Asked) -> Said:
    told = FoundRisk(
        number=whole(asked.answers["number"]) if asked.answers.get("number", "").strip() else None,
        description=asked.text("description"),
        direction=asked.answers.get("direction", "other"),
        cause=asked.text("cause"),
        act=asked.text("act"),
        body=asked.text("body"),
        for_legal_monitoring=asked.answers.get("legal") == "yes",
        department=asked.text("department"),
        district=asked.text("district"),
    )
    on, now, today = asked.on(), asked.now, asked.today
    return "risk_found", asked.desk.find(asked.case, told, on=on, by=asked.by, now=now, today=today)


def rank(asked: Asked) -> Said:
    change = asked.desk.rank(
        asked.case,
        asked.number(),
        likelihood=whole(asked.answers.get("likelihood", "")),
        effect=whole(asked.answers.get("effect", "")),
        scale=asked.home.shell.scale(asked.today),
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return "risk_ranked", change


def measure(asked: Asked) -> Said:
    told = SetMeasure(
        risk=asked.number(),
        recommendation=asked.text("recommendation"),
        action=asked.text("action"),
        completion=asked.text("completion"),
        responsible=asked.text("responsible"),
        term=read_term(asked.text("term"), where="term"),
    )
    change = asked.desk.set_measure(asked.case, told, by=asked.by, now=asked.now, today=asked.today)
    asked.home.shell.responsible(told.responsible, by=asked.by, now=asked.now, today=asked.today)
    return "measure_set", change


def review(asked: Asked) -> Said:
    done_on = asked.answers.get("done_on", "")
    change = asked.desk.review(
        asked.case,
        asked.number(),
        outcome=asked.answers.get("outcome", ""),
        on=asked.on(),
        done_on=the_date(done_on) if done_on.strip() else None,
        period=asked.answers.get("period", ""),
        comment=asked.text("comment"),
        evidence=evidence(asked.form, asked.home.evidence_store, today=asked.today),
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return "measure_reviewed", change


def remove(asked: Asked) -> Said:
    change = asked.desk.remove(
        asked.case,
        asked.number(),
        on=asked.on(),
        completed=asked.answers.get("completed") == "yes",
        evidence=evidence(asked.form, asked.home.evidence_store, today=asked.today),
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return "risk_removed", change


def ask(asked: Asked) -> Said:
    change = asked.desk.ask(
        asked.case,
        asked.number(),
        body=asked.text("body"),
        asked=asked.text("asked"),
        term=read_term(asked.text("term"), where="term"),
        on=asked.on(),
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return "request_sent", change


def answer(asked: Asked) -> Said:
    change = asked.desk.answer(
        asked.case,
        asked.number(),
        text=asked.text("text"),
        on=asked.on(),
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return "request_answered", change


def take_plan(asked: Asked) -> Said:
    file = asked.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename or not file.size:
        raise BadForm("web.refusal.no_plan_file")
    year = asked.answers.get("year", "").strip()
    taken = asked.home.shell.take_plan(
        asked.case,
        file.file,
        file.filename,
        year=whole(year) if year else None,
        by=asked.by,
        now=asked.now,
        today=asked.today,
    )
    return ("plan_taken" if taken.entered else "nothing_new"), None
