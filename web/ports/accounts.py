"""Who may log in, and how people want to be reminded: what the entrance and their own pages need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from workflow.org.access import Account, Entry, EntryKind, LimitReached, RateLimit, Reader
from workflow.org.office import Person


class Accounts(Protocol):
    """Who may log in, and by what. Moments are UTC, `today` is the local date."""

    def any(self) -> bool:
        """Whether anybody has a password already."""

    def account(self, login: str) -> Account | None:
        """The account of that name, letter case apart."""

    def all(self) -> Sequence[Account]:
        """Every account, by name."""

    def save(self, reader: Reader, *, disabled: bool, by: str, now: datetime, today: date) -> None:
        """Make an account or change it; its secrets stay."""

    def set_password(self, login: str, password: str, *, by: str, now: datetime, today: date) -> None:
        """Another password (its hash); every way in of the account ends."""

    def let_in(self, entry: Entry, *, by: str = "") -> None:
        """Keep a way in. With `by`, who gave it is an event of the office's chain."""

    def entry(self, kind: EntryKind, hash: str, *, now: datetime) -> Entry | None:
        """The way in with that hash, while it holds."""

    def entries(self, login: str, *, now: datetime) -> Sequence[Entry]:
        """The ways in of an account that hold, the newest first."""

    def seen(self, hash: str, *, now: datetime) -> None:
        """Write down when a way in was last used."""

    def take(self, hash: str, *, now: datetime) -> bool:
        """Use up an invitation; False when it was used already."""

    def end(self, login: str, hash: str | None = None, *, now: datetime, by: str = "") -> None:
        """End one way in of an account, or all of them. With `by`, that is an event of the office's chain."""

    def count_attempt(self, limits: Sequence[RateLimit], *, now: datetime) -> LimitReached | None:
        """Count one attempt under each of these limits; where one allows none now, return it and count none."""

    def forget_attempt(self, limits: Sequence[RateLimit]) -> None:
        """Take one attempt back under each of these limits: it was a good one."""


class Choices(Protocol):
    """How people want to be reminded. Whatever changes is an event of the office's chain."""

    def person(self, key: str) -> Person | None:
        """Somebody of the office, with what they have chosen."""

    def whose(self, secret: str) -> Person | None:
        """Whose address in letters has that secret part."""

    def choose(self, person: str, digest: str, *, by: str, now: datetime) -> None:
        """How often: "" in single letters, "daily" or "weekly" in a digest."""

    def speak(self, person: str, language: str, *, by: str, now: datetime) -> None:
        """The language of their letters."""
