"""Reports across organisations: consolidated forms, ready uploads, yearly analyses, the cartogram."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from merzim.documents.cartogram import cartogram_sheets
from merzim.services.law.acts import offered_procedures
from merzim.services.names import seen_unit
from merzim.services.reports.consolidated import (
    ConsolidatedReport,
    ReadyUpload,
    UnitPositions,
    compare_cartogram,
    consolidated_report,
    list_turns,
    uploads,
)
from merzim.web.pages.reports.report import Figure, Filter, Report, ReportQuery, ReportSection, lines
from merzim.web.ui.render import Translator
from merzim.web.ui.tables import Column, Content
from workflow.cases.registers.cartogram import SECTIONS
from workflow.reports.consolidated import ProvedFact, ResultLine
from workflow.reports.yearly_clock import Turn

LOOKS = {"overdue": "overdue", "waiting": "soon", "planned": "open", "running": "open"}
"""Status of an organisation's yearly analysis -> how it looks."""
SHOWN_DOCUMENTS = 20


def build_consolidated(query: ReportQuery) -> Report:
    """Return what the organisations did of one obligation in a year, and those that have not reported."""
    ctx, t = query.ctx, query.t
    names = query.chosen.get("procedure", ""), query.chosen.get("obligation", "")
    form = consolidated_report(ctx, *names, query.unit, query.year)
    law, obligation = form.procedure, form.obligation
    force = t.say(f"force.{obligation.force}")
    procedures = (procedure for _, group in offered_procedures(ctx, "") for procedure in group)
    return Report(
        title=t.titled(obligation.title, str(form.year)),
        lead=f"{law.title[t.language]} · {force}",
        filters=(
            query.years(min(ctx.calendar.last.year, ctx.today.year + 2)),
            Filter(
                name="procedure",
                label=t.say("head.procedure"),
                options=tuple((procedure.id, procedure.title[t.language]) for procedure in procedures),
                chosen=law.id,
            ),
            Filter(
                name="obligation",
                label=t.say("head.obligation"),
                options=tuple((each.id, each.title[t.language]) for each in law.obligations),
                chosen=obligation.id,
            ),
        ),
        figures=_figures(t, form),
        sections=_gathered(query, form),
        empty=_nothing(t, form),
    )


def _nothing(t: Translator, form: ConsolidatedReport) -> tuple[str, str]:
    """Return why there is no form, title and advice; empty texts where there is one."""
    if form.form is None:
        return t.say("web.together.part_only"), t.say("web.together.part_only_do")
    if not form.form.required:
        return t.say("cli.consolidated.nobody"), t.say("web.none_found_do")
    return "", ""


def _figures(t: Translator, form: ConsolidatedReport) -> tuple[Figure, ...]:
    """Return how many reported and how many did not, and the sums; none where nobody has to."""
    if form.form is None or not form.form.required:
        return ()
    gathered = form.form
    required, silent = len(gathered.required), len(gathered.silent)
    return (
        Figure(look="done", number=required - silent, text=t.say("web.together.reported", asked=required)),
        Figure(look="late", number=silent, text=t.say("web.together.silent")),
        *(
            Figure(look="points", number=t.points(number), text=t.say(f"value.{value}"), is_zero=False)
            for value, number in gathered.sums.items()
        ),
    )


def _gathered(query: ReportQuery, form: ConsolidatedReport) -> tuple[ReportSection, ...]:
    """Return the organisations that did not report, if any, and the lines of the others."""
    if form.form is None or not form.form.required:
        return ()
    t, gathered = query.t, form.form
    silent = ReportSection(
        id="silent",
        title=t.say("web.together.silent_title"),
        tally=len(gathered.silent),
        lines=lines(query.unit_title(unit) or t.say("web.unit.none") for unit in gathered.silent),
        most=200,
    )
    reported = ReportSection(
        id="lines",
        title=t.say("web.together.lines"),
        tally=len(gathered.lines),
        columns=_line_columns(query.unit_title, [*form.obligation.values, *gathered.sums]),
        rows=gathered.lines,
    )
    return (silent, reported) if gathered.silent else (reported,)


