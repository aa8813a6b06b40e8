"""A conversation with the bot from linking to acknowledgement, with every possible wrong input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from merzim.storage import office as office_store
from merzim.storage.cases.ledger import SqlLedger
from merzim.storage.database import writing
from merzim.storage.notices.links import SqlLinks
from merzim.storage.tables.organisation import PERSON
from notifications.channels.telegram import Telegram
from notifications.notice import Notice
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
from tests.telegram import emulator
from tests.telegram.emulator import STRANGER, Emulator, Message
from tests.telegram.talk import Talk, listening, until
from workflow.cases.case import Case, Event
from workflow.cases.commands import answers, recording
from workflow.cases.commands.case_commands import CaseCommands, Opening, UnknownCase
from workflow.cases.commands.withdrawals import withdraw
from workflow.law.library import Library
from workflow.org.office import Unit

pytestmark = pytest.mark.telegram
ANNOUNCED = "start_announced"
TODAY = FIVE_BEFORE


@pytest.fixture
def case(town: Town) -> Case:
    town.rules = replace(RULES, officer=OFFICER.key)
    return town.open()


@pytest.fixture
def lone(telegram: Emulator, town: Town, links: SqlLinks, bot: Telegram, case: Case) -> Iterator[Talk]:
    """The bot listens, on the day of the first reminder of the announcement; nobody has linked a chat."""
    talk = Talk(town, links, bot, telegram, FIVE_BEFORE)
    with listening(talk.poller()):
        yield talk


@pytest.fixture
def talk(lone: Talk) -> Talk:
    """The same, with the chat of Aigul linked."""
    linked(lone)
    return lone


def linked(talk: Talk, person: str = AIGUL.key, user: int = emulator.AIGUL) -> None:
    talk.tell(user, f"/start {talk.code_for(person)}")


def reminded(talk: Talk, user: int = emulator.AIGUL) -> Message:
    """The round of the day, and the reminder as it stands in the chat."""
    before = len(talk.emulator.seen(user))
    talk.town.round((talk.bot,), talk.today)
    talk.town.deliver((talk.bot,), talk.today)
    return talk.emulator.seen(user)[before]


def chain(talk: Talk, case: Case) -> list[Event]:
    return list(SqlLedger(talk.town.engine).events(case.id))


def notice(talk: Talk) -> Notice:
    return next(notice for notice in talk.town.notices() if notice.channel == "telegram")


def test_from_linking_to_acknowledgement(lone: Talk, case: Case) -> None:
    """Aigul brings her code, is reminded, reads, asks for later, is reminded again, does it, and proves it."""
    aigul = emulator.AIGUL

    # She does not know what this is, and is told how to begin.
    assert lone.tell(aigul, "/start").text.startswith("Бұл – «Мерзім» боты")

    # The officer gives her a code; she brings it.
    greeted = lone.tell(aigul, f"/start {lone.code_for(AIGUL.key)}")
    assert greeted.text.startswith("Ахметова Айгүл, аккаунтыңыз байланыстырылды.")

    # Five working days before the announcement is due she is reminded, and says that she has read it.
    reminder = reminded(lone)
    assert reminder.text.startswith(
        "<b>Алдағы мерзімдер: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (5 жұмыс күні "
        "қалды)</b>"
    )
    for _ in range(2):
        toast = lone.toast(lambda: lone.emulator.presses(aigul, reminder, "Таныстым"))
        assert toast == "Танысқаныңыз белгіленді: 2026 жылғы 18 наурыз."
        lone.passes(timedelta(hours=1))
    assert notice(lone).acknowledged_at == noon(FIVE_BEFORE)
    assert [(event.kind, event.payload["what"], event.by) for event in chain(lone, case)[-1:]] == [
        ("notice", "acknowledged", "Ахметова Айгүл (Telegram)")
    ]

    # She wants to hear of it again on Thursday the 26th.
    (question,) = lone.press(aigul, reminder, "Кейінірек еске салу")
    assert list(question.buttons) == ["19 наурыз, бейсенбі", "26 наурыз, бейсенбі", "30 наурыз, дүйсенбі"]
    (promise,) = lone.press(aigul, question, "26 наурыз, бейсенбі")
    assert promise.text == "Қайта еске салатын күн – 2026 жылғы 26 наурыз, бейсенбі."

    # On that day, and not before, she is reminded again.
    lone.day(date(2026, 3, 19))
    assert lone.town.round((lone.bot,), lone.today).queued == 0
    lone.day(date(2026, 3, 26))
    second_reminder = reminded(lone)
    assert "(2 жұмыс күні қалды)" in second_reminder.text

    # It is done; where its evidence is attached, the answer says.
    (when,) = lone.press(aigul, second_reminder, "Орындалды")
    (done_message,) = lone.press(aigul, when, "26 наурыз, бейсенбі")
    done_text, _, where = done_message.text.partition("\n\n")
    assert done_text.endswith("2026 жылғы 26 наурызда орындалды деп жазылды.")
    page = f"https://merzim.example.kz/cases/{case.id}#{ANNOUNCED}"
    assert where == f"Растайтын құжатты іс бетінде тіркеңіз: {page}"

    events = [(event.kind, event.payload.get("what", "")) for event in chain(lone, case)[-4:]]
    assert events == [
        ("notice", "acknowledged"),
        ("notice", "put_off"),
        ("fact", ""),
        ("notice", "evidence_follows"),
    ]

    # Pressed again, the old buttons say that nothing more is awaited.
    nothing_more = "Бұл міндет бойынша енді ештеңе талап етілмейді."
    for button in ("Кейінірек еске салу", "Орындалды"):
        assert lone.toast(lambda button=button: lone.emulator.presses(aigul, reminder, button)) == nothing_more
    assert nothing_more in lone.press(aigul, reminder, "Істі ашу")[0].text


def test_codes_that_are_wrong_used_or_too_old(lone: Talk, links: SqlLinks) -> None:
    """Each has one clear answer, and nobody is linked by them; nine minutes are in time, ten are not."""
    early, late = lone.code_for(AIGUL.key), lone.code_for("bolat@example.kz")
    lone.passes(timedelta(minutes=9, seconds=59))
    assert "байланыстырылды" in lone.tell(emulator.AIGUL, f"/start {early.lower()}").text
    lone.passes(timedelta(seconds=1))

    assert lone.tell(emulator.BOLAT, f"/start {late}").text.startswith("Кодтың мерзімі өткен")
    assert lone.tell(emulator.BOLAT, "/start AAAABBBBCCCC").text.startswith("Мұндай код жоқ")
    assert lone.tell(emulator.BOLAT, f"/start {early}").text.startswith("Бұл код бұрын қолданылған")
    assert [*links.of_people([AIGUL.key, "bolat@example.kz"])] == [AIGUL.key]


def test_who_left_the_office_is_a_stranger(talk: Talk, links: SqlLinks) -> None:
    """With an account of before, or with a code brought too late, which links nobody."""
    late = talk.code_for(BOLAT.key)
    with writing(talk.town.engine) as connection:
        connection.execute(PERSON.delete().where(PERSON.c.key.in_([AIGUL.key, BOLAT.key])))

    assert talk.tell(emulator.AIGUL, "/my").text.startswith("Бұл – «Мерзім» боты")
    assert talk.tell(emulator.BOLAT, f"/start {late}").text.startswith("Мұндай код жоқ")
    assert links.of(BOLAT.key) is None


def test_an_account_that_is_somebodys_is_not_taken_over(talk: Talk, links: SqlLinks) -> None:
    """The code stays good for an account of one's own."""
    code = talk.code_for("bolat@example.kz")

    assert "басқа қызметкермен байланысқан" in talk.tell(emulator.AIGUL, f"/start {code}").text
    assert "подключена" not in talk.tell(emulator.BOLAT, f"/start {code}").text
    assert {*links.of_people([AIGUL.key, "bolat@example.kz"])} == {AIGUL.key, "bolat@example.kz"}


