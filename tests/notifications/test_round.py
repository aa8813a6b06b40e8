"""Planning rounds: each reminder once, to the right people, on the right working day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from notifications import round as rounds
from notifications.round import RoundReport
from tests.law import CALENDAR, library
from tests.notifications.sample_office import (
    AIGUL,
    BOLAT,
    DANA,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    Shelf,
    Town,
    at_noon,
)
from workflow.cases.commands import recording
from workflow.law.library import Library

MONDAY = date(2026, 4, 6)


def heard(report: RoundReport, obligation: str = "start_announced") -> list[tuple[str, str, str]]:
    """Recipients of each step of an obligation, with the reason."""
    return [
        (planned_notice.recipient.person.name, planned_notice.notice.step, planned_notice.recipient.why)
        for planned_notice in report.planned
        if planned_notice.notice.obligation == obligation
    ]


def test_a_round_goes_through_all_pages_and_run_again_adds_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three rows whose step has come, and pages of one; however often, and on however many ticks of the day."""
    monkeypatch.setattr(rounds, "PAGE", 1)
    cases = {town.open().id for _ in range(3)}
    queued_counts = [town.round([Shelf()], FIVE_BEFORE).queued for _ in range(4)]

    assert queued_counts == [3, 0, 0, 0]
    assert {notice.case for notice in town.notices() if notice.case} == cases


def test_every_day_of_a_step_speaks_once(town: Town) -> None:
    """Over consecutive days each step gives one notice per person, on its day only."""
    town.open()
    steps_by_day: dict[date, list[str]] = {}
    day = date(2026, 3, 10)
    while day < date(2026, 4, 20):
        report = town.round([Shelf()], day)
        town.round([Shelf()], day)
        if steps := sorted({step for _, step, _ in heard(report)}):
            steps_by_day[day] = steps
        day = date.fromordinal(day.toordinal() + 1)

    assert steps_by_day == {
        date(2026, 3, 18): ["-5"],
        date(2026, 3, 27): ["-1"],
        date(2026, 3, 30): ["0"],
        date(2026, 3, 31): ["+1"],
        date(2026, 4, 6): ["+5"],
    }


def test_the_steps_tell_more_people_the_later_it_is(town: Town) -> None:
    """One day after, the head of the unit too; five days after, the officer and the head."""
    town.open()

    assert heard(town.round([Shelf()], date(2026, 3, 31))) == [
        (AIGUL.name, "+1", "duty"),
        (BOLAT.name, "+1", "copied"),
    ]
    assert {name for name, _, _ in heard(town.round([Shelf()], MONDAY))} == {
        AIGUL.name,
        BOLAT.name,
        OFFICER.name,
        DANA.name,
    }


def test_a_moved_start_is_another_reminder(town: Town) -> None:
    """The unsent letter of the old date is withdrawn, the new date has its own steps and key."""
    case = town.open()
    town.round([Shelf()], FIVE_BEFORE)
    later = date(2026, 4, 27)
    town.case_commands.write(case.id, at_noon(FIVE_BEFORE), recording.replan, {"analysis_started": later})

    assert [notice.state for notice in town.notices()] == ["withdrawn"]
    assert town.round([Shelf()], FIVE_BEFORE).queued == 0
    assert heard(town.round([Shelf()], CALENDAR.add_working_days(date(2026, 4, 13), -5))) == [
        (AIGUL.name, "-5", "duty")
    ]


def test_somebody_no_channel_reaches_is_a_problem_where_there_is_no_officer(tmp_path: Path) -> None:
    """A person without an e-mail is named, not passed over."""
    town = Town(tmp_path, people=(replace(AIGUL, email=None),))
    town.open()
    report = town.round([Shelf()], FIVE_BEFORE)
    town.close()

    assert report.problems[0].code == "letter.problem_no_address"


def test_nobody_to_tell_is_a_problem_said_in_every_round(tmp_path: Path) -> None:
    """Without people and officer the row keeps its day: a person named later is notified."""
    town = Town(tmp_path, people=())
    town.open()
    first, second = town.round([Shelf()], FIVE_BEFORE), town.round([Shelf()], FIVE_BEFORE)
    town.rules = replace(RULES, officer="new@example.kz")
    third = town.round([Shelf()], FIVE_BEFORE)
    town.close()

    assert [problem.code for problem in first.problems] == ["letter.problem_nobody"]
    assert second.problems == first.problems
    assert heard(third) == [("new@example.kz", "-5", "officer")]


def test_an_edition_that_is_gone_is_named_and_stops_nobody_else(town: Town) -> None:
    """One case whose regulation file was taken away does not keep the others from being reminded."""
    town.open()
    bare = Library([edition for edition in library().all() if edition.id != "internal-analysis"])
    report = rounds.round(town.dispatch([Shelf()], FIVE_BEFORE, library=bare))

    assert [problem.code for problem in report.problems] == ["letter.problem_unplanned"]
    assert town.round([Shelf()], FIVE_BEFORE).queued == 1