def _line_columns(name: Callable[[str], str], values: Iterable[str]) -> tuple[Column[ResultLine], ...]:
    """Return the columns of a consolidated form, with its numbers.

    Args:
        name: from a unit's id to its name.
    """

    def organisation(t: Translator, line: ResultLine) -> Content:
        period = line.obligation.partition(".")[2]
        under = lines((t.period(period),)) if period else ()
        return Content(text=name(line.unit) or t.say("web.unit.none"), under=under)

    def case(t: Translator, line: ResultLine) -> Content:
        if not line.case:
            return Content(text=t.say("web.together.no_case"))
        place = name(line.place) if line.place != line.unit else ""
        return Content(
            text=line.objects[t.language] or line.case,
            address=f"/cases/{line.case}#{line.obligation}",
            under=lines((" · ".join(filter(None, (place, line.case))),)),
        )

    def done(t: Translator, line: ResultLine) -> Content:
        if line.on is None:
            return Content(text="–")
        late = () if line.late_by is None else (Content(text=t.say("web.late_by", n=line.late_by), late=True),)
        return Content(text=t.short(line.on), under=late)

    def numbers(t: Translator, line: ResultLine) -> Content:
        texts = (f"{t.word('value.', value)}: {t.points(number)}" for value, number in line.values.items())
        return Content(under=lines(texts)) if line.values else Content(text="–")

    def column(value: str) -> Column[ResultLine]:
        return Column(f"value.{value}", lambda _, line: line.values.get(value))

    return (
        Column("setting.group.organisation", lambda _, line: name(line.unit), "", organisation),
        Column("head.case", lambda _, line: line.case, "", case),
        Column("head.id", lambda _, line: line.obligation),
        Column("head.due", lambda _, line: line.due, ""),
        Column("web.together.done_on", lambda _, line: line.on, "", done),
        Column("head.late_by_working_days", lambda _, line: line.late_by),
        Column("web.together.numbers", None, "", numbers),
        *map(column, dict.fromkeys(values)),
        Column("web.case.tab.papers", lambda _, line: line.evidence, "col-points"),
    )


def build_uploads(query: ReportQuery) -> Report:
    """Return the documents ready but not uploaded to the platform, and the accounts to use; in a file a row for
    each document.
    """
    ctx, t = query.ctx, query.t
    ready = uploads(ctx.app, seen_unit(ctx, query.unit), today=ctx.today, reads=ctx.reads)
    rows = [(upload, upload.waiting.ready) for upload in ready]
    return Report(
        title=t.say("web.together.uploads_title"),
        sections=(
            ReportSection(
                id="uploads",
                title=t.say("web.together.uploads"),
                tally=len(ready),
                columns=_ready_columns(query.unit_title) if ready else (),
                rows=rows if query.number else [(upload, (each,)) for upload, of in rows for each in of],
                most=200,
                empty=(t.say("cli.uploads.nothing"), t.say("web.together.uploads_do")),
            ),
        ),
    )


ReadyDocuments = tuple[ReadyUpload, Sequence[ProvedFact]]
"""An upload with the documents of a row: all that are ready, or one."""


