"""Campaign pages: start, answers by a link without an account, progress, attacks."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from merzim.services.jobs.rounds import deliver, run_round
from merzim.web.auth.attempts import LIMITS
from tests.notifications.servers import letters_in
from tests.web.offices import Site, example_office
from tests.web.serving import first_sheet

UNIT = "Правление"
START = "/campaigns/new/consents.confirmation"
FILING = "/campaigns/new/declarations.filing"
LINK = re.compile(r"https?://[^\s/]+(/confirm/[A-Za-z0-9_-]{48,})")
REFUSED = "Эта ссылка недействительна"


@pytest.fixture
def office() -> Site:
    return example_office(cases=False)


def start(office: Site, address: str = START, **extra_fields: Any) -> str:
    """Send the form, confirmed; return the address of the campaign."""
    fields = {"until": "2026-04-30", "unit": UNIT, "start": "1", **extra_fields}
    with office.client() as browser:
        answer = browser.post(address, data=fields)
    assert answer.status_code == 303, text_of(answer.text)[:2000]
    return str(answer.headers["location"]).partition("?")[0]


def links(office: Site) -> dict[str, str]:
    """A round and a delivery; the link of everybody who got a letter of a campaign."""
    moment = office.moment
    run_round(office.context, at=moment)
    deliver(office.context, at=moment)
    links_by_person = {}
    for letter, text in letters_in(office.folder / "var" / "letters"):
        if link := LINK.search(text):
            links_by_person[str(letter["to"]).partition("<")[2].strip(">")] = link[1]
    return links_by_person


def text_of(page: str) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_campaign_goes_from_its_form_to_its_sheet(office: Site, officer: TestClient) -> None:
    """Preview, start, letters, an answer without an account in the person's language, state, the sheet."""
    assert START in officer.get("/campaigns").text
    preview = officer.post(
        f"{START}?lang=ru",
        data={"until": "2026-04-30", "unit": UNIT},
        files={"file": ("политика.pdf", b"%PDF-1.7\npolicy", "application/pdf")},
    )
    digest = re.findall(r'name="digest" value="([0-9a-f]{64})"', preview.text)
    letter_count = int(re.findall(r"Писем будет отправлено: (\d+)", preview.text)[0])
    assert officer.get("/campaigns/2026-001").status_code == 404
    address = start(office, digest=digest[0], file_name="политика.pdf")
    links_by_person = links(office)
    assert len(links_by_person) == letter_count > 1
    person_key, link = sorted(links_by_person.items())[0]
    person = office.context.reads.office().people[person_key]
    with office.stranger() as browser:
        page = browser.get(link, headers={"accept-language": "en"})
        document = browser.get(f"{link}/document")
        fields = {"field.post": "маман"} if 'name="field.post"' in page.text else {}
        answer = browser.post(link, data=fields)
    assert person.name in page.text
    assert f'lang="{person.language}"' in page.text
    assert "танысқанымды растаймын" in page.text or "ознакомлен" in page.text
    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("same-origin", "no-store")
    assert document.content == b"%PDF-1.7\npolicy"
    assert (answer.status_code, "№ 1, 2026" in answer.text) == (200, True)
    answered_page = text_of(officer.get(f"{address}?lang=ru&state=answered").text)
    sheet = first_sheet(officer.get(f"{address}/xlsx").content)
    row = text_of(officer.get("/registers/consents/consents-2026-0001?lang=ru").text)
    assert f"{person.name}" in answered_page
    # One of the unit has no address: awaited, but not written to.
    assert f"Ожидаются {letter_count}" in answered_page or f"{letter_count} Ожидаются" in answered_page
    assert "Без адреса 1" in answered_page or "1 Без адреса" in answered_page
    officer.cookies.set("lang", "ru", domain="127.0.0.1")
    reminded_page = text_of(officer.post(f"{address}/remind", follow_redirects=True).text)
    assert f"тем, кто ещё не ответил, будет отправлено: {letter_count - 1}." in reminded_page
    assert sum(1 for line in sheet[1:] if line[7]) == 1
    assert "подтверждено лично" in row.lower()
    # The used link is refused in its person's language, a made-up one in the office's; the register leads on.
    with office.stranger() as browser:
        browser.headers.pop("accept-language", None)
        used_answer, invented = browser.get(link), browser.get("/confirm/" + "x" * 48)
        response = browser.get("/confirm/" + "x" * 48, headers={"accept-language": "en"})
    assert [
        f'<html lang="{language}"' in page.text
        for language, page in (
            (person.language, used_answer),
            (office.context.settings.office.language, invented),
            ("en", response),
        )
    ] == [True] * 3
    register = officer.get("/register?lang=ru").text
    assert '<a href="/campaigns/2026-001">Подтверждение приверженности' in register


