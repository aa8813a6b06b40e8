"""Imports a plan of measures into a case's register: finds which rows are new and numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workflow.cases.case import Case
from workflow.cases.commands.case_rows import NewRow
from workflow.cases.commands.withdrawals import TITLE_LIMIT
from workflow.cases.registers.entries import withdrawn_numbers
from workflow.cases.registers.measure_term import MeasureTerm
from workflow.cases.registers.rows import rows_of
from workflow.org.name_index import plain

_MEASURE_FIELDS = ("recommendation", "action", "completion", "responsible", "term")
"""Fields of a plan's row that belong to its measure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow:
    """One row of a plan of measures.

    Attributes:
        number: its number in the plan; None where it has none.
        risk: the text of the risk, or of the recommendation where the plan names no risk.
        row: the number the spreadsheet shows.
    """

    number: int | None
    risk: str
    recommendation: str
    action: str
    completion: str
    responsible: str
    term: MeasureTerm
    row: int = 0


def rows_to_enter(case: Case, rows: Sequence[PlanRow]) -> list[NewRow]:
    """Return the rows to enter for a plan, without those withdrawn in the case (`withdrawn_rows`).

    A risk is recognised by its text, a measure by its risk and text, ignoring letter case and blanks: the same
    plan again changes nothing, a changed term changes only its measure. A new row takes the plan's number if it
    is free, else the next one.
    """
    risks, measures = _by_text(case)
    # A new row never gets the number of a withdrawn one: what still names that one would speak of the new row.
    risk_numbers = {*rows_of(case, "risk"), *withdrawn_numbers(case, "risk")}
    measure_numbers = {*rows_of(case, "measure"), *withdrawn_numbers(case, "measure")}
    lines: list[NewRow] = []
    left_out = withdrawn_rows(case, rows)
    for row in (row for row in rows if row not in left_out):
        risk = risks.get(plain(row.risk))
        if risk is None:
            risk = risks[plain(row.risk)] = _free(row.number, risk_numbers)
            lines.append(NewRow(register="risks", number=risk, values={"description": row.risk}))
        place = risk, plain(row.action)
        if place not in measures:
            measures[place] = _free(row.number, measure_numbers)
        details = {name: getattr(row, name) for name in _MEASURE_FIELDS}
        lines.append(NewRow(register="measures", number=measures[place], values={"risk": risk, **details}))
    return lines


def numbers_of(case: Case, rows: Iterable[PlanRow]) -> tuple[int | None, ...]:
    """Return the number of each row's measure in a case; None for a row that is not recorded."""
    risks, measures = _by_text(case)
    return tuple(measures.get((risks.get(plain(row.risk)), plain(row.action))) for row in rows)


def _by_text(case: Case) -> tuple[dict[str, int], dict[tuple[int | None, str], int]]:
    """Return the numbers of the risks of a case by their text, and of its measures by their risk and text."""
    return (
        {plain(risk["description"]): number for number, risk in rows_of(case, "risk").items()},
        {(row["risk"], plain(row["action"])): number for number, row in rows_of(case, "measure").items()},
    )


def withdrawn_rows(case: Case, rows: Iterable[PlanRow]) -> tuple[PlanRow, ...]:
    """Return the rows of a plan that repeat what was withdrawn in the case: a measure, or its risk.

    Withdrawn rows were recorded by mistake, so an import does not record them anew.
    """
    withdrawn_keys = {
        (kind, plain(withdrawal.title))
        for record, withdrawal in case.withdrawn.items()
        if (kind := record.partition(".")[0]) in ("risk", "measure")
    }
    if not withdrawn_keys:
        return ()
    for kind, title in (("risk", "description"), ("measure", "action")):
        # What was recorded again is there.
        withdrawn_keys -= {(kind, plain(row[title])[:TITLE_LIMIT]) for row in rows_of(case, kind).values()}
    return tuple(
        row
        for row in rows
        if ("risk", plain(row.risk)[:TITLE_LIMIT]) in withdrawn_keys
        or ("measure", plain(row.action)[:TITLE_LIMIT]) in withdrawn_keys
    )


def _free(own_number: int | None, numbers: set[int]) -> int:
    """Return the number of a new row, its own if free, else the next one, and count it as taken."""
    number = own_number if own_number is not None and own_number not in numbers else max(numbers, default=0) + 1
    numbers.add(number)
    return number
