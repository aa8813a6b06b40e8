"""By a link of a letter, without a log-in: answers to a reminder, and how often letters come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from merzim.settings import DatabaseSettings, Settings
from merzim.storage.events import OFFICE_IN_ORDER
from merzim.storage.queries import SqlReads
from merzim.storage.settings import link_key
from notifications.letter_links import (
    ChoiceLink,
    ReminderLink,
    choice_address,
    link_path,
    read_secret,
    secret_of,
)
from notifications.message import build_message
from notifications.notice import Notice, fingerprint
from notifications.rules import Rules
from tests.notifications.sample_office import (
    AIGUL,
    ANNOUNCE_BY,
    BOLAT,
    CHECKS,
    FIVE_BEFORE,
    OFFICER,
    RULES,
    Shelf,
    Town,
    noon,
)
from tests.web.conftest import TODAY, Site, people, settings_in
from workflow.cases.commands import recording
from workflow.moments import Moment
from workflow.org.access import Reader

LINK = re.compile(r"https://merzim\.example\.kz(/answer/[\w-]+)\?say=(\w+)")
DAY_BEFORE = date(2026, 3, 27)
"""The working day before 30 March: the step "one working day left"."""
ONE_AFTER = date(2026, 3, 31)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    town.rules = Rules(
        domain=RULES.domain,
        public_address=RULES.public_address,
        link_key=link_key(town.engine),
        officer=OFFICER.key,
    )
    town.open()
    yield town
    town.close()


@pytest.fixture
def pages(town: Town, tmp_path: Path) -> Callable[[date], TestClient]:
    """The pages of the town's own office on a day, for somebody without a log-in."""
    settings = settings_of(tmp_path)

    def on_the_day(on: date) -> TestClient:
        return Site(settings, tmp_path, Moment(now=noon(on), today=on, demonstration=False)).stranger()

    return on_the_day


def settings_of(folder: Path) -> Settings:
    """The settings of the town's own office."""
    settings = settings_in(folder, public_address=RULES.public_address)
    return settings.model_copy(
        update={
            "database": DatabaseSettings(url=f"sqlite:///{folder}/town.sqlite"),
            "office": settings.office.model_copy(update={"officer": OFFICER.key}),
        }
    )


def told(town: Town, on: date) -> dict[str, str]:
    """Recipients of letters on that day, with the plain text."""
    shelf = Shelf()
    town.round((shelf,), on)
    town.deliver((shelf,), on)
    return {parcel.notice.person: parcel.letter.text for parcel in shelf.kept}


def link(town: Town, on: date, person: str = AIGUL.key) -> str:
    return LINK.findall(told(town, on)[person])[0][0]


def said(town: Town) -> list[tuple[str, str, str]]:
    """Answers in the case's chain."""
    events = town.case_commands.events("2026-0001")
    return [(str(event.payload["what"]), event.name, event.by) for event in events if event.kind == "notice"]


def test_a_reminder_offers_three_answers_and_opening_one_changes_nothing(
    town: Town, pages: Callable[[date], TestClient]
) -> None:
    """Mail programs follow links: a GET, however often, writes nothing."""
    text = told(town, FIVE_BEFORE)[AIGUL.key]
    links = LINK.findall(text)
    browser = pages(FIVE_BEFORE)
    letter_pages = [browser.get(f"{path}?say={word}") for path, word in links for _ in range(2)]

    assert [word for _, word in links] == ["acknowledged", "said_done", "not_mine"]
    assert "Жүйеге кірмей жауап беру" in text
    assert {page.status_code for page in letter_pages} == {200}
    assert said(town) == []


def test_acknowledged_by_the_link_is_kept_once_and_leaves_the_other_answers(
    town: Town, pages: Callable[[date], TestClient]
) -> None:
    """Read today, done tomorrow: the same letter answers both, each once."""
    path = link(town, FIVE_BEFORE)
    browser = pages(FIVE_BEFORE)
    for _ in range(2):
        assert browser.post(path, data={"say": "acknowledged"}, follow_redirects=False).status_code == 303
    page = browser.get(path).text

    assert said(town) == [("acknowledged", "start_announced", AIGUL.key)]
    assert 'value="acknowledged"' not in page
    assert 'value="said_done"' in page


