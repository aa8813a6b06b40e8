"""How people are reached: `notices resend`, `digest`, `uploads-through`."""

from __future__ import annotations

from typing import Annotated

import typer

from merzim.cli.call import NOT_SO, Call
from merzim.cli.help import Command
from workflow.nearest import nearest_first
from workflow.refusal import Refusal

CHOICES = {"daily": "daily", "weekly": "weekly", "single": ""}


class UnknownPerson(Refusal, LookupError):
    """The office has nobody of that key."""


class UnknownUnit(Refusal, LookupError):
    """The office has no such unit."""


class UnknownChoice(Refusal, ValueError):
    """There is no such way to be reminded."""


def add_to(app: typer.Typer) -> None:
    """Hang the commands on the application; `notices resend` hangs on the register's own command."""
    app.command("digest", cls=Command, help="cli.help.digest")(digest)
    app.command("uploads-through", cls=Command, help="cli.help.uploads_through")(uploads_through)


def resend(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> int:
    from notifications.rules import opening

    call = Call.of(ctx)
    house, now = call.house, call.moment.now
    opens = opening(now, house.calendar, house.rules)
    done = house.outbox.resend(key, now=now, not_before=opens)
    if call.json:
        call.answer({"key": key, "queued": done})
    else:
        call.print(call.say("cli.resent" if done else "cli.not_resent", key=key))
    return 0 if done else NOT_SO


def digest(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON")],
    choice: Annotated[str | None, typer.Argument(metavar="[daily|weekly|single]")] = None,
) -> None:
    from storage.preferences import DIGEST, prefer

    call = Call.of(ctx)
    people = call.house.reads.office().people
    if person not in people:
        raise UnknownPerson("cli.unknown_person", person=person, allowed=nearest_first(person, people)[:5])
    if choice is not None:
        if choice not in CHOICES:
            raise UnknownChoice("cli.unknown_digest", choice=choice, allowed=tuple(CHOICES))
        prefer(call.house.engine, person, DIGEST, CHOICES[choice], by=call.by, now=call.moment.now)
        people = call.house.reads.office().people
    chosen = people[person].digest or "single"
    if call.json:
        call.answer({"person": person, "digest": chosen})
    else:
        call.print(call.say(f"cli.digest.{chosen}", name=people[person].name))


def uploads_through(
    ctx: typer.Context,
    unit: Annotated[str, typer.Argument(metavar="UNIT")],
    body: Annotated[str, typer.Argument(metavar="BODY")],
) -> None:
    from storage.preferences import UPLOADS_THROUGH, prefer

    call = Call.of(ctx)
    office = call.house.reads.office()
    places = [office.unit_named.get(" ".join(name.casefold().split())) for name in (unit, body)]
    for name, place in zip((unit, body), places, strict=True):
        if place is None:
            known = [one.name for one in office.units.values()]
            raise UnknownUnit("cli.unknown_unit", unit=name, allowed=nearest_first(name, known)[:5])
    own, through = (str(place) for place in places)
    value = "" if own == through else through
    prefer(call.house.engine, own, UPLOADS_THROUGH, value, by=call.by, now=call.moment.now)
    if call.json:
        call.answer({"unit": own, "uploads_through": value or None})
    else:
        names = {"unit": office.units[own].name, "body": office.units[through].name}
        call.print(call.say("cli.uploads_through" if value else "cli.uploads_itself", **names))
