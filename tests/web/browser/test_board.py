"""The dashboard in a real browser: no foreign requests, and the daily steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.browser.conftest import Served, serving
from tests.web.conftest import Site


@pytest.fixture
def served(chromium: Any, site: Site) -> Iterator[Served]:
    with serving(site, chromium) as server:
        yield server


@pytest.fixture
def page(served: Served) -> Iterator[Any]:
    """An officer's browser in Kazakhstan."""
    with served.page(language="kk") as page:
        yield page


def test_a_refusal_stands_at_the_form_and_the_chosen_file_stays(site: Site, page: Any) -> None:
    """Only the sentence is swapped in: neither the address typed nor the file chosen is lost, nor asked for."""
    page.goto(f"/cases/{site.real}?lang=ru&fact=order_signed")
    page.fill("#record-on", "2026-04-06")
    page.fill("#evidence-fields input[type=url]", "ftp://org.kz/x")
    page.locator("#evidence-fields input[type=url]").evaluate("field => field.type = 'text'")
    page.set_input_files(
        "#evidence-fields input[type=file]",
        {"name": "Приказ.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"},
    )
    page.locator("#record button[type=submit]").click()
    page.locator("#record-problem").get_by_text("не ссылка").wait_for()

    assert page.input_value("#evidence-fields input[name='link.other']") == "ftp://org.kz/x"
    assert page.evaluate("document.querySelector('#evidence-fields input[type=file]').files.length") == 1
    assert "Файлы" not in page.inner_text("#record-problem")
    assert "order_signed" not in site.facts(site.real)


def test_the_form_asks_for_the_evidence_of_what_is_chosen(site: Site, page: Any) -> None:
    """The announcement has three links with their days, the order one document."""
    page.goto(f"/cases/{site.late}?lang=ru&fact=order_signed")
    page.select_option("#record-fact", "start_announced")
    page.locator("input[name='link.link:social']").wait_for()

    assert page.locator("#evidence-fields input[type=url]").count() == 3
    assert page.locator("#evidence-fields input[name^='published.link']").count() == 3


def test_the_board_is_narrowed_to_a_unit_without_a_button(served: Served, page: Any) -> None:
    """A choice applies at once, and its address can be bookmarked."""
    page.goto("/?lang=ru")
    page.select_option("#unit", "hr")
    page.wait_for_url("**unit=hr*")
    page.locator(".nothing-title").first.wait_for()

    assert page.locator(".figure-late b").inner_text() == "0"
    assert served.watched.complaints == []


def test_the_pages_work_without_scripts(site: Site, served: Served) -> None:
    """Where scripts are forbidden the form posts as forms do."""
    with served.page("", java_script_enabled=False) as page:
        page.goto("/login")
        page.click("button[value=officer]")
        page.goto(f"/cases/{site.real}?lang=ru&fact=order_signed")
        page.fill("#record-on", "2026-04-06")
        page.locator("#record button[type=submit]").click()
        page.wait_for_url("**recorded=order_signed*")

        assert "Записано" in page.locator(".told").first.inner_text()
