"""Rehearsal: runs every round of a range of days on a copy of the database, sending nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from calendars.hours import Today, moment_of
from services.jobs.rounds import deliver, remind

if TYPE_CHECKING:
    from notifications.channels import Channel, OutgoingMessage
    from notifications.notice import Outcome
    from notifications.round import RoundReport
    from services.app import AppContext
    from workflow.org.office import Person


def rehearse(app: AppContext, first: date, last: date) -> Iterator[tuple[date, RoundReport]]:
    """Yield what the round of each day would send. It runs on a copy: nothing is sent or stored.

    Letters are composed on their day as in earnest: an empty digest is not in the report, and people
    notified of a date are notified when it moves.
    """
    from storage.maintenance.backup import backup

    with tempfile.TemporaryDirectory(prefix="merzim-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite"
        backup(app.engine, copy)
        stage = app.on_database(f"sqlite:///{copy.as_posix()}")
        stage.channels = {name: _SilentChannel(channel) for name, channel in stage.channels.items()}
        try:
            for step in range((last - first).days + 1):
                today = first + timedelta(days=step)
                now = moment_of(today, time(12))
                yield today, _run_day(stage, now=now, today=Today.at(now))
        finally:
            stage.close()


def _run_day(stage: AppContext, *, now: datetime, today: date) -> RoundReport:
    report = remind(stage, now=now, today=today)
    deliver(stage, now=now, today=today)
    notices = [stage.outbox.notice(other.key) for other in report.others]
    sent = tuple(notice for notice in notices if notice is not None and notice.state != "withdrawn")
    return replace(report, others=sent)


@dataclass(frozen=True, slots=True)
class _SilentChannel:
    """A channel with the name and recipients of a real one that only reports every letter as sent."""

    original: Channel

    @property
    def name(self) -> str:
        return self.original.name

    @property
    def repeatable(self) -> bool:
        return self.original.repeatable

    def address(self, person: Person) -> str | None:
        return self.original.address(person)

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Mapping[str, Outcome]:
        from notifications.notice import Outcome

        return {parcel.notice.key: Outcome(state="sent", answer="") for parcel in batch}
