"""The dates somebody intends for a case that does not exist yet, and the deadlines that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from calendars.kazakhstan import Kazakhstan
from merzim.services.context import RequestContext
from merzim.services.names import assignee_key, name_assignees
from merzim.web.ui.form_values import parse_date
from merzim.web.ui.timeline import build_timeline
from workflow.board.rows import base
from workflow.cases.case import Case
from workflow.cases.commands.planning import plan
from workflow.deadlines.deadline import Deadline, status_on
from workflow.findings.findings import Finding
from workflow.law.library import known_fact
from workflow.law.procedure import Procedure, Text
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
    """The dates of the form, and its fields as typed.

    Attributes:
        refusal: of the first value that is no date of the calendar; the others are used nevertheless.
    """

    fields: tuple[DateField, ...]
    planned: Mapping[str, date]
    facts: Mapping[str, date]
    refusal: Refusal | None = None

    @property
    def is_empty(self) -> bool:
        return not self.planned and not self.facts


def read_dates(procedure: Procedure, answers: Iterable[tuple[str, str]], calendar: Kazakhstan) -> PlannedForm:
    """Return the dates in the first MAX_FIELDS answers to a procedure's form; facts of others are left out."""
    typed = {key: text.strip()[:LONGEST] for key, text in list(answers)[:MAX_FIELDS] if text.strip()}
    days: dict[str, dict[str, date]] = {PLANNED: {}, HAPPENED: {}}
    refusal: Refusal | None = None
    for key, text in typed.items():
        prefix, name = key[: key.find(".") + 1], key.partition(".")[2]
        if prefix not in days or not _is_fact(procedure, name):
            continue
        try:
            on = parse_date(text)
            calendar.is_working_day(on)
            days[prefix][name] = on
        except Refusal as found:
            refusal = refusal or found
    fields = tuple(_date_fields(procedure, typed))
    return PlannedForm(fields=fields, planned=days[PLANNED], facts=days[HAPPENED], refusal=refusal)


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
    named = dict.fromkeys(key.partition(".")[2] for key in given if key.startswith((PLANNED, HAPPENED)))
    periods = (name for name in named if name not in single and _is_fact(procedure, name))
    for name in (*sorted(single, key=lambda name: name != procedure.begins_with), *periods):
        fact = single.get(name)
        yield DateField(
            name=name,
            title=(fact or procedure.by_id[name.partition(".")[0]]).title,
            turning=name in named or fact is None or (name in turning and not fact.occasional),
            planned=given.get(PLANNED + name, ""),
            happened=given.get(HAPPENED + name, ""),
        )


def chain(
    ctx: RequestContext,
    case: Case,
    procedure: Procedure,
    deadlines: Iterable[Deadline],
    findings: Sequence[Finding],
    *,
    office: Office,
) -> dict[str, Any]:
    """Return the required obligations of a case that does not exist yet: `links`, each as `deadline`, `look`
    (its status) and `who` (its assignees), and the same by stage (`parts`), with `procedure` and `findings`.

    The case's unit and its texts about who is responsible decide the assignees.
    """
    links: tuple[dict[str, Any], ...] = tuple(
        {
            "deadline": deadline,
            "look": status_on(deadline, today=ctx.today, soon=ctx.horizon.soon),
            "who": name_assignees(office, assignee_key(case, deadline.obligation, deadline.id), on=ctx.today),
        }
        for deadline in deadlines
        if deadline.state != "not_required"
    )
    of_stages = (
        (stage, [link for link in links if link["deadline"].obligation.stage == stage.id])
        for stage in procedure.stages
    )
    parts = [(stage, of_stage) for stage, of_stage in of_stages if of_stage]
    return {"procedure": procedure, "links": links, "parts": parts, "findings": findings}


def make_outlook(
    ctx: RequestContext,
    procedure: Procedure,
    answers: PlannedForm,
    *,
    office: Office,
    unit: str = "",
    object: str = "",
) -> dict[str, Any]:
    """Return what follows from the dates typed: `chain` (None without a date), its `timeline`, titles of facts
    that are `ahead`, and `latest_start`: target obligation, its date, the latest day to begin in order to reach
    it.

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
    found, case = forecast.procedure, replace(forecast.case, unit=unit)
    return {
        "chain": chain(ctx, case, found, forecast.deadlines, forecast.findings, office=office),
        "timeline": build_timeline(
            forecast.deadlines, calendar=ctx.calendar, today=ctx.today, soon=ctx.horizon.soon
        ),
        "latest_start": [
            (found.by_id[base(fact)].title, case.planned[fact], start)
            for fact, start in dict(forecast.latest_start).items()
        ],
        "ahead": [procedure.by_id[base(name)].title for name in forecast.ahead],
    }


NOTHING: dict[str, Any] = {"chain": None, "ahead": ()}
"""What follows from no date."""
