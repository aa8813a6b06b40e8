"""One letter a person a day: what it lists, when it leaves, and what comes by itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from calendars.hours import local_date
from merzim.storage import events, office as office_store
from merzim.storage.maintenance.verify import verify
from merzim.storage.tables.base import canonical
from merzim.storage.tables.cases import CASE
from merzim.storage.tables.events import EVENT
from notifications.channels import OutgoingMessage
from notifications.channels.telegram import LONGEST, format_message
from notifications.daily import WEEK, letter_day
from tests.case_rows import completed_case
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
    noon,
)
from tests.storage.sample_cases import seal
from tests.storage.test_verify import by_hand
from workflow.cases.case import Case
from workflow.cases.commands import answers, recording, statuses
from workflow.law.library import Library
from workflow.moments import Moment

MONDAY_AFTER = date(2026, 4, 6)
"""Five working days after the announcement was due."""


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, rules=replace(RULES, officer=OFFICER.key))


def day(town: Town, on: date, *, hours: tuple[int, ...] = (9, 10)) -> list[OutgoingMessage]:
    """What leaves on a day, by rounds at these hours of Almaty (UTC+5)."""
    shelf = Shelf()
    for hour in hours:
        moment = datetime(on.year, on.month, on.day, hour - 5, tzinfo=UTC)
        town.round([shelf], on, at=moment)
        town.deliver([shelf], on, at=moment)
    return shelf.kept


def of(parcels: list[OutgoingMessage], person: str) -> list[OutgoingMessage]:
    return [parcel for parcel in parcels if parcel.notice.person == person]


def test_a_year_of_three_cases_nobody_touches_is_at_most_one_letter_a_person_a_day(town: Town) -> None:
    """March to May: the steps of terms, plans that slip, duties without a term, the weeks of heads."""
    for _ in range(3):
        town.open()
    for step in range(90):
        on = date(2026, 3, 2) + timedelta(days=step)
        letters = Counter(parcel.notice.person for parcel in day(town, on))

        assert all(number == 1 for number in letters.values()), (on, letters)


def test_everything_of_a_day_stands_in_one_letter_by_urgency(town: Town, case: Case) -> None:
    """Overdue, due today, due in five working days, open without a term since before them; a chat numbers the
    lines as they stand, which its buttons do, and leaves out why each is on its day."""
    for start in (27, 20):
        town.open(planned={"analysis_started": date(2026, 4, start)})
    town.case_commands.write(
        case.id, at_noon(MONDAY_AFTER), recording.record, "discussion_held", on=date(2026, 3, 20)
    )
    (letter,) = of(day(town, MONDAY_AFTER), AIGUL.key)
    text, chat = letter.letter.text, format_message(letter.letter)

    assert letter.letter.subject.endswith("өткені – 1, бүгінгісі – 1, алдағысы – 1, мерзімсіз – 1")
    assert text.index("Мерзімі өткен") < text.index("Бүгін") < text.index("Алдағы мерзімдер")
    buttons = [action.obligation for action in letter.letter.actions]
    assert buttons == [*["start_announced"] * 3, "discussion_results_published"]
    words = re.findall(r"^(\d)\. (\S+ \S+)", chat, re.MULTILINE)
    assert words == [*((str(n), "Ішкі талдаудың") for n in (1, 2, 3)), ("4", "Жария талқылау")]
    assert ("Негіздеме" in text, "Негіздеме" in chat) == (True, False)
    assert {notice.carrier for notice in town.notices() if notice.person == AIGUL.key and notice.carrier} == {
        letter.notice.key
    }
    assert letter.notice.key == f"2026-04-06:{AIGUL.key}:shelf"


def test_of_a_long_list_the_rest_is_counted(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of three, where a list has room for two; the delivery counts the letter, not what it carries."""
    monkeypatch.setattr("notifications.letters.daily.LONGEST", 2)
    for _ in range(3):
        town.open()
    shelf = Shelf()
    town.round([shelf], FIVE_BEFORE)
    report = town.deliver([shelf], FIVE_BEFORE)
    (letter,) = shelf.kept

    assert [notice.kind for notice in town.notices()].count("reminder") == 3
    assert report.counts == {"sent": 1}
    assert letter.letter.text.count("(Құрылыс басқармасы) – 30 наурыз") == 2
    assert ("тағы 1" in letter.letter.text, len(letter.letter.actions)) == (True, 2)


