"""Letters about decisions: on the first working day after one opens, then every fifth working day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.notifications.sample_office import AIGUL, BOLAT, DANA, PEOPLE, Shelf, Town, at_noon
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.opening import Opening

ENDED, RECORDED, LATER = date(2026, 3, 19), date(2026, 3, 26), date(2026, 3, 30)
QUESTION = "offence_signs"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Everybody, in three languages, has the duty the question is asked of."""
    unit_people = [
        replace(person, duties=(*person.duties, "prevention_unit"), unit="staff")
        for person in (AIGUL, BOLAT, DANA)
    ]
    town = Town(tmp_path, people=[*unit_people, PEOPLE[-1]])
    yield town
    town.close()


def opened(town: Town, on: date = RECORDED) -> Case:
    """A purchase analysis that ended on 19 March and was recorded on the 26th (23-25 March are off)."""
    opening = Opening(procedure="procurement-analysis", unit="staff", object="Орда", planned={})
    case = town.case_commands.open(opening, at=at_noon(ENDED))
    town.case_commands.write(case.id, at_noon(on), recording.record, "procurement_analysis_ended", on=ENDED)
    return case


def asked(town: Town, on: date) -> dict[str, tuple[str, str]]:
    """Subject and text of the letters of the question that leave that day, by language."""
    shelf = Shelf()
    town.apart((shelf,), on)
    town.deliver((shelf,), on)
    letters = [parcel.letter for parcel in shelf.kept if parcel.notice.obligation == QUESTION]
    return {letter.language: (letter.subject, " ".join(letter.text.split())) for letter in letters}


def test_the_question_is_asked_in_the_readers_language_and_again_a_week_later(town: Town) -> None:
    """When it is recorded as open, and on 1 April, the fifth working day after the first (20 March)."""
    case = opened(town)
    letters = asked(town, RECORDED)

    assert letters["kk"][0] == (
        "Шешім күтіледі: әкімшілік немесе қылмыстық құқық бұзушылық белгілері бар ма? – "
        "2026 жылғы 19 наурыздан бастап жауап күтілуде"
    )
    assert letters["ru"][0] == (
        "Требуется решение: есть ли признаки административного или уголовного правонарушения? – "
        "ответ ожидается с 19 марта"
    )
    assert letters["en"][0] == (
        "Decision needed: are there signs of an administrative or criminal offence? – "
        "answer needed since 19 March"
    )
    assert (
        "Даётся один из ответов: выявлены факты с признаками правонарушения, признаков правонарушения нет."
    ) in letters["ru"][1]
    assert "Дайте один из названных выше ответов и запишите день решения и документ." in letters["ru"][1]
    assert f"https://merzim.example.kz/cases/{case.id}" in letters["en"][1]
    assert "Due by" not in letters["en"][1]
    assert "Вопрос: Есть ли признаки" in letters["ru"][1], "a question is no obligation"
    assert "О вопросе ---" in letters["ru"][1]

    town.case_commands.write(case.id, at_noon(LATER), recording.record, "procurement_result_reported", on=LATER)
    assert asked(town, LATER) == {}, "another record of the case asks nothing again"
    assert set(asked(town, date(2026, 4, 1))) == {"kk", "ru", "en"}