def test_who_said_done_is_not_reminded_for_three_working_days_but_heads_are_told(
    town: Town, pages: Callable[[date], TestClient]
) -> None:
    """Said on 27 March, a Friday: quiet on the 30th and 31st; the head is told after the term."""
    path = link(town, DAY_BEFORE)
    browser = pages(DAY_BEFORE)
    thanks = browser.post(path, data={"say": "said_done"}, follow_redirects=True).text
    again = browser.get(path).text
    on_the_day, after = told(town, ANNOUNCE_BY), told(town, ONE_AFTER)

    assert "Рақмет, жауабыңыз жазылды" in thanks
    assert "Бұл хатқа берілген жауап" in again
    assert ("said_done", "start_announced", AIGUL.key) in said(town)
    reads = SqlReads(town.engine)
    assert reads.said_done(reads.cases()) == {("2026-0001", "start_announced"): date(2026, 4, 1)}
    assert AIGUL.key not in on_the_day
    assert AIGUL.key not in after
    assert BOLAT.key in after
    facts = town.case_commands.view("2026-0001", today=ONE_AFTER).case.facts
    assert facts.keys() == {"schedule_approved", *CHECKS}, "no fact is recorded by a letter"


def test_not_mine_tells_the_officer_and_stops_nothing(town: Town, pages: Callable[[date], TestClient]) -> None:
    """The officer reads whose duty it is not said to be; until they decide reminders go on."""
    path = link(town, FIVE_BEFORE)
    browser = pages(FIVE_BEFORE)
    browser.post(path, data={"say": "not_mine"})
    second_answer = browser.post(path, data={"say": "said_done"}, follow_redirects=False)
    comments = [event for event in town.case_commands.events("2026-0001") if event.kind == "commented"]
    letters = told(town, DAY_BEFORE)

    assert [(comment.name, comment.payload["to"]) for comment in comments] == [
        ("start_announced", {OFFICER.key: "mention"})
    ]
    assert "Ахметова Айгүл" in str(comments[0].payload["text"])
    assert second_answer.status_code == 303
    assert [answer_word for answer_word, _, _ in said(town)].count("said_done") == 0, (
        "one answer for one letter"
    )
    assert AIGUL.key in letters
    assert OFFICER.key in letters


def test_an_expired_link_says_so_and_answers_nothing(town: Town, pages: Callable[[date], TestClient]) -> None:
    """The thing was done meanwhile, or thirty days went by."""
    path = link(town, FIVE_BEFORE)
    browser = pages(FIVE_BEFORE)
    moment = Moment(by="officer", now=noon(FIVE_BEFORE), today=FIVE_BEFORE)
    town.case_commands.write("2026-0001", moment, recording.record, "start_announced", on=FIVE_BEFORE)
    page = browser.get(path, params={"lang": "ru"})
    browser.post(path, data={"say": "not_mine"})

    assert page.status_code == 410
    assert "Срок действия ссылки истёк" in page.text
    assert said(town) == []


def test_a_link_of_another_key_another_person_or_nobody_is_refused(
    town: Town, pages: Callable[[date], TestClient]
) -> None:
    """Guessed, cut, or made elsewhere: one answer to all, and nothing is written."""
    path = link(town, FIVE_BEFORE)
    browser = pages(FIVE_BEFORE)
    notice = next(candidate for candidate in town.notices() if candidate.person == AIGUL.key)
    strange: Notice = replace(notice, key=notice.key.replace("aigul", "nobody"))
    for wrong in (
        link_path("another key", ReminderLink(fingerprint(notice.key), notice.case)),
        link_path(town.rules.link_key, ReminderLink(fingerprint(strange.key), notice.case)),
        path[:-3],
        "/answer/x",
        "/answer/ы",
    ):
        page = browser.get(wrong, headers={"accept-language": "ru"})
        assert page.status_code == 404, wrong
        assert "Ссылка из письма недействительна" in page.text
        assert "кампани" not in page.text, "nothing of a campaign: no campaign sent it"
        assert browser.post(wrong, data={"say": "not_mine"}).status_code == 404, wrong
    assert browser.post(path, data={"say": "record"}).status_code == 422
    assert said(town) == []


def test_who_was_only_told_is_offered_to_say_that_they_read_it(
    town: Town, pages: Callable[[date], TestClient]
) -> None:
    """The head has a copy after the term: the step is not theirs to call done, nor to disown."""
    path = link(town, ONE_AFTER, BOLAT.key)
    browser = pages(ONE_AFTER)
    page = browser.get(path).text
    browser.post(path, data={"say": "said_done"})

    assert 'value="acknowledged"' in page
    assert 'value="said_done"' not in page
    assert 'value="not_mine"' not in page
    assert said(town) == []


ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OWN = Reader(login="aigul", access="responsible", unit="staff", person=AIGUL.key)


@pytest.fixture
def site(town: Town, tmp_path: Path) -> Site:
    """The dashboard of the town's own office."""
    site = Site(settings_of(tmp_path), tmp_path)
    people(site.accounts)
    site.accounts.save(OWN, disabled=False, at=Moment(by="test", now=noon(TODAY), today=TODAY))
    return site


def chosen(town: Town) -> str:
    return town.outbox.office().people[AIGUL.key].digest


