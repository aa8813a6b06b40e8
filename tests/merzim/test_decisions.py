"""`merzim decide` and `plan --decide`."""

from __future__ import annotations

from tests.merzim.conftest import Merzim


def test_a_question_is_answered_once_and_named_where_it_is_not(office: Merzim) -> None:
    """The answer is recorded and shown; again it is done already, otherwise it is refused in one line."""
    case = office("open", "internal-document", "--json").json["id"]
    answer = ("decide", case, "units", "touched", "--on", "2026-04-02", "--now", "2026-04-06")
    foreseen, answered, repeated = office(*answer, "--dry-run"), office(*answer), office(*answer)
    other = office("decide", case, "units", "not_touched", "--on", "2026-04-02", "--now", "2026-04-06")
    unknown = office("decide", case, "units", "perhaps", "--on", "2026-04-02", "--now", "2026-04-06")
    case_output = office("case", case, "--now", "2026-04-06")
    obligations = {
        obligation["id"]: obligation for obligation in office("case", case, "--json").json["obligations"]
    }

    assert (foreseen.code, answered.code, repeated.code, other.code, unknown.code) == (0, 0, 0, 2, 2)
    assert "Recorded  The draft touches other units" in answered.out
    assert "Nothing changed." in repeated.out
    assert "withdraw it first" in other.err
    assert "Possible answers: touched, not_touched" in unknown.err
    assert "decided 02.04.2026: The draft touches other units (touched)" in case_output.out
    assert (obligations["units"]["answers"], obligations["units"]["answer"]) == (
        ["touched", "not_touched"],
        "touched",
    )


def test_a_plan_takes_an_answer_and_refuses_what_is_none(merzim: Merzim) -> None:
    """Measures within ten working days of the opinion: standard, 14(4); 7 April gives 21 April 2026."""
    words = ("plan", "conflict-of-interest", "--fact", "opinion_given=2026-04-07", "--json", "--decide")
    planned = merzim(*words, "conflict=confirmed@2026-04-07").json
    bad = [
        merzim(*words, text) for text in ("conflict=confirmed", "conflict@2026-04-07", "conflict=so@2026-04-07")
    ]

    assert {obligation["id"]: obligation["due"] for obligation in planned["obligations"]}[
        "measures_taken"
    ] == "2026-04-21"
    assert [result.code for result in bad] == [2, 2, 2]
    assert "DECISION=OPTION@DATE" in bad[0].err
