"""Digests: recipients, times, contents, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from calendars.hours import almaty
from merzim.storage.org import store as office_store
from merzim.storage.org.preferences import DIGEST, UPLOADS_THROUGH, prefer
from notifications.bundling import digest_day, first_of_week
from notifications.channels import OutgoingMessage
from tests.law import CALENDAR
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    BOLAT,
    DANA,
    FIVE_BEFORE,
    OFFICER,
    OPENED,
    RULES,
    START,
    UNITS,
    Shelf,
    Town,
    noon,
)
from workflow.cases.commands.opening import Opening

ALL = frozenset({"personal", "unit", "managers"})
MONDAY = date(2026, 3, 16)
AFTER_NAURYZ = date(2026, 3, 26)
NIGHT = datetime(2026, 3, 17, 20, tzinfo=UTC)  # one o'clock of the 18th


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    new_town = Town(tmp_path, rules=replace(RULES, digests=ALL, officer=OFFICER.key))
    yield new_town
    new_town.close()


def choose(town: Town, chosen: str, person: str = AIGUL.key) -> None:
    prefer(town.engine, person, DIGEST, chosen, by="Айгүл", now=noon(date(2026, 3, 2)))


def day(town: Town, on: date) -> list[OutgoingMessage]:
    shelf = Shelf()
    for _ in range(2):
        town.round([shelf], on)
        town.deliver([shelf], on)
    return shelf.kept


def kinds(parcels: list[OutgoingMessage]) -> list[tuple[str, str]]:
    return sorted((parcel.notice.kind, parcel.name) for parcel in parcels)


@pytest.mark.parametrize(
    ("today", "weekly"),
    [
        (date(2026, 3, 16), date(2026, 3, 16)),
        (date(2026, 3, 17), date(2026, 3, 26)),  # Monday to Wednesday of Nauryz week are off
        (date(2026, 3, 26), date(2026, 3, 26)),
        (date(2026, 3, 27), date(2026, 3, 30)),
        (date(2026, 3, 28), date(2026, 3, 30)),
    ],
)
def test_a_weekly_digest_comes_on_the_first_working_day_of_the_week(today: date, weekly: date) -> None:
    """A Monday off is a Tuesday's digest, a whole week of holidays no digest."""
    assert digest_day("weekly", CALENDAR, today=today) == weekly
    assert first_of_week(weekly, CALENDAR)


def test_beyond_the_records_a_digest_comes_today() -> None:
    """Where nobody knows which days work, nothing waits for one that does."""
    assert digest_day("weekly", CALENDAR, today=CALENDAR.last) == CALENDAR.last


def test_a_reminder_put_into_the_daily_digest_comes_in_it(town: Town) -> None:
    """One letter that morning, with the reminder; its record says which letter carried it."""
    town.open()
    choose(town, "daily")
    town.round([Shelf()], FIVE_BEFORE, at=NIGHT)
    (letter,) = day(town, FIVE_BEFORE)
    reminder = next(notice for notice in town.notices() if notice.kind == "reminder")

    assert letter.notice.kind == "digest"
    assert (
        "Ішкі талдаудың басталғаны туралы хабарландыру (Құрылыс басқармасы) – 30 наурыз" in letter.letter.text
    )
    assert (reminder.state, reminder.carrier) == ("sent", letter.notice.key)
    assert town.outbox.carried(letter.notice.key) == [reminder]
    assert town.outbox.carried(reminder.key) == town.outbox.carried("2026-0404") == []


@pytest.mark.parametrize(("hour", "leaves"), [(time(16), 16), (time(18, 30), 9)])
def test_a_digest_leaves_at_its_hour(tmp_path: Path, hour: time, leaves: int) -> None:
    """Queued in the night; where letters do not leave any more at that hour, with the first ones of the day."""
    town = Town(tmp_path, rules=replace(RULES, digests=ALL, digest_at=hour))
    town.open()
    choose(town, "daily")
    town.round([Shelf()], FIVE_BEFORE, at=NIGHT)
    digest = next(notice for notice in town.notices() if notice.kind == "digest" and notice.person == AIGUL.key)
    town.close()

    assert digest.not_before == datetime(2026, 3, 18, leaves, tzinfo=almaty())


