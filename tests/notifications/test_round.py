"""A round: who is told what, and who above them; after a standstill, when the clock jumps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from merzim.services.names import assignees_of
from merzim.storage import office as office_store
from merzim.storage.maintenance.verify import verify
from merzim.storage.queries import SqlReads
from notifications import round as rounds
from notifications.recipients import resolve_recipients
from notifications.round import RoundReport
from tests.law import CALENDAR, library
from tests.notifications.sample_office import (
    AIGUL,
    BOLAT,
    DANA,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    UNITS,
    OfficersShelf,
    Shelf,
    Town,
    at_noon,
    noon,
)
from tests.storage.sample_cases import seal
from workflow.board.rows import assignee_key
from workflow.cases.case import Case
from workflow.cases.commands import answers, recording
from workflow.law.library import Library
from workflow.law.procedure import Obligation, Step
from workflow.org.office import Office, Person, Unit
from workflow.org.office_time import OfficeTime


def heard(report: RoundReport, obligation: str = "start_announced") -> list[tuple[str, str, str]]:
    """Recipients of each step of an obligation, with the reason."""
    return [
        (planned_notice.recipient.person.name, planned_notice.notice.step, planned_notice.recipient.why)
        for planned_notice in report.planned
        if planned_notice.notice.obligation == obligation
    ]


@pytest.mark.parametrize("on", [date(2026, 6, 10), date(2026, 6, 11)])
def test_who_was_not_asked_about_a_plan_that_slipped_is_asked_with_those_above(town: Town, on: date) -> None:
    """The end (recommended) planned for 26 May: ten working days after, on 10 June, the head of the unit and
    the officer are asked. After a standstill, a day later, the executor too, whom no question had reached."""
    town.open()
    shelf = Shelf()
    report = town.round([shelf], on)
    town.deliver([shelf], on)

    above = {(BOLAT.name, "slipped+10"), (OFFICER.name, "slipped+10")}
    missed = {(AIGUL.name, "slipped+10")} if on == date(2026, 6, 11) else set()
    assert {(name, step) for name, step, _ in heard(report, "analysis_ended")} == above | missed
    asked = [notice for notice in town.notices() if notice.obligation == "analysis_ended"]
    assert {notice.state for notice in asked} == {"sent"}


def test_who_was_asked_already_is_not_asked_again_after_a_standstill(town: Town) -> None:
    """The question of 28 May reached the executor: on 11 June those above alone are asked."""
    town.open()
    first = town.round([Shelf()], date(2026, 5, 28))
    last = town.round([Shelf()], date(2026, 6, 11))

    assert AIGUL.name in {name for name, _, _ in heard(first, "analysis_ended")}
    assert {name for name, _, _ in heard(last, "analysis_ended")} == {BOLAT.name, OFFICER.name}


def test_after_a_standstill_nobody_above_is_named_though_the_executor_is_asked(tmp_path: Path) -> None:
    town = Town(tmp_path, people=(AIGUL,))
    town.open()
    report = town.round([Shelf()], date(2026, 6, 11))
    problems = [problem for problem in report.problems if problem.obligation == "analysis_ended"]

    assert heard(report, "analysis_ended") == [(AIGUL.name, "slipped+10", "duty")]
    assert {problem.arguments["duty"] for problem in problems} == {"head_of_unit", "officer"}


def test_a_round_goes_through_all_pages_and_run_again_adds_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three rows whose step has come, and pages of one; however often, and on however many ticks of the day."""
    monkeypatch.setattr(rounds, "PAGE", 1)
    cases = {town.open().id for _ in range(3)}
    foreseen = len(town.plan([Shelf()], FIVE_BEFORE).planned)
    queued_counts = [town.round([Shelf()], FIVE_BEFORE).queued for _ in range(4)]

    assert foreseen == 3
    assert queued_counts == [3, 0, 0, 0]
    assert {notice.case for notice in town.notices() if notice.case} == cases


def test_a_moved_start_is_another_reminder(town: Town, case: Case) -> None:
    """The unsent letter of the old date is withdrawn, the new date has its own steps and key."""
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE)
    later = date(2026, 4, 27)
    town.case_commands.write(case.id, at_noon(FIVE_BEFORE), recording.replan, {"analysis_started": later})

    assert [notice.state for notice in town.items()] == ["withdrawn"]
    assert SqlReads(town.engine).notices_matching(case=case.id, state="queued") == []
    town.deliver([shelf], FIVE_BEFORE)
    assert (shelf.kept, [notice.state for notice in town.notices()]) == ([], ["withdrawn"])
    assert town.round([Shelf()], FIVE_BEFORE).queued == 0
    assert heard(town.round([Shelf()], CALENDAR.add_working_days(date(2026, 4, 13), -5))) == [
        (AIGUL.name, "-5", "duty")
    ]


