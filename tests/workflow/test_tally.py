"""From a year's events to its points: who counts, when, what is lost and what may still come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.workflow.test_score import scoring
from workflow.org.office import Office, Unit
from workflow.scoring.prospects import PointsStep, YearScores, score_year
from workflow.scoring.records import COMPLETED, FOUND, REMOVED, MissingFact, RecordedFact, YearRecords
from workflow.scoring.scales import Analyses, Done, as_decimal
from workflow.scoring.tally import AssessedYear, tally

AFTER = date(2027, 1, 11)
IA, P2, P3, P4 = "internal-analysis", "tbn4-project-2", "tbn4-project-3", "tbn4-project-4"


def units() -> dict[str, Unit]:
    """An oblast akim's office with ten departments, twenty districts and five enterprises."""
    top = Unit(id="oblast", name="Облыс әкімінің аппараты", kind="oblast_akim_office")
    unit_rows = [
        *(("dep", 10, "oblast_department"), ("aud", 20, "district_akim_office"), ("ent", 5, "quasi_state"))
    ]
    below = [
        Unit(id=f"{short}{n}", name=f"{short} {n}", parent="oblast", kind=kind)
        for short, count, kind in unit_rows
        for n in range(1, count + 1)
    ]
    return {unit.id: unit for unit in (top, *below)}


LINKS = frozenset(("link:site", "link:media", "link:social"))


def fact(unit: str, name: str, on: date, evidence: frozenset[str] = LINKS, **values: int) -> RecordedFact:
    """A fact of a unit's case, with the three links of an announcement."""
    numbers = {key: Decimal(value) for key, value in values.items()}
    return RecordedFact(case=f"2026-{unit}", unit=unit, fact=name, on=on, values=numbers, evidence=evidence)


def quarter_days() -> list[date]:
    """A day in each quarter of 2026."""
    return [date(2026, month, 20) for month in (2, 5, 8, 11)]


def prepared() -> tuple[RecordedFact, ...]:
    """What the oblast did in 2026. The score of it is computed by hand in the test below."""
    march, june = date(2026, 3, 30), date(2026, 6, 10)
    done_facts = [fact(f"dep{n}", f"{IA}:start_announced", march) for n in range(1, 10)]  # 9 of 10
    done_facts += [fact(f"dep{n}", f"{IA}:discussion_announced", june) for n in range(1, 11)]  # 10 of 10
    done_facts += [fact(f"dep{n}", f"{IA}:discussion_held", june) for n in range(1, 5)]  # 4 of 10: exactly 40 %
    done_facts += [fact(f"dep{n}", f"{IA}:published", june) for n in range(1, 8)]  # 7 of 10
    done_facts += [fact(f"dep{n}", f"{IA}:analysis_ended", june) for n in range(1, 10)]  # 9 of 10
    done_facts += [
        *(fact("dep1", f"{IA}:{name}", june) for name in ("schedule_approved", "order_signed", "note_signed"))
    ]
    done_facts += [fact(f"ent{n}", f"{P3}:policy_confirmed", june) for n in range(1, 5)]  # 4 of 5: 80 %
    done_facts += [fact(f"ent{n}", f"{P3}:training_held", day) for n in range(1, 6) for day in quarter_days()]
    done_facts += [fact("ent1", f"{P3}:iso_certified", june)]
    done_facts += [
        fact(f"aud{n}", f"{P4}:commission_sat", day) for n in range(1, 19) for day in quarter_days()
    ]  # 18
    done_facts += [fact("oblast", f"{P4}:servants_trained", june, trained=49, staff=1000)]  # 4.9 %
    done_facts += [
        fact("oblast", f"{P4}:event_held", date(2026, 2, day)) for day in range(1, 8)
    ]  # 7 in one month
    done_facts += [fact("oblast", f"{P4}:event_held", date(2026, 3, 2))]
    done_facts += [fact("oblast", f"{P2}:criminal_offence_reported", june)] * 1
    done_facts += [fact("oblast", f"{P2}:offences_reconciled", june, corruption_offences=6)]
    done_facts += [fact("oblast", f"{P4}:propaganda_reported", june, views=1000)]
    return tuple(done_facts)


