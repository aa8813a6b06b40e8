"""What the pages ask of the sending, answered by the house."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Notice
    from notifications.recipients import Problem
    from notifications.statistics import Fault, Figures
    from services.app import AppContext


class Postbox:
    """`notifications.statistics.Post` of a house."""

    def __init__(self, app: AppContext) -> None:
        self._app = app

    def figures(self, *, now: datetime) -> Figures:
        """How the sending stands."""
        from storage.notices.figures import figures

        return figures(self._app.engine, now=now)

    def failed(self, *, limit: int) -> Sequence[Notice]:
        """Letters that did not arrive, or of which nobody knows, the newest first."""
        from storage.notices.figures import failed

        return failed(self._app.engine, limit=limit)

    def faults(self) -> Sequence[Fault]:
        """What is wrong with channels themselves; of those in use only."""
        from storage.database.engine import reading
        from storage.notices.faults import faults

        with reading(self._app.engine) as connection:
            found = faults(connection)
        unusable = self._unusable()
        return [*unusable, *(one for one in found if one.channel in self._app.settings.channels.use)]

    def _unusable(self) -> list[Fault]:
        """What of config.toml keeps the channels from being made, and so every round from being gone."""
        from i18n import refusal
        from notifications.statistics import Fault

        try:
            _ = self._app.channels
        except Refusal as trouble:
            said = refusal(trouble, self._app.settings.office.language)
            return [Fault(channel="", code="settings", answer=said, since=None, letters=0)]
        return []

    def unheard(self, *, now: datetime, today: date, limit: int) -> Sequence[Problem]:
        """Rungs whose day has come and of which nobody can be told.

        A round leaves their rows where they are, and no others: those are planned here, and nothing is written.
        """
        from notifications.planning import Planner

        app = self._app
        if self._unusable():
            return ()
        channels = tuple(app.channels.values())
        planner = Planner(app.outbox, app.library, app.calendar, channels, now, today, app.rules)
        rows = app.outbox.due_rows(today, limit=limit)
        return planner.page(rows).problems if rows else ()

    def resend_all(self, channel: str, *, now: datetime) -> int:
        """Queue again what a fault of the channel has kept from leaving; how many letters."""
        from services.jobs.rounds import resend_all

        return resend_all(self._app, channel, now=now)

    def carried(self, key: str) -> Sequence[Notice]:
        """What the letter of that notice carried."""
        return self._app.outbox.carried(key)

    def acknowledge(self, key: str, *, now: datetime) -> bool:
        """The reader says it was read; the first time stays. False when there is none of that key."""
        return self._app.outbox.acknowledge(key, now=now)

    def resend(self, key: str, *, now: datetime) -> bool:
        """Queue one of them again, for the next office hours; False when there is none of that key."""
        from services.jobs.rounds import resend

        return resend(self._app, key, now=now)
