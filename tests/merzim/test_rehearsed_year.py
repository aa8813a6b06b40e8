"""`rehearse` of the example case over its whole year: every line is expected, no expected line missing.

No fact is recorded: obligations that count from a plan date are reminded of until the first planned day
before them has passed, and passed plan dates lead to questions, 1, 5 and 10 working days later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import calendars
from tests.merzim.conftest import PEOPLE, SCHEDULE, Merzim

IMPORTED = date(2026, 1, 5)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)

OFFICER, SALTANAT = "a.akhmetova@example.kz", "s.nurgalieva@example.kz"
PEOPLE_BY_LETTER = {
    "A": OFFICER,  # and of the service
    "T": "t.zhumabekov@example.kz",  # of the service, under A
    "S": SALTANAT,  # of the working group, under A
    "P": "p.litvinova@example.kz",  # of the working group, under S
    "D": "d.serikbaev@example.kz",  # the first head
}
AWAY = {OFFICER: "03.04.2026 – 07.04.2026", SALTANAT: "13.05.2026 – 14.05.2026"}
"""Leave on days of their steps: T hears for A, P for S. T's own, from the example, 4 to 6 May, meets none."""

# Written down from the program once it equalled lines derived apart from it, by the steps of DESIGN 5 and the
# calendar of 2026; some were counted by hand. Up to the due date those who must do it hear,
# after it the heads over them too, and five working days later the officer and the first head; of the
# recommended 30 June only those who must do it. Of a plan date: they, at last the officer and their heads.
# Days off besides Saturdays and Sundays: 23 to 25 March, 1, 7, 11 and 27 May, 6 July.
YEAR = """
start_announced: 18.03 -5 AT, 27.03 -1 AT, 30.03 0 AT, 31.03 +1 AT, 06.04 +5 DT
order_signed: 30.03 -5 AD, 03.04 -1 DT, 06.04 0 DT, 07.04 +1 DT, 13.04 +5 AD, 14.04 slipped+5 AD, 20.04
    slipped+10 A
schedule_approved: 30.03 planned AD, 31.03 slipped+1 AD, 06.04 slipped+5 DT, 13.04 slipped+10 A, 23.06 -5
    AD, 29.06 -1 AD, 30.06 0 AD, 01.07 +1 AD, 08.07 +5 AD
analysis_started: 13.04 planned PS, 14.04 slipped+1 PS, 20.04 slipped+5 PS, 27.04 slipped+10 AS
discussion_announced: 12.05 planned PS, 13.05 slipped+1 P, 19.05 slipped+5 PS, 26.05 slipped+10 AS
discussion_held: 19.05 planned PS, 20.05 slipped+1 PS, 26.05 slipped+5 PS, 03.06 slipped+10 AS
analysis_ended: 26.05 planned PS, 28.05 slipped+1 PS, 03.06 slipped+5 PS, 10.06 slipped+10 AS
note_signed: 12.05 planned DS, 13.05 slipped+1 DP, 19.05 slipped+5 DS, 26.05 slipped+10 A
plan_developed: 13.05 planned AT, 14.05 slipped+1 AT, 20.05 slipped+5 AT, 28.05 slipped+10 A
plan_approved: 13.05 planned AD, 14.05 slipped+1 AD, 20.05 slipped+5 AD, 28.05 slipped+10 A
published: 18.05 planned AT, 19.05 slipped+1 AT, 25.05 slipped+5 AT, 02.06 slipped+10 A
"""

Line = tuple[date, str, str, str]
"""Day, obligation, step, person."""


def expected(table: str) -> Iterator[Line]:
    """The lines of a table: an obligation, then day, step and people of each."""
    for line in table.strip().replace("\n    ", " ").splitlines():
        obligation, _, told = line.partition(": ")
        for one in told.split(", "):
            on, step, people = one.split()
            day, month = on.split(".")
            for person in people:
                yield date(2026, int(month), int(day)), obligation, step, PEOPLE_BY_LETTER[person]


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
    for person, away in AWAY.items():
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


def test_every_line_of_the_year_has_its_reason(year: Merzim) -> None:
    """Each step once on its own working day, to its recipient or their deputy; none is missing."""
    days = year("rehearse", "--from", FIRST, "--until", LAST, "--json").json["days"]

    assert Counter(reminders(days)) == Counter(expected(YEAR))
    assert all(calendars.is_working_day(date.fromisoformat(day["date"])) for day in days)
    assert not [problem for day in days for problem in day["problems"]]
    _the_rest_has_its_reason(days)
    _what_has_no_term_is_asked_for(reminders(days, undated=True))


def _what_has_no_term_is_asked_for(lines: list[Line]) -> None:
    """Nothing happens all year: of the duties without a number of days only those speak whose day is planned,
    and in November and December those that points hang on (2 November and 1 December are Mondays' weeks)."""
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
    to 31 December 2026."""
    other_notices = [(date.fromisoformat(day["date"]), notice) for day in days for notice in day["others"]]
    letters = [(on, notice["kind"], notice["person"]) for on, notice in other_notices]
    mondays = {on for on in _all_days() if calendars.is_working_day(on) and _first_of_week(on)}

    assert set(letters) == {
        (on, "calendar", OFFICER)
        for on in _all_days()
        if on.month >= 11
        and (on in mondays or (on.day >= 25 and on.month == 12 and calendars.is_working_day(on)))
    }


def _all_days() -> Iterator[date]:
    return (FIRST + timedelta(days=step) for step in range((LAST - FIRST).days + 1))


def _first_of_week(on: date) -> bool:
    before = [on - timedelta(days=back) for back in range(1, on.weekday() + 1)]
    return not any(calendars.is_working_day(day) for day in before)
