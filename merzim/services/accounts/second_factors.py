"""Second factors of accounts: finding those that no key decrypts, and removal by an operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from merzim.services.accounts.verbs import BadAccount, get_account
from merzim.services.context import RequestContext, stamp
from notifications.event_notices import account_notices
from notifications.notice import Notice
from workflow.org.access import Account


def account_letters(
    ctx: RequestContext, account: Account, event: str, facts: Mapping[str, object]
) -> Sequence[Notice]:
    """Return the letters that inform an account's holder; none if the account belongs to nobody in the
    office.
    """
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


MAX_GROUND = 500
"""Letters of a ground that are stored."""


def remove(ctx: RequestContext, login: str, *, ground: str) -> None:
    """Remove another account's second factor, and notify its holder by letter.

    Raises:
        NoSuchAccount: there is no account with that name.
        BadAccount: it has no second factor, it is the reader's own, or no ground is given.
    """
    account = get_account(ctx, login)
    login, ground = account.reader.login, " ".join(ground.split())[:MAX_GROUND]
    if not account.second_factor:
        raise BadAccount("web.factor.none", login=login)
    if login == ctx.reader.login:
        raise BadAccount("web.factor.own_account")
    if not ground:
        raise BadAccount("web.factor.no_ground")
    letters = account_letters(ctx, account, "removed", {"by": ctx.reader.login})
    ctx.factors.remove(login, **stamp(ctx), details={"ground": ground}, letters=letters)
