"""Terms in words before any date is computed: every kind, in every language."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

import i18n
from calendars import terms
from calendars.terms import Term
from tests.law import library
from workflow.deadlines.explanations import _term, rule_parts

ONE_OF_EACH: tuple[Term, ...] = (
    terms.WorkingDays(-10),
    terms.CalendarDays(7),
    terms.CalendarDays(3, unspecified=True),
    terms.Weeks(2),
    terms.Months(-1),
    terms.Years(1),
    terms.DayAfterPeriod(5),
    terms.YearlyDate(4, 15, years=1),
    terms.Duration(30),
    terms.PerPeriod(1, "quarter"),
    terms.Quota(Fraction(1, 20), "staff", "year"),
    terms.Embargo(3),
    terms.Window(terms.Years(3)),
    terms.Window(terms.WorkingDays(3)),
    terms.Window(terms.CalendarDays(3)),
    terms.Window(terms.Months(3)),
    terms.OngoingDuty(),
    terms.Target(((2022, "42"),), "higher"),
    terms.Target(((2022, "42"),), "lower"),
    terms.Target(((2022, "42"),), "place"),
    terms.InYears(2022, 2026),
    terms.InMonth(2026, 5),
    terms.InQuarter(2026, 3),
    terms.OnDate(date(2026, 12, 31)),
    terms.Before(),
    terms.AtOnce(),
    terms.WithoutTerm(),
)


@pytest.mark.parametrize("term", ONE_OF_EACH, ids=str)
def test_every_kind_of_term_can_be_said(term: Term) -> None:
    """With the fact it counts from, where it counts from one."""
    code, arguments = _term(term)

    assert all(i18n.say(f"term.{code}", {**arguments, "since": "F"}, language) for language in i18n.LANGUAGES)


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (terms.WorkingDays(-10), "term.working_days_before"),
        (terms.WorkingDays(1), "term.working_days_after"),
        (terms.CalendarDays(7), "term.calendar_days_after"),
        (terms.CalendarDays(3, unspecified=True), "term.days_after"),
        (terms.YearlyDate(4, 15), "term.by"),
        (terms.YearlyDate(4, 15, years=1), "term.by.next_year"),
    ],
    ids=str,
)
def test_a_term_before_differs_from_one_after_and_days_from_days_of_unknown_kind(term: Term, said: str) -> None:
    assert f"term.{_term(term)[0]}" == said


def test_the_terms_of_every_edition_can_be_said() -> None:
    """Nothing a regulation file may write stays without a sentence."""
    for procedure in library().all():
        for obligation in procedure.obligations:
            for part in rule_parts(obligation, procedure):
                assert i18n.say(part.code, part.arguments, "kk"), (procedure.edition, obligation.id)


def test_a_term_is_said_as_the_law_says_it() -> None:
    """The announcement of the start, ten working days before it."""
    procedure = library().named("internal-analysis.2024-01-01")
    announced, reported = (procedure.by_id[name] for name in ("start_announced", "quarter_reported"))

    assert [i18n.say(part.code, part.arguments, "kk") for part in rule_parts(announced, procedure)] == [
        "«Талдаудың басталуы» күніне дейін кемінде 10 жұмыс күні бұрын"
    ]
    assert [i18n.say(part.code, part.arguments, "ru") for part in rule_parts(reported, procedure)] == [
        "не позднее 5-го числа месяца после периода",
        "каждый квартал",
    ]
