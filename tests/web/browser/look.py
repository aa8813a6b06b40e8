"""Every page in each language, theme and width: axe-core and layout checks. Run by `make look`.

The suite checks each page in one language and theme, and colours only where new; this checks all combinations.
With a folder, screenshots are saved there: `python -m tests.web.browser.look FOLDER`; with languages, only
those are checked: `python -m tests.web.browser.look kk ru`."""

from __future__ import annotations

import sys
from contextlib import closing, redirect_stdout
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

from tests.web.browser.axe import AXE, OVER, PRUNE, RUN, SMALL, TWICE
from tests.web.browser.conftest import CHROMIUM, LANGUAGES, Served, serving
from tests.web.lived_in import lived_in_office
from tests.web.walking import STARTS, walk

LOGINS = ("officer", "administrator", "")
"""Who see every page between them; "" is a stranger."""
UNSIGNED = ("/login", "/cases/2026-9999", "/plan?planned.analysis_started=2026-06-01")
"""Pages a stranger sees; the office opened its planner to everybody."""
THEMES, WIDTHS = ("light", "dark"), (1360, 390)


def main() -> None:
    """Look at all pages; print what is wrong with each, and how many were looked at."""
    from playwright.sync_api import sync_playwright

    languages = [argument for argument in sys.argv[1:] if argument in LANGUAGES] or [*LANGUAGES]
    pictures = next((Path(argument) for argument in sys.argv[1:] if argument not in LANGUAGES), None)
    views_seen = wrong = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        with redirect_stdout(StringIO()):
            office = lived_in_office()
        with closing(office), serving(office, browser) as served:
            pages = pages_of(served)
            for login, language in product(LOGINS, languages):
                with served.page(login, language=language, reduced_motion="reduce") as page:
                    page.add_init_script(AXE)
                    for address in pages[login]:
                        for theme, faults in look(page, address, language, pictures):
                            views_seen += 1
                            wrong += len(faults)
                            for fault in faults:
                                print(
                                    f"{login or 'stranger'} {address} {language} {theme}: {fault}", flush=True
                                )
        browser.close()
    number = sum(map(len, pages.values()))
    print(f"{views_seen} views: {number} pages, {len(languages)} languages, two themes, two widths")
    print(f"{wrong} faults")
    sys.exit(bool(wrong))


def pages_of(served: Served) -> dict[str, list[str]]:
    """Return one address of each route, by the first log-in that reaches it."""
    pages_by_login: dict[str, list[str]] = {"": [*UNSIGNED]}
    known_routes: set[str] = set()
    for login in filter(None, LOGINS):
        with served.office.client(login) as client:
            starts = (*STARTS, *served.office.uploaded)
            walked = walk(client, samples_each=1, starts=starts, by_query=False)
        all_pages = set(walked.pages)
        page_by_route = {
            route: next(filter(all_pages.__contains__, at), "") for route, at in walked.by_route.items()
        }
        pages_by_login[login] = [
            page for route, page in page_by_route.items() if page and route not in known_routes
        ]
        known_routes.update(page_by_route)
    return pages_by_login


def look(page: Any, address: str, language: str, pictures: Path | None = None) -> list[tuple[str, list[str]]]:
    """Return what is wrong with a page in a language, by theme and width."""
    faults = []
    for width, theme in product(WIDTHS, THEMES):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}&theme={theme}")
        wrong = [f"two of one id: {fault}" for fault in page.evaluate(TWICE)]
        wrong += [f"over the edge: {fault}" for fault in page.evaluate(OVER)]
        if width == min(WIDTHS):
            wrong += [f"less than a finger: {fault}" for fault in page.evaluate(SMALL)]
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            name = address.strip("/").replace("/", "-").partition("?")[0] or "overview"
            page.screenshot(path=pictures / f"{name}.{language}.{theme}.{width}.png", full_page=True)
        page.evaluate(PRUNE)
        wrong += page.evaluate(RUN, "all")
        faults.append((f"{theme} {width}", wrong))
    return faults


if __name__ == "__main__":
    main()
