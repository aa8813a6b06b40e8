"""Letters on moved dates: to recipients of the old date only, one per change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import icalendar
import pytest

from notifications.letters.moved import describe_cause
from notifications.wire.entry import calendar
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    BOLAT,
    FIVE_BEFORE,
    PLANNED,
    Shelf,
    Town,
    at_noon,
)
from workflow.cases.commands import recording, standings

LATER = date(2026, 4, 27)
NEW_DUE = date(2026, 4, 13)
SOON_AFTER = date(2026, 3, 19)


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


def test_a_new_plan_date_is_told_once_with_old_and_new_day_and_cause(town: Town) -> None:
    """To the one person who was notified of the old date, however many rounds follow."""
    case = town.open()
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    replanned(town, case.id, LATER)
    subjects = told(town, shelf, SOON_AFTER)
    text = shelf.kept[-1].letter.text

    assert subjects == [
        "Мерзім өзгерді: ішкі талдаудың басталғаны туралы хабарландыру – 13 сәуір (бұрын 30 наурыз)"
    ]
    assert "2026 жылғы 13 сәуір" in text
    assert "2026 жылғы 30 наурыз" in text
    assert "Жоспарланды: Талдаудың басталуы, 2026 жылғы 27 сәуір (Айгүл)" in text
    assert shelf.kept[-1].notice.person == AIGUL.key
    assert told(town, shelf, SOON_AFTER) == []
    assert moves(told(town, shelf, date(2026, 3, 20))) == []


def test_a_moved_day_of_what_recurs_names_its_period(town: Town) -> None:
    """The review of the third quarter is due on 12 October, counted from a report on its last day, the 5th; the
    report of 2 October moves it."""
    case = town.open()
    shelf = Shelf()
    signed, reported, today = date(2026, 6, 15), date(2026, 10, 2), date(2026, 10, 5)
    town.case_commands.write(case.id, at_noon(today), recording.record, "note_signed", on=signed)
    told(town, shelf, today)
    shelf.kept.clear()
    town.case_commands.write(case.id, at_noon(today), recording.record, "quarter_reported.2026Q3", on=reported)

    told(town, shelf, date(2026, 10, 6))

    said = " ".join(" ".join(parcel.letter.text.split()) for parcel in shelf.kept)
    assert "2026 жылғы III тоқсан (Құрылыс басқармасы): 2026 жылғы 9 қазан, бұрын 2026 жылғы 12 қазан" in said


def test_there_and_back_before_the_letter_leaves_is_no_news(town: Town) -> None:
    """The date of the earlier letter holds again."""
    case = town.open()
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    replanned(town, case.id, LATER)
    replanned(town, case.id, PLANNED["analysis_started"])

    assert told(town, shelf, SOON_AFTER) == []


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
    town.close()

    assert len(letters) == 1
    read = icalendar.Calendar.from_ical(calendar(letters[0].letter.entries))
    assert {NEW_DUE, date(2026, 4, 20)} <= {event.decoded("dtstart") for event in read.walk("VEVENT")}
    assert {(notice.obligation, notice.state) for notice in carried} == {
        ("start_announced", "sent"),
        ("order_signed", "sent"),
    }


def test_a_case_called_off_cancels_what_stands_in_calendars(town: Town) -> None:
    """STATUS:CANCELLED under the same UID, a higher sequence, and the ground."""
    case = town.open()
    shelf = Shelf()
    told(town, shelf, FIVE_BEFORE)
    town.case_commands.write(case.id, at_noon(SOON_AFTER), standings.cancel, ground="бұйрық күшін жойды")
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
