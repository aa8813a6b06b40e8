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
    assert "The answer is recorded" in answered.out
    assert "recorded already" in repeated.out
    assert "withdraw it first" in other.err
    assert "Possible answers: touched, not_touched" in unknown.err
    assert "decided 02.04.2026: The draft touches other units (touched)" in case_output.out
    assert (obligations["units"]["answers"], obligations["units"]["answer"]) == (
        ["touched", "not_touched"],
        "touched",
    )


def test_what_is_recorded_out_of_order_is_said_at_once(office: Merzim) -> None:
    """An end before its start is recorded, and the command says what is wrong, in words and in `--json`."""
    case, now = office("open", "internal-analysis", "--json").json["id"], ("--now", "2026-04-06")
    office("record", case, "analysis_started", "--on", "2026-04-06", *now)
    recorded = office("record", case, "analysis_ended", "--on", "2026-04-03", *now)
    sentence = "End of the analysis: the date is 3 April 2026, but this must come first: start of the analysis."
    ground = ("--ground", "x", "--json", *now)
    still = office("correct", case, "analysis_ended", "--on", "2026-04-02", *ground).json
    mended = office("correct", case, "analysis_ended", "--on", "2026-04-06", *ground).json

    assert (recorded.code, sentence in recorded.out) == (0, True)
    assert [finding["message"] for finding in still["out_of_order"]] == [sentence.replace("3 April", "2 April")]
    assert mended["out_of_order"] == []


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


def test_a_preview_counts_what_has_no_day_and_drops_nothing_that_only_loses_its_day(office: Merzim) -> None:
    """A term without a number is newly required too (standard, p. 13: signs of a crime are reported); with its
    anchor's plan date withdrawn an announcement is still required, only without a day for now."""
    now = ("--now", "2026-03-16")
    case = office("open", "conflict-of-interest", *now, "--json").json["id"]
    preview = office("decide", case, "crime_signs", "found", "--on", "2026-03-16", *now, "--dry-run")
    other = office("open", "internal-analysis", "--planned", "analysis_started=2026-04-13", *now, "--json")
    withdrawal = ("withdraw", other.json["id"], "plan.analysis_started", "--ground", "x", *now, "--dry-run")
    lost, answer = office(*withdrawal), office(*withdrawal, "--json").json

    assert "Deadlines moved: 0; no longer required: 0; newly required: 1; people told: 0." in preview.out
    assert "authorised_body_told  not required  -" in preview.out
    assert "no longer required: 0; newly required: 0; people told: 0." in lost.out
    assert {"obligation": "start_announced", "from": "2026-03-30", "to": None} in answer["moved"]
    assert (answer["dropped"], answer["opened"]) == ([], [])


def test_a_question_without_an_answer_has_nothing_to_withdraw(office: Merzim) -> None:
    """A second time it is withdrawn already; never answered, the refusal says what is recorded."""
    case = office("open", "internal-document", "--json").json["id"]
    withdrawal = ("withdraw", case, "units", "--ground", "x", "--now", "2026-04-06")
    never = office(*withdrawal)
    office("decide", case, "units", "touched", "--on", "2026-04-02", "--now", "2026-04-06")
    withdrawn, repeated = office(*withdrawal), office(*withdrawal)

    assert (never.code, withdrawn.code, repeated.code) == (2, 0, 2)
    assert "nothing to withdraw" in never.err
    assert "already been withdrawn" in repeated.err


def test_a_record_names_no_due_date_of_what_is_not_required(office: Merzim) -> None:
    """An equal post is owed only where the conflict cannot be settled (standard, 14(6)): until that is answered
    its three months move nothing; with the answer they begin."""
    now = ("--now", "2026-03-16", "--json")
    case = office("open", "conflict-of-interest", *now).json["id"]
    first = office("record", case, "conflict_known", "--on", "2026-03-02", *now).json
    office("decide", case, "conflict", "confirmed", "--on", "2026-03-16", *now)
    last = office("decide", case, "settlement", "impossible", "--on", "2026-03-16", *now).json

    assert first["moved"] == []
    assert {"obligation": "equal_post_given", "from": None, "to": "2026-06-02"} in last["moved"]
