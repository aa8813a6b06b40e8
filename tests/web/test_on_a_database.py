"""Transactions of a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event
from starlette.testclient import TestClient


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