def test_every_answer_is_a_button_of_its_own(tmp_path: Path) -> None:
    """In the letter of one reminder and in a list; it carries its look, which mail programs may drop."""
    town = Town(tmp_path, rules=replace(RULES, link_key="k" * 32))
    town.open()
    alone = of(day(town, FIVE_BEFORE), AIGUL.key)[0].letter.html
    town.open()
    listed = of(day(town, MONDAY_AFTER), AIGUL.key)[0].letter.html
    button = r'<a class="button" style="[^"]*background:#0b5cad[^"]*" href="[^"]*/answer/'
    for html, number in ((alone, 3), (listed, 6)):
        assert len(re.findall(button, html)) == html.count("/answer/") == number


@pytest.mark.parametrize(
    ("on", "morning"), [(FIVE_BEFORE, date(2026, 3, 19)), (date(2026, 3, 27), date(2026, 3, 30))]
)
def test_what_arises_later_in_the_day_waits_for_the_morning(
    town: Town, case: Case, on: date, morning: date
) -> None:
    """A case opened at ten, five days before its announcement is due, or one: told on the next working day,
    which may be the due day."""
    day(town, on)
    town.open(on=on)

    assert day(town, on, hours=(11, 12)) == []
    (letter,) = of(day(town, morning), AIGUL.key)
    assert letter.notice.key == f"{morning}:{AIGUL.key}:shelf"


def test_a_letter_withdrawn_before_it_left_leaves_its_day_free(town: Town) -> None:
    """The one item of the morning was done in time and never left; two that arise at ten leave at ten, not on
    Thursday."""
    first = town.open()
    shelf, nine, ten = Shelf(), datetime(2026, 3, 18, 4, tzinfo=UTC), datetime(2026, 3, 18, 5, tzinfo=UTC)
    town.round([shelf], FIVE_BEFORE, at=nine)
    stamp = Moment(by="Айгүл", now=nine, today=FIVE_BEFORE)
    town.case_commands.write(first.id, stamp, recording.record, "start_announced", on=FIVE_BEFORE)
    town.deliver([shelf], FIVE_BEFORE, at=nine)
    assert [notice.state for notice in town.notices()] == ["withdrawn"]
    for _ in range(2):
        town.open()
    town.round([shelf], FIVE_BEFORE, at=ten)
    town.deliver([shelf], FIVE_BEFORE, at=ten)

    assert [parcel.notice.key for parcel in shelf.kept] == [f"{FIVE_BEFORE}:{AIGUL.key}:shelf"]


def test_letters_queued_by_a_clock_months_ahead_hold_none_of_today(town: Town, case: Case) -> None:
    """A round of Saturday, 28 November, has queued for Monday; the clock is put right, and a case opened."""
    town.round([Shelf()], date(2026, 11, 28))
    second = town.open()

    assert of(day(town, FIVE_BEFORE), AIGUL.key)
    assert {item.case for item in town.items() if item.state == "sent"} == {second.id}


def test_what_falls_due_that_very_day_leaves_in_one_further_letter(town: Town, case: Case) -> None:
    """Two opened on the due day: one letter more and no third, though a comment queued that of tomorrow."""
    due = date(2026, 3, 30)
    first = of(day(town, due), AIGUL.key)
    town.case_commands.write(case.id, at_noon(due), answers.comment, text="Ready", mentions=[AIGUL.key])
    assert (len(first), day(town, due, hours=(10,))) == (1, [])
    town.open(on=due)
    town.open(on=due)
    further = of(day(town, due, hours=(11, 12)), AIGUL.key)
    town.open(on=due)

    assert [letter.notice.key for letter in further] == [f"{due}.2:{AIGUL.key}:shelf"]
    assert of(day(town, due, hours=(13, 14)), AIGUL.key) == []


