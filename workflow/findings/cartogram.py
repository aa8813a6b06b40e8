"""Compares the cartogram with the results of analyses: the positions and risks of each department."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from workflow.cases.case import Case
from workflow.cases.registers.exposure import Cartogram, CartogramLine, exposure
from workflow.cases.registers.risk import register
from workflow.findings.finding import Finding
from workflow.org.office import Office

UPDATED = "cartogram_updated"
"""The obligation of the internal analysis to update the cartogram."""
_NOT_A_WORD = re.compile(r"[\W_]+")


def results(cases: Iterable[Case]) -> tuple[CartogramLine, ...]:
    """Return the cartogram lines that follow from the results: listed positions and open risks, by department
    and district.

    A row without a department belongs to the unit of its case.
    """
    lines: list[CartogramLine] = []
    for case in cases:
        lines += [
            CartogramLine("positions", one.department or case.unit, one.district, one.title)
            for one in exposure(case).positions.values()
            if one.cleared_on is None
        ]
        lines += [
            CartogramLine("risks", one.department or case.unit, one.district, one.description)
            for one in register(case).risks.values()
            if one.removal is None
        ]
    return tuple(sorted(set(lines), key=lambda one: (one.section, one.department, one.district, one.text)))


def by_name(lines: Iterable[CartogramLine], office: Office) -> tuple[CartogramLine, ...]:
    """Return the lines with unit ids replaced by unit names."""
    units = office.units
    return tuple(
        replace(line, department=units[line.department].name) if line.department in units else line
        for line in lines
    )


def latest(cases: Iterable[Case]) -> Cartogram | None:
    """Return the cartogram recorded last, by its own date."""
    known = [found for case in cases if (found := exposure(case).cartogram) is not None]
    return max(known, key=lambda one: one.on, default=None)


def compared(told: Iterable[CartogramLine], cartogram: Cartogram | None) -> tuple[Finding, ...]:
    """Return findings, department by department: lines of the results the cartogram lacks, and lines it has
    beyond them.

    Two lines are equal if their words are, ignoring letter case, punctuation and blanks.
    """
    if cartogram is None:
        return (_finding("risk.cartogram_missing"),)
    should = {_key(line): line for line in told}
    does = {_key(line): line for line in cartogram.lines}
    lacking = [_of("risk.cartogram_lacks", should[key]) for key in sorted(should.keys() - does.keys())]
    besides = [_of("risk.cartogram_exceeds", does[key]) for key in sorted(does.keys() - should.keys())]
    return (*lacking, *besides)


def place_of(line: CartogramLine) -> str:
    """Return the name of the place (department, district) of a line, for people."""
    return ", ".join(filter(None, (line.department, line.district)))


def _of(code: str, line: CartogramLine) -> Finding:
    return _finding(code, place=place_of(line) or "–", section=line.section, text=line.text)


def _finding(code: str, **arguments: object) -> Finding:
    return Finding(kind="evidence", obligation=UPDATED, code=code, arguments=arguments)


def _key(line: CartogramLine) -> tuple[str, str, str, str]:
    return line.section, _plain(line.department), _plain(line.district), _plain(line.text)


def _plain(text: str) -> str:
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()
