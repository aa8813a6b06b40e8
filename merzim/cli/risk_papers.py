"""Commands on documents of the risk register: `risks import`, `check`, `same`, `scale`, `map`, `cartogram`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, NOT_SO, CommandContext
from merzim.cli.parsing import BadArgument
from merzim.cli.parsing import number as whole
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from workflow.cases.registers.risk_lists import ListedRisk, SharedRisk
    from workflow.findings.finding import Finding

CaseId = Annotated[str, typer.Argument(metavar="CASE")]
Export = Annotated[str | None, typer.Option("--export", metavar="FILE", help="cli.option.export_to")]
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]


def import_plan(
    ctx: typer.Context,
    case: CaseId,
    file: Annotated[str, typer.Argument(metavar="FILE.csv|.xlsx")],
    year: Annotated[str | None, typer.Option("--year", metavar="YYYY", help="cli.option.plan_year")] = None,
) -> int:
    from merzim.cli.papers import errors_of
    from merzim.documents import UnreadablePaper
    from merzim.services.cases import rows
    from merzim.services.inputs import FileInput, OpenFile, build

    call = CommandContext.of(ctx)
    plan_year = None if year is None else whole(year, where="--year", first=2010, last=2099)
    path = call.given(file, "xlsx", "csv")
    try:
        with path.open("rb") as content:
            plan = FileInput(content=OpenFile(path.name, content))
            fields = {"case": case, "file": plan, "year": plan_year}
            plan_import = rows.import_plan(call.ctx, build(rows.ImportPlan, fields))
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    findings = _findings(call, case)
    if call.json:
        call.answer(
            {
                "case": case,
                "measures": plan_import.measures,
                "changed": bool(plan_import.entered),
                "entered": plan_import.entered,
                "terms": plan_import.terms,
                "unread": plan_import.unread,
                "unmatched": plan_import.unmatched,
                "withdrawn": plan_import.withdrawn,
                "findings": [finding(call, case_finding) for case_finding in findings],
            }
        )
        return DONE
    if plan_import.entered:
        counts = {"measures": plan_import.measures, "changed": plan_import.entered}
        call.print(call.say("cli.risks.imported", case=case, **counts))
    else:
        call.print(call.say("cli.risks.already"))
    terms = [(term.row, term.text, term.due or term.note) for term in plan_import.terms if term.text]
    if terms:
        call.table(("line", "term", "due"), terms)
    if plan_import.unread:
        call.print(call.say("paper_unread", names=[f"«{name}»" for name in plan_import.unread]))
    if plan_import.withdrawn:
        call.print("\n" + call.say("risk.plan_withdrawn", count=len(plan_import.withdrawn)))
        for text in plan_import.withdrawn:
            call.print(f"  {text}")
    if plan_import.unmatched:
        call.print("\n" + call.say("cli.risks.unmatched"))
        for text in plan_import.unmatched:
            call.print(f"  {text}")
    if findings:
        call.print("\n" + call.say("cli.findings"))
        print_findings(call, findings, indent=2)
    return DONE


def check(ctx: typer.Context, case: CaseId) -> int:
    call = CommandContext.of(ctx)
    findings = _findings(call, case)
    if call.json:
        call.answer({"case": case, "findings": [finding(call, case_finding) for case_finding in findings]})
    elif findings:
        print_findings(call, findings)
    else:
        call.print(call.say("cli.risks.clean"))
    return NOT_SO if findings else DONE


def same(ctx: typer.Context, unit: Unit = "") -> None:
    from merzim.services.cases.risks import cases
    from workflow.cases.registers.risk_lists import shared

    call = CommandContext.of(ctx)
    shared_risks = shared(cases(call.app, unit_named(call.app, unit)))
    if call.json:
        call.answer(
            {
                "shared": [
                    {
                        "description": shared_risk.description,
                        "units": shared_risk.units,
                        "unasked": shared_risk.unasked,
                        "found": [
                            {
                                "case": case.id,
                                "unit": case.unit,
                                "number": risk.number,
                                "body": risk.body,
                                "act": risk.act,
                                "request": risk.request
                                and {"asked_on": risk.request.on, "answered_on": risk.request.answered_on},
                            }
                            for case, risk in shared_risk.occurrences
                        ],
                    }
                    for shared_risk in shared_risks
                ]
            }
        )
        return
    rows = [
        (
            shared_risk.description,
            len(shared_risk.units),
            ", ".join(f"{case.id}/{risk.number}" for case, risk in shared_risk.occurrences),
            _requests(call, shared_risk),
        )
        for shared_risk in shared_risks
    ]
    if rows:
        call.table(("risk", "units", "cases", "requests"), rows)
    else:
        call.print(call.say("cli.risks.none_shared"))


def _requests(call: CommandContext, shared_risk: SharedRisk) -> str:
    """Return, for causes in acts of higher bodies, in how many cases the body was sent a request and has
    answered.
    """
    above = [risk.request for _, risk in shared_risk.occurrences if risk.body]
    requests = [request for request in above if request is not None]
    answered = sum(request.answered_on is not None for request in requests)
    arguments = {"asked": len(requests), "of": len(above), "answered": answered}
    return call.say("cli.risks.requests", **arguments) if above else ""


def scale(ctx: typer.Context) -> None:
    from merzim.services.cases.risks import scale as in_force

    call = CommandContext.of(ctx)
    risk_scale = in_force(call.moment.today)
    language = call.language
    axes = (("likelihood", risk_scale.likelihood), ("effect", risk_scale.effect))
    if call.json:
        call.answer(
            {
                "scale": risk_scale.edition,
                "ours": True,
                "title": risk_scale.title[language],
                "note": risk_scale.note[language],
                **{
                    axis: [
                        {
                            "level": level.number,
                            "title": level.title[language],
                            "meaning": level.meaning[language],
                        }
                        for level in levels
                    ]
                    for axis, levels in axes
                },
                "bands": [{"up_to": band.up_to, "title": band.title[language]} for band in risk_scale.bands],
            }
        )
        return
    call.print(f"{risk_scale.title[language]} ({risk_scale.edition})")
    call.print(risk_scale.note[language])
    for axis, levels in axes:
        call.print("\n" + call.say(f"risk.axis.{axis}"))
        rows = [(level.number, level.title[language], level.meaning[language]) for level in levels]
        call.table(("level", "name", "meaning"), rows, indent=2)
    call.print()
    call.table(
        ("rank", "name"), [(f"≤ {band.up_to}", band.title[language]) for band in risk_scale.bands], indent=2
    )


def write_list(
    call: CommandContext, lines: Sequence[ListedRisk], dues: Mapping[str, Mapping[int, date]], export: str
) -> None:
    """Write the list of risks as a workbook."""
    from merzim.documents.sheets.listing import Table, write_tables
    from merzim.services.cases.rows import extra_cell, extra_fields

    _ending(export, (".xlsx",))
    extra = [(row, field) for row in ("risk", "measure") for field in extra_fields(f"{row}s")]
    heads = (
        *("case", "unit", "n", "risk", "direction", "rank", "recommendation"),
        *("measure", "completion", "responsible", "term", "due", "outcome"),
    )
    rows = [
        (
            line.case.id,
            line.case.unit,
            line.risk.number,
            line.risk.description,
            call.option("direction", line.risk.direction),
            line.risk.rank.likelihood * line.risk.rank.effect if line.risk.rank else None,
            line.measure.recommendation if line.measure else None,
            line.measure.action if line.measure else None,
            line.measure.completion if line.measure else None,
            line.measure.responsible if line.measure else None,
            line.measure.term.written if line.measure else None,
            dues[line.case.id].get(line.measure.number) if line.measure else None,
            call.option("outcome", line.outcome or "none") if line.measure else None,
            *(extra_cell(field, getattr(line, row), call.language) for row, field in extra),
        )
        for line in lines
    ]
    head_titles = (
        *(call.say(f"cli.head.{name}") for name in heads),
        *(field.title[call.language] for _, field in extra),
    )
    write_tables(Path(export), [Table(head_titles, rows, call.say("cli.head.risks"))])
    call.note(call.say("cli.risks.exported", file=export))


def _ending(file: str, allowed: tuple[str, ...]) -> str:
    """Return the extension of a file, refusing others than those allowed."""
    ending = Path(file).suffix.lower()
    if ending not in allowed:
        raise BadArgument("risk.unknown_export", file=file, allowed=allowed)
    return ending


def _findings(call: CommandContext, case: str) -> tuple[Finding, ...]:
    """Return the findings of a case's plan of measures."""
    from workflow.findings.of_risks import risk_findings

    view = call.app.case_commands.view(case, today=call.moment.today)
    return risk_findings(view.case, view.deadlines)


