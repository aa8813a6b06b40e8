"""Letters as they leave: to whom they are for by then, and none that only repeats another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from merzim.storage import office as office_store
from notifications.event_notices import COMMENT
from notifications.notice import ANSWER_DAY, Outcome
from tests.notifications.sample_office import AIGUL, BOLAT, DANA, FIVE_BEFORE, OFFICER, Shelf, Town, noon
from tests.notifications.servers import Office, free_port, mail, serving
from workflow.cases.case import Case
from workflow.cases.commands import answers
from workflow.moments import Moment
from workflow.org.office import Person, Unit
from workflow.org.office_time import OfficeTime

NIGHT = datetime(2026, 3, 17, 20, tzinfo=UTC)  # 01:00 of 18 March in Almaty
ERLAN = Person(
    key="erlan@example.kz", name="Ерлан", unit="staff", duties=("authorised_person",), email="erlan@example.kz"
)
MONDAY_OFF = date(2026, 4, 6)
LATER = Outcome(state="queued", answer="451 later")


def change(town: Town, *people: Person, without: Iterable[Person] = ()) -> None:
    """Save people; those who left are taken out of what the outbox reads."""
    office_store.save(town.engine, people=people)
    office = town.outbox.office()
    keys = {person.key for person in without}
    left = replace(office, people={key: person for key, person in office.people.items() if key not in keys})
    if keys:
        town.outbox.office = lambda: left


def night(town: Town, number: int = 1) -> Shelf:
    """Open cases, and queue their letters of 18 March at night."""
    for _ in range(number):
        town.open()
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE, at=NIGHT)
    assert {notice.person for notice in town.notices()} == {AIGUL.key}
    return shelf


def readers(town: Town, shelf: Shelf) -> list[str]:
    """The people whose letters leave on 18 March, by two ticks."""
    for minutes in (0, 1):
        moment = noon(FIVE_BEFORE) + timedelta(minutes=minutes)
        town.round([shelf], FIVE_BEFORE, at=moment)
        town.deliver([shelf], FIVE_BEFORE, at=moment)
    return [parcel.notice.person for parcel in shelf.kept]


def test_who_was_relieved_of_the_duty_gets_nothing_and_the_new_holder_does(town: Town) -> None:
    """Queued at night, the duty given to Erlan before nine; the key says who was told."""
    shelf = night(town)
    change(town, replace(AIGUL, duties=()), ERLAN)

    assert readers(town, shelf) == [ERLAN.key]
    assert {notice.key.partition(":-5:")[2]: notice.state for notice in town.items()} == {
        f"{AIGUL.key}:shelf": "withdrawn",
        f"{ERLAN.key}:shelf": "sent",
    }


def test_a_letter_of_several_items_goes_to_the_new_holder_when_its_reader_was_removed(town: Town) -> None:
    """Queued at night for Aigul with three items; in the morning she is gone and Erlan holds the duty."""
    shelf = night(town, 3)
    change(town, ERLAN, without=[AIGUL])
    moment = noon(FIVE_BEFORE)
    for minutes in range(3):
        town.deliver([shelf], FIVE_BEFORE, at=moment + timedelta(minutes=2 * minutes))
        town.round([shelf], FIVE_BEFORE, at=moment + timedelta(minutes=2 * minutes + 1))

    assert [parcel.notice.person for parcel in shelf.kept] == [ERLAN.key]
    assert shelf.kept[0].letter.text.count("(Құрылыс басқармасы) – 30 наурыз") == 3


def test_a_letter_goes_to_the_address_of_today_and_the_record_says_so(town: Town) -> None:
    """The e-mail was corrected at night; a letter with the wrong one would come back."""
    night(town)
    change(town, replace(AIGUL, email="aigul.akhmetova@example.kz"))
    shelf = Shelf()
    town.deliver([shelf], FIVE_BEFORE)

    assert [parcel.notice.address for parcel in shelf.kept] == ["aigul.akhmetova@example.kz"]
    assert {notice.address for notice in town.notices()} == {"aigul.akhmetova@example.kz"}


def test_with_nobody_to_send_it_to_a_letter_waits(town: Town) -> None:
    """It leaves once somebody is named."""
    shelf = night(town)
    change(town, replace(OFFICER, duties=()), without=[AIGUL, DANA, OFFICER])
    nobody = readers(town, shelf)
    del town.outbox.office
    moment = noon(FIVE_BEFORE) + timedelta(minutes=10)
    town.round([shelf], FIVE_BEFORE, at=moment)
    town.deliver([shelf], FIVE_BEFORE, at=moment)

    assert nobody == []
    assert [parcel.notice.person for parcel in shelf.kept] == [AIGUL.key]


def ask(town: Town, case: str, *, until: date, at: datetime) -> None:
    """Айгүл asks Болат a question by a day."""
    town.case_commands.write(
        case,
        Moment(by="Айгүл", now=at, today=FIVE_BEFORE),
        answers.comment,
        text="Қашан?",
        person=AIGUL.key,
        asks=BOLAT.key,
        until=until,
    )


FRIDAY, MONDAY = date(2026, 3, 27), date(2026, 3, 30)
"""The working day before the due date, and the due date."""


def at(on: date, hour: int) -> datetime:
    """An hour of a day in Almaty (UTC+5)."""
    return datetime(on.year, on.month, on.day, hour - 5, tzinfo=UTC)


def test_a_mail_server_away_over_two_steps_is_one_letter(town: Town, case: Case) -> None:
    """Away from Friday nine to Monday noon: the step of the due day alone."""
    down = mail(free_port(), timeout=2.0)
    for on, hours in ((FIVE_BEFORE, (9,)), (FRIDAY, (9, 17)), (MONDAY, (9, 11))):
        for hour in hours:
            town.round([down], on, at=at(on, hour))
            town.deliver([down], on, at=at(on, hour))
    with serving(Office()) as office:
        back = mail(office.port, timeout=2.0)
        for hour in (12, 13):
            town.round([back], MONDAY, at=at(MONDAY, hour))
            town.deliver([back], MONDAY, at=at(MONDAY, hour))

    announced = [message for address, message in office.accepted if address == AIGUL.email]
    assert len(announced) == 1
    assert {notice.step: notice.state for notice in town.items() if notice.person == AIGUL.key} == {
        "-5": "withdrawn",
        "-1": "withdrawn",
        "0": "sent",
    }


def test_two_weeks_letters_of_a_server_that_was_away_say_what_is_open_that_day(town: Town, case: Case) -> None:
    """The letters a head gets on Monday the 6th and the 13th leave together on the 13th, with one content."""
    down = mail(free_port(), timeout=2.0)
    days = [date(2026, 4, 6), date(2026, 4, 13)]
    for on in days:
        town.round([down], on)
        town.deliver([down], on)
    with serving(Office()) as office:
        back = mail(office.port, timeout=2.0)
        for minutes in (5, 10):
            town.deliver([back], days[-1], at=noon(days[-1]) + timedelta(minutes=minutes))

    assert len([address for address, _ in office.accepted if address == BOLAT.email]) == 1


def test_a_question_that_reaches_its_reader_on_its_day_is_not_reminded_of(town: Town, case: Case) -> None:
    """Asked for Thursday; the server put it off on Wednesday, and its letter names the day."""
    shelf = Shelf(LATER, LATER, LATER)
    ask(town, case.id, until=date(2026, 3, 19), at=NIGHT)
    town.round([shelf], FIVE_BEFORE, at=NIGHT)
    town.deliver([shelf], FIVE_BEFORE)
    thursday = date(2026, 3, 19)
    for hour in (9, 10):
        town.round([shelf], thursday, at=at(thursday, hour))
        town.deliver([shelf], thursday, at=at(thursday, hour))
    asked = [parcel.notice.step for parcel in shelf.kept if parcel.notice.person == BOLAT.key]

    assert asked == [COMMENT]
    assert [notice.state for notice in town.notices() if notice.step == ANSWER_DAY] == ["withdrawn"]


def test_a_question_is_reminded_of_on_the_last_day_its_reader_works_before_its_day(town: Town) -> None:
    """Monday 6 April is a working day by law and a day off of a unit that works from Tuesday to Saturday: it
    leaves on Saturday the 4th, at nine."""
    staff = Unit(id="staff", name="Аппарат", parent="body", time=OfficeTime(week=(2, 3, 4, 5, 6)))
    office_store.save(town.engine, units=[staff])
    ask(town, town.open().id, until=MONDAY_OFF, at=NIGHT)
    town.round([Shelf()], FIVE_BEFORE, at=NIGHT)
    (reminder,) = [notice for notice in town.notices() if notice.step == ANSWER_DAY]

    assert (reminder.person, reminder.due) == (BOLAT.key, MONDAY_OFF)
    assert reminder.not_before == at(date(2026, 4, 4), 9)


def test_a_question_for_the_day_it_leaves_on_has_no_reminder(town: Town) -> None:
    ask(town, town.open().id, until=FIVE_BEFORE, at=NIGHT)
    town.round([Shelf()], FIVE_BEFORE, at=NIGHT)

    assert [notice.step for notice in town.notices() if notice.person == BOLAT.key] == [COMMENT]


def test_an_assignment_given_in_the_evening_is_one_letter_the_next_morning(town: Town, case: Case) -> None:
    """Given on Wednesday at eight in the evening for Thursday, when its letter leaves and names the day."""
    shelf, thursday = Shelf(), date(2026, 3, 19)
    town.case_commands.write(
        case.id,
        Moment(by="Айгүл", now=at(FIVE_BEFORE, 20), today=FIVE_BEFORE),
        answers.give,
        assignee=BOLAT.key,
        text="Анонс мәтінін дайындау",
        until=thursday,
        giver=AIGUL.key,
    )
    town.round([shelf], FIVE_BEFORE, at=at(FIVE_BEFORE, 20))
    for hour in (9, 10, 15):
        town.round([shelf], thursday, at=at(thursday, hour))
        town.deliver([shelf], thursday, at=at(thursday, hour))

    assert [parcel.notice.step for parcel in shelf.kept if parcel.notice.person == BOLAT.key] == [COMMENT]
