"""Letters of every kind as a mail program opens them: text and HTML agree, calendar item present."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import icalendar
import pytest

from i18n import LANGUAGES
from notifications.channels import OutgoingMessage
from notifications.dispatch import Dispatch
from notifications.event_notices import account_notices
from notifications.message import build_message
from notifications.notice import Notice
from tests.notifications.sample_office import (
    AIGUL,
    FIVE_BEFORE,
    OFFICER,
    PEOPLE,
    RULES,
    Shelf,
    Town,
    at_noon,
    noon,
)
from workflow.cases.commands import recording, statuses
from workflow.org.office import Person

KINDS = {"reminder", "letter", "lost", "account"}
DAYS = (FIVE_BEFORE, date(2026, 3, 31), date(2026, 4, 6), date(2026, 4, 9), date(2026, 11, 2))


def written(folder: Path, language: str) -> Iterator[OutgoingMessage]:
    """All letters an office gets over a year, in one language."""
    people = [replace(person, language=language) for person in PEOPLE]
    rules = replace(RULES, officer=OFFICER.key, officer_language=language)
    town, shelf = Town(folder, people=people, rules=rules), Shelf()
    moved_case, cancelled, _ = town.open(), town.open(), town.open()
    for day in DAYS:
        for _ in range(2):
            town.round([shelf], day)
            town.deliver([shelf], day)
        if day == FIVE_BEFORE:
            stamp = at_noon(day)
            town.case_commands.write(
                moved_case.id, stamp, recording.replan, {"analysis_started": date(2026, 4, 27)}
            )
            town.case_commands.write(cancelled.id, stamp, statuses.cancel, ground="«А» & <Б>")
    person = next(person for person in people if person.key == AIGUL.key)
    account = about_account(person, town.dispatch([shelf], DAYS[-1]))
    about = {"channel": "telegram", "person": AIGUL.key}
    lost = (replace(notice, key="lost", kind="lost", person=OFFICER.key, about=about) for notice in account)
    town.outbox.add([*account, *lost])
    town.deliver([shelf], DAYS[-1])
    yield from shelf.kept


def about_account(person: Person, dispatch: Dispatch) -> tuple[Notice, ...]:
    """The letter to a person whose recovery code was used."""
    return account_notices(person, dispatch, login="aigul", event="recovery_code_used", facts={"left": 9})


def opened(one: OutgoingMessage) -> EmailMessage:
    message = build_message(
        one.notice, one.letter, name=one.name, sender="M <m@example.kz>", now=noon(FIVE_BEFORE)
    )
    parsed_message = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed_message, EmailMessage)
    return parsed_message


def half(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content())


def words_of(text: str) -> Counter[str]:
    """Its words, addresses apart: in HTML they stand behind words."""
    return Counter(re.findall(r"\w+", re.sub(r"(https?|mailto):\S+", "", text)))


def seen(page: str) -> str:
    """Visible text of an HTML page."""
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)))


@pytest.fixture(scope="module", params=LANGUAGES)
def letters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, OutgoingMessage]:
    """One letter of each kind, in one language."""
    letters_by_kind: dict[str, OutgoingMessage] = {}
    for message in written(tmp_path_factory.mktemp("year"), request.param):
        is_one = "\n-- \n" not in (message.letter.brief or message.letter.text)
        kind = "reminder" if is_one else message.notice.kind
        if kind != "letter" or "CANCELLED" in _states(message):
            letters_by_kind.setdefault(kind, message)
    letters_by_kind["lost"] = message
    return letters_by_kind


def _states(message: OutgoingMessage) -> set[str]:
    return {entry.status for entry in message.letter.entries}


def test_there_is_one_of_each_kind(letters: Mapping[str, OutgoingMessage]) -> None:
    """Or the tests beside would pass for want of letters."""
    assert set(letters) == KINDS


def test_text_and_html_say_the_same(letters: Mapping[str, OutgoingMessage]) -> None:
    """Word for word, with the same links, in the language the letter says it is in."""
    for kind, one in letters.items():
        message = opened(one)
        text, page = half(message, "plain"), half(message, "html")
        links = set(re.findall(r"https?://\S+", text))

        assert words_of(text) == words_of(seen(page)), kind
        assert links == set(map(html.unescape, re.findall(r'href="(http[^"]+)"', page))), kind
        assert f'lang="{one.letter.language}"' in page
        assert message["content-language"] == one.letter.language


def test_the_item_is_one_a_calendar_takes(letters: Mapping[str, OutgoingMessage]) -> None:
    """With the due day, a UID and a title; cancelled where nobody is asked any more."""
    items_by_kind = {}
    for kind, message in letters.items():
        for part in opened(message).walk():
            if part.get_content_type() == "text/calendar":
                for item in icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT"):
                    items_by_kind.setdefault(kind, []).append(item)

    assert {"reminder", "letter"} <= set(items_by_kind)
    assert all(item["uid"] and str(item["summary"]) for items in items_by_kind.values() for item in items)
    assert {str(item["status"]) for item in items_by_kind["letter"]} >= {"CANCELLED"}
    assert letters["reminder"].letter.entries[0].on in {
        item["dtstart"].dt for item in items_by_kind["reminder"]
    }
