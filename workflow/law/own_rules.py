"""Which of an organisation's own rules hold for a case: by its unit, and by its earliest date. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from workflow.cases.case import Case
from workflow.law.overlay import SWITCHES, Overlay
from workflow.org.office import Office


class OwnRules:
    """The rules an office has adopted, over its tree of units."""

    def __init__(self, overlays: Iterable[Overlay], office: Office) -> None:
        self.overlays = tuple(sorted(overlays, key=lambda one: (one.name, one.in_force)))
        self._office = office
        self._above: dict[str, tuple[str, ...]] = {}

    def of(self, procedure: str, unit: str, on: date) -> tuple[Overlay, ...]:
        """Those that hold for a procedure in a unit (id or name) on a day, the outermost unit's first.

        Of one name the last that has come into force; of one unit in order of their names.
        """
        latest: dict[str, tuple[int, Overlay]] = {}
        for overlay in self.overlays:
            if overlay.procedure == procedure and overlay.in_force <= on:
                depth = self._depth(overlay, unit)
                latest.pop(overlay.name, None)
                if depth is not None:
                    latest[overlay.name] = depth, overlay
        return tuple(one for _, one in sorted(latest.values(), key=lambda held: (held[0], held[1].name)))

    def covers(self, overlay: Overlay, unit: str) -> bool:
        """Whether rules hold for a unit: it is theirs, or lies below it."""
        return self._depth(overlay, unit) is not None

    def switch(self, name: str, procedure: str, unit: str, on: date) -> tuple[str, Overlay | None]:
        """How a unit reads something on a day, and by which rules; None where the reading is the usual one."""
        for overlay in reversed(self.of(procedure, unit, on)):
            if name in overlay.switches:
                return overlay.switches[name], overlay
        return SWITCHES[name][0], None

    def _depth(self, overlay: Overlay, unit: str) -> int | None:
        """How far below the top the rules' unit lies on the way to this one; None where it does not."""
        if not overlay.unit:
            return 0
        wanted = self._office.unit_named.get(_plain(overlay.unit), overlay.unit)
        above = self._way(unit)
        return len(above) - above.index(wanted) if wanted in above else None

    def _way(self, unit: str) -> tuple[str, ...]:
        if unit not in self._above:
            here = self._office.unit_named.get(_plain(unit), unit)
            self._above[unit] = tuple(self._office.above(here))
        return self._above[unit]


def begins(case: Case) -> date:
    """The day that decides which rules a case is counted by: its earliest fact or plan date, as with editions;
    without any, the local day it was opened on."""
    days = [*(fact.on for fact in case.facts.values()), *case.planned.values()]
    return min(days) if days else case.opened_on or date.max


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
