"""The command `merzim calendar ...`: working days and holidays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import add_group
from merzim.cli.parsing import day, number, optional_day

if TYPE_CHECKING:
    from datetime import date

    from calendars.calendar import Calendar

Day = Annotated[str, typer.Argument(metavar="DATE")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="cli.option.as_of")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "calendar", day=show_day, add=add, count=count, year=year)


def show_day(ctx: typer.Context, on: Day, as_of: AsOf = None) -> int:
    call = CommandContext.of(ctx)
    days = _calendar(call, as_of)
    asked = days.day(_within(day(on, where="DATE")))
    knowledge = days.knowledge(asked.on, asked.on)
    kind = call.say(f"day.{asked.kind}")
    name = call.say(f"holiday.{asked.name}") if asked.name else None
    act = call.say("cli.act_of_day", act=asked.act) if asked.act else None
    if call.json:
        call.answer(
            {
                "date": asked.on,
                "working": asked.working,
                "kind": asked.kind,
                "kind_text": kind,
                "name": asked.name,
                "name_text": name,
                "act": asked.act,
                "calendar": knowledge,
                "calendar_version": days.version,
            }
        )
    else:
        code = "cli.day_working" if asked.working else "cli.day_off"
        call.print(call.say(code, on=asked.on))
        for line in (kind, name, act):
            if line:
                call.print("  " + line)
        if knowledge == "provisional":
            call.print("  " + call.say("provisional_year", year=asked.on.year))
        if days.library:
            call.print("  " + call.say("library_rules", calendar=days.library))
    return DONE if asked.working else NOT_SO


def add(
    ctx: typer.Context, on: Day, count: Annotated[str, typer.Argument(metavar="N")], as_of: AsOf = None
) -> None:
    call = CommandContext.of(ctx)
    days = _calendar(call, as_of)
    start, steps = _within(day(on, where="DATE")), number(count, where="N")
    reached = _within(days.add(start, steps))
    if call.json:
        call.answer(
            {
                "from": start,
                "count": steps,
                "date": reached,
                "calendar": days.knowledge(min(start, reached), max(start, reached)),
                "calendar_version": days.version,
            }
        )
    else:
        call.print(reached.isoformat())


def count(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="FIRST")],
    last: Annotated[str, typer.Argument(metavar="LAST")],
    as_of: AsOf = None,
) -> None:
    call = CommandContext.of(ctx)
    days = _calendar(call, as_of)
    begins, ends = _within(day(first, where="FIRST")), _within(day(last, where="LAST"))
    counted = days.count(begins, ends)
    if call.json:
        call.answer({"first": begins, "last": ends, "count": counted, "calendar_version": days.version})
    else:
        call.print(str(counted))


def year(ctx: typer.Context, of: Annotated[str, typer.Argument(metavar="YYYY")], as_of: AsOf = None) -> None:
    from calendars import LAST, layout
    from merzim.cli.year_table import printed

    call = CommandContext.of(ctx)
    days = _calendar(call, as_of)
    laid = layout.build_year(number(of, where="YYYY", first=days.first.year, last=LAST.year), days)
    if not call.json:
        call.print(printed(call, laid))
        return
    special = [
        {
            "date": day.on,
            "working": day.working,
            "kind": day.kind,
            "name": day.name,
            "act": day.act,
            "calendar": days.knowledge(day.on, day.on),
        }
        for day in laid.unusual
    ]
    call.answer(
        {
            "year": laid.number,
            "calendar": laid.knowledge,
            "calendar_version": laid.version,
            "working_days": laid.working,
            "months": [{"month": one.first.month, "working_days": one.working} for one in laid.months],
            "days": special,
        }
    )


def _within(on: date) -> date:
    """Return the day. Raises OutOfRange outside the records, although deadlines reach further."""
    from calendars.horizon import place

    place(on)
    return on


def _calendar(call: CommandContext, as_of: str | None) -> Calendar:
    """Return the office's calendar, as known on a day."""
    asked = optional_day(as_of, where="--as-of")
    app = call.app
    return app.calendar if asked is None else app.calendar_of(app.records, asked)
