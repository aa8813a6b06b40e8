"""User journeys from the log-in to the last click, in a real browser on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.browser.conftest import Served, serving
from tests.web.offices import example_office


@pytest.fixture
def served(chromium: Any) -> Iterator[Served]:
    """An office of one's own: these journeys write."""
    with serving(example_office(), chromium) as server:
        yield server


def test_a_plan_date_is_moved_by_the_mouse_and_by_the_keyboard(
    served: Served, quiet: Callable[[], None]
) -> None:
    """From Tuesday 26 May: → is Thursday 28, for 27 May is Kurban Ait, ← is 26 again; Escape leaves it all as
    it was. Dragged to a weekend it stands on a working day beside it. What is cancelled goes back; what is
    confirmed is planned, and the timeline is shown again."""
    reads = served.office.context.reads

    def planned() -> str:
        case = reads.case("2026-0001")
        return case.planned["analysis_ended"].isoformat()

    with served.page(viewport={"width": 1366, "height": 900}) as page:
        page.goto("/portfolio")
        mark = page.locator('[data-fact="analysis_ended"]')
        assert mark.get_attribute("role") == "button"
        mark.focus()
        for key, day in (
            ("ArrowRight", "28.05.2026"),
            ("ArrowLeft", "26.05.2026"),
            ("ArrowLeft", "25.05.2026"),
        ):
            page.keyboard.press(key)
            assert day in page.locator("#moved").inner_text()
        page.keyboard.press("Escape")
        assert "26.05.2026" in page.locator("#moved").inner_text()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.locator("#replan [name=on]").input_value() == "2026-05-28"
        page.locator("#replan [data-close]").click()
        # A dialog tells that it was closed a moment after it is.
        page.wait_for_function("document.getElementById('moved').textContent.includes('26.05.2026')")
        assert planned() == "2026-05-26"

        box, track = mark.locator(".p-planned").bounding_box(), page.locator(".p-track").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + track["width"] * 4 / 365, y, steps=4)  # Saturday 30 May
        page.mouse.up()
        assert page.locator("#replan [name=on]").input_value() == "2026-06-01"
        page.locator("#replan button[type=submit]").click()
        page.locator("#plan-problem button[type=submit]").wait_for()
        assert planned() == "2026-05-26", "nothing is written before it is confirmed"
        page.locator("#plan-problem button[type=submit]").click()
        page.wait_for_url("**/portfolio?*replanned=2026-0001*")
        assert planned() == "2026-06-01"
        assert page.locator('[data-fact="analysis_ended"]').get_attribute("data-on") == "2026-06-01"
    quiet()
