"""The commands `merzim form`, `merzim forms` and `merzim public-pages`: documents to sign, pages to publish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merzim.cli.call import DONE, CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import BadArgument, number
from merzim.cli.printing import paragraph
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from documents.forms import FilledForm, Form, Missing
    from workflow.cases.commands.case_commands import View


DUTIES = ("head", "deputy", "chief_of_staff", "ethics_officer")
"""Duties allowed for --approver."""


class NotWritten(Refusal, OSError):
    """The file exists already, or cannot be written."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("form", cls=Command, help="cli.help.form")(form)
    app.command("forms", cls=Command, help="cli.help.forms")(forms)
    app.command("public-pages", cls=Command, help="cli.help.public_pages")(public_pages)


def form(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="CASE|FORM")],
    second: Annotated[str | None, typer.Argument(metavar="FORM")] = None,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="cli.option.form_to")] = "",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="cli.option.set")
    ] = None,
    rows: Annotated[str | None, typer.Option("--rows", metavar="FILE", help="cli.option.rows")] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    year: Annotated[str | None, typer.Option("--year", metavar="Y", help="cli.option.form_year")] = None,
    quarter: Annotated[str | None, typer.Option("--quarter", metavar="Q", help="cli.option.quarter")] = None,
    person: Annotated[str, typer.Option("--person", metavar="WHO", help="cli.option.person")] = "",
    row: Annotated[str, typer.Option("--row", metavar="ID", help="cli.option.form_row")] = "",
    approver: Annotated[str, typer.Option("--approver", metavar="DUTY", help="cli.option.approver")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="cli.option.replace")] = False,
) -> None:
    from documents.forms import FormData, fill, form_marks
    from documents.forms import form as form_named
    from documents.sandbox.readers import read_form_data
    from services.documents.filling import foreign_names, from_case, given
    from services.documents.templates import own_template
    from services.documents.year_reports import (
        people_in_rows,
        quarter_of_report,
        report_data,
        rows_in_report,
        unanswered_notes,
    )
    from services.names import unit_named
    from services.registers.texts import text_notes

    call = CommandContext.of(ctx)
    case, name = (first, second) if second else ("", first)
    wanted = form_named(name)
    language = call.paper_language
    if not to:
        raise BadArgument("cli.missing_parameter", name="--to FILE")
    if Path(to).exists() and not replace:
        raise NotWritten("form_exists", file=to)
    if wanted.about == "case" and not case:
        raise BadArgument("form_case_needed", form=name)
    app, today = call.app, call.moment.today
    _check_duty(approver)
    view = asked = None
    period: dict[str, Any] = {"year": None}
    if case and wanted.about == "case":
        view = app.case_commands.view(case, today=today)
        known = from_case(app, wanted, view, language, today=today, approver=approver)
    else:
        of = unit_named(app, unit) or (app.case_commands.view(case, today=today).case.unit if case else "")
        asked = number(year, where="--year", first=2000, last=2100) if year else None
        told = number(quarter, where="--quarter", first=0, last=4) if quarter else None
        if told is not None and asked is None:
            raise BadArgument("cli.missing_parameter", name="--year Y")
        of_year = quarter_of_report(wanted, asked, told, today=today) if asked else 0
        period = {"year": asked, "quarter": of_year}
        known = report_data(
            call.ctx, wanted, language, unit=of, **period, person=person, row=row, approver=approver
        )
    given_rows = read_form_data(call.given(rows, "xlsx", "json", "csv"), wanted.id) if rows else FormData()
    values = {**known.fields, **given_rows.fields, **given(wanted, set_ or [])}
    looked_up = () if given_rows.rows else known.looked_up
    own = own_template(app, wanted.id, language)
    filled = fill(wanted, values, language, rows=given_rows.rows or known.rows, looked_up=looked_up, own=own)
    _write(Path(to), filled.document)
    notes = _wrong_approver(call, wanted, approver, view)
    where = view.case.unit if view is not None else unit_named(app, unit)
    listed = rows_in_report(call.ctx, wanted, unit=where, **period) if view is None else ()
    named = people_in_rows(listed)
    foreign = foreign_names(
        *(app, wanted, language), unit=where, today=today, view=view, approver=approver, named=named
    )
    if foreign:
        notes.append(call.say(f"form.note.foreign_{language}", names=foreign))
    if asked:
        office = app.reads.office()
        open_rows = [
            *text_notes(listed, [language], office, speaks=call.language),
            *unanswered_notes(call.ctx, wanted, unit=of, **period),
        ]
        notes += [call.say(note.code, **note.arguments) for note in open_rows]
    if (
        view is not None
        and view.case.lacks_object_in(language)
        and view.case.object not in view.procedure.bodies
    ):
        notes.append(call.say(f"passport.lacks.{language}", object=view.case.object_in(language)))
    notes += [call.say(note.code, **note.arguments) for note in (() if own else form_marks(wanted, language))]
    _answer(call, wanted, language, to, filled, notes)


