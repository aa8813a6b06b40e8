"""How often the reader gets letters, and in which language."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from notifications.digest_links import CHOICES
from services.context import RequestContext
from services.inputs import LanguageCode
from services.people.staff import NoSuchPerson
from services.verbs import Command, verb
from workflow.org.office import Person


class DigestChoice(Command):
    digest: Literal["default", "single", "daily", "weekly"]
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
