"""Selects an organisation's own rules for a case by its unit and its earliest date. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from workflow.cases.case import Case
from workflow.law.overlay import SWITCHES, Overlay
from workflow.org.office import Office


class OwnRules:
    """The own rules an office has adopted, by units."""

    def __init__(self, overlays: Iterable[Overlay], office: Office) -> None:
        self.overlays = tuple(sorted(overlays, key=lambda one: (one.name, one.in_force)))
        self._office = office
        self._above: dict[str, tuple[str, ...]] = {}

    def of(self, procedure: str, unit: str, on: date) -> tuple[Overlay, ...]:
        """Return the rules valid for a procedure in a unit (id or name) on a day, the outermost unit's first.

        Of several with one name the last that has come into force; those of one unit in order of name.
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
        """Return whether rules are valid for a unit: it is theirs, or lies below it."""
        return self._depth(overlay, unit) is not None

    def switch(self, name: str, procedure: str, unit: str, on: date) -> tuple[str, Overlay | None]:
        """Return the reading of a switch for a unit on a day, and the rules that set it; None for the usual
        reading.
        """
        for overlay in reversed(self.of(procedure, unit, on)):
            if name in overlay.switches:
                return overlay.switches[name], overlay
        return SWITCHES[name][0], None

    def _depth(self, overlay: Overlay, unit: str) -> int | None:
        """Return how deep the rules' unit lies on the path down to this unit; None if it is not on the path."""
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
    """Return the day that selects own rules for a case: its earliest fact or plan date, as with editions;
    without any, the local day it was opened on.
    """
    days = [*(fact.on for fact in case.facts.values()), *case.planned.values()]
    return min(days) if days else case.opened_on or date.max


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