def _ready_columns(name: Callable[[str], str]) -> tuple[Column[ReadyDocuments], ...]:
    """Return the columns of the uploads that have documents ready. `name`: from a unit's id to its name."""

    def upload(t: Translator, row: ReadyDocuments) -> Content:
        case, deadline = row[0].waiting.case, row[0].waiting.upload
        parts = (
            t.say(f"force.{deadline.obligation.force}"),
            name(row[0].unit) or case.object_in(t.language),
            case.id,
        )
        address = f"/cases/{case.id}#{deadline.id}"
        return Content(text=title(t, row), address=address, under=lines((" · ".join(parts),)))

    def title(t: Translator, row: ReadyDocuments) -> str:
        deadline = row[0].waiting.upload
        return t.titled(deadline.obligation.title, deadline.period)

    def due(t: Translator, row: ReadyDocuments) -> Content:
        day = row[0].waiting.upload.due
        return Content(text=t.short(day) if day else t.say("web.no_due"))

    def documents(t: Translator, row: ReadyDocuments) -> Content:
        ready = row[1]
        each = tuple(
            Content(
                text=document.obligation.title[t.language],
                address=f"/cases/{document.case}#{document.fact}",
                beside=f"{t.short(document.on)} · {t.say('web.together.count', n=document.documents)}",
            )
            for document in ready[:SHOWN_DOCUMENTS]
        )
        more = len(ready) - SHOWN_DOCUMENTS
        return Content(each=each, under=lines((f"+{more}",)) if more > 0 else ())

    return (
        Column("head.unit", lambda _, row: name(row[0].unit)),
        Column("head.case", lambda _, row: row[0].waiting.case.id),
        Column("web.together.upload", title, "", upload),
        Column("head.due", lambda _, row: row[0].waiting.upload.due, "", due),
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
    nobody = ("web.together.part_only", "web.together.part_only_do")
    nothing = ("web.together.no_organisations", "web.together.no_organisations_do")
    title, advice = nobody if turns is None else nothing
    return Report(
        title=t.say("web.together.yearly_title"),
        lead=t.say("yearly_clock.practice"),
        empty=("", "") if turns else (t.say(title), t.say(advice)),
        sections=(
            ReportSection(
                id="yearly",
                title=t.say("web.together.yearly"),
                tally=len(turns),
                columns=_turn_columns(query.unit_title),
                rows=turns,
            ),
        )
        if turns
        else (),
    )


def _turn_columns(name: Callable[[str], str]) -> tuple[Column[Turn], ...]:
    """Return the columns of yearly analyses. `name`: from a unit's id to its name."""

    def organisation(t: Translator, turn: Turn) -> Content:
        return Content(text=name(turn.unit) or t.say("web.unit.all"), under=lines(_remarks(t, turn, name)))

    def state(t: Translator, turn: Turn) -> Content:
        return Content(text=t.say(f"yearly_clock.{turn.state}"), state=LOOKS.get(turn.state, "not_required"))

    def next_start(t: Translator, turn: Turn) -> Content:
        address = f"/cases/{turn.next_case}" if turn.next_case else ""
        return Content(text=t.short(turn.next_on), address=address) if turn.next_on else Content(text="–")

    def last_end(t: Translator, turn: Turn) -> Content:
        address = f"/cases/{turn.last_case}" if turn.last_case else ""
        return Content(text=t.short(turn.last), address=address) if turn.last else Content(text="–")

    return (
        Column("setting.group.organisation", lambda _, turn: name(turn.unit), "", organisation),
        Column("head.state", lambda t, turn: t.say(f"yearly_clock.{turn.state}"), "", state),
        Column("web.together.next_by", lambda _, turn: turn.due, ""),
        Column("head.next_start", lambda _, turn: turn.next_on, "", next_start),
        Column("head.last_ended", lambda _, turn: turn.last, "", last_end),
        Column("head.closed_until", lambda _, turn: turn.closed_until, ""),
        Column("web.together.remarks", lambda t, turn: " ".join(_remarks(t, turn, name))),
    )


def _remarks(translator: Translator, turn: Turn, name: Callable[[str], str]) -> list[str]:
    """Return what to say of an organisation's turn: the next analysis may not begin yet; it was postponed."""
    sentences = []
    if turn.next_closed:
        until = {"on": turn.next_on, "until": turn.closed_until}
        sentences.append(translator.say("yearly_clock.next_closed", unit=name(turn.unit), **until))
    if turn.postponed:
        sentences.append(translator.say("yearly_clock.postponed"))
    return sentences


def build_cartogram(query: ReportQuery) -> Report:
    """Return the exposed positions and risks due in the cartogram, by place, and how the published one
    differs.
    """
    t, view = query.t, compare_cartogram(query.ctx, query.unit)
    if view.on is None:
        different = lines(())
        missing = t.say("risk.cartogram_missing"), t.say("web.cartogram.missing_do")
    else:
        texts = [t.say(finding.code, **finding.arguments) for finding in view.findings]
        different, missing = lines(texts or [t.say("web.cartogram.equal")]), ("", "")
    published = (
        Content(text=t.say("web.cartogram.of", on=view.on), address=f"/cases/{view.case}/risks#cartogram")
        if view.on
        else None
    )
    return Report(
        title=t.say("web.cartogram.title"),
        lead=t.say("web.cartogram.lead"),
        sheets=cartogram_sheets(view.lines, language=t.language) if view.lines else (),
        sections=(
            ReportSection(
                id="differs",
                title=t.say("web.cartogram.differs"),
                note=published,
                lines=different,
                empty=missing,
                most=200,
            ),
            ReportSection(
                id="lines",
                title=t.say("web.cartogram.should"),
                columns=_place_columns() if view.lines else (),
                rows=view.places,
                empty=(t.say("cartogram.nothing"), t.say("web.cartogram.nothing_do")),
                most=200,
            ),
        ),
    )


def _place_columns() -> tuple[Column[UnitPositions], ...]:
    def section(id: str) -> Callable[[Translator, UnitPositions], Content]:
        def positions(t: Translator, place: UnitPositions) -> Content:
            each = lines(line.text for line in getattr(place, id))
            return Content(each=each) if each else Content(text="–")

        return positions

    return (
        Column("head.department", lambda t, place: place.name or t.say("risk.whole_body"), ""),
        *(Column(f"cartogram.sheet.{id}", None, "", section(id)) for id in SECTIONS),
    )
