"""Measures and requests on the case page and in the API."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.web.conftest import TODAY, Site


def test_a_measure_is_shown_and_never_asked_for_as_a_fact(site: Site, browser: TestClient) -> None:
    case = f"/cases/{site.real}"
    browser.post(f"{case}/risks", data={"description": "Тәртіп жоқ", "direction": "other", "on": "2026-04-01"})
    measure = {"number": "1", "action": "Сатып алу қағидасын бекіту", "term": "01.04.2026"}
    browser.post(f"{case}/risks/measure", data=measure)
    page = browser.get(case).text
    recorded, _, withdrawn = page.partition('id="withdraw-title"')

    assert "Сатып алу қағидасын бекіту" in page
    assert "01.04.2026" in page
    assert "fact=measure.1" not in page
    assert '<option value="measure.1"' not in recorded
    assert '<option value="measure.1"' in withdrawn


def test_what_was_written_in_a_register_is_said_on_the_page_it_comes_back_to(
    site: Site, browser: TestClient
) -> None:
    """A position entered, changed, talked with and taken out; a remark recorded and answered."""
    day = TODAY.isoformat()
    register_writes = (
        ("positions", {"title": "Басшы", "holder": "А. Б."}, "Position exposed."),
        ("positions", {"number": "1", "title": "Орынбасар"}, "Register entry changed."),
        ("positions/talk", {"number": "1", "on": day, "holder": "А. Б."}, "Talk held."),
        ("positions/clear", {"number": "1", "on": day}, "Position cleared."),
        ("remarks", {"text": "Тәртіп ашылмаған", "source": "discussion", "on": day}, "Remark made."),
        ("remarks/answer", {"number": "1", "taken": "yes", "on": day}, "Remark answered."),
    )
    address, headers = f"/cases/{site.real}", {"Accept-Language": "en"}
    answers = (
        browser.post(f"{address}/{path}", data=data, headers=headers, follow_redirects=True)
        for path, data, _ in register_writes
    )
    pages = [answer.text for answer in answers]

    unsaid = [
        message for page, (*_, message) in zip(pages, register_writes, strict=True) if message not in page
    ]
    assert unsaid == []
