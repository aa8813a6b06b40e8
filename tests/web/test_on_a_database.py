"""The dashboard on a real database and a real evidence folder."""

from __future__ import annotations

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


def test_a_page_reads_the_database_in_one_transaction(browser: TestClient, begun: list[object]) -> None:
    """Session, units, deadlines and letters of a page are of one moment; nothing is held while it is sent."""
    for path in ("/desk", "/cases", "/", "/api/v1/board"):
        assert browser.get(path).status_code == 200
        begun.clear()
        assert browser.get(path).status_code == 200
        assert len(begun) <= 3, f"{path}: {len(begun)} transactions"
