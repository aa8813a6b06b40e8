"""The commands `due` and `overdue`: rows of the board, read without the verbs on cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

from merzim.cli.call import CommandContext
from merzim.cli.mount import command
from merzim.cli.parsing import Unit
from merzim.cli.printing import with_period
from merzim.cli.rendering import picked
from merzim.services.names import cases_of, obligation_of, unit_named
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.cases.registers.rows import period_in
from workflow.deadlines.deadline import late_by
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from workflow.board.rows import Row

AHEAD = 7
"""Working days that `due` looks ahead."""


@command("due")
def due(
    call: CommandContext,
    until: Annotated[date | None, "until which day, included"] = None,
    unit: Unit = "",
) -> None:
    """What is due; without --until for seven working days."""
    app, today = call.app, call.moment.today
    last = until or app.calendar.add_working_days(today, AHEAD)
    if last < today:
        raise Refusal("cli.until_before_today", until=last, today=today)
    horizon, place = Horizon(today=today, soon=last), unit_named(app, unit) or None
    rows = app.reads.listed(DeadlineFilter(urgency="due", horizon=horizon, unit=place))
    _print_rows(call, rows, {"until": last}, call.say("cli.nothing_due", until=last))


@command("overdue")
def overdue(call: CommandContext, unit: Unit = "") -> bool:
    """What is overdue. Exit code 1 when there is anything."""
    app, today, place = call.app, call.moment.today, unit_named(call.app, unit) or None
    rows = app.reads.listed(DeadlineFilter(urgency="overdue", horizon=call.ctx.horizon, unit=place))
    unconfirmed = DeadlineFilter(urgency="unconfirmed", horizon=call.ctx.horizon, unit=place)
    count = 0 if rows else app.reads.count(unconfirmed)
    code = "cli.nothing_overdue_unconfirmed" if count else "cli.nothing_overdue"
    _print_rows(call, rows, {}, call.say(code, today=today, count=count))
    return not rows


def _print_rows(call: CommandContext, rows: Sequence[Row], extra: dict[str, date], none: str) -> None:
    """Print obligations as a table; the sentence `none` when there are none."""
    app, today, language = call.app, call.moment.today, call.language
    heads = cases_of(app.reads, rows)
    lines = []
    for row in rows:
        case, name = heads[row.case], row.obligation
        title = obligation_of(app, case, name).title[language]
        line = {
            **picked(row, "case", "unit", "stage", "due", "safe_by", "status", "calendar", "force"),
            "object": case.object_in(language),
            "id": name,
            "title": title if call.json else with_period(title, period_in(name), call),
            "late_by_working_days": late_by(row.due, today, app.calendar),
        }
        lines.append(line)
    columns = ("due", "late_by_working_days", "case", "object", "title", "force", "id")
    if lines or call.json:
        call.give({"today": today, **extra, "obligations": lines}, "obligations", *columns)
    else:
        call.print(none)
