"""Reports across organisations: consolidated forms, ready uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from merzim.documents.case_tables import cartogram_sheets
from merzim.services.law.acts import offered_procedures
from merzim.services.reports.consolidated import (
    ConsolidatedReport,
    ReadyUpload,
    compare_cartogram,
    consolidated_report,
    list_turns,
    uploads,
)
from merzim.web.pages.reports.report import Figure, Report, ReportQuery, ReportSection, cell, lines
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, Content
from workflow.cases.registers.risks import SECTIONS, CartogramLine
from workflow.findings.of_risks import place_of
from workflow.yearly import Consolidated, ProvedFact, ResultLine, Turn

LOOKS = {"overdue": "overdue", "waiting": "soon", "planned": "open", "running": "open"}
"""Status of an organisation's yearly analysis -> how it looks."""
SHOWN_DOCUMENTS = 20


def build_consolidated(query: ReportQuery) -> Report:
    """Return what the organisations did of one obligation in a year, and those that have not reported."""
    ctx, t = query.ctx, query.t
    names = query.chosen.get("procedure", ""), query.chosen.get("obligation", "")
    view = consolidated_report(ctx, *names, query.unit, query.year)
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
        figures=_figures(t, form) if form and form.required else (),
        sections=tuple(_gathered(query, view, form)) if form and form.required else (),
        empty=empty,
    )


def _figures(t: Translator, form: Consolidated) -> tuple[Figure, ...]:
    """Return how many reported and how many did not, and the sums."""
    required, silent = len(form.required), len(form.silent)
    return (
        Figure(look="done", number=required - silent, text=t.say("web.together.reported", asked=required)),
        Figure(look="late", number=silent, text=t.say("web.together.silent")),
        *(
            Figure(look="points", number=t.points(number), text=t.say(f"value.{value}"), is_zero=False)
            for value, number in form.sums.items()
        ),
    )


def _gathered(query: ReportQuery, view: ConsolidatedReport, form: Consolidated) -> Iterator[ReportSection]:
    """Yield the organisations that did not report, if any, and the lines of all: at least one for each."""
    t = query.t
    if form.silent:
        yield ReportSection(
            id="silent",
            title=t.say("web.together.silent_title"),
            tally=len(form.silent),
            lines=lines(query.unit_title(unit) or t.say("web.unit.none") for unit in form.silent),
            most=200,
        )
    yield ReportSection(
        id="lines",
        title=t.say("web.together.lines"),
        tally=len(form.lines),
        columns=_line_columns(query, [*view.obligation.values, *form.sums]),
        rows=form.lines,
    )


def _line_columns(query: ReportQuery, values: Iterable[str]) -> tuple[Column[ResultLine], ...]:
    """Return the columns of a consolidated form, with its numbers."""
    name = query.unit_title

    def organisation(t: Translator, line: ResultLine) -> Content:
        period = line.obligation.partition(".")[2]
        return cell(t, name(line.unit) or t.say("web.unit.none"), [t.period(period)] if period else ())

    def case(t: Translator, line: ResultLine) -> Content:
        if not line.case:
            return Content(text=t.say("web.together.no_case"))
        place = name(line.place) if line.place != line.unit else ""
        under, address = " · ".join(filter(None, (place, line.case))), f"/cases/{line.case}#{line.obligation}"
        return cell(t, line.objects[t.language] or line.case, [under], address=address)

    def done(t: Translator, line: ResultLine) -> Content:
        if line.on is None or line.late_by is None:
            return cell(t, line.on)
        return Content(
            text=t.short(line.on), under=(Content(text=t.say("web.late_by", n=line.late_by), late=True),)
        )

    def numbers(t: Translator, line: ResultLine) -> Content:
        texts = [f"{t.word('value.', value)}: {t.points(number)}" for value, number in line.values.items()]
        return Content(under=lines(texts)) if texts else cell(t, "")

    def number(value: str) -> Column[ResultLine]:
        return Column(f"value.{value}", lambda _, line: line.values.get(value))

    return (
        Column("setting.group.organisation", lambda _, line: name(line.unit), "", organisation),
        Column("head.case", lambda _, line: line.case, "", case),
        Column("head.id", lambda _, line: line.obligation),
        Column("head.due", lambda _, line: line.due, ""),
        Column("web.together.done_on", lambda _, line: line.on, "", done),
        Column("head.late_by_working_days", lambda _, line: line.late_by),
        Column("web.together.numbers", None, "", numbers),
        *map(number, dict.fromkeys(values)),
        Column("web.case.tab.papers", lambda _, line: line.evidence, "col-points"),
    )


ReadyDocuments = tuple[ReadyUpload, Sequence[ProvedFact]]
"""An upload with the documents of a row: all that are ready, or one."""


