"""Which Telegram account is whose: links, and the one-time codes that make them.

A bot cannot write first to a person, and an account says nothing about whose it is. So the office gives a
person a code, and whoever brings it to the bot within ten minutes is that person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

CODE_LASTS = timedelta(minutes=10)
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read for another
_LENGTH = 12  # of 32 letters: 60 bits, which ten minutes of guessing do not find

Redeemed = Literal["linked", "wrong", "used", "expired", "taken"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingLink:
    """What the bot has asked a person for: evidence of one kind for one obligation of a case."""

    case: str
    obligation: str
    kind: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A person's Telegram account.

    Attributes:
        person: the person's key.
        chat: the account's id, which is the id of its private chat too.
        language: in which the bot speaks to them; "" is the person's own.
        blocked_at: since when the account takes nothing from the bot; None while it does.
        awaited: what the next document or address they send is for.
    """

    person: str
    chat: str
    language: str
    linked_at: datetime
    blocked_at: datetime | None = None
    awaited: PendingLink | None = None


class Links(Protocol):
    """Links and codes as they are kept; each method one transaction."""

    def all(self) -> Mapping[str, Link]:
        """Every link by person, the blocked ones too. May be a few seconds old."""

    def of(self, person: str) -> Link | None:
        """The person's link as it stands now."""

    def these(self, people: Collection[str]) -> Mapping[str, Link]:
        """The links of these people as they stand now, asked for together."""

    def behind(self, chat: str) -> Link | None:
        """The link of that account."""

    def offer(self, person: str, hashed: str, *, now: datetime) -> None:
        """Keep the hash of a new code for the person; an unused one of theirs is worth nothing then."""

    def redeem(self, hashed: str, chat: str, *, language: str, now: datetime) -> tuple[Redeemed, Link | None]:
        """Link the account to whom the code was given. Of two that bring one code, one is linked.

        `taken`: the account is somebody else's already; the code stays good. A person's new account takes the
        place of their old one.
        """

    def block(self, person: str, *, now: datetime) -> bool:
        """The account takes nothing from the bot. Returns whether it did until now."""

    def welcome(self, person: str) -> bool:
        """The person's account takes messages again: they wrote. Returns whether it did not until now."""

    def unlink(self, person: str, *, by: str, now: datetime) -> bool:
        """Forget the person's account. Returns whether there was one. `by`: who says so."""

    def speak(self, person: str, language: str) -> None:
        """The language in which the bot speaks to them from now on."""

    def await_from(self, person: str, awaited: PendingLink | None) -> None:
        """What the next document or address they send is for."""


def new_code() -> str:
    """A code nobody can guess, made of letters nobody mistakes, fit for a t.me address."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def hashed(code: str) -> str:
    """What is kept of a code. However it is typed, small letters and spaces included, it is the same code."""
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def address(bot: str, code: str) -> str:
    """The address that opens the bot and brings it the code."""
    return f"https://t.me/{bot.removeprefix('@')}?start={code}"


def blocked(links: Mapping[str, Link]) -> Sequence[Link]:
    """Those that take nothing, the longest first."""
    lost = [link for link in links.values() if link.blocked_at is not None]
    return sorted(lost, key=lambda link: (str(link.blocked_at), link.person))
