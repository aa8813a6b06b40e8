"""Sentences of an explanation, as an officer shows them to a person who doubts a date."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

import i18n
from tests.i18n.texts import BEGINNING, START, announcement

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
    explanation = i18n.explanation(announcement(), language)

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