def test_somebody_no_channel_reaches_is_named_and_keeps_nobody_else_from_hearing(tmp_path: Path) -> None:
    """A person without an e-mail, where there is no officer; the head hears the day after the term all the
    same. An officer is told instead, and of whom."""
    town = Town(tmp_path, people=(replace(AIGUL, email=None), BOLAT))
    case = town.open()
    town.rules = replace(RULES, officer="new@example.kz")
    (instead,) = (planned.recipient for planned in town.plan([Shelf()], FIVE_BEFORE).planned)
    town.rules = RULES
    report = town.round([Shelf(), OfficersShelf()], date(2026, 3, 31))

    (problem,) = (problem for problem in report.problems if problem.obligation == "start_announced")
    assert (problem.case, problem.code) == (case.id, "letter.problem_no_address")
    assert problem.arguments == {"person": AIGUL.name, "channel": "shelf, other"}
    assert heard(report) == [(BOLAT.name, "+1", "copied")]
    assert (instead.person.key, instead.why) == ("new@example.kz", "unreachable")
    assert instead.instead_of is not None
    assert instead.instead_of.key == AIGUL.key


def test_nobody_to_tell_is_a_problem_said_in_every_round(tmp_path: Path) -> None:
    """Without people and officer the row keeps its day: a person named later is notified."""
    town = Town(tmp_path, people=())
    town.open()
    first, second = town.round([Shelf()], FIVE_BEFORE), town.round([Shelf()], FIVE_BEFORE)
    town.rules = replace(RULES, officer="new@example.kz")
    third = town.round([Shelf()], FIVE_BEFORE)

    (problem,) = first.problems
    assert problem.code == "letter.problem_nobody"
    assert problem.arguments == {"duty": "authorised_person", "unit": "staff"}
    assert second.problems == first.problems
    assert heard(third) == [("new@example.kz", "-5", "officer")]


def test_an_edition_that_is_gone_is_named_and_stops_nobody_else(town: Town, case: Case) -> None:
    """One case whose regulation file was taken away does not keep the others from being reminded."""
    bare = Library([edition for edition in library().all() if edition.id != "internal-analysis"])
    report = rounds.round(town.dispatch([Shelf()], FIVE_BEFORE, library=bare))

    (problem,) = report.problems
    assert problem.code == "letter.problem_unplanned"
    assert "internal-analysis" in str(problem.arguments["problem"])
    assert town.round([Shelf()], FIVE_BEFORE).queued == 1


def test_who_said_it_is_done_is_reminded_again_once_three_working_days_went_by(town: Town, case: Case) -> None:
    """Answered on Friday 20 March: no reminder before Friday the 27th, as the 21st to 25th are days off."""
    on = date(2026, 3, 20)
    words = {"person": AIGUL.key, "silent_until": date(2026, 3, 27), "officer": "", "text": ""}
    town.case_commands.write(
        case.id, at_noon(on), answers.answer_reminder, "start_announced", "x", "said_done", **words
    )
    before, after = town.plan([Shelf()], date(2026, 3, 26)), town.plan([Shelf()], date(2026, 3, 27))

    assert heard(before) == []
    assert heard(after) == [(AIGUL.name, "-1", "duty")]


def test_whom_the_schedule_names_is_told_of_a_period_before_whom_it_names_for_all(town: Town) -> None:
    """Reports to be sent by Dana, that of the third quarter by Bolat: on 5 October his is due, hers of 6 July
    overdue."""
    named = {"quarter_reported": DANA.key, "quarter_reported.2026Q3": BOLAT.key}
    case = town.open(responsible=named)
    on = date(2026, 10, 5)
    town.case_commands.write(case.id, at_noon(on), recording.record, "note_signed", on=date(2026, 6, 15))
    report = town.round([Shelf()], on)

    assert heard(report, "quarter_reported.2026Q3") == [(BOLAT.name, "0", "named")]
    assert (DANA.name, "+5", "named") in heard(report, "quarter_reported.2026Q2")