def test_an_assignment_comes_at_once_and_alone(town: Town, case: Case) -> None:
    day(town, FIVE_BEFORE)
    stamp = Moment(by="Болат", now=datetime(2026, 3, 18, 6, tzinfo=UTC), today=FIVE_BEFORE)
    given = {"text": "Анонс мәтінін дайындау", "until": date(2026, 4, 30), "giver": BOLAT.key}
    town.case_commands.write(case.id, stamp, answers.give, assignee=AIGUL.key, **given)

    (letter,) = of(day(town, FIVE_BEFORE, hours=(12,)), AIGUL.key)
    assert letter.notice.kind == "comment"


def test_a_head_reads_what_is_overdue_in_the_unit_below_their_own_lines(town: Town, case: Case) -> None:
    """Monday 13 April: the announcement is late and has no step left."""
    day(town, MONDAY_AFTER)
    (letter,) = of(day(town, date(2026, 4, 13)), BOLAT.key)
    own, _, units = letter.letter.text.partition("Просрочено в ваших подразделениях")

    assert f"ответственные лица: {AIGUL.name}" in units
    assert "Подписание приказа" not in own + units, "whose signature is the first head's, whatever is analysed"


def test_what_nobody_may_do_is_overdue_in_the_unit_of_the_case_not_of_the_officer(tmp_path: Path) -> None:
    """Nobody is authorised, so the officer of the body above is told; the head of the unit reads it, too."""
    people = (replace(AIGUL, duties=()), BOLAT, DANA, OFFICER)
    town = Town(tmp_path, people=people, rules=replace(RULES, officer=OFFICER.key))
    town.open()
    day(town, MONDAY_AFTER)
    (letter,) = of(day(town, date(2026, 4, 13)), BOLAT.key)

    assert "Объявление о начале анализа" in letter.letter.text.partition("Просрочено в ваших подразделениях")[2]


def test_a_single_line_of_a_heads_own_leaves_their_units_lines_below_it(town: Town, case: Case) -> None:
    """Tuesday 31 March: one announcement is a day late, which is told the head; another has been for days."""
    town.open(planned={"analysis_started": date(2026, 4, 6)})
    day(town, date(2026, 3, 30))
    (letter,) = of(day(town, date(2026, 3, 31)), BOLAT.key)
    own, _, below = letter.letter.text.partition("Просрочено в ваших подразделениях")

    assert f"обязательно; ответственные лица: {AIGUL.name}\n" in own, "it is not the head's own"
    assert (own.count("/cases/2026-0001"), own.count("/cases/2026-0002")) == (1, 0)
    assert (below.count("/cases/2026-0001"), below.count("/cases/2026-0002")) == (0, 1)


def test_the_first_head_and_the_officer_read_once_a_week_what_is_overdue(town: Town, case: Case) -> None:
    """Mondays alone; on a Wednesday without items of their own nothing comes."""
    day(town, MONDAY_AFTER)
    day(town, date(2026, 4, 7))
    wednesday, monday = day(town, date(2026, 4, 8)), day(town, date(2026, 4, 13))

    assert not of(wednesday, DANA.key)
    assert len(of(monday, DANA.key)) == len(of(monday, OFFICER.key)) == 1
    assert "Overdue in your units" in of(monday, DANA.key)[0].letter.text


