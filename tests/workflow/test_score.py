"""Points from plain numbers: scale boundaries, the document's own examples, bad numbers."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from functools import lru_cache

import pytest
from hypothesis import given, strategies as st

import i18n
from tests.law import ROOT
from workflow.law.files import UnreadableRegulation, read_file
from workflow.refusal import Refusal
from workflow.scoring.indicators import Score, Scoring, choose, read_inputs
from workflow.scoring.scales import MAX_NUMBER, Brackets, CoverageAndRisks, Share, Sittings, as_decimal

FILE = ROOT / "regulations" / "scoring" / "tbn4-scoring.2024-01-01.toml"
SHARES = {
    **dict.fromkeys(("P1.T1.S3", "P1.T2.S1", "P1.T3.S2"), "3"),
    **dict.fromkeys(("P1.T2.S2", "P1.T4.S1", "P4.T1.S2"), "5"),
    **dict.fromkeys(("P3.T1.S1", *(f"P3.T2.S{number}" for number in range(1, 10))), "2"),
    "P4.T2.S2": "10",
}
"""Shares of 100 % with their points at 100 %."""


@lru_cache(maxsize=1)
def scoring() -> Scoring:
    """The shipped scoring."""
    return read_file(Scoring, FILE.name, FILE.read_bytes())


def scores(inputs: dict[str, object], **readings: str) -> tuple[Score, ...]:
    """The scores of plain numbers under these readings."""
    readings_used = choose(readings, scoring())
    return scoring().score(read_inputs(inputs, scoring(), readings_used), readings_used)


def one(indicator: str, values: object, **readings: str) -> Score:
    """The score of one indicator."""
    return scores({indicator: values}, **readings)[0]


def points(indicator: str, values: object, **readings: str) -> str:
    """Its points as they are written."""
    return str(as_decimal(one(indicator, values, **readings).points))


def pair(indicator_score: Score) -> tuple[object, object]:
    """Its points and the most they could have been."""
    return indicator_score.points, indicator_score.maximum


def codes(indicator_score: Score) -> list[str]:
    """What its arithmetic says, by codes."""
    return [element.code.removeprefix("score.") for element in indicator_score.arithmetic]


BY_NUMBER = {
    # By whole tenths: 95 % are nine of them, 99.9 % as well; more than full earns no more.
    "P1.T1.S3": "0/20=0 1/20=0 2/20=0.3 19/20=2.7 20/20=3 21/20=3 999/1000=2.7 1/3=0.9 2/3=1.8 1/10=0.3 "
    "99999/1000000=0",
    # Exactly 40 % are 2.0, 39.9 % are nothing: the one floor of the document.
    "P1.T2.S2": "400/1000=2 399/1000=0 2/5=2 3999/10000=0 90/100=4.5 95/100=4.5 100/100=5 0/100=0",
    # By whole per cents: 100 % are 30, 90 % 27, 80 % 24, 70 % 21; 99.9 % are 29.7.
    "P1.T3.S3": "999/1000=29.7 997/1000=29.7 9/10=27 8/10=24 7/10=21 1/1=30 1/100=0.3 1/101=0 1/3=9.9 "
    "39/1000=0.9",
    # 0.3 for every 0.5 % of the civil servants; 5 % are full, 90 % are no more.
    "P4.T2.S1": "50/1000=3 49/1000=2.7 45/1000=2.7 44/1000=2.4 5/1000=0.3 4/1000=0 1/20=3 1/21=2.7 900/1000=3 "
    "0/1000=0",
    # The document's own example: 20 districts, 2 without a sitting, -0.3 for every 10 %.
    "P4.T1.S1": "20/20=3 18/20=2.7 19/20=3 17/20=2.7 0/20=0 25/20=3 13/16=2.7",
}
"""How many of how many, and the points by whole steps."""
IN_PROPORTION = {
    "P1.T1.S3": "19/20=2.85 999999/1000000=2.9999",
    "P1.T3.S3": "999/1000=29.97",
    "P1.T2.S2": "399/1000=0",
    "P4.T2.S1": "49/1000=2.94",
    "P1.T4.S1": "1/3=1.6666",
    "P4.T1.S1": "19/20=2.85",
}


@pytest.mark.parametrize(
    ("indicator", "rounding"),
    [*((name, "whole_steps") for name in BY_NUMBER), *((name, "linear") for name in IN_PROPORTION)],
)
def test_a_share_earns_by_whole_steps_or_in_proportion(indicator: str, rounding: str) -> None:
    """A switch: in proportion the floor stands, and full points never show before they are reached."""
    readings = {"commission_rounding" if indicator == "P4.T1.S1" else "rounding": rounding}
    lines = (BY_NUMBER if rounding == "whole_steps" else IN_PROPORTION)[indicator].split()
    for line in lines:
        done, of, expected = line.replace("/", "=").split("=")
        share: dict[str, object] = {"done": int(done), "of": int(of)}
        earned = points(indicator, {"coverage": share} if indicator == "P1.T3.S3" else share, **readings)
        assert earned == expected, line


def test_the_commission_can_be_read_by_quarters() -> None:
    """Four quarters earn 3 each."""
    quarters = {"per_quarter": [{"done": 20, "of": 20}, {"done": 18, "of": 20}]}

    assert pair(one("P4.T1.S1", quarters, commission_period="quarter")) == (Fraction("5.7"), 6)


@pytest.mark.parametrize(
    ("indicator", "values", "expected"),
    [
        # 18 for no offence, then 15, 12, 9, 6; 41 stands in the last row.
        *(
            ("P2.T2.S1", {"count": count}, (points, 18))
            for points, counts in ((18, [0]), (15, [1, 5]), (12, [6, 20]), (9, [21, 40]), (6, [41, 42, 1000]))
            for count in counts
        ),
        # Five events fill a month; a sixth earns nothing and fills no other month. A talk is a point.
        ("P4.T2.S3", {"per_month": [6, 0, 5, 4]}, (10 + 0 + 10 + 8, 40)),
        ("P4.T2.S4", {"per_month": [11, 10, 9]}, (10 + 10 + 9, 30)),
        # -10 for the schedule and the order, -5 for the note and the plan; what is there earns nothing.
        *(
            (name, {"present": present}, (0 if present else -taken, None))
            for name, taken in (("P1.T1.S1", 10), ("P1.T1.S2", 10), ("P1.T2.S3", 5), ("P1.T3.S1", 5))
            for present in (False, True)
        ),
        # A thousand views earn 10 in place of 5. What was viewed was published; 999 views are scaling only.
        ("P4.T3.S1", {"present": False}, (0, 20)),
        ("P4.T3.S1", {"present": True}, (10, 20)),
        ("P4.T3.S1", {"present": True, "scaled": True}, (15, 20)),
        ("P4.T3.S1", {"present": True, "views": 999}, (15, 20)),
        ("P4.T3.S1", {"present": True, "views": 1000}, (20, 20)),
        ("P4.T3.S1", {"present": True, "scaled": True, "views": 5000}, (20, 20)),
    ],
)
def test_a_number_earns_what_its_row_of_the_document_says(
    indicator: str, values: object, expected: tuple[int, int | None]
) -> None:
    """The points, and the most they could have been."""
    assert pair(one(indicator, values)) == expected


@pytest.mark.parametrize(
    ("reading", "expected"),
    [("found_and_higher", 10 + 4 * 2 + 2 * 5), ("sum", 10 + 6 * 2 + 2 * 5), ("highest", 4 + 4 * 2 + 2 * 5)],
)
def test_a_risk_earns_for_being_found_and_for_the_better_of_two_removals(reading: str, expected: int) -> None:
    """10 found, 4 removed, 2 more to real completion, under each of the three readings."""
    indicator_score = one("P1.T3.S3", {"risks": {"found": 10, "removed": 4, "completed": 2}}, risks=reading)

    assert indicator_score.points == expected


NUMBERS: dict[str, object] = {
    **{key: {"done": 18, "of": 20} for key in (*SHARES, "P4.T1.S1", "P4.T2.S1")},
    **{key: {"present": False} for key in ("P1.T1.S1", "P1.T1.S2", "P1.T2.S3", "P1.T3.S1", "P2.T5.S4")},
    **{key: {"count": 2} for key in ("P1.T5.S1", "P2.T2.S1", "P2.T3.S1", "P2.T3.S2", "P2.T4.S1")},
    **{key: {"count": 3} for key in (*(f"P2.T5.S{number}" for number in (1, 2, 3, 5)), "P3.T3.S1")},
    **{key: {"per_month": [6, 0, 5, 12]} for key in ("P4.T2.S3", "P4.T2.S4")},
    "P1.T3.S3": {"coverage": {"done": 999, "of": 1000}, "risks": {"found": 10, "removed": 4, "completed": 2}},
    "P2.T1.S1": {"administrative": 4, "criminal": 1},
    "P4.T3.S1": {"present": True, "scaled": True, "views": 999},
}
"""Something for each indicator; whole years counted by hand: tests.merzim.test_points_by_hand."""


def test_a_full_share_earns_the_most_the_document_gives() -> None:
    assert {name: points(name, {"done": 12, "of": 12}) for name in SHARES} == SHARES


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_score_can_say_its_arithmetic_and_its_readings(language: str) -> None:
    """Under the usual readings and under all the others."""
    other_readings = {name: list(values)[-1] for name, values in scoring().readings.items()}
    other_inputs = NUMBERS | {"P4.T1.S1": {"per_quarter": [{"done": 18, "of": 20}]}}
    for indicator_score in (*scores(NUMBERS), *scores(other_inputs, **other_readings)):
        sentences = [
            i18n.say(element.code, element.arguments, language) for element in indicator_score.arithmetic
        ]
        readings = (
            []
            if "present" in codes(indicator_score) or "absent" in codes(indicator_score)
            else list(indicator_score.readings)
        )

        assert sentences
        assert all(sentence.endswith(".") for sentence in sentences)
        assert codes(indicator_score).count("reading") == len(readings) == len(indicator_score.readings)


def test_the_arithmetic_of_a_share_is_read_like_this() -> None:
    """Counts, share, whole steps, their product, the ceiling."""
    (element, _) = one("P1.T1.S3", {"done": 19, "of": 20}).arithmetic

    assert i18n.say(element.code, element.arguments, "en") == (
        "19 of 20, that is 95%. Whole steps of 10%: 9. 9 × 0.3 = 2.7, at most 3."
    )


# ----------------------------------------------------------------------------------------------- the laws

counts = st.integers(min_value=0, max_value=MAX_NUMBER)
wholes = st.integers(min_value=1, max_value=MAX_NUMBER)
shares = st.sampled_from([*SHARES, "P4.T2.S1", "P4.T1.S1"])
roundings = st.sampled_from(["whole_steps", "linear"])


@given(shares, counts, counts, wholes, roundings)
def test_more_done_never_earns_less_and_never_above_the_maximum(
    indicator: str, done: int, more: int, of: int, rounding: str
) -> None:
    """Whatever the counts and the reading."""
    read: dict[str, str] = {"rounding": rounding, "commission_rounding": rounding}
    less, later = (one(indicator, {"done": count, "of": of}, **read) for count in sorted((done, more)))

    assert less.maximum is not None
    assert 0 <= less.points <= later.points <= less.maximum


@given(st.fractions(min_value=-10_000, max_value=10_000))
def test_written_points_are_plain_decimals_that_never_show_too_much(exact: Fraction) -> None:
    """No exponent, no needless zero; what does not end is cut."""
    shown_points = as_decimal(exact)

    assert str(shown_points) == f"{shown_points:f}"
    assert abs(Fraction(shown_points)) <= abs(exact)
    assert abs(exact - Fraction(shown_points)) < Fraction(1, 10_000)
    assert "." not in str(shown_points) or not str(shown_points).endswith("0")


# -------------------------------------------------------------------------------------------- bad numbers

BAD: list[tuple[object, str, str]] = [
    ({"done": "19", "of": 20}, "not_a_count", "P1.T1.S3.done"),
    ({"done": True, "of": 20}, "not_a_count", "P1.T1.S3.done"),
    ({"done": -1, "of": 20}, "negative", "P1.T1.S3.done"),
    ({"done": MAX_NUMBER + 1, "of": 20}, "too_large", "P1.T1.S3.done"),
    ({"done": 0, "of": 0}, "of_nothing", "P1.T1.S3.of"),
    ({"done": 1, "of": -20}, "negative", "P1.T1.S3.of"),
    ({"done": 19}, "missing_key", "P1.T1.S3"),
    ({"done": 19, "off": 20, "of": 20}, "unknown_key", "P1.T1.S3"),
    (19, "wrong_form", "P1.T1.S3"),
]
BAD_ELSEWHERE: list[tuple[str, object, str, str]] = [
    *(("P1.T1.S3", *bad) for bad in BAD),
    ("P1.T1.S1", {"present": "no"}, "not_yes_no", "P1.T1.S1.present"),
    ("P1.T4.S1", {"present": True}, "numbers_missing", "P1.T4.S1"),
    ("P2.T2.S1", {"count": -1}, "negative", "P2.T2.S1.count"),
    ("P2.T2.S1", {"counts": "x"}, "unknown_key", "P2.T2.S1"),
    ("P4.T2.S3", {"per_month": [0] * 13}, "too_many_months", "P4.T2.S3.per_month"),
    ("P4.T2.S3", {"per_month": 6}, "not_a_list", "P4.T2.S3.per_month"),
    ("P4.T2.S3", {"per_month": [6, -1]}, "negative", "P4.T2.S3.per_month[2]"),
    ("P1.T3.S3", {"risks": {"found": "10"}}, "not_a_count", "P1.T3.S3.risks.found"),
    ("P4.T3.S1", {"present": False, "views": 5}, "not_shown_but_scaled", "P4.T3.S1"),
    ("P4.T3.S1", {"present": True, "scaled": False, "views": 5}, "seen_but_not_scaled", "P4.T3.S1"),
    ("P1.T1.S33", {"done": 1, "of": 2}, "unknown_indicator", "P1.T1.S33"),
]


@pytest.mark.parametrize(("indicator", "values", "code", "place"), BAD_ELSEWHERE)
def test_a_number_that_cannot_be_scored_is_named_with_its_place(
    indicator: str, values: object, code: str, place: str
) -> None:
    """One sentence in each language for each mistake."""
    with pytest.raises(Refusal) as caught:
        one(indicator, values)
    (first,) = caught.value.errors
    assert (first.code, first.arguments["place"]) == (f"score.{code}", place)
    for language in i18n.LANGUAGES:
        assert place in i18n.say(first.code, first.arguments, language)


def test_what_is_no_record_and_an_unknown_reading_are_told_what_is_needed() -> None:
    """A reading by its name and by its value, with those there are."""
    for whole in (None, [], "P1.T1.S3", 5):
        with pytest.raises(Refusal) as caught:
            read_inputs(whole, scoring(), scoring().usual)
        assert caught.value.code == "score.not_inputs"
    for chosen in ({"roundings": "linear"}, {"rounding": "up"}):
        with pytest.raises(Refusal) as refused:
            choose(chosen, scoring())
        assert refused.value.arguments["allowed"]


# ----------------------------------------------------------------------------------------------- the file


def test_every_subtask_of_the_four_projects_stands_in_the_file() -> None:
    """11, 10, 11 and 7; in the order of the document."""
    names = list(scoring().indicators)

    assert names == sorted(names) == sorted(NUMBERS)
    assert [sum(name.startswith(f"P{project}") for name in names) for project in (1, 2, 3, 4)] == [
        11,
        10,
        11,
        7,
    ]


def test_every_reading_the_arithmetic_knows_is_explained_in_the_file_and_used() -> None:
    """Each hangs on some indicator; that every value is counted by: the tests of arithmetic."""
    readings_used = {
        name
        for indicator in scoring().indicators.values()
        for name in (*indicator.readings, *indicator.counting.readings)
    }

    assert readings_used == set(scoring().readings)


def test_the_steps_of_the_file_add_up_and_its_rows_follow_each_other() -> None:
    """A digit mistyped in a scale shows; what is counted by numbers names them."""
    for indicator in scoring().indicators.values():
        scale, counting = indicator.scale, indicator.counting
        share = scale.units if isinstance(scale, CoverageAndRisks) else scale
        if isinstance(share, Share | Sittings):
            full = share.full if isinstance(share, Share) else 100
            assert full / share.step * share.per_step == share.maximum, indicator.id
        if isinstance(scale, Brackets):
            lasts = [row.last for row in scale.rows]
            assert lasts[-1] is None
            firsts = [0, *(last + 1 for last in lasts if last is not None)]
            assert [row.first for row in scale.rows] == firsts
        assert all(counting.facts.values())
        assert counting.by not in ("value", "values") or counting.done
        assert counting.by != "values" or counting.of


@pytest.mark.parametrize(
    ("written_so", "instead", "code"),
    [
        ('per_step = "0.3"', "per_step = 0.3", "wrong_type"),
        ('kind = "share"', 'kind = "shares"', "not_allowed"),
        ('id = "P1.T1.S2"', 'id = "P1.T1.S1"', "duplicate"),
        ("in_force = 2024-01-01", "in_force = 2025-01-01", "file_name"),
        ('deduction = "10"', 'deductions = "10"', "unknown_key"),
    ],
)
def test_a_slip_in_the_file_is_named(written_so: str, instead: str, code: str) -> None:
    """Floats are not exact, keys have names."""
    text = FILE.read_text(encoding="utf-8")
    assert written_so in text
    changed_text = text.replace(written_so, instead, 1)
    tomllib.loads(changed_text)

    with pytest.raises(UnreadableRegulation) as caught:
        read_file(Scoring, FILE.name, changed_text.encode())

    assert caught.value.code == f"regulation.{code}"
    for language in i18n.LANGUAGES:
        assert i18n.say(caught.value.code, caught.value.arguments, language)