def test_a_strangers_button_does_nothing(talk: Talk, case: Case) -> None:
    """A forged callback, from a linked chat or not, is refused, and nothing is written."""
    reminder = reminded(talk)
    linked(talk, "bolat@example.kz", emulator.BOLAT)
    before = len(chain(talk, case))
    data = reminder.buttons["Таныстым"]

    for number, forged in enumerate((data, data.replace("a:", "d:") + ":2026-03-18", data.replace("a:", "s:"))):
        # A stranger is answered once a minute.
        for user in (STRANGER + number, emulator.BOLAT):
            toast = talk.toast(lambda user=user, forged=forged: talk.emulator.sends_callback(user, forged))
            assert toast.startswith(("Бұл түйме сізге арналмаған", "Эта кнопка не для вас"))
    assert notice(talk).acknowledged_at is None
    assert len(chain(talk, case)) == before


@pytest.mark.parametrize("data", ["", "a:zz", "x:" + "0" * 32, "a:" + "0" * 80])
def test_a_button_nobody_made_does_nothing(talk: Talk, case: Case, data: str) -> None:
    """Whatever it contains."""
    before = len(chain(talk, case))

    assert talk.toast(lambda: talk.emulator.sends_callback(emulator.AIGUL, data)).startswith("Бұл түйме")
    assert len(chain(talk, case)) == before


