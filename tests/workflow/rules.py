"""Own rules of an imagined akimat, for tests."""

from __future__ import annotations

from datetime import date

from tests.law import CALENDAR, case, library
from workflow.cases.case import Case
from workflow.deadlines.deadline import Deadline
from workflow.law.library import Library
from workflow.law.overlay import Overlay, OwnRules
from workflow.law.reader.overlay import read_overlay
from workflow.org.office import Office, Unit

ACT = """
[act]
title = { kk = "Әкімдік қағидалары", ru = "Правила акимата", en = "Rules of the akimat" }
number = "15"
date = 2025-12-20
"""
TERM = '\n[[term]]\nobligation = "{}"\nparagraph = "p. 24"\nterm = {}\n'
OFFICE = Office(
    units={
        unit.id: unit
        for unit in (
            Unit(id="oblast", name="Облыс әкімдігі"),
            Unit(id="district", name="Аудан әкімдігі", parent="oblast"),
            Unit(id="village", name="Ауыл", parent="district"),
            Unit(id="other", name="Басқа аудан", parent="oblast"),
        )
    }
)


def rules(body: str = "", *, name: str = "akimat", on: str = "2026-01-01", unit: str = "") -> Overlay:
    """A file of own rules, read."""
    head = f'procedure = "internal-analysis"\nin_force = {on}\n' + (f'unit = "{unit}"\n' if unit else "")
    return read_overlay(f"overlay.{name}.{on}.toml", (head + ACT + body).encode())


def term(obligation: str, term_text: str) -> str:
    return TERM.format(obligation, term_text)


def under(*overlays: Overlay) -> Library:
    """The shipped editions with these rules adopted."""
    return library().with_own(OwnRules(overlays, OFFICE))


def counted(
    *overlays: Overlay,
    facts: dict[str, date] | None = None,
    planned: dict[str, date] | None = None,
    unit: str = "",
    today: date = date(2026, 4, 6),
) -> dict[str, Deadline]:
    """Deadlines by id of a case of that unit, by these rules."""
    from dataclasses import replace

    from workflow.deadlines.resolver import deadlines

    own_case: Case = replace(case(facts=facts, planned=planned), unit=unit)
    edition = under(*overlays).of(own_case)
    return {deadline.id: deadline for deadline in deadlines(own_case, edition, CALENDAR, today=today)}


def codes(deadline: Deadline) -> list[str]:
    return [element.code for element in deadline.explanation]
