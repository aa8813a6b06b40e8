"""Letters to people about their own accounts, and about decisions somebody has to take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from notifications.event_notices import account_notices
from notifications.notice import Notice, Outcome
from tests.notifications.sample_office import (
    AIGUL,
    BOLAT,
    DANA,
    OFFICER,
    PEOPLE,
    RULES,
    OfficersShelf,
    Shelf,
    Town,
    at_noon,
)
from workflow.cases.case import Case
from workflow.cases.commands import recording
from workflow.cases.commands.case_commands import Opening
from workflow.org.office import Person

SUNDAY = date(2026, 4, 5)
NIGHT = datetime(2026, 4, 5, 21, 30, tzinfo=UTC)
"""02:30 of Monday in Almaty."""


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, people=PEOPLE)


def about(
    town: Town, person: Person, shelf: Shelf, event: str = "recovery_code_used", **facts: object
) -> tuple[Notice, ...]:
    """Notices about the account `login` of a person."""
    details: Mapping[str, object] = facts or {"left": 9}
    dispatch = town.dispatch([shelf], SUNDAY, at=NIGHT)
    return account_notices(person, dispatch, login="login", event=event, facts=details)


def test_it_is_tried_again_at_night_too(town: Town) -> None:
    """A server that is away for a minute does not put it off until the morning."""
    shelf = Shelf(Outcome(state="queued", answer="421 later"))
    town.outbox.add(about(town, AIGUL, shelf))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)
    (waiting,) = town.notices()

    assert waiting.not_before == datetime(2026, 4, 5, 21, 31, tzinfo=UTC)


def test_what_does_not_arrive_is_no_news_for_the_officer(town: Town) -> None:
    """It is the account of somebody else."""
    town.rules = replace(RULES, officer=OFFICER.key)
    email, other = Shelf(Outcome(state="failed", answer="550 no such box")), OfficersShelf()
    town.outbox.add(about(town, AIGUL, email))
    town.deliver([email, other], date(2026, 4, 6), at=NIGHT)

    assert [(notice.person, notice.state) for notice in town.notices()] == [(AIGUL.key, "failed")]


@pytest.mark.parametrize(
    ("person", "event", "facts", "says"),
    [
        (AIGUL, "recovery_code_used", {"left": 9}, ("қалпына келтіру", "06.04.2026, 02:30", "9")),
        (DANA, "removed", {"by": "asel"}, ("second factor", "asel")),
        (DANA, "removed", {"by": "root"}, ("second factor", "root")),
    ],
)
def test_it_leaves_at_night_and_says_what_happened_when_and_by_whom(
    town: Town, person: Person, event: str, facts: dict[str, object], says: tuple[str, ...]
) -> None:
    """In the reader's language, with the clocks of the office, and a link to their account: an intruder does
    not wait for office hours."""
    shelf = Shelf()
    town.outbox.add(about(town, person, shelf, event, **facts))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)
    (parcel,) = shelf.kept
    text = parcel.letter.text

    assert parcel.letter.language == person.language
    assert all(word in text for word in (*says, person.name, "login", f"{RULES.public_address}/account"))
    assert "{" not in text + parcel.letter.subject


@pytest.mark.parametrize(
    ("until", "sent"), [("2026-04-05T19:30:00+00:00", 1), ("2026-04-05T18:30:00+00:00", 0)]
)
def test_an_invitation_late_by_days_leaves_on_the_day_its_link_ends_in_almaty(
    town: Town, until: str, sent: int
) -> None:
    """0:30 on Monday by the clock there; not where it ended at 23:30 on Sunday."""
    shelf = Shelf()
    town.outbox.add(about(town, AIGUL, shelf, "invited", until=until, office="ЦОД", way="oidc", link=""))
    town.deliver([shelf], date(2026, 4, 6), at=NIGHT)

    assert len(shelf.kept) == sent


ENDED, RECORDED, LATER = date(2026, 3, 19), date(2026, 3, 26), date(2026, 3, 30)
QUESTION = "offence_signs"


@pytest.fixture
def asking_town(tmp_path: Path) -> Town:
    """Everybody, in three languages, has the duty the question is asked of."""
    unit_people = [
        replace(person, duties=(*person.duties, "prevention_unit"), unit="staff")
        for person in (AIGUL, BOLAT, DANA)
    ]
    return Town(tmp_path, people=[*unit_people, PEOPLE[-1]])


def opened(asking_town: Town, on: date = RECORDED) -> Case:
    """A purchase analysis that ended on 19 March and was recorded on the 26th (23-25 March are off)."""
    opening = Opening(procedure="procurement-analysis", unit="staff", object="Орда", planned={})
    case = asking_town.case_commands.open(opening, at=at_noon(ENDED))
    asking_town.case_commands.write(
        case.id, at_noon(on), recording.record, "procurement_analysis_ended", on=ENDED
    )
    return case


def asked(asking_town: Town, on: date) -> dict[str, tuple[str, str]]:
    """Subject and text of the letters of the question that leave that day, by language."""
    shelf = Shelf()
    asking_town.apart((shelf,), on)
    asking_town.deliver((shelf,), on)
    letters = [parcel.letter for parcel in shelf.kept if parcel.notice.obligation == QUESTION]
    return {letter.language: (letter.subject, " ".join(letter.text.split())) for letter in letters}


def test_the_question_is_asked_in_the_readers_language_and_again_a_week_later(asking_town: Town) -> None:
    """When it is recorded as open, and on 1 April, the fifth working day after the first (20 March)."""
    case = opened(asking_town)
    letters = asked(asking_town, RECORDED)

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

    asking_town.case_commands.write(
        case.id, at_noon(LATER), recording.record, "procurement_result_reported", on=LATER
    )
    assert asked(asking_town, LATER) == {}, "another record of the case asks nothing again"
    assert set(asked(asking_town, date(2026, 4, 1))) == {"kk", "ru", "en"}