def test_a_day_that_was_not_offered_is_refused_by_the_same_rule(talk: Talk, case: Case) -> None:
    """A forged date beyond the last step, and a done day to come: one sentence each, nothing written; no date
    and no line of the case are nobody's buttons."""
    reminder = reminded(talk)
    before = len(chain(talk, case))
    name = reminder.buttons["Таныстым"].removeprefix("a:")

    def press(data: str) -> str:
        aigul = emulator.AIGUL
        return talk.answers(aigul, lambda: talk.emulator.sends_callback(aigul, data))[0].text

    assert "ең кеші – 2026 жылғы 30 наурыз" in press(f"s:{name}:2026-04-30")
    assert "әлі келген жоқ" in press(f"d:{name}:2026-03-19")
    for data in (f"d:{name}:2026-03-99", f"u:{name}:-1"):
        toast = talk.toast(lambda data=data: talk.emulator.sends_callback(emulator.AIGUL, data))
        assert toast.startswith("Бұл түйме")
    talk.day(date(2026, 3, 30))
    late = talk.toast(lambda: talk.emulator.presses(emulator.AIGUL, reminder, "Кейінірек еске салу"))
    assert late.startswith("Еске салуды енді кейінге қалдыруға болмайды")
    assert len(chain(talk, case)) == before


def test_any_day_since_the_last_step_is_offered(talk: Talk, case: Case) -> None:
    """A step of 2 March, sixteen days ago: ten days at once, the seven before by one button."""
    step, on = "work_plan_approved", date(2026, 3, 2)
    talk.town.case_commands.write(case.id, at_noon(talk.today), recording.record, step, on=on)
    (when,) = talk.press(emulator.AIGUL, reminded(talk), "Орындалды")
    *days, earlier = when.buttons
    edits = len(talk.emulator.calls("editMessageReplyMarkup"))
    talk.emulator.presses(emulator.AIGUL, when, earlier)
    until(lambda: len(talk.emulator.calls("editMessageReplyMarkup")) > edits)
    markup = str(talk.emulator.calls("editMessageReplyMarkup")[edits].fields["reply_markup"])

    assert [day.split(",")[0] for day in days] == [f"{day} наурыз" for day in range(18, 8, -1)]
    assert earlier == "Ертерек"
    assert [f":2026-03-0{day}" in markup for day in range(9, 0, -1)] == [False, *[True] * 7, False]
    name = when.buttons[days[0]].rpartition(":")[0]
    aigul = emulator.AIGUL
    talk.answers(aigul, lambda: talk.emulator.sends_callback(aigul, f"{name}:2026-03-07"))
    assert talk.town.case_commands.view(case.id, today=talk.today).case.facts[ANNOUNCED].on == date(2026, 3, 7)


def test_a_duty_that_passed_to_somebody_else_is_not_answered_for(talk: Talk, case: Case) -> None:
    """She may still acknowledge it; the obligation is now for the new responsible person."""
    reminder = reminded(talk)
    office_store.save(talk.town.engine, people=[replace(AIGUL, duties=())])
    toast = talk.toast(lambda: talk.emulator.presses(emulator.AIGUL, reminder, "Орындалды"))
    read = talk.toast(lambda: talk.emulator.presses(emulator.AIGUL, reminder, "Таныстым"))

    assert toast.startswith("Бұл міндет қазір сізге жүктелмеген")
    assert read.startswith("Танысқаныңыз белгіленді")
    assert ANNOUNCED not in talk.town.case_commands.view(case.id, today=talk.today).case.facts


def test_nothing_is_recorded_in_a_case_one_does_not_see(talk: Talk, case: Case) -> None:
    talk.town.round((talk.bot,), talk.today)
    gone = replace(AIGUL, unit="far", duties=())
    office_store.save(talk.town.engine, units=[Unit(id="far", name="Алыс")], people=[gone])
    with pytest.raises(UnknownCase):
        talk.actions(person=gone, language="kk", at=at_noon(talk.today)).read(notice(talk))


