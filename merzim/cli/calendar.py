"""Commands on days: `merzim calendar ...` (working days, holidays, a year) and `merzim calendar-change ...`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

from calendars import LAST, layout
from calendars.refusal import index_of
from i18n import month_name
from merzim.cli.call import CommandContext
from merzim.cli.mount import command, number
from merzim.cli.rendering import Json, picked
from merzim.services.law.calendar_acts import ActPreview, adopt_act, command_of, preview_act

AsOf = Annotated[date | None, "by what was known on that day"]
MOVED = ("days", "date", "kind", "act", "deadlines", "case", "obligation", "from", "to", "people")


@command("calendar day DATE")
def show_day(call: CommandContext, on: date, as_of: AsOf = None) -> bool:
    """Whether a day is a working day, and why. Exit code 1 on a day off."""
    days = call.app.calendar.as_known(as_of)
    day, knowledge = days.day(_in_records(on)), days.knowledge(on, on)
    answer = {
        **picked(day, "working", "kind", "name", "act"),
        "date": on,
        "kind_text": call.say(f"day.{day.kind}"),
        "name_text": call.say(f"holiday.{day.name}") if day.name else None,
        "calendar": knowledge,
        "calendar_version": days.version,
    }
    call.give(answer, "date", "working", "kind", "name", "act", name="holiday")
    if knowledge == "provisional":
        call.print(call.say("provisional_year", year=on.year))
    return day.working


@command("calendar add DATE N")
def add(call: CommandContext, on: date, count: int, as_of: AsOf = None) -> None:
    """The N-th working day after a date (before it when N is negative); the date itself is not counted."""
    days = call.app.calendar.as_known(as_of)
    reached = _in_records(days.add_working_days(_in_records(on), count))
    knowledge = days.knowledge(min(on, reached), max(on, reached))
    answer = {"from": on, "count": count, "date": reached, "calendar": knowledge}
    call.answer({**answer, "calendar_version": days.version})
    call.print(reached.isoformat())


@command("calendar count FIRST LAST")
def count(call: CommandContext, first: date, last: date, as_of: AsOf = None) -> None:
    """How many working days there are from the first date to the last, both included."""
    days = call.app.calendar.as_known(as_of)
    day_count = days.count_working_days(_in_records(first), _in_records(last))
    call.answer({"first": first, "last": last, "count": day_count, "calendar_version": days.version})
    call.print(str(day_count))


@command("calendar year YYYY")
def year(call: CommandContext, of: int, as_of: AsOf = None) -> None:
    """The production calendar of a year, as a table to print."""
    days = call.app.calendar.as_known(as_of)
    laid = layout.build_year(number(str(of), "YYYY", first=days.first.year, last=LAST.year), days)
    answer = {
        "year": laid.number,
        "calendar": laid.knowledge,
        "calendar_version": laid.version,
        "working_days": laid.working,
        "months": [{"month": month.first.month, "working_days": month.working} for month in laid.months],
        "days": [
            {
                "date": day.on,
                **picked(day, "working", "kind", "name", "act"),
                "calendar": days.knowledge(day.on, day.on),
            }
            for day in laid.unusual
        ],
    }
    counts = [_count(month_name(month.first.month, call.language), month) for month in laid.months]
    call.answer(answer)
    call.print(call.say("cli.year.title", year=laid.number) + "\n")
    call.show({"months": [*counts, _count(call.say("cli.year.whole"), laid)]}, "months", *counts[0])
    call.print()
    call.show(answer, "days", "date", "kind", "name", name="holiday")
    if laid.knowledge == "provisional":
        call.print("\n" + call.say("provisional_year", year=laid.number))


def _count(name: str, of: layout.CalendarDays) -> Json:
    """Return how many days a month or year has."""
    working, days = of.working, of.days
    return {"month": name, "calendar_days": days, "working_days": working, "days_off": days - working}


def _in_records(on: date) -> date:
    """Return the day if the calendar's records have it. Raises OutOfRange, although deadlines reach further."""
    index_of(on)
    return on


@command("calendar-change preview FILE.toml")
def preview(call: CommandContext, file: Path) -> None:
    """Shows what the act moves. Nothing is written."""
    effect = preview_act(call.ctx, command_of(file))
    answer = _effect(effect)
    call.give(answer, *MOVED)
    call.print("\n" + call.say("cli.calendar_change.totals", **answer["totals"]))
    call.print(call.say(f"cli.calendar_change.{'previewed_known' if effect.known else 'previewed'}"))


@command("calendar-change apply FILE.toml", writes=True)
def apply(call: CommandContext, file: Path) -> None:
    """Adopts the act and computes the deadlines anew. Unsent letters about the old dates are withdrawn."""
    effect = adopt_act(call.ctx, command_of(file))
    call.give(_effect(effect) | {"applied": not effect.known, "written": effect.written}, *MOVED)
    code = "applied" if not effect.known else "finished" if effect.written else "nothing_changed"
    call.print("\n" + call.say(f"cli.calendar_change.{code}", written=effect.written))


def _effect(act_preview: ActPreview) -> dict[str, Any]:
    """Return what an act moves as JSON, with the people who are told."""

    def both(of: Any, name: str) -> Json:
        return {side: getattr(getattr(of, side), name) for side in ("before", "after")}

    return {
        "known": act_preview.known,
        "calendar_version": both(act_preview, "version"),
        "days": [
            {
                "date": change.on,
                **{name: both(change, name) for name in ("working", "kind")},
                "act": change.after.act,
            }
            for change in act_preview.days
        ],
        "deadlines": [
            {
                "case": impact.moved.case,
                "obligation": impact.moved.id,
                "title": impact.moved.obligation.title,
                "state": impact.moved.state,
                "from": impact.moved.old,
                "to": impact.moved.new,
                "people": [picked(person, "key", "name") for person in impact.people],
            }
            for impact in act_preview.impacts
        ],
        "totals": {
            "deadlines": len(act_preview.impacts),
            **{name: len(getattr(act_preview, name)) for name in ("days", "touched", "cases", "people")},
        },
    }
