"""Texts of letters, compared across the three languages."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import get_args

import pytest

from calendars.terms import OnDate
from i18n import LANGUAGES
from notifications.letters.daily import can_put_off
from notifications.letters.deadlines import Matter, relation_to, reminder_letter
from notifications.notice import Letter
from tests.law import CALENDAR, analysis, case, library
from tests.notifications.sample_office import AIGUL, ANNOUNCE_BY, BOLAT, DANA, END, FIVE_BEFORE, START, parcel
from workflow.cases.case import Case, Event, Fact
from workflow.cases.registers.rows import MeasureTerm, as_data, period_in
from workflow.deadlines.deadline import Deadline
from workflow.deadlines.resolver import deadline
from workflow.org.office import Recipient, Why
from workflow.scoring.prospects import Stake


def the_case() -> Case:
    planned = case(planned={"analysis_started": START, "analysis_ended": END})
    return replace(planned, object="Құрылыс басқармасы", unit="staff")


def due(obligation: str = "start_announced", **changes: object) -> Deadline:
    case_deadline = deadline(the_case(), analysis(), CALENDAR, obligation, today=FIVE_BEFORE)
    return case_deadline._replace(**changes)


def matter(
    language: str,
    today: date,
    case_deadline: Deadline | None = None,
    *,
    planned: bool = False,
    **changes: object,
) -> Matter:
    about = case_deadline or due()
    day = about.planned_on if planned else about.due
    step, reader = "planned" if planned else "0", Recipient(person=AIGUL, why="duty")
    notice = replace(parcel().notice, language=language, step=step, person=AIGUL.key)
    base_matter = Matter(
        case=the_case(),
        procedure=analysis(),
        obligation=about.obligation,
        id=about.id,
        relation=relation_to(day or today, CALENDAR, today=today, planned=planned),
        page="https://merzim.example.kz/cases/2026-0001",
        notice=notice,
        deadline=about,
        unit="Аппарат",
        name=AIGUL.name,
        recipient=reader,
        people=(reader,),
        stake=Stake(Decimal(3), deducted=False),
    )
    return replace(base_matter, **changes)


def said(language: str, today: date, case_deadline: Deadline | None = None, **changes: object) -> Letter:
    return reminder_letter(matter(language, today, case_deadline, **changes))


SUBJECTS = """
kk | 2026-03-18 | Алдағы мерзімдер: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (5 жұмыс күні қалды)
ru | 2026-03-18 | Предстоит: объявление о начале анализа – 30 марта (осталось 5 рабочих дней)
en | 2026-03-18 | Coming up: announcement of the start – 30 March (5 working days left)
ru | 2026-03-27 | Предстоит: объявление о начале анализа – 30 марта (остался 1 рабочий день)
ru | 2026-03-26 | Предстоит: объявление о начале анализа – 30 марта (осталось 2 рабочих дня)
en | 2026-03-27 | Coming up: announcement of the start – 30 March (1 working day left)
kk | 2026-03-30 | Бүгін: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (бүгін – соңғы күн)
ru | 2026-03-30 | Сегодня: объявление о начале анализа – 30 марта (сегодня последний день)
en | 2026-03-30 | Today: announcement of the start – 30 March (today is the last day)
kk | 2026-04-06 | Мерзімі өткен: ішкі талдаудың басталғаны туралы хабарландыру – 30 наурыз (5 жұмыс күні өтті)
ru | 2026-03-31 | Просрочено: объявление о начале анализа – 30 марта (прошёл 1 рабочий день)
ru | 2026-04-06 | Просрочено: объявление о начале анализа – 30 марта (прошло 5 рабочих дней)
en | 2026-04-06 | Overdue: announcement of the start – 30 March (5 working days ago)
"""  # noqa: E501


@pytest.mark.parametrize("line", SUBJECTS.strip().splitlines())
def test_a_subject_says_what_when_and_how_near(line: str) -> None:
    """The title inside the sentence, the due day (30 March), working days left or gone by."""
    language, today, subject = line.split(" | ")

    assert said(language, date.fromisoformat(today)).subject == subject


def test_the_letter_in_kazakh() -> None:
    """Every line of one letter, as its reader gets it."""
    assert said("kk", FIVE_BEFORE, others=(BOLAT.name, DANA.name)).text == (
        """Құрметті Ахметова Айгүл!