def year(
    *recorded: RecordedFact,
    today: date = AFTER,
    lacking: tuple[MissingFact, ...] = (),
    office: dict[str, Unit] | None = None,
    root: str = "oblast",
    of: int = 2026,
    since: date | None = date(2024, 3, 1),
) -> AssessedYear:
    """The oblast's year 2026, looked at on a day."""
    records = YearRecords(
        Office(units=office or units()),
        scoring(),
        of,
        today=min(today, date(of, 12, 31)),
        facts=recorded,
        missing=lacking,
    )
    return AssessedYear(records=records, root=root, today=today, readings=scoring().usual, since=since)


def scored(of: AssessedYear, **readings: str) -> YearScores:
    """Its score under the usual readings, or others."""
    return score_year(replace(of, readings={**of.readings, **readings}), registers={})


def points(of: AssessedYear, **readings: str) -> dict[str, str]:
    """Points by indicator, as they are written."""
    return {
        indicator_score.id: str(as_decimal(indicator_score.points))
        for indicator_score in scored(of, **readings).scores
    }


def prospects(of: AssessedYear) -> dict[str, tuple[object, object, object]]:
    """Points, what is lost and what is at stake, by indicator."""
    return {score.id: (score.points, score.lost, score.at_stake) for score in scored(of).scores}


def next_steps(of: AssessedYear) -> dict[str, PointsStep]:
    """The nearest step of each indicator."""
    return {step.indicator: step for step in scored(of).steps}


@pytest.mark.parametrize(
    ("today", "counted"), [(date(2026, 3, 31), None), (date(2026, 4, 1), Done(18, 20)), (AFTER, Done(18, 20))]
)
def test_a_quarter_is_asked_about_from_the_day_after_its_last(today: date, counted: object) -> None:
    """On 31 March the quarter still runs."""
    indicator_tally = tally(year(*prepared(), today=today)).get("P4.T1.S1")

    assert (indicator_tally.answer if indicator_tally else None) == counted
    assert indicator_tally is None or indicator_tally.missing == ("aud19", "aud20")


def test_what_is_recorded_late_scores_as_well() -> None:
    """And what happened on 31 December counts, on 1 January not."""
    last, first = date(2026, 12, 31), date(2027, 1, 1)
    on_time = year(fact("dep1", f"{IA}:published", last), office=ten())
    too_late = year(
        fact("dep1", f"{IA}:published", first), fact("dep1", f"{IA}:start_announced", last), office=ten()
    )

    assert (points(on_time)["P1.T3.S2"], points(too_late)["P1.T3.S2"]) == ("0.3", "0")


def test_yearly_figures_count_for_the_year_they_are_about() -> None:
    """Those of 2025, drawn up in January 2026, are not of 2026; those of 2026 are, though drawn up in 2027."""
    before = replace(
        fact("oblast", f"{P4}:servants_trained", date(2026, 1, 9), trained=50, staff=1000), period="2025"
    )
    own_bodies = replace(
        fact("oblast", f"{P4}:servants_trained", date(2027, 1, 9), trained=10, staff=1000), period="2026"
    )

    assert points(year(before, own_bodies))["P4.T2.S1"] == "0.6"
    assert points(year(before, own_bodies, today=date(2026, 12, 30)))["P4.T2.S1"] == "0"


def ten() -> dict[str, Unit]:
    """The apparatus and nine departments: ten units."""
    return {name: unit for name, unit in units().items() if name != "dep10"}


def test_a_case_without_a_unit_is_the_organisations_own() -> None:
    """It covers all its divisions."""
    company = {
        unit.id: unit
        for unit in (
            Unit(id="ent", name="К", kind="quasi_state"),
            *(Unit(id=n, name=n, parent="ent") for n in "абв"),
        )
    }
    facts = (
        fact("", f"{IA}:analysis_ended", date(2026, 6, 1)),
        fact("а", f"{IA}:analysis_ended", date(2026, 6, 1)),
    )
    unit_tally = tally(year(*facts, office=company, root="ent"))["P1.T3.S3"]

    assert unit_tally.answer == Analyses(Done(3, 3), None)


