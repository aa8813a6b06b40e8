"""The dashboard on a real database and a real evidence folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.moments import Moment
from merzim.storage.org import store as office_store
from merzim.web.app import create_app
from tests.web.conftest import NOW, PASSWORD, TODAY, people, settings_in
from tests.web.offices import office
from workflow.cases.commands.opening import Opening


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    """A browser on a dashboard whose database holds the real schedule."""
    moment = Moment(now=NOW, today=TODAY, demonstration=True)
    settings = settings_in(tmp_path)
    named_settings = settings.model_copy(
        update={"office": settings.office.model_copy(update={"name": "Ұлттық экономика министрлігі"})}
    )
    context = build_app(named_settings, clock=lambda: moment)
    sample_office = office()
    office_store.save(context.engine, units=sample_office.units.values(), people=sample_office.people.values())
    people(context.accounts)
    context.case_commands.open(
        Opening(
            procedure="internal-analysis",
            unit="hr",
            object="Персоналды басқару департаменті",
            planned={"analysis_started": date(2026, 4, 8), "analysis_ended": date(2026, 5, 12)},
        ),
        by="test",
        now=NOW,
        today=TODAY,
    )
    app = create_app(context, lambda: moment)
    with TestClient(
        app, base_url="https://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=True
    ) as client:
        client.post("/login", data={"login": "officer", "password": PASSWORD})
        yield client
    context.close()


@pytest.fixture
def begun(browser: TestClient) -> Iterator[list[object]]:
    """The transactions begun, as long as the test lasts."""
    connections: list[object] = []

    def note(connection: object) -> None:
        connections.append(connection)

    event.listen(Engine, "begin", note)
    yield connections
    event.remove(Engine, "begin", note)


def test_a_fact_goes_from_the_form_to_the_ledger_and_back_to_the_page(browser: TestClient) -> None:
    """The late announcement leaves the board, its file comes back, its finding stands on the page."""
    line = browser.get("/api/v1/board").json()["overdue"][0]
    page = browser.post(
        f"/cases/{line['case']}?lang=ru",
        data={"fact": line["obligation"], "on": "2026-04-03", "link.link:site": "https://org.kz/1"},
        files={"file.other": ("скриншот.png", b"\x89PNG\r\n\x1a\n", "image/png")},
    ).text
    (file,) = re.findall(r'href="(/cases/[^"]+/evidence/[0-9a-f]{64})"', page)
    after = browser.get("/api/v1/board").json()

    assert line["obligation"] == "start_announced"
    assert "Записано: Объявление о начале анализа" in page
    assert "опоздание – 7 рабочих дней" in page
    assert "https://org.kz/1" in page
    assert browser.get(file).content == b"\x89PNG\r\n\x1a\n"
    assert not any(item["obligation"] == "start_announced" for item in after["overdue"])


@pytest.mark.parametrize("path", ["/", "/?unit=head", "/?unit=hr&stage=order", "/cases", "/cases?unit=law"])
def test_every_list_is_answered_by_the_database(path: str, browser: TestClient) -> None:
    """The database understands every question the pages ask."""
    answer = browser.get(path)

    assert answer.status_code == 200
    assert "Ұлттық экономика министрлігі" in answer.text


def test_a_unit_shows_what_its_own_units_owe(browser: TestClient) -> None:
    """Narrowing to a unit keeps what lies below it."""
    above, law_board = (browser.get(f"/api/v1/board?unit={unit}").json() for unit in ("head", "law"))

    assert above["overdue_count"] == 2
    assert law_board["overdue_count"] == 0


def test_an_empty_file_is_refused_by_the_store_in_words(browser: TestClient) -> None:
    """An error of the folder is shown at the form like every refusal."""
    case = browser.get("/api/v1/board").json()["overdue"][0]["case"]
    answer = browser.post(
        f"/cases/{case}?lang=ru",
        data={"fact": "order_signed", "on": "2026-04-03"},
        files={"file.document:order": ("a.pdf", b"", "application/pdf")},
    )

    assert answer.status_code == 422
    assert "a.pdf" in answer.text


def test_a_page_reads_the_database_in_one_transaction(browser: TestClient, begun: list[object]) -> None:
    """Session, units, deadlines and letters of a page are of one moment; nothing is held while it is sent."""
    for path in ("/desk", "/cases", "/", "/api/v1/board"):
        assert browser.get(path).status_code == 200
        begun.clear()
        assert browser.get(path).status_code == 200
        assert len(begun) <= 3, f"{path}: {len(begun)} transactions"
