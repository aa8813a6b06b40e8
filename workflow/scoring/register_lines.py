"""What of a case's registers points are counted from: risks, talks, lines of the cartogram. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from workflow.cases.case import Case
from workflow.cases.registers.exposure import cartograms, exposed_positions
from workflow.cases.registers.risk import register
from workflow.scoring.records import CARTOGRAM, COMPLETED, FOUND, REMOVED, TALK, RecordedFact

RISKS_FOUND_BY = "analysis_ended"
"""The fact on whose day a risk counts as found that has no day of its own."""


def lines_of(case: Case) -> Iterator[RecordedFact]:
    """Yield the lines of a case's registers that points are counted from."""
    line = partial(RecordedFact, case=case.id, unit=case.unit)
    ended = case.facts.get(RISKS_FOUND_BY)
    for risk in register(case).risks.values():
        if found_on := risk.found_on or (ended.on if ended else None):
            yield line(fact=FOUND, on=found_on)
        if removal := risk.removal:
            yield line(fact=COMPLETED if removal.completed else REMOVED, on=removal.on)
    talks = (talk for position in exposed_positions(case).values() for talk in position.talks)
    for month in {(talk.holder, talk.on.replace(day=1)): talk.on for talk in talks}.values():
        yield line(fact=TALK, on=month)
    # A cartogram recorded later takes the place of an earlier one in its register, not of what was published.
    for cartogram in cartograms(case):
        for of_place in cartogram.lines:
            if place := of_place.district or of_place.department:
                yield line(fact=CARTOGRAM, on=cartogram.on, line=(of_place.section, place))