def test_a_line_of_a_digest_carries_the_force(town: Town) -> None:
    """A title does not show whether an obligation is obligatory."""
    town.open()
    choose(town, "daily")
    (letter,) = day(town, FIVE_BEFORE)

    assert "(5 жұмыс күні қалды); міндетті" in letter.letter.text


def test_a_digest_is_one_letter_a_day(town: Town) -> None:
    """Whatever comes to be said after it has left waits for the next, or goes alone where that is too late."""
    town.open()
    choose(town, "daily")
    day(town, FIVE_BEFORE)
    town.open(on=FIVE_BEFORE)
    second_day = day(town, FIVE_BEFORE)
    tomorrow = day(town, date(2026, 3, 19))

    assert second_day == []
    assert kinds(tomorrow) == [("digest", AIGUL.name)]


def test_several_reminders_of_one_day_come_in_one_letter_to_who_chose_nothing(tmp_path: Path) -> None:
    """Two cases, the same five days left: one letter; each step is that step. Due today and late: singly."""
    town = Town(tmp_path, rules=replace(RULES, digests=frozenset({"several"})))
    town.open()
    town.open()
    ahead = [parcel for parcel in day(town, date(2026, 3, 18)) if parcel.notice.person == AIGUL.key]
    steps = [notice for notice in town.notices() if notice.person == AIGUL.key and notice.rung == "-5"]
    today = [parcel for parcel in day(town, ANNOUNCE_BY) if parcel.notice.person == AIGUL.key]
    late = [parcel for parcel in day(town, date(2026, 3, 31)) if parcel.notice.person == AIGUL.key]
    town.close()

    assert [parcel.notice.kind for parcel in ahead] == ["digest"]
    assert [
        (notice.case, notice.state, notice.carrier) for notice in sorted(steps, key=lambda notice: notice.case)
    ] == [
        ("2026-0001", "sent", ahead[0].notice.key),
        ("2026-0002", "sent", ahead[0].notice.key),
    ]
    assert [parcel.notice.kind for parcel in today] == ["reminder", "reminder"]
    assert [parcel.notice.kind for parcel in late] == ["reminder", "reminder"]


def test_who_chose_single_letters_gets_each_by_itself(tmp_path: Path) -> None:
    """No choice is not the choice of singles: two reminders of what is ahead are two letters, late ones too."""
    town = Town(tmp_path, rules=replace(RULES, digests=ALL | {"several"}))
    choose(town, "single")
    town.open()
    town.open()
    notice_kinds = [
        [parcel.notice.kind for parcel in day(town, on) if parcel.notice.person == AIGUL.key]
        for on in (FIVE_BEFORE, date(2026, 3, 31))
    ]
    town.close()

    assert notice_kinds == [["reminder", "reminder"], ["reminder", "reminder"]]


def test_one_reminder_of_a_day_stays_a_letter_of_its_own(tmp_path: Path) -> None:
    """With its date in the subject, and its own links."""
    town = Town(tmp_path, rules=replace(RULES, digests=frozenset({"several"})))
    town.open()
    letters = [parcel for parcel in day(town, date(2026, 3, 18)) if parcel.notice.person == AIGUL.key]
    town.close()

    assert [letter.notice.kind for letter in letters] == ["reminder"]


def test_the_law_waits_for_no_weekly_digest(town: Town) -> None:
    """A reminder of something due before the next one goes out alone; statutory reminders are never lost."""
    town.open()
    choose(town, "weekly")
    days = (FIVE_BEFORE, AFTER_NAURYZ, date(2026, 3, 27), ANNOUNCE_BY)
    kinds_by_day = {
        on.day: [parcel.notice.kind for parcel in day(town, on) if parcel.name == AIGUL.name] for on in days
    }

    assert kinds_by_day == {18: [], 26: ["digest"], 27: ["reminder"], 30: ["digest"]}