def test_who_has_an_account_answers_from_their_desk(office: Site, officer: TestClient) -> None:
    """A button there until they answered, for those alone who are asked: by duty and words of the post."""
    person_key = "a.akhmetova@example.kz"
    office.run("user", "add", "asked", "--access", "officer", "--person", person_key)
    office.run("user", "add", "other", "--access", "officer", "--person", "d.serikbaev@example.kz")

    def button(login: str) -> list[str]:
        with office.client(login) as browser:
            return re.findall(r'href="(/confirm/[^"]+)"', browser.get("/desk?lang=ru").text)

    assert button("asked") == []
    form = officer.get(f"{START}?lang=ru").text
    address = start(office, unit="", duty="authorised_person", posts="нет такой; комплаенс-служб")
    [link] = button("asked")
    with office.client("asked") as browser:
        desk_page = text_of(browser.get("/desk?lang=ru").text)
        fields = {"field.post": "маман"} if 'name="field.post"' in (page := browser.get(link).text) else {}
        answer = browser.post(link, data=fields)

    assert "Ожидается ваш ответ: Подтверждение" in desk_page
    assert "до 30 апреля 2026 года" in desk_page
    assert 'name="duty" value="authorised_person"' in form
    assert 'value="collegial_body"' in form
    assert 'value="compliance_officer"' not in form
    assert "ознакомлен" in text_of(page)
    assert "№ 1, 2026" in text_of(answer.text)
    assert button("asked") == button("other") == []
    campaign = text_of(officer.get(f"{address}?lang=ru").text)
    assert "уполномоченное лицо; «комплаенс-служб»; «нет такой»" in campaign


def test_nothing_but_the_form_confirms(office: Site, officer: TestClient) -> None:
    """Mail scanners open links, ask for their heads, follow what a page links to: the link stays good."""
    start(office)
    link = sorted(links(office).values())[0]
    with office.stranger() as browser:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "GET"):
            browser.request(method, link)
        browser.get(link, params={"confirm": "1"})
        inside = re.findall(r'href="(/[^"#]*)"', browser.get(link).text)
        for address in inside:
            browser.get(unescape(address))
        foreign = browser.post(link, headers={"origin": "https://elsewhere.example"})
        page = browser.get(link)
    assert foreign.status_code == 403
    assert page.status_code == 200
    assert officer.get("/api/v1/campaigns").json()["campaigns"][0]["answered"] == 0