def test_the_apparatus_of_an_akimat_may_be_a_unit_of_its_own() -> None:
    """Then it is counted, with what the akimat recorded itself; departments of districts are the districts'."""
    akimat = {
        unit.id: unit
        for unit in (
            Unit(id="obl", name="О", kind="oblast_akim_office"),
            Unit(id="app", name="А", parent="obl", kind="akim_apparatus"),
            Unit(id="dep", name="Б", parent="obl", kind="oblast_department"),
            Unit(id="aud", name="Ау", parent="obl", kind="district_akim_office"),
            Unit(id="audapp", name="Аа", parent="aud", kind="akim_apparatus"),
            Unit(id="auddep", name="Аб", parent="aud", kind="district_department"),
        )
    }
    own_facts, district = (
        [fact(unit, f"{IA}:{name}", date(2026, 6, 1)) for name in ("published", "positions_listed")]
        for unit in ("obl", "audapp")
    )
    of = year(*own_facts, *district, office=akimat, root="obl")
    tallies = tally(of)

    assert (tallies["P1.T3.S2"].answer, tallies["P1.T3.S2"].missing) == (Done(1, 2), ("dep",))
    # Lists of the department, the district and the district's department; the apparatus lists for its district.
    assert (tallies["P1.T4.S1"].answer, tallies["P1.T4.S1"].missing) == (Done(1, 3), ("auddep", "dep"))
    below = tally(replace(of, root="aud"))["P1.T3.S2"]
    assert (below.answer, below.missing) == (Done(1, 2), ("auddep",))


DEDUCTED = {"P1.T1.S1": -10, "P1.T1.S2": -10, "P1.T2.S3": -5, "P1.T3.S1": -5, "P1.T4.S1": -5, "P2.T5.S4": -5}


def test_what_does_not_exist_at_all_is_deducted_once_the_year_is_over() -> None:
    """Though no case was ever opened: -10, -10, -5, -5, -5 and -5 for gifts; at stake until 31 December."""
    on_the_last, after = prospects(year(today=date(2026, 12, 31))), prospects(year(today=date(2027, 1, 1)))

    assert {name: after[name][0] for name in DEDUCTED} == DEDUCTED
    assert {name: on_the_last[name][0] for name in DEDUCTED} == dict.fromkeys(DEDUCTED, 0)
    # The list of positions may earn 5 besides.
    stakes = {name: -points + 5 * (name == "P1.T4.S1") for name, points in DEDUCTED.items()}
    assert {name: on_the_last[name][2] for name in DEDUCTED} == stakes
    assert {name: (after[name][1], after[name][2]) for name in DEDUCTED} == {
        name: (lost, 0) for name, lost in stakes.items()
    }


def test_a_part_of_an_organisation_is_no_assessed_body() -> None:
    """Nothing is deducted from a division; a committee answers for its own order, not for the one schedule."""
    office = {
        unit.id: unit
        for unit in (
            Unit(id="min", name="М", kind="central_body"),
            Unit(id="dep", name="Д", parent="min"),
            Unit(id="kom", name="К", parent="min", kind="committee"),
        )
    }
    schedule = fact("min", f"{IA}:schedule_approved", date(2026, 1, 20))

    part, committee = (points(year(schedule, office=office, root=root)) for root in ("dep", "kom"))
    assert not {*DEDUCTED} & {*part}
    assert (committee["P1.T1.S1"], committee["P1.T1.S2"]) == ("0", "-10")


@pytest.mark.parametrize(
    ("ended", "assessed"), [(date(2026, 1, 1), False), (date(2026, 12, 31), False), (date(2025, 12, 31), True)]
)
def test_under_embargo_project_one_is_not_assessed(ended: date, assessed: bool) -> None:
    """Nothing is earned, nothing deducted; the other projects stay."""
    of = year(fact("", f"{IA}:external_analysis_ended", ended))
    points_by_indicator = points(of)

    assert any(name.startswith("P1.") for name in points_by_indicator) is assessed
    assert points_by_indicator["P2.T5.S4"] == "-5"
    assert [remark.code for remark in scored(of).remarks] == ([] if assessed else ["score.embargo"])


def test_of_an_office_without_a_record_nothing_is_counted_nor_said() -> None:
    """No points and no minus; years before the first record: tests.merzim.test_points_by_hand."""
    of = year(since=None)

    assert (points(of), scored(of).remarks) == ({}, ())