def test_nobody_can_switch_a_reminder_off(town: Town) -> None:
    """Whatever the setting, each step of the escalation policy is sent in some letter by its due date."""
    town.open()
    choose(town, "weekly")
    for number in range(18, 32):
        day(town, date(2026, 3, number))
    rungs = {
        notice.rung
        for notice in town.notices()
        if notice.person == AIGUL.key and notice.obligation == "start_announced" and notice.state == "sent"
    }

    assert rungs >= {"-5", "-1", "0", "+1"}


def test_where_the_office_combines_nothing_who_chose_nothing_gets_single_letters(town: Town) -> None:
    """Without "several" in the configuration a digest is asked for."""
    town.open()

    assert kinds(day(town, FIVE_BEFORE)) == [("reminder", AIGUL.name)]


def test_the_head_of_a_unit_hears_of_the_unit_each_week(town: Town) -> None:
    """Overdue and near deadlines, with the people responsible."""
    town.open()
    would = [notice.person for notice in town.plan([Shelf()], AFTER_NAURYZ).others]
    (letter,) = [parcel for parcel in day(town, AFTER_NAURYZ) if parcel.notice.kind == "unit_digest"]

    assert would == [BOLAT.key]
    assert letter.name == BOLAT.name
    assert letter.letter.subject == "Сроки подразделения на 26 марта: просрочено – 0, предстоит – 1"
    assert "ответственный: Ахметова Айгүл" in letter.letter.text
    assert letter.letter.dispensable


def test_managers_hear_what_is_overdue_by_stage_and_cause(town: Town) -> None:
    """Monday, 6 April: the announcement is a week late."""
    town.open()
    letters = [parcel for parcel in day(town, date(2026, 4, 6)) if parcel.notice.kind == "managers_digest"]
    (letter,) = letters

    assert letter.name == DANA.name
    assert letter.letter.subject == "Still overdue after every reminder, 6 April: 1"
    assert "Announcement: 1 (not recorded as done – 1)" in letter.letter.text
    text = " ".join(letter.letter.text.split())
    assert f"Аппарат; responsible: {AIGUL.name}; not recorded as done" in text


def test_the_first_head_is_told_last_by_the_digest_too(town: Town) -> None:
    """The start is planned for 21 April: the announcement is due on the 7th and reaches the first head on the
    14th, its last step; the digest of the 13th says nothing. On the 20th it is listed; the order, due on the
    14th and four working days late, is not yet.
    """
    town.open(planned={"analysis_started": date(2026, 4, 21)})
    heard = {
        on.day: [
            parcel.notice.kind
            for parcel in day(town, on)
            if parcel.name == DANA.name and parcel.notice.obligation in ("", "start_announced")
        ]
        for on in (date(2026, 4, 13), date(2026, 4, 14))
    }
    text = managers_lines(town, date(2026, 4, 20))

    assert heard == {13: [], 14: ["reminder"]}
    assert "7 April (9 working days ago)" in text
    assert "14 April" not in text


def test_people_are_named_in_the_language_of_the_letter(town: Town) -> None:
    """The reader in the greeting, others and units in the lines."""
    names = {"name_kk": "Серікұлы Болат", "name_ru": "Сериков Болат Ахметович"}
    aigul = replace(AIGUL, name_ru="Ахметова Айгуль Сериковна", name_kk="Ахметова Айгүл Серікқызы")
    unit = replace(UNITS[1], name_ru="Управление делами")
    office_store.save(town.engine, units=[unit], people=[replace(BOLAT, **names), aigul])
    town.open()
    (letter,) = [parcel for parcel in day(town, AFTER_NAURYZ) if parcel.notice.kind == "unit_digest"]

    assert letter.name == "Сериков Болат Ахметович"
    assert "ответственный: Ахметова Айгуль Сериковна" in letter.letter.text
    assert "Управление делами" in letter.letter.text


