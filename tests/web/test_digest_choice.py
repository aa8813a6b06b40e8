"""Digest frequency: by a mail program's one click, on the page of the link, in the account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes
from pathlib import Path

import pytest

from merzim.settings import DatabaseSettings
from merzim.storage.org.chain import IN_ORDER
from merzim.storage.org.settings import link_key
from notifications.letter_links import address_secret, choice_address, find_person
from notifications.rules import Rules
from notifications.wire.message import build_message
from tests.notifications.sample_office import AIGUL, FIVE_BEFORE, RULES, Shelf, Town, noon
from tests.web.conftest import TODAY, Site, dashboard_of, people, settings_in
from workflow.org.access import Reader
from workflow.org.audit import Stamp

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OWN = Reader(login="aigul", access="responsible", unit="staff", person=AIGUL.key)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    town.rules = Rules(
        domain=RULES.domain,
        public_address=RULES.public_address,
        link_key=link_key(town.engine),
    )
    yield town
    town.close()


@pytest.fixture
def site(town: Town, tmp_path: Path) -> Site:
    """The dashboard of the town's own office."""
    settings = settings_in(tmp_path, public_address=RULES.public_address).model_copy(
        update={"database": DatabaseSettings(url=f"sqlite:///{tmp_path}/town.sqlite")}
    )
    site = dashboard_of(settings)
    people(site.accounts)
    site.accounts.save(OWN, disabled=False, at=Stamp(by="test", now=noon(TODAY), today=TODAY))
    return site


def chosen(town: Town) -> str:
    return town.outbox.office().people[AIGUL.key].digest


CHOSEN = ("digest_chosen", "language_chosen")


def said(town: Town) -> list[tuple[str, str, str]]:
    """Digest choices in the office's chain: kind, person concerned, author."""
    with town.engine.connect() as connection:
        return [
            (record.kind, record.name, record.by)
            for record in connection.execute(IN_ORDER)
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
    town.open()
    address, post = unsubscribe(town, FIVE_BEFORE)
    path = address.removeprefix(town.rules.public_address)
    answer = site.stranger().post(path, data=ONE_CLICK)

    assert post == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"/digest/[\w-]{43}/weekly", path)
    assert answer.status_code == 200
    assert chosen(town) == "weekly"
    assert said(town) == [("digest_chosen", AIGUL.key, AIGUL.key)]


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
    mine, other = address_secret(town.rules.link_key, AIGUL.key), address_secret("another key", AIGUL.key)

    assert site.stranger().post(path.format(mine=mine, other=other)).status_code == 404
    assert find_person("", address_secret("", AIGUL.key), [AIGUL.key]) is None
    assert chosen(town) == ""
    assert said(town) == []


def test_without_https_the_officer_is_written_to(town: Town) -> None:
    """No page is reached from a mailbox then; one click is not offered."""
    town.rules = Rules(
        domain=RULES.domain, public_address="http://127.0.0.1:8000", officer="officer@example.kz"
    )
    town.open()

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
    assert {kind for kind, _, by in said(town) if by == OWN.login} == {"digest_chosen", "language_chosen"}
