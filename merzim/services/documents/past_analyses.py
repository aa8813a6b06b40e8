"""Past analyses in a table: the empty table, and its dates compared with the law. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from calendars.records import Records
from i18n import LANGUAGES, knows, say
from merzim.documents.child import read
from merzim.documents.schedules.audit_table import AuditCase, read_audit
from merzim.documents.sheets.listing import Table, tables_workbook, template_column, template_text
from merzim.services.app import AppContext
from workflow.cases.commands.planning import Plan, audit
from workflow.findings.findings import Finding
from workflow.law.library import known_fact
from workflow.law.procedure import Procedure, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """A finding about a past analysis, with the file's date (`on`, of `cell`: `B7`) beside the last day by the
    act (`due`), each where there is one. `case`: the analysis, as named in the file.
    """

    case: str
    title: Text
    period: str | None = None
    cell: str = ""
    on: date | None = None
    due: date | None = None
    finding: Finding


def judge_past(app: AppContext, data: bytes, name: str, procedure: str) -> list[tuple[AuditCase, Plan]]:
    """Return each analysis in a table with its findings, by the calendar as known now; one notes if the fact
    was in time by the calendar as known on the first day of the analysis. Raises UnreadablePaper,
    UnknownProcedure.
    """
    app.library.latest(procedure)
    editions = app.library.editions_of(procedure)
    facts = {name for edition in editions for name in edition.facts}
    headings = {text: column for edition in editions for text, column in known_headings(edition).items()}
    judged = []
    for past in read(read_audit, data, name, facts=facts, headings=headings):
        first = min((*past.facts.values(), *past.published.values()), default=date.min)
        # An entry of which nobody wrote down when it became known excuses nobody.
        known = Records(tuple(each for each in app.records.entries if (each.known_at or first) <= first))
        result = audit(
            app.library,
            procedure,
            facts=past.facts,
            published=past.published,
            calendar=app.calendar,
            known_calendar=app.calendar_of(known),
        )
        judged.append((past, result))
    return judged


def known_headings(edition: Procedure) -> dict[str, str]:
    """Return possible headings of case, number and facts -> column, in three languages; none that two share."""
    columns_by_text: dict[str, str] = {}
    shared = set[str]()
    for column in ("case", "number", *edition.facts):
        fact = edition.facts.get(column)
        titles = [fact.title[language] for language in LANGUAGES] if fact else []
        for text in (*titles, *(text for language in LANGUAGES for text in short_forms(column, language))):
            if columns_by_text.setdefault(text, column) != column:
                shared.add(text)
    return {text: column for text, column in columns_by_text.items() if text not in shared}


def short_forms(column: str, language: str) -> list[str]:
    """Return the usual short names of a column; none of a procedure's own facts."""
    code = f"past.heading.{column}"
    return [text.strip() for text in say(code, {}, language).split(";")] if knows(code) else []


def past_template(edition: Procedure, language: str) -> bytes:
    """Return an empty table headed by an edition's columns; its second sheet lists other headings it takes."""
    titled = list(template_columns(edition, language))
    columns = [
        template_column(18 if column != "case" else 30, language, dated=column != "case")
        for column, _ in titled
    ]
    name = template_text("past.template.sheet", language)
    instruction = template_text("past.template.instruction", language)
    table = Table([title for _, title in titled], (), name, dict(enumerate(columns)), instruction)
    notes = [
        (title, "; ".join(text for text in short_forms(column, language) if text != title), column)
        for column, title in titled
    ]
    heads = [say(f"past.template.{name}", {}, language) for name in ("column", "others", "code")]
    return tables_workbook([table, Table(heads, notes, say("past.template.columns", {}, language))])


def template_columns(edition: Procedure, language: str) -> Iterator[tuple[str, str]]:
    """Yield the columns of a template with their headings: the case, each fact that somebody records once, and
    beside one judged by its publication the day of that.
    """
    yield "case", say("web.past.column_case", {}, language)
    for fact in edition.facts.values():
        if fact.recurs is None and not fact.by_itself:
            yield fact.id, fact.title[language]
            if fact.judged_by == "published":
                yield f"{fact.id}.published", say("web.past.published", {"title": fact.title}, language)


def departures(past: AuditCase, result: Plan) -> Iterator[Departure]:
    """Yield every finding about a past analysis with the cell of the date it judges, be it of publication."""
    deadlines = {deadline.id: deadline for deadline in result.deadlines}
    for finding in result.findings:
        deadline = deadlines.get(finding.obligation)
        if deadline is None:
            title = known_fact(result.procedure, finding.obligation).title
            yield Departure(case=past.case, title=title, finding=finding)
            continue
        columns = ((f"{deadline.id}.published", past.published), (deadline.id, past.facts))
        judged = [column for column, days in columns if days.get(deadline.id) == deadline.done_on is not None]
        yield Departure(
            case=past.case,
            title=deadline.obligation.title,
            period=deadline.period,
            cell=past.cells[judged[0]] if judged else "",
            on=deadline.done_on,
            due=deadline.due,
            finding=finding,
        )
