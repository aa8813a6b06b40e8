"""The dates somebody intends for a case that does not exist yet, and the deadlines that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from calendars.kazakhstan import Kazakhstan
from merzim.services.context import RequestContext
from merzim.services.names import assignee_key, name_assignees
from merzim.web.ui.form_values import parse_date
from merzim.web.ui.timeline import build_timeline
from workflow.cases.case import Case
from workflow.cases.commands.planning import plan
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import SOON_WORKING_DAYS, status_on
from workflow.findings.finding import Finding
from workflow.law.names import known_fact
from workflow.law.procedure import Procedure, Stage, Text
from workflow.org.office import Office
from workflow.refusal import Refusal

PLANNED, HAPPENED = "planned.", "fact."
LONGEST = 40
MAX_FIELDS = 200
"""Maximum number of values read from a form."""


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
        refusal: of the first value that is no date of the calendar; the others are used nevertheless.
    """

    fields: tuple[DateField, ...]
    planned: Mapping[str, date]
    facts: Mapping[str, date]
    carried: tuple[tuple[str, str], ...] = ()
    refusal: Refusal | None = None

    @property
    def is_empty(self) -> bool:
        return not self.planned and not self.facts


def read_dates(procedure: Procedure, answers: Iterable[tuple[str, str]], calendar: Kazakhstan) -> PlannedForm:
    """Return the dates in the first MAX_FIELDS answers to a procedure's form; of other facts only carried."""
    date_texts = {key: text.strip()[:LONGEST] for key, text in list(answers)[:MAX_FIELDS] if text.strip()}
    planned: dict[str, date] = {}
    facts: dict[str, date] = {}
    refusal: Refusal | None = None
    for key, text in date_texts.items():
        for prefix, target in ((PLANNED, planned), (HAPPENED, facts)):
            name = key.removeprefix(prefix)
            if name == key or not _is_fact(procedure, name):
                continue
            try:
                on = parse_date(text)
                calendar.is_working_day(on)
                target[name] = on
            except Refusal as found:
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
    """Return whether a fact of that name can be recorded: a recurring one with its period
    (`event_held.2026-02`), no decision.
    """
    try:
        known_fact(procedure, name)
    except Refusal:
        return False
    return True


def _date_fields(procedure: Procedure, given: Mapping[str, str]) -> Iterator[DateField]:
    """Yield the date fields of a procedure, that of its beginning first; those of a recurring fact once the
    address names its period.
    """
    turning = procedure.anchors | {procedure.begins_with}
    single = {fact.id: fact for fact in procedure.facts.values() if fact.recurs is None and not fact.by_itself}
    named = {key.partition(".")[2] for key in given if key.startswith((PLANNED, HAPPENED))}
    periods = [name for key in given if (name := key.partition(".")[2]) in named - single.keys()]
    first_come = sorted(single, key=lambda name: name != procedure.begins_with)
    for name in (*first_come, *(name for name in dict.fromkeys(periods) if _is_fact(procedure, name))):
        fact = single.get(name)
        yield DateField(
            name=name,
            title=(fact or procedure.by_id[name.partition(".")[0]]).title,
            turning=name in named or fact is None or (name in turning and not fact.occasional),
            planned=given.get(PLANNED + name, ""),
            happened=given.get(HAPPENED + name, ""),
        )


def one_line(answer: str | None, *, longest: int = 300) -> str:
    """Return a value as one line, without control characters, cut to `longest`; "" for None."""
    clean = "".join(sign for sign in answer or "" if sign.isprintable() or sign.isspace())
    return " ".join(clean.split())[:longest]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """The required obligations of a case that does not exist yet.

    Attributes:
        links: each as `deadline`, `look` (its status) and `who` (its assignees).
    """

    procedure: Procedure
    links: tuple[dict[str, Any], ...]
    findings: tuple[Finding, ...]

    @property
    def parts(self) -> list[tuple[Stage, list[dict[str, Any]]]]:
        """The obligations by stage."""
        of: dict[str, list[dict[str, Any]]] = {}
        for link in self.links:
            of.setdefault(link["deadline"].obligation.stage, []).append(link)
        return [(stage, of[stage.id]) for stage in self.procedure.stages if stage.id in of]


def chain(
    ctx: RequestContext,
    case: Case,
    procedure: Procedure,
    deadlines: Iterable[Deadline],
    findings: tuple[Finding, ...],
    *,
    office: Office,
) -> Chain:
    """Return those of the deadlines that are required, with their assignees; the case's unit and its texts
    about who is responsible decide them.
    """
    today, soon = ctx.today, ctx.calendar.add_working_days(ctx.today, SOON_WORKING_DAYS)
    links = tuple(
        {
            "deadline": deadline,
            "look": status_on(deadline, today=today, soon=soon),
            "who": name_assignees(office, assignee_key(case, deadline.obligation, deadline.id), on=today),
        }
        for deadline in deadlines
        if deadline.state != "not_required"
    )
    return Chain(procedure=procedure, links=links, findings=findings)


def make_outlook(
    ctx: RequestContext,
    procedure: Procedure,
    answers: PlannedForm,
    *,
    office: Office,
    unit: str = "",
    object: str = "",
) -> dict[str, Any]:
    """Return what follows from the dates typed: `chain` (None without a date), its `timeline`, facts that are
    `ahead`, and `latest_start`: target obligation, its date, the latest day to begin in order to reach it.

    Args:
        office: its people are named as assignees; an empty one names duties alone.

    Raises:
        Refusal: the dates do not fit the procedure.
        OutOfRange: a deadline lies outside the calendar.
    """
    if answers.is_empty:
        return NOTHING
    forecast = plan(
        ctx.library,
        procedure.id,
        facts=answers.facts,
        planned=answers.planned,
        calendar=ctx.calendar,
        today=ctx.today,
        kind=office.kind_of(unit),
        object=object,
    )
    procedure, case = forecast.procedure, replace(forecast.case, unit=unit)
    soon = ctx.calendar.add_working_days(ctx.today, SOON_WORKING_DAYS)
    return {
        "chain": chain(ctx, case, procedure, forecast.deadlines, forecast.findings, office=office),
        "timeline": build_timeline(forecast.deadlines, calendar=ctx.calendar, today=ctx.today, soon=soon),
        "latest_start": [
            (procedure.by_id[fact.partition(".")[0]].title, case.planned[fact], start)
            for fact, start in dict(forecast.latest_start).items()
        ],
        "ahead": forecast.ahead,
    }


NOTHING: dict[str, Any] = {"chain": None, "ahead": ()}
"""What follows from no date."""
