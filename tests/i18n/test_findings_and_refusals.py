"""Wording of findings and refusals: findings are neutral, refusals say what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import pytest

import i18n
from i18n.entries import template, where
from tests.i18n.texts import ANNOUNCEMENT, BEGINNING, Titled

DISCUSSION = Titled("Жария талқылау", "Публичное обсуждение", "Public discussion")
LATE = {"title": ANNOUNCEMENT, "due": date(2026, 3, 30), "on": date(2026, 4, 2), "late_by": 3}

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
    error = _Refused("cannot_cancel", {"case": "2026-001", "standing": "cancelled", "open": ()})

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
