"""Points: from inputs without a database, from the rows of an office, and what is at stake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from merzim.services.inputs import build
from merzim.services.law.acts import ChangeAct, change_act
from merzim.services.registers.verbs import AddRow, add_row
from merzim.services.scoring import Stakes
from merzim.services.yearly import open_cases
from merzim.storage import office as office_store
from tests.merzim.conftest import Merzim
from tests.merzim.test_points_by_hand import AFTER, IA, P2, P3, P4, Recorded, Units, points, sat
from workflow.moments import Moment
from workflow.org.office import Person, Unit
from workflow.scoring.prospects import Stake, YearScores

INPUTS = {
    "P1.T1.S1": {"present": False},
    "P1.T1.S3": {"done": 19, "of": 20},
    "P1.T3.S3": {"coverage": {"done": 997, "of": 1000}, "risks": {"found": 10, "removed": 4, "completed": 2}},
    "P2.T2.S1": {"count": 41},
    "P4.T2.S3": {"per_month": [6, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]},
}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """The example of the contract as a file."""
    return _file(tmp_path, json.dumps(INPUTS))


def _file(folder: Path, text: str) -> Path:
    path = folder / "inputs.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_answer_for_machines_has_points_as_decimal_strings(merzim: Merzim, inputs: Path) -> None:
    """No floats; no ceiling is null; the total is their sum."""
    answer = merzim("score", "--inputs", inputs, "--json").json

    assert {indicator["id"]: (indicator["points"], indicator["max"]) for indicator in answer["indicators"]} == {
        "P1.T1.S1": ("-10", None),
        "P1.T1.S3": ("2.7", "3"),
        "P1.T3.S3": ("57.7", None),
        "P2.T2.S1": ("6", "18"),
        "P4.T2.S3": ("16", "120"),
    }
    assert answer["total"] == "72.4"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"P1.T1.S3": {"done": 1, "done": 2, "of": 3}}', '"done" stands twice'),
        ('{"P2.T2.S1": {"count": 1}, "P2.T2.S1": {"count": 2}}', '"P2.T2.S1" stands twice'),
        ("[]", "Indicators with their numbers are needed"),
        (
            '{"P1.T1.S3": {"done": "19", "of": 20}}',
            'P1.T1.S3.done: a whole number without quotes is needed, not "19"',
        ),
        ('{"P1.T1.S3": {"done": NaN, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": 1e400, "of": 20}}', "P1.T1.S3.done: a whole number"),
        ('{"P1.T1.S3": {"done": ' + "9" * 4000 + ', "of": 20}}', "P1.T1.S3.done: the number is too large"),
        ('{"P1.T1.S3": {"done": ' + "9" * 5000 + ', "of": 20}}', "not JSON"),
        ('{"P1.T1.S9": {"done": 19, "of": 20}}', 'no such indicator: "P1.T1.S9"'),
    ],
)
def test_what_cannot_be_scored_is_one_line(merzim: Merzim, tmp_path: Path, text: str, told: str) -> None:
    """Exit code 2, nothing on stdout, never a traceback."""
    result = merzim("score", "--inputs", _file(tmp_path, text), "--json")

    assert result.code == 2
    assert result.out == ""
    assert len(result.err.splitlines()) == 1
    assert told in result.err


TWO_DEPARTMENTS = (("min", "", "central_body"), ("first", "min", ""), ("second", "min", ""))
TODAY, DUE = date(2026, 6, 15), date(2026, 7, 1)
SCHEDULE, ORDER, ANNOUNCED = "P1.T1.S1", "P1.T1.S2", "P1.T1.S3"


@pytest.fixture
def ministry(tmp_path: Path) -> Recorded:
    """A ministry of two departments, assessed in points."""
    office = Recorded(tmp_path, TWO_DEPARTMENTS)
    change_act(office.ctx(), ChangeAct(act="tbn4-2024"))
    return office


def stake(
    office: Recorded, unit: str, indicator: str, due: date | None = DUE, period: str | None = None
) -> Stake | None:
    return Stakes(office.ctx(TODAY)).of(unit, indicator, period, due)


def test_a_deduction_can_come_until_one_case_of_the_body_has_its_order(ministry: Recorded) -> None:
    """The second analysis of the year then has nothing to lose by its own order (P1.T1.S2)."""
    assert stake(ministry, "second", ORDER) == Stake(Decimal(10), deducted=True)

    ministry.record((("first", IA, "order_signed"),))

    assert [stake(ministry, unit, ORDER) for unit in ("first", "second", "min", "")] == [None] * 4
    assert stake(ministry, "second", SCHEDULE) == Stake(Decimal(10), deducted=True)


def test_a_share_has_points_at_stake_by_units_that_it_does_not_count_yet(ministry: Recorded) -> None:
    """Of two departments one announced: the other can still bring the rest of the 3 points (P1.T1.S3)."""
    ministry.record((("first", IA, "start_announced"),))

    assert stake(ministry, "first", ANNOUNCED) is None
    assert stake(ministry, "second", ANNOUNCED) == Stake(Decimal("1.5"), deducted=False)


def test_nothing_is_at_stake_this_year_by_what_is_due_in_another(ministry: Recorded) -> None:
    """The points of a year are of what was done in it; what is owed for its last quarter is its own though
    due in the next."""
    assert stake(ministry, "first", ORDER, None) == Stake(Decimal(10), deducted=True)
    assert stake(ministry, "first", ORDER, date(2027, 1, 11)) is None
    assert stake(ministry, "first", ORDER, date(2025, 12, 1)) is None
    assert stake(ministry, "first", ORDER, date(2027, 1, 5), "2026Q4") == Stake(Decimal(10), deducted=True)


def test_a_month_gone_by_brings_no_points_and_one_to_come_no_more_than_its_own(ministry: Recorded) -> None:
    """A talk is a point, ten a month at most (P4.T2.S4): of 70 at stake in June 10 are by talks of June."""
    ministry.case("min", P4)

    assert Stakes(ministry.ctx(TODAY)).total("") >= 70
    assert stake(ministry, "min", "P4.T2.S4", None, "2026-05") is None
    assert stake(ministry, "min", "P4.T2.S4", None, "2026-06") == Stake(Decimal(10), deducted=False)


def test_who_adopted_no_act_of_points_is_shown_none(tmp_path: Path) -> None:
    """Projects and points bind who adopted them."""
    assert stake(Recorded(tmp_path, TWO_DEPARTMENTS), "first", ORDER) is None


LATER = datetime(AFTER.year, AFTER.month, AFTER.day, 7, 0, tzinfo=UTC)
MINISTRY: Units = (
    ("min", "", "central_body"),
    ("hr", "min", ""),
    ("law", "min", ""),
    ("ent1", "min", "quasi_state"),
    ("ent2", "min", "quasi_state"),
)
OBLAST: Units = (
    ("obl", "", "oblast_akim_office"),
    *((f"aud{n}", "obl", "district_akim_office") for n in (1, 2)),
    ("city", "obl", "city_akim_office"),
)
PEOPLE = ("a", "b", "c")
EIGHT = (
    *("compliance_regulation", "policy", "instruction", "conflict_policy", "standard", "internal_plan"),
    *("reporting_procedure", "ethics_code"),
)
OFFENCE = {
    "found_by": "body",
    "found_on": "2025-11-01",
    "offender_text": "-",
    "happened_on": "2025-10-01",
    "happened_at": "-",
    "event": "-",
    "notified_by": "letter",
}
TALK = {"position": "-", "work_done": "-"}
TRAINING = {"topic": "-", "format": "offline", "audience": "-"}
EXPLANATION = {"kind": "legal_act", "subject": "-", "held_at": "15:00"}


class Kept(Recorded):
    """An office with people and rows of its registers."""

    def __init__(self, folder: Path, *bodies: Units) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder, *bodies)
        top = bodies[0][0][0]
        people = [Person(key=f"{name}@x.kz", name=f"Адам {name}", unit=top) for name in PEOPLE]
        units = [Unit(id=id, name=f"«{id}»", kind=kind, parent=up or None) for id, up, kind in bodies[0]]
        office_store.save(self.app.engine, units=units, people=people)

    def add(self, register: str, unit: str, **values: Any) -> str:
        """Add a row; its id."""
        fields = {"register_id": register, "unit": unit, "values": values}
        return add_row(self.ctx(), build(AddRow, fields)).row.id


def differences(actual: Mapping[str, str], expected: Mapping[str, str]) -> dict[str, tuple[str | None, str]]:
    return {
        id: (actual.get(id), expected_points)
        for id, expected_points in expected.items()
        if actual.get(id) != expected_points
    }


def texts(year_scores: YearScores, indicator: str) -> list[str]:
    (score,) = (score for score in year_scores.scores if score.id == indicator)
    return [element.code for element in score.arithmetic if element.code.startswith("score.rows")]


def test_a_ministry_is_scored_from_the_rows_it_keeps(tmp_path: Path) -> None:
    """Each indicator by its own date: the first and the last day of the year count, the days around do not."""
    office = Kept(tmp_path, MINISTRY)
    for category, day in (
        ("administrative", "2026-01-01"),
        ("administrative", "2025-12-31"),
        ("administrative", "2027-01-01"),
        ("criminal", "2026-12-31"),
    ):
        office.add("offences", "hr", **OFFENCE, category=category, notified_on=day)
    office.add(
        "candidate-checks",
        "hr",
        candidate="-",
        post="-",
        reception_ended_on="2026-02-02",
        checked_by="-",
        former_offender="yes",
        offence_on="2020-01-01",
        act_on="2020-02-01",
        in_force_on="2020-03-01",
        hired_on="2026-02-01",
        before_ban="after the ban",
        found_on="2026-12-31",
    )
    for day in ("2026-01-01", "2026-12-31", "2025-12-31"):
        office.add("restriction-breaches", "law", restriction="incompatible_activity", other_activity="-",
                  employee="a@x.kz", post="-", found_on=day)  # fmt: skip
    # 41 would be five a month: six events in February earn 10, one on the last of January 2.
    for day in ("2026-01-31", *(f"2026-02-0{n}" for n in range(1, 7))):
        office.add("trainings", "min", kind="ethics_officer", held_on=day, **TRAINING)
    # The same person twice in March is one; a on the last of March and a on the first of April are two months.
    for name, day in (("a", "2026-03-01"), ("a", "2026-03-31"), ("b", "2026-03-31"), ("a", "2026-04-01")):
        office.add("exposed-talks", "min", employee=f"{name}@x.kz", held_on=day, **TALK)
    office.add("explanations", "min", **EXPLANATION, held_on="2026-05-05", scaled="yes", scaled_on="2026-05-06",
              views="1000", counted_on="2026-06-01")  # fmt: skip

    year_scores = office.score("min")

    expected = {
        "P2.T1.S1": "8",  # one administrative 3, one criminal 5
        "P2.T4.S1": "3",
        "P2.T5.S1": "6",  # two of the year
        "P4.T2.S3": "12",
        "P4.T2.S4": "3",  # a and b in March, a in April
        "P4.T3.S1": "20",  # 10 for the report, 10 for 1000 views in place of 5
    }
    assert differences(points(year_scores), expected) == {}
    assert texts(year_scores, "P2.T1.S1") == ["score.rows"]
    (indicator_score,) = (score for score in year_scores.scores if score.id == "P4.T3.S1")
    assert [
        element.arguments["count"] for element in indicator_score.arithmetic if element.code == "score.rows"
    ] == [1]
    assert points(office.score("min", year=2025))["P2.T1.S1"] == "3"
    # On 1 July what is ahead has not happened.
    assert points(office.score("min", today=date(2026, 7, 1)))["P2.T1.S1"] == "3"
    # What the case of the year records from the rows is the same events and talks.
    change_act(office.ctx(), ChangeAct(act="tbn4-2024", unit="min"))
    opened_year = open_cases(office.app, 2026, unit="min", at=Moment(by="officer", now=LATER, today=AFTER))
    [case] = [
        case
        for case in office.app.ledger.cases(opened_year.opened).values()
        if (case.procedure, case.unit) == ("tbn4-project-4", "min")
    ]
    facts = Counter(name.partition("#")[0] for name in case.facts)
    assert (facts["event_held.2026-01"], facts["event_held.2026-02"]) == (1, 6)
    assert (facts["talk_held.2026-03"], facts["talk_held.2026-04"]) == (2, 1)
    assert differences(points(office.score("min")), expected) == {}
    # So is a talk that a department recorded by hand: of March two rows and one fact, not three facts.
    office.record((("hr", P4, "talk_held.2026-03@2026-03-01"),))
    assert differences(points(office.score("min")), expected) == {}


def test_what_was_recorded_and_what_stands_in_rows_counts_once(tmp_path: Path) -> None:
    """Of a month the larger number; of a year the larger; of the reconciliation the number of the act."""
    office = Kept(tmp_path, MINISTRY)
    office.record(
        (
            (
                "min",
                P2,
                "incompatible_activity_found.2026@2026-03-03 incompatible_activity_found.2026#2@2026-03-04",
            ),
            (
                "min",
                P4,
                "event_held.2026-02@2026-02-02 event_held.2026-02#2@2026-02-03 event_held.2026-03@2026-03-02",
            ),
            ("min", P4, "servants_trained.2026@2026-12-30=trained:1,staff:100"),
        )
    )
    for day in ("2026-03-05", "2026-05-05"):
        office.add("restriction-breaches", "law", restriction="incompatible_activity", other_activity="-",
                  employee="a@x.kz", post="-", found_on=day)  # fmt: skip
    office.add("trainings", "hr", kind="ethics_officer", held_on="2026-02-20", **TRAINING)
    first, second = (
        office.add("trainings", "hr", kind="advanced", organiser="-", held_on=f"2026-06-0{day}", **TRAINING)
        for day in (1, 2)
    )
    for n, (name, servant) in enumerate((("a", "yes"), ("a", "yes"), ("b", "yes"), ("c", "no"))):
        course = second if n == 1 else first
        office.add("training-attendees", "hr", training=course, employee=f"{name}@x.kz", civil_servant=servant,
                  counted_as="separate_course", passed_on="2026-06-05", certificate_number=f"{n}")  # fmt: skip
    for n in range(7):
        office.add(
            "offences", "hr", **OFFENCE, category="criminal", in_force_on=f"2026-01-0{n + 1}", status="-"
        )

    year_scores = office.score("min")

    expected = {
        "P2.T5.S1": "9",  # March: two recorded, one row; May: one row
        "P4.T2.S3": "6",  # February: two recorded, one row; March: one recorded
        "P4.T2.S1": "1.2",  # a and b of 100: 2 %, four steps of 0.5 %
        "P2.T2.S1": "12",  # no act yet: seven rows, 6 to 20
    }
    assert differences(points(year_scores), expected) == {}
    assert texts(year_scores, "P4.T2.S1") == ["score.rows", "score.rows_by_year"]
    assert texts(year_scores, "P4.T2.S3") == ["score.rows", "score.rows_by_month"]
    office.record((("min", P2, "offences_reconciled.2026@2027-01-15=corruption_offences:5"),))
    year_scores = office.score("min")
    assert points(year_scores)["P2.T2.S1"] == "15"
    assert texts(year_scores, "P2.T2.S1") == ["score.rows", "score.rows_act"]


def test_organisations_and_regions_are_shares_of_those_with_rows(tmp_path: Path) -> None:
    """A quasi-state subject by its documents and quarters; a region by the place a row names."""
    office = Kept(tmp_path, MINISTRY)
    for day in ("2026-03-31", "2026-04-01", "2026-09-30", "2026-12-31"):
        office.add("trainings", "ent1", kind="compliance", held_on=day, **TRAINING)
    office.record((("ent2", P3, f"{sat('training_held', 1, 2, 3)} policy_confirmed"),))
    link = {"published_at": "https://ent.kz", "adopted_on": "2024-01-01"}
    for kind in EIGHT:
        office.add("organisation-documents", "ent1", kind=kind, name="-", published_on="2025-12-31", **link)
        if kind != "policy":
            office.add("organisation-documents", "ent2", kind=kind, name="-", published_on="2026-02-01", **link)
    office.add(
        "organisation-documents", "ent2", kind="culture_plan", name="-", published_on="2026-02-01", **link
    )
    office.add("organisation-documents", "ent1", kind="policy", name="-", adopted_on="2024-01-01",
              confirmed_on="2026-06-30")  # fmt: skip
    for unit, reviewed in (("ent1", "2026-05-01"), ("ent2", "2025-05-01")):
        office.add("organisation-documents", unit, kind="instruction", name="-", adopted_on="2024-01-01",
                  confirmed_on="2026-06-30", reviewed_on=reviewed)  # fmt: skip

    year_scores = office.score("min")

    expected = {
        "P3.T1.S1": "1",  # ent1 by rows; ent2 lacks the fourth quarter: 50 %, five steps of 0.2
        "P3.T2.S2": "2",  # ent1 by a row, ent2 as recorded
        "P3.T2.S3": "1",  # both confirmed, ent1 alone reviewed in the year
        "P3.T2.S9": "1",  # ent1 has all eight on its site; ent2 seven, and a plan that is none of them
    }
    assert differences(points(year_scores), expected) == {}
    assert texts(year_scores, "P3.T2.S2") == ["score.rows", "score.rows_beside"]

    akimat = Kept(tmp_path / "oblast", OBLAST)
    for kind, place in (
        ("district", "«AUD1»"),
        ("city", "«city»"),
        ("district", "Nowhere"),
        ("department", "-"),
    ):
        akimat.add("social-orders", "obl", year="2026", place_kind=kind, place=place, amount="1",
                   placed_on="2026-12-31")  # fmt: skip
    # The oblast itself, aud1 and the city of four: 75 %, seven steps of 0.5.
    assert points(akimat.score("obl"))["P4.T1.S2"] == "3.5"
