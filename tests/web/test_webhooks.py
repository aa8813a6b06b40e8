"""Webhook pages: the secret shown once, a test request to a real server."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from merzim.services.configuration.settings import WebhookSettings
from tests.receiver import receiving
from tests.web.conftest import Site

PAGE = "/administration/webhooks"


def allow_inside(site: Site) -> None:
    """Allow webhooks to addresses of this machine, as config.toml may do."""
    site.context.settings = replace(site.context.settings, webhooks=WebhookSettings(private=True, timeout=1))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_address_is_added_tried_renewed_and_removed(site: Site, language: str) -> None:
    """In each language; the secret of the page verifies what the server gets."""
    allow_inside(site)
    with receiving() as receiver, site.client("administrator") as browser:
        query = {"lang": language}
        response = browser.post(
            PAGE, params=query, data={"address": receiver.address, "topic": ["case", "people"]}
        )
        (hook,) = site.context.webhooks.all()
        (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]{44}", response.text))
        page = f"{PAGE}/{hook.id}"
        trial_answer = browser.post(page, params=query, data={"do": "test"})
        renewed = browser.post(page, params=query, data={"do": "rotate"})
        reloaded = browser.get(page, params=query).text

        assert "204" in trial_answer.text
        assert receiver.verified(secret)[0]["type"] == "test"
        assert "whsec_" in renewed.text
        assert "whsec_" not in reloaded
        assert hook.topics == ("case", "people")
        assert browser.post(page, data={"do": "stop"}).status_code == 303
        assert site.context.webhooks.all()[0].active is False
        assert browser.post(page, data={"do": "remove"}).headers["location"] == f"{PAGE}?said=removed"
        assert browser.get(page).status_code == 404
    entries = [entry for entry in _log(site) if entry["name"] == hook.id]
    assert not [entry["what"] for entry in entries if hook.id in entry["what"]]
    kinds = [entry["kind"] for entry in entries]
    assert kinds == ["webhook_added", "webhook_secret_rotated", "webhook_changed", "webhook_removed"]


def test_what_is_wrong_is_said_beside_what_was_typed(site: Site) -> None:
    """An address without encryption is refused where the settings do not allow it."""
    with site.client("administrator") as browser:
        answer = browser.post(
            PAGE, params={"lang": "en"}, data={"address": "http://crm.example.kz/x", "topic": "case"}
        )

    assert answer.status_code == 422
    assert "without encryption" in answer.text
    assert 'value="http://crm.example.kz/x"' in answer.text
    assert site.context.webhooks.all() == []


def test_the_first_page_of_the_administration_names_what_was_given_up(site: Site) -> None:
    """With a link to it; nothing is said where all work."""
    allow_inside(site)
    with receiving(answers=[410]) as receiver, site.client("administrator") as browser:
        browser.post(PAGE, data={"address": receiver.address})
        assert "webhooks-suspended" not in browser.get("/administration").text
        (hook,) = site.context.webhooks.all()
        given_up = {"suspended_at": hook.created_at}
        site.context.webhooks.change(
            hook.id, "webhook_suspended", given_up, by="", now=hook.created_at, today=hook.created_at.date()
        )
        page = browser.get("/administration").text

    assert f'href="{PAGE}/{hook.id}"' in page.partition("webhooks-suspended")[2]


def test_under_a_repeated_key_the_secret_is_not_told_again(site: Site) -> None:
    """The API gives it once; the address is added once."""
    key, body = (
        {"idempotency-key": "webhook-crm-1"},
        {"address": "https://crm.example.kz/x", "topics": ["case"]},
    )
    with site.client("administrator") as browser:
        first, second_answer = (
            browser.post("/api/v1/administration/webhooks", json=body, headers=key).json() for _ in range(2)
        )

    assert first["secret"].startswith("whsec_")
    assert second_answer == {**first, "secret": ""}
    assert len(site.context.webhooks.all()) == 1


def _log(site: Site) -> list[dict[str, str]]:
    with site.client("administrator") as browser:
        entries: list[dict[str, str]] = browser.get("/api/v1/audit?after=0&topic=settings").json()["entries"]
    return entries