def forms(
    ctx: typer.Context,
    write: Annotated[str | None, typer.Option("--write", metavar="FILE", help="cli.option.forms_page")] = None,
) -> None:
    from documents.forms import form as form_named
    from documents.forms import names, title

    call = CommandContext.of(ctx)
    if write is not None:
        from services.documents.forms_page import page

        _write(Path(write), page(call.language).encode())
        call.note(call.say("form.page.written", file=write))
        return
    known = [form_named(name) for name in names()]
    if call.json:
        call.answer(
            {
                "forms": [
                    {
                        "id": one.id,
                        "title": one.title[call.language],
                        "about": one.about,
                        "origin": one.origin,
                        "annex": one.annex,
                        "fields": {
                            field.id: {"title": title(field.id, call.language), "kind": field.kind}
                            for field in one.fields.values()
                        },
                        "rows": one.rows.columns if one.rows else (),
                        "groups": {group.id: [part.id for part in group.parts] for group in one.rows.groups}
                        if one.rows
                        else {},
                    }
                    for one in known
                ]
            }
        )
        return
    rows = [(one.id, one.title[call.language], call.say(f"form.about.{one.about}")) for one in known]
    call.table(("form", "title", "about"), rows)


def _check_duty(duty: str) -> None:
    if duty and duty not in DUTIES:
        raise BadArgument("form_duty_unknown", duty=duty, allowed=DUTIES)


def _wrong_approver(call: CommandContext, wanted: Form, duty: str, view: View | None) -> list[str]:
    from services.documents.filling import approvers_of

    allowed = [one for one in approvers_of(wanted, call.settings.office.kind, view) if one in DUTIES]
    if not duty or duty in allowed or not allowed:
        return []
    return [call.say("form.note.approver", allowed=allowed, duty=duty)]


def _write(file: Path, document: bytes) -> None:
    try:
        file.write_bytes(document)
    except OSError as trouble:
        raise NotWritten("form_not_written", file=str(file), problem=trouble.strerror or str(trouble)) from None


def public_pages(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER")],
) -> int:
    from web.pages.public import export_public_pages

    call = CommandContext.of(ctx)
    try:
        files = export_public_pages(call.ctx.app, Path(folder))
    except OSError as trouble:
        raise NotWritten("form_not_written", file=folder, problem=trouble.strerror or str(trouble)) from None
    if call.json:
        call.answer({"files": [str(file) for file in files]})
    else:
        call.print(call.say("cli.public_pages_written", count=len(files), folder=folder))
    return DONE


def _answer(
    call: CommandContext, wanted: Form, language: str, file: str, filled: FilledForm, more: list[str]
) -> None:
    notes = more + [call.say(note.code, **note.arguments) for note in filled.notes]
    if call.json:
        missing = [{"field": one.field, "row": one.row, "title": _title(call, one)} for one in filled.missing]
        call.answer({"form": wanted.id, "language": language, "file": file, "missing": missing, "notes": notes})
        return
    call.print(call.say("form.said.written", title=wanted.title[call.language], file=file))
    if filled.missing:
        call.print(call.say("form.said.missing"))
        for one in filled.missing:
            name = f"{one.field}: " if one.row is None else ""
            call.print(paragraph(name + _title(call, one), indent=2))
        call.print(call.say("form.said.how"))
    else:
        call.print(call.say("form.said.complete"))
    if notes:
        call.print(call.say("form.said.notes"))
        for note in notes:
            call.print(paragraph(note, indent=2))


def _title(call: CommandContext, one: Missing) -> str:
    from documents.forms import title

    said = title(one.field, call.language)
    return said if one.row is None else call.say("form.said.missing_in_row", row=one.row, title=said)