Мерзімнің аяқталуына 5 жұмыс күні қалды: ішкі талдаудың басталғаны туралы хабарландыру – 2026 жылғы 30 наурыздан кешіктірмей (дүйсенбі).

Талдау объектісі: Құрылыс басқармасы
Бөлімше: Аппарат
Міндет: Ішкі талдаудың басталғаны туралы хабарландыру
Кезең: Басталуын хабарландыру
Соңғы мерзімі: 2026 жылғы 30 наурыз, дүйсенбі
Қатаң түсіндіргендегі мерзім: 2026 жылғы 27 наурыз, жұма
Мерзім есебі: жоспарланған күн бойынша; ол өзгерсе, мерзім қайта есептеледі
Міндеттілігі: міндетті
Растайтын құжаттар: интернет-ресурсқа сілтеме, БАҚ-тағы жарияланымға сілтеме, әлеуметтік желіге сілтеме
Балл: осы көрсеткіш бойынша жыл соңына дейін тағы 3 балға дейін алуға болады
Іс: 2026-0001

Неліктен осы күн
----------------
Ішкі талдаудың басталғаны туралы хабарландыру – 2026 жылғы 30 наурыздан кешіктірмей.
Негіздеме: №4 ҮББ жобаларын орындау жөніндегі нұсқаулық, №1 жоба, 1-тапсырма, 3-қосалқы тапсырма.
Талдаудың басталуы – 2026 жылғы 13 сәуір (жоспар), бұл күн есепке алынбайды.
Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз.
Демалыс күндері: 4–5, 11–12 сәуір.

Не істеу керек
--------------
Орындалған соң күнін және растайтын құжатын жазып қойыңыз.
Істі ашу: https://merzim.example.kz/cases/2026-0001
«Талдаудың басталуы» басқа күнге ауысса, жаңа күнін көрсетіңіз, мерзім қайта есептеледі.

Хат кімдерге жіберілді
----------------------
Сізге: міндетке жауапты.
Бұл еске салу мына адамдарға да жіберіледі: Сериков Болат, Dana Omarova.