def test_every_link_that_is_not_good_is_answered_alike(office: Site) -> None:
    """Guessed, closed, used or orphaned links: the same page for every request."""
    address = start(office)
    links_by_person = links(office)
    (_, used_link), (gone_person, left_link), (_, third) = sorted(links_by_person.items())[:3]
    with office.stranger() as browser:
        assert browser.post(used_link, data={"field.post": "маман"}).status_code == 200
    people = office.context.reads.office().people
    from merzim.storage import office as office_store

    office_store.remove(office.context.engine, people[gone_person], at=office.moment)
    flipped = third[:-1] + ("A" if third[-1] != "A" else "B")
    answers = {}
    with office.stranger() as browser:
        browser.cookies.set("lang", "ru", domain="127.0.0.1")
        for name, link in (
            ("used", used_link),
            ("left", left_link),
            ("guessed", flipped),
            ("short", "/confirm/x"),
        ):
            for method in ("GET", "POST"):
                answer = browser.request(method, link)
                answers[name, method] = (answer.status_code, body_of(answer.text))
        answers["document", "GET"] = (
            (document := browser.get(f"{used_link}/document")).status_code,
            body_of(document.text),
        )
        with office.client() as officer:
            assert "Их ссылки перестанут действовать" in officer.get(f"{address}?lang=ru").text
            assert officer.post(f"{address}/close").status_code == 303
        answer = browser.post(third, data={"field.post": "маман"})
        answers["closed", "POST"] = (answer.status_code, body_of(answer.text))
        with office.client() as officer:
            fields = {"until": "2026-04-30", "ground": "Ответили <не> все"}
            closed = officer.get(f"{address}?lang=ru").text
            assert f'action="{address}/reopen"' in closed
            assert ("нет ответа" in closed, "жидает" in body_of(closed.partition("about-title")[0])) == (
                True,
                False,
            )
            assert officer.post(f"{address}/reopen", data={**fields, "ground": " "}).status_code == 422
            assert officer.post(f"{address}/reopen", data=fields).status_code == 303
            campaign_text = officer.get(f"{address}?lang=ru").text
            assert "(основание: Ответили &lt;не&gt; все)" in campaign_text
            assert f'action="{address}/reopen"' not in campaign_text
        assert browser.get(third).status_code == 200
    assert set(answers.values()) == {(404, next(iter(answers.values()))[1])}
    assert REFUSED in next(iter(answers.values()))[1]


def body_of(page: str) -> str:
    return text_of(page.partition("<main")[2])


def test_guessing_is_slowed_and_disturbs_nobody_with_a_link(office: Site) -> None:
    """Some guesses of one network are answered, then none for a quarter of an hour; a right link opens."""
    start(office)
    link = sorted(links(office).values())[0]
    with office.stranger() as browser:
        most, _ = LIMITS["link"]
        statuses = [browser.get(f"/confirm/{n:048d}").status_code for n in range(most + 5)]
        assert statuses == [404] * most + [429] * 5
        assert browser.get(link).status_code == 200
        office.later(timedelta(minutes=15))
        assert browser.get(f"/confirm/{0:048d}").status_code == 404


def test_what_is_filled_in_wrong_is_said_and_the_link_stays_good(office: Site, officer: TestClient) -> None:
    """Each field with its sentence in the person's language, what was typed stays; no other field is taken."""
    start(office, FILING, **{"field.year": "2026", "field.due_on": "2026-09-15"})
    link = sorted(links(office).values())[0]
    right = {"category": "official", "form": "income", "filed_on": "2026-04-03", "notice": "N-7"}
    right |= {"published": "no", "spouse": "none"}
    form = {f"field.{name}": value for name, value in right.items()}
    with office.stranger() as browser:
        browser.cookies.set("lang", "ru", domain="127.0.0.1")
        page = browser.get(link).text
        wrong = browser.post(link, data={**form, "field.filed_on": "2026-02-30", "field.notice": ""})
        answer = browser.post(link, data={**form, "field.reason_late": "жасырын", "field.due_on": "2030-01-01"})
    assert set(re.findall(r'name="field\.([a-z_.]+)"', page)) == {
        *right,
        *("spouse_form", "spouse_filed_on", "spouse_notice"),
    }
    assert wrong.status_code == 422
    assert "Номер уведомления о сдаче" in text_of(wrong.text)
    assert '<option value="official" selected>' in wrong.text
    assert answer.status_code == 200
    row = officer.get("/api/v1/rows/declarations-2026-0001").json()["row"]["values"]
    assert row == {
        **right,
        "year": "2026",
        "employee": row["employee"],
        "declarant": "employee",
        "due_on": "2026-09-15",
        "published": False,
        "informed_on": "2026-04-06",
        "received_on": "2026-04-06",
    }