@pytest.mark.parametrize(
    ("deputy", "on", "called"),
    [
        (None, date(2026, 11, 2), {OFFICER.key}),
        (DANA.key, date(2026, 11, 2), {DANA.key}),
        (BOLAT.key, date(2026, 11, 2), set()),
        (BOLAT.key, date(2026, 11, 3), {BOLAT.key}),
    ],
)
def test_who_stands_in_for_the_officer_is_called_about_the_calendar(
    tmp_path: Path, deputy: str | None, on: date, called: set[str]
) -> None:
    """The officer is away and 2027 not confirmed: on Monday, or on Tuesday whose unit works from then on."""
    away = replace(OFFICER, away=((date(2026, 11, 1), date(2026, 11, 30)),), deputy=deputy)
    town = Town(tmp_path, people=(BOLAT, DANA, away))
    town.rules = replace(RULES, officer=OFFICER.key)
    week = OfficeTime(week=(2, 3, 4, 5, 6))
    office_store.save(town.engine, units=[replace(unit, time=week) for unit in UNITS if unit.id == "staff"])

    assert {notice.person for notice in town.round([Shelf()], on).others} == called


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
    assert mine(shelf) == ["Мерзімдеріңіз, 26 наурыз: алдағысы – 12"]
    assert shelf.kept[0].letter.text.count("хабарландыру (Құрылыс басқармасы) – 30 наурыз") == 12
    reminders = [notice for notice in town.notices() if notice.kind == "reminder"]
    assert len(reminders) == 12
    assert {(reminder.state, reminder.step) for reminder in reminders} == {("sent", "-5")}
    assert len({reminder.text_hash for reminder in reminders}) == 1
    assert {reminder.carrier for reminder in reminders} == {shelf.kept[0].notice.key}


def test_a_question_asked_in_time_is_not_asked_again_when_the_case_changes(town: Town, case: Case) -> None:
    """A start planned for 13 April, asked about after 1, 5 and 10 working days (27 April); another plan date
    moved on the 29th looks at the row anew. On the 28th, 11 working days after, it is open without a term."""
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


DAY = timedelta(days=1)
FIRST, LAST = date(2026, 3, 16), date(2026, 4, 14)
JUMPS = tuple(
    product((FIVE_BEFORE, date(2026, 3, 27), FIVE_BEFORE - DAY, date(2026, 3, 30)), (DAY, -DAY, 3 * DAY))
)[::4]
"""The days on which a clock is wrong, and by how much; each jump is among them."""


def days(first: date, last: date) -> list[date]:
    """Each day of a span."""
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]


def tick(town: Town, shelf: Shelf, at: datetime) -> None:
    """One round and one delivery by a clock, sealed as the shell does it."""
    local = (at + timedelta(hours=5)).date()
    town.round([shelf], local, at=at)
    town.deliver([shelf], local, at=at)
    seal(town.engine, now=at)


