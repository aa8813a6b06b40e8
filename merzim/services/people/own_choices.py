"""What readers choose for themselves: leave and deputy, how often letters come and in which language."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel

from merzim.services.context import RequestContext, stamp
from merzim.services.inputs import Day, Key, LanguageCode
from merzim.services.people.staff import NoSuchPerson
from merzim.services.verbs import Command, verb
from notifications.letter_links import CHOICES
from workflow.org.office import Person
from workflow.refusal import Refusal

LONGEST_LEAVE = timedelta(days=366)


class BadLeave(Refusal, ValueError):
    """The account belongs to no person, the days are invalid, or the deputy is not possible."""


class Away(Command):
    """Days of leave, both included; without them the leave is cancelled. `deputy`: a person's key."""

    first: Day | None = None
    last: Day | None = None
    deputy: Key | None = None


class LeaveAnswer(BaseModel):
    first: date | None
    last: date | None
    deputy: str | None


@verb("record")
def set_leave(ctx: RequestContext, command: Away) -> LeaveAnswer:
    """Set the reader's leave and deputy."""
    first, last = command.first or command.last, command.last or command.first
    office = ctx.reads.office()
    person = office.people.get(ctx.reader.person)
    if person is None:
        raise BadLeave("web.desk.no_person")
    if first and last and (last < first or last < ctx.today or last - first > LONGEST_LEAVE):
        raise BadLeave("web.desk.bad_leave", first=first, last=last)
    if command.deputy is not None and (command.deputy not in office.people or command.deputy == person.key):
        raise BadLeave("web.desk.bad_deputy", person=command.deputy)
    away = ((first, last),) if first and last else ()
    ctx.app.leaves.set_leave(person.key, away=away, deputy=command.deputy, **stamp(ctx))
    return LeaveAnswer(first=first, last=last, deputy=command.deputy)


class DigestChoice(Command):
    digest: Literal["daily", "weekly"]
    language: LanguageCode


class DigestChosen(BaseModel):
    digest: str
    language: str


@verb("self")
def set_digest(ctx: RequestContext, command: DigestChoice) -> DigestChosen:
    """Set how often letters are sent to the reader, and their language."""
    person, by = own_person(ctx), ctx.reader.login
    if person is None:
        raise NoSuchPerson("web.problem.no_person")
    ctx.choices.choose(person.key, CHOICES[command.digest], by=by, now=ctx.now)
    ctx.choices.speak(person.key, command.language, by=by, now=ctx.now)
    return DigestChosen(digest=command.digest, language=command.language)


def own_person(ctx: RequestContext) -> Person | None:
    """Return the reader's person with their choice; None for an account without a person."""
    return ctx.choices.person(ctx.reader.person) if ctx.reader.person else None