-- 
Хатты «Мерзім» жүйесі автоматты түрде жіберді. Еске салу күндері заңда емес, осы жүйенің баптауында белгіленген.
"""  # noqa: E501, W291
    )


def test_the_letter_in_english_names_what_is_assumed_and_what_is_at_stake() -> None:
    """A term the act does not state, and the points of the year."""
    stake = Stake(Decimal(10), deducted=True)
    composed_letter = said("en", date(2026, 3, 27), due("order_signed"), name=DANA.name, stake=stake)

    assert "Note: the term is assumed; the act itself does not state it\n" in composed_letter.text
    assert "Points: 10 deducted if the body has none in the year\n" in composed_letter.text


@pytest.mark.parametrize(
    ("language", "line", "practice"),
    [
        ("kk", "Міндеттілігі: ұсынылады, міндетті емес", "Ескерту: тәжірибе, заң талабы емес"),
        (
            "ru",
            "Обязательность: рекомендуется, не обязательно",
            "Замечание: практика, а не требование закона",
        ),
        ("en", "Force: recommended, not obligatory", "Note: practice, not law"),
    ],
)
def test_what_is_only_recommended_is_said_to_be(language: str, line: str, practice: str) -> None:
    """No "must" where the law only recommends; what no act asks is called practice."""
    case_deadline = due()
    obligation = case_deadline.obligation.replaced(force="recommended", practice=True)
    lines = said(language, FIVE_BEFORE, case_deadline._replace(obligation=obligation)).text.splitlines()

    assert line in lines
    assert practice in lines


def test_a_date_that_may_still_move_says_between_which_days() -> None:
    """A religious day not yet announced: the earliest and the latest day stand in the letter."""
    case_deadline = due(
        anchor="happened", calendar="provisional", earliest=date(2026, 3, 27), latest=date(2026, 3, 31)
    )
    lines = said("kk", FIVE_BEFORE, case_deadline).text.splitlines()

    assert "Мүмкін болатын күндер: 2026 жылғы 27 наурыздан 2026 жылғы 31 наурызға дейін" in lines


def test_a_safer_day_is_named_only_while_it_is_ahead() -> None:
    """On the last day the more careful day is past and says nothing to anybody."""
    assert "Қатаң түсіндіргендегі мерзім" in said("kk", date(2026, 3, 27)).text
    assert "Қатаң түсіндіргендегі мерзім" not in said("kk", ANNOUNCE_BY).text


def test_a_due_date_on_a_day_off_is_spoken_of_on_the_last_working_day() -> None:
    """Friday's letter about a Sunday says that today is the last working day; past a Saturday, but no working
    day since, it is overdue without a number."""
    sunday, saturday = due(due=date(2026, 3, 29)), date(2026, 3, 28)

    assert matter("en", date(2026, 3, 27), sunday).relation.word == "last_working_day"
    assert said("en", date(2026, 3, 27), sunday).subject == (
        "Coming up: announcement of the start – 29 March (today is the last working day)"
    )
    assert relation_to(saturday, CALENDAR, today=date(2026, 3, 29)).word == "just_past"


def test_html_is_one_language_readable_in_the_dark_and_loads_nothing() -> None:
    """The page's language is said, dark mode has its own colours, no picture or style comes from outside."""
    letter_html = said("ru", FIVE_BEFORE).html

    assert '<html lang="ru">' in letter_html
    assert "prefers-color-scheme: dark" in letter_html
    assert not re.findall(r"<(?:img|script|link)\b|url\(", letter_html)
    assert re.findall(r'href="([^"]+)"', letter_html) == ["https://merzim.example.kz/cases/2026-0001"]


def test_what_people_wrote_cannot_become_markup() -> None:
    """An object or a name with angle brackets is read as it was written."""
    object_ = '<script>alert("1")</script> & Ко'
    composed_letter = said("ru", FIVE_BEFORE, case=replace(the_case(), object=object_), name="<b>Имя</b>")

    assert "<script>" not in composed_letter.html
    assert "<b>" not in composed_letter.html
    assert html.escape(object_, quote=False).split(" ")[0].split("(")[0] in composed_letter.html
    assert object_ in composed_letter.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("days", [-40, -6, -1, 0, 1, 2, 5, 40])
def test_every_obligation_has_a_letter_on_every_day(language: str, days: int) -> None:
    """No obligation of the law leaves a letter without words, before or after its day."""
    for obligation in analysis().obligations:
        case_deadline = deadline(the_case(), analysis(), CALENDAR, obligation.id, today=FIVE_BEFORE)
        if case_deadline is None or case_deadline.due is None:
            continue
        composed_letter = said(language, case_deadline.due + timedelta(days=days), case_deadline)

        assert "{" not in composed_letter.text
        assert "None" not in composed_letter.text


@pytest.mark.parametrize("why", get_args(Why))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_for_writing_has_its_words(language: str, why: Why) -> None:
    """Every letter gives the reason it was sent, and the person it was meant for if another."""
    recipient = Recipient(person=AIGUL, why=why, instead_of=BOLAT)
    composed_letter = said(language, FIVE_BEFORE, recipient=recipient)

    assert (BOLAT.name in composed_letter.text) == (why in ("deputy", "unreachable"))


