"""Second factors of accounts: what the log-in, one's own account and the administration need of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

from notifications.notice import Notice
from workflow.org.access import Account, RecoveryCodes, RemovalRequest

AccountEvent = Literal["recovery_code_used", "removal_requested", "removed"]
"""What an account's holder is told of by letter."""


class SecondFactors(Protocol):
    """Secrets, recovery codes and removal. Moments are UTC, `today` is the local date; codes are hashes."""

    def secret(self, login: str) -> str:
        """Return the shared secret in base32. Raises Refusal: it cannot be read."""

    def enrol(
        self, login: str, secret: str, step: int, codes: Collection[str], *, by: str, now: datetime, today: date
    ) -> None:
        """Set a second factor with its recovery codes; every way in of the account ends."""

    def remove(self, login: str, *, by: str, now: datetime, today: date) -> None:
        """Remove a second factor with its recovery codes; every way in of the account ends."""

    def take_step(self, login: str, step: int) -> bool:
        """Use up the authenticator's code of a step; False when it was used already."""

    def codes(self, login: str) -> RecoveryCodes:
        """Return how many recovery codes are left."""

    def make_codes(self, login: str, codes: Collection[str], *, by: str, now: datetime, today: date) -> None:
        """Replace the recovery codes by new ones."""

    def take_code(
        self, login: str, code: str, *, now: datetime, today: date, letters: Sequence[Notice] = ()
    ) -> bool:
        """Use up a recovery code, and queue letters about it; False when there is none, or it was used."""

    def removal(self, login: str, *, now: datetime) -> RemovalRequest | None:
        """Return the open request to remove the second factor of an account."""

    def removals(self, *, now: datetime) -> Sequence[RemovalRequest]:
        """Return every open request, by login."""

    def request_removal(
        self,
        login: str,
        ground: str,
        *,
        until: datetime,
        by: str,
        now: datetime,
        today: date,
        letters: Sequence[Notice] = (),
    ) -> bool:
        """Ask that a second factor be removed; False where somebody asks already."""

    def withdraw_removal(self, login: str, *, by: str, now: datetime, today: date) -> bool:
        """Take a request back, or refuse it; False where there is none."""

    def approve_removal(
        self, login: str, *, by: str, now: datetime, today: date, letters: Sequence[Notice] = ()
    ) -> bool:
        """Remove a second factor as another administrator asked; False where no request allows it."""


class AccountLetters(Protocol):
    """Letters to people about their own accounts."""

    def about(
        self, account: Account, event: AccountEvent, *, now: datetime, today: date, facts: Mapping[str, object]
    ) -> Sequence[Notice]:
        """Return the letters that tell an account's holder; none where no channel reaches them."""
