"""Explanations, findings and refusals in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

import i18n
from i18n.entries import template, where
from tests.i18n.texts import ANNOUNCEMENT, BEGINNING, START, Titled, announcement

KAZAKH = (
    "Ішкі талдаудың басталғаны туралы хабарландыру – 2026 жылғы 30 наурыздан кешіктірмей. Негіздеме: №4 ҮББ "
    "жобаларын орындау жөніндегі нұсқаулық, №1 жоба, 1-тапсырма, 3-қосалқы тапсырма. Талдаудың басталуы – 2026 "
    "жылғы 13 сәуір (жоспар), бұл күн есепке алынбайды. Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 "
    "сәуір, 31, 30 наурыз. Демалыс күндері: 4–5, 11–12 сәуір."
)
RUSSIAN = (
    "Объявление о начале анализа – не позднее 30 марта 2026 года. Основание: Инструкция по исполнению проектов "
    "ТБН №4, проект №1, задача 1, подзадача 3. Начало анализа – 13 апреля 2026 года (план), этот день не "
    "считается. 10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта. "
    "Выходные: 4–5, 11–12 апреля."
)
ENGLISH = (
    "Announcement of the start – no later than 30 March 2026. Basis: Instruction on the projects of Typical "
    "Base Direction No. 4, project No. 1, task 1, subtask 3. Start of the analysis – 13 April 2026 (planned); "
    "that day is not counted. 10 working days before it: 10, 9, 8, 7, 6, 3, 2, 1 April, 31, 30 March. "
    "Days off: 4–5, 11–12 April."
)


@pytest.mark.parametrize(("language", "text"), [("kk", KAZAKH), ("ru", RUSSIAN), ("en", ENGLISH)])
def test_the_announcement_is_explained_letter_for_letter(language: str, text: str) -> None:
    """The explanation of the real schedule's announcement is exactly this text."""
    explanation = " ".join(i18n.explain(announcement(), language))

    assert explanation == text


def test_an_explanation_is_one_sentence_for_each_element() -> None:
    """A page may show them as a list: as many as elements, each closed by a full stop."""
    sentences = i18n.explain(announcement(), "kk")

    assert len(sentences) == 5
    assert all(sentence.endswith(".") and ".." not in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("kk", "Одан кейінгі 30 жұмыс күні: 2026 жылғы 14 сәуірден 28 мамырға дейін."),
        ("ru", "30 рабочих дней после него: с 14 апреля по 28 мая 2026 года."),
        ("en", "30 working days after it: from 14 April to 28 May 2026."),
    ],
)
def test_too_many_days_are_said_by_the_first_and_the_last(language: str, text: str) -> None:
    """A list of thirty days would be read by nobody."""
    arguments = {"count": 30, "days": (), "first": date(2026, 4, 14), "last": date(2026, 5, 28)}

    assert i18n.say("working_days_after", arguments, language) == text


@pytest.mark.parametrize(
    ("language", "counted", "not_counted"),
    [
        ("kk", "бұл күн есепке алынады", "бұл күн есепке алынбайды"),
        ("ru", "этот день считается", "этот день не считается"),
        ("en", "that day is counted", "that day is not counted"),
    ],
)
def test_an_anchor_says_whether_its_own_day_counts(language: str, counted: str, not_counted: str) -> None:
    """A term does not count its anchor day, a duration does."""
    for code in ("anchor_happened", "anchor_planned", "anchor_derived"):
        yes = i18n.say(code, {"title": BEGINNING, "on": START, "counted": True}, language)
        no = i18n.say(code, {"title": BEGINNING, "on": START, "counted": False}, language)

        assert counted in yes
        assert not_counted in no
        assert not_counted not in yes


def test_a_quota_is_said_as_a_percentage() -> None:
    """A twentieth is 5 %; what it is a share of is named even if no catalogue knows it."""
    arguments = {"share": Fraction(1, 20), "of": "staff", "period": "year", "to": date(2026, 12, 31)}

    sentence = i18n.say("quota", arguments, "ru")
    unknown = i18n.say("quota", arguments | {"of": "судьи"}, "ru")

    assert sentence.startswith("Не менее 5 % в год (от фактической численности работников)")
    assert "(судьи)" in unknown


