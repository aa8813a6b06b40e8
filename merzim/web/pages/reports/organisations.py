"""Reports across organisations: consolidated forms, ready uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from merzim.documents.case_tables import cartogram_sheets
from merzim.services import reports
from merzim.services.law.acts import offered_procedures
from merzim.web.pages.reports.report import Report, ReportQuery, ReportSection
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column
from workflow.cases.registers.risks import SECTIONS, CartogramLine
from workflow.cases.registers.rows import period_in
from workflow.findings.of_risks import place_of
from workflow.law.procedure import Obligation
from workflow.yearly import Consolidated, ProvedFact, ResultLine, Turn


def build_consolidated(query: ReportQuery) -> Report:
    """Return what the organisations did of one obligation in a year, and those that have not reported."""
    ctx, t = query.ctx, query.t
    names = query.chosen.get("procedure", ""), query.chosen.get("obligation", "")
    view = reports.consolidated_report(ctx, *names, query.unit, query.year)
    law, obligation, form = view.procedure, view.obligation, view.form
    procedures = [procedure for _, group in offered_procedures(ctx, "") for procedure in group]
    empty = "", ""
    if form is None:
        empty = t.say("web.together.part_only"), t.say("web.together.part_only_do")
    elif not form.required:
        empty = t.say("cli.consolidated.nobody"), t.say("web.none_found_do")
    return Report(
        title=t.titled(obligation.title, str(view.year)),
        lead=f"{law.title[t.language]} · {t.say(f'force.{obligation.force}')}",
        filters=(
            query.years(min(ctx.calendar.last.year, ctx.today.year + 2)),
            *(
                query.select(name, f"head.{name}", ((each.id, each.title[t.language]) for each in some), chosen)
                for name, some, chosen in (
                    ("procedure", procedures, law.id),
                    ("obligation", law.obligations, obligation.id),
                )
            ),
        ),
        figures="consolidated" if form and form.required else "",
        view=form,
        sections=tuple(_gathered(query, view, form)) if form and form.required else (),
        empty=empty,
    )


def _gathered(
    query: ReportQuery, view: reports.ConsolidatedReport, form: Consolidated
) -> Iterator[ReportSection]:
    """Yield the organisations that did not report, if any, and the lines of all: at least one for each."""
    t = query.t
    if form.silent:
        yield ReportSection(
            id="silent",
            title=t.say("web.together.silent_title"),
            tally=len(form.silent),
            lines=[query.unit_title(unit) or t.say("web.unit.none") for unit in form.silent],
            most=200,
        )
    yield ReportSection(
        id="lines",
        title=t.say("web.together.lines"),
        tally=len(form.lines),
        columns=_line_columns(query, view.obligation, [*view.obligation.values, *form.sums]),
        rows=form.lines,
    )


def _line_columns(
    query: ReportQuery, obligation: Obligation, values: Iterable[str]
) -> tuple[Column[ResultLine], ...]:
    """Return the columns of a consolidated form, with its numbers."""
    name = query.unit_title

    def number(value: str) -> Column[ResultLine]:
        return Column(f"value.{value}", lambda _, line: line.values.get(value))

    return (
        Column("setting.group.organisation", lambda _, line: name(line.unit), "", "result_unit"),
        Column("head.case", lambda _, line: line.case, "", "result_case"),
        Column("head.obligation", lambda t, line: t.titled(obligation.title, period_in(line.obligation))),
        Column("head.due", lambda _, line: line.due, ""),
        Column("web.together.done_on", lambda _, line: line.on, "", "result_done"),
        Column("head.late_by_working_days", lambda _, line: line.late_by),
        Column("web.together.numbers", None, "", "result_numbers"),
        *map(number, dict.fromkeys(values)),
        Column("web.case.tab.papers", lambda _, line: line.evidence, "col-points"),
    )


ReadyDocuments = tuple[reports.ReadyUpload, Sequence[ProvedFact]]
"""An upload with the documents of a row: all that are ready, or one."""


def build_uploads(query: ReportQuery) -> Report:
    """Return the documents ready but not uploaded to the platform; in a file a row for each document."""
    t, ready = query.t, reports.uploads(query.ctx, query.unit)
    rows: list[ReadyDocuments] = [(upload, upload.ready) for upload in ready]
    return Report(
        title=t.say("web.together.uploads_title"),
        sections=(
            ReportSection(
                id="uploads",
                title=t.say("web.together.uploads"),
                tally=len(ready),
                columns=_ready_columns(query) if ready else (),
                rows=rows if query.number else [(upload, (each,)) for upload, of in rows for each in of],
                most=200,
                empty=(t.say("cli.uploads.nothing"), t.say("web.together.uploads_do")),
            ),
        ),
    )


def _ready_columns(query: ReportQuery) -> tuple[Column[ReadyDocuments], ...]:
    """Return the columns of the uploads that have documents ready."""
    name = query.unit_title

    def title(t: Translator, row: ReadyDocuments) -> str:
        deadline = row[0].upload
        return t.titled(deadline.obligation.title, deadline.period)

    return (
        Column("head.unit", lambda _, row: name(row[0].case.unit)),
        Column("head.case", lambda _, row: row[0].case.id),
        Column("web.together.upload", title, "", "upload"),
        Column("head.due", lambda _, row: row[0].upload.due, "", "upload_due"),
        Column(
            "web.together.ready",
            lambda t, row: row[1][0].obligation.title[t.language],
            "col-ready",
            "documents",
        ),
        Column("head.on", lambda _, row: row[1][0].on),
        Column("web.case.tab.papers", lambda _, row: row[1][0].documents),
        Column("head.through", lambda _, row: name(row[0].through), ""),
        Column("web.who", lambda t, row: t.names(row[0].people) or t.say("web.overview.nobody"), "col-who"),
    )


def build_yearly(query: ReportQuery) -> Report:
    """Return when each organisation's last analysis ended, and by when the next is due."""
    t, turns = query.t, reports.list_turns(query.ctx, query.unit)
    frame = Report(
        title=t.say("web.together.yearly_title"),
        lead=t.say("yearly_clock.practice"),
        view=partial(_remarks, query),
    )
    if not turns:
        why = "web.together.part_only" if turns is None else "web.together.no_organisations"
        return replace(frame, empty=(t.say(why), t.say(f"{why}_do")))
    table = ReportSection(
        id="yearly",
        title=t.say("web.together.yearly"),
        tally=len(turns),
        columns=_turn_columns(query),
        rows=turns,
    )
    return replace(frame, sections=(table,))