def test_a_head_may_say_that_it_was_done_and_not_that_it_can_wait(lone: Talk, case: Case) -> None:
    """He is notified a day after the due date; the fact is recorded as his statement, late."""
    linked(lone, "bolat@example.kz", emulator.BOLAT)
    lone.day(date(2026, 3, 31))
    overdue = reminded(lone, emulator.BOLAT)
    forged = overdue.buttons["Ознакомлен"].replace("a:", "s:", 1)
    toast = lone.toast(lambda: lone.emulator.sends_callback(emulator.BOLAT, forged))
    (when,) = lone.press(emulator.BOLAT, overdue, "Исполнено")
    lone.press(emulator.BOLAT, when, "31 марта, вторник")

    assert "Напомнить позже" not in overdue.buttons
    assert toast.startswith("Эта обязанность сейчас возложена не на вас")
    facts = lone.town.case_commands.view(case.id, today=lone.today).case.facts
    assert facts[ANNOUNCED].by == "Сериков Болат (Telegram)"


def test_the_lists_are_ones_own(talk: Talk, links: SqlLinks) -> None:
    """Aigul has the announcement ahead, then overdue; Bolat, head of the unit, has nothing to do himself."""
    linked(talk, "bolat@example.kz", emulator.BOLAT)

    assert "30 наурыз (5 жұмыс күні қалды)" in talk.tell(emulator.AIGUL, "/my").text
    mine = talk.tell(emulator.AIGUL, "/my").text
    assert "start_announced" in mine
    assert "міндетті" in mine, "every obligation carries its force"
    assert talk.tell(emulator.BOLAT, "/my").text.startswith("До ")
    talk.day(date(2026, 4, 1))
    assert "(2 жұмыс күні өтті)" in talk.tell(emulator.AIGUL, "/my").text
    before = len(talk.emulator.calls())
    talk.emulator.says(emulator.AIGUL, "/my", chat={"id": -5, "type": "group", "title": "Group"})
    talk.tell(emulator.AIGUL, "/start")
    assert len(talk.emulator.calls()) == before + 1, "in a group nothing is said"


def test_an_assignment_stands_in_the_lists_and_is_answered_on_its_page(talk: Talk, case: Case) -> None:
    """Given the day before, its assignee reads it among their own, nobody else's list ends at it; its reminder
    offers no bare day."""
    linked(talk, "bolat@example.kz", emulator.BOLAT)
    yesterday = talk.today - timedelta(days=1)
    talk.town.case_commands.write(
        case.id,
        at_noon(yesterday),
        answers.give,
        text="Тізімді дайындаңыз",
        assignee=BOLAT.key,
        until=talk.today,
        giver=DANA.key,
    )

    assert "тізімді дайындаңыз – 18 марта" in talk.tell(emulator.BOLAT, "/my").text
    assert "30 наурыз (5 жұмыс күні қалды)" in talk.tell(emulator.AIGUL, "/my").text
    talk.town.round((talk.bot,), yesterday)
    talk.town.deliver((talk.bot,), yesterday)
    before = len(talk.emulator.seen(emulator.BOLAT))
    reminded(talk)
    new_messages = talk.emulator.seen(emulator.BOLAT)[before:]
    (reminder,) = [message for message in new_messages if message.text.startswith("<b>Сегодня: тізімді")]
    assert set(reminder.buttons) == {"Ознакомлен", "Открыть дело"}, "due today, it cannot wait"
    talk.press(emulator.BOLAT, reminder, "Открыть дело")
    # Read after it was withdrawn, it is marked as read all the same.
    talk.town.case_commands.write(case.id, at_noon(talk.today), withdraw, "assignment.1", ground="x")
    read = talk.toast(lambda: talk.emulator.presses(emulator.BOLAT, reminder, "Ознакомлен"))
    assert read.startswith("Ознакомление отмечено")


def test_open_shows_why_and_where(talk: Talk, case: Case) -> None:
    """The explanation word for word, and the address of the case."""
    (message,) = talk.press(emulator.AIGUL, reminded(talk), "Істі ашу")

    assert "10 жұмыс күні" in message.text
    assert "міндетті" in message.text
    assert message.text.endswith(f"https://merzim.example.kz/cases/{case.id}")


def test_stop_and_coming_back(talk: Talk, links: SqlLinks) -> None:
    """Unlinked by the person; an account that blocked the bot and starts it again gets messages again."""
    links.block(AIGUL.key, now=talk.now)
    assert "қайтадан осында келеді" in talk.tell(emulator.AIGUL, "/start").text
    back = links.of(AIGUL.key)
    assert back.blocked_at is None
    assert talk.tell(emulator.AIGUL, "/stop").text.startswith("Аккаунтыңыз ажыратылды")
    assert links.of(AIGUL.key) is None
    talk.town.round((talk.bot, Shelf()), FIVE_BEFORE)
    assert {notice.channel for notice in talk.town.notices()} == {"shelf"}