def test_the_officers_letter_of_the_week_holds_a_seal_that_a_forged_record_does_not_fit(
    town: Town, case: Case
) -> None:
    """With the keys to the database a fact's day is changed and every hash made anew: the database agrees with
    itself, and not with the letter. Nobody else's letter has the seal, nor one of another day."""
    day(town, MONDAY_AFTER)
    seal(town.engine, now=noon(date(2026, 4, 12)))
    monday = day(town, date(2026, 4, 13))
    (letter,) = of(monday, OFFICER.key)
    line = re.search(
        r'Жазбалар 2026 жылғы 12 сәуірде мөрленген\..+ merzim verify --seal "(\d+) (\w{64})"',
        letter.letter.text,
    )
    assert line is not None
    long = replace(letter.letter, text="жол\n" * LONGEST + letter.letter.text)
    assert all(line[0] in format_message(said) for said in (letter.letter, long))
    assert [parcel.notice.person for parcel in monday if line[2] in parcel.letter.text] == [OFFICER.key]
    assert all("--seal" not in parcel.letter.text for parcel in day(town, date(2026, 4, 14)))
    known = (int(line[1]), line[2])
    assert verify(town.engine, known_seal=known) == ()

    with by_hand(town.engine) as connection:
        connection.execute(EVENT.update().where(EVENT.c.on == date(2026, 1, 15)).values(on=date(2026, 1, 16)))
        for id, stream in connection.execute(select(EVENT.c.id, EVENT.c.stream).order_by(EVENT.c.id)).all():
            this = EVENT.update().where(EVENT.c.id == id)
            if stream == events.SEALS:
                ends = events.ends(connection, EVENT.c.stream != events.SEALS)
                connection.execute(this.values(payload=canonical({events.ENDS: ends, events.UNTIL: id - 1})))
            connection.execute(this.values(hash=events.hash_now(connection, id)))
        head = events.ends(connection)[f"{events.CASE}{case.id}"][1]
        connection.execute(CASE.update().values(head=head))

    assert verify(town.engine) == ()
    assert [problem.code for problem in verify(town.engine, known_seal=known)] == ["seal_unknown"]


def test_the_officer_reads_once_a_week_what_a_completed_case_was_never_confirmed_of(town: Town) -> None:
    """The results of the discussion (tbn4-2024, P1.T2.S2, no term) were never published here: named each Monday
    with since when and who must act, until the case is exempted from it with a ground."""
    since, monday, next_monday = date(2026, 6, 1), date(2027, 9, 6), date(2027, 9, 13)
    stamp = at_noon(monday, by="test")
    leave = {"discussion_results_published"}
    case = completed_case(town.case_commands, unit="staff", leave=leave, on=since, at=stamp)
    heading = "Аяқталған істерде расталмай қалғаны"

    (letter,) = of(day(town, monday), OFFICER.key)
    part = " ".join(letter.letter.text.split()).partition(heading)[2]
    assert town.case_commands.view(case, today=monday).stage == "completed"
    assert "2026 жылғы 1 маусымнан бастап орындалуы күтіледі" in part
    assert f"жауапты: {AIGUL.name}" in part
    # Without a term nothing is overdue, and the letter does not say so.
    assert "Бөлімшелеріңізде мерзімі өткені" not in letter.letter.subject
    assert all(heading not in parcel.letter.text for parcel in day(town, date(2027, 9, 7)))

    town.case_commands.write(
        case, stamp, statuses.exempt, obligation="discussion_results_published", ground="құпия нысан"
    )
    assert town.case_commands.view(case, today=monday).stage == "closed"
    assert all(heading not in parcel.letter.text for parcel in day(town, next_monday))


def test_the_letter_that_calls_to_confirm_the_calendar_says_so_in_its_subject(town: Town) -> None:
    """The first working day of November, in an office without cases: to the officer alone."""
    (letter,) = day(town, date(2026, 11, 2))

    assert letter.notice.person == OFFICER.key
    assert letter.letter.subject == "2027 жылғы өндірістік күнтізбе расталмаған"


def test_beyond_the_records_a_letter_comes_today() -> None:
    """Where nobody knows which days work, nothing waits for one that does."""
    assert letter_day(WEEK, CALENDAR, today=CALENDAR.last) == CALENDAR.last


