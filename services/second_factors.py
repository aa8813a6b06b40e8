"""Second factors of accounts: encrypt at the start, re-encrypt with another key, remove."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from services.account_letters import account_letters
from services.accounts import BadAccount, get_account
from workflow.org.access import administrators

if TYPE_CHECKING:
    from services.app import AppContext
    from storage.accounts.second_factors import EncryptionResult

MIN_ADMINISTRATORS = 2
"""With this many other administrators the pages remove a second factor; with fewer, a command does it."""


def encrypt(app: AppContext, *, by: str, now: datetime, all_keys: bool) -> EncryptionResult:
    """Encrypt plain-text second factors with the present key; with `all_keys` also those of older keys.

    Raises BadSetting: there is no key.
    """
    return app.factors.encrypt(by=by, now=now, all_keys=all_keys)


def unreadable(app: AppContext) -> tuple[int, tuple[str, ...]]:
    """Return how many second factors no configured key decrypts, and their keys' ids. Raises BadSetting."""
    unknown = {key: count for key, count in app.factors.keys().items() if not app.cipher.knows(key)}
    return sum(unknown.values()), tuple(sorted(unknown))


def remove(app: AppContext, login: str, *, ground: str, by: str, now: datetime, today: date) -> None:
    """Remove an account's second factor if fewer than two other administrators can; notify its holder.

    Raises:
        NoSuchAccount: there is no account of that name.
        BadAccount: it has no second factor, no ground is given, or two other administrators can do it.
    """
    account = get_account(app, login)
    login = account.reader.login
    if not account.second_factor:
        raise BadAccount("web.factor.none", login=login)
    if not ground.strip():
        raise BadAccount("web.factor.no_ground")
    others = [name for name in administrators(app.accounts.all()) if name != login]
    if len(others) >= MIN_ADMINISTRATORS:
        raise BadAccount("cli.user.administrators_can", login=login, allowed=tuple(others))
    app.factors.remove(
        login,
        by=by,
        now=now,
        today=today,
        said={"by_command": True, "ground": ground.strip(), "administrators": others},
        letters=account_letters(app, account, "removed", now=now, today=today, facts={"by": by}),
    )