def risk_map(
    ctx: typer.Context,
    case: Annotated[str | None, typer.Argument(metavar="CASE")] = None,
    unit: Unit = "",
    export: Export = None,
) -> None:
    from merzim.documents.drawings.risk_map import MappedRisk, risk_map
    from merzim.services.cases.risks import cases, scale
    from workflow.cases.registers.risk import register

    call = CommandContext.of(ctx)
    if export is None:
        raise BadArgument("cli.risks.map_needs_file")
    _ending(export, (".svg",))
    place = unit_named(call.app, unit)
    single_case = call.app.case_commands.view(case, today=call.moment.today).case if case is not None else None
    all_cases = [single_case] if single_case is not None else cases(call.app, place)
    by = scale(call.moment.today)
    open_risks = [
        (of, risk) for of in all_cases for risk in register(of).risks.values() if risk.removal is None
    ]
    ranked = [
        MappedRisk(
            label=str(risk.number) if case is not None else f"{of.id}/{risk.number}",
            description=risk.description,
            rank=risk.rank,
        )
        for of, risk in open_risks
        if risk.rank is not None and risk.rank.scale == by.edition
    ]
    if not ranked:
        raise BadArgument("risk.nothing_ranked")
    drawing = risk_map(
        ranked,
        by,
        name=(single_case.object_in(call.language) or single_case.id)
        if single_case is not None
        else _named(call, place),
        on=call.moment.today,
        unranked=len(open_risks) - len(ranked),
        language=call.language,
    )
    Path(export).write_text(drawing, encoding="utf-8")
    _written_to(call, export, len(ranked))