def _turn_columns(query: ReportQuery) -> tuple[Column[Turn], ...]:
    """Return the columns of yearly analyses."""
    remarks = partial(_remarks, query)
    return (
        Column("setting.group.organisation", lambda _, turn: query.unit_title(turn.unit), "", "turn_unit"),
        Column("head.state", lambda t, turn: t.say(f"yearly_clock.{turn.state}"), "", "turn_state"),
        Column("web.together.next_by", lambda _, turn: turn.due, ""),
        Column("head.next_start", lambda _, turn: turn.next_on, "", "turn_next"),
        Column("head.last_ended", lambda _, turn: turn.last, "", "turn_last"),
        Column("head.closed_until", lambda _, turn: turn.closed_until, ""),
        Column("web.together.remarks", lambda _, turn: " ".join(remarks(turn))),
    )


def _remarks(query: ReportQuery, turn: Turn) -> list[str]:
    """Return what to say of a turn: the next analysis may not begin yet; it was postponed."""
    closed = {"unit": query.unit_title(turn.unit), "on": turn.next_on, "until": turn.closed_until}
    return [
        *([query.t.say("yearly_clock.next_closed", **closed)] if turn.next_closed else ()),
        *([query.t.say("yearly_clock.postponed")] if turn.postponed else ()),
    ]


def build_cartogram(query: ReportQuery) -> Report:
    """Return the positions and risks due in the cartogram, by place, and how the published one differs."""
    t, view = query.t, reports.compare_cartogram(query.ctx, query.unit)
    missing = t.say("risk.cartogram_missing"), t.say("web.cartogram.missing_do")
    differences = [t.say(finding.code, **finding.arguments) for finding in view.findings]
    return Report(
        title=t.say("web.cartogram.title"),
        lead=t.say("web.cartogram.lead"),
        sheets=cartogram_sheets(view.lines, language=t.language) if view.lines else (),
        sections=(
            ReportSection(
                id="differs",
                title=t.say("web.cartogram.differs"),
                note=t.say("web.cartogram.of", on=view.on) if view.on else "",
                note_address=f"/cases/{view.case}/risks#cartogram",
                lines=(differences or [t.say("web.cartogram.equal")]) if view.on else (),
                empty=("", "") if view.on else missing,
                most=200,
            ),
            ReportSection(
                id="lines",
                title=t.say("web.cartogram.should"),
                columns=_place_columns() if view.lines else (),
                rows=[list(of_place) for _, of_place in groupby(sorted(view.lines, key=_place), key=_place)],
                empty=(t.say("cartogram.nothing"), t.say("web.cartogram.nothing_do")),
                most=200,
            ),
        ),
    )


def _place(line: CartogramLine) -> tuple[str, str]:
    return line.department, line.district


def _place_columns() -> tuple[Column[Sequence[CartogramLine]], ...]:
    """Return the columns of a cartogram; a row is the lines of a department, or of its part in a district."""

    def section(id: str) -> Column[Sequence[CartogramLine]]:
        def texts(_: Translator, row: Sequence[CartogramLine]) -> list[str]:
            return [line.text for line in row if line.section == id and line.text]

        return Column(f"cartogram.sheet.{id}", texts, "")

    place: Column[Sequence[CartogramLine]] = Column(
        "head.department", lambda t, row: place_of(row[0]) or t.say("risk.whole_body"), ""
    )
    return (place, *map(section, SECTIONS))
