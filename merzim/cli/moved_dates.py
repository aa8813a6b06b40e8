"""Prints deadlines that move and the people notified, whatever moved them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from merzim.cli.call import CommandContext
    from services.calendar_acts import PersonImpact

SHOWN = 100
"""So many are listed; the rest is counted."""


def print_moved(call: CommandContext, impacts: Sequence[PersonImpact]) -> None:
    """Print the deadlines as a table, or that there are none."""
    if impacts:
        call.print(call.say("cli.calendar_change.deadlines"))
        rows = [
            (
                one.moved.case,
                one.moved.id,
                one.moved.old,
                one.moved.new,
                ", ".join(person.name for person in one.people),
            )
            for one in impacts[:SHOWN]
        ]
        call.table(("case", "id", "due_before", "due_after", "who"), rows, indent=2)
        if len(impacts) > SHOWN:
            call.print(call.say("cli.and_more", count=len(impacts) - SHOWN))
    else:
        call.print(call.say("cli.calendar_change.no_deadlines"))


def moved(call: CommandContext, hearing: PersonImpact) -> dict[str, object]:
    """Return one moved deadline as JSON."""
    one = hearing.moved
    return {
        "case": one.case,
        "obligation": one.id,
        "title": one.obligation.title[call.language],
        "state": one.state,
        "from": one.old,
        "to": one.new,
        "people": [{"key": person.key, "name": person.name} for person in hearing.people],
    }
