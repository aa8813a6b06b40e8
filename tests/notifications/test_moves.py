"""Letters on moved dates and on withdrawals: to those who were told of the day of before, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import icalendar
import pytest

from calendars.terms import OnDate
from merzim.storage import office as office_store
from merzim.storage.database import writing
from merzim.storage.tables.accounts import AccountRow
from notifications.event_notices import people_to_tell
from notifications.letters.events import describe_cause
from notifications.message import calendar
from tests.case_rows import FoundRisk, RowCommands, SetMeasure
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    BOLAT,
    DANA,
    FIVE_BEFORE,
    OFFICER,
    PLANNED,
    START,
    UNITS,
    Shelf,
    Town,
    at_noon,
    noon,
)
from workflow.cases.case import Case
from workflow.cases.commands import recording, statuses
from workflow.cases.commands.planning import preview
from workflow.cases.commands.withdrawals import withdraw
from workflow.cases.registers.rows import MeasureTerm

LATER = date(2026, 4, 27)
NEW_DUE = date(2026, 4, 13)
SOON_AFTER = date(2026, 3, 19)
FRIDAY, MONDAY = date(2026, 3, 27), date(2026, 3, 30)


def told(town: Town, shelf: Shelf, on: date) -> list[str]:
    """Subjects of what leaves on a day, after rounds as the metronome makes them."""
    before = len(shelf.kept)
    for _ in range(2):
        town.round([shelf], on)
        town.deliver([shelf], on)
    return [parcel.letter.subject for parcel in shelf.kept[before:]]


def replanned(town: Town, case: str, on: date, *, today: date = SOON_AFTER) -> None:
    town.case_commands.write(case, at_noon(today), recording.replan, {"analysis_started": on})


def moves(subjects: Sequence[str]) -> list[str]:
    return [subject for subject in subjects if "өзгерді" in subject or "изменил" in subject]


@pytest.mark.parametrize(
    ("called", "language", "said"),
    [
        ({}, "ru", "актом: G26G0000111. "),
        (
            {"title": {"kk": "Демалыс туралы", "ru": "Об отдыхе", "en": "Об отдыхе"}},
            "kk",
            ": «Демалыс туралы». ",
        ),
        (
            {"title": {"kk": "Демалыс туралы"}, "number": "7", "adopted": "2026-05-05"},
            "kk",
            ": «Демалыс туралы», 2026 жылғы 5 мамыр, № 7. ",
        ),
        (
            {"title": {"ru": "Об отдыхе"}, "number": "7", "adopted": "2026-05-05"},
            "ru",
            ": «Об отдыхе» от 5 мая 2026 года № 7. ",
        ),
        ({"title": {}, "number": "7"}, "en", ": G26G0000111, No. 7. "),
    ],
)
def test_an_act_is_called_by_its_name(called: dict[str, object], language: str, said: str) -> None:
    """With date and number where they are known; by its id where nobody has written down more."""
    cause = {"kind": "act", "acts": ["G26G0000111"], "called": [called], "days": ["2026-05-08"]}

    assert said in describe_cause(cause, language)


def test_a_new_plan_date_is_told_once_with_old_and_new_day_and_cause(town: Town, case: Case) -> None:
    """To the one person who was notified of the old date, however many rounds follow; it names who moved it."""
    with writing(town.engine) as session:
        account = {"access": "officer", "person": AIGUL.key, "created_at": noon(FIVE_BEFORE)}
        session.add(AccountRow(login="айгүл", **account))
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    replanned(town, case.id, LATER)
    subjects = told(town, shelf, SOON_AFTER)
    text = shelf.kept[-1].letter.text

    assert subjects == [
        "Мерзім өзгерді: ішкі талдаудың басталғаны туралы хабарландыру – 13 сәуір (бұрын 30 наурыз)"
    ]
    assert "2026 жылғы 13 сәуір, бұрын 2026 жылғы 30 наурыз" in text
    assert "Жоспарланды: Талдаудың басталуы, 2026 жылғы 27 сәуір (Ахметова Айгүл)" in text
    assert shelf.kept[-1].notice.person == AIGUL.key
    assert told(town, shelf, SOON_AFTER) == []
    assert moves(told(town, shelf, date(2026, 3, 20))) == []


def test_a_moved_day_of_what_recurs_names_its_period(town: Town, case: Case) -> None:
    """The review of the third quarter is due on 12 October, counted from a report on its last day, the 5th; the
    report of 2 October moves it."""
    shelf = Shelf()
    signed, reported, today = date(2026, 6, 15), date(2026, 10, 2), date(2026, 10, 5)
    town.case_commands.write(case.id, at_noon(today), recording.record, "note_signed", on=signed)
    told(town, shelf, today)
    shelf.kept.clear()
    town.case_commands.write(case.id, at_noon(today), recording.record, "quarter_reported.2026Q3", on=reported)

    told(town, shelf, date(2026, 10, 6))

    said = " ".join(" ".join(parcel.letter.text.split()) for parcel in shelf.kept)
    assert "2026 жылғы III тоқсан (Құрылыс басқармасы): 2026 жылғы 9 қазан, бұрын 2026 жылғы 12 қазан" in said


def test_of_whom_no_channel_reaches_any_more_the_officer_is_told(town: Town, case: Case) -> None:
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    office_store.save(town.engine, units=UNITS, people=[replace(AIGUL, email=None), BOLAT, DANA, OFFICER])
    replanned(town, case.id, LATER)

    assert len(told(town, shelf, SOON_AFTER)) == 1
    assert shelf.kept[-1].notice.person == OFFICER.key


def test_there_and_back_before_the_letter_leaves_is_no_news(town: Town, case: Case) -> None:
    """The date of the earlier letter holds again."""
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    replanned(town, case.id, LATER)
    replanned(town, case.id, PLANNED["analysis_started"])

    assert told(town, shelf, SOON_AFTER) == []


def test_of_what_was_done_no_other_day_is_told(town: Town) -> None:
    """Announced on 19 March; that the start is planned later afterwards moves nothing to be done."""
    case, shelf = town.open(), Shelf()
    told(town, shelf, FIVE_BEFORE)
    town.case_commands.write(case.id, at_noon(SOON_AFTER), recording.record, "start_announced", on=SOON_AFTER)
    replanned(town, case.id, LATER)

    assert told(town, shelf, SOON_AFTER) == []


@pytest.mark.parametrize(("start", "told_on"), [(LATER, MONDAY), (date(2026, 4, 10), FRIDAY)])
def test_who_chose_a_letter_a_week_reads_it_there_unless_it_comes_too_late(
    tmp_path: Path, start: date, told_on: date
) -> None:
    """Told on Thursday, the first working day after Nauryz; moved on Friday 27 March to 13 April: the letter of
    Monday says so. Moved to that Friday itself: at once."""
    town, shelf = Town(tmp_path, people=(replace(AIGUL, digest="weekly"),)), Shelf()
    case = town.open()
    told(town, shelf, date(2026, 3, 26))
    replanned(town, case.id, start, today=FRIDAY)
    first = next(on for on in (FRIDAY, MONDAY) if told(town, shelf, on))
    town.close()

    assert first == told_on
    assert "30 наурыз" in shelf.kept[-1].letter.text  # the old day


def test_several_dates_moved_by_one_change_are_one_letter_a_person(tmp_path: Path) -> None:
    """Announcement and order count from the same start; a recipient of both gets one letter about both."""
    head_too = replace(AIGUL, duties=("authorised_person", "head"))
    town = Town(tmp_path, people=(head_too, BOLAT))
    case = town.open()
    shelf = Shelf()
    for day in (FIVE_BEFORE, date(2026, 3, 27), date(2026, 3, 30), date(2026, 3, 31)):
        told(town, shelf, day)
    today = date(2026, 4, 1)
    replanned(town, case.id, LATER, today=today)
    told(town, shelf, today)
    carried = [notice for notice in town.notices() if notice.kind == "moved" and notice.person == AIGUL.key]
    letters = [parcel for parcel in shelf.kept if parcel.notice.key in {notice.carrier for notice in carried}]

    assert len(letters) == 1
    read = icalendar.Calendar.from_ical(calendar(letters[0].letter.entries))
    assert {NEW_DUE, date(2026, 4, 20)} <= {event.decoded("dtstart") for event in read.walk("VEVENT")}
    assert {(notice.obligation, notice.state) for notice in carried} == {
        ("start_announced", "sent"),
        ("order_signed", "sent"),
    }


def test_a_case_called_off_cancels_what_stands_in_calendars(town: Town, case: Case) -> None:
    """STATUS:CANCELLED under the same UID, a higher sequence, and the ground."""
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    town.case_commands.write(case.id, at_noon(SOON_AFTER), statuses.cancel, ground="бұйрық күшін жойды")
    subjects = told(town, shelf, SOON_AFTER)
    first, last = (
        icalendar.Calendar.from_ical(calendar(parcel.letter.entries)).walk("VEVENT")[0] for parcel in shelf.kept
    )

    assert subjects == [
        "Енді талап етілмейді: ішкі талдаудың басталғаны туралы хабарландыру (мерзімі 30 наурыз еді)"
    ]
    assert (str(last["status"]), last["uid"]) == ("CANCELLED", first["uid"])
    assert last["sequence"] > first["sequence"]
    assert last.decoded("dtstart") == ANNOUNCE_BY
    assert "бұйрық күшін жойды" in shelf.kept[-1].letter.text


WRONG_START = date(2026, 3, 18)
GROUND = "басқа істің күні енгізілген"


def take_back(town: Town, case: Case, name: str, on: date) -> None:
    town.case_commands.write(case.id, at_noon(on), withdraw, name, ground=GROUND)


def test_a_withdrawal_is_told_to_those_who_were_told_of_what_followed(town: Town, case: Case) -> None:
    """The plan was changed by mistake, and Aigul told: with the withdrawal she is told the old day, and why."""
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    town.case_commands.write(
        case.id, at_noon(SOON_AFTER), recording.replan, {"analysis_started": date(2026, 4, 27)}
    )
    told(town, shelf, SOON_AFTER)

    take_back(town, case, "plan.analysis_started", SOON_AFTER)
    subjects = told(town, shelf, date(2026, 3, 20))

    assert subjects == [
        "Мерзім өзгерді: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (бұрын 13 сәуір)"
    ]
    letter = shelf.kept[-1]
    assert letter.notice.person == AIGUL.key
    assert f"Жазбаның күші жойылды: Талдаудың басталуы (Айгүл). Негіздеме: {GROUND}." in letter.letter.text


def test_a_preview_counts_who_is_told_that_a_day_holds_no_longer(town: Town, case: Case) -> None:
    """The start is withdrawn after its plan date: what counts from it has no day, and all are told so."""
    shelf = Shelf()
    near, later = date(2026, 5, 20), date(2026, 5, 21)
    town.case_commands.write(case.id, at_noon(near), recording.record, "analysis_started", on=START)
    told(town, shelf, near)

    withdrawal = partial(withdraw, name="analysis_started", ground=GROUND)
    foreseen = preview(town.case_commands, case.id, withdrawal, at=at_noon(later))
    foretold = people_to_tell(foreseen.deadlines, town.notices())
    town.case_commands.write(case.id, at_noon(later), withdrawal)
    told(town, shelf, later)

    once = {move.obligation: move.before for move in foreseen.moved if "." not in move.obligation}
    assert once == {
        "start_announced": date(2026, 3, 30),
        "order_signed": date(2026, 4, 6),
        "analysis_ended": date(2026, 5, 28),
        "discussion_announced": date(2026, 5, 12),
        "discussion_held": date(2026, 5, 19),
        "note_signed": date(2026, 6, 10),
        "plan_approved": date(2026, 6, 24),
        "published": date(2026, 6, 29),
        "monitoring_noted": date(2027, 6, 10),
    }
    assert {move.after for move in foreseen.moved} == {None}
    assert foretold == {notice.person for notice in town.notices() if notice.kind == "moved"}


def test_whoever_was_told_of_a_measure_is_told_that_it_was_withdrawn(town: Town, case: Case) -> None:
    """Its row has left the case; the letter still says what it was."""
    shelf = Shelf()
    risks = RowCommands(town.case_commands)
    stamp = at_noon(WRONG_START)
    risks.add(case.id, FoundRisk(description="Конкурссыз сатып алу"), on=WRONG_START, at=stamp)
    term = MeasureTerm(written="27.03.2026", term=OnDate(date(2026, 3, 27)), reading="date")
    measure = SetMeasure(risk=1, action="Сатып алу тәртібін бекіту", responsible=AIGUL.name, term=term)
    risks.add(case.id, measure, at=stamp)
    told(town, shelf, SOON_AFTER)
    assert any(notice.obligation == "measure.1" for notice in town.notices())

    take_back(town, case, "measure.1", SOON_AFTER)
    before = len(shelf.kept)
    told(town, shelf, date(2026, 3, 20))
    said = [parcel.letter.subject + " ".join(parcel.letter.text.split()) for parcel in shelf.kept[before:]]

    assert any("Запись отозвана: мероприятие № 1 (Айгүл)" in text for text in said)


def test_whoever_was_told_of_a_date_hears_when_it_says_nothing_any_more(town: Town) -> None:
    """The note's ten days ran from an end recorded by mistake, after the last day the analysis could take: with
    the withdrawal they run from nothing. Recorded anew, the same day holds again."""
    case = town.open(planned={"analysis_started": START})
    shelf, end, told_on = Shelf(), date(2026, 5, 29), date(2026, 6, 5)
    for fact, on in (("analysis_started", START), ("analysis_ended", end)):
        town.case_commands.write(case.id, at_noon(end), recording.record, fact, on=on)
    told(town, shelf, told_on)

    take_back(town, case, "analysis_ended", told_on)
    before, monday, tuesday = len(shelf.kept), date(2026, 6, 8), date(2026, 6, 9)
    told(town, shelf, monday)
    withdrawn = " ".join(" ".join(parcel.letter.text for parcel in shelf.kept[before:]).split())
    town.case_commands.write(case.id, at_noon(monday), recording.record, "analysis_ended", on=end)

    told(town, shelf, tuesday)
    later_text = " ".join(" ".join(parcel.letter.text for parcel in shelf.kept[before:]).split())

    assert (
        "Signing of the analytic note (Құрылыс басқармасы): no date for now (counted from the day of “End of "
        "the analysis”, which is not recorded); you were told 12 June 2026" in withdrawn
    )
    assert "Signing of the analytic note (Құрылыс басқармасы): 12 June 2026, due again" in later_text
