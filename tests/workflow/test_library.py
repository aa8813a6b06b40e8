"""The edition in force on a given day."""

from __future__ import annotations

from datetime import date

import pytest

from tests.law import library
from tests.workflow.test_edition_reading import NAME, TEA
from workflow.law.editions import read_edition
from workflow.law.library import Library, NoEdition, UnknownProcedure, compare
from workflow.law.procedure import Procedure
from workflow.refusal import Refusal


def edition(on: date, procedure: str = "tea") -> Procedure:
    return read_edition(NAME, TEA.encode()).replaced(id=procedure, in_force=on)


OLD, NEW = edition(date(2023, 1, 1)), edition(date(2024, 1, 1))
COCOA = edition(date(2025, 9, 18), "cocoa")
LIBRARY = Library([NEW, COCOA, OLD])


@pytest.mark.parametrize(
    ("on", "expected"),
    [(date(2023, 1, 1), OLD), (date(2023, 12, 31), OLD), (date(2024, 1, 1), NEW), (date(2030, 1, 1), NEW)],
)
def test_an_edition_is_in_force_from_its_day_until_the_next(on: date, expected: Procedure) -> None:
    """Its own day is its first, the day before the next one's its last."""
    assert LIBRARY.edition("tea", on) is expected


def test_a_day_before_the_first_edition_an_unknown_procedure_and_an_edition_twice_are_refused() -> None:
    """No edition applies before its start; the earliest must be requested explicitly. Of names the nearest
    comes first; of two files of one edition nobody could say which is the law."""
    with pytest.raises(NoEdition) as caught:
        LIBRARY.edition("tea", date(2022, 12, 31))

    assert caught.value.arguments["nearest"] == ("tea.2023-01-01", "tea.2024-01-01")
    assert LIBRARY.earliest("tea") is OLD
    with pytest.raises(UnknownProcedure) as unknown:
        LIBRARY.edition("cacao", date(2026, 1, 1))

    assert unknown.value.arguments["allowed"] == ("cocoa", "tea")
    with pytest.raises(Refusal) as twice:
        Library([NEW, edition(date(2024, 1, 1))])

    assert twice.value.arguments == {"edition": "tea.2024-01-01"}


def test_the_next_edition_says_what_it_added_removed_and_changed() -> None:
    """Stages first, then in the order of the later edition; what is gone comes last."""
    boiled, poured = NEW.obligations
    served = boiled.replaced(id="tea_served")
    later = NEW.replaced(stages=(), obligations=(poured.replaced(force="may"), served))
    changes = [(change.obligation, change.what, change.before, change.after) for change in compare(NEW, later)]

    assert changes == [
        ("", "stages", ("kitchen",), ()),
        ("tea_poured", "force", "recommended", "may"),
        ("tea_served", "added", None, served.anchored),
        ("water_boiled", "removed", boiled.anchored, None),
    ]


def test_the_offices_own_reminder_steps_hold_where_an_edition_names_none() -> None:
    """Ten and three days before, two and seven after: the seventh tells the officer and the first head too. The
    candidate's check has steps of its own, a term of two days."""
    own = Library(library().all(), days=(-10, -3, 2, 7))
    analysis_steps = own.latest("internal-analysis").steps
    checked = "candidate-check"

    assert [(step.at, step.to) for step in analysis_steps] == [
        (-10, ("duty",)),
        (-3, ("duty",)),
        (2, ("duty", "head_of_unit")),
        (7, ("duty", "head_of_unit", "officer", "head")),
    ]
    assert own.latest(checked).steps == library().latest(checked).steps
    shipped_steps = library().latest("internal-analysis").steps
    assert [(step.at, step.to) for step in shipped_steps] == [
        *((at, ("duty",)) for at in (-5, -1, 0)),
        (1, ("duty", "head_of_unit")),
        (5, ("duty", "head_of_unit", "officer", "head")),
    ]
    assert [step.last for step in shipped_steps] == [False, False, False, False, True]
