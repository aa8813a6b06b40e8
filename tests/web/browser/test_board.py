"""The dashboard in a real browser: no foreign requests, and the daily steps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import uvicorn

from merzim.web.auth.dependencies import COOKIE
from tests.web.conftest import Site, office_with_cases


@dataclass
class Served:
    """A dashboard on a port of its own, and what the browser complained about."""

    site: Site
    address: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def served() -> Iterator[Served]:
    site = office_with_cases()
    server = uvicorn.Server(uvicorn.Config(site.app, host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(site=site, address=f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def page(chromium: Any, served: Served) -> Iterator[Any]:
    """An officer in Kazakhstan; whatever the browser asks elsewhere or complains about is written down."""
    context = chromium.new_context(
        locale="kk-KZ", timezone_id="Asia/Almaty", viewport={"width": 1360, "height": 900}
    )
    page = context.new_page()
    page.on("request", lambda request: _note(served, request.url))
    page.on(
        "console",
        lambda message: (
            served.complaints.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: served.complaints.append(str(error)))
    _log_in(context, served)
    yield page
    context.close()


def _log_in(context: Any, served: Served) -> None:
    address = served.address.replace("http", "https")
    cookie = {"name": COOKIE, "value": served.site.new_session("officer"), "url": address, "secure": True}
    context.add_cookies([cookie])


def _note(served: Served, url: str) -> None:
    if not url.startswith((served.address, "data:")):
        served.foreign.append(url)


def test_a_manager_finds_the_worst_overdue_obligation_in_two_clicks(served: Served, page: Any) -> None:
    """From the board to the reason why, by the first line of the list."""
    page.goto(f"{served.address}/?lang=ru")
    page.locator("#overdue tbody tr a").first.click()
    page.wait_for_url("**/cases/**")
    row = page.locator(".entry:target")

    assert "просрочено" in row.inner_text()
    assert row.locator("details").get_attribute("open") is not None
    assert "Основание:" in row.inner_text()


def test_an_officer_records_a_fact_with_a_file(served: Served, page: Any) -> None:
    """The order: its row, its date, its document, one button; the page then says so."""
    page.goto(f"{served.address}/cases/{served.site.real}?lang=ru")
    page.locator("#order_signed a.do").click()
    page.fill("#record-on", "2026-04-06")
    page.set_input_files(
        "#evidence-fields input[type=file]",
        {"name": "Приказ.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n"},
    )
    page.locator("#record button[type=submit]").click()
    page.wait_for_url("**recorded=order_signed*")

    assert "Записано: Подписание приказа" in page.locator(".told").first.inner_text()
    assert "исполнено" in page.locator("#order_signed .state").inner_text()
    assert page.locator("#order_signed").get_by_text("Приказ.pdf").is_visible()
    assert served.site.facts(served.site.real)["order_signed"].on == date(2026, 4, 6)
    assert served.complaints == []


def test_a_refusal_stands_at_the_form_and_the_chosen_file_stays(served: Served, page: Any) -> None:
    """Only the sentence is swapped in: neither the address typed nor the file chosen is lost."""
    page.goto(f"{served.address}/cases/{served.site.real}?lang=ru&fact=order_signed")
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
    assert "order_signed" not in served.site.facts(served.site.real)


def test_the_form_asks_for_the_evidence_of_what_is_chosen(served: Served, page: Any) -> None:
    """The announcement has three links with their days, the order one document."""
    page.goto(f"{served.address}/cases/{served.site.late}?lang=ru&fact=order_signed")
    page.select_option("#record-fact", "start_announced")
    page.locator("input[name='link.link:social']").wait_for()

    assert page.locator("#evidence-fields input[type=url]").count() == 3
    assert page.locator("#evidence-fields input[name^='published.link']").count() == 3


def test_the_board_is_narrowed_to_a_unit_without_a_button(served: Served, page: Any) -> None:
    """A choice applies at once, and its address can be bookmarked."""
    page.goto(f"{served.address}/?lang=ru")
    page.select_option("#unit", "hr")
    page.wait_for_url("**unit=hr*")
    page.locator(".nothing-title").first.wait_for()

    assert page.locator(".figure-late b").inner_text() == "0"
    assert served.complaints == []


def test_the_keyboard_is_enough(served: Served, page: Any) -> None:
    """Skip the menu, then reach the first overdue line, seeing where one is."""
    page.goto(served.address)
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")

    assert "skip" in skip
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_pages_work_without_scripts(chromium: Any, served: Served) -> None:
    """Where scripts are forbidden the form posts as forms do."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.address}/login")
    page.click("button[value=officer]")
    page.goto(f"{served.address}/cases/{served.site.real}?lang=ru&fact=order_signed")
    page.fill("#record-on", "2026-04-06")
    page.locator("#record button[type=submit]").click()
    page.wait_for_url("**recorded=order_signed*")

    assert "Записано" in page.locator(".told").first.inner_text()
    context.close()
