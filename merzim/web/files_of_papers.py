"""The files of a case: evidence, filled forms, the export package, its letters."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Path, Query
from starlette.responses import Response

from merzim.documents.cartogram import cartogram_sheets, draw_cartogram
from merzim.documents.forms import form as form_named
from merzim.documents.sheets.listing import Table
from merzim.documents.sheets.unreadable import EvidenceDamaged
from merzim.services.audit import DIGEST_DIGITS, record
from merzim.services.cases.rows import extra_cell, extra_fields
from merzim.services.context import RequestContext, whole_case
from merzim.services.documents.case_documents import filled_form
from merzim.services.documents.case_documents import package as package_of_case
from merzim.services.documents.notice_list import notices_table
from merzim.services.documents.year_reports import filled_report
from merzim.services.evidence import clean_file_name, paper_file_name
from merzim.services.law.regulations import row_words
from merzim.services.names import case_title, seen_unit, unit_name
from merzim.services.reports.consolidated import comparison, consolidated_query
from merzim.services.reports.monitoring import MonitoringLine, all_lines
from merzim.services.reports.notices import NoticeFilter
from merzim.web.auth.dependencies import Reading
from merzim.web.http import (
    BYTES,
    DOCX,
    SVG,
    ZIP,
    CaseId,
    Digest,
    FormId,
    PaperLanguage,
    Quarter,
    SearchText,
    Year,
    as_file,
    as_workbook,
    stream_file,
)
from merzim.web.ui.name_fields import NameText, PersonParam, RequiredUnit, UnitParam
from merzim.web.ui.render import RequestTranslator, Translator
from merzim.web.ui.tables import Column, Content, workbook_response
from workflow.cases.registers.evidence_list import stored_file
from workflow.cases.registers.risk_lists import RecommendationFilter
from workflow.registers.definition import RegisterField

log = logging.getLogger("merzim.web")


def get_evidence(ctx: Reading, case: CaseId, digest: Digest) -> Response:
    """Return a stored file of the case, after checking its SHA-256."""
    stored_case, _ = whole_case(ctx, case)
    # Of a document the reader may not open the case, as they see it, has no digest.
    item = stored_file(stored_case, digest)
    if item is None:
        raise HTTPException(404, "web.problem.no_file")
    name = clean_file_name(item.name or "")
    try:
        content = ctx.app.evidence.open(digest)
    except EvidenceDamaged as damage:
        log.error("%s of case %s: %s %s", digest, case, damage.damage, damage.problem)
        raise damage.of(case, name) from None
    record(ctx, "file", "evidence_read", name=digest[:DIGEST_DIGITS], case=case)
    return stream_file(content, BYTES, name)


def get_form(ctx: Reading, case: CaseId, form: FormId, language: PaperLanguage) -> Response:
    """Return a form of the case, filled with the known values, as DOCX."""
    stored_case, _ = whole_case(ctx, case)
    document = filled_form(ctx.app, case, form, language, ctx.reads.scope_in(stored_case), today=ctx.today)
    title = case_title(stored_case, ctx.library.of(stored_case))
    return as_file(document, DOCX, paper_file_name(form_named(form).title[language], title[language]))


def get_package(ctx: Reading, case: CaseId, translator: RequestTranslator) -> Response:
    """Return the export package (ZIP), without restricted files; readers without access do not see their names.

    Missing or altered files are left out and listed in its index; its name then says `incomplete`.
    """
    stored_case, _ = whole_case(ctx, case)
    package = package_of_case(ctx.app, case, translator.language, ctx.reads.scope_in(stored_case))
    record(ctx, "file", "package_read", case=case)
    kind = "package" if package.whole else "package-incomplete"
    return stream_file(package.content, ZIP, f"{case}-{kind}.zip")


IN_A_FILE = 20_000
"""Maximum number of notices in one file."""
CONSOLIDATED_COLUMNS = ("unit", "case", "id", "due", "on", "late_by")
Short = Annotated[str, Query(max_length=40)]
Flag = Annotated[Literal["", "1"], Query()]


def _monitored(
    unit: UnitParam,
    status: Short = "",
    direction: Short = "",
    legal: Flag = "",
    late: Flag = "",
    search: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
) -> RecommendationFilter:
    return RecommendationFilter(
        unit=unit,
        status=status,
        direction=direction,
        legal=bool(legal),
        late=bool(late),
        search=search.strip(),
        words=row_words(search),
    )


def _noticed(person: PersonParam, case: Short = "", state: Short = "", channel: Short = "") -> NoticeFilter:
    return {"case": case.strip(), "person": person, "state": state, "channel": channel}


Monitored = Annotated[RecommendationFilter, Depends(_monitored)]
"""The filter of a list of recommendations, from the address."""
Noticed = Annotated[NoticeFilter, Depends(_noticed)]
"""The filter of the journal of notices, from the address."""

OUTCOME_LOOKS = {"executed": "done", "partly": "soon", "not": "missed", "irrelevant": "not_required"}


def _risk(t: Translator, line: MonitoringLine) -> Content:
    risk, measure = line.risk, line.measure
    number = measure.number if measure else 0
    place = f"?measure={number}#measure-{number}" if measure else f"#risk-{risk.number}"
    about = [line.case.object_in(t.language) or line.case.id, t.option("direction", risk.direction)]
    if risk.rank:
        about.append(t.say("web.monitoring.rank", points=risk.rank.likelihood * risk.rank.effect))
    return Content(
        text=risk.description,
        address=f"/cases/{line.case.id}/risks{place}",
        under=(Content(text=" · ".join(about)),),
    )


def _measure(t: Translator, line: MonitoringLine) -> Content:
    if line.measure is None:
        return Content(text=t.say("web.monitoring.no_measure"))
    completion = line.measure.completion
    return Content(text=line.measure.action, under=(Content(text=completion),) if completion else ())


def _due(t: Translator, line: MonitoringLine) -> Content:
    under = []
    if line.due and line.late:
        under.append(Content(text=t.say("web.late_by", n=line.working_days), late=True))
    written = line.measure.term.written if line.measure else ""
    if written:
        under.append(Content(text=f"«{written}»"))
    return Content(text=t.short(line.due) if line.due else "" if written else "–", under=tuple(under))


def _outcome(t: Translator, line: MonitoringLine) -> Content:
    if not line.status:
        return Content(text="–")
    reviews = line.measure.reviews if line.measure else ()
    under = (Content(text=t.short(reviews[-1].on)),) if reviews else ()
    look = OUTCOME_LOOKS.get(line.status, "open")
    return Content(text=t.option("outcome", line.status), state=look, under=under)


RECOMMENDATION_COLUMNS: tuple[Column[MonitoringLine], ...] = (
    Column("cli.head.case", lambda _, line: line.case.id),
    Column("cli.head.n", lambda _, line: line.risk.number),
    Column("web.monitoring.risk", lambda _, line: line.risk.description, "", _risk),
    Column("cli.head.direction", lambda t, line: t.option("direction", line.risk.direction)),
    Column("cli.head.rank", lambda _, line: line.risk.rank.points if line.risk.rank else None),
    Column("cli.head.recommendation", lambda _, line: line.measure and line.measure.recommendation),
    Column("web.risks.measure", lambda _, line: line.measure and line.measure.action, "", _measure),
    Column("cli.head.completion", lambda _, line: line.measure and line.measure.completion),
    Column("web.unit", lambda t, line: t.name(line.unit.name), "col-unit"),
    Column("web.risks.responsible", lambda _, line: line.measure and line.measure.responsible, ""),
    Column("cli.head.term", lambda _, line: line.measure and line.measure.term.written),
    Column("web.due", lambda _, line: line.due, "col-due-long", _due),
    Column(
        "web.risks.outcome",
        lambda t, line: t.option("outcome", line.status) if line.status else None,
        "col-state",
        _outcome,
    ),
)


def get_monitoring_file(ctx: Reading, criteria: Monitored) -> Response:
    """Return the whole list of recommendations as a workbook."""
    # The columns of the page, then fields defined only in register files.
    extra = (_extra_column(row, field) for row in ("risk", "measure") for field in extra_fields(f"{row}s"))
    columns = (*RECOMMENDATION_COLUMNS, *extra)
    lines = all_lines(ctx.reads, ctx.calendar, criteria, today=ctx.today)
    return workbook_response(ctx, columns, lines, title="web.monitoring.title")


def get_consolidated_file(
    ctx: Reading,
    translator: RequestTranslator,
    unit: RequiredUnit,
    procedure: SearchText = "",
    obligation: SearchText = "",
    year: Year = None,
) -> Response:
    """Return the consolidated form as a workbook."""
    query = consolidated_query(ctx, procedure, obligation, unit, year)
    if query.report is None:
        raise HTTPException(404, "web.problem.not_found")
    form = query.report.form
    numbers = list(dict.fromkeys((*query.report.obligation.values, *form.sums)))
    heads = (
        *(translator.say(f"cli.head.{column}") for column in CONSOLIDATED_COLUMNS),
        *(translator.say(f"value.{number}") for number in numbers),
        translator.say("cli.head.documents"),
    )
    rows = [
        (
            named_unit(ctx, translator, line.unit),
            line.case,
            line.obligation,
            line.due,
            line.on,
            line.late_by,
            *(line.values.get(number) for number in numbers),
            line.evidence,
        )
        for line in form.lines
    ]
    title = query.obligation.title[translator.language]
    return as_workbook([Table(heads, rows, title)], f"{title[:80]} {query.year}")


def get_cartogram_file(
    ctx: Reading,
    translator: RequestTranslator,
    ending: Annotated[str, Path(pattern=r"^(xlsx|svg)$")],
    unit: RequiredUnit,
) -> Response:
    """Return the lines the cartogram should have, as a workbook or a drawing."""
    cartogram_view, language = comparison(ctx, unit), translator.language
    file = f"{translator.say('web.cartogram.title')} {translator.short(ctx.today)}"
    if ending == "xlsx":
        return as_workbook(cartogram_sheets(cartogram_view.lines, language=language), file)
    name = named_unit(ctx, translator, cartogram_view.unit) if cartogram_view.unit else ctx.organisation
    return as_file(
        draw_cartogram(cartogram_view.lines, name=name, language=language).encode(), SVG, f"{file}.svg"
    )


def get_report(
    ctx: Reading,
    form: FormId,
    language: PaperLanguage,
    year: Annotated[int, Query(ge=1, le=9999)],
    unit: NameText = "",
    quarter: Quarter = None,
) -> Response:
    """Return a report about a year or quarter of a unit as DOCX; its rows come from the registers seen."""
    name, document = filled_report(ctx, form, language, unit=seen_unit(ctx, unit), year=year, quarter=quarter)
    return as_file(document, DOCX, name)


def get_notices_file(ctx: Reading, translator: RequestTranslator, filters: Noticed) -> Response:
    """Return the list of notices as a workbook."""
    notices = ctx.reads.notices_matching(**filters, limit=IN_A_FILE)
    name = f"{translator.say('web.register.title')} {translator.short(ctx.today)}"
    return as_workbook([notices_table(ctx.app, notices, translator.language)], name)


def named_unit(ctx: RequestContext, translator: Translator, unit: str) -> str:
    """Return the name of a unit, "" being the whole office, in the reader's language."""
    name = translator.name(unit_name(ctx.reads.office(), unit).name)
    return name or ctx.organisation_in(translator.language)


def _extra_column(row: str, field: RegisterField) -> Column[MonitoringLine]:
    return Column(field.title, lambda t, line: extra_cell(field, getattr(line, row), t.language))
