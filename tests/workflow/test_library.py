"""Editions of the law in a library: which is in force, what one takes from another, how its terms are said."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

import i18n
from calendars import terms
from calendars.terms import Term
from merzim.services.law.regulations import shared_law
from tests.law import library
from tests.workflow.test_edition_reading import NAME, TEA
from workflow.deadlines.explanations import _term, rule_parts
from workflow.law.files import Shared, UnreadableRegulation, extend
from workflow.law.library import Library, NoEdition, UnknownProcedure, compare, read_edition
from workflow.law.procedure import Procedure


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


def test_a_day_before_the_first_edition_and_an_unknown_procedure_are_refused() -> None:
    """No edition applies before its start; the earliest must be requested explicitly. Of names the nearest
    comes first."""
    with pytest.raises(NoEdition) as caught:
        LIBRARY.edition("tea", date(2022, 12, 31))

    assert caught.value.arguments["nearest"] == ("tea.2023-01-01", "tea.2024-01-01")
    assert LIBRARY.on("tea", date(2022, 12, 31)) is OLD
    with pytest.raises(UnknownProcedure) as unknown:
        LIBRARY.edition("cacao", date(2026, 1, 1))

    assert unknown.value.arguments["allowed"] == ("cocoa", "tea")


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


STRICTER = """\
id = "internal-analysis"
extends = "internal-analysis.2024-01-01"
in_force = 2026-05-01
last_checked_on = 2026-05-01

[[obligation]]
id = "order_signed"
term = { count = -7, in = "working days", from = "analysis_started" }
note = { ru = "Срок установлен приказом организации." }
"""


def stricter(text: str = STRICTER) -> Procedure:
    """The office's own edition of the analysis, whose order wants seven working days instead of five."""
    return read_edition("internal-analysis.2026-05-01.toml", text.encode(), shared_law())


def test_an_edition_that_extends_another_differs_only_in_what_it_says() -> None:
    own, shipped = stricter(), library().named("internal-analysis.2024-01-01")

    assert [name for name in shipped.by_id if own.by_id[name] != shipped.by_id[name]] == ["order_signed"]
    assert own.by_id["order_signed"].term != shipped.by_id["order_signed"].term
    assert own.by_id["order_signed"].signed_by == shipped.by_id["order_signed"].signed_by
    assert (own.in_force, own.stages, own.title) == (date(2026, 5, 1), shipped.stages, shipped.title)
    assert own.digest != shipped.digest


def test_an_edition_may_add_an_obligation_and_take_a_key_away() -> None:
    added = STRICTER + (
        '[[obligation]]\nid = "plan_read"\nstage = "plan"\ntitle = { ru = "План прочитан" }\nterm = "none"\n'
        'act = "tbn4-2024"\nparagraph = "p. 1"\nforce = "obligatory"\nduty = "officer"\n'
        '[[obligation]]\nid = "positions_listed"\nnote = {}\n'
    )

    own = stricter(added)

    assert own.obligations[-1].id == "plan_read"
    assert own.by_id["positions_listed"].note is None
    assert library().named("internal-analysis.2024-01-01").by_id["positions_listed"].note is not None


def test_an_edition_that_does_not_exist_cannot_be_extended() -> None:
    with pytest.raises(UnreadableRegulation) as refused:
        stricter(STRICTER.replace("2024-01-01", "2025-01-01"))

    assert (refused.value.code, refused.value.arguments["place"]) == ("regulation.unknown_reference", "extends")
    assert "internal-analysis.2024-01-01" in refused.value.arguments["allowed"]
    with pytest.raises(UnreadableRegulation, match="wrong_type"):
        stricter(STRICTER.replace('"order_signed"', '["order_signed"]'))
    with pytest.raises(UnreadableRegulation, match="duplicate"):
        stricter(STRICTER + '[[obligation]]\nid = "order_signed"\n')


def test_a_list_without_ids_is_replaced_whole() -> None:
    assert extend({"notes": [{"ru": "1"}], "kinds": ["a"]}, {"notes": [{"ru": "2"}]}) == {
        "notes": [{"ru": "2"}],
        "kinds": ["a"],
    }


def test_a_file_takes_from_the_shared_acts_those_it_names_unless_it_describes_them_itself() -> None:
    text = TEA.replace('act = "tea-act"', 'act = "water-code"', 1)
    acts = {
        "water-code": {"id": "water-code", "title": {"ru": "Кодекс"}, "short": {"ru": "ВК"}},
        "tea-act": {"id": "tea-act", "title": {"ru": "Чужие"}, "short": {"ru": "Чужие"}},
        "unnamed": {"id": "unnamed", "title": {"ru": "Иной"}, "short": {"ru": "Иной"}},
    }

    tea = read_edition(NAME, text.encode(), Shared(acts=acts))

    assert sorted(tea.acts) == ["tea-act", "water-code"]
    assert tea.acts["water-code"].short.ru == "ВК"
    assert tea.acts["tea-act"].short.ru != "Чужие"


ONE_OF_EACH: tuple[Term, ...] = (
    terms.After(-10),
    terms.After(7, "calendar days"),
    terms.After(3, "days"),
    terms.After(2, "weeks"),
    terms.After(-1, "months"),
    terms.After(1, "years"),
    terms.DayAfterPeriod(5),
    terms.YearlyDate(4, 15, years=1),
    terms.Duration(30),
    terms.PerPeriod(1, "quarter"),
    terms.Quota(Fraction(1, 20), "staff", "year"),
    terms.Embargo(3),
    terms.OngoingDuty(),
    terms.Target(((2022, "42"),), "higher"),
    terms.Target(((2022, "42"),), "lower"),
    terms.Target(((2022, "42"),), "place"),
    terms.InPeriod("2022-2026"),
    terms.InPeriod("2026"),
    terms.InPeriod("2026-05"),
    terms.InPeriod("2026Q3"),
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
        (terms.After(-10), "term.working_days_before"),
        (terms.After(1), "term.working_days_after"),
        (terms.After(7, "calendar days"), "term.calendar_days_after"),
        (terms.After(3, "days"), "term.days_after"),
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
