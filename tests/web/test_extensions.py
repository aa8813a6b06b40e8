"""Extension and pause on the pages and in the API."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.documents.people.sheet import people_table
from merzim.services.configuration.settings import RegulationSettings
from merzim.services.moments import Moment
from merzim.storage.org import store as office_store
from merzim.web.app import create_app
from tests.permits import CLINIC, write_folder
from tests.web.conftest import PASSWORD, Site, people, settings_in
from tests.web.offices import office
from workflow.cases.commands.opening import Opening

TODAY, NOW = date(2026, 9, 18), datetime(2026, 9, 18, 7, 0, tzinfo=UTC)
GROUND = "Қосымша құжаттар керек"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """An office with an appeal (2026-0001) and an application for a permit (2026-0002), both of 1 September."""
    moment = Moment(now=NOW, today=TODAY)
    folder = write_folder(tmp_path / "own")
    (folder / "clinic-permit.2026-01-01.toml").write_text(CLINIC, encoding="utf-8")
    settings = replace(settings_in(tmp_path), regulations=RegulationSettings(folder=folder))
    context = build_app(settings, clock=lambda: moment)
    sample_office = office()
    office_store.save(context.engine, units=sample_office.units.values(), people=sample_office.people.values())
    people(context.accounts)
    received = date(2026, 9, 1)
    for opening in (
        Opening(procedure="citizen-appeal", unit="hr", facts={"appeal_received": received}),
        Opening(procedure="permit", unit="hr", facts={"received": received}),
    ):
        context.case_commands.open(opening, by="test", now=NOW, today=TODAY)
    site = Site(app=create_app(context, lambda: moment), context=context)
    yield site
    site.close()


@pytest.fixture
def browser(site: Site) -> TestClient:
    return logged_in(site, "officer")


def logged_in(site: Site, login: str) -> TestClient:
    client = site.stranger()
    client.post("/login", data={"login": login, "password": PASSWORD})
    return client


def confirmed(browser: TestClient, address: str, form: dict[str, str]) -> str:
    """Send a form that shows a preview first, confirm it, and return the page that follows."""
    response = browser.post(address, data={**form, "preview": "yes"})
    assert 'class="problem-line to-confirm" role="status"' in response.text
    token = re.search(r'name="confirmed" value="(\w+)"', response.text)
    assert token is not None, response.text
    answer = browser.post(address, data={**form, "preview": "yes", "confirmed": token[1]})
    assert answer.status_code == 303
    return html.unescape(browser.get(answer.headers["location"]).text)


def test_a_deadline_is_extended_on_the_page(site: Site, browser: TestClient) -> None:
    """The form says what the act allows; both dates stand in the row, the decision in the history."""
    page = html.unescape(browser.get("/cases/2026-0001?lang=ru").text)
    assert "Ответ заявителю: не более 2 мес., раз: 1; продлить вправе: первый руководитель" in page
    form = {
        "obligation": "appeal_answered",
        "by": "1",
        "decided_by": "head",
        "on": "2026-09-18",
        "ground": GROUND,
    }

    refused = browser.post("/cases/2026-0001/extend", data={**form, "by": "3"})
    assert refused.status_code == 422
    assert "не более чем на 2 мес." in html.unescape(refused.text)
    page = confirmed(browser, "/cases/2026-0001/extend", {**form, "document": "№ 15"})

    assert "Срок продлён: Ответ заявителю." in page
    assert "22 октября 2026 года" in page
    assert "продлён, прежний срок – 22.09.2026" in page
    assert "Решение принял первый руководитель · № 15" in page
    withdrawn = confirmed(
        browser, "/cases/2026-0001/withdraw", {"name": "extended.appeal_answered", "ground": GROUND}
    )
    assert "</b> (срок продлён): Продление срока рассмотрения обращения" in withdrawn
    assert site.case("2026-0001").extensions == {}  # type: ignore[union-attr]


def test_a_case_is_paused_and_resumed_on_the_page(browser: TestClient) -> None:
    """The running term has no day, the stage says since when; the form turns into the one that resumes. Who
    decided and by which document stand in the head of the case, in its history and in the explanation."""
    form = {"on": "2026-09-09", "ground": GROUND, "decided_by": "head", "document": "№ 7 от 09.09.2026"}
    page = confirmed(browser, "/cases/2026-0002/pause?lang=ru", form)

    assert "с 9 сентября 2026 года" in page
    assert "Решение о приостановлении принял первый руководитель." in page
    assert "Документ о приостановлении: № 7 от 09.09.2026." in page
    history = "<p>Решение принял первый руководитель · № 7 от 09.09.2026</p>"
    assert history in html.unescape(browser.get("/cases/2026-0002/history?lang=ru").text)
    assert "течение приостановлено, прежний срок – 15.09.2026" in page
    assert 'id="pause"' not in page
    second_answer = browser.post("/cases/2026-0002/pause", data={"on": "2026-09-10", "ground": GROUND})
    assert (
        second_answer.status_code,
        "приостановить дело 2026-0002 нельзя" in html.unescape(second_answer.text).lower(),
    ) == (
        422,
        True,
    )
    form = {"on": "2026-09-17", "ground": GROUND, "decided_by": "deputy", "document": "№ 9"}
    page = confirmed(browser, "/cases/2026-0002/resume", form)
    assert "Решение о возобновлении принял" in page
    assert "Документ о возобновлении: № 9." in page
    assert "приостанавливался, прежний срок – 15.09.2026" in page
    assert "23 сентября 2026 года" in page


def test_a_program_extends_pauses_and_resumes(browser: TestClient) -> None:
    """The commands are the bodies; a preview writes nothing; what is refused is one sentence."""
    extension = {"obligation": "appeal_answered", "by": 2, "decided_by": "deputy", "ground": GROUND}
    appeal, permit = "/api/v1/cases/2026-0001", "/api/v1/cases/2026-0002"

    foreseen = browser.post(f"{appeal}/extensions", json={**extension, "preview": True}).json()
    answer = browser.post(f"{appeal}/extensions", json=extension).json()
    moved_steps = [
        {"obligation": "appeal_answered", "from": "2026-09-22", "to": "2026-11-23"},
        {"obligation": "applicant_told", "from": None, "to": "2026-09-23"},
    ]
    assert (foreseen["events"], foreseen["moved"], answer["moved"]) == ([], moved_steps, moved_steps)
    event = answer["events"][0]
    assert (event["kind"], event["name"], event["on"]) == ("extended", "appeal_answered", "2026-09-18")
    assert event["payload"] == {"by": 2, "in": "months", "decided_by": "deputy", "ground": GROUND}

    neither = browser.post(f"{appeal}/extensions", json={**extension, "by": None})
    assert neither.status_code == 422
    decision = {"decided_by": "head", "document": "№ 7"}
    pause = {"on": "2026-09-09", "ground": GROUND}
    unknown = browser.post(f"{permit}/pause", json={**pause, "decided_by": "nobody"})
    assert (unknown.status_code, "nobody" in unknown.text) == (422, True)
    paused = browser.post(f"{permit}/pause", json={**pause, **decision}).json()
    assert paused["events"][0]["payload"] == {"ground": GROUND, **decision}
    assert {"obligation": "decided", "from": "2026-09-15", "to": None} in paused["moved"]
    resumed = browser.post(f"{permit}/resumption", json={"on": "2026-09-17", "ground": GROUND}).json()
    assert {"obligation": "decided", "from": None, "to": "2026-09-23"} in resumed["moved"]


def test_only_those_who_manage_extend_and_pause(site: Site) -> None:
    """A responsible person sees neither form and is refused."""
    reader = logged_in(site, "responsible")

    assert 'id="extend"' not in reader.get("/cases/2026-0001").text
    body = {"obligation": "appeal_answered", "by": 1, "decided_by": "head", "ground": GROUND}
    assert reader.post("/api/v1/cases/2026-0001/extensions", json=body).status_code == 403


def test_own_duties_and_kinds_are_chosen_on_the_pages(site: Site) -> None:
    """A unit is given the kind, a person the duty, by their titles; lists and the exported table say them."""
    admin = logged_in(site, "administrator")
    unit = admin.get("/administration/unit?lang=ru").text
    person = admin.get("/administration/person?lang=ru").text
    assert ('<option value="clinic">Поликлиника</option>' in unit, "Главная медсестра" in person) == (
        True,
        True,
    )

    new = {"name": "Клиника № 1", "kind": "clinic", "id": "", "mark": "", "first_level": "1"}
    nurse = {"name": "С. Сейтова", "unit": "Клиника № 1", "key": "", "mark": "", "email": "s@org.kz"}
    responses = [
        admin.post("/administration/unit", data=new),
        admin.post("/administration/person", data={**nurse, "duty": "chief_nurse"}),
        admin.post("/administration/unit", data={**new, "name": "Клиника № 2", "kind": "clinik"}),
    ]
    people, units = (admin.get(f"/administration/{page}").text for page in ("people", "units"))
    table = people_table(site.context.reads.office(), "ru")

    assert [response.status_code for response in responses] == [303, 303, 422]
    assert ("Главная медсестра" in people, "Поликлиника" in units) == (True, True)
    assert any("Главная медсестра" in row for row in table.rows)
    assert site.context.reads.office().people["s@org.kz"].duties == ("chief_nurse",)


def test_an_extension_and_a_pause_are_undone_from_the_toast(site: Site, browser: TestClient) -> None:
    """Each is offered to be undone right after it, as facts are; a resumption undone leaves the case paused."""

    def undo(page: str, case: str) -> None:
        match = re.search(r'action="/cases/[^"]+/undo"><input type="hidden" name="line" value="(\d+)"', page)
        assert match is not None
        assert browser.post(f"/cases/{case}/undo", data={"line": match[1]}).status_code == 303

    extension = {"obligation": "appeal_answered", "by": "1", "decided_by": "head", "ground": GROUND}
    undo(confirmed(browser, "/cases/2026-0001/extend", {**extension, "on": "2026-09-18"}), "2026-0001")
    pause = confirmed(browser, "/cases/2026-0002/pause", {"on": "2026-09-09", "ground": GROUND})
    resumed = confirmed(browser, "/cases/2026-0002/resume", {"on": "2026-09-17", "ground": GROUND})
    undo(resumed, "2026-0002")
    permit = site.case("2026-0002")
    undo(pause, "2026-0002")

    assert site.case("2026-0001").extensions == {}  # type: ignore[union-attr]
    assert permit is not None
    assert permit.paused is not None
    assert site.case("2026-0002").pauses == ()  # type: ignore[union-attr]