CHOSEN = ("digest_chosen", "language_chosen")


def choices(town: Town) -> list[tuple[str, str, str]]:
    """Digest choices in the office's chain: kind, person concerned, author."""
    with town.engine.connect() as connection:
        return [
            (record.kind, record.name, record.by)
            for record in connection.execute(OFFICE_IN_ORDER)
            if record.kind in CHOSEN
        ]


def unsubscribe(town: Town, on: date) -> tuple[str, str | None]:
    """What the letter of that day offers: the address, and whether one click does it."""
    shelf = Shelf()
    town.round((shelf,), on)
    town.deliver((shelf,), on)
    parcel = next(candidate for candidate in shelf.kept if candidate.notice.person == AIGUL.key)
    content = build_message(
        parcel.notice, parcel.letter, name=parcel.name, sender="merzim@example.kz", now=noon(on)
    )
    message = message_from_bytes(content)
    return message["List-Unsubscribe"].strip("<>"), message["List-Unsubscribe-Post"]


def test_one_click_in_a_reminder_brings_one_letter_a_week_and_ends_none(town: Town, site: Site) -> None:
    """The address stands in the letter; the mail program posts to it as RFC 8058 says; nothing is off."""
    address, post = unsubscribe(town, FIVE_BEFORE)
    path = address.removeprefix(town.rules.public_address)
    answer = site.stranger().post(path, data=ONE_CLICK)

    assert post == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"/digest/[\w-]+/weekly", path)
    assert answer.status_code == 200
    assert chosen(town) == "weekly"
    assert choices(town) == [("digest_chosen", AIGUL.key, AIGUL.key)]


def test_looking_at_the_address_chooses_nothing(town: Town, site: Site) -> None:
    """Programs that look at every address of a letter are no readers."""
    path = choice_address(town.rules, AIGUL.key).removeprefix(town.rules.public_address)
    pages = [site.stranger().get(f"{path}{path_end}?lang=ru") for path_end in ("", "/daily", "/weekly")]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert chosen(town) == ""
    # It is nobody's page by its look: no name, no address, no case.
    assert not any(word in page.text for page in pages for word in (AIGUL.name, AIGUL.key, "2026-0001"))


def test_the_page_leads_back_to_one_letter_a_day(town: Town, site: Site) -> None:
    """The choice that does not stand has its button; an old choice of single letters is no address any more."""
    path = choice_address(town.rules, AIGUL.key).removeprefix(town.rules.public_address)
    weekly = site.stranger().post(f"{path}/weekly").text
    after_weekly = chosen(town)
    daily = site.stranger().post(f"{path}/daily?lang=ru").text

    assert f'action="{path}/daily"' in weekly
    assert f'action="{path}/weekly"' not in weekly
    assert (after_weekly, chosen(town)) == ("weekly", "")
    assert "Сейчас напоминания приходят одним письмом в день." in daily
    assert f'action="{path}/weekly"' in daily
    assert site.stranger().post(f"{path}/single").status_code == 404


@pytest.mark.parametrize("path", ["/digest/{other}/weekly", "/digest/{mine}/off", "/digest/short/weekly"])
def test_nobody_elses_address_and_nothing_like_off(town: Town, site: Site, path: str) -> None:
    """A secret made with another key, or with none; a choice there is none of, half a secret."""
    aigul = ChoiceLink(AIGUL.key)
    mine, other = secret_of(town.rules.link_key, aigul), secret_of("another key", aigul)

    assert site.stranger().post(path.format(mine=mine, other=other)).status_code == 404
    assert read_secret("", secret_of("", aigul), ChoiceLink) is None
    assert chosen(town) == ""
    assert choices(town) == []


def test_without_https_the_officer_is_written_to(town: Town) -> None:
    """No page is reached from a mailbox then; one click is not offered."""
    town.rules = Rules(
        domain=RULES.domain, public_address="http://127.0.0.1:8000", officer="officer@example.kz"
    )

    assert unsubscribe(town, FIVE_BEFORE) == ("mailto:officer@example.kz?subject=Merzim", None)


def test_ones_own_account_chooses_digest_and_language(town: Town, site: Site) -> None:
    """Both survive the next import of the table of people, because they stand beside it."""
    browser = site.client(OWN.login)
    answer = browser.post("/account/digest", data={"digest": "weekly", "language": "ru"})
    account_page = browser.get("/account").text
    person = town.outbox.office().people[AIGUL.key]

    assert answer.headers["location"] == "/account?said=digest"
    assert (person.digest, person.language) == ("weekly", "ru")
    assert '<option value="weekly" selected>' in account_page
    assert {kind for kind, _, by in choices(town) if by == OWN.login} == {"digest_chosen", "language_chosen"}