@pytest.mark.parametrize("why", get_args(Why))
def test_only_who_must_act_may_put_a_reminder_off(why: Why) -> None:
    """The button would refuse who is only notified, also in place of one out of reach or of a head away."""
    told = matter("kk", FIVE_BEFORE, recipient=Recipient(person=AIGUL, why=why, instead_of=BOLAT))

    assert can_put_off(told, CALENDAR) == (why not in ("copied", "officer", "unreachable"))
    assert not can_put_off(replace(told, people=(Recipient(person=BOLAT, why="duty"),)), CALENDAR)


def test_a_row_of_a_register_is_called_what_it_is_and_tells_who_named_its_reader() -> None:
    """An assignment is of no stage and was given to its reader; a measure stands in the plan of measures."""
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    by_a_day = as_data(MeasureTerm(term=OnDate(ANNOUNCE_BY), reading="date"))
    payload = {"text": "Тізімді дайындау", "assignee": AIGUL.key, "given_on": "2026-03-02"}
    measure = {"risk": 1, "action": "Тәртіпті бекіту", "term": by_a_day, "responsible": AIGUL.key}
    events = (
        Event(
            case="2026-0001",
            seq=2,
            kind="assignment_given",
            name="1",
            on=ANNOUNCE_BY,
            at=at,
            by="b",
            payload=payload,
        ),
        Event(case="2026-0001", seq=3, kind="measure_set", name="1", on=None, at=at, by="b", payload=measure),
    )
    register_case = replace(the_case(), entries=events)

    def text(name: str, language: str) -> str:
        case_deadline = deadline(register_case, analysis(), CALENDAR, name, today=FIVE_BEFORE)
        named_recipient = Recipient(person=AIGUL, why="named")
        return said(language, FIVE_BEFORE, case_deadline, case=register_case, recipient=named_recipient).text

    assignment, plan = text("assignment.1", "ru"), text("measure.1", "ru")

    assert "\nПоручение: Тізімді дайындау\nСрок: 30 марта 2026 года" in assignment
    assert "Вам: исполнитель поручения." in assignment
    assert "2026 жылғы 2 наурызда берілген тапсырма бойынша" in text("assignment.1", "kk")
    assert "\nМероприятие: Тәртіпті бекіту\nЭтап: Мониторинг\n" in plan
    assert "Вам: ответственный по плану мероприятий." in plan


def test_a_letter_of_the_concepts_plan_names_the_body_and_says_nothing_of_a_plan_date() -> None:
    """The body by its name and not by its id, no object of any analysis; the quarter is the act's own date."""
    procedure = library().named("concept-plan.2022-02-02")
    ministry_case = replace(case(procedure=procedure), object="MOH", unit="ministry")
    today = date(2025, 10, 1)
    case_deadline = deadline(ministry_case, procedure, CALENDAR, "measure_31", today=today)
    written_letter = said("ru", today, case_deadline, case=ministry_case, procedure=procedure)

    assert "\nОрган: Министерство здравоохранения\n" in written_letter.text
    assert "MOH" not in written_letter.text
    assert "Объект анализа" not in written_letter.text
    assert "Расчёт срока" not in written_letter.text


def test_a_date_counted_from_a_step_that_is_not_done_says_so() -> None:
    """Neither firm nor planned: it holds if the step before is done on its last day. Its quarter is named."""
    quarter_case = replace(
        the_case(), planned={}, facts={"note_signed": Fact(name="note_signed", on=date(2026, 6, 15))}
    )
    case_deadline = deadline(
        quarter_case, analysis(), CALENDAR, "quarter_reviewed.2026Q2", today=date(2026, 7, 1)
    )
    written_letter = said("ru", date(2026, 7, 1), case_deadline, case=quarter_case)

    assert "\nРасчёт срока: исходя из исполнения предыдущего шага в последний день; при" in written_letter.text
    assert "Рассмотрение квартальной информации, II квартал 2026 года" in written_letter.text


