"""The same answers for machines."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import Home


def test_the_service_says_that_it_lives(browser: TestClient) -> None:
    """What a watchdog asks."""
    assert browser.get("/healthz").json() == {"status": "ok"}


def test_the_board_has_its_figures_and_lines(home: Home, browser: TestClient) -> None:
    """The machine reads what the manager sees."""
    answer = browser.get("/api/v1/board?lang=ru").json()
    line = next(line for line in answer["due"] if line["case"] == home.real)

    assert (answer["today"], answer["due_until"]) == ("2026-04-06", "2026-04-15")
    assert answer["overdue_count"] == len(answer["overdue"]) == 7
    assert (line["obligation"], line["due"], line["working_days"]) == ("order_signed", "2026-04-06", 0)


def test_a_case_has_the_deadlines_of_the_real_schedule(home: Home, browser: TestClient) -> None:
    """The five dates an organisation published, from its own two plan dates."""
    answer = browser.get(f"/api/v1/cases/{home.real}?lang=ru").json()
    due = {item["id"]: item["due"] for item in answer["obligations"]}

    assert due["start_announced"] == "2026-03-30"
    assert due["order_signed"] == "2026-04-06"
    assert due["discussion_announced"] == "2026-05-12"
    assert due["discussion_held"] == "2026-05-19"
    assert due["published"] == "2026-05-18"
    assert all(item["explanation"] for item in answer["obligations"] if item["due"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/cases/none", 404),
        ("/api/v1/cases/%00", 404),
        ("/api/v1/board?lang=de", 422),
        ("/api/v1/x", 404),
    ],
)
def test_a_refusal_is_json_with_a_sentence(path: str, status: int, browser: TestClient) -> None:
    """A machine gets a code, a person reading its log a sentence."""
    answer = browser.get(path)

    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_the_description_is_served_without_a_foreign_page(browser: TestClient) -> None:
    """OpenAPI as data; no page that would fetch its scripts elsewhere."""
    description = browser.get("/api/openapi.json").json()

    assert set(description["paths"]) == {"/healthz", "/api/v1/board", "/api/v1/cases/{case}"}
    assert browser.get("/docs").status_code == 404
    assert browser.get("/redoc").status_code == 404
