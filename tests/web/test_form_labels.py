"""A value that gets past the browser's own check is refused under the label of its field, never its code."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import Site


def told(page: str) -> str:
    """The sentences of refusal on a page."""
    lines = re.findall(r'<(?:div|p)[^>]*class="problem-line[^>]*>(.*?)</(?:div|p)>', page, re.DOTALL)
    return " ".join(" ".join(unescape(re.sub(r"<[^>]+>", "", line)) for line in lines).split())


@pytest.mark.parametrize(
    ("path", "typed", "language", "sentence"),
    [
        ("/comments", {"text": ""}, "kk", "«Пікір» көрсетілмеген."),
        ("/comments", {"text": ""}, "en", "“Comment” is missing."),
        ("/exempt", {"ground": "п" * 2001}, "ru", "«Основание»: слишком длинно, не более 2000 знаков."),
    ],
)
def test_the_form_names_its_field_by_the_label_above_it(
    site: Site, browser: TestClient, path: str, typed: dict[str, str], language: str, sentence: str
) -> None:
    """In the reader's language."""
    browser.get(f"/cases?lang={language}")
    answer = browser.post(f"/cases/{site.late}{path}", data={"obligation": "order_signed"} | typed)

    assert answer.status_code == 422
    assert told(answer.text) == sentence


def test_a_label_is_that_of_the_form_that_was_sent(site: Site, browser: TestClient) -> None:
    """The same field has another label in the form of a comment and in that of an assignment; a field of one
    language says which: a screen reader reads it so."""
    browser.get("/cases?lang=ru")
    comment = browser.post(f"/cases/{site.late}/comments", data={"text": ""})
    work = browser.post("/assignments", data={"text": "", "person": "c@org.kz", "until": "2026-04-10"})

    assert re.findall(r'"describe-object_(..)"[^>]* lang="(..)"', comment.text) == [("kk", "kk"), ("ru", "ru")]
    sentences = ["Не указано: «Комментарий».", "Не указано: «Что сделать»."]
    assert [told(answer.text) for answer in (comment, work)] == sentences


def test_what_nobody_types_and_what_no_list_has_is_told_without_codes(site: Site, browser: TestClient) -> None:
    """A hidden field has no label; a fact that the list does not have is no reason to name all codes."""
    browser.get("/cases?lang=ru")
    hidden = browser.post("/desk/later", data={"case": site.late, "fact": "", "until": "2026-04-10"})
    step = {"fact": "nothing", "on": "2026-05-05", "preview": "yes"}
    unknown = browser.post(f"/cases/{site.late}/plan", data=step)

    assert told(hidden.text) == "Форма пришла не полностью. Откройте страницу заново и отправьте её ещё раз."
    assert told(unknown.text) == "«nothing»: такого значения нет. Выберите из списка."


def test_programs_go_on_reading_the_name_of_the_field(site: Site, browser: TestClient) -> None:
    """The API names the field as its JSON key, in the sentence and in `where`."""
    answer = browser.post(f"/api/v1/cases/{site.late}/comments?lang=ru", json={"text": ""})

    assert answer.json()["errors"] == [{"where": "body.text", "detail": "Не указано: text."}]
