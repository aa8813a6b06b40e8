"""The commands `merzim form` and `merzim forms`: documents to sign."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from merzim.cli.call import CommandContext
from merzim.cli.parsing import BadArgument, number
from merzim.cli.printing import paragraph
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from merzim.documents.forms import FilledForm, Form, Missing
    from workflow.cases.commands.case_commands import View


DUTIES = ("head", "deputy", "chief_of_staff", "ethics_officer")
"""Duties allowed for --approver."""


class NotWritten(Refusal, OSError):
    """The file exists already, or cannot be written."""


def form(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="CASE|FORM")],
    second: Annotated[str | None, typer.Argument(metavar="FORM")] = None,
    to: Annotated[str, typer.Option("--to", metavar="FILE", help="the file to write (.docx)")] = "",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="the value of a field; a list field as often as it has items"
        ),
    ] = None,
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="FILE", help="a CSV, XLSX or JSON file with the rows")
    ] = None,
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="the unit")] = "",
    year: Annotated[str | None, typer.Option("--year", metavar="Y", help="the report year")] = None,
    quarter: Annotated[
        str | None,
        typer.Option(
            "--quarter",
            metavar="Q",
            help="the quarter of a report: 1 to 4, 0 for the year; left out, the last that has ended",
        ),
    ] = None,
    person: Annotated[
        str, typer.Option("--person", metavar="WHO", help="whom the policy's form is for: name or key")
    ] = "",
    row: Annotated[
        str, typer.Option("--row", metavar="ID", help="row of a register the form is filled from")
    ] = "",
    approver: Annotated[
        str,
        typer.Option(
            "--approver", metavar="DUTY", help="who approves: head, deputy, chief_of_staff, ethics_officer"
        ),
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="write over a file that is there")] = False,
) -> None:
    """A form (DOCX) filled from a case, ready to be signed; what is unknown is left as ruled lines.

    Without a case: --unit, --year, --rows.
    """
    from merzim.documents.child import read
    from merzim.documents.forms import FormData, fill, form_marks
    from merzim.documents.forms import form as form_named
    from merzim.documents.forms.rows_file import read_data
    from merzim.services.documents.filling import foreign_names, from_case, given
    from merzim.services.documents.templates import own_template
    from merzim.services.documents.year_reports import (
        people_in_rows,
        quarter_of_report,
        report_data,
        rows_in_report,
        unanswered_notes,
    )
    from merzim.services.names import unit_named
    from merzim.services.registers.texts import text_notes

    call = CommandContext.of(ctx)
    case, name = (first, second) if second else ("", first)
    definition = form_named(name)
    language = call.paper_language
    if not to:
        raise BadArgument("cli.missing_parameter", name="--to FILE")
    if Path(to).exists() and not replace:
        raise NotWritten("form_exists", file=to)
    if definition.about == "case" and not case:
        raise BadArgument("form_case_needed", form=name)
    app, today = call.app, call.moment.today
    _check_duty(approver)
    view = report_year = None
    period: dict[str, Any] = {"year": None}
    if case and definition.about == "case":
        view = app.case_commands.view(case, today=today)
        data = from_case(app, definition, view, language, today=today, approver=approver)
    else:
        of = unit_named(app, unit) or (app.case_commands.view(case, today=today).case.unit if case else "")
        report_year = number(year, where="--year", first=2000, last=2100) if year else None
        report_quarter = number(quarter, where="--quarter", first=0, last=4) if quarter else None
        if report_quarter is not None and report_year is None:
            raise BadArgument("cli.missing_parameter", name="--year Y")
        of_year = quarter_of_report(definition, report_year, report_quarter, today=today) if report_year else 0
        period = {"year": report_year, "quarter": of_year}
        data = report_data(
            call.ctx, definition, language, unit=of, **period, person=person, row=row, approver=approver
        )
    given_rows = (
        read(read_data, call.given(rows, "xlsx", "json", "csv"), form=definition.id) if rows else FormData()
    )
    values = {**data.fields, **given_rows.fields, **given(definition, set_ or [])}
    looked_up = () if given_rows.rows else data.looked_up
    office_template = own_template(app, definition.id, language)
    filled = fill(
        definition,
        values,
        language,
        rows=given_rows.rows or data.rows,
        looked_up=looked_up,
        office_template=office_template,
    )
    _write(Path(to), filled.document)
    notes = _wrong_approver(call, definition, approver, view)
    where = view.case.unit if view is not None else unit_named(app, unit)
    register_rows = rows_in_report(call.ctx, definition, unit=where, **period) if view is None else ()
    person_keys = people_in_rows(register_rows)
    foreign = foreign_names(
        *(app, definition, language),
        unit=where,
        today=today,
        view=view,
        approver=approver,
        person_keys=person_keys,
    )
    if foreign:
        notes.append(call.say(f"form.note.foreign_{language}", names=foreign))
    if report_year:
        office = app.reads.office()
        open_rows = [
            *text_notes(register_rows, [language], office, speaks=call.language),
            *unanswered_notes(call.ctx, definition, unit=of, **period),
        ]
        notes += [call.say(note.code, **note.arguments) for note in open_rows]
    if (
        view is not None
        and view.case.lacks_object_in(language)
        and view.case.object not in view.procedure.bodies
    ):
        notes.append(call.say(f"passport.lacks.{language}", object=view.case.object_in(language)))
    notes += [
        call.say(note.code, **note.arguments)
        for note in (() if office_template else form_marks(definition, language))
    ]
    _answer(call, definition, language, to, filled, notes)


def forms(
    ctx: typer.Context,
) -> None:
    """Which forms there are; with --json, their fields and columns."""
    from merzim.documents.forms import form as form_named
    from merzim.documents.forms import names, title

    call = CommandContext.of(ctx)
    definitions = [form_named(name) for name in names()]
    if call.json:
        call.answer(
            {
                "forms": [
                    {
                        "id": definition.id,
                        "title": definition.title[call.language],
                        "about": definition.about,
                        "origin": definition.origin,
                        "annex": definition.annex,
                        "fields": {
                            field.id: {"title": title(field.id, call.language), "kind": field.kind}
                            for field in definition.fields.values()
                        },
                        "rows": definition.rows.columns if definition.rows else (),
                        "groups": {
                            group.id: [part.id for part in group.parts] for group in definition.rows.groups
                        }
                        if definition.rows
                        else {},
                    }
                    for definition in definitions
                ]
            }
        )
        return
    rows = [
        (definition.id, definition.title[call.language], call.say(f"form.about.{definition.about}"))
        for definition in definitions
    ]
    call.table(("form", "title", "about"), rows)


def _check_duty(duty: str) -> None:
    if duty and duty not in DUTIES:
        raise BadArgument("form_duty_unknown", duty=duty, allowed=DUTIES)


def _wrong_approver(call: CommandContext, definition: Form, duty: str, view: View | None) -> list[str]:
    from merzim.services.documents.filling import approvers_of

    allowed = [
        approver for approver in approvers_of(definition, call.settings.office.kind, view) if approver in DUTIES
    ]
    if not duty or duty in allowed or not allowed:
        return []
    return [call.say("form.note.approver", allowed=allowed, duty=duty)]


def _write(file: Path, document: bytes) -> None:
    try:
        file.write_bytes(document)
    except OSError as trouble:
        raise NotWritten("form_not_written", file=str(file), problem=trouble.strerror or str(trouble)) from None


def _answer(
    call: CommandContext, definition: Form, language: str, file: str, filled: FilledForm, extra_notes: list[str]
) -> None:
    notes = extra_notes + [call.say(note.code, **note.arguments) for note in filled.notes]
    if call.json:
        missing = [
            {"field": missing_field.field, "row": missing_field.row, "title": _title(call, missing_field)}
            for missing_field in filled.missing
        ]
        call.answer(
            {"form": definition.id, "language": language, "file": file, "missing": missing, "notes": notes}
        )
        return
    call.print(call.say("form.said.written", title=definition.title[call.language], file=file))
    if filled.missing:
        call.print(call.say("form.said.missing"))
        for missing_field in filled.missing:
            name = f"{missing_field.field}: " if missing_field.row is None else ""
            call.print(paragraph(name + _title(call, missing_field), indent=2))
        call.print(call.say("form.said.how"))
    else:
        call.print(call.say("form.said.complete"))
    if notes:
        call.print(call.say("form.said.notes"))
        for note in notes:
            call.print(paragraph(note, indent=2))


def _title(call: CommandContext, missing_field: Missing) -> str:
    from merzim.documents.forms import title

    field_title = title(missing_field.field, call.language)
    return (
        field_title
        if missing_field.row is None
        else call.say("form.said.missing_in_row", row=missing_field.row, title=field_title)
    )


COMMANDS: dict[str, Callable[..., object]] = {
    "form": form,
    "forms": forms,
}