def steps(shelf: Shelf) -> list[tuple[str, str, str]]:
    """Sent notices: obligation, step, person; nothing for letters that list others."""
    return sorted(
        (parcel.notice.obligation, parcel.notice.step, parcel.notice.person)
        for parcel in shelf.kept
        if parcel.notice.case
    )


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Notices over the weeks with a correct clock."""
    town, shelf = Town(tmp_path_factory.mktemp("steady")), Shelf()
    town.open()
    for day in days(FIRST, LAST):
        tick(town, shelf, noon(day))
    return steps(shelf)


@pytest.mark.parametrize(("when", "jump"), JUMPS)
def test_a_clock_that_is_wrong_for_a_day_tells_everything_once(
    tmp_path: Path, steady: list[tuple[str, str, str]], when: date, jump: timedelta
) -> None:
    """On that day every tick but the first is read from a clock so far off; the next day it is right again.

    No step is sent twice, and a person who misses a step gets a later one of the same deadline: steps a
    clock leapt over are collapsed into the latest, as after a standstill. Falling back costs nothing at all."""
    town, shelf = Town(tmp_path), Shelf()
    town.open()
    for day in days(FIRST, LAST):
        tick(town, shelf, noon(day))
        if day == when:
            for hour in range(1, 4):
                tick(town, shelf, noon(day) + jump + timedelta(hours=hour))
            tick(town, shelf, noon(day) + timedelta(hours=4))
    spoken_steps = steps(shelf)
    problems = verify(town.engine)
    states = {notice.state for notice in town.notices()}

    assert len(spoken_steps) == len(set(spoken_steps))
    assert set(spoken_steps) <= set(steady)
    lost = {(obligation, person) for obligation, _, person in set(steady) - set(spoken_steps)}
    assert not problems
    assert states <= {"sent", "withdrawn"}
    assert not lost or jump > DAY
    assert spoken_steps == steady or jump > -DAY


ON = date(2026, 3, 18)
DEPARTMENT = Unit(id="department", name="Департамент", parent="body")
STAFF = Unit(id="staff", name="Аппарат", parent="department")
ERLAN = Person(key="erlan@example.kz", name="Ерлан", unit="department", duties=("head_of_unit",))
OBLIGATION = library().named("internal-analysis.2024-01-01").by_id["start_announced"]


def office(*people: Person, officer: str = "") -> Office:
    units = {unit.id: unit for unit in (UNITS[0], DEPARTMENT, STAFF)}
    return Office(units=units, people={person.key: person for person in people}, officer=officer or None)


def case(*, unit: str = "staff", person: str = "") -> Case:
    return Case(id="2026-0001", procedure="x", edition="x", unit=unit, person=person)


def names(where: Office, *duties: str, of: Case | None = None, by: str = OBLIGATION.duty) -> list[str]:
    recipients, nobody = resolve_recipients(
        where, of or case(), OBLIGATION.replaced(duty=by), OBLIGATION.id, Step(at=5, to=duties), on=ON
    )
    return [recipient.person.name for recipient in recipients] + [f"nobody: {gap.duty}" for gap in nobody]


def test_above_is_the_head_next_to_the_units_own() -> None:
    """Staff under a department under the body: the department's head, then, one step up, the first head. Who
    answers for a unit without a head of its own is above it already. Nothing is lost: without a head to
    climb to it is the officer's, and without an officer it is named."""
    everybody = office(AIGUL, BOLAT, ERLAN, DANA)

    assert names(everybody, "head_of_unit") == [BOLAT.name]
    assert names(everybody, "above") == [ERLAN.name]
    assert names(everybody, "above", of=case(unit="department")) == [DANA.name]
    assert names(office(AIGUL, ERLAN, DANA), "above") == [DANA.name]
    assert names(office(BOLAT, OFFICER, officer=OFFICER.key), "above") == [OFFICER.name]
    assert names(office(BOLAT), "above", "head_of_unit") == [BOLAT.name, "nobody: above"]
    assert names(office(BOLAT), "duty", "head_of_unit") == [BOLAT.name, f"nobody: {OBLIGATION.duty}"]
    assert names(office(BOLAT, OFFICER, officer=OFFICER.key), "duty", "head_of_unit") == [
        OFFICER.name,
        BOLAT.name,
    ]


def test_escalation_climbs_from_whoever_must_do_it_and_reaches_the_first_head_last() -> None:
    """The executor belongs to another unit than the case; above a head is the next one; the first head is
    notified of a middle step only where no officer is; of what is recommended nobody hears but the executor."""
    executor = replace(AIGUL, unit="department")
    everybody = office(executor, BOLAT, ERLAN, DANA, OFFICER, officer=OFFICER.key)
    flat = office(replace(AIGUL, unit="body"), DANA, OFFICER, officer=OFFICER.key)
    recommended = OBLIGATION.replaced(force="recommended")

    def heard(where: Office, *, last: bool = False, obligation: Obligation = OBLIGATION) -> list[str]:
        step = Step(at=1, to=("duty", "head_of_unit"), last=last)
        people, _ = resolve_recipients(where, case(unit="body"), obligation, obligation.id, step, on=ON)
        return [recipient.person.name for recipient in people]

    assert heard(everybody) == [AIGUL.name, ERLAN.name]
    assert heard(office(replace(ERLAN, duties=(OBLIGATION.duty, "head_of_unit")), DANA), last=True) == [
        ERLAN.name,
        DANA.name,
    ]
    assert heard(flat) == [AIGUL.name, OFFICER.name]
    assert heard(flat, last=True) == [AIGUL.name, DANA.name]
    assert heard(replace(flat, officer=None)) == [AIGUL.name, DANA.name]
    assert heard(everybody, last=True, obligation=recommended) == [AIGUL.name]


