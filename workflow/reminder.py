"""From a deadline to a reminder: ladders, rungs, and who is told on which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Reminder:
    """One rung of one deadline for one person; a notice is a reminder through one channel.

    Attributes:
        obligation: id with its period.
        due: the due date it speaks of; another due date is another reminder.
        rung: id of the rung ("-5", "0", "+1").
        on: the working day of the rung.
    """

    case: str
    obligation: str
    due: date
    rung: str
    on: date
    person: str

    def key(self, channel: str) -> str:
        """The unique key of the notice: `case:obligation:due:rung:person:channel`."""
        return f"{self.case}:{self.obligation}:{self.due.isoformat()}:{self.rung}:{self.person}:{channel}"