def build_uploads(query: ReportQuery) -> Report:
    """Return the documents ready but not uploaded to the platform; in a file a row for each document."""
    t, ready = query.t, uploads(query.ctx, query.unit)
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

    def upload(t: Translator, row: ReadyDocuments) -> Content:
        case, deadline = row[0].case, row[0].upload
        force = t.say(f"force.{deadline.obligation.force}")
        about = " · ".join((force, name(case.unit) or case.object_in(t.language), case.id))
        return cell(t, title(t, row), [about], address=f"/cases/{case.id}#{deadline.id}")

    def documents(t: Translator, row: ReadyDocuments) -> Content:
        each = tuple(
            Content(
                text=document.obligation.title[t.language],
                address=f"/cases/{document.case}#{document.fact}",
                beside=f"{t.short(document.on)} · {t.say('web.together.count', n=document.documents)}",
            )
            for document in row[1][:SHOWN_DOCUMENTS]
        )
        more = len(row[1]) - SHOWN_DOCUMENTS
        return Content(each=each, under=lines([f"+{more}"] if more > 0 else ()))

    return (
        Column("head.unit", lambda _, row: name(row[0].case.unit)),
        Column("head.case", lambda _, row: row[0].case.id),
        Column("web.together.upload", title, "", upload),
        Column(
            "head.due",
            lambda _, row: row[0].upload.due,
            "",
            lambda t, row: cell(t, row[0].upload.due or t.say("web.no_due")),
        ),
        Column(
            "web.together.ready", lambda t, row: row[1][0].obligation.title[t.language], "col-ready", documents
        ),
        Column("head.on", lambda _, row: row[1][0].on),
        Column("web.case.tab.papers", lambda _, row: row[1][0].documents),
        Column("head.through", lambda _, row: name(row[0].through), ""),
        Column("web.who", lambda t, row: t.names(row[0].people) or t.say("web.overview.nobody"), "col-who"),
    )


def build_yearly(query: ReportQuery) -> Report:
    """Return when each organisation's last analysis ended, and by when the next is due."""
    t, turns = query.t, list_turns(query.ctx, query.unit)
    frame = Report(title=t.say("web.together.yearly_title"), lead=t.say("yearly_clock.practice"))
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
    name = query.unit_title

    def remarks(t: Translator, turn: Turn) -> list[str]:
        """Return what to say of a turn: the next analysis may not begin yet; it was postponed."""
        closed = {"unit": name(turn.unit), "on": turn.next_on, "until": turn.closed_until}
        return [
            *([t.say("yearly_clock.next_closed", **closed)] if turn.next_closed else ()),
            *([t.say("yearly_clock.postponed")] if turn.postponed else ()),
        ]

    def organisation(t: Translator, turn: Turn) -> Content:
        return cell(t, name(turn.unit) or t.say("web.unit.all"), remarks(t, turn))

    def state(t: Translator, turn: Turn) -> Content:
        return Content(text=t.say(f"yearly_clock.{turn.state}"), state=LOOKS.get(turn.state, "not_required"))

    def next_start(t: Translator, turn: Turn) -> Content:
        return cell(t, turn.next_on, address=turn.next_case and f"/cases/{turn.next_case}")

    def last_end(t: Translator, turn: Turn) -> Content:
        return cell(t, turn.last, address=turn.last_case and f"/cases/{turn.last_case}")

    return (
        Column("setting.group.organisation", lambda _, turn: name(turn.unit), "", organisation),
        Column("head.state", lambda t, turn: t.say(f"yearly_clock.{turn.state}"), "", state),
        Column("web.together.next_by", lambda _, turn: turn.due, ""),
        Column("head.next_start", lambda _, turn: turn.next_on, "", next_start),
        Column("head.last_ended", lambda _, turn: turn.last, "", last_end),
        Column("head.closed_until", lambda _, turn: turn.closed_until, ""),
        Column("web.together.remarks", lambda t, turn: " ".join(remarks(t, turn))),
    )


def build_cartogram(query: ReportQuery) -> Report:
    """Return the positions and risks due in the cartogram, by place, and how the published one differs."""
    t, view = query.t, compare_cartogram(query.ctx, query.unit)
    missing, published = (t.say("risk.cartogram_missing"), t.say("web.cartogram.missing_do")), None
    differences = [t.say(finding.code, **finding.arguments) for finding in view.findings]
    if view.on:
        address = f"/cases/{view.case}/risks#cartogram"
        missing, published = ("", ""), cell(t, t.say("web.cartogram.of", on=view.on), address=address)
    return Report(
        title=t.say("web.cartogram.title"),
        lead=t.say("web.cartogram.lead"),
        sheets=cartogram_sheets(view.lines, language=t.language) if view.lines else (),
        sections=(
            ReportSection(
                id="differs",
                title=t.say("web.cartogram.differs"),
                note=published,
                lines=lines(differences or [t.say("web.cartogram.equal")]) if view.on else (),
                empty=missing,
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
        def texts(t: Translator, row: Sequence[CartogramLine]) -> Content:
            each = lines(line.text for line in row if line.section == id)
            return Content(each=each) if each else cell(t, "")

        return Column(f"cartogram.sheet.{id}", None, "", texts)

    place: Column[Sequence[CartogramLine]] = Column(
        "head.department", lambda t, row: place_of(row[0]) or t.say("risk.whole_body"), ""
    )
    return (place, *map(section, SECTIONS))