def managers_lines(town: Town, on: date) -> str:
    (letter,) = [parcel for parcel in day(town, on) if parcel.notice.kind == "managers_digest"]
    return " ".join(letter.letter.text.split())


def test_a_digest_counts_a_plan_that_slipped_apart(town: Town) -> None:
    """Planned for 13 April and not recorded on the 14th: neither late nor ahead."""
    town.open()
    choose(town, "daily")
    (letter,) = [parcel for parcel in day(town, date(2026, 4, 14)) if parcel.notice.kind == "digest"]

    assert letter.letter.subject == (
        "Мерзімдеріңіз, 14 сәуір: өткені – 0, алдағысы – 0, жоспар күні өткені – 1"
    )


def test_managers_hear_nothing_of_what_is_only_recommended(town: Town) -> None:
    """The analysis began on 13 April and should end by 28 May: letters to executors, not to the first head."""
    case = town.open()
    town.case_commands.record(case.id, "analysis_started", on=START, by="Айгүл", now=noon(START), today=START)
    letters = day(town, date(2026, 6, 1))
    texts = {letter.notice.kind: letter.letter.text for letter in letters if letter.notice.kind != "reminder"}

    assert "Окончание анализа (Құрылыс басқармасы) – 28 мая" in texts["unit_digest"]
    assert "28 May" not in texts["managers_digest"]


def test_what_a_body_outside_owes_is_nobodys_lateness(town: Town) -> None:
    """The National report to the Administration, 15 May, is the authorised body's; the information for it,
    15 April, is ours, and a year that begins by itself is no step that was left out.
    """
    town.case_commands.open(
        Opening(procedure="national-report", unit="body", facts={"year_begun": date(2025, 1, 1)}),
        by="Айгүл",
        now=noon(OPENED),
        today=OPENED,
    )
    text = managers_lines(town, date(2026, 5, 18))

    assert "overdue after every reminder and not recorded as done: 1." in text
    assert "Information: 1 (not recorded as done – 1)" in text


def test_the_officer_is_not_named_as_responsible_where_nobody_is(tmp_path: Path) -> None:
    """The letter goes to the officer because nobody holds the duty: it says so and names no one."""
    rules = replace(RULES, digests=ALL, officer=OFFICER.key)
    town = Town(tmp_path, people=(BOLAT, DANA, OFFICER), rules=rules)
    town.open()
    text = managers_lines(town, date(2026, 4, 6))
    town.close()

    assert "Аппарат; nobody responsible was found" in text
    assert OFFICER.name not in text


def test_an_earlier_step_is_looked_for_in_its_own_period(town: Town) -> None:
    """The quarter was reported and not reviewed: nothing before the review is missing. The line names it."""
    case = town.open()
    on = date(2026, 10, 5)
    for fact, happened in (("note_signed", date(2026, 6, 15)), ("quarter_reported.2026Q3", on)):
        town.case_commands.record(case.id, fact, on=happened, by="Айгүл", now=noon(on), today=on)
    text = managers_lines(town, date(2026, 10, 19))

    assert "Review of the quarterly information, Q3 2026 (Құрылыс басқармасы) – 12 October" in text
    review = text.partition("Review of the quarterly information, Q3 2026 (Құрылыс басқармасы)")[2].partition(
        "- "
    )[0]
    assert "not recorded as done" in review


def test_a_digest_with_nothing_to_say_is_not_sent(town: Town) -> None:
    """No case, no letter, and nothing in the register; nor would a dry run promise one."""
    choose(town, "daily")

    assert town.plan([Shelf()], AFTER_NAURYZ).others == ()
    assert day(town, AFTER_NAURYZ) == []
    assert list(town.notices()) == []


