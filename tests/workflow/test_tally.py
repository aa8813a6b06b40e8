"""From what was recorded in a year to its points: a prepared year equals the score computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.workflow.test_score import scoring
from workflow.org.office import Office, Unit
from workflow.scoring.prospects import Step, prospect, steps
from workflow.scoring.recorded import MissingFact, RecordedFact, YearRecords, body, numbers
from workflow.scoring.scale import Done, Risks
from workflow.scoring.score import Scores, score, written
from workflow.scoring.tally import Year, tally

AFTER = date(2027, 1, 11)
IA, P2, P3, P4 = "internal-analysis", "tbn4-project-2", "tbn4-project-3", "tbn4-project-4"


def units() -> dict[str, Unit]:
    """An oblast akim's office with ten departments, twenty districts and five enterprises."""
    top = Unit(id="oblast", name="Облыс әкімінің аппараты", kind="oblast_akim_office")
    named = [
        *(("dep", 10, "oblast_department"), ("aud", 20, "district_akim_office"), ("ent", 5, "quasi_state"))
    ]
    below = [
        Unit(id=f"{short}{n}", name=f"{short} {n}", parent="oblast", kind=kind)
        for short, count, kind in named
        for n in range(1, count + 1)
    ]
    return {one.id: one for one in (top, *below)}


def fact(unit: str, name: str, on: date, **values: int) -> RecordedFact:
    """A fact of a unit's case."""
    numbers = {key: Decimal(value) for key, value in values.items()}
    return RecordedFact(case=f"2026-{unit}", unit=unit, fact=name, on=on, values=numbers)


def quarter_days() -> list[date]:
    """A day in each quarter of 2026."""
    return [date(2026, month, 20) for month in (2, 5, 8, 11)]


def prepared() -> tuple[RecordedFact, ...]:
    """What the oblast did in 2026. The score of it is computed by hand in the test below."""
    march, june = date(2026, 3, 30), date(2026, 6, 10)
    done = [fact(f"dep{n}", f"{IA}:start_announced", march) for n in range(1, 10)]  # 9 of 10
    done += [fact(f"dep{n}", f"{IA}:discussion_announced", june) for n in range(1, 11)]  # 10 of 10
    done += [fact(f"dep{n}", f"{IA}:discussion_held", june) for n in range(1, 5)]  # 4 of 10: exactly 40 %
    done += [fact(f"dep{n}", f"{IA}:published", june) for n in range(1, 8)]  # 7 of 10
    done += [fact(f"dep{n}", f"{IA}:analysis_ended", june) for n in range(1, 10)]  # 9 of 10
    done += [
        *(fact("dep1", f"{IA}:{name}", june) for name in ("schedule_approved", "order_signed", "note_signed"))
    ]
    done += [fact(f"ent{n}", f"{P3}:policy_confirmed", june) for n in range(1, 5)]  # 4 of 5: 80 %
    done += [fact(f"ent{n}", f"{P3}:training_held", day) for n in range(1, 6) for day in quarter_days()]
    done += [fact("ent1", f"{P3}:iso_certified", june)]
    done += [fact(f"aud{n}", f"{P4}:commission_sat", day) for n in range(1, 19) for day in quarter_days()]  # 18
    done += [fact("oblast", f"{P4}:servants_trained", june, trained=49, staff=1000)]  # 4.9 %
    done += [fact("oblast", f"{P4}:event_held", date(2026, 2, day)) for day in range(1, 8)]  # 7 in one month
    done += [fact("oblast", f"{P4}:event_held", date(2026, 3, 2))]
    done += [fact("oblast", f"{P2}:criminal_offence_reported", june)] * 1
    done += [fact("oblast", f"{P2}:offences_reconciled", june, corruption_offences=6)]
    done += [fact("oblast", f"{P4}:propaganda_reported", june, views=1000)]
    return tuple(done)


def year(
    *recorded: RecordedFact,
    today: date = AFTER,
    lacking: tuple[MissingFact, ...] = (),
    risks: Risks | None = None,
    office: dict[str, Unit] | None = None,
) -> Year:
    """The oblast's year 2026, looked at on a day."""
    own = {
        name: body(
            numbers((one for one in recorded if one.unit == name), year=2026, today=today),
            (one for one in lacking if one.unit == name),
            year=2026,
        )
        for name in {one.unit for one in (*recorded, *lacking)}
    }
    gathered = YearRecords(Office(units=office or units()), own)
    return Year(gathered=gathered, root="oblast", year=2026, today=today, risks=risks)