def test_who_chose_one_letter_a_week_hears_of_what_cannot_wait_at_once(town: Town, case: Case) -> None:
    """Due on Monday 30 March: the step of the 18th waits for Thursday the 26th, the week's first working day;
    the step of Friday the 27th is of a date before the next letter."""
    office_store.choose(town.engine, AIGUL.key, digest="weekly", at=at_noon(date(2026, 3, 2)))
    heard = {
        on.day: [parcel.letter.subject for parcel in of(day(town, on), AIGUL.key)]
        for on in (FIVE_BEFORE, date(2026, 3, 26), date(2026, 3, 27))
    }

    assert [len(subjects) for subjects in heard.values()] == [0, 1, 1]
    weekly = [notice for notice in town.notices() if notice.step == WEEK]
    assert [local_date(notice.not_before) for notice in weekly] == [date(2026, 3, 26)]


def test_what_arises_after_the_letter_of_the_week_waits_for_the_next(town: Town) -> None:
    """Due on 2 April: five working days before, on Thursday 26 March, at nine, and another at eleven."""
    office_store.choose(town.engine, AIGUL.key, digest="weekly", at=at_noon(date(2026, 3, 2)))
    thursday, friday, monday = date(2026, 3, 26), date(2026, 3, 27), date(2026, 3, 30)
    planned = {"analysis_started": date(2026, 4, 16)}
    town.open(planned=planned)
    first = day(town, thursday)
    town.open(planned=planned)
    letters = [first, *(day(town, on, hours=(11, 12)) for on in (thursday, friday, monday))]

    assert [len(of(parcels, AIGUL.key)) for parcels in letters] == [1, 0, 0, 1]


def test_who_chose_one_letter_a_week_reads_in_it_what_is_open_without_a_term(town: Town) -> None:
    """The discussion was held on Tuesday 19 May: its results, asked for from Wednesday on, wait for Monday."""
    office_store.choose(town.engine, AIGUL.key, digest="weekly", at=at_noon(date(2026, 3, 2)))
    case, held, monday = town.open(), date(2026, 5, 19), date(2026, 5, 25)
    town.case_commands.write(case.id, at_noon(held), recording.record, "discussion_held", on=held)
    said = {
        on
        for on in (held + timedelta(days=step) for step in range(7))
        for parcel in of(day(town, on), AIGUL.key)
        if "Жария талқылау нәтижелерін жариялау" in parcel.letter.text
    }

    assert said == {monday}


@pytest.mark.parametrize(("digest", "letters"), [("", [1, 0, 0]), ("weekly", [0, 0, 1])])
def test_comments_are_read_in_the_letter_of_the_day_or_of_the_week(
    tmp_path: Path, digest: str, letters: list[int]
) -> None:
    """Two, before the Wednesday: one letter then, or on Thursday the 26th, the first working day of a week."""
    town = Town(tmp_path, people=(AIGUL, replace(BOLAT, digest=digest)))
    case = town.open()
    for text in ("Мәтін дайын", "Сілтеме қосылды"):
        stamp = at_noon(date(2026, 3, 17))
        town.case_commands.write(case.id, stamp, answers.comment, text=text, mentions=[BOLAT.key])
    told = [of(day(town, on), BOLAT.key) for on in (FIVE_BEFORE, date(2026, 3, 19), date(2026, 3, 26))]
    text = "".join(parcel.letter.text for parcels in told for parcel in parcels)

    assert [len(parcels) for parcels in told] == letters
    assert all(f"(Айгүл): Құрылыс басқармасы: {said}" in text for said in ("Мәтін дайын", "Сілтеме қосылды"))


def test_every_notice_has_a_message_id_of_its_own_in_the_domain_of_the_office(town: Town, case: Case) -> None:
    """Of reminders, the letters that carry them, moved dates, questions and their days: mail servers know a
    second copy by it."""
    town.open()
    day(town, FIVE_BEFORE)
    stamp, asked = at_noon(FIVE_BEFORE), {"asks": BOLAT.key, "until": date(2026, 3, 27)}
    town.case_commands.write(case.id, stamp, answers.comment, text="Қашан?", **asked)
    town.case_commands.write(case.id, stamp, recording.replan, {"analysis_started": date(2026, 4, 20)})
    day(town, date(2026, 3, 19))
    ids = {notice.message_id for notice in town.notices()}

    assert {notice.kind for notice in town.notices()} == {"reminder", "letter", "comment", "moved"}
    assert len(ids) == len(town.notices())
    assert all(id.endswith("@letters.example.kz>") for id in ids)


