"""Commands on how people are notified: `notices resend`, `digest`, `uploads-through`, `office-time`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from merzim.cli.call import NOT_SO, CommandContext
from merzim.cli.help import Command
from workflow.closest_matches import closest_first
from workflow.org.office_time import MONDAY_TO_FRIDAY
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from workflow.org.office import Office


class UnknownPerson(Refusal, LookupError):
    """The office has no person with this key."""


class UnknownUnit(Refusal, LookupError):
    """The office has no such unit."""


class UnknownChoice(Refusal, ValueError):
    """The digest choice does not exist."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application; `notices resend` belongs to the `notices` command."""
    app.command("digest", cls=Command, help="cli.help.digest")(digest)
    app.command("uploads-through", cls=Command, help="cli.help.uploads_through")(uploads_through)
    app.command("office-time", cls=Command, help="cli.help.office_time")(office_time)


def resend(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", metavar="NAME", help="cli.option.resend_channel")
    ] = None,
) -> int:
    from services.jobs.rounds import resend as again
    from services.jobs.rounds import resend_all

    call = CommandContext.of(ctx)
    if channel is not None:
        count = resend_all(call.app, channel, now=call.moment.now)
        if call.json:
            call.answer({"channel": channel, "queued": count})
        else:
            call.print(call.say("cli.resent_all", channel=channel, count=count))
        return 0 if count else NOT_SO
    if key is None:
        raise UnknownChoice("cli.resend_what")
    done = again(call.app, key, now=call.moment.now)
    if call.json:
        call.answer({"key": key, "queued": done})
    else:
        call.print(call.say("cli.resent" if done else "cli.not_resent", key=key))
    return 0 if done else NOT_SO


def digest(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    choice: Annotated[str | None, typer.Argument(metavar="[daily|weekly|single|default]")] = None,
) -> None:
    from notifications.digest_links import CHOICES, choice_of
    from storage.org.preferences import DIGEST, prefer

    call = CommandContext.of(ctx)
    call.creates_database = choice is not None
    people = call.app.reads.office().people
    if person not in people:
        raise UnknownPerson("cli.unknown_person", person=person, allowed=closest_first(person, people)[:5])
    if choice is not None:
        if choice not in CHOICES:
            raise UnknownChoice("cli.unknown_digest", choice=choice, allowed=tuple(CHOICES))
        prefer(call.app.engine, person, DIGEST, CHOICES[choice], by=call.by, now=call.moment.now)
        people = call.app.reads.office().people
    chosen = choice_of(people[person])
    if call.json:
        call.answer({"person": person, "digest": chosen})
    else:
        call.print(call.say(f"cli.digest.{chosen}", name=people[person].name))


def uploads_through(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    body: Annotated[str, typer.Argument(metavar="BODY")],
) -> None:
    from storage.org.preferences import UPLOADS_THROUGH, prefer

    call = CommandContext.of(ctx)
    office = call.app.reads.office()
    own, through = (_unit(office, name) for name in (unit, body))
    value = "" if own == through else through
    prefer(call.app.engine, own, UPLOADS_THROUGH, value, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"unit": own, "uploads_through": value or None})
    else:
        names = {"unit": call.name(own), "body": call.name(through)}
        call.print(call.say("cli.uploads_through" if value else "cli.uploads_itself", **names))


def acts(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    adopted: Annotated[list[str] | None, typer.Argument(metavar="[ACT ...]")] = None,
    none: Annotated[bool, typer.Option("--none", help="cli.option.no_acts")] = False,
) -> None:
    from services.law.overlays import follow_adopted_acts
    from storage.org.preferences import ACTS, prefer
    from workflow.org.office import acts_of

    call = CommandContext.of(ctx)
    call.creates_database = bool(adopted or none)
    before = call.app.reads.office()
    own, moment = _unit(before, unit), call.moment
    if adopted or none:
        value = " ".join(call.app.library.known_acts(adopted or ()))
        prefer(call.app.engine, own, ACTS, value, by=call.by, now=moment.now)
        follow_adopted_acts(call.app, before, own, by=call.by, now=moment.now, today=moment.today)
    office = call.app.reads.office()
    binding = acts_of(office, own) | frozenset(call.app.settings.regulations.acts)
    known = call.app.library.adopted_acts
    if call.json:
        call.answer({"unit": own, "adopted": office.units[own].acts, "in_force": sorted(binding)})
    else:
        rows = [
            (act.id, act.title[call.language], call.say(f"cli.acts.{'yes' if act.id in binding else 'no'}"))
            for act in known.values()
        ]
        call.table(("act", "title", "binds"), rows)


def office_time(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    hours: Annotated[
        str | None, typer.Option("--hours", metavar="HH:MM-HH:MM", help="cli.option.hours")
    ] = None,
    week: Annotated[str | None, typer.Option("--week", metavar="1-6", help="cli.option.week")] = None,
    off: Annotated[str | None, typer.Option("--off", metavar="DATE,...", help="cli.option.days_off")] = None,
    working: Annotated[
        str | None, typer.Option("--working", metavar="DATE,...", help="cli.option.days_of_work")
    ] = None,
) -> None:
    from documents.people import office_time as written
    from storage.org.preferences import OFFICE_TIME, prefer, time_text
    from workflow.org.office import time_of

    call = CommandContext.of(ctx)
    changes = any(given is not None for given in (hours, week, off, working))
    call.creates_database = changes
    app = call.app
    office = app.reads.office()
    here = _unit(office, unit)
    if changes:
        known = office.units[here].time
        said = written.office_time(
            hours=known.hours if hours is None else written.parse_hours(hours),
            week=known.week if week is None else written.parse_week(week),
            off=known.off if off is None else written.parse_days(off),
            working=known.working if working is None else written.parse_days(working),
        )
        prefer(app.engine, here, OFFICE_TIME, time_text(said), by=call.by, now=call.moment.now)
        office = app.reads.office()
    holds = time_of(office, here)
    first, last = holds.hours or app.settings.reminders.office_hours
    days = holds.week or MONDAY_TO_FRIDAY
    if call.json:
        call.answer(
            {
                "unit": here,
                "own": bool(office.units[here].time),
                "hours": [f"{first:%H:%M}", f"{last:%H:%M}"],
                "week": list(days),
                "days_off": list(holds.off),
                "days_of_work": list(holds.working),
            }
        )
        return
    call.print(
        call.say(
            "cli.office_time",
            unit=office.units[here].name,
            first=f"{first:%H:%M}",
            last=f"{last:%H:%M}",
            week=", ".join(call.say(f"office_time.day_{number}") for number in days),
        )
    )
    for code, several in (("cli.office_time_off", holds.off), ("cli.office_time_working", holds.working)):
        if several:
            call.print(call.say(code, days=several))


def _unit(office: Office, name: str) -> str:
    """Return the id of a unit given by id or name. Raises UnknownUnit."""
    place = office.unit_named.get(" ".join(name.casefold().split()))
    if place is None:
        known = [one.name for one in office.units.values()]
        raise UnknownUnit("cli.unknown_unit", unit=name, allowed=closest_first(name, known)[:5])
    return place