def cartogram(ctx: typer.Context, unit: Unit = "", export: Export = None) -> None:
    from merzim.documents.drawings.cartogram import draw_cartogram, write_workbook
    from merzim.services.cases.risks import cartogram_lines

    call = CommandContext.of(ctx)
    place = unit_named(call.app, unit)
    lines = cartogram_lines(call.app, place)
    if export is not None:
        if not lines:
            raise BadArgument("cartogram.nothing")
        if _ending(export, (".xlsx", ".svg")) == ".xlsx":
            write_workbook(Path(export), lines, language=call.language)
        else:
            picture = draw_cartogram(lines, name=_named(call, place), language=call.language)
            Path(export).write_text(picture, encoding="utf-8")
        _written_to(call, export, len(lines))
    elif call.json:
        call.answer({"lines": lines})
    elif lines:
        rows = [
            (call.say(f"risk.section.{line.section}"), line.department, line.district, line.text)
            for line in lines
        ]
        call.table(("section", "department", "district", "what"), rows)
    else:
        call.print(call.say("cartogram.nothing"))


def _named(call: CommandContext, unit: str) -> str:
    """Return a unit's name; without a unit the organisation's, else a text for "all cases"."""
    if unit:
        office_unit = call.app.reads.office().units.get(unit)
        return office_unit.name_in(call.language) if office_unit else unit
    return call.settings.office.name_in(call.language) or call.say("risk_map.office")


def _written_to(call: CommandContext, file: str, count: int) -> None:
    """Print that a file was written."""
    if call.json:
        call.answer({"file": file, "count": count})
    else:
        call.print(call.say("cli.risks.exported", file=file))


COMMANDS: dict[str, Callable[..., object]] = {
    "map": risk_map,
    "cartogram": cartogram,
    "check": check,
    "import": import_plan,
    "same": same,
    "scale": scale,
}
