"""Terms in hours, computed on the clock from a moment; expected moments counted by hand.

15 April 2026 is a Wednesday, 18 April a Saturday. Almaty was UTC+6 until 1 March 2024 and is UTC+5 since.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from calendars.counting import count
from calendars.hours import Today
from calendars.terms import CalendarDays, Hours
from i18n import LANGUAGES, explanation, say
from merzim.storage.cases.ledger import SqlLedger
from tests.law import CALENDAR
from tests.permits import BREACH, PERMIT, obligation, permit
from workflow.board.rows import rows
from workflow.cases.case import Case
from workflow.cases.changes import field_changes
from workflow.cases.commands.case_commands import CaseCommands, Change
from workflow.cases.commands.extensions import pause
from workflow.cases.commands.opening import Opening
from workflow.cases.commands.payloads import AlreadyRecorded, CannotRecord
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.lateness import is_ahead, is_overdue
from workflow.findings.findings import findings
from workflow.law.library import Library
from workflow.law.overlay import stricter
from workflow.law.reader import UnreadableRegulation, read

WEDNESDAY, SATURDAY = date(2026, 4, 15), date(2026, 4, 18)
NOW, TODAY = datetime(2026, 4, 20, 7, 0, tzinfo=UTC), date(2026, 4, 20)
STAMP = {"by": "officer", "now": NOW, "today": TODAY}
TERM = '{ count = 72, in = "hours", from = "received" }'


@pytest.fixture
def case_commands(ledger: SqlLedger) -> CaseCommands:
    return CaseCommands(ledger, Library([read(BREACH.name, BREACH.read_bytes())]), CALENDAR)


@pytest.fixture
def case(case_commands: CaseCommands) -> Case:
    return case_commands.open(Opening(procedure="data-breach"), **STAMP)


def known_since(case_commands: CaseCommands, case: Case, at: time | None, on: date = WEDNESDAY) -> Change:
    return case_commands.record(case.id, "breach_known", on=on, at_time=at, **STAMP)


def notified(case_commands: CaseCommands, case: Case, on: date, at: time | None) -> Deadline:
    case_commands.record(case.id, "authority_notified", on=on, at_time=at, **STAMP)
    return deadline(case_commands, case)


def deadline(case_commands: CaseCommands, case: Case) -> Deadline:
    return next(
        deadline
        for deadline in case_commands.view(case.id, today=TODAY).deadlines
        if deadline.id == "authority_notified"
    )


def late(case_commands: CaseCommands, case: Case) -> list[tuple[str, int | None]]:
    view = case_commands.view(case.id, today=TODAY)
    case_findings = findings(view.case, view.procedure, view.deadlines, CALENDAR)
    return [(finding.code, finding.late_by) for finding in case_findings if finding.kind == "term"]


@pytest.mark.parametrize(
    ("on", "at", "hours", "ends", "due"),
    [
        # over a Friday into the weekend: nothing moves it
        ("2026-04-15", time(14, 30), 72, "2026-04-18T09:30", "2026-04-18"),
        # midnight ends the day before
        ("2026-04-15", None, 72, "2026-04-17T19:00", "2026-04-17"),
        ("2026-04-15", time(0, 0), 24, "2026-04-15T19:00", "2026-04-15"),
        ("2026-04-15", time(0, 1), 24, "2026-04-15T19:01", "2026-04-16"),
        ("2026-04-15", time(23, 59), 1, "2026-04-15T19:59", "2026-04-16"),
        # the night the clocks went back an hour: 72 hours pass, whatever they show
        ("2024-02-28", time(12, 0), 72, "2024-03-02T06:00", "2024-03-02"),
        ("2024-02-29", time(12, 0), 12, "2024-02-29T18:00", "2024-02-29"),
        # over the new year
        ("2026-12-30", time(18, 0), 48, "2027-01-01T13:00", "2027-01-01"),
    ],
)
def test_hours_are_counted_on_the_clock(on: str, at: time | None, hours: int, ends: str, due: str) -> None:
    """The moment it ends at is exact; its day is the last on which something can be done in time."""
    count_result = count(Hours(hours), date.fromisoformat(on), CALENDAR, at=at)

    assert count_result.due_at == datetime.fromisoformat(ends).replace(tzinfo=UTC)
    assert count_result.due == count_result.safe_by == date.fromisoformat(due)
    # No change of the calendar can move it.
    assert (count_result.first, count_result.last) == (None, None)


@pytest.mark.parametrize(
    ("on", "at", "found", "late_by"),
    [
        (SATURDAY, time(14, 30), [], None),
        (SATURDAY, time(14, 31), [("late_hours", 0)], 0),
        # Without its hour, what was done on the last day was done in time.
        (SATURDAY, None, [], None),
        (date(2026, 4, 19), None, [("late_day_off", 0)], 0),
        (date(2026, 4, 20), time(9, 0), [("late_hours", 1)], 1),
    ],
)
def test_lateness_is_judged_by_the_moment_else_by_the_day(
    case_commands: CaseCommands, case: Case, on: date, at: time | None, found: list[object], late_by: int | None
) -> None:
    """A minute after its hour is late by no working day, and a finding all the same."""
    known_since(case_commands, case, time(14, 30))

    assert notified(case_commands, case, on, at).late_by == late_by
    assert late(case_commands, case) == found


def test_midnight_itself_is_in_time(case_commands: CaseCommands, case: Case) -> None:
    """Counted from the beginning of the day it ends at a midnight: at that stroke it is in time; not done, it
    is overdue on the day that begins."""
    known_since(case_commands, case, None)
    before = deadline(case_commands, case)

    assert (before.due, is_overdue(before, today=date(2026, 4, 17))) == (date(2026, 4, 17), False)
    assert is_overdue(before, today=SATURDAY)
    midnight = datetime(2026, 4, 17, 19, 0, tzinfo=UTC)
    assert not is_overdue(before, today=Today.at(midnight - timedelta(seconds=1)))
    assert is_overdue(before, today=Today.at(midnight))
    assert notified(case_commands, case, SATURDAY, time(0, 0)).late_by is None
    assert late(case_commands, case) == []


@pytest.mark.parametrize(
    ("now", "is_late"),
    [
        # the last second of the day before, and the first of the day in Almaty
        ("2026-04-17T18:59:59", False),
        ("2026-04-17T19:00:00", False),
        ("2026-04-18T09:29:59", False),
        ("2026-04-18T09:30:00", True),
        ("2026-04-18T09:30:01", True),
        ("2026-04-18T18:59:59", True),
        ("2026-04-18T19:00:00", True),
    ],
)
def test_what_is_not_done_is_overdue_from_the_moment_on(
    case_commands: CaseCommands, case: Case, now: str, is_late: bool
) -> None:
    """72 hours from Wednesday, 14:30 in Almaty: from Saturday, 14:30 on, not before and not the day after."""
    known_since(case_commands, case, time(14, 30))
    today = Today.at(datetime.fromisoformat(now).replace(tzinfo=UTC))
    ends = deadline(case_commands, case)

    assert (is_overdue(ends, today=today), is_ahead(ends, today=today)) == (is_late, not is_late)


def test_the_present_day_is_a_date_that_knows_its_moment() -> None:
    """Equal to its date, and so the key of what is cached by day; a day counted from it has no moment."""
    now = datetime(2026, 4, 17, 19, 0, tzinfo=UTC)
    today = Today.at(now)

    assert (today, hash(today), today.now) == (SATURDAY, hash(SATURDAY), now)
    assert (today + timedelta(days=1)).now is None


def test_the_explanation_says_from_which_moment_and_where_none_is_known(
    case_commands: CaseCommands, case: Case
) -> None:
    """With the hour; and without it, from the beginning of the day, and that midnight ends the day before."""
    known_since(case_commands, case, None)
    without = explanation(deadline(case_commands, case).explanation, "ru")
    change = case_commands.record(case.id, "breach_known", on=WEDNESDAY, at_time=time(14, 30), **STAMP)
    text = explanation(deadline(case_commands, case).explanation, "ru")

    assert "не позднее 17 апреля 2026 года." in without
    assert "Час не указан, поэтому срок исчисляется с начала дня: начало – 15.04.2026 00:00, 72 часа" in without
    assert "поэтому последний день – 17 апреля 2026 года." in without
    assert change.moved == (("authority_notified", date(2026, 4, 17), SATURDAY),)
    assert "не позднее 18.04.2026 14:30." in text
    assert "начало – 15.04.2026 14:30, 72 часа, окончание – 18.04.2026 14:30 (время Алматы)" in text
    assert "не считается" not in text
    for language in LANGUAGES:
        assert explanation(deadline(case_commands, case).explanation, language)


def test_a_planned_day_has_no_hour_and_reminders_go_by_the_day(case_commands: CaseCommands, case: Case) -> None:
    """Planned, it counts from the beginning of the day; then the working day before reminds of it."""
    case_commands.replan(case.id, "breach_known", on=date(2026, 4, 22), **STAMP)
    assert deadline(case_commands, case).due == date(2026, 4, 24)
    known_since(case_commands, case, time(14, 30))
    view = case_commands.view(case.id, today=WEDNESDAY)
    row = next(
        row
        for row in rows(view.case, view.procedure, view.deadlines, CALENDAR, today=WEDNESDAY)
        if row.obligation == "authority_notified"
    )

    assert (row.due, row.next_rung_on) == (SATURDAY, date(2026, 4, 17))
    assert row.span_first is None


def test_a_time_is_said_once_and_changed_by_a_correction(case_commands: CaseCommands, case: Case) -> None:
    """The same again adds nothing; another one is refused; another day takes the time of the old one away."""
    known_since(case_commands, case, time(14, 30))

    assert known_since(case_commands, case, time(14, 30)).events == ()
    assert known_since(case_commands, case, None).events == ()
    with pytest.raises(AlreadyRecorded) as refused:
        known_since(case_commands, case, time(15, 0))
    for language in LANGUAGES:
        assert "14:30" in say(refused.value.code, refused.value.arguments, language)
    ground = {"ground": "в журнале другое время"}
    case_commands.correct(case.id, "breach_known", on=WEDNESDAY, at_time=time(16, 0), **ground, **STAMP)
    assert deadline(case_commands, case).due_at == datetime(2026, 4, 18, 11, 0, tzinfo=UTC)
    changes = field_changes(case_commands.events(case.id))
    assert [(change.field, change.before, change.after) for line in changes.values() for change in line] == [
        ("at_time", "14:30", "16:00")
    ]
    case_commands.correct(case.id, "breach_known", on=date(2026, 4, 14), **ground, **STAMP)
    fact = case_commands.view(case.id, today=TODAY).case.facts["breach_known"]
    assert (fact.on, fact.at_time) == (date(2026, 4, 14), None)


def test_a_time_that_has_not_come_is_refused(case_commands: CaseCommands, case: Case) -> None:
    """It is noon in Almaty: a minute later today has not happened."""
    case_commands.record(case.id, "breach_known", on=TODAY, at_time=time(12, 0), **STAMP)

    with pytest.raises(CannotRecord) as refused:
        case_commands.record(case.id, "authority_notified", on=TODAY, at_time=time(12, 1), **STAMP)

    assert refused.value.code == "fact_later_today"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (TERM.replace("72", "-72"), "term.count"),
        (TERM.replace(" }", ', roll = "next" }'), "roll"),
        ('{ at_most = 72, in = "hours", from = "received" }', "term.in"),
        ('{ within = 72, in = "hours", from = "received" }', "term.in"),
    ],
    ids=["backward", "rolled", "duration", "window"],
)
def test_hours_that_make_no_sense_are_refused(text: str, named: str) -> None:
    """Nothing counts hours back, and no day off moves them."""
    with pytest.raises(UnreadableRegulation) as refused:
        permit(PERMIT + obligation("warned", text))

    assert any(
        named in f"{problem.place} {problem.arguments.get('value')}" for problem in refused.value.problems
    )


def test_hours_neither_pause_nor_are_extended() -> None:
    """Both are counted in days; and an hour does not come by itself."""
    warned = obligation("warned", TERM)
    extension = '[obligation.extension]\ntitle = { en = "More" }\nby = { count = 1, in = "weeks" }\n'
    for text, code in (
        (PERMIT.replace("pause = { act", 'pause = { obligations = ["warned"], act') + warned, "hours_not_here"),
        (PERMIT + warned + extension + 'decided_by = ["head"]\n', "cannot_extend"),
        (PERMIT + warned.replace('duty = "officer"', "by_itself = true"), "hours_not_here"),
    ):
        with pytest.raises(UnreadableRegulation) as refused:
            permit(text)
        assert [problem.code for problem in refused.value.problems] == [code]
        for language in LANGUAGES:
            assert say(refused.value.code, refused.value.arguments, language)


def test_a_pause_leaves_hours_alone(ledger: SqlLedger) -> None:
    """A pause of the case stops the clocks of its days and not those of its hours."""
    case_commands = CaseCommands(ledger, Library([permit(PERMIT + obligation("warned", TERM))]), CALENDAR)
    case = case_commands.open(Opening(procedure="permit", facts={"received": WEDNESDAY}), **STAMP)

    pause(case_commands, case.id, ground="Запрошены документы", on=date(2026, 4, 16), **STAMP)

    due = {deadline.id: deadline.due for deadline in case_commands.view(case.id, today=TODAY).deadlines}
    assert (due["decided"], due["warned"]) == (None, date(2026, 4, 17))


def test_of_two_terms_that_end_on_one_day_the_earlier_hour_is_stricter() -> None:
    """An own term of hours beside the act's of days, and the other way round."""
    hours = Hours(72), count(Hours(72), WEDNESDAY, CALENDAR, at=time(14, 30))
    days = CalendarDays(3, roll="none"), count(CalendarDays(3, roll="none"), WEDNESDAY, CALENDAR)

    assert hours[1].due == days[1].due
    assert stricter(*hours, *days)
    assert not stricter(*days, *hours)
    midnight = Hours(72), count(Hours(72), WEDNESDAY, CALENDAR)
    two_days = CalendarDays(2, roll="none"), count(CalendarDays(2, roll="none"), WEDNESDAY, CALENDAR)
    assert not stricter(*midnight, *two_days)
    assert not stricter(*two_days, *midnight)
