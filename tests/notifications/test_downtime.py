"""Recovery after downtime: each missed step is settled once, and one person gets one letter for all."""

from __future__ import annotations

from datetime import date, timedelta

from tests.notifications.sample_office import AIGUL, Shelf, Town, at_noon
from workflow.cases.commands import recording


def opened(town: Town, count: int) -> None:
    for _ in range(count):
        town.open()


def back(town: Town, on: date) -> Shelf:
    """The service runs again from a day on; a few ticks of that day."""
    shelf = Shelf()
    for _ in range(3):
        town.round([shelf], on)
        town.deliver([shelf], on)
    return shelf


def mine(shelf: Shelf) -> list[str]:
    return [parcel.letter.subject for parcel in shelf.kept if parcel.notice.person == AIGUL.key]


def test_twelve_missed_steps_are_one_letter_that_lists_them(town: Town) -> None:
    """Down from the 18th to Sunday the 22nd of March, in the middle of Nauryz: twelve cases, one letter in
    the office hours of Thursday the 26th, twelve proofs."""
    opened(town, 12)
    in_the_holiday, shelf = back(town, date(2026, 3, 22)), back(town, date(2026, 3, 26))

    assert in_the_holiday.kept == []
    assert mine(shelf) == ["Мерзімдеріңіз, 26 наурыз: өткені – 0, алдағысы – 12"]
    assert shelf.kept[0].letter.text.count("хабарландыру (Құрылыс басқармасы) – 30 наурыз") == 12
    reminders = [notice for notice in town.notices() if notice.kind == "reminder"]
    assert len(reminders) == 12
    assert {(reminder.state, reminder.step) for reminder in reminders} == {("sent", "-5")}
    assert len({reminder.text_hash for reminder in reminders}) == 1
    assert {reminder.carrier for reminder in reminders} == {shelf.kept[0].notice.key}


def test_what_was_done_meanwhile_is_left_out(town: Town) -> None:
    """Collected on Friday night, read on Monday: a duty done in between is not reminded of."""
    first, second = town.open(), town.open()
    shelf = Shelf()
    saturday, monday = date(2026, 3, 28), date(2026, 3, 30)
    town.round([shelf], saturday)
    town.case_commands.write(first.id, at_noon(saturday), recording.record, "start_announced", on=saturday)
    shelf = back(town, monday)

    assert [subject for subject in mine(shelf) if "30 наурыз" in subject]
    of_first = {notice.obligation: notice.state for notice in town.notices() if notice.case == first.id}
    assert of_first["start_announced"] == "withdrawn"
    assert ("start_announced", "sent") in {
        (notice.obligation, notice.state) for notice in town.notices() if notice.case == second.id
    }


def test_a_question_asked_in_time_is_not_asked_again_when_the_case_changes(town: Town) -> None:
    """A start planned for 13 April, asked about after 1, 5 and 10 working days (27 April); another plan date
    moved on the 29th looks at the row anew. On the 28th, 11 working days after, it is open without a term."""
    case = town.open()
    for step in range(17):
        back(town, date(2026, 4, 13) + timedelta(days=step))
    today = date(2026, 4, 29)
    new_plan_dates = {"analysis_ended": date(2026, 6, 8)}
    town.case_commands.write(case.id, at_noon(today), recording.replan, new_plan_dates)
    back(town, today)

    questions = [
        notice
        for notice in town.notices()
        if notice.obligation == "analysis_started" and notice.person == AIGUL.key
    ]
    assert {notice.step for notice in questions} == {"planned", "slipped+1", "slipped+5", "open+11"}