def test_one_more_person_trained_and_the_points_rise() -> None:
    """49 of 1000 is 4.9 %: one more makes 5 %, and 2.7 becomes 3.0."""
    of = year(*prepared(), today=date(2026, 10, 1))
    step = next_steps(of)["P4.T2.S1"]
    said = step.sentence.arguments

    assert (said["count"], said["now"], said["then"]) == (1, Decimal("2.7"), 3)
    assert step.by == date(2026, 12, 31)
    # Nobody has said how many there are: all of it is at stake, and the step is to say so.
    unsaid = [fact for fact in prepared() if fact.fact != f"{P4}:servants_trained"]
    step = next_steps(year(*unsaid, today=date(2026, 10, 1)))["P4.T2.S1"]
    assert (step.sentence.code, step.gain, step.by) == ("score.step.record_whole", 3, date(2026, 12, 31))
    assert prospects(year(*unsaid, today=date(2026, 10, 1)))["P4.T2.S1"] == (0, 0, 3)
    assert prospects(year(*unsaid))["P4.T2.S1"] == (0, 3, 0)


def test_a_district_without_a_sitting_is_named_while_the_quarter_runs() -> None:
    """Two have none in the second quarter yet: with the two of the first that would be a second tenth part."""
    done_facts = tuple(
        fact for fact in prepared() if fact.on < date(2026, 4, 1) or fact.unit not in ("aud17", "aud18")
    )
    step = next_steps(year(*done_facts, today=date(2026, 6, 23)))["P4.T1.S1"]

    assert step.sentence.code == "score.step.this_quarter"
    assert step.missing == ("aud17", "aud18")
    assert step.by == date(2026, 6, 30)
    assert step.gain == Fraction("0.3")


def test_months_gone_by_are_lost_and_those_ahead_are_at_stake() -> None:
    """By 15 March: January 10 lost, February full, March 8 still to be had, nine months of 10 ahead."""
    march = year(*prepared(), today=date(2026, 3, 15))

    assert prospects(march)["P4.T2.S3"] == (12, 10, 98)
    assert {score.id: score.maximum for score in scored(march).scores}["P4.T2.S3"] == 12 + 10 + 98


@pytest.mark.parametrize("risks", ["found_and_higher", "sum", "highest"])
def test_what_is_at_stake_of_the_coverage_does_not_depend_on_how_risks_are_read(risks: str) -> None:
    """Of the apparatus and ten departments nine are analysed: 81 % are 24.3 of 30, whatever six risks earn."""
    lines = [
        fact("dep1", line, date(2026, 6, 10)) for line in (FOUND, FOUND, FOUND, REMOVED, COMPLETED, COMPLETED)
    ]
    of = scored(year(*prepared(), *lines, today=date(2026, 10, 1)), risks=risks)
    (analyses,) = (score for score in of.scores if score.id == "P1.T3.S3")

    assert (analyses.lost, analyses.at_stake) == (0, Fraction("5.7"))


def test_once_the_year_is_over_nothing_is_at_stake() -> None:
    """What was not earned is lost, and no step is proposed."""
    of = year(*prepared())

    assert next_steps(of) == {}
    assert not any(at_stake for _, _, at_stake in prospects(of).values())


@pytest.mark.parametrize(("name", "runs", "expected"), [("note_signed", True, 0), ("note_signed", False, -5)])
def test_a_note_whose_term_still_runs_at_the_years_end_is_not_absent(
    name: str, runs: bool, expected: int
) -> None:
    """Its analysis ended on 25 December, the note is due on 12 January: nothing is deducted, nor announced in
    December; without such a term the body has none (P1.T2.S3)."""
    begun = fact("dep1", f"{IA}:analysis_ended", date(2026, 12, 25))
    term = MissingFact(case="2026-dep1", unit="dep1", fact=f"{IA}:{name}", due=date(2027, 1, 12))
    lacking = (term,) if runs else ()
    during, after = (year(begun, today=on, lacking=lacking) for on in (date(2026, 12, 28), date(2027, 1, 15)))

    assert prospects(after)["P1.T2.S3"] == (expected, -expected, 0)
    assert prospects(during)["P1.T2.S3"][2] == (0 if runs else 5)
    assert ("P1.T2.S3" in next_steps(during)) == (not runs)
