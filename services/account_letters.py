"""Letters to people about their own accounts, through every channel that reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.notice import Notice
    from services.app import AppContext
    from workflow.org.access import Account


class OfficeLetters:
    """`web.ports.second_factors.AccountLetters` of a house."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def about(
        self, account: Account, event: str, *, now: datetime, today: date, facts: Mapping[str, object]
    ) -> Sequence[Notice]:
        """Return the letters that tell an account's holder; none where it is nobody's of the people file."""
        from notifications.account_notices import account_notices

        app = self._app
        person = app.outbox.office().people.get(account.reader.person)
        if person is None:
            return ()
        return account_notices(
            person,
            tuple(app.channels.values()),
            app.rules,
            login=account.reader.login,
            event=event,
            facts=facts,
            now=now,
            today=today,
        )
