"""Commands on many organisations: `merzim yearly-clock`, `merzim consolidated` and `merzim uploads`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command
from merzim.cli.parsing import BadArgument, number
from merzim.cli.printing import paragraph
from merzim.services.names import unit_named

if TYPE_CHECKING:
    from merzim.services.reports.consolidated import ConsolidatedReport, Ready
    from workflow.org.office import Office
    from workflow.reports.consolidated import Line
    from workflow.reports.yearly_clock import Turn


def yearly_clock(
    ctx: typer.Context,
    unit: Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")] = "",
    reading: Annotated[str, typer.Option("--reading", metavar="READING", help="cli.option.once_in")] = "",
) -> int:
    from merzim.services.yearly.clock import turns
    from workflow.reports.yearly_clock import READINGS

    call = CommandContext.of(ctx)
    if reading and reading not in READINGS:
        raise BadArgument("cli.unknown_reading", reading=reading, allowed=READINGS)
    office = call.app.reads.office()
    found = turns(call.app, unit_named(call.app, unit), once_in=reading or READINGS[0], today=call.moment.today)
    names = {unit.id: unit.name for unit in office.units.values()}
    if call.json:
        call.answer(
            {
                "today": call.moment.today,
                "organisations": [_turn_answer(turn, names) for turn in found],
            }
        )
    else:
        _print_turns(call, found, names)
    return NOT_SO if any(turn.state == "overdue" for turn in found) else DONE


def _print_turns(call: CommandContext, turns: tuple[Turn, ...], names: dict[str, str]) -> None:
    rows = [
        (
            names.get(turn.unit, turn.unit),
            turn.last,
            turn.closed_until,
            turn.due,
            turn.next_on,
            call.say(f"yearly_clock.{turn.state}"),
            call.say(f"yearly_clock.reading.{turn.once_in}"),
        )
        for turn in turns
    ]
    call.table(("unit", "last_ended", "closed_until", "due", "next_start", "state", "reading"), rows)
    call.print()
    for turn in turns:
        if turn.next_closed:
            arguments = {
                "unit": names.get(turn.unit, turn.unit),
                "on": turn.next_on,
            }
            call.print(paragraph(call.say("yearly_clock.next_closed", until=turn.closed_until, **arguments)))
    if any(turn.postponed for turn in turns):
        call.print(paragraph(call.say("yearly_clock.postponed")))
    call.print(paragraph(call.say("yearly_clock.practice")))


def _turn_answer(turn: Turn, names: dict[str, str]) -> dict[str, object]:
    """Return the clock of one unit as JSON."""
    return {
        "unit": turn.unit,
        "name": names.get(turn.unit, turn.unit),
        "state": turn.state,
        "reading": turn.once_in,
        "last_ended": turn.last,
        "last_case": turn.last_case or None,
        "external_ended": turn.external,
        "closed_until": turn.closed_until,
        "due": turn.due,
        "postponed": turn.postponed,
        "next_on": turn.next_on,
        "next_case": turn.next_case or None,
        "next_in_closed_window": turn.next_closed,
        "basis": "practice",
    }


Unit = Annotated[str, typer.Option("--unit", metavar="U", help="cli.option.unit")]
SUFFIXES = (".csv", ".xlsx")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("yearly-clock", cls=Command, help="cli.help.yearly_clock")(yearly_clock)
    app.command("consolidated", cls=Command, help="cli.help.consolidated")(consolidated)
    app.command("uploads", cls=Command, help="cli.help.uploads")(uploads)


def consolidated(
    ctx: typer.Context,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE")],
    obligation: Annotated[str, typer.Argument(metavar="OBLIGATION")],
    unit: Unit = "",
    year: Annotated[str | None, typer.Option("--year", metavar="Y", help="cli.option.year_of")] = None,
    export: Annotated[str | None, typer.Option("--export", metavar="FILE", help="cli.option.list_to")] = None,
) -> int:
    from merzim.services.reports.consolidated import consolidated as gathered

    call = CommandContext.of(ctx)
    today = call.moment.today
    year_number = today.year if year is None else number(year, where="--year", first=2000, last=2100)
    if export is not None and Path(export).suffix.lower() not in SUFFIXES:
        raise BadArgument("cli.unknown_list_suffix", file=export, allowed=SUFFIXES)
    place = unit_named(call.app, unit)
    report = gathered(call.app, procedure, obligation, unit=place, year=year_number, today=today)
    if export is not None:
        _export(call, report, Path(export))
    if call.json:
        call.answer(_as_answer(report, year_number))
    else:
        _print(call, report, year_number)
    return NOT_SO if report.form.silent else DONE


def uploads(ctx: typer.Context, unit: Unit = "") -> None:
    from merzim.services.reports.consolidated import uploads as ready

    call = CommandContext.of(ctx)
    office = call.app.reads.office()
    ready_units = ready(call.app, unit_named(call.app, unit), today=call.moment.today)
    if call.json:
        call.answer(
            {"today": call.moment.today, "uploads": [_upload(ready_unit, office) for ready_unit in ready_units]}
        )
        return
    if not ready_units and not call.lists:
        call.print(call.say("cli.uploads.nothing"))
        return
    rows = [
        (
            call.name(ready_unit.unit),
            call.name(ready_unit.through),
            ", ".join(person.name_in(call.language) for person in ready_unit.people),
            ready_unit.waiting.case.id,
            ready_unit.waiting.upload.id,
            document.obligation.title[call.language],
            document.on,
            document.documents,
        )
        for ready_unit in ready_units
        for document in ready_unit.waiting.ready
    ]
    call.table(("unit", "through", "who", "case", "upload", "what", "on", "documents"), rows)


def _print(call: CommandContext, report: ConsolidatedReport, year: int) -> None:
    title = report.obligation.title
    call.print(call.say("cli.consolidated.title", title=title, procedure=report.procedure.title, year=year))
    call.print()
    call.table(*_columns(call, report))
    call.print()
    for name, value in report.form.sums.items():
        call.print(call.say("cli.consolidated.sum", name=name, value=value))
    unit_count, silent = len(report.form.required), report.form.silent
    if not unit_count:
        call.print(call.say("cli.consolidated.nobody"))
    elif silent:
        names = tuple(call.name(unit) or "-" for unit in silent)
        call.print(call.say("cli.consolidated.silent", count=len(silent), asked=unit_count, names=names))
    else:
        call.print(call.say("cli.consolidated.all", asked=unit_count))


def _columns(
    call: CommandContext, report: ConsolidatedReport
) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the column names and the rows."""
    return ("unit", "case", "id", "due", "on", "late_by", "numbers", "documents"), [
        (
            call.name(line.unit),
            line.case or "-",
            line.obligation or "-",
            line.due,
            line.on,
            line.late_by,
            ", ".join(call.say("cli.value", value=name, number=value) for name, value in line.values.items()),
            line.evidence,
        )
        for line in report.form.lines
    ]


