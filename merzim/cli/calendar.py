"""Commands on days: `merzim calendar ...` (working days, holidays, a year) and `merzim calendar-change ...`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from calendars import LAST, layout
from calendars.horizon import index_of
from i18n import month_name
from merzim.cli.call import CommandContext
from merzim.cli.mount import command
from merzim.cli.parsing import number
from merzim.cli.rendering import picked
from merzim.services.law.calendar_acts import adopt_act, command_of, preview_act

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calendars.layout import CalendarYear, Month
    from merzim.services.law.calendar_acts import ActPreview, PersonImpact

AsOf = Annotated[date | None, "by what was known on that day"]


@command("calendar day DATE")
def show_day(call: CommandContext, on: date, as_of: AsOf = None) -> bool:
    """Whether a day is a working day, and why. Exit code 1 on a day off."""
    days = call.app.calendar.as_known(as_of)
    calendar_day = days.day(_in_records(on))
    answer = {
        **picked(calendar_day, "working", "kind", "name", "act"),
        "date": calendar_day.on,
        "kind_text": call.say(f"day.{calendar_day.kind}"),
        "name_text": call.say(f"holiday.{calendar_day.name}") if calendar_day.name else None,
        "calendar": days.knowledge(calendar_day.on, calendar_day.on),
        "calendar_version": days.version,
    }
    call.give(answer, "date", "working", "kind", "name", "act", name="holiday")
    if answer["calendar"] == "provisional":
        call.print(call.say("provisional_year", year=calendar_day.on.year))
    return calendar_day.working


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
    laid = layout.build_year(number(str(of), where="YYYY", first=days.first.year, last=LAST.year), days)
    names = ("working", "kind", "name", "act")
    answer = {
        "year": laid.number,
        "calendar": laid.knowledge,
        "calendar_version": laid.version,
        "working_days": laid.working,
        "months": [{"month": month.first.month, "working_days": month.working} for month in laid.months],
        "days": [
            {"date": day.on, **picked(day, *names), "calendar": days.knowledge(day.on, day.on)}
            for day in laid.unusual
        ],
    }
    call.answer(answer)
    call.print(call.say("cli.year.title", year=laid.number) + "\n")
    call.show({"months": _counts(call, laid)}, "months", *COUNTS)
    call.print()
    call.show(answer, "days", "date", "kind", "name", name="holiday")
    if laid.knowledge == "provisional":
        call.print("\n" + call.say("provisional_year", year=laid.number))


def _in_records(on: date) -> date:
    """Return the day if the calendar's records have it. Raises OutOfRange, although deadlines reach further."""
    index_of(on)
    return on


COUNTS = ("month", "calendar_days", "working_days", "days_off")


def _counts(call: CommandContext, year: CalendarYear) -> list[dict[str, object]]:
    """Return the counts of each month and quarter, and of the year."""
    rows = []
    for nth, quarter in enumerate(year.quarters, start=1):
        rows += [_count(month_name(month.first.month, call.language), [month]) for month in quarter]
        rows.append(_count(call.say("cli.year.quarter", quarter=nth), quarter))
    return [*rows, _count(call.say("cli.year.whole"), year.months)]


def _count(name: str, months: Sequence[Month]) -> dict[str, object]:
    size, working = sum(month.days for month in months), sum(month.working for month in months)
    return dict(zip(COUNTS, (name, size, working, size - working), strict=True))


MOVED = ("days", "date", "kind", "act", "deadlines", "case", "obligation", "from", "to", "people")


@command("calendar-change preview FILE.toml")
def preview(call: CommandContext, file: Path) -> None:
    """Shows what the act moves. Nothing is written."""
    act_preview = preview_act(call.ctx, command_of(file))
    call.give(_preview_answer(act_preview), *MOVED, titles=call.moved_titles)
    call.print("\n" + call.say("cli.calendar_change.totals", **_totals(act_preview)))
    code = "previewed_known" if act_preview.known else "previewed"
    call.print(call.say(f"cli.calendar_change.{code}"))


@command("calendar-change apply FILE.toml", writes=True)
def apply(call: CommandContext, file: Path) -> None:
    """Adopts the act and computes the deadlines anew. Unsent letters about the old dates are withdrawn."""
    act_preview = adopt_act(call.ctx, command_of(file))
    answer = {"applied": not act_preview.known, "written": act_preview.written}
    call.give(_preview_answer(act_preview) | answer, *MOVED, titles=call.moved_titles)
    code = "applied" if not act_preview.known else "finished" if act_preview.written else "nothing_changed"
    call.print("\n" + call.say(f"cli.calendar_change.{code}", written=act_preview.written))


def _preview_answer(act_preview: ActPreview) -> dict[str, object]:
    """Return what an act moves as JSON."""
    return {
        "known": act_preview.known,
        "calendar_version": {"before": act_preview.before.version, "after": act_preview.after.version},
        "days": [
            {
                "date": change.on,
                "working": {"before": change.before.working, "after": change.after.working},
                "kind": {"before": change.before.kind, "after": change.after.kind},
                "act": change.after.act,
            }
            for change in act_preview.days
        ],
        "deadlines": [_moved_answer(impact) for impact in act_preview.impacts],
        "totals": _totals(act_preview),
    }


def _totals(act_preview: ActPreview) -> dict[str, int]:
    return {
        "days": len(act_preview.days),
        "touched": len(act_preview.touched),
        "cases": len(act_preview.cases),
        "deadlines": len(act_preview.impacts),
        "people": len(act_preview.people),
    }


def _moved_answer(impact: PersonImpact) -> dict[str, object]:
    """Return a moved deadline as JSON, with the people who are told."""
    deadline = impact.moved
    return {
        "case": deadline.case,
        "obligation": deadline.id,
        "title": deadline.obligation.title,
        "state": deadline.state,
        "from": deadline.old,
        "to": deadline.new,
        "people": [{"key": person.key, "name": person.name} for person in impact.people],
    }
