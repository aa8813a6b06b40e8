"""Reminder actions: acknowledge, snooze, done; first the limits of snooze."""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.checking import refusal_codes
from tests.law import CALENDAR, library
from tests.notifications.sample_office import END, START, at_noon, noon
from workflow.cases.case import Case
from workflow.cases.commands import answers, recording
from workflow.cases.commands.answers import give
from workflow.cases.commands.case_commands import CaseCommands, Opening
from workflow.law.procedure import Step
from workflow.moments import Moment
from workflow.refusal import Refusal
from workflow.reminders import following_step, law_steps, next_step, snoozed, steps_of

DUE = date(2026, 4, 6)  # the order: five working days before Monday 13 April
STEPS = (*(Step(at=at, to=("duty",)) for at in (-5, -1, 0)), Step(at=1, to=("duty", "head_of_unit")))


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    on = date(2026, 3, 18)
    opening = Opening(procedure="internal-analysis", planned={"analysis_started": START, "analysis_ended": END})
    return case_commands.open(opening, at=at_noon(on, by="officer"))


def later(case_commands: CaseCommands, case: Case, until: date, *, today: date = date(2026, 3, 30)) -> Case:
    return case_commands.write(case.id, at_noon(today), answers.snooze, "order_signed", until=until).case


def days(steps: tuple[Step, ...], *, after: date) -> list[tuple[str, date]]:
    """All steps with their days, one after another."""
    step_days = []
    current_day = after
    while step := following_step(law_steps(steps, DUE, CALENDAR), after=current_day):
        step_days.append((step.id, step.on))
        current_day = step.on
    return step_days


def test_it_is_quiet_until_the_day_but_for_a_step_that_tells_somebody_above() -> None:
    """From 30 March to 2 April: nothing but that Thursday, and then as ever. A day that has a step gets no
    second one, and nobody can hide from his head by asking for later."""
    quiet = snoozed(STEPS, DUE, date(2026, 4, 2), CALENDAR)

    assert days(quiet, after=date(2026, 3, 1)) == [
        ("-2", date(2026, 4, 2)),
        ("-1", date(2026, 4, 3)),
        ("0", DUE),
        ("+1", date(2026, 4, 7)),
    ]
    assert [step.to for step in quiet if step.id == "-2"] == [("duty",)], "it speaks to who asked for it"
    taken = snoozed(STEPS, DUE, date(2026, 4, 3), CALENDAR)

    assert [name for name, _ in days(taken, after=date(2026, 3, 1))] == ["-1", "0", "+1"]
    assert len(taken) == 3
    told_above = snoozed((*STEPS, Step(at=-3, to=("duty", "head"))), DUE, DUE, CALENDAR)

    assert [name for name, _ in days(told_above, after=date(2026, 3, 1))] == ["-3", "0", "+1"]


@pytest.mark.parametrize(
    ("due", "until", "expected"),
    [
        # Three working days before a Tuesday: Thursday 2 April; 3, 6 and 7 April follow.
        (date(2026, 4, 7), date(2026, 4, 2), ["-3", "-1", "0", "+1"]),
        # Of a due date on a Sunday, "1 before" and "today" fall on Friday 27 March: both stay.
        (date(2026, 3, 29), date(2026, 3, 27), ["-1", "0", "+1"]),
    ],
)
def test_the_step_asked_for_counts_the_working_days_that_are_left(
    due: date, until: date, expected: list[str]
) -> None:
    """A day that has steps of its own gets no other."""
    assert [step.id for step in snoozed(STEPS, due, until, CALENDAR)] == expected


def test_the_board_waits_for_the_day(case_commands: CaseCommands, ledger: SqlLedger, case: Case) -> None:
    """The next step of the row is on the requested day; a rebuild gives the same."""
    later(case_commands, case, date(2026, 4, 2))
    stored_case = ledger.case(case.id)
    assert stored_case is not None
    rows_again = {
        row.obligation: row for row in case_commands.recomputed(stored_case, today=date(2026, 3, 30)).rows
    }

    assert ledger.rows(case.id)["order_signed"].next_step_on == date(2026, 4, 2)
    assert rows_again["order_signed"] == ledger.rows(case.id)["order_signed"]


def test_what_cannot_be_put_off_is_refused(case_commands: CaseCommands, case: Case) -> None:
    """A day that has come, one after the due date, which can itself be asked for; anything on the due date and
    after it; an unknown obligation; what is done, for nobody waits for it."""
    today, on, name = date(2026, 3, 30), date(2026, 4, 2), "order_signed"

    def asked(until: date, today: date = today, name: str = name) -> partial[object]:
        at = at_noon(today)
        return partial(case_commands.write, case.id, at, answers.snooze, name, until=until)

    wrong = [asked(today), asked(date(2026, 4, 7)), asked(date(2026, 4, 9), DUE), asked(on, name="ordr")]
    wrong.append(asked(date(2026, 4, 9), date(2026, 4, 8)))
    too_late = "put_off_too_late"
    codes = ["put_off_not_ahead", "put_off_too_far", too_late, "unknown_obligation", too_late]
    assert refusal_codes(*wrong) == codes
    assert later(case_commands, case, date(2026, 3, 31)).snoozed[name].until == date(2026, 3, 31)
    assert later(case_commands, case, DUE).snoozed[name].until == DUE
    case_commands.write(case.id, at_noon(today, by="x"), recording.record, name, on=today)
    assert refusal_codes(asked(on)) == ["put_off_not_open"]