def _export(call: CommandContext, report: ConsolidatedReport, file: Path) -> None:
    """Write the table with one column for each number; organisations without a case get a row too."""
    from merzim.documents import Table, write_csv, write_tables

    numbers = list(dict.fromkeys((*report.obligation.values, *report.form.sums)))
    heads = [
        *call.heads("unit", "case", "id", "due", "on", "late_by"),
        *(call.say(f"value.{name}") for name in numbers),
    ]
    rows = [
        (
            call.name(line.unit),
            line.case,
            line.obligation,
            line.due,
            line.on,
            line.late_by,
            *(line.values.get(name) for name in numbers),
            line.evidence,
        )
        for line in report.form.lines
    ]
    table = Table([*heads, *call.heads("documents")], rows)
    if file.suffix.lower() == ".csv":
        write_csv(file, table)
    else:
        write_tables(file, [table])
    call.note(call.say("cli.consolidated.written", file=str(file), count=len(rows)))


def _as_answer(report: ConsolidatedReport, year: int) -> dict[str, object]:
    """Return the table as JSON."""
    form = report.form
    return {
        "procedure": report.procedure.id,
        "obligation": report.obligation.id,
        "year": year,
        "asked": form.required,
        "lines": [_line(line, report.office) for line in form.lines],
        "not_reported": form.silent,
        "sums": dict(form.sums),
    }


def _line(line: Line, office: Office) -> dict[str, object]:
    """Return the line of an organisation as JSON."""
    return {
        "unit": line.unit,
        "name": _name(office, line.unit),
        "case": line.case or None,
        "id": line.obligation or None,
        "due": line.due,
        "on": line.on,
        "state": line.state,
        "late_by_working_days": line.late_by,
        "values": dict(line.values),
        "evidence": line.evidence,
    }


def _upload(ready_unit: Ready, office: Office) -> dict[str, object]:
    """Return an upload as JSON."""
    return {
        "unit": ready_unit.unit,
        "through": ready_unit.through,
        "through_name": _name(office, ready_unit.through),
        "people": [{"key": person.key, "name": person.name} for person in ready_unit.people],
        "case": ready_unit.waiting.case.id,
        "upload": ready_unit.waiting.upload.id,
        "due": ready_unit.waiting.upload.due,
        "ready": [
            {
                "case": waiting_upload.case,
                "fact": waiting_upload.fact,
                "on": waiting_upload.on,
                "documents": waiting_upload.documents,
            }
            for waiting_upload in ready_unit.waiting.ready
        ],
    }


def _name(office: Office, unit: str) -> str:
    office_unit = office.units.get(unit)
    return office_unit.name if office_unit else unit
