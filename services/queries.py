"""What several commands ask of a house: which unit is meant, where cases stand, titles, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workflow.closest_matches import closest_first
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from services.app import AppContext
    from workflow.board.rows import Row
    from workflow.cases.case import Case
    from workflow.cases.commands.desk import View
    from workflow.findings.finding import Finding
    from workflow.law.procedure import Force, Text


class UnknownUnit(Refusal, LookupError):
    """The office has no unit of that id or name; `allowed` are those it has, the nearest first."""


class UnknownPerson(Refusal, LookupError):
    """The office has nobody of that key or name, or several; `allowed` are keys, the nearest first."""


def unit_named(app: AppContext, text: str, *, new: bool = False) -> str:
    """The id of the unit a person means by its id or name, or by what a case says; "" stays "".

    `new`: an office nobody has entered yet takes any name.

    Raises:
        UnknownUnit: nobody has entered it, and no case belongs to it.
    """
    if not text:
        return ""
    units = app.reads.office().units
    for unit in units.values():
        if text.casefold() in (unit.id.casefold(), unit.name.casefold()):
            return unit.id
    if (new and not units) or app.reads.cases(text, limit=1):
        return text
    raise UnknownUnit("unknown_unit", unit=text, allowed=closest_first(text, units))


def person_named(app: AppContext, text: str) -> str:
    """The key of the person meant by key, e-mail or name; "" stays "".

    Raises:
        UnknownPerson: nobody, or more than one person, of that name.
    """
    if not text:
        return ""
    people = app.reads.office().people.values()
    asked = text.casefold()
    found = [one.key for one in people if asked in (one.key.casefold(), (one.email or "").casefold())]
    found = found or [one.key for one in people if asked == one.name.casefold()]
    if len(found) != 1:
        raise UnknownPerson(
            "unknown_person", person=text, allowed=closest_first(text, [one.key for one in people])[:10]
        )
    return found[0]


def title(app: AppContext, case: Case, obligation: str) -> Text:
    """What an obligation of a case (whole) is called; a measure of its plan by what is to be done."""
    from workflow.deadlines.register_deadlines import entry_obligation

    return entry_obligation(case, app.library.named(case.edition), obligation).title


def force(app: AppContext, case: Case, obligation: str) -> Force:
    """With what force an obligation of a case (whole) is asked."""
    from workflow.deadlines.register_deadlines import entry_obligation

    return entry_obligation(case, app.library.of(case), obligation).force


def whole(app: AppContext, rows: Iterable[Row]) -> Mapping[str, Case]:
    """The cases of these board rows: heads are enough, but for a measure, which its case alone can tell."""
    from workflow.cases.registers.entries import is_entry

    asked = tuple(rows)
    heads = app.reads.heads({row.case for row in asked})
    return {**heads, **app.reads.whole({row.case for row in asked if is_entry(row.obligation)})}


def stage_title(app: AppContext, case: Case, stage: str) -> Text | str:
    """What a stage is called; one that is no stage of the procedure (completed, cancelled) is a code."""
    return app.library.named(case.edition).stage_title.get(stage, f"cli.stage.{stage}")


def findings_of(app: AppContext, view: View) -> tuple[Finding, ...]:
    """What departs in a case, with what its plan cannot keep."""
    from workflow.findings.findings import feasibility, findings
    from workflow.findings.of_risks import risk_findings

    return (
        *findings(view.case, view.procedure, view.deadlines, app.calendar),
        *feasibility(view.deadlines, app.calendar),
        *risk_findings(view.case, view.deadlines),
    )


def audit(
    app: AppContext, file: Path | bytes, procedure: str, *, name: str = ""
) -> list[tuple[str, tuple[Finding, ...]]]:
    """Findings of a table of past analyses, case by case, judged by the final calendar.

    What was in time by the calendar known while it happened is noted.
    """
    from documents import read_audit
    from workflow.cases.commands.planning import audit as judge

    editions = [edition for edition in app.library.all() if edition.id == procedure]
    app.library.earliest(procedure)
    names = {obligation.id for edition in editions for obligation in edition.obligations}
    judged = []
    for past in read_audit(file, name or None, facts=names):
        days = [*past.facts.values(), *past.published.values()]
        known = app.calendar_of(app.records, min(days)) if days else None
        found = judge(
            app.library,
            procedure,
            facts=past.facts,
            published=past.published,
            calendar=app.calendar,
            known=known,
        )
        judged.append((past.case, found))
    return judged