def test_a_moved_due_date_forgets_what_was_put_off(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """The snooze was for the old date: the new one has all its steps."""
    later(case_commands, case, date(2026, 4, 3))
    on = date(2026, 3, 30)
    case_commands.write(case.id, at_noon(on, by="x"), recording.replan, {"analysis_started": date(2026, 4, 14)})
    row = ledger.rows(case.id)["order_signed"]

    assert row.due is not None
    steps = library().named(case.edition).steps
    step = next_step(law_steps(steps, row.due, CALENDAR), today=on)
    assert row.next_step_on == step.on


def test_said_twice_it_is_written_once(case_commands: CaseCommands, ledger: SqlLedger, case: Case) -> None:
    """The same day again adds no event; an acknowledgement neither."""
    for _ in range(2):
        later(case_commands, case, date(2026, 4, 2))
        case_commands.write(
            case.id,
            Moment(by="x", now=noon(DUE), today=date(2026, 3, 30)),
            answers.acknowledge,
            "order_signed",
            "key",
        )
    said = [event.payload["what"] for event in ledger.events(case.id) if event.kind == "notice"]

    assert said == ["put_off", "acknowledged"]


def test_done_with_evidence_to_follow_is_a_fact_and_a_promise(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """The order is recorded, the chain says that its document follows, and nobody waits for it any more.
    In a period the case does not reach both are one change: nobody is told that nothing was written when
    half of it was."""
    on = date(2026, 3, 30)
    case_commands.write(case.id, at_noon(on), recording.record, "order_signed", on=on, evidence_follows=True)
    fact, promise = ledger.events(case.id)[-2:]

    assert (fact.kind, fact.name, fact.on) == ("fact", "order_signed", on)
    assert (promise.kind, promise.payload["what"]) == ("notice", "evidence_follows")
    assert ledger.rows(case.id)["order_signed"].state == "done"
    name = "quarter_reported.2026Q1"
    assert name not in ledger.rows(case.id)
    change = case_commands.write(case.id, at_noon(on), recording.record, name, on=on, evidence_follows=True)
    second_change = case_commands.write(
        case.id, at_noon(on), recording.record, name, on=on, evidence_follows=True
    )

    assert [(event.kind, event.name) for event in change.events] == [("fact", name), ("notice", name)]
    assert len(ledger.events(case.id)) == change.case.seq
    assert second_change.events == ()


def test_what_was_due_before_the_records_begin_is_too_late_to_put_off(case_commands: CaseCommands) -> None:
    """It is said so, and not that a day nobody typed lies outside the records."""
    today = date(2026, 3, 30)
    stamp = at_noon(today, by="x")
    case = case_commands.open(Opening(procedure="conflict-of-interest"), at=stamp)
    case_commands.write(case.id, stamp, recording.replan, {"head_informed": date(2010, 1, 1)})
    due = answers.deadline_of(case_commands.view(case.id, today=today), "notice_forwarded").due
    with pytest.raises(Refusal) as refusal:
        case_commands.write(case.id, stamp, answers.snooze, "notice_forwarded", until=DUE)

    assert due.year == 2010
    assert refusal.value.code == "put_off_too_late"


def test_what_is_due_at_the_end_of_the_records_can_be_put_off(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The steps after the due date lie beyond the calendar records; those before it are snoozed until then."""
    today = date(2026, 3, 30)
    stamp = at_noon(today, by="x")
    case_commands.write(case.id, stamp, recording.replan, {"council_discussed": date(2028, 12, 31)})
    case_commands.write(case.id, stamp, answers.snooze, "council_invited", until=date(2026, 7, 2))
    row = ledger.rows(case.id)["council_invited"]

    assert row.due == date(2028, 12, 25)
    assert row.next_step_on == date(2026, 7, 2)


def test_the_days_offered_are_days_that_are_taken(case_commands: CaseCommands, case: Case) -> None:
    """Tomorrow, three days on, the last one; the day before the due date only that."""

    def offered(today: date) -> tuple[date, ...]:
        view = case_commands.view(case.id, today=today)
        deadline = answers.deadline_of(view, "order_signed")
        return answers.days_to_offer(deadline, view.procedure, CALENDAR, today=today)

    assert offered(date(2026, 3, 30)) == (date(2026, 3, 31), date(2026, 4, 2), DUE)
    assert offered(date(2026, 4, 3)) == (DUE,)
    assert offered(DUE) == ()


@pytest.mark.parametrize(
    ("given", "first"), [(date(2026, 4, 1), "-1"), (date(2026, 4, 2), "-1"), (date(2026, 4, 3), "0")]
)
def test_the_letter_that_gives_an_assignment_is_its_step_of_that_day(
    case_commands: CaseCommands, case: Case, given: date, first: str
) -> None:
    """Due on Monday 6 April: given on the Friday before, the letter named the day, and no second one leaves."""
    stamp = at_noon(given, by="x")
    change = case_commands.write(case.id, stamp, give, text="Есеп", assignee="a", giver="b", until=DUE)
    row = answers.deadline_of(case_commands.view(case.id, today=given), "assignment.1")
    law = library().named(case.edition)

    assert steps_of(change.case, law, "assignment.1", row, CALENDAR, today=given)[0].id == first
