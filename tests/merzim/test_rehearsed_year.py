"""The example case rehearsed over its whole year: every line has its reason, and no reason lacks a line.

What is expected is worked out here from the ladder, the people and the days alone; of the deadlines only their
due dates are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    SALTANAT: (date(2026, 6, 9), date(2026, 6, 10), POLINA),
    TIMUR: (date(2026, 5, 4), date(2026, 5, 6), AIGERIM),
}
"""Leave: of two of them on days of their rungs; Timur's stands in the example and meets none."""

DOERS: Mapping[str, tuple[str, ...]] = {
    # Whom the schedule names: the service or the working group; who in it holds the duty, else its head.
    "start_announced": SERVICE,
    "order_signed": (AIGERIM,),
    "discussion_announced": GROUP,
    "discussion_held": GROUP,
    "analysis_ended": GROUP,
    "note_signed": (SALTANAT,),
    "plan_approved": (AIGERIM,),
    "published": SERVICE,
    "schedule_approved": (AIGERIM,),
    # The schedule names nobody: the object answers for it, and the case of a whole office has none.
    "quarter_reported": (OFFICER,),
    # Nor here: everybody authorised.
    "quarter_reviewed": (*SERVICE, *GROUP),
}
LADDER: Mapping[int, tuple[str, ...]] = {
    # A case of the whole office has no head of unit: the officer hears in their place.
    -5: (),
    -1: (),
    0: (),
    1: (OFFICER,),
    5: (OFFICER, HEAD),
}

Line = tuple[date, str, str, str]
"""Day, obligation, rung, person."""


def steps(first: date, days: int) -> date:
    """So many working days on from a day that is not counted, one day after another."""
    step = timedelta(days=1 if days > 0 else -1)
    while days:
        first += step
        if calendars.is_working_day(first):
            days -= 1 if days > 0 else -1
    return first


def spoken_on(due: date, rung: int) -> date:
    """The day of a rung; on a day off nothing is said, and the day itself is then the working day before."""
    if rung:
        return steps(due, rung)
    return due if calendars.is_working_day(due) else steps(due, -1)


def present(person: str, on: date) -> str:
    first, last, deputy = AWAY.get(person, (date.max, date.max, ""))
    return deputy if first <= on <= last else person


def expected(dues: Mapping[str, date], first: date, last: date) -> Iterator[Line]:
    for obligation, due in dues.items():
        for rung, others in LADDER.items():
            on = spoken_on(due, rung)
            if first <= on <= last:
                told = (*DOERS[obligation.partition(".")[0]], *others)
                for person in sorted({present(one, on) for one in told}):
                    yield on, obligation, f"{rung:+d}" if rung else "0", person


def reminders(days: list[dict[str, Any]]) -> list[Line]:
    return [
        (date.fromisoformat(day["date"]), one["obligation"], one["rung"], one["person"])
        for day in days
        for one in day["notices"]
    ]


@pytest.fixture
def year(merzim: Merzim, tmp_path: Path) -> Merzim:
    """The example's people, two of them on leave, and its schedule; an officer in config.toml."""
    (tmp_path / "config.toml").write_text(f'[office]\nofficer = "{OFFICER}"\n', encoding="utf-8")
    lines = PEOPLE.read_text(encoding="utf-8-sig").splitlines()
    for person in (AIGERIM, SALTANAT):
        away = " – ".join(f"{day:%d.%m.%Y}" for day in AWAY[person][:2])
        (place,) = [number for number, line in enumerate(lines) if f";{person};" in line and line.endswith(";")]
        lines[place] += away
    people = tmp_path / "people.csv"
    people.write_text("\n".join(lines), encoding="utf-8")
    assert merzim("people", people).code == 0
    assert merzim("import", SCHEDULE, "--now", IMPORTED).code == 0
    return merzim


def dues(office: Merzim, now: date) -> dict[str, date]:
    """The due dates of what waits for somebody; what is done or has none waits for nobody."""
    case = office("case", "2026-0001", "--json", "--now", now).json
    return {
        one["id"]: date.fromisoformat(one["due"])
        for one in case["obligations"]
        if one["due"] and one["id"] != "monitoring_noted" and one["state"] in ("open", "planned", "not_due_yet")
    }


def test_every_line_of_the_year_has_its_reason(year: Merzim) -> None:
    """Each rung on its own working day, to whom it is for or their deputy, once; and none is missing."""
    waiting = dues(year, IMPORTED)
    days = year("rehearse", "--from", FIRST, "--until", LAST, "--json").json["days"]
    lines = reminders(days)

    assert Counter(lines) == Counter(expected(waiting, FIRST, LAST))
    assert all(calendars.is_working_day(date.fromisoformat(day["date"])) for day in days)
    assert not [problem for day in days for problem in day["problems"]]
    # The leave was met: somebody heard in another's place.
    assert (date(2026, 4, 6), "order_signed", "0", TIMUR) in lines
    assert (date(2026, 6, 10), "note_signed", "0", POLINA) in lines
    _the_rest_has_its_reason(days, waiting)


def _the_rest_has_its_reason(days: list[dict[str, Any]], waiting: Mapping[str, date]) -> None:
    """Digests on the first working day of a week, with something to say; the calendar's call from November."""
    others = [(date.fromisoformat(day["date"]), one) for day in days for one in day["others"]]
    told = [(on, one["kind"], one["person"]) for on, one in others]
    mondays = {on for on in _all_days() if calendars.is_working_day(on) and _first_of_week(on)}
    late = {on for on in mondays if any(due < on for due in waiting.values())}

    assert max(Counter(told).values()) == 1
    assert {kind for _, kind, _ in told} == {"unit_digest", "managers_digest", "calendar"}
    assert {(on, who) for on, kind, who in told if kind == "managers_digest"} == {
        (on, present(HEAD, on)) for on in late
    }
    for on, _, who in (line for line in told if line[1] == "unit_digest"):
        theirs = GROUP if who == SALTANAT else (*GROUP, *SERVICE)
        near = [name for name, due in waiting.items() if spoken_on(due, -5) <= on]
        assert on in mondays
        assert who in (SALTANAT, AIGERIM, TIMUR), who
        assert any(set(DOERS[name.partition(".")[0]]) & set(theirs) for name in near), (on, who)
    assert {(on, who) for on, kind, who in told if kind == "calendar"} == {
        (on, OFFICER) for on in _all_days() if on.month >= 11 and calendars.is_working_day(on)
    }


def test_nothing_is_said_of_what_is_done(year: Merzim) -> None:
    """The start announced and the order signed in time: their rungs after that are silent, the others speak."""
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
