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
PRUNE = """() => {
  const shape = one => [one.tagName, one.getAttribute("class"), one.getAttribute("role"),
    one.getAttribute("type"), one.hasAttribute("id"), one.hasAttribute("hidden"),
    ...Array.from(one.children, shape)].join("|");
  const rows = "table, tbody, tr, ul, ol, dl, svg, svg g, .findings";
  document.querySelectorAll(rows).forEach(parent => {
    const met = {};
    Array.from(parent.children).forEach(child => {
      const said = shape(child);
      met[said] = (met[said] || 0) + 1;
      if (met[said] > 2 && !/^T[HD]$/.test(child.tagName)) child.remove();
    });
  });
}"""
"""Of rows made alike, down to their classes, two are as good as two hundred: axe asks the same of each."""
TWICE = """() => {
  const met = {};
  document.querySelectorAll("[id]").forEach(one => met[one.id] = (met[one.id] || 0) + 1);
  return Object.keys(met).filter(id => met[id] > 1);
}"""
LOOKS: tuple[tuple[int, str, list[str]], ...] = (
    (1360, "light", []),
    (1360, "dark", COLOURS),
    (360, "dark", []),
    (360, "light", COLOURS),
)
WALKED = (
    "/monitoring/consolidated",
    "/monitoring/uploads",
    "/monitoring/yearly",
    "/cases/2026-0002/risks?risk=1",
)
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
SHOWS = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  return Array.from(document.querySelectorAll(all)).filter(one => {
    if (!one.checkVisibility() || one.disabled || one.tabIndex < 0) return false;
    one.focus();
    const style = getComputedStyle(one);
    return style.outlineStyle === "none" && style.boxShadow === "none";
  }).slice(0, 4).map(one => one.outerHTML.slice(0, 120));
}"""
"""After a stroke of the keyboard, what is come to by a script shows where one stands as if by a key."""
WIDTHS = sorted({width for width, _, _ in LOOKS})
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
            wrong = [f"two of one id: {one}" for one in sheet.evaluate(TWICE)]
            for width in WIDTHS:
                sheet.set_viewport_size({"width": width, "height": 900})
                wrong += [f"over the edge at {width}: {one}" for one in sheet.evaluate(OVER)]
            sheet.evaluate(PRUNE)
            sheet.keyboard.press("Tab")
            wrong += [f"nothing shows where one stands: {one}" for one in sheet.evaluate(SHOWS)]
            sheet.evaluate(AXE)
            for width, theme, rules in LOOKS:
                if sheet.viewport_size["width"] != width:
                    sheet.set_viewport_size({"width": width, "height": 900})
                if sheet.evaluate("document.documentElement.dataset.bsTheme") != theme:
                    sheet.emulate_media(color_scheme=theme)
                    sheet.wait_for_function(f"document.documentElement.dataset.bsTheme === '{theme}'")
                wrong += [f"{theme} {width} {one}" for one in sheet.evaluate(RUN, rules)]
            if wrong:
                found[f"{login} {address}"] = wrong

    assert not found, "\n".join(f"{page}\n   " + "\n   ".join(wrong) for page, wrong in found.items())


def test_there_are_pages_to_look_at(addresses: dict[str, list[str]]) -> None:
    """Else the above would hold by itself."""
    assert sum(map(len, addresses.values())) > 7


def test_the_keyboard_reaches_everything_and_shows_where_it_stands(served: Served) -> None:
    """Tab after tab through the pages with forms of their own: nothing is skipped, nothing holds one fast."""
    with served.page("officer", reduced_motion="reduce") as sheet:
        for address in WALKED:
            sheet.goto(address)
            unseen = []
            for _ in range(sheet.evaluate(REACHABLE) + 3):
                sheet.keyboard.press("Tab")
                unseen += sheet.evaluate(STOOD)
            left = sheet.evaluate(
                "window.left.filter(one => !one.dataset.stood).map(one => one.outerHTML.slice(0, 120))"
            )

            assert not unseen, f"{address}: nothing shows where one stands: {unseen[:3]}"
            assert not left, f"{address}: never reached: {left[:3]}"
