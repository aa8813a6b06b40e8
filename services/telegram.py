"""Whose Telegram account is which: a one-time code for a person, who is linked, an account forgotten.

Whoever shows the code (the command line, a page) must know that the person before it is the one it is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from workflow.closest_matches import closest_first
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.links import Link
    from services.app import AppContext
    from workflow.org.office import Person


class UnknownPerson(Refusal, LookupError):
    """Nobody of that key, e-mail or name is in the office; or several are of that name."""


class NoBot(Refusal):
    """There is no bot that could be brought a code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A one-time code as its person gets it. It is kept nowhere: ask for another when it is lost.

    Attributes:
        address: opens the bot and brings it the code.
        until: UTC moment from which it is worth nothing.
    """

    person: Person
    code: str
    address: str
    until: datetime


def offer(app: AppContext, person: str, *, now: datetime) -> Offer:
    """A new code for the person (by key, e-mail or name); one they have not used is worth nothing any more.

    Raises:
        UnknownPerson: there is none such.
        NoBot: `[channels.telegram] bot` is missing, or Telegram is not among the channels in use.
    """
    from notifications.links import CODE_LASTS, address, hashed, new_code

    channels = app.settings.channels
    bot = str(channels.sections.get("telegram", {}).get("bot", ""))
    if not bot:
        raise NoBot("telegram.no_bot")
    if "telegram" not in channels.use:
        # Nobody would hear the code.
        raise NoBot("telegram.not_in_use")
    known = person_named(app, person)
    code = new_code()
    app.links.offer(known.key, hashed(code), now=now)
    return Offer(person=known, code=code, address=address(bot, code), until=now + CODE_LASTS)


def linked(app: AppContext) -> Sequence[tuple[Person | None, Link]]:
    """Everybody with an account, by name; None for somebody who is not in the office any more."""
    people = app.outbox.office().people
    found = [(people.get(key), link) for key, link in app.links.all().items()]
    return sorted(found, key=lambda one: (one[0].name if one[0] else "", one[1].person))


def unlink(app: AppContext, person: str, *, by: str, now: datetime) -> tuple[Person, bool]:
    """Forget the person's account; whether there was one. Raises UnknownPerson."""
    known = person_named(app, person)
    return known, app.links.unlink(known.key, by=by, now=now)


def person_named(app: AppContext, text: str) -> Person:
    """Whom a person means by a key, an e-mail or a name, letter case apart.

    Raises:
        UnknownPerson: nobody, or several of that name.
    """
    people = app.outbox.office().people
    wanted = text.strip().casefold()
    found = [one for one in people.values() if wanted in (one.key.casefold(), (one.email or "").casefold())]
    found = found or [one for one in people.values() if wanted == one.name.casefold()]
    if len(found) == 1 and wanted:
        return found[0]
    if found:
        raise UnknownPerson("telegram.several_people", person=text, allowed=tuple(one.key for one in found))
    raise UnknownPerson("telegram.unknown_person", person=text, allowed=closest_first(text, people))