def test_nothing_of_a_confidential_matter_is_said_in_a_chat(
    telegram: Emulator, town: Town, links: SqlLinks, bot: Telegram, case: Case
) -> None:
    """The list and the buttons say that a matter awaits her, and where; nothing else."""
    quiet = Library([edition.replaced(confidential=True) for edition in library().all()])
    town.case_commands = CaseCommands(SqlLedger(town.engine), quiet, CALENDAR)
    talk = Talk(town, links, bot, telegram, FIVE_BEFORE, quiet)
    with listening(talk.poller()):
        linked(talk)
        reminder = reminded(talk)
        before = len(chain(talk, case))
        list_text = talk.tell(emulator.AIGUL, "/my").text
        (opened_message,) = talk.press(emulator.AIGUL, reminder, "Істі ашу")
        toast = talk.toast(lambda: talk.emulator.presses(emulator.AIGUL, reminder, "Орындалды"))

    for text in (list_text, opened_message.text, toast):
        assert "хабарландыру" not in text
        assert case.object not in text
    assert opened_message.text.endswith(f"/cases/{case.id}")
    assert len(chain(talk, case)) == before


def test_what_was_said_to_be_done_is_undone_by_who_said_it(talk: Talk, case: Case) -> None:
    """The button stands under the answer; pressed again, or eleven minutes later, it says why not."""
    reminder = reminded(talk)
    (when,) = talk.press(emulator.AIGUL, reminder, "Орындалды")
    done_message = talk.press(emulator.AIGUL, when, "18 наурыз, сәрсенбі")[0]

    (undone,) = talk.press(emulator.AIGUL, done_message, "Болдырмау")
    event = chain(talk, case)[-1]
    (second_message,) = talk.press(emulator.AIGUL, done_message, "Болдырмау")

    assert "жазбаның күші жойылды" in undone.text
    assert (event.kind, event.payload["ground"]) == ("withdrawn", "қате енгізілген")
    assert ANNOUNCED not in talk.town.case_commands.view(case.id, today=talk.today).case.facts
    assert "бұрын жойылған" in second_message.text


def test_a_file_is_no_evidence_and_a_link_neither(talk: Talk, case: Case) -> None:
    """A file is answered by where evidence is attached, a link by the commands; nothing is recorded."""
    aigul = emulator.AIGUL
    before = len(chain(talk, case))
    (file_answer,) = talk.answers(aigul, lambda: talk.emulator.sends_file(aigul, "a.pdf", b"%PDF-1.4\n%%EOF\n"))
    link_answer = talk.tell(aigul, "https://example.kz/anons 2026-03-18")

    assert file_answer.text == (
        "Бот файл, сурет және дыбыстық хабар қабылдамайды. Растайтын құжатты іс бетінде тіркеңіз."
    )
    assert link_answer.text.startswith("/my – сіздегі міндеттер")
    assert len(chain(talk, case)) == before


def test_a_decision_is_answered_on_its_page(talk: Talk) -> None:
    """A day alone answers no question: its reminder is read or opened, and a forged day records nothing."""
    people = [replace(AIGUL, duties=("prevention_unit",)), DANA, OFFICER]
    office_store.save(talk.town.engine, people=people)
    opening = Opening(
        procedure="procurement-analysis",
        unit="staff",
        facts={"procurement_analysis_ended": TODAY - timedelta(days=1)},
    )
    asking_case = talk.town.case_commands.open(opening, at=at_noon(TODAY))
    talk.day(TODAY)
    decisions = [
        message
        for message in [reminded(talk), *talk.emulator.seen(emulator.AIGUL)]
        if message.text.startswith("<b>Шешім күтіледі")
    ]
    name = decisions[0].buttons["Таныстым"].removeprefix("a:")
    aigul = emulator.AIGUL
    before = len(chain(talk, asking_case))
    (refused,) = talk.answers(aigul, lambda: talk.emulator.sends_callback(aigul, f"d:{name}:2026-03-18"))
    (opened,) = talk.press(aigul, decisions[0], "Істі ашу")

    assert set(decisions[0].buttons) == {"Таныстым", "Істі ашу"}
    assert "Бұл – сұрақ" in refused.text
    assert len(chain(talk, asking_case)) == before
    assert opened.text.endswith(f"/cases/{asking_case.id}")
