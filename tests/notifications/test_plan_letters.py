"""Letters about plan dates: on the day and after it passed, in three languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from notifications.letters.texts import Matter, letter, relation_to_plan_date
from tests.law import CALENDAR, analysis, case
from tests.notifications.sample_office import AIGUL
from workflow.cases.case import Case
from workflow.deadlines.resolver import deadline
from workflow.org.office import Recipient

START, APPROVAL = date(2026, 4, 13), date(2026, 5, 13)
FIVE_AFTER = date(2026, 5, 20)


def the_case() -> Case:
    return replace(
        case(
            facts={"analysis_started": START},
            planned={"plan_approved": APPROVAL, "published": date(2026, 5, 18)},
        ),
        object="Құрылыс басқармасы",
    )


def text(obligation: str, language: str, today: date) -> tuple[str, str]:
    """Subject and plain text of the letter about the plan date."""
    case_deadline = deadline(the_case(), analysis(), CALENDAR, obligation, today=today)
    assert case_deadline is not None
    matter = Matter(
        case=the_case(),
        procedure=analysis(),
        deadline=case_deadline,
        unit="",
        name=AIGUL.name,
        recipient=Recipient(person=AIGUL, why="duty"),
        planned=True,
    )
    composed_letter = letter(matter, CALENDAR, language=language, today=today)
    return composed_letter.subject, " ".join(composed_letter.text.split())


SUBJECTS = """
kk | 2026-05-13 | Жоспар бойынша: іс-шаралар жоспарын бекіту – жоспар бойынша 13 мамыр (бүгін)
ru | 2026-05-13 | По плану: утверждение плана мероприятий – по плану 13 мая (сегодня)
en | 2026-05-13 | Planned: approval of the plan of measures – planned for 13 May (today)
ru | 2026-05-20 | Плановая дата прошла: утверждение плана мероприятий – по плану 13 мая (прошло 5 рабочих дней)
en | 2026-05-14 | Planned date passed: approval of the plan of measures – planned for 13 May (1 working day ago)
"""


@pytest.mark.parametrize("line", SUBJECTS.strip().splitlines())
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
        for on in (date(2026, 4, 10), day, date(2026, 4, 12), START)
        for stands in [relation_to_plan_date(day, CALENDAR, today=on)]
    }

    assert words == {
        date(2026, 4, 10): ("planned_soon", 0),
        day: ("planned_today", 0),
        date(2026, 4, 12): ("just_slipped", 0),
        START: ("slipped", 1),
    }
