"""Commands that import files: `merzim import` and `merzim people`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import finding, print_findings
from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.law import PROCEDURE
from merzim.cli.parsing import BadArgument, named_texts, number
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from merzim.documents import Note, UnreadablePaper
    from merzim.services.imports.schedules import ImportedFile
    from merzim.services.people.table import AbsenceRead


NEW = "new"
"""Value of `--join` for an analysis that is none of the existing cases it resembles."""


def import_(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE.xlsx")] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="FILE", help="write an empty workbook for many objects to this file"
        ),
    ] = None,
    procedure: Annotated[
        str,
        typer.Option("--procedure", metavar="PROCEDURE", help="the procedure; internal-analysis by default"),
    ] = PROCEDURE,
    join: Annotated[
        list[str] | None,
        typer.Option(
            "--join",
            metavar="ROW=CASE|new",
            help="the analysis at that row is a known case (ROW=CASE) or a new one (ROW=new)",
        ),
    ] = None,
) -> int:
    """A published schedule becomes cases with plan dates. Importing the same file again changes nothing."""
    from merzim.documents import UnreadablePaper, write_template
    from merzim.services.imports.previews import ImportSchedule, take_schedule
    from merzim.services.inputs import build

    call = CommandContext.of(ctx, writes=True)
    if template is not None:
        write_template(template, call.language)
        if call.json:
            call.answer({"template": template})
        else:
            call.print(call.say("cli.template_written", file=template))
        return DONE
    if file is None:
        raise BadArgument("cli.missing_parameter", name="FILE.xlsx")
    joins = {
        number(row, where="--join", first=0): "" if case == NEW else case
        for row, case in named_texts(join, where="--join").items()
    }
    path = call.given(file, "xlsx", "xls", "csv")
    command = build(ImportSchedule, {"content": path, "procedure": procedure, "joins": joins})
    try:
        imported = take_schedule(call.ctx, command)
    except UnreadablePaper as refusal:
        if not call.json:
            raise
        call.answer({"errors": errors_of(call, refusal)})
        return BAD_INPUT
    if call.json:
        call.answer(_imported(call, imported))
    else:
        _print_imported(call, imported)
    return DONE


def people(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE.csv|.xlsx")] = None,
    match: Annotated[
        list[str] | None,
        typer.Option("--match", metavar="TEXT=KEY", help="a text of schedules means this unit or person"),
    ] = None,
) -> int | None:
    """Takes in a table of people and units; without a file: who is known, and whom texts of schedules mean."""
    from merzim.services.imports.files import keep_match
    from merzim.services.people.table import preview_table, read_table, save_table

    call = CommandContext.of(ctx, writes=file is not None or bool(match))
    app, moment = call.app, call.moment
    whole_office: list[str] = []
    absences: list[AbsenceRead] = []
    if file is not None:
        table = read_table(call.ctx, call.given(file, "xlsx", "csv"))
        table_preview = preview_table(call.ctx, table)
        whole_office, absences = table_preview.whole_office, table_preview.absences
        save_table(call.ctx, table)
    for pair in match or ():
        text, equals, key = pair.rpartition("=")
        if not equals:
            raise BadArgument("cli.not_a_match", text=pair)
        keep_match(app, text.strip(), key.strip(), by=call.by, now=moment.now, today=moment.today)
    office = app.reads.office()
    if call.json:
        call.answer({"units": office.units, "people": office.people, "matches": office.matches})
        return None
    if file is not None:
        call.print(call.say("cli.people_known", units=len(office.units), people=len(office.people)))
        if whole_office:
            call.print(call.say("web.staff.whole_office", names=whole_office))
        for absence in absences:
            call.print(call.say("read_text_as_span", **absence.model_dump()))
    else:
        from merzim.documents.people.words import duty_title

        rows = [
            (
                call.name(person.unit),
                call.name(person.key),
                person.post_in(call.language),
                ", ".join(duty_title(duty, call.language) for duty in person.duties),
                person.email,
                person.language,
            )
            for person in office.by_name
        ]
        call.table(("unit", "name", "post", "duties", "email", "language"), rows)
    if office.matches and file is None:
        call.print()
        call.table(("responsible", "who"), sorted(office.matches.items()))
    return None


def import_plan(
    ctx: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE")],
    file: Annotated[str, typer.Argument(metavar="FILE.csv|.xlsx")],
    year: Annotated[
        str | None,
        typer.Option("--year", metavar="YYYY", help="The year of the plan, for terms that name none"),
    ] = None,
) -> int:
    """Takes in a plan of measures. The same file again changes nothing."""
    from merzim.documents import UnreadablePaper
    from merzim.services.cases import rows
    from merzim.services.inputs import FileInput, OpenFile, build
    from workflow.findings.of_risks import risk_findings

    call = CommandContext.of(ctx, writes=True)
    plan_year = None if year is None else number(year, where="--year", first=2010, last=2099)
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
    view = call.app.case_commands.view(case, today=call.moment.today)
    findings = risk_findings(view.case, view.deadlines)
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


def _imported(call: CommandContext, imported: ImportedFile) -> dict[str, object]:
    """Return an import as JSON."""
    return {
        "cases": [
            {
                "id": case.id,
                "object": case.object_in(call.language),
                "object_kk": case.object_kk,
                "object_ru": case.object_ru,
                "unit": case.unit,
                "planned": case.planned,
                "facts": {name: fact.on for name, fact in case.facts.items()},
            }
            for case in imported.cases
        ],
        "notes": [
            {"row": note.row, "code": note.code, "message": _note(call, note)} for note in imported.notes
        ],
        "opened": imported.opened,
        "replanned": imported.replanned,
        "unchanged": imported.unchanged,
    }


def _print_imported(call: CommandContext, imported: ImportedFile) -> None:
    if not imported.opened and not imported.replanned:
        call.print(call.say("cli.import.nothing_changed", count=len(imported.cases)))
    else:
        call.print(
            call.say(
                "cli.import.done",
                opened=len(imported.opened),
                replanned=len(imported.replanned),
                unchanged=len(imported.unchanged),
            )
        )
    rows = [
        (
            case.id,
            case.object_in(call.language),
            case.unit,
            call.say(
                "cli.import.opened"
                if case.id in imported.opened
                else "cli.import.replanned"
                if case.id in imported.replanned
                else "cli.import.unchanged"
            ),
        )
        for case in imported.cases[:100]
    ]
    call.table(("case", "object", "unit", "change"), rows)
    if len(imported.cases) > len(rows):
        call.print(call.say("cli.and_more", count=len(imported.cases) - len(rows)))
    if imported.notes:
        call.print("\n" + call.say("cli.notes"))
        for note in imported.notes:
            call.print(paragraph(_note(call, note), indent=2))


def _note(call: CommandContext, note: Note) -> str:
    return call.say(note.code, **{"row": note.row, **note.arguments})


def errors_of(call: CommandContext, refusal: UnreadablePaper) -> list[dict[str, object]]:
    """Return every bad row of a refused file; one entry for the file when it is the error itself."""
    rows: list[dict[str, object]] = [
        {"row": error.row, "code": error.code, "message": call.say(error.code, **error.arguments)}
        for error in refusal.errors
    ]
    return rows or [{"row": None, "code": refusal.code, "message": call.say(refusal.code, **refusal.arguments)}]


COMMANDS: dict[str, Callable[..., object]] = {
    "import": import_,
    "people": people,
    "risks import": import_plan,
}
GROUPS = {
    "risks": "The risk register: risk, rank, recommendation, measure, status.",
}
