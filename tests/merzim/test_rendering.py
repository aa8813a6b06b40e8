"""The text of an answer: made from its fields by the titles of the catalogue."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from merzim.cli.rendering import Renderer


def _text(answer: object, *shows: str, **words: str) -> str:
    return Renderer("ru", {"b-1": "Бухгалтерия"}.__getitem__, shows, words, {"theme": "Тема"}).text(answer)


def test_an_answer_is_shown_by_titles_words_and_names() -> None:
    """No key, no English name of a field, no Python value; moments are Almaty's, days in ISO."""
    answer = {
        "case": "2026-0001",
        "digest_of_nothing": "for programs",
        "working": True,
        "unit": "b-1",
        "at": datetime(2026, 4, 6, 5, tzinfo=UTC),
        "title": {"kk": "Мерзім", "ru": "Срок", "en": "Term"},
        "deadlines": [
            {"case": "2026-0001", "due": date(2026, 4, 6), "force": "obligatory", "theme": "Риск"},
            {"case": "2026-0001", "due": None, "force": "may", "theme": ""},
        ],
        "days": [{"date": date(2026, 5, 8), "kind": {"before": "working", "after": "weekend"}}],
    }

    assert _text(answer).splitlines() == [
        "Дело: 2026-0001",
        "Рабочий день: да",
        "Подразделение: Бухгалтерия",
        "Записано: 2026-04-06 10:00",
        "Название: Срок",
        "",
        "Сроки:",
        "  Срок        Обязательность  Тема",
        "  ----------  --------------  ----",
        "  2026-04-06  обязательно     Риск",
        "              вправе",
        "",
        "Дни:",
        "  Дата        Вид",
        "  ----------  " + "-" * 28,
        "  2026-05-08  Рабочий день → Выходной день",
    ]


@pytest.mark.parametrize("answer", [{}, {"cases": []}, {"unknown": 1}])
def test_an_answer_with_nothing_to_show_says_so(answer: object) -> None:
    """A blank output would leave the reader in doubt whether the command ran."""
    assert _text(answer) == "Ничего нет."


def test_only_the_fields_named_are_shown_in_their_order() -> None:
    """At any depth, records in blocks where they hold lists."""
    files = [{"problems": [{"message": "строка 1"}], "digest": "0", "holds": False}]

    assert _text({"files": files}, "files", "holds", "problems") == "Без ошибок: нет\n\nОшибки:\n  строка 1"