def scored(of: Year) -> Scores:
    """Its score under the usual readings."""
    usual = scoring().usual
    return score({name: one.answer for name, one in tally(scoring(), of, usual).items()}, scoring(), usual)


def points(of: Year) -> dict[str, str]:
    """Points by indicator, as they are written."""
    return {one.id: str(written(one.points)) for one in scored(of).scores}


def next_steps(of: Year) -> dict[str, Step]:
    """The nearest step of each indicator."""
    usual = scoring().usual
    return {one.indicator: one for one in steps(scoring(), tally(scoring(), of, usual), of, usual)}


def test_a_prepared_year_equals_the_score_computed_by_hand() -> None:
    """Project 1: 9 of 10 announced the start, nine steps of 0.3 = 2.7; 10 of 10 the discussion = 3; exactly
    40 % discussed = 2; 7 of 10 published = 2.1; schedule, order and note are there = 0, the plan is not and
    was due = -5; coverage of 90 % = 90 x 0.3 = 27, ten risks found 10, four removed 8, two to completion 10,
    together 55; no list of positions of 35 organisations = 0.
    Project 2: one criminal offence reported = 5; six offences by the act = 12.
    Project 3: the policy in 4 of 5 = 80 %, eight steps of 0.2 = 1.6; training in every quarter = 2; one
    certificate = 10; the eight other documents with nobody = 0.
    Project 4: 2 of 20 districts without a sitting = 10 %, 3 - 0.3 = 2.7; social order by none of ten
    departments = 0; 4.9 % trained, nine steps of 0.3 = 2.7; seven events in February capped at 10 points and
    one in March, 2, together 12; no talks = 0; propaganda 10 + 10 for exactly 1000 views = 20.
    2.7 + 3 + 2 + 2.1 - 5 + 55 + 5 + 12 + 1.6 + 2 + 10 + 2.7 + 2.7 + 12 + 20 = 127.8."""
    plan = MissingFact(case="2026-dep1", unit="dep1", fact=f"{IA}:plan_approved", due=date(2026, 6, 24))
    of = year(*prepared(), lacking=(plan,), risks=Risks(found=10, removed=4, completed=2))

    found = points(of)
    by_hand = {
        "P1.T1.S1": "0",
        "P1.T1.S2": "0",
        "P1.T1.S3": "2.7",
        "P1.T2.S1": "3",
        "P1.T2.S2": "2",
        "P1.T2.S3": "0",
        "P1.T3.S1": "-5",
        "P1.T3.S2": "2.1",
        "P1.T3.S3": "55",
        "P1.T4.S1": "0",
        "P2.T1.S1": "5",
        "P2.T2.S1": "12",
        "P3.T1.S1": "2",
        "P3.T2.S2": "1.6",
        "P3.T3.S1": "10",
        "P4.T1.S1": "2.7",
        "P4.T1.S2": "0",
        "P4.T2.S1": "2.7",
        "P4.T2.S3": "12",
        "P4.T2.S4": "0",
        "P4.T3.S1": "20",
        **{f"P3.T2.S{n}": "0" for n in (1, 3, 4, 5, 6, 7, 8, 9)},
    }
    assert found == by_hand
    assert str(written(scored(of).total)) == "127.8"


def test_the_documents_own_example_of_twenty_districts_two_without_a_sitting() -> None:
    """10 % of districts missing: 0.3 less; and the two are named."""
    of = year(*prepared())
    counted = tally(scoring(), of, scoring().usual)["P4.T1.S1"]

    assert counted.answer == Done(18, 20)
    assert counted.missing == ("aud19", "aud20")


def test_a_district_that_passed_one_quarter_over_is_missing() -> None:
    """Three sittings of four are not a sitting in every quarter."""
    without = tuple(one for one in prepared() if not (one.unit == "aud1" and one.on == date(2026, 8, 20)))

    assert tally(scoring(), year(*without), scoring().usual)["P4.T1.S1"].answer == Done(17, 20)


@pytest.mark.parametrize(
    ("today", "counted"), [(date(2026, 3, 31), None), (date(2026, 4, 1), Done(18, 20)), (AFTER, Done(18, 20))]
)
def test_a_quarter_is_asked_about_from_the_day_after_its_last(today: date, counted: object) -> None:
    """On 31 March the quarter still runs."""
    found = tally(scoring(), year(*prepared(), today=today), scoring().usual).get("P4.T1.S1")

    assert (found.answer if found else None) == counted


