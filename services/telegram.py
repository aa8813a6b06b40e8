"""Links between people and Telegram accounts: create a one-time code, list links, remove one.

The caller (command line or page) must make sure that only the person concerned sees the code.
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
    """No bot is configured that could receive a code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A one-time code for a person. It is stored only as a hash: if it is lost, create another.

    Attributes:
        address: link that opens the bot with the code.
        until: UTC moment at which it expires.
    """

    person: Person
    code: str
    address: str
    until: datetime


def offer(app: AppContext, person: str, *, now: datetime) -> Offer:
    """Create a code for a person (by key, e-mail or name); an earlier unused code becomes invalid.

    Raises:
        UnknownPerson: there is nobody of that name, or several people.
        NoBot: `[channels.telegram] bot` is missing, or Telegram is not among the channels in use.
    """
    from notifications.links import CODE_LASTS, hash_code, link_address, new_code

    channels = app.settings.channels
    bot = str(channels.sections.get("telegram", {}).get("bot", ""))
    if not bot:
        raise NoBot("telegram.no_bot")
    if "telegram" not in channels.use:
        # No process would receive the code.
        raise NoBot("telegram.not_in_use")
    holder = person_named(app, person)
    code = new_code()
    app.links.offer(holder.key, hash_code(code), now=now)
    return Offer(person=holder, code=code, address=link_address(bot, code), until=now + CODE_LASTS)


def linked(app: AppContext) -> Sequence[tuple[Person | None, Link]]:
    """Return the linked accounts with their people, by name; None for a person who left the office."""
    people = app.outbox.office().people
    pairs = [(people.get(key), link) for key, link in app.links.all().items()]
    return sorted(pairs, key=lambda pair: (pair[0].name if pair[0] else "", pair[1].person))


def unlink(app: AppContext, person: str, *, by: str, now: datetime) -> tuple[Person, bool]:
    """Remove a person's link; return the person and whether there was one. Raises UnknownPerson."""
    holder = person_named(app, person)
    return holder, app.links.unlink(holder.key, by=by, now=now)


def person_named(app: AppContext, text: str) -> Person:
    """Return the person given by key, e-mail or name; letter case makes no difference.

    Raises:
        UnknownPerson: nobody, or several of that name.
    """
    people = app.outbox.office().people
    query = text.strip().casefold()
    matches = [
        person
        for person in people.values()
        if query in (person.key.casefold(), (person.email or "").casefold())
    ]
    matches = matches or [person for person in people.values() if query == person.name.casefold()]
    if len(matches) == 1 and query:
        return matches[0]
    if matches:
        raise UnknownPerson(
            "telegram.several_people", person=text, allowed=tuple(person.key for person in matches)
        )
    raise UnknownPerson("telegram.unknown_person", person=text, allowed=closest_first(text, people))
