"""A rehearsal: every round from a day to a day on a copy of the database, its letters handed to nobody."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from services.jobs.rounds import deliver, remind
from services.moments import almaty

if TYPE_CHECKING:
    from notifications.channels import Channel, OutgoingMessage
    from notifications.notice import Outcome
    from notifications.round import RoundReport
    from services.app import AppContext
    from workflow.org.office import Person


def rehearse(app: AppContext, first: date, last: date) -> Iterator[tuple[date, RoundReport]]:
    """What every round from a day to a day would send, played on a copy; nothing is sent and nothing kept.

    The letters are written all the same, on their day: a digest that would find nothing to say is not in the
    report, and of a date that moves hear those who would have been told of the old one.
    """
    from storage.maintenance.backup import backup

    with tempfile.TemporaryDirectory(prefix="merzim-rehearsal-") as folder:
        copy = Path(folder) / "copy.sqlite"
        backup(app.engine, copy)
        stage = app.on_database(f"sqlite:///{copy.as_posix()}")
        stage.channels = {name: _Mute(channel) for name, channel in stage.channels.items()}
        try:
            for step in range((last - first).days + 1):
                today = first + timedelta(days=step)
                now = datetime.combine(today, time(12), tzinfo=almaty()).astimezone(UTC)
                yield today, _day(stage, now=now, today=today)
        finally:
            stage.close()


def _day(stage: AppContext, *, now: datetime, today: date) -> RoundReport:
    report = remind(stage, now=now, today=today)
    deliver(stage, now=now, today=today)
    kept = [stage.outbox.notice(one.key) for one in report.others]
    return replace(report, others=tuple(one for one in kept if one is not None and one.state != "withdrawn"))


@dataclass(frozen=True, slots=True)
class _Mute:
    """A channel that reaches the same people under the same name, and says that all arrived."""

    played: Channel

    @property
    def name(self) -> str:
        return self.played.name

    @property
    def repeatable(self) -> bool:
        return self.played.repeatable

    def address(self, person: Person) -> str | None:
        return self.played.address(person)

    async def send(self, batch: Sequence[OutgoingMessage], *, now: datetime) -> Mapping[str, Outcome]:
        from notifications.notice import Outcome

        return {parcel.notice.key: Outcome(state="sent", answer="") for parcel in batch}