def test_what_is_recorded_late_scores_as_well() -> None:
    """And what happened on 31 December counts, on 1 January not."""
    last, first = date(2026, 12, 31), date(2027, 1, 1)
    on_time = year(fact("dep1", f"{IA}:published", last))
    too_late = year(fact("dep1", f"{IA}:published", first), fact("dep1", f"{IA}:start_announced", last))

    assert (points(on_time)["P1.T3.S2"], points(too_late)["P1.T3.S2"]) == ("0.3", "0")


def test_a_fact_of_a_part_counts_for_the_department_it_belongs_to() -> None:
    """A territorial division's analysis is its department's."""
    office = {**units(), "div": Unit(id="div", name="Бөлім", parent="dep1")}
    of = year(fact("div", f"{IA}:published", date(2026, 6, 1)), office=office)

    assert points(of)["P1.T3.S2"] == "0.3"


def test_a_deduction_is_made_after_the_last_day_and_at_stake_before_it() -> None:
    """The note was due on 10 June: on that day it is at stake, on the next it is lost, once for the body."""
    lacking = tuple(
        MissingFact(case=f"2026-{n}", unit=f"dep{n}", fact=f"{IA}:note_signed", due=date(2026, 6, 10))
        for n in (1, 2)
    )
    scores, stakes = [], []
    for today in (date(2026, 6, 10), date(2026, 6, 11)):
        of = year(today=today, lacking=lacking)
        counted = tally(scoring(), of, scoring().usual)["P1.T2.S3"]
        (found,) = score({"P1.T2.S3": counted.answer}, scoring(), scoring().usual).scores
        seen = prospect(scoring().indicators["P1.T2.S3"], found, counted, of)
        assert seen is not None
        scores.append(found.points)
        stakes.append((seen.lost, seen.at_stake))

    assert scores == [0, -5]
    assert stakes == [(0, 5), (5, 0)]


def test_before_anything_is_due_nothing_is_said_of_a_deduction() -> None:
    """A body that has opened no analysis has neither lost nor earned it yet."""
    assert "P1.T1.S2" not in points(year(today=date(2026, 2, 1)))


def test_one_more_person_trained_and_the_points_rise() -> None:
    """49 of 1000 is 4.9 %: one more makes 5 %, and 2.7 becomes 3.0."""
    of = year(*prepared(), today=date(2026, 10, 1))
    step = next_steps(of)["P4.T2.S1"]

    assert (step.arguments["count"], step.arguments["now"], step.arguments["then"]) == (
        1,
        Fraction("2.7"),
        Fraction(3),
    )
    assert step.by == date(2026, 12, 31)


def test_a_district_without_a_sitting_is_named_while_the_quarter_runs() -> None:
    """Two have none in the second quarter yet: with the two of the first that would be a second tenth part."""
    done = tuple(one for one in prepared() if one.on < date(2026, 4, 1) or one.unit not in ("aud17", "aud18"))
    step = next_steps(year(*done, today=date(2026, 6, 23)))["P4.T1.S1"]

    assert step.code == "this_quarter"
    assert step.missing == ("aud17", "aud18")
    assert step.by == date(2026, 6, 30)
    assert step.gain == Fraction("0.3")


def test_months_gone_by_are_lost_and_those_ahead_are_at_stake() -> None:
    """By 15 March: January 10 lost, February full, March 8 still to be had, nine months of 10 ahead."""
    of = year(*prepared(), today=date(2026, 3, 15))
    counted = tally(scoring(), of, scoring().usual)["P4.T2.S3"]
    (found,) = score({"P4.T2.S3": counted.answer}, scoring(), scoring().usual).scores
    seen = prospect(scoring().indicators["P4.T2.S3"], found, counted, of)

    assert seen is not None
    assert (found.points, seen.lost, seen.at_stake) == (12, 10, 98)


def test_once_the_year_is_over_nothing_is_at_stake() -> None:
    """What was not earned is lost, and no step is proposed."""
    of = year(*prepared())
    usual = scoring().usual
    counted = tally(scoring(), of, usual)
    found = {one.id: one for one in scored(of).scores}
    seen = [prospect(scoring().indicators[name], found[name], one, of) for name, one in counted.items()]

    assert steps(scoring(), counted, of, usual) == ()
    assert all(one.at_stake == 0 for one in seen if one is not None)


def test_an_indicator_of_another_kind_of_body_is_not_assessed() -> None:
    """The social order is asked of an oblast, not of an enterprise."""
    enterprise = replace(year(*prepared()), root="ent1")

    assert "P4.T1.S2" in points(year(*prepared()))
    assert "P4.T1.S2" not in points(enterprise)