@pytest.mark.parametrize("mentioned", [True, False])
def test_what_waits_for_monday_since_saturday_leaves_in_the_letter_of_the_week(
    town: Town, case: Case, mentioned: bool
) -> None:
    """An order due on Monday 6 April, told first on Saturday, alone or beside a comment: its step of Monday and
    the units of a head who chose one letter a week stand in the same letter, however many rounds there are."""
    office_store.choose(town.engine, DANA.key, digest="weekly", at=at_noon(date(2026, 3, 2)))
    if mentioned:
        said = {"text": "Ready", "mentions": [DANA.key]}
        town.case_commands.write(case.id, at_noon(date(2026, 4, 3)), answers.comment, **said)
    assert day(town, date(2026, 4, 4)) == []
    (letter,) = of(day(town, MONDAY_AFTER, hours=(8, 9, 10)), DANA.key)

    assert (letter.notice.step, "Ready" in letter.letter.text) == (WEEK, mentioned)


@pytest.mark.parametrize(
    ("language", "awaits"),
    [
        ("kk", "Сіздің назарыңызды қажет ететін мәселе бар"),
        ("ru", "Вас ожидает вопрос"),
        ("en", "A matter needs your attention"),
    ],
)
def test_nothing_of_a_confidential_case_stands_in_a_letter(tmp_path: Path, language: str, awaits: str) -> None:
    """No title, object, date or name but the reader's, and no answer without log-in: alone, moved alone, and in
    a list of two, which says by which day. The head's list of the units leaves it out."""
    quiet = Library([edition.replaced(confidential=True) for edition in library().all()])
    people = [replace(AIGUL, language=language), BOLAT, DANA, OFFICER]
    town = Town(tmp_path, people=people, library=quiet, rules=replace(RULES, link_key="k" * 32))
    case, today = town.open(), date(2026, 3, 19)
    letters = of(day(town, FIVE_BEFORE), AIGUL.key)
    stamp = at_noon(today, by="x")
    town.case_commands.write(case.id, stamp, recording.replan, {"analysis_started": date(2026, 4, 20)})
    letters += of(day(town, today), AIGUL.key)
    town.open()
    listed = day(town, MONDAY_AFTER)

    assert [parcel.letter.subject for parcel in letters] == [awaits] * 2
    for parcel in (*letters, *listed):
        text = parcel.letter.subject + parcel.letter.text + parcel.letter.html
        assert not re.search("Құрылыс|хабарланд|объявлен|nnounce|Аппарат|/answer/", text)
        assert parcel.letter.entries == ()
        assert parcel.notice.person != AIGUL.key or f"/cases/{case.id}" in text
    assert "Сериков" not in "".join(parcel.letter.text for parcel in letters)


def test_who_is_away_gets_no_letter_and_the_deputy_gets_the_units(tmp_path: Path) -> None:
    away = replace(BOLAT, away=((date(2026, 4, 1), date(2026, 4, 30)),), deputy=OFFICER.key)
    town = Town(tmp_path, people=(AIGUL, away, DANA, OFFICER), rules=RULES)
    town.open()
    parcels = day(town, MONDAY_AFTER)

    assert not of(parcels, BOLAT.key)
    assert len(of(parcels, OFFICER.key)) == 1


def test_no_points_of_this_year_hang_on_an_analysis_of_the_next(town: Town) -> None:
    """On the first working day of November nobody is asked for the list of an analysis planned for February."""
    town.open(planned={"analysis_started": date(2027, 2, 15)})
    texts = [parcel.letter.text for parcel in day(town, date(2026, 11, 2))]

    assert not [text for text in texts if "лауазымдар тізбесін" in text]
