"""Second factors of accounts: finding those that no key decrypts, and removal by an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from merzim.services.accounts.verbs import BadAccount, get_account
from merzim.services.context import stamp
from workflow.org.access import administrators

if TYPE_CHECKING:
    from merzim.services.app import AppContext
    from merzim.services.context import RequestContext
    from notifications.notice import Notice
    from workflow.org.access import Account


def account_letters(
    ctx: RequestContext, account: Account, event: str, facts: Mapping[str, object]
) -> Sequence[Notice]:
    """Return the letters that inform an account's holder; none if the account belongs to nobody in the
    office.
    """
    from notifications.event_notices import account_notices

    person = ctx.app.outbox.office().people.get(account.reader.person)
    if person is None:
        return ()
    return account_notices(
        person,
        tuple(ctx.app.channels.values()),
        ctx.app.rules,
        login=account.reader.login,
        event=event,
        facts=facts,
        now=ctx.now,
        today=ctx.today,
    )


MIN_ADMINISTRATORS = 2
"""With at least so many other administrators, second factors are removed on the pages; with fewer, by a
command.
"""


def unreadable(app: AppContext) -> tuple[int, tuple[str, ...]]:
    """Return how many second factors no configured key decrypts, and their keys' ids. Raises BadSetting."""
    unknown = {key: count for key, count in app.factors.keys().items() if not app.cipher.knows(key)}
    return sum(unknown.values()), tuple(sorted(unknown))


def remove(ctx: RequestContext, login: str, *, ground: str) -> None:
    """Remove an account's second factor if fewer than two other administrators can; notify its holder.

    Raises:
        NoSuchAccount: there is no account with that name.
        BadAccount: it has no second factor, no ground is given, or two other administrators can do it.
    """
    account = get_account(ctx, login)
    login, ground = account.reader.login, ground.strip()
    if not account.second_factor:
        raise BadAccount("web.factor.none", login=login)
    if not ground:
        raise BadAccount("web.factor.no_ground")
    other_administrators = [name for name in administrators(ctx.accounts.all()) if name != login]
    if len(other_administrators) >= MIN_ADMINISTRATORS:
        raise BadAccount("cli.user.administrators_can", login=login, allowed=tuple(other_administrators))
    ctx.factors.remove(
        login,
        **stamp(ctx),
        details={"by_command": True, "ground": ground, "administrators": other_administrators},
        letters=account_letters(ctx, account, "removed", {"by": ctx.reader.login}),
    )
