"""Links between people and Telegram accounts, and the one-time codes that create them.

A bot cannot write first to a person, and an account says nothing about whose it is. So the office gives a
person a code, and the account that sends it to the bot within ten minutes is linked to that person.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from workflow.moments import Moment

CODE_LASTS = timedelta(minutes=10)
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read for another
_LENGTH = 12  # of 32 letters: 60 bits, which ten minutes of guessing do not find

Redeemed = Literal["linked", "wrong", "used", "expired", "taken"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TelegramLink:
    """A person's Telegram account.

    Attributes:
        person: the person's key.
        chat: the account's id, which is the id of its private chat too.
        blocked_at: since when the account blocks the bot; None while it does not.
    """

    person: str
    chat: str
    linked_at: datetime
    blocked_at: datetime | None = None


class Links(Protocol):
    """Repository of links and codes; each method is one transaction."""

    def of(self, person: str) -> TelegramLink | None:
        """Return the person's current link; None where there is none."""

    def of_people(self, people: Collection[str]) -> Mapping[str, TelegramLink]:
        """Return the current links of these people by key, in one query."""

    def of_chat(self, chat: str) -> TelegramLink | None:
        """Return the link of a Telegram account; None where there is none."""

    def offer(self, person: str, hashed: str, *, now: datetime) -> None:
        """Store the hash of a new code for a person; an earlier unused code becomes invalid."""

    def redeem(self, hashed: str, chat: str, *, now: datetime) -> tuple[Redeemed, TelegramLink | None]:
        """Link an account to the person the code was issued to; if two accounts use one code, only the first is
        linked.

        `taken`: the account is already linked to somebody else; the code stays valid. A person's new account
        replaces the old one.
        """

    def block(self, person: str, *, now: datetime) -> bool:
        """Record that the person's account blocks the bot; return whether it did not until now."""

    def unblock(self, person: str) -> bool:
        """Record that the person's account blocks the bot no more; return whether it did until now."""

    def unlink(self, person: str, *, at: Moment) -> bool:
        """Remove the person's link; return whether there was one."""


def new_code() -> str:
    """Return a random code of unambiguous letters, valid in a t.me address."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def hash_code(code: str) -> str:
    """Return the hash of a code, ignoring letter case and spaces."""
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def link_address(bot: str, code: str) -> str:
    """Return the address that opens the bot in Telegram and sends it a code."""
    return f"https://t.me/{bot.removeprefix('@')}?start={code}"
