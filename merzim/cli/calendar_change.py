"""The command `merzim calendar-change preview|apply FILE`: adopts an act that moves days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.answers import moved, print_moved
from merzim.cli.call import CommandContext
from merzim.cli.help import add_group

if TYPE_CHECKING:
    from calendars.calendar import Day
    from services.law.calendar_acts import ActPreview

File = Annotated[str, typer.Argument(metavar="FILE.toml")]


def add_to(app: typer.Typer) -> None:
    """Add the group to the application."""
    add_group(app, "calendar-change", preview=preview, apply=apply)


def preview(ctx: typer.Context, file: File) -> None:
    from services.law.calendar_acts import act_in, preview_act

    call = CommandContext.of(ctx)
    shown = preview_act(call.ctx, act_in(call.given(file, "toml")))
    if call.json:
        call.answer(_answer(call, shown))
        return
    _print(call, shown)
    code = "previewed_known" if shown.known else "previewed"
    call.print("\n" + call.say(f"cli.calendar_change.{code}"))


def apply(ctx: typer.Context, file: File) -> None:
    from services.law.calendar_acts import act_in, adopt_act

    call = CommandContext.of(ctx)
    shown = adopt_act(call.ctx, act_in(call.given(file, "toml")))
    if call.json:
        call.answer(_answer(call, shown) | {"applied": not shown.known, "written": shown.written})
    elif shown.known:
        code = "finished" if shown.written else "nothing_changed"
        call.print(call.say(f"cli.calendar_change.{code}", written=shown.written))
    else:
        _print(call, shown)
        call.print("\n" + call.say("cli.calendar_change.applied", written=shown.written))


def _print(call: CommandContext, shown: ActPreview) -> None:
    """Print a preview."""
    if shown.days:
        call.print(call.say("cli.calendar_change.days"))
        days = [(one.on, _kind(call, one.before), _kind(call, one.after), one.after.act) for one in shown.days]
        call.table(("date", "worked_before", "worked_after", "act"), days, indent=2)
    else:
        call.print(call.say("cli.calendar_change.no_days"))
    call.print()
    print_moved(call, shown.impacts)
    call.print("\n" + call.say("cli.calendar_change.totals", **_totals(shown)))


def _answer(call: CommandContext, shown: ActPreview) -> dict[str, object]:
    """Return a preview as JSON."""
    return {
        "known": shown.known,
        "calendar_version": {"before": shown.before.version, "after": shown.after.version},
        "days": [
            {
                "date": one.on,
                "working": {"before": one.before.working, "after": one.after.working},
                "kind": {"before": one.before.kind, "after": one.after.kind},
                "act": one.after.act,
            }
            for one in shown.days
        ],
        "deadlines": [moved(call, one) for one in shown.impacts],
        "totals": _totals(shown),
    }


def _totals(shown: ActPreview) -> dict[str, int]:
    """Return the totals of a preview."""
    return {
        "days": len(shown.days),
        "touched": len(shown.touched),
        "cases": len(shown.cases),
        "deadlines": len(shown.impacts),
        "people": len(shown.people),
    }


def _kind(call: CommandContext, day: Day) -> str:
    """Return the kind of a day in words."""
    return call.say(f"day.{day.kind}")
