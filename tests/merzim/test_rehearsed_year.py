"""`rehearse` of the example case over its whole year: every line is expected, no expected line missing.

The expected lines are derived here from the reminder steps, the people and the calendar; of the deadlines
only due dates and plan dates are used. No fact is recorded: obligations that count from a plan date are
reminded of until the first planned day before them has passed, and passed plan dates lead to questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import calendars
from tests.merzim.conftest import PEOPLE, SCHEDULE, Merzim

IMPORTED = date(2026, 1, 5)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)

AIGERIM, TIMUR = "a.akhmetova@example.kz", "t.zhumabekov@example.kz"
SALTANAT, POLINA = "s.nurgalieva@example.kz", "p.litvinova@example.kz"
HEAD = "d.serikbaev@example.kz"
OFFICER = AIGERIM  # config.toml
GROUP, SERVICE = (SALTANAT, POLINA), (AIGERIM, TIMUR)

AWAY = {
    AIGERIM: (date(2026, 4, 3), date(2026, 4, 7), TIMUR),
    SALTANAT: (date(2026, 5, 13), date(2026, 5, 14), POLINA),
    TIMUR: (date(2026, 5, 4), date(2026, 5, 6), AIGERIM),
}
"""Leave: two people are away on days of their steps; Timur's leave, from the example, affects none."""

DOERS: Mapping[str, tuple[str, ...]] = {
    # Whom the schedule names: the service or the working group; who in it holds the duty, else its head.
    "start_announced": SERVICE,
    # What the act gives the first head to sign: besides, the first head.
    "order_signed": (AIGERIM, HEAD),
    "discussion_announced": GROUP,
    "discussion_held": GROUP,
    "analysis_started": GROUP,
    "analysis_ended": GROUP,
    "note_signed": (SALTANAT, HEAD),
    "plan_developed": SERVICE,
    "plan_approved": (AIGERIM, HEAD),
    "published": SERVICE,
    "schedule_approved": (AIGERIM, HEAD),
    # The schedule names nobody: the object answers for it, and the case of a whole office has none.
    "quarter_reported": (OFFICER,),
    # Nor here: everybody authorised.
    "quarter_reviewed": (*SERVICE, *GROUP),
}
STEPS: Mapping[int, tuple[str, ...]] = {
    # After the due date, besides the heads over those who must do it.
    -5: (),
    -1: (),
    0: (),
    1: (),
    5: (OFFICER, HEAD),
}
HEADS: Mapping[str, str] = {TIMUR: AIGERIM, POLINA: SALTANAT, SALTANAT: AIGERIM}
"""Aigerim's only superior, the first head, is notified last; until then she, the officer, is notified."""
RECOMMENDED = frozenset({"schedule_approved"})
"""Of obligations that are not obligatory only the responsible person is notified."""

ANCHORS: Mapping[str, str] = {
    "start_announced": "analysis_started",
    "order_signed": "analysis_started",
    "analysis_ended": "analysis_started",
    "discussion_announced": "analysis_ended",
    "discussion_held": "analysis_ended",
    "note_signed": "analysis_ended",
    "plan_approved": "note_signed",
    "published": "plan_approved",
    "quarter_reported": "note_signed",
    "quarter_reviewed": "note_signed",
}
"""What each counts from, or begins with; the thirtieth of June of the schedule counts from nothing."""
QUESTIONS: Mapping[str, tuple[int, bool]] = {
    "slipped+1": (1, True),
    "slipped+5": (5, True),
    "slipped+10": (10, False),
}
"""Working days after a plan date, and whether the executor is asked; if not, the officer."""

Line = tuple[date, str, str, str]
"""Day, obligation, step, person."""


def steps(first: date, days: int) -> date:
    """So many working days on from a day that is not counted, one day after another."""
    step = timedelta(days=1 if days > 0 else -1)
    while days:
        first += step
        if calendars.is_working_day(first):
            days -= 1 if days > 0 else -1
    return first


def spoken_on(due: date, offset: int) -> date:
    """The day of a step; if the due date is a day off, its own step is on the working day before."""
    if offset:
        return steps(due, offset)
    return due if calendars.is_working_day(due) else steps(due, -1)


def present(person: str, on: date) -> str:
    first, last, deputy = AWAY.get(person, (date.max, date.max, ""))
    return deputy if first <= on <= last else person