def test_whoever_gets_a_copy_is_not_told_that_nobody_responsible_was_found() -> None:
    """The officer in place of a head there is not: the executor was found. Where the officer stands in for the
    executor, or a deputy for a head who is away, that is said."""
    flat = office(replace(AIGUL, unit="body"), DANA, OFFICER, officer=OFFICER.key)
    nobody = office(DANA, OFFICER, officer=OFFICER.key)
    away = office(AIGUL, replace(BOLAT, away=((ON, ON),), deputy=ERLAN.key), ERLAN)

    def reasons(where: Office) -> dict[str, str]:
        step = Step(at=1, to=("duty", "head_of_unit"))
        people, _ = resolve_recipients(where, case(unit="body"), OBLIGATION, OBLIGATION.id, step, on=ON)
        return {recipient.person.name: recipient.why for recipient in people}

    assert reasons(flat) == {AIGUL.name: "duty", OFFICER.name: "copied"}
    assert reasons(nobody) == {OFFICER.name: "officer"}
    assert reasons(away) == {AIGUL.name: "duty_elsewhere", ERLAN.name: "deputy"}


def test_the_chief_of_staff_hears_of_the_own_organisation_alone() -> None:
    """For a subject with a first head of its own the chief of staff of the body above is not notified."""
    chief = Person(key="chief@example.kz", name="Аппарат басшысы", unit="body", duties=("chief_of_staff",))
    town = office(chief, AIGUL)
    kinds = {"body": replace(UNITS[0], kind="central"), "department": replace(DEPARTMENT, kind="quasi_state")}
    apart = replace(town, units={**town.units, **kinds})

    assert names(town, "chief_of_staff") == [chief.name]
    assert names(apart, "chief_of_staff", of=case(unit="body")) == [chief.name]
    assert names(apart, "chief_of_staff") == []


def test_whom_a_matter_is_about_is_gone_round() -> None:
    """If the head is responsible, the next higher head is notified; nor is he as deputy of an absent person.
    Of a part of their own they are told themselves."""
    everybody = office(AIGUL, BOLAT, ERLAN, DANA, OFFICER, officer=OFFICER.key)
    away = replace(ERLAN, away=((ON, ON),), deputy=BOLAT.key)

    assert names(everybody, "head_of_unit", of=case(person=BOLAT.key)) == [ERLAN.name]
    assert names(everybody, "head", of=case(person=DANA.key)) == [OFFICER.name]
    assert names(office(AIGUL, BOLAT, away, DANA), "head_of_unit", of=case(person=BOLAT.key)) == [DANA.name]
    assert names(everybody, "duty", of=case(person=AIGUL.key)) == [OFFICER.name]
    assert names(everybody, "duty", of=case(person=AIGUL.key), by="person_concerned") == [AIGUL.name]
    assert names(office(DANA, OFFICER, officer=OFFICER.key), "officer", of=case(person=OFFICER.key)) == [
        "nobody: officer"
    ]


def test_the_board_names_whom_letters_tell() -> None:
    """Of a matter about the head of a unit the next head above."""
    key = assignee_key(case(person=BOLAT.key), OBLIGATION.replaced(duty="head_of_unit"), OBLIGATION.id)
    everybody = office(AIGUL, BOLAT, ERLAN, DANA)

    assert [recipient.person.name for recipient in assignees_of(everybody, key, on=ON)] == [ERLAN.name]


def test_uploads_of_a_unit_without_an_account_are_for_the_higher_body() -> None:
    """The holder of the account there, not anybody in the unit; on the board too."""
    own_holder = Person(key="own@example.kz", name="Own", unit="staff", duties=("account_holder",))
    higher = Person(key="up@example.kz", name="Higher", unit="body", duties=("account_holder",))
    upload = OBLIGATION.replaced(duty="account_holder")
    step = Step(at=-5, to=("duty",))
    plain = office(own_holder, higher)
    through = replace(plain, units={**plain.units, "staff": replace(STAFF, uploads_through="body")})
    first, _ = resolve_recipients(plain, case(), upload, upload.id, step, on=ON)
    second, _ = resolve_recipients(through, case(), upload, upload.id, step, on=ON)

    assert [recipient.person.name for recipient in first] == ["Own"]
    assert [recipient.person.name for recipient in second] == ["Higher"]
    key = assignee_key(case(), upload, upload.id)
    assert [recipient.person.name for recipient in assignees_of(through, key, on=ON)] == ["Higher"]
