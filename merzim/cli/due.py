"""Commands that list open deadlines: `merzim due` and `merzim overdue`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.parsing import BadArgument, optional_day
from merzim.services.names import cases_of, title, unit_named

if TYPE_CHECKING:
    from workflow.board.rows import Row

AHEAD = 7
Unit = Annotated[str, typer.Option("--unit", metavar="U", help="the unit")]


def due(
    ctx: typer.Context,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="until which day, included")
    ] = None,
    unit: Unit = "",
) -> None:
    """What is due; without --until for seven working days."""
    call = CommandContext.of(ctx)
    app, today = call.app, call.moment.today
    last = optional_day(until, where="--until") or app.calendar.add_working_days(today, AHEAD)
    if last < today:
        raise BadArgument("cli.until_before_today", until=last, today=today)
    rows = app.reads.due(today, last, unit_named(app, unit) or None)
    if not rows and not call.json:
        call.print(call.say("cli.nothing_due", until=last))
    else:
        _show(call, rows, today, extra={"until": last})


def overdue(ctx: typer.Context, unit: Unit = "") -> int:
    """What is overdue. Exit code 1 when there is anything."""
    call = CommandContext.of(ctx)
    app, today = call.app, call.moment.today
    rows = app.reads.overdue(today, unit_named(app, unit) or None)
    if not rows and not call.json:
        call.print(call.say("cli.nothing_overdue", today=today))
    else:
        _show(call, rows, today, extra={})
    return NOT_SO if rows else DONE


def _show(call: CommandContext, rows: Sequence[Row], today: date, *, extra: dict[str, object]) -> None:
    from workflow.deadlines.lateness import late_by

    app = call.app
    heads = cases_of(app.reads, rows)
    titles = {(row.case, row.obligation): title(app, heads[row.case], row.obligation) for row in rows}
    if call.json:
        call.answer(
            {
                "today": today,
                **extra,
                "obligations": [
                    {
                        "case": row.case,
                        "object": heads[row.case].object_in(call.language),
                        "unit": row.unit,
                        "id": row.obligation,
                        "title": titles[row.case, row.obligation][call.language],
                        "stage": row.stage,
                        "due": row.due,
                        "safe_by": row.safe_by,
                        "late_by_working_days": late_by(row.due, today, app.calendar),
                        "status": row.status,
                        "calendar": row.calendar,
                        "force": row.force,
                        "stake": row.stake,
                    }
                    for row in rows
                ],
            }
        )
        return
    lines = [
        (
            row.due,
            late_by(row.due, today, app.calendar),
            row.case,
            heads[row.case].object_in(call.language),
            titles[row.case, row.obligation][call.language],
            call.say(f"cli.force.{row.force}"),
            row.obligation,
        )
        for row in rows
    ]
    call.table(("due", "late_by", "case", "object", "what", "force", "id"), lines)


COMMANDS: dict[str, Callable[..., object]] = {
    "due": due,
    "overdue": overdue,
}