def test_the_period_of_what_recurs_is_read_off_its_id() -> None:
    """Of obligations and of measures, also the second time in a month; the number of a measure is no period."""
    names = ("quarter_reported.2026Q3", "note.2026-03#2", "measure.3.2026Q3", "measure.3", "note_signed")

    assert [period_in(name) for name in names] == ["2026Q3", "2026-03#2", "2026Q3", None, None]


BEGINS, APPROVAL = date(2026, 4, 13), date(2026, 5, 13)
FIVE_AFTER = date(2026, 5, 20)


def planned_case() -> Case:
    return replace(
        case(
            facts={"analysis_started": BEGINS},
            planned={"plan_approved": APPROVAL, "published": date(2026, 5, 18)},
        ),
        object="Құрылыс басқармасы",
    )


def text(obligation: str, language: str, today: date) -> tuple[str, str]:
    """Subject and plain text of the letter about the plan date."""
    case_deadline = deadline(planned_case(), analysis(), CALENDAR, obligation, today=today)
    assert case_deadline is not None
    composed_letter = said(language, today, case_deadline, planned=True, case=planned_case(), unit="")
    return composed_letter.subject, " ".join(composed_letter.text.split())


PLAN_SUBJECTS = """
kk | 2026-05-13 | Жоспар бойынша: іс-шаралар жоспарын бекіту – жоспар бойынша 13 мамыр (бүгін)
ru | 2026-05-13 | По плану: утверждение плана мероприятий – по плану 13 мая (сегодня)
en | 2026-05-13 | Planned: approval of the plan of measures – planned for 13 May (today)
ru | 2026-05-20 | Плановая дата прошла: утверждение плана мероприятий – по плану 13 мая (прошло 5 рабочих дней)
en | 2026-05-14 | Planned date passed: approval of the plan of measures – planned for 13 May (1 working day ago)
"""


@pytest.mark.parametrize("line", PLAN_SUBJECTS.strip().splitlines())
def test_the_subject_says_the_plan_date(line: str) -> None:
    """On the day, the day after, five working days after: 14, 15, 18, 19 and 20 May."""
    language, today, subject = line.split(" | ")

    assert text("plan_approved", language, date.fromisoformat(today))[0] == subject


def test_the_question_is_a_question_and_no_lateness() -> None:
    """Record it or plan it anew; the word for overdue is not in it."""
    _, ru = text("plan_approved", "ru", FIVE_AFTER)
    _, en = text("plan_approved", "en", FIVE_AFTER)

    assert (
        "Запишите день исполнения или назначьте новую плановую дату. Это вопрос о плане, а не просрочка." in ru
    )
    assert "Record the day it was done or reschedule it." in en
    assert "Просрочено" not in ru
    assert "the last day was" not in en


def test_what_waits_says_for_what_and_names_no_last_day() -> None:
    """The publication was planned for 18 May, and waits for a plan that was to be approved on the 13th; that it
    waits is said once."""
    _, en = text("published", "en", date(2026, 5, 19))
    _, kk = text("published", "kk", date(2026, 5, 19))

    assert "Waiting for: approval of the plan of measures; planned for 13 May 2026." in en
    assert "Күтілуде: іс-шаралар жоспарын бекіту; жоспар бойынша – 2026 жылғы 13 мамыр." in kk
    assert "The date 18 May 2026 was counted from that day and is out of date." in en
    assert "Due by" not in en


def test_a_plan_date_on_a_saturday_is_spoken_of_before_and_only_counted_after() -> None:
    """Planned for Saturday 11 April: soon on Friday, gone by on Sunday without a working day, one on Monday."""
    day = date(2026, 4, 11)
    words = {
        on: (stands.word, stands.late)
        for on in (date(2026, 4, 10), day, date(2026, 4, 12), BEGINS)
        for stands in [relation_to(day, CALENDAR, today=on, planned=True)]
    }

    assert words == {
        date(2026, 4, 10): ("planned_soon", 0),
        day: ("planned_today", 0),
        date(2026, 4, 12): ("just_slipped", 0),
        BEGINS: ("slipped", 1),
    }
