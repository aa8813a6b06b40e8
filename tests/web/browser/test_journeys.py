"""User journeys from the log-in to the last click, in a real browser on a real database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from merzim.services.accounts.credentials import hash_password
from tests.web.browser.conftest import Served, serving
from tests.web.real import real_office

PASSWORD = "ұзақ құпиясөз 7"


@pytest.fixture
def served(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of one's own: these journeys write."""
    with real_office(tmp_path_factory.mktemp("office")) as office, serving(office, chromium) as server:
        yield server


def test_somebody_sets_a_second_factor_and_logs_in_with_it(served: Served, quiet: Callable[[], None]) -> None:
    """The code of the picture once to set it, a later one to come in; the same code not twice. Then a recovery
    code, and the page says how many are left."""
    office = served.office
    now, today = office.moment[0].now, office.moment[0].today
    office.app.accounts.set_password("officer", hash_password(PASSWORD), by="officer", now=now, today=today)
    with served.page("") as page:
        page.goto("/account/totp")
        page.fill("#login-name", "officer")
        page.fill("#login-password", PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        page.wait_for_url("**/account/totp")
        form = page.locator("form[action='/account/totp']")
        secret = form.locator("input[name=secret]").input_value()
        code = pyotp.TOTP(secret).at(int(office.moment[0].now.timestamp()))
        form.locator("input[name=old]").fill(PASSWORD)
        form.locator("input[name=code]").fill(code)
        form.locator("button[type=submit]").click()
        page.wait_for_selector("ol.codes")
        recovery = page.locator("ol.codes code").all_inner_texts()
        assert len(recovery) == 10
        page.locator("main a.btn-primary").click()
        page.wait_for_url("**/account")
        page.locator("form[action='/logout'] button").click()
        page.wait_for_url("**/login")
        served.watched.complaints.clear()

        office.later(timedelta(seconds=60))
        page.fill("#login-name", "officer")
        page.fill("#login-password", PASSWORD)
        page.fill("#login-code", code)
        page.locator("form[action='/login'] button[type=submit]").click()
        page.wait_for_function("document.querySelector('[role=alert]')?.textContent.trim()")
        served.watched.complaints.clear()  # the browser writes every 401 into its console

        office.later(timedelta(seconds=60))
        page.fill("#login-password", PASSWORD)
        page.fill("#login-code", pyotp.TOTP(secret).at(int(office.moment[0].now.timestamp())))
        page.locator("form[action='/login'] button[type=submit]").click()
        page.wait_for_url(lambda address: "/login" not in address)

        assert page.locator(".who a").inner_text() == "officer"
        page.locator("form[action='/logout'] button").click()
        page.wait_for_url("**/login")
        page.fill("#login-name", "officer")
        page.fill("#login-password", PASSWORD)
        page.fill("#login-code", recovery[0].upper())
        page.locator("form[action='/login'] button[type=submit]").click()
        page.wait_for_url("**/account?said=recovery")

        assert "9" in page.locator("form[action='/account/recovery'] b").inner_text()


def test_what_was_typed_survives_the_end_of_the_session(served: Served) -> None:
    """Two idle hours in the middle of a form: the log-in stands in between, the answers come back."""
    office = served.office
    now, today = office.moment[0].now, office.moment[0].today
    office.app.accounts.set_password("officer", hash_password(PASSWORD), by="officer", now=now, today=today)
    with served.page() as page:
        page.goto("/cases/2026-0001?fact=order_signed")
        page.fill("#record-on", "2026-04-06")
        office.later(timedelta(hours=3))
        page.locator("#record button[type=submit]").click()
        page.locator("#login-name").fill("officer")
        page.fill("#login-password", PASSWORD)
        page.locator("form[action='/login'] button[type=submit]").click()
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**recorded=order_signed*")

    case = office.app.reads.case("2026-0001")
    assert case is not None
    assert case.facts["order_signed"].on == today


def test_the_keyboard_alone_records_a_fact(served: Served, quiet: Callable[[], None]) -> None:
    """Every stop is seen, and none is a trap."""
    with served.page() as page:
        page.goto("/cases/2026-0001?fact=order_signed")
        reach(page, "#record-on")
        page.keyboard.type("04042026")  # day and month stand in the order of the browser's own language
        reach(page, "#record button[type=submit]")
        page.keyboard.press("Enter")
        page.wait_for_url("**recorded=order_signed*")

    assert "order_signed" in served.office.app.reads.case("2026-0001").facts  # type: ignore[union-attr]


def test_one_language_after_another(served: Served, quiet: Callable[[], None]) -> None:
    """By the switch, from page to page, the page's own language with it."""
    with served.page(language="kk") as page:
        page.goto("/cases")
        headings = [page.locator("h1").inner_text()]
        for tongue in ("ru", "en", "kk"):
            page.locator(f".switch a[hreflang={tongue}]").first.click()
            page.locator(f"html[lang={tongue}]").wait_for()
            page.locator(".menu > a").last.click()
            page.wait_for_load_state()
            assert page.evaluate("document.documentElement.lang") == tongue
            page.goto("/cases")
            headings.append(page.locator("h1").inner_text())

    assert len(set(headings)) == 3
    assert headings[0] == headings[3]


def test_two_people_record_the_same_fact(served: Served) -> None:
    """Both have the form open; the second is told what the first wrote, and how to correct it."""
    with served.page() as first_page, served.page("responsible") as other:
        for page, on in ((first_page, "2026-04-06"), (other, "2026-04-03")):
            page.goto("/cases/2026-0001?fact=order_signed")
            page.fill("#record-on", on)
        first_page.locator("#record button[type=submit]").click()
        first_page.wait_for_url("**recorded=order_signed*")
        other.locator("#record button[type=submit]").click()
        other.locator("#record-problem").get_by_text(re.compile("06.04.2026|6 апреля")).wait_for()

        assert other.input_value("#record-on") == "2026-04-03"


def reach(page: Any, selector: str, *, limit: int = 250) -> None:
    """Press Tab until the focus is there; on the way every stop must be seen."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """(selector) => {
              const at = document.activeElement;
              if (!at || at === document.body) return {at: false, seen: true, what: "body"};
              const style = getComputedStyle(at);
              const seen = style.outlineStyle !== "none" || style.boxShadow !== "none";
              return {at: at.matches(selector), seen, what: at.outerHTML.slice(0, 120)};
            }""",
            selector,
        )
        assert focus["seen"], f"nothing shows where the focus is: {focus['what']}"
        if focus["at"]:
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_a_plan_date_is_moved_by_the_mouse_and_by_the_keyboard(
    served: Served, quiet: Callable[[], None]
) -> None:
    """From Tuesday 26 May: → is Thursday 28, for 27 May is Kurban Ait, ← is 26 again; Escape leaves it all as
    it was. Dragged to a weekend it stands on a working day beside it. What is cancelled goes back; what is
    confirmed is planned, and the timeline is shown again."""
    reads = served.office.app.reads

    def planned() -> str:
        case = reads.case("2026-0001")
        assert case is not None
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
