"""Reminder actions: acknowledge, snooze, done; first the limits of snooze."""

from __future__ import annotations

from datetime import date

import pytest

from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR, library
from tests.notifications.sample_office import END, START, at_noon, noon
from workflow.cases.case import Case
from workflow.cases.commands import reminder_actions
from workflow.cases.commands.assignments import give
from workflow.cases.commands.case_commands import CaseCommands
from workflow.cases.commands.opening import Opening
from workflow.law.procedure import Step
from workflow.org.audit import Stamp
from workflow.refusal import Refusal
from workflow.reminders import following_step, law_steps, next_step, snoozed, steps_of

DUE = date(2026, 4, 6)  # the order: five working days before Monday 13 April
STEPS = (
    *(Step(at=at, to=("duty",)) for at in (-5, -1, 0)),
    Step(at=1, to=("duty", "head_of_unit")),
)


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    on = date(2026, 3, 18)
    opening = Opening(procedure="internal-analysis", planned={"analysis_started": START, "analysis_ended": END})
    return case_commands.open(opening, at=at_noon(on, by="officer"))


def later(case_commands: CaseCommands, case: Case, until: date, *, today: date = date(2026, 3, 30)) -> Case:
    return reminder_actions.snooze(
        case_commands, CALENDAR, case.id, "order_signed", until=until, at=at_noon(today)
    ).case


def days(steps: tuple[Step, ...], *, after: date) -> list[tuple[str, date]]:
    """All steps with their days, one after another."""
    step_days = []
    current_day = after
    while step := following_step(law_steps(steps, DUE, CALENDAR), after=current_day):
        step_days.append((step.id, step.on))
        current_day = step.on
    return step_days


def test_it_is_quiet_until_the_day_and_speaks_on_it() -> None:
    """From 30 March to 2 April: nothing but that Thursday, and then as ever."""
    quiet = snoozed(STEPS, DUE, date(2026, 4, 2), CALENDAR)

    assert days(quiet, after=date(2026, 3, 1)) == [
        ("-2", date(2026, 4, 2)),
        ("-1", date(2026, 4, 3)),
        ("0", DUE),
        ("+1", date(2026, 4, 7)),
    ]
    assert [step.to for step in quiet if step.id == "-2"] == [("duty",)], "it speaks to who asked for it"


def test_a_day_that_has_a_step_gets_no_second_one() -> None:
    """Snoozed to the day of the step before the last."""
    quiet = snoozed(STEPS, DUE, date(2026, 4, 3), CALENDAR)

    assert [name for name, _ in days(quiet, after=date(2026, 3, 1))] == ["-1", "0", "+1"]
    assert len(quiet) == 3


def test_a_step_that_tells_somebody_above_is_never_quiet() -> None:
    """Nobody can hide from his head by asking for later."""
    steps = (*STEPS, Step(at=-3, to=("duty", "head")))
    quiet = snoozed(steps, DUE, DUE, CALENDAR)

    assert [name for name, _ in days(quiet, after=date(2026, 3, 1))] == ["-3", "0", "+1"]


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


def test_the_last_step_in_time_is_the_latest_day(case_commands: CaseCommands, case: Case) -> None:
    """The due date itself can be asked for; the day after cannot, and the refusal names the latest."""
    with pytest.raises(Refusal) as refused:
        later(case_commands, case, date(2026, 4, 7))

    assert (refused.value.code, refused.value.arguments["latest"]) == ("put_off_too_far", DUE)
    assert later(case_commands, case, DUE).snoozed["order_signed"].until == DUE


def test_today_is_not_later(case_commands: CaseCommands, case: Case) -> None:
    """A day that has come is refused, tomorrow is not."""
    with pytest.raises(Refusal) as refused:
        later(case_commands, case, date(2026, 3, 30))

    assert refused.value.code == "put_off_not_ahead"
    assert later(case_commands, case, date(2026, 3, 31))


def test_on_the_due_date_and_after_it_nothing_can_be_put_off(case_commands: CaseCommands, case: Case) -> None:
    """What is due today is not asked for tomorrow."""
    for today in (DUE, date(2026, 4, 8)):
        with pytest.raises(Refusal) as refused:
            later(case_commands, case, date(2026, 4, 9), today=today)
        assert refused.value.code == "put_off_too_late"


def test_what_is_done_is_not_put_off(case_commands: CaseCommands, case: Case) -> None:
    """Nobody waits for it."""
    on = date(2026, 3, 30)
    case_commands.record(case.id, "order_signed", on=on, at=at_noon(on, by="x"))
    with pytest.raises(Refusal) as refused:
        later(case_commands, case, date(2026, 4, 2))

    assert refused.value.code == "put_off_not_open"


