"""The guides: the same tasks in three languages, with the labels of the buttons, linked from every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import i18n
from i18n.entries import template
from merzim.web.http import PICTURES
from merzim.web.ui.guides import (
    GUIDE_OF,
    GUIDES,
    LABEL,
    PICTURE,
    SECTION_OF_PAGE,
    find_sections,
    guide,
    section_of,
    source,
)
from tests.web.conftest import EVERY_ACT
from tests.web.offices import Site
from workflow.org.access import ACCESSES


def test_each_guide_has_the_same_tasks_in_every_language() -> None:
    """In the same order; and none is empty."""
    for id in GUIDES:
        tasks = {
            language: [section.id for section in guide(id, language).sections] for language in i18n.LANGUAGES
        }
        assert tasks["kk"] == tasks["ru"] == tasks["en"], id
        assert len(set(tasks["ru"])) == len(tasks["ru"]) > 0, id
        for language in i18n.LANGUAGES:
            assert all(len(section.words) > 80 for section in guide(id, language).sections), (id, language)


def pictures(id: str, language: str) -> list[tuple[str, str]]:
    """Description and name of each picture."""
    return PICTURE.findall(source(id, language))


def test_the_same_buttons_are_named_in_every_language_and_all_of_them_exist() -> None:
    """A renamed button is renamed in the guides by itself; one that is gone fails here."""
    for id in GUIDES:
        labels_by_language = {language: {*LABEL.findall(source(id, language))} for language in i18n.LANGUAGES}
        assert labels_by_language["kk"] == labels_by_language["ru"] == labels_by_language["en"], id
        assert [code for code in sorted(labels_by_language["ru"]) if not i18n.knows(code)] == []


def test_every_picture_is_there_in_every_language_says_what_it_shows_and_none_is_left_over() -> None:
    """`make pictures` takes them all; a name that is gone from the guides leaves no file behind."""
    picture_names: set[str] = set()
    for id in GUIDES:
        pictures_by_language = {
            language: [name for _, name in pictures(id, language)] for language in i18n.LANGUAGES
        }
        assert pictures_by_language["kk"] == pictures_by_language["ru"] == pictures_by_language["en"] != [], id
        picture_names.update(pictures_by_language["ru"])
        descriptions = {alt for language in i18n.LANGUAGES for alt, _ in pictures(id, language)}
        assert len(descriptions) == 3 * len(pictures_by_language["ru"]), (
            "each says in its own language what it shows"
        )
    files = {f"{name}.{language}.webp" for name in picture_names for language in i18n.LANGUAGES}
    pictures_taken = re.findall(
        r'^    "([a-z-]+)": \("', Path("docs/pictures.py").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert {file.name for file in PICTURES.iterdir()} == files
    assert set(pictures_taken) == picture_names
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < 2_000_000


def test_a_guide_shows_the_pictures_of_the_readers_language(officer: TestClient) -> None:
    """They wait until they are scrolled to, keep their place until then, and are kept for good."""
    guide_page = officer.get("/help/officer?lang=kk").text
    addresses = re.findall(
        r'<img class="guide-picture" loading="lazy" width="820" height="500" src="([^"]+)"', guide_page
    )
    answer = officer.get(addresses[0])

    assert len(addresses) == len(pictures("officer", "kk")) == guide_page.count("<img")
    assert all(
        re.fullmatch(r"/static/pictures/[a-z-]+\.kk\.webp\?v=[0-9a-f]{12}", address) for address in addresses
    )
    assert guide_page.count('alt=""') == 0
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    assert "content-encoding" not in answer.headers
    assert answer.content[:4] == b"RIFF"


def test_every_page_is_explained_by_a_section_that_exists() -> None:
    sections = {f"{id}#{section.id}" for id in GUIDES for section in guide(id, "ru").sections}

    assert {section for _, section in SECTION_OF_PAGE} <= sections
    assert section_of("/cases/2026-0001", "head_of_unit") == "officer#case"
    assert section_of("/cases", "officer") == "officer#find"
    assert section_of("/registers/gifts", "officer") == "officer#registers"
    assert section_of("/register", "officer") == "officer#letters"
    own = {access: section_of("/assignments", access) for access in ACCESSES}
    assert own["officer"] == "officer#ask"
    assert {section.partition("#")[0] for section in own.values()} == {"officer", "executor", "head"}


@pytest.mark.parametrize("access", ACCESSES)
def test_everybody_reads_the_guide_of_the_first_day_then_their_own(office: Site, access: str) -> None:
    with office.client(access) as browser:
        help_page = browser.get("/help?lang=ru").text

    order = re.findall(r'<section class="card" id="guide-([a-z-]+)"', help_page)
    assert order[:2] == ["first-day", GUIDE_OF[access]]
    assert sorted(order) == sorted(GUIDES)


def test_a_page_links_to_its_own_section(officer: TestClient) -> None:
    assert 'href="/help/officer#scores"' in officer.get("/reports/points").text
    assert "Баллы" in officer.get("/help/officer?lang=ru").text
    assert officer.get("/help/nobody").status_code == 404


@pytest.mark.parametrize(
    ("language", "words", "section"),
    [
        ("ru", "отозвать ошибочную", "mistake"),
        ("ru", "переноса выходных", "calendar"),
        ("kk", "тәуекелдер", "monitoring"),
        ("kk", "тауекелдер", "monitoring"),
        ("en", "second factor", "account"),
    ],
)
def test_a_task_is_found_by_its_words(language: str, words: str, section: str) -> None:
    assert section in [found_section.id for _, found_section in find_sections(words, language, EVERY_ACT)]


def test_no_page_names_a_command_or_the_settings_file() -> None:
    """Somebody in a browser has no terminal; neither pages nor guides send them there."""
    web = [code for code in i18n.codes() if code.startswith("web.")]
    texts = {f"{language}/{code}": template(code, language) for language in i18n.LANGUAGES for code in web}
    texts |= {f"{language}/{id}": source(id, language) for language in i18n.LANGUAGES for id in GUIDES}

    assert {code for code, text in texts.items() if re.search(r"merzim [a-z]|config\.toml", text)} == set()
