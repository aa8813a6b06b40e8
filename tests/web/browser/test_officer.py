"""An officer's work in a browser: a published schedule becomes a case, whose steps are recorded and mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.web.browser.conftest import Served, serving
from tests.web.offices import ROOT, example_office
from tests.web.test_campaigns import links, start

SCHEDULE = ROOT / "examples" / "real_schedule_2026_ru.xlsx"
STEPS = (("start_announced", "2026-03-30"), ("order_signed", "2026-04-06"))


@pytest.fixture
def served(chromium: Any) -> Iterator[Served]:
    """An office that knows its people and has no case, in June."""
    with serving(example_office(day="2026-06-15", cases=False), chromium) as server:
        yield server


def test_a_schedule_becomes_a_case_and_its_steps_are_recorded(
    served: Served, quiet: Callable[[], None]
) -> None:
    """Nothing is written before the preview is confirmed; then one step after another."""
    reads = served.office.context.reads
    with served.page() as page:
        page.goto("/open")
        page.set_input_files("#file", SCHEDULE)
        page.locator("form[action='/open/schedule'] button[type=submit]").click()
        page.wait_for_url("**/open/schedule/*")
        assert list(reads.cases()) == []
        page.locator("main form[method=post] button[type=submit]").last.click()
        page.wait_for_url("**/cases**")
        (case,) = reads.cases()

        for fact, on in STEPS:
            page.goto(f"/cases/{case.id}?fact={fact}")
            page.fill("#record-on", on)
            page.locator("#record button[type=submit]").click()
            page.wait_for_url(f"**recorded={fact}*")

    whole_case = reads.case(case.id)
    assert {name for name, _ in STEPS} <= set(whole_case.facts)


def test_a_mistake_is_corrected_or_undone_and_a_move_confirmed(
    served: Served, quiet: Callable[[], None]
) -> None:
    """An order recorded with a slip of the pen is late; corrected with its ground it is in time. What was just
    recorded is undone with one press; the form of a plan date shows what it moves, and a second press saves it.
    """
    served.office.run("import", str(SCHEDULE))
    (case,) = served.office.context.reads.cases()
    with served.page() as page:
        page.goto(f"/cases/{case.id}?fact=order_signed")
        page.fill("#record-on", "2026-06-04")
        page.locator("#record button[type=submit]").click()
        page.wait_for_url("**recorded=order_signed*")
        late = page.locator(".finding", has_text="приказ").count()
        page.locator("#more > summary").click()
        page.locator("#correct summary").click()
        page.select_option("#correct-fact", "order_signed")
        page.fill("#correct-on", "2026-04-06")
        page.fill("#correct-ground", "В приказе стоит 6 апреля")
        with page.expect_navigation():
            page.locator("#correct button[type=submit]").click()

        page.goto(f"/cases/{case.id}?fact=start_announced")
        corrected = page.locator(".finding", has_text="приказ").count()
        page.fill("#record-on", "2026-06-05")
        page.locator("#record button[type=submit]").click()
        page.wait_for_url("**recorded=start_announced*")
        page.locator(".told button").click()
        page.wait_for_url("**said=undone*")

        page.locator("#plan summary").click()
        page.select_option("#plan-fact", "analysis_started")
        page.fill("#plan-on", "2026-06-29")
        page.locator("#plan form > button").click()
        page.wait_for_selector("#plan-problem li")
        assert page.input_value("#plan-on") == "2026-06-29"
        page.locator("#plan-problem button").click()
        page.wait_for_url("**replanned=analysis_started*")

        page.goto(f"/cases/{case.id}/history")
        struck = page.locator(".is-withdrawn").count()

    events = [event.kind for event in served.office.context.reads.events(case.id)]
    assert corrected < late
    assert events[-5:] == ["fact", "corrected", "fact", "withdrawn", "planned"]
    assert struck == 1


def test_a_person_without_an_account_confirms_by_their_link(served: Served, quiet: Callable[[], None]) -> None:
    """A browser says where a form comes from only as far as the page's policy lets it: the answer is taken."""
    start(served.office, until="2026-06-30")
    with ThreadPoolExecutor() as pool:
        # This thread has the loop of the browser's driver already.
        person_key, link = sorted(pool.submit(links, served.office).result().items())[0]
    with served.page("") as page:
        page.goto(link)
        page.locator("#confirm button[type=submit]").click()
        page.wait_for_selector(".told[role=status]")
    with served.page() as page:
        page.goto("/campaigns/2026-001?state=answered")
        answered = page.locator("main").inner_text()

    assert served.office.context.reads.office().people[person_key].name in answered
