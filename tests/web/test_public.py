"""The public page: published addresses only; disabled unless the office enables it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from merzim.cli import main
from merzim.services.outgoing.public import proof_address
from tests.web.conftest import NOW, TODAY, Site, dashboard_of, hide, office_with_cases, people, settings_in
from workflow.cases.case import Evidence
from workflow.cases.commands.opening import Opening

SITE = "https://ministry.example.kz/announcement"
STAMP: Any = {"by": "test", "now": NOW, "today": TODAY}
SECRET = "https://ministry.example.kz/for-few"
FILE = "a" * 64


@pytest.fixture
def open_office(tmp_path: Path) -> Site:
    """An office whose page is open: one analysis announced, one begun and not announced, one called off."""
    site = dashboard_of(settings_in(tmp_path, public_page=True))
    people(site.accounts)
    case_commands = site.case_commands
    planned = {"analysis_started": date(2026, 4, 13), "analysis_ended": date(2026, 5, 26)}
    names = ("Кадр департаменті", "Заң департаменті", "Жойылған талдау")
    for name in names:
        opening = Opening(procedure="internal-analysis", object=name, planned=planned)
        case = case_commands.open(opening, **STAMP).id
        if name != "Заң департаменті":
            evidence = (
                Evidence(kind="link:site", reference=SITE, published_on=date(2026, 3, 27)),
                Evidence(kind="link:media", reference=SECRET, restricted="Қызметтік құпия"),
                Evidence(
                    kind="document:announcement",
                    reference=FILE,
                    name="Иванов.pdf",
                    size=1,
                    type="application/pdf",
                ),
            )
            case_commands.record(case, "start_announced", on=date(2026, 3, 30), evidence=evidence, **STAMP)
        if name == "Жойылған талдау":
            case_commands.cancel(case, ground="Қайта ұйымдастыру", **STAMP)
    site.real = min(site.cases())
    return site


def test_nobody_sees_the_page_of_an_office_that_did_not_switch_it_on(site: Site) -> None:
    """It is off by default, the feed with it."""
    stranger = site.stranger()

    assert [stranger.get(path).status_code for path in ("/public", "/public/feed.xml")] == [404, 404]


def test_anybody_sees_what_was_published_where_and_when(open_office: Site) -> None:
    """The announced analysis with its address and the day of publication; the other two are not named."""
    text = open_office.stranger().get("/public?lang=ru").text

    assert f'href="{SITE}"' in text
    assert "27.03.2026" in text
    assert "Кадр департаменті" in text
    assert "анализ: 13 апреля 2026 года – 26 мая 2026 года" in text
    assert "Заң департаменті" not in text
    assert "Жойылған талдау" not in text


def test_the_places_of_one_publication_stand_in_one_line(site: Site) -> None:
    """One day and one obligation are said once, with a link of its own name for each place."""
    object.__setattr__(site.context.settings.web, "public_page", True)
    proofs = tuple(
        Evidence(kind=f"link:{place}", reference=f"{SITE}/{place}", published_on=date(2026, 3, 27))
        for place in ("media", "site", "social")
    )
    site.case_commands.record(site.real, "start_announced", on=date(2026, 3, 30), evidence=proofs, **STAMP)
    text = site.stranger().get("/public?lang=ru").text

    assert text.count("27.03.2026") == 1
    for place, link_name in (
        ("media", "публикацию в СМИ"),
        ("site", "интернет-ресурс"),
        ("social", "социальную сеть"),
    ):
        assert f'href="{SITE}/{place}" rel="noopener nofollow">ссылка на {link_name}</a>' in text


def test_an_office_shows_the_parts_it_wants(open_office: Site) -> None:
    """Without announcements and proofs: nothing of them on the page, in the feed, at the address of a proof."""
    settings = open_office.context.settings
    web = replace(settings.web, public_parts=frozenset({"results", "discussions"}))
    open_office.context.settings = replace(settings, web=web)
    stranger = open_office.stranger()

    assert SITE not in stranger.get("/public").text + stranger.get("/public/feed.xml").text
    assert stranger.get(f"/public/proof/1/{FILE}").text == stranger.get("/public/proof/x").text
    assert proof_address(open_office.context, 1, FILE) == ""


def test_nothing_of_few_stands_on_the_page_or_in_the_feed(open_office: Site) -> None:
    """No restricted address, no file and its name; once the case is confidential, nothing of it."""
    stranger = open_office.stranger()
    before = [stranger.get(path).text for path in ("/public", "/public/feed.xml")]
    hide(open_office, open_office.real)
    after = [stranger.get(path).text for path in ("/public", "/public/feed.xml")]

    for text in before:
        assert SITE in text
        assert not [word for word in (SECRET, FILE, "Иванов") if word in text]
    for text in after:
        assert SITE not in text
        assert "Кадр департаменті" not in text


def test_the_feed_is_rss_in_the_language_asked(open_office: Site) -> None:
    """One item for each address, with the day of publication; its id stays when it is asked again."""
    stranger = open_office.stranger()
    answer = stranger.get("/public/feed.xml?lang=kk")
    feed_kk = ElementTree.fromstring(stranger.get("/public/feed.xml?lang=kk").content)
    items = ElementTree.fromstring(answer.content).findall("channel/item")

    assert answer.headers["content-type"].startswith("application/rss+xml")
    assert [item.findtext("link") for item in items] == [SITE]
    assert items[0].findtext("title") == "Ішкі талдаудың басталғаны туралы хабарландыру: Кадр департаменті"
    assert items[0].findtext("pubDate") == "Fri, 27 Mar 2026 07:00:00 GMT"
    assert items[0].findtext("guid") == feed_kk.findtext("channel/item/guid")


def test_a_withdrawn_announcement_leaves_the_page(open_office: Site) -> None:
    """What was recorded by mistake was not published."""
    answer = open_office.client("officer").post(
        f"/cases/{open_office.real}/withdraw", data={"name": "start_announced", "ground": "Қате жазылды"}
    )

    assert answer.status_code == 303
    assert SITE not in open_office.stranger().get("/public").text


def test_the_pages_are_written_as_files_for_any_server(open_office: Site, tmp_path: Path) -> None:
    """A page and a feed in each language, the styles beside them; nothing in them asks for this server."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'[office]\nname = "Министрлік"\n[database]\nurl = "{open_office.context.settings.database.url}"\n',
        "utf-8",
    )
    code = main(["public-pages", str(tmp_path / "site"), "--config", str(config), "--lang", "en"])
    files = {file.name: file.read_text("utf-8") for file in (tmp_path / "site").iterdir()}

    assert code == 0
    assert sorted(files) == [
        *("base.css", "feed.en.xml", "feed.kk.xml", "feed.ru.xml"),
        *("index.en.html", "index.html", "index.kk.html", "index.ru.html", "merzim.css"),
    ]
    assert SITE in files["index.ru.html"]
    assert SECRET not in "".join(files.values())
    assert 'href="/' not in files["index.ru.html"]


def test_the_newest_analyses_come_first_and_page_by_page() -> None:
    """Twenty-five a page; the twenty-sixth stands on the second."""
    site = office_with_cases()
    object.__setattr__(site.context.settings.web, "public_page", True)
    for number in range(26):
        opening = Opening(procedure="internal-analysis", object=f"Нысан {number:02}")
        case = site.case_commands.open(opening, **STAMP).id
        proof = Evidence(kind="link:site", reference=f"{SITE}/{number}")
        site.case_commands.record(case, "start_announced", on=date(2026, 3, 30), evidence=(proof,), **STAMP)
    stranger: TestClient = site.stranger()

    assert "Нысан 25" in stranger.get("/public").text
    assert "Нысан 00" not in stranger.get("/public").text
    assert "Нысан 00" in stranger.get("/public?page=2").text
