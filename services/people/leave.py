"""The reader's own leave and deputy."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import BaseModel

from services.context import RequestContext, stamp
from services.inputs import Day, Key
from services.verbs import Command, verb
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
