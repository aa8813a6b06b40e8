"""Every page in a real browser: foreign requests, axe-core, print layout.

Pages are found by crawling, so a new page needs no entry here. Every other page is checked wide and light, the
others narrow and dark, and every third is printed; `make look` checks all combinations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pytest

from tests.web.browser.axe import AXE, NEW, OVER, PRUNE, RUN, SHOWS, SMALL, TWICE
from tests.web.browser.conftest import Served
from tests.web.browser.look import LOGINS, pages_of

Look = tuple[int, str]
LOOKS: tuple[Look, ...] = ((360, "dark"), (1360, "light"))
"""Each width and each theme once."""
WALKED = ("/reports/consolidated", "/reports/uploads", "/reports/yearly", "/cases/2026-0002/risks?risk=1")
REACHABLE = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  window.left = Array.from(document.querySelectorAll(all)).filter(one =>
    one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
  return window.left.length + 4 * document.querySelectorAll("input[type=date]").length;
}"""
"""What the keyboard must come to, and how many strokes that takes at most: a date has parts of its own."""
STOOD = """() => {
  const one = document.activeElement;
  if (one === document.body) return [];
  one.dataset.stood = "1";
  const style = getComputedStyle(one);
  const shown = style.outlineStyle !== "none" || style.boxShadow !== "none";
  return shown ? [] : [one.outerHTML.slice(0, 120)];
}"""
"""Marks where one stands; what shows no outline there is given back.

Asked with motion reduced: of what still moves it would see a beginning, not where it comes to rest."""


@dataclass(frozen=True)
class Visit:
    """What one page, opened in Russian and dark by its address, was like in a browser set to Kazakh."""

    language: str
    theme: str
    foreign: tuple[str, ...]
    """Addresses of other hosts it asked for."""
    complaints: tuple[str, ...]
    """What the browser said of it, breaches of its own policy among it."""
    heading: str
    sheets: tuple[str, ...]
    """The text of each sheet it prints; nothing where that was not asked."""
    faults: tuple[str, ...]
    """What keeps somebody from using it."""


@pytest.fixture(scope="module")
def visits(served: Served) -> dict[str, Visit]:
    """A visit to one address of each route, by log-in and address."""
    visits: dict[str, Visit] = {}
    pages = pages_of(served)
    for login in LOGINS:
        with served.page(login, language="kk", reduced_motion="reduce") as page:
            page.add_init_script(AXE)
            for address in pages[login]:
                looks = LOOKS[len(visits) % 2 :][:1]
                prints = bool(login) and len(visits) % 3 == 0
                visits[f"{login} {address}"] = visit(page, served, address, looks, prints=prints)
    # Reports share a route; those of the menu are looked at besides.
    with served.page("officer", language="kk", reduced_motion="reduce") as page:
        page.add_init_script(AXE)
        for address in ("/reports/figures", "/reports/points"):
            visits[f"officer {address}"] = visit(page, served, address, LOOKS[:1], prints=True)
    return visits


def visit(page: Any, served: Served, address: str, looks: Sequence[Look], *, prints: bool) -> Visit:
    """Open a page and look at it. `looks`: those in which its structure and colours are asked."""
    watched = served.watched
    watched.foreign.clear()
    watched.complaints.clear()
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=ru&theme=dark")
    measures = page.evaluate(
        "[document.documentElement.lang, document.documentElement.dataset.mode,"
        " document.querySelector('h1').innerText]"
    )
    complaints = tuple(watched.complaints)  # before the page is taken apart
    sheets = text_of(page) if prints else ()
    return Visit(
        measures[0],
        measures[1],
        tuple(watched.foreign),
        complaints,
        measures[2],
        sheets,
        tuple(faults(page, looks)),
    )


def faults(page: Any, looks: Sequence[Look]) -> list[str]:
    """Whatever axe-core knows, and what it does not ask; the page is not whole afterwards."""
    wrong = [f"two of one id: {fault}" for fault in page.evaluate(TWICE)]
    for width in (1360, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"over the edge at {width}: {fault}" for fault in page.evaluate(OVER)]
    wrong += [f"less than a finger: {fault}" for fault in page.evaluate(SMALL)]
    page.evaluate(PRUNE)
    page.keyboard.press("Tab")
    # After a stroke of the keyboard, what is come to by a script shows where one stands as if by a key.
    wrong += [f"nothing shows where one stands: {fault}" for fault in page.evaluate(SHOWS)]
    page.evaluate(NEW)
    for width, theme in looks:
        if page.viewport_size["width"] != width:
            page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => { document.documentElement.dataset.mode = theme; }", theme)
        for part in ("structure", "colours"):
            wrong += [f"{theme} {width} {fault}" for fault in page.evaluate(RUN, part)]
    return wrong


