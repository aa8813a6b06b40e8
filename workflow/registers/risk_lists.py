"""Lists over the registers of many cases: risks with their measures, and the same risk found in many units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workflow.case import Case
from workflow.registers.risk import Measure, Outcome, Risk, register

_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """One risk of one case with one of its measures; None where it has none."""

    case: Case
    risk: Risk
    measure: Measure | None

    @property
    def outcome(self) -> Outcome | None:
        """What became of the measure by its last review."""
        return self.measure.outcome if self.measure else None


@dataclass(frozen=True, slots=True)
class Shared:
    """The same risk in several units or cases. `unasked`: cases where its cause is above and nobody was
    asked.
    """

    description: str
    found: tuple[tuple[Case, Risk], ...]
    units: tuple[str, ...]
    unasked: tuple[str, ...]


def listed(cases: Iterable[Case]) -> Iterator[Listed]:
    """Every risk with every measure of it, case by case, by number."""
    for case in cases:
        known = register(case)
        for risk in known.risks.values():
            measures = known.measures_of(risk.number)
            yield from (Listed(case, risk, measure) for measure in measures or (None,))


def shared(cases: Iterable[Case]) -> tuple[Shared, ...]:
    """Risks found in more than one case, those in most units first.

    Two are the same when their words are (letter case, signs and blanks apart), or when the same place of the
    same act of the same higher body is their cause.
    """
    alike: dict[tuple[str, ...], list[tuple[Case, Risk]]] = {}
    for case in cases:
        for risk in register(case).risks.values():
            above = (_plain(risk.body), _plain(risk.act)) if risk.body and risk.act else ()
            alike.setdefault(above or (_plain(risk.description),), []).append((case, risk))
    found = [
        Shared(
            description=members[0][1].description,
            found=tuple(members),
            units=tuple(dict.fromkeys(case.unit for case, _ in members)),
            unasked=tuple(case.id for case, risk in members if risk.body and risk.request is None),
        )
        for members in alike.values()
        if len({case.id for case, _ in members}) > 1
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.units), -len(one.found), one.description)))


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()
