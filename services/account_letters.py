"""Letters to people about their own accounts, through every channel that reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.notice import Notice
    from services.context import RequestContext
    from workflow.org.access import Account


def account_letters(
    ctx: RequestContext, account: Account, event: str, facts: Mapping[str, object]
) -> Sequence[Notice]:
    """Return the letters that inform an account's holder; none if it belongs to nobody in the office."""
    from notifications.account_notices import account_notices

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
