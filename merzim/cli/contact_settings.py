"""Commands on how people are notified: `digest`, `uploads-through`, `office-time`, `telegram`, resending."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import DONE, NOT_SO, CommandContext
from merzim.cli.help import Command, add_group
from workflow.refusal import Refusal


class UnknownChoice(Refusal, ValueError):
    """The digest choice does not exist."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application; `notices resend` belongs to the `notices` command."""
    app.command("digest", cls=Command, help="cli.help.digest")(digest)
    app.command("uploads-through", cls=Command, help="cli.help.uploads_through")(uploads_through)
    app.command("office-time", cls=Command, help="cli.help.office_time")(office_time)
    app.command("acts", cls=Command, help="cli.help.acts")(acts)
    add_group(app, "telegram", link=link, links=links, unlink=unlink)


def resend(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", metavar="NAME", help="cli.option.resend_channel")
    ] = None,
) -> int:
    from merzim.services.jobs.rounds import resend as again
    from merzim.services.jobs.rounds import resend_all

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
    is_queued = again(call.app, key, now=call.moment.now)
    if call.json:
        call.answer({"key": key, "queued": is_queued})
    else:
        call.print(call.say("cli.resent" if is_queued else "cli.not_resent", key=key))
    return 0 if is_queued else NOT_SO


def digest(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    choice: Annotated[str | None, typer.Argument(metavar="[daily|weekly|single|default]")] = None,
) -> None:
    from merzim.services.names import person_named
    from merzim.services.people.staff import ChooseDigest, choose_digest
    from notifications.letter_links import CHOICES, choice_of

    call = CommandContext.of(ctx)
    call.creates_database = choice is not None
    key = person_named(call.app, person, required=True)
    if choice is not None:
        if choice not in CHOICES:
            raise UnknownChoice("cli.unknown_digest", choice=choice, allowed=tuple(CHOICES))
        choose_digest(call.ctx, ChooseDigest.model_validate({"person": key, "digest": CHOICES[choice]}))
    recipient = call.app.reads.office().people[key]
    chosen = choice_of(recipient)
    if call.json:
        call.answer({"person": key, "digest": chosen})
    else:
        call.print(call.say(f"cli.digest.{chosen}", name=recipient.name))


def uploads_through(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    body: Annotated[str, typer.Argument(metavar="BODY")],
) -> None:
    from merzim.services.people.staff import ChangeUnit, change_unit

    call = CommandContext.of(ctx)
    unit_result = change_unit(call.ctx, ChangeUnit(unit=unit, uploads_through=body))
    through = unit_result.uploads_through
    if call.json:
        call.answer({"unit": unit_result.id, "uploads_through": through})
    else:
        names = {"unit": call.name(unit_result.id), "body": call.name(through or unit_result.id)}
        call.print(call.say("cli.uploads_through" if through else "cli.uploads_itself", **names))


def acts(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    adopted: Annotated[list[str] | None, typer.Argument(metavar="[ACT ...]")] = None,
    none: Annotated[bool, typer.Option("--none", help="cli.option.no_acts")] = False,
) -> None:
    from merzim.services.people.staff import ChangeUnit, change_unit, find_unit
    from workflow.org.office import acts_of

    call = CommandContext.of(ctx)
    call.creates_database = bool(adopted or none)
    unit_id = find_unit(call.app.reads.office(), unit).id
    if adopted or none:
        change_unit(call.ctx, ChangeUnit(unit=unit_id, acts=adopted or []))
    office = call.app.reads.office()
    binding = acts_of(office, unit_id) | frozenset(call.app.settings.regulations.acts)
    adopted_acts = call.app.library.adopted_acts
    if call.json:
        call.answer({"unit": unit_id, "adopted": office.units[unit_id].acts, "in_force": sorted(binding)})
    else:
        rows = [
            (act.id, act.title[call.language], call.say(f"cli.acts.{'yes' if act.id in binding else 'no'}"))
            for act in adopted_acts.values()
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
    from merzim.documents.people import office_time as written
    from merzim.services.people.staff import ChangeUnit, change_unit, find_unit, own_hours
    from workflow.org.office import time_of
    from workflow.org.office_time import MONDAY_TO_FRIDAY

    call = CommandContext.of(ctx)
    changes = any(option is not None for option in (hours, week, off, working))
    call.creates_database = changes
    app = call.app
    office_unit = find_unit(app.reads.office(), unit)
    if changes:
        own_time = office_unit.time
        changed_time = written.office_time(
            hours=own_time.hours if hours is None else written.parse_hours(hours),
            week=own_time.week if week is None else written.parse_week(week),
            off=own_time.off if off is None else written.parse_days(off),
            working=own_time.working if working is None else written.parse_days(working),
        )
        change_unit(call.ctx, ChangeUnit(unit=office_unit.id, time=own_hours(changed_time)))
    office = app.reads.office()
    holds = time_of(office, office_unit.id)
    first, last = holds.hours or app.settings.reminders.office_hours
    days = holds.week or MONDAY_TO_FRIDAY
    if call.json:
        call.answer(
            {
                "unit": office_unit.id,
                "own": bool(office.units[office_unit.id].time),
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
            unit=office_unit.name,
            first=f"{first:%H:%M}",
            last=f"{last:%H:%M}",
            week=", ".join(call.say(f"office_time.day_{number}") for number in days),
        )
    )
    for code, several in (("cli.office_time_off", holds.off), ("cli.office_time_working", holds.working)):
        if several:
            call.print(call.say(code, days=several))


PersonKey = Annotated[str, typer.Argument(metavar="PERSON")]


def link(ctx: typer.Context, person: PersonKey) -> None:
    from merzim.services.accounts.telegram import offer
    from merzim.services.moments import almaty

    call = CommandContext.of(ctx)
    offered = offer(call.ctx, person)
    if call.json:
        call.answer(offered.model_dump(mode="json"))
        return
    name, until = (
        call.app.reads.office().people[offered.person].name_in(call.language),
        offered.until.astimezone(almaty()),
    )
    call.print(call.say("telegram.offered", person=name, until=f"{until:%H:%M}"))
    call.print(f"  {offered.code}")
    call.print(f"  {offered.address}")


def links(ctx: typer.Context) -> None:
    from merzim.services.accounts.telegram import linked

    call = CommandContext.of(ctx)
    pairs = linked(call.app)
    if call.json:
        rows = [
            {
                "person": link.person,
                "name": person.name if person else None,
                "language": link.language,
                "linked_at": link.linked_at,
                "blocked_at": link.blocked_at,
            }
            for person, link in pairs
        ]
        call.answer({"links": rows})
        return
    if not pairs:
        call.print(call.say("telegram.nobody_linked"))
        return
    call.table(
        ("who", "language", "at", "state"),
        [
            (
                f"{person.name} ({link.person})" if person else link.person,
                link.language,
                link.linked_at.date(),
                call.say("telegram.blocked", since=link.blocked_at.date())
                if link.blocked_at
                else call.say("telegram.reached"),
            )
            for person, link in pairs
        ],
    )


def unlink(ctx: typer.Context, person: PersonKey) -> int:
    from merzim.services.names import person_named

    call = CommandContext.of(ctx)
    key = person_named(call.app, person, required=True)
    was = call.app.links.unlink(key, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"person": key, "unlinked": was})
    else:
        name = call.app.reads.office().people[key].name_in(call.language)
        call.print(call.say("telegram.unlinked" if was else "telegram.not_linked", person=name))
    return DONE if was else NOT_SO