DISCUSSION = Titled("Жария талқылау", "Публичное обсуждение", "Public discussion")
LATE = {"title": ANNOUNCEMENT, "due": date(2026, 3, 30), "on": date(2026, 4, 2), "late_by": 3, "assumed": False}

# Stems of words that judge a person: violated, guilty, fault, failed to, illegal, negligent.
ACCUSING = re.compile(
    r"бұзу|бұзған|бұзыл|кінә|айып|заңсыз|немқұрайлы"
    r"|наруш|виновн|вина\b|незаконн|халатн|проигнор"
    r"|violat|guilt|\bfault|illegal|neglig|\bfailed",
    re.IGNORECASE,
)


class _Refused(Exception):
    def __init__(self, code: str, arguments: Mapping[str, object]) -> None:
        super().__init__(code)
        self.code, self.arguments = code, arguments


def _codes(file: str) -> list[str]:
    return sorted(code for code in i18n.codes() if where(code) == file)


@pytest.mark.parametrize("code", _codes("findings.toml"))
def test_no_finding_accuses(code: str) -> None:
    """Neutral words in every language, and the name of the step first."""
    for language in i18n.LANGUAGES:
        text = template(code, language)

        assert not ACCUSING.search(text)
        assert text.startswith("{title}: ")
        assert text.endswith(".")


def test_a_late_fact_is_not_confirmed_in_time() -> None:
    """Both days and the working days between them are said."""
    assert i18n.say("late", LATE, "ru") == (
        "Объявление о начале анализа: не подтверждено в срок. Последний день – 30 марта 2026 года, "
        "подтверждено 2 апреля 2026 года, на 3 рабочих дня позже."
    )
    assert i18n.say("late", LATE, "kk") == (
        "Ішкі талдаудың басталғаны туралы хабарландыру: мерзімінде расталмаған. Соңғы күні – 2026 жылғы "
        "30 наурыз, расталған күні – 2026 жылғы 2 сәуір, мерзімнен 3 жұмыс күні кейін."
    )


@pytest.mark.parametrize(
    ("late_by", "said"),
    [(0, "0 рабочих дней"), (1, "1 рабочий день"), (2, "2 рабочих дня"), (21, "21 рабочий день")],
)
def test_working_days_late_are_counted_properly(late_by: int, said: str) -> None:
    """Zero is possible (a Saturday after the last day) and is said."""
    assert f"на {said} позже" in i18n.say("late", LATE | {"late_by": late_by}, "ru")


def test_steps_that_must_come_first_are_named_inside_the_sentence() -> None:
    """Their titles lose the capital letter there."""
    arguments = {"title": BEGINNING, "on": date(2026, 4, 13), "others": (DISCUSSION, ANNOUNCEMENT)}

    sentence = i18n.say("order", arguments, "ru")

    assert sentence.endswith("а до этого должно быть: публичное обсуждение, объявление о начале анализа.")


def test_a_refusal_is_said_from_the_error_itself() -> None:
    """Any error with a code and arguments; nothing open is said in words."""
    error = _Refused("cannot_cancel", {"case": "2026-001", "status": "cancelled", "open": ()})

    assert i18n.refusal(error, "ru") == (
        "Отменить дело 2026-001 нельзя. Оно сейчас в состоянии: отменено. Сейчас можно: нет."
    )


def test_an_impossible_date_says_where_if_that_is_known() -> None:
    """Nothing in brackets when it is not."""
    somewhere = i18n.say("impossible_date", {"text": "31.02.26", "where": "--on"}, "ru")
    nowhere = i18n.say("impossible_date", {"text": "31.02.26", "where": ""}, "ru")

    assert somewhere.startswith("Такой даты нет: «31.02.26» (--on).")
    assert nowhere.startswith("Такой даты нет: «31.02.26». ")


def test_who_is_above_is_named_by_the_title() -> None:
    """No internal code is in the sentence; an unknown word is left as typed."""
    values = {"duty": "above", "title": "t", "unit": "–"}

    assert "«вышестоящий руководитель»" in i18n.say("letter.problem_nobody", values, "ru")
    assert "«жоғары тұрған басшы»" in i18n.say("letter.problem_nobody", values, "kk")
