"""Commands that import files: `merzim import` and `merzim people`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import BAD_INPUT, DONE, CommandContext
from merzim.cli.help import Command
from merzim.cli.law import PROCEDURE
from merzim.cli.parsing import BadArgument, named_texts, number
from merzim.cli.printing import paragraph

if TYPE_CHECKING:
    from merzim.documents import Note, UnreadablePaper
    from merzim.services.imports.schedules import ImportedFile
    from merzim.services.people.table import AbsenceRead


NEW = "new"
"""Value of `--join` for an analysis that is none of the existing cases it resembles."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import", cls=Command, help="cli.help.import")(import_)
    app.command("people", cls=Command, help="cli.help.people")(people)


def import_(
    ctx: typer.Context,
    file: Annotated[str | None, typer.Argument(metavar="FILE.xlsx")] = None,
    template: Annotated[
        str | None, typer.Option("--template", metavar="FILE", help="cli.option.template")
    ] = None,
    procedure: Annotated[
        str, typer.Option("--procedure", metavar="PROCEDURE", help="cli.option.procedure")
    ] = PROCEDURE,
    join: Annotated[
        list[str] | None, typer.Option("--join", metavar="ROW=CASE|new", help="cli.option.join")
    ] = None,
) -> int:
    from merzim.documents import UnreadablePaper, write_template
    from merzim.services.imports.previews import ImportSchedule, take_schedule
    from merzim.services.inputs import build

    call = CommandContext.of(ctx)
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
    file: Annotated[str | None, typer.Argument(metavar="FILE.csv|.xlsx|sync")] = None,
    match: Annotated[
        list[str] | None, typer.Option("--match", metavar="TEXT=KEY", help="cli.option.match")
    ] = None,
) -> int | None:
    from merzim.services.imports.files import keep_match
    from merzim.services.people.table import preview_table, read_table, save_table

    call = CommandContext.of(ctx)
    call.creates_database = file is not None or bool(match)
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
    elif call.lists:
        from merzim.documents.people.sheet import people_sheets

        first_sheet, *further_sheets = people_sheets(office, call.language, app.library.own_titles)
        call.sheets(first_sheet, *further_sheets)
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


def _fields(call: CommandContext, fields: list[str]) -> str:
    return ", ".join(call.say(f"web.staff.field_{field}") for field in fields)


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