def test_there_are_pages_to_look_at(visits: dict[str, Visit]) -> None:
    """Otherwise the other tests would check nothing."""
    assert len(visits) > 40


def test_every_page_can_be_used_by_everybody(visits: dict[str, Visit]) -> None:
    """Contrast, names of fields, headings, landmarks: whatever axe-core knows; and no scrolling sideways."""
    faults_by_page = {page: visit.faults for page, visit in visits.items() if visit.faults}

    assert not faults_by_page, "\n".join(
        f"{page}\n   " + "\n   ".join(wrong) for page, wrong in faults_by_page.items()
    )


def test_no_page_asks_another_host_or_breaks_its_own_policy(visits: dict[str, Visit]) -> None:
    """Nor has the browser anything else to complain about, but that a page that is not there is a 404."""
    visits_by_page = {page: visit for page, visit in visits.items() if visit.foreign or visit.complaints}
    missing = visits_by_page.pop(" /cases/2026-9999", None)

    assert visits_by_page == {}
    assert missing is None or not missing.foreign


def test_every_page_prints(visits: dict[str, Visit]) -> None:
    """The heading and no menu, no sheet nearly empty, never more than a case with all its reasons needs."""
    printed = {address: seen for address, seen in visits.items() if seen.sheets}

    assert len(printed) > 15
    for address, visit in printed.items():
        assert squeezed(visit.heading)[:40] in squeezed(visit.sheets[0]), address
        assert "Выйти" not in "".join(visit.sheets), address
        nearly_empty = [sheet for sheet in visit.sheets if len(squeezed(sheet)) <= 100]
        assert nearly_empty == [], f"{address}: {len(visit.sheets)} sheets"
        assert len(visit.sheets) <= 10, f"{address}: {len(visit.sheets)} sheets"


def text_of(page: Any) -> tuple[str, ...]:
    """The text of each printed sheet."""
    document = pypdfium2.PdfDocument(page.pdf(format="A4", print_background=True))
    return tuple(sheet.get_textpage().get_text_range() for sheet in document)


def squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def test_the_keyboard_reaches_everything_and_shows_where_it_stands(served: Served) -> None:
    """Tab after tab through the pages with forms of their own: nothing is skipped, nothing holds one fast."""
    with served.page("officer", reduced_motion="reduce") as sheet:
        for address in WALKED:
            sheet.goto(address)
            unseen = []
            for _ in range(sheet.evaluate(REACHABLE) + 3):
                sheet.keyboard.press("Tab")
                unseen += sheet.evaluate(STOOD)
            unreached_fields = sheet.evaluate(
                "window.left.filter(one => !one.dataset.stood).map(one => one.outerHTML.slice(0, 120))"
            )

            assert not unseen, f"{address}: nothing shows where one stands: {unseen[:3]}"
            assert not unreached_fields, f"{address}: never reached: {unreached_fields[:3]}"


def test_long_work_says_that_it_is_under_way(served: Served, quiet: Callable[[], None]) -> None:
    """The button can be pressed once; a sentence stands there until the answer comes."""
    with served.page("officer") as page:
        page.goto("/open?lang=ru")
        page.set_input_files("#file", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"case"})
        page.route("**/open/schedule", lambda route: route.fulfill(status=204))
        page.locator("main form button[type=submit]").first.click()
        page.locator(".busy-note").wait_for()

        assert page.locator(".busy-note").inner_text() == "Идёт расчёт, подождите…"
        assert page.locator("main form button[type=submit]").first.is_disabled()


def test_another_language_loses_nothing_typed(served: Served) -> None:
    """Half typed on the page of a form, and typed into a form that was refused."""
    with served.page() as page:
        page.goto("/calendar/acts?lang=ru")
        page.fill("#act-title-ru", "О переносе")
        page.locator(".switch a[hreflang=kk]").click()
        page.wait_for_url("**lang=kk")
        half_typed = page.locator("#act-title-ru").input_value()
        for field, text in (("off", "2026-05-08"), ("work", "2026-05-08"), ("code", "G26G0000000")):
            page.fill(f"#act-{field}", text)
        page.locator("form:has(#act-title-ru) button[type=submit]").click()
        sentence = page.wait_for_selector(".problem-top:not(:empty)").inner_text()
        page.locator(".switch a[hreflang=ru]").click()
        page.wait_for_url("**lang=ru")

        assert [half_typed, page.locator("#act-title-ru").input_value()] == ["О переносе"] * 2
        assert sentence.endswith("бірдей: екі түрлі күнді көрсетіңіз.")
        assert page.evaluate("document.documentElement.lang") == "ru"
