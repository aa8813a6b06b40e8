"""The sending of letters, for operators and for letters that did not arrive."""

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


def figures(app: AppContext, *, now: datetime) -> Figures:
    """How the sending stands."""
    from storage.notices.figures import figures as read_figures

    return read_figures(app.engine, now=now)


def failed(app: AppContext, *, limit: int) -> Sequence[Notice]:
    """Letters that did not arrive, or of which nobody knows, the newest first."""
    from storage.notices.figures import failed as read_failed

    return read_failed(app.engine, limit=limit)


def faults(app: AppContext) -> Sequence[Fault]:
    """What is wrong with channels themselves; of those in use only."""
    from storage.database.engine import reading
    from storage.notices.faults import faults as read_faults

    with reading(app.engine) as connection:
        found = read_faults(connection)
    unusable = _unusable(app)
    return [*unusable, *(one for one in found if one.channel in app.settings.channels.use)]


def _unusable(app: AppContext) -> list[Fault]:
    """What of config.toml keeps the channels from being made, and so every round from being gone."""
    from i18n import refusal
    from notifications.statistics import Fault

    try:
        _ = app.channels
    except Refusal as trouble:
        said = refusal(trouble, app.settings.office.language)
        return [Fault(channel="", code="settings", answer=said, since=None, letters=0)]
    return []


def unheard(app: AppContext, *, now: datetime, today: date, limit: int) -> Sequence[Problem]:
    """Rungs whose day has come and of which nobody can be told.

    A round leaves their rows where they are, and no others: those are planned here, and nothing is written.
    """
    from notifications.planning import Planner

    if _unusable(app):
        return ()
    channels = tuple(app.channels.values())
    planner = Planner(app.outbox, app.library, app.calendar, channels, now, today, app.rules)
    rows = app.outbox.due_rows(today, limit=limit)
    return planner.page(rows).problems if rows else ()


def resend_all(app: AppContext, channel: str, *, now: datetime) -> int:
    """Queue again what a fault of the channel has kept from leaving; how many letters."""
    from services.jobs import rounds

    return rounds.resend_all(app, channel, now=now)


def resend(app: AppContext, key: str, *, now: datetime) -> bool:
    """Queue one of them again, for the next office hours; False when there is none of that key."""
    from services.jobs import rounds

    return rounds.resend(app, key, now=now)
