"""Runs the worked examples of a regulation file and compares expected with computed results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from calendars.calendar import Calendar
from calendars.hours import almaty
from workflow.cases.case import Extended, Pause
from workflow.cases.commands.planning import AssumedCase, plan
from workflow.law.library import Library
from workflow.law.procedure import Example, Procedure


@dataclass(frozen=True, kw_only=True, slots=True)
class Mismatch:
    """One value of an example that differs from the computed one.

    Attributes:
        example: its title; what: `due`, `due_at`, `safe_by`, `state` or `findings`, and of which obligation.
        expected, actual: as the file writes them.
    """

    example: str
    what: str
    expected: str
    actual: str


def mismatches(procedure: Procedure, calendar: Calendar) -> Iterator[Mismatch]:
    """Yield every difference between the examples of an edition and what is computed by the office's
    calendar.
    """
    library = Library([procedure])
    for example in procedure.examples:
        made = plan(
            library,
            procedure.id,
            facts=example.facts,
            planned=example.planned,
            calendar=calendar,
            on=procedure.in_force,
            supposed=_supposed(procedure, example),
        )
        deadlines = {deadline.id: deadline for deadline in made.deadlines}
        for what in ("due", "due_at", "safe_by", "state"):
            for name, expected in getattr(example, what).items():
                deadline = deadlines.get(name)
                actual = getattr(deadline, what) if deadline is not None else None
                if isinstance(actual, datetime):
                    actual = actual.astimezone(almaty()).replace(tzinfo=None)
                if deadline is None or actual != expected:
                    yield Mismatch(
                        example=example.title,
                        what=f"{what}.{name}",
                        expected=str(expected or "none"),
                        actual=str(actual or "none"),
                    )
        found = sorted(f"{finding.kind}:{finding.obligation}" for finding in made.findings)
        if example.findings is not None and found != sorted(example.findings):
            said = ", ".join(sorted(example.findings)) or "[]"
            yield Mismatch(
                example=example.title, what="findings", expected=said, actual=", ".join(found) or "[]"
            )


def _supposed(procedure: Procedure, example: Example) -> AssumedCase:
    extensions = {}
    for name, one in example.extended.items():
        rule = procedure.by_id[name.partition(".")[0]].extension
        assert rule is not None
        by = type(rule.by)(one.by) if one.by is not None else None
        extension = Extended(on=one.on, decided_by=rule.decided_by[0], ground="", by=by, to=one.to)
        extensions[name] = (extension,)
    return AssumedCase(
        kind=example.kind,
        at_time=example.at_time,
        object=example.object,
        values=example.values,
        signed_by=example.signed_by,
        extensions=extensions,
        pauses=tuple(Pause(first=one.on, ground="", resumed=one.resumed) for one in example.paused),
    )