@dataclass(frozen=True)
class Open:
    """An open obligation: its due date and plan date, and the last day on which the due date holds."""

    due: date | None
    planned: date | None
    until: date
    force: str

    def overdue(self, on: date) -> bool:
        return self.due is not None and self.due < on <= self.until


def heads_over(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(HEADS.get(person, OFFICER) for person in people)


def spoken(name: str, deadline: Open, first: date) -> list[tuple[date, str, tuple[str, ...]]]:
    """The steps of one obligation from the first day on: by its term, by its plan date, missed ones as one."""
    doers = DOERS[name.partition(".")[0]]
    spoken_steps: list[tuple[date, str, tuple[str, ...]]] = []
    if deadline.due is not None:
        for offset, other_duties in STEPS.items():
            if (on := spoken_on(deadline.due, offset)) <= deadline.until:
                heads = heads_over(doers) if offset > 0 else ()
                other_duties = () if name in RECOMMENDED else (*other_duties, *heads)
                spoken_steps.append((on, f"{offset:+d}" if offset else "0", (*doers, *other_duties)))
    taken_days = {on for on, _, _ in spoken_steps}
    if deadline.planned is not None:
        on = spoken_on(deadline.planned, 0)
        if on not in taken_days and (deadline.due is None or on <= deadline.due):
            spoken_steps.append((on, "planned", doers))
        for step, (days, executor) in QUESTIONS.items():
            on = steps(deadline.planned, days)
            while on in taken_days:
                on = steps(on, 1)
            if not deadline.overdue(on):
                spoken_steps.append((on, step, doers if executor else (OFFICER, *heads_over(doers))))
    if first > deadline.until:
        spoken_steps = [step for step in spoken_steps if step[1].startswith(("planned", "slipped"))]
    spoken_steps.sort()
    missed = [step for step in spoken_steps if step[0] < first]
    ahead = [step for step in spoken_steps if step[0] >= first]
    if missed and not (ahead and ahead[0][0] == first):
        _, step, people = missed[-1]
        ahead.insert(0, (first, step, (*doers, *people)))
    return ahead


def expected(waiting: Mapping[str, Open], first: date, last: date) -> Iterator[Line]:
    for name, deadline in waiting.items():
        for on, step, people in spoken(name, deadline, first):
            if on <= last:
                for person in sorted({present(person_told, on) for person_told in people}):
                    yield on, name, step, person


def reminders(days: list[dict[str, Any]], *, undated: bool = False) -> list[Line]:
    """Lines about terms and plan dates; or those about duties without a number of days."""
    return [
        (date.fromisoformat(day["date"]), notice["obligation"], notice["step"], notice["person"])
        for day in days
        for notice in day["notices"]
        if notice["step"].startswith(("open+", "before-", "points-")) == undated
    ]


@pytest.fixture
def year(merzim: Merzim, tmp_path: Path) -> Merzim:
    """The example's people, two of them on leave, and its schedule; an officer in config.toml."""
    (tmp_path / "config.toml").write_text(f'[office]\nofficer = "{OFFICER}"\n', encoding="utf-8")
    lines = PEOPLE.read_text(encoding="utf-8-sig").splitlines()
    for person in (AIGERIM, SALTANAT):
        away = " – ".join(f"{day:%d.%m.%Y}" for day in AWAY[person][:2])
        heads = lines[0].split(";")
        (place,) = [n for n, line in enumerate(lines) if line.split(";")[heads.index("E-mail")] == person]
        cells = lines[place].split(";")
        cells[heads.index("Отсутствует")] = away
        lines[place] = ";".join(cells)
    people = tmp_path / "people.csv"
    people.write_text("\n".join(lines), encoding="utf-8")
    assert merzim("people", people).code == 0
    assert merzim("import", SCHEDULE, "--now", IMPORTED).code == 0
    return merzim


def dues(office: Merzim, now: date) -> dict[str, Open]:
    """What waits for somebody with a day of its own; what is done or has none waits for nobody."""
    case = office("case", "2026-0001", "--json", "--now", now).json
    planned = {obligation["id"]: obligation["planned_on"] for obligation in case["obligations"]}
    done_ids = {obligation["id"] for obligation in case["obligations"] if obligation["state"] == "done"}

    def until(name: str) -> date:
        """The first planned day on the way from its anchor back to the start that is not recorded."""
        anchor = ANCHORS.get(name.partition(".")[0])
        if anchor is None or anchor in done_ids:
            return date.max
        return min(date.fromisoformat(planned[anchor]), until(anchor))

    return {
        obligation["id"]: Open(
            due=date.fromisoformat(obligation["due"]) if obligation["due"] else None,
            planned=date.fromisoformat(obligation["planned_on"]) if obligation["planned_on"] else None,
            until=until(obligation["id"]),
            force=obligation["force"],
        )
        for obligation in case["obligations"]
        if (obligation["due"] or obligation["planned_on"]) and obligation["id"] != "monitoring_noted"
        if obligation["state"] in ("open", "planned", "not_due_yet")
    }


def test_every_line_of_the_year_has_its_reason(year: Merzim) -> None:
    """Each step once on its own working day, to its recipient or their deputy; none is missing."""
    waiting = dues(year, IMPORTED)
    days = year("rehearse", "--from", FIRST, "--until", LAST, "--json").json["days"]
    lines = reminders(days)

    assert Counter(lines) == Counter(expected(waiting, FIRST, LAST))
    assert all(calendars.is_working_day(date.fromisoformat(day["date"])) for day in days)
    assert not [problem for day in days for problem in day["problems"]]
    # The leave was met: somebody heard in another's place.
    assert (date(2026, 4, 6), "order_signed", "0", TIMUR) in lines
    assert (date(2026, 5, 13), "note_signed", "slipped+1", POLINA) in lines
    _the_rest_has_its_reason(days)
    _what_has_no_term_is_asked_for(reminders(days, undated=True))


def _what_has_no_term_is_asked_for(lines: list[Line]) -> None:
    """Nothing happens all year: of the duties without a number of days only those speak whose day is planned,
    and in November and December those that points hang on (2 November and 1 December are Mondays' weeks).
    """
    steps_by_duty: dict[str, list[tuple[date, str]]] = {}
    for on, duty, step, _ in sorted({(on, duty, step, "") for on, duty, step, _ in lines}):
        steps_by_duty.setdefault(duty, []).append((on, step))

    assert steps_by_duty["start_text_checked"] == [
        (date(2026, 3, 18), "before-5"),
        (date(2026, 3, 27), "before-1"),
    ]
    assert steps_by_duty["positions_listed"] == [
        (date(2026, 11, 2), "points-11"),
        (date(2026, 12, 1), "points-12"),
    ]
    assert not {"discussion_results_published", "uploaded"} & steps_by_duty.keys(), "nothing opened these"


def _the_rest_has_its_reason(days: list[dict[str, Any]]) -> None:
    """The calendar's call in November and December, once a week and on each of the last five working days, 25
    to 31 December 2026.
    """
    other_notices = [(date.fromisoformat(day["date"]), notice) for day in days for notice in day["others"]]
    letters = [(on, notice["kind"], notice["person"]) for on, notice in other_notices]
    mondays = {on for on in _all_days() if calendars.is_working_day(on) and _first_of_week(on)}

    assert set(letters) == {
        (on, "calendar", OFFICER)
        for on in _all_days()
        if on.month >= 11
        and (on in mondays or (on.day >= 25 and on.month == 12 and calendars.is_working_day(on)))
    }


def test_nothing_is_said_of_what_is_done(year: Merzim) -> None:
    """Start announced and order signed in time: their later steps are dropped, the others remain."""
    link = "https://example.kz/vakr"
    year(
        *("record", "2026-0001", "start_announced", "--on", "2026-03-30", "--now", "2026-03-30T12:00"),
        *("--evidence", f"link:site={link}/a@2026-03-30", "--evidence", f"link:media={link}/b@2026-03-30"),
        *("--evidence", f"link:social={link}/c@2026-03-30"),
    )
    year("record", "2026-0001", "order_signed", "--on", "2026-04-03", "--now", "2026-04-03T12:00")
    year("record", "2026-0001", "analysis_started", "--on", "2026-04-13", "--now", "2026-04-13T12:00")
    first, last = date(2026, 4, 14), date(2026, 5, 20)
    waiting = dues(year, first)
    days = year("rehearse", "--from", first, "--until", last, "--json").json["days"]

    assert not {"start_announced", "order_signed", "analysis_started"} & waiting.keys()
    assert Counter(reminders(days)) == Counter(expected(waiting, first, last))


def _all_days() -> Iterator[date]:
    return (FIRST + timedelta(days=step) for step in range((LAST - FIRST).days + 1))


def _first_of_week(on: date) -> bool:
    before = [on - timedelta(days=back) for back in range(1, on.weekday() + 1)]
    return not any(calendars.is_working_day(day) for day in before)