def test_a_moved_due_date_forgets_what_was_put_off(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """The snooze was for the old date: the new one has all its steps."""
    later(case_commands, case, date(2026, 4, 3))
    on = date(2026, 3, 30)
    case_commands.replan(case.id, "analysis_started", on=date(2026, 4, 14), at=at_noon(on, by="x"))
    row = ledger.rows(case.id)["order_signed"]

    assert row.due is not None
    steps = library().named(case.edition).steps
    step = next_step(law_steps(steps, row.due, CALENDAR), today=on)
    assert step is not None
    assert (row.next_step, row.next_step_on) == (step.id, step.on)


def test_said_twice_it_is_written_once(case_commands: CaseCommands, ledger: SqlLedger, case: Case) -> None:
    """The same day again adds no event; an acknowledgement neither."""
    for _ in range(2):
        later(case_commands, case, date(2026, 4, 2))
        reminder_actions.acknowledge(
            case_commands,
            case.id,
            "order_signed",
            "key",
            at=Stamp(by="x", now=noon(DUE), today=date(2026, 3, 30)),
        )
    answers = [event.payload["what"] for event in ledger.events(case.id) if event.kind == "notice"]

    assert answers == ["put_off", "acknowledged"]


def test_done_with_evidence_to_follow_is_a_fact_and_a_promise(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """The order is recorded, the chain says that its document follows, and nobody waits for it any more."""
    on = date(2026, 3, 30)
    case_commands.record(case.id, "order_signed", on=on, at=at_noon(on), evidence_follows=True)
    fact, promise = ledger.events(case.id)[-2:]

    assert (fact.kind, fact.name, fact.on) == ("fact", "order_signed", on)
    assert (promise.kind, promise.payload["what"]) == ("notice", "evidence_follows")
    assert ledger.rows(case.id)["order_signed"].state == "done"


def test_done_in_a_period_the_case_does_not_reach_is_written_and_not_refused(
    case_commands: CaseCommands, ledger: SqlLedger, case: Case
) -> None:
    """Fact and promise are one change: nobody is told that nothing was written when half of it was."""
    on, name = date(2026, 3, 30), "quarter_reported.2026Q1"
    assert name not in ledger.rows(case.id)
    change = case_commands.record(case.id, name, on=on, at=at_noon(on), evidence_follows=True)
    second_change = case_commands.record(case.id, name, on=on, at=at_noon(on), evidence_follows=True)

    assert [(event.kind, event.name) for event in change.events] == [("fact", name), ("notice", name)]
    assert len(ledger.events(case.id)) == change.case.seq
    assert second_change.events == ()


def test_an_obligation_the_case_does_not_have_is_named(case_commands: CaseCommands, case: Case) -> None:
    """With those it has, the nearest first."""
    with pytest.raises(Refusal):
        reminder_actions.snooze(
            case_commands,
            CALENDAR,
            case.id,
            "ordr",
            until=DUE,
            at=Stamp(by="x", now=noon(DUE), today=date(2026, 3, 30)),
        )


def test_what_was_due_before_the_records_begin_is_too_late_to_put_off(case_commands: CaseCommands) -> None:
    """It is said so, and not that a day nobody typed lies outside the records."""
    today = date(2026, 3, 30)
    stamp = at_noon(today, by="x")
    case = case_commands.open(Opening(procedure="conflict-of-interest"), at=stamp)
    case_commands.replan(case.id, "head_informed", on=date(2010, 1, 1), at=stamp)
    due = reminder_actions.deadline_of(case_commands.view(case.id, today=today), "notice_forwarded").due
    with pytest.raises(Refusal) as refusal:
        reminder_actions.snooze(case_commands, CALENDAR, case.id, "notice_forwarded", until=DUE, at=stamp)

    assert due is not None
    assert due.year == 2010
    assert refusal.value.code == "put_off_too_late"


def test_what_is_due_at_the_end_of_the_records_can_be_put_off(
    case_commands: CaseCommands, case: Case, ledger: SqlLedger
) -> None:
    """The steps after the due date lie beyond the calendar records; those before it are snoozed until then."""
    today = date(2026, 3, 30)
    stamp = at_noon(today, by="x")
    case_commands.replan(case.id, "council_discussed", on=date(2028, 12, 31), at=stamp)
    reminder_actions.snooze(
        case_commands, CALENDAR, case.id, "council_invited", until=date(2026, 7, 2), at=stamp
    )
    row = ledger.rows(case.id)["council_invited"]

    assert row.due == date(2028, 12, 25)
    assert row.next_step_on == date(2026, 7, 2)


def test_the_days_offered_are_days_that_are_taken(case_commands: CaseCommands, case: Case) -> None:
    """Tomorrow, three days on, the last one; the day before the due date only that."""

    def offered(today: date) -> tuple[date, ...]:
        view = case_commands.view(case.id, today=today)
        deadline = reminder_actions.deadline_of(view, "order_signed")
        return reminder_actions.days_to_offer(deadline, view.procedure, CALENDAR, today=today)

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
    change = give(case_commands, case.id, text="Есеп", assignee="a", giver="b", until=DUE, at=stamp)
    row = reminder_actions.deadline_of(case_commands.view(case.id, today=given), "assignment.1")
    law = library().named(case.edition)

    assert steps_of(change.case, law, "assignment.1", row, CALENDAR, today=given)[0].id == first
