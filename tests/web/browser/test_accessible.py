"""axe-core finds nothing on any page, in both themes, wide and narrow; nothing leans over the edge."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from tests.web.browser.conftest import Served
from tests.web.walking import STARTS, walk

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async (rules) => {
  const options = {resultTypes: ["violations"], preload: false, iframes: false};
  if (rules.length) options.runOnly = {type: "rule", values: rules};
  const found = await axe.run(document, options);
  return found.violations.map(one => one.id + ": " + one.nodes.slice(0, 3).map(
    node => node.html.slice(0, 160) + " | " + (node.any[0] ? node.any[0].message : "")).join(" ## "));
}"""
OVER = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return Array.from(document.querySelectorAll("body *"))
    .filter(one => one.getBoundingClientRect().right > wide + 1 && getComputedStyle(one).position !== "fixed")
    .slice(0, 4).map(one => one.outerHTML.slice(0, 120));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""What a theme can break; the rest of a page is the same in both."""
LOOKS: tuple[tuple[int, str, list[str]], ...] = (
    (1360, "dark", COLOURS),
    (1360, "light", []),
    (360, "light", []),
)
LOGINS = ("officer", "first_head", "administrator", "")


@pytest.fixture(scope="module")
def addresses(served: Served) -> dict[str, list[str]]:
    """Every page, by whose log-in it is looked at: one address of each route, found by walking."""
    found: dict[str, list[str]] = {}
    known: set[str] = set()
    for login in filter(None, LOGINS):
        with served.office.client(login) as browser:
            walked = walk(browser, each=1, starts=(*STARTS, *served.office.uploaded))
        fresh = {
            route: next(filter(set(walked.pages).__contains__, addresses), None)
            for route, addresses in walked.by_route.items()
            if route not in known
        }
        found[login] = [page for page in fresh.values() if page]
        known.update(fresh)
    found[""] = ["/login", "/cases/2026-9999"]
    return found


@pytest.mark.parametrize("login", LOGINS)
def test_every_page_can_be_used_by_everybody(
    login: str, addresses: dict[str, list[str]], served: Served
) -> None:
    """Contrast, names of fields, headings, landmarks: whatever axe-core knows; and no scrolling sideways."""
    found: dict[str, list[str]] = {}
    with served.page(login, bypass_csp=True, reduced_motion="reduce") as sheet:
        for address in addresses[login]:
            sheet.goto(f"{address}{'&' if '?' in address else '?'}theme=auto")
            sheet.evaluate(AXE)
            for width, theme, rules in LOOKS:
                sheet.set_viewport_size({"width": width, "height": 900})
                sheet.emulate_media(color_scheme=theme)
                sheet.wait_for_function(f"document.documentElement.dataset.bsTheme === '{theme}'")
                wrong = sheet.evaluate(RUN, rules)
                wrong += [f"over the edge: {one}" for one in sheet.evaluate(OVER)]
                if wrong:
                    found[f"{login} {address} {theme} {width}"] = wrong

    assert not found, "\n".join(f"{page}\n   " + "\n   ".join(wrong) for page, wrong in found.items())


def test_there_are_pages_to_look_at(addresses: dict[str, list[str]]) -> None:
    """Else the above would hold by itself."""
    assert sum(map(len, addresses.values())) > 7