def test_who_is_away_gets_no_digest_and_the_deputy_gets_the_units(tmp_path: Path) -> None:
    """Leave and substitution hold for digests too."""
    bolat = replace(BOLAT, away=((date(2026, 3, 20), date(2026, 4, 20)),), deputy=OFFICER.key)
    town = Town(tmp_path, people=(AIGUL, bolat, DANA, OFFICER), rules=replace(RULES, digests=ALL))
    town.open()
    choose(town, "daily", BOLAT.key)
    letter_kinds = kinds(day(town, AFTER_NAURYZ))
    town.close()

    assert ("unit_digest", OFFICER.name) in letter_kinds
    assert not [pair for pair in letter_kinds if pair[1] == BOLAT.name]


def test_from_november_the_officer_is_called_weekly_and_in_the_last_five_days_daily(town: Town) -> None:
    """On the first working day of a week, from Friday 25 December on every working day; not in October.

    1 November 2026 is a Sunday; Wednesday 16 December is a holiday.
    """
    days = {
        date(2026, 10, 26): 0,
        date(2026, 10, 30): 0,
        date(2026, 11, 1): 0,
        date(2026, 11, 2): 1,
        date(2026, 11, 3): 0,
        date(2026, 11, 7): 0,
        date(2026, 11, 9): 1,
        date(2026, 12, 14): 1,
        date(2026, 12, 17): 0,
        date(2026, 12, 21): 1,
        date(2026, 12, 24): 0,
        date(2026, 12, 25): 1,
        date(2026, 12, 28): 1,
        date(2026, 12, 29): 1,
        date(2026, 12, 31): 1,
    }
    subjects = {
        on: [parcel.letter.subject for parcel in day(town, on) if parcel.notice.kind == "calendar"]
        for on in days
    }

    assert CALENDAR.provisional_years(date(2027, 1, 1), date(2027, 12, 31)) == (2027,)
    assert {on: len(letters) for on, letters in subjects.items()} == days
    assert subjects[date(2026, 11, 2)] == ["2027 жылғы өндірістік күнтізбе расталмаған"]


def test_a_confirmed_year_is_not_asked_for(town: Town) -> None:
    """2026 is confirmed: in November 2025 nobody is called."""
    assert not [parcel for parcel in day(town, date(2025, 11, 3)) if parcel.notice.kind == "calendar"]


def test_a_unit_uploads_through_the_body_above_it(town: Town) -> None:
    """What people chose survives a new import of the table of people."""
    from merzim.storage.org import store as office_store
    from tests.notifications.sample_office import PEOPLE, UNITS

    prefer(town.engine, "staff", UPLOADS_THROUGH, "body", by="x", now=noon(FIVE_BEFORE))
    choose(town, "weekly")
    office_store.save(town.engine, units=UNITS, people=PEOPLE)
    office = town.outbox.office()
    choose(town, "")

    assert office.units["staff"].uploads_through == "body"
    assert office.people[AIGUL.key].digest == "weekly"
    assert town.outbox.office().people[AIGUL.key].digest == ""


def test_several_responsible_people_are_named_in_the_plural(tmp_path: Path) -> None:
    """Two people hold the duty in one unit: «ответственные», in Kazakh «жауаптылар»."""
    second = replace(AIGUL, key="erlan@example.kz", name="Өтегенов Ерлан", email="erlan@example.kz")
    texts = {}
    for language in ("ru", "kk"):
        folder = tmp_path / language
        folder.mkdir()
        people = (AIGUL, second, replace(BOLAT, language=language), DANA, OFFICER)
        town = Town(folder, people=people, rules=replace(RULES, digests=ALL))
        town.open()
        (letter,) = [parcel for parcel in day(town, AFTER_NAURYZ) if parcel.notice.kind == "unit_digest"]
        town.close()
        texts[language] = letter.letter.text

    assert "ответственные: Ахметова Айгүл, Өтегенов Ерлан" in texts["ru"]
    assert "жауаптылар: Ахметова Айгүл, Өтегенов Ерлан" in texts["kk"]
