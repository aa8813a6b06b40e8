"""An office with more units than a list holds: the autocomplete field by keyboard, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from merzim.services.names import MAX_LISTED
from merzim.storage import office as office_store
from tests.web.browser.axe import AXE, OVER, RUN, TWICE
from tests.web.browser.conftest import Served, serving
from tests.web.offices import example_office
from workflow.org.office import Unit

PAGES = (
    ("administrator", "/administration/unit?id=s7", 1360, "light"),
    ("officer", "/open/case?unit=мектеп 00", 360, "dark"),
)


@pytest.fixture(scope="module")
def served(chromium: Any) -> Iterator[Served]:
    """The example office, with schools of a district beside it."""
    schools = [Unit(id=f"s{n}", name=f"Мектеп {n:03}", parent="d") for n in range(MAX_LISTED)]
    office = example_office()
    office_store.save(office.context.engine, units=[Unit(id="d", name="Алатау ауданы"), *schools])
    with serving(office, chromium) as server:
        yield server


def test_a_unit_is_suggested_while_somebody_types(served: Served) -> None:
    """By its name and the unit above it; what is chosen is kept, by the keyboard alone."""
    with served.page("administrator", language="kk") as page:
        page.goto("/administration/person")
        page.fill("#person-name", "Жаңа Адам")
        page.locator("#person-unit").press_sequentially("мектеп 07")
        # Every letter asks anew: the answer to the last one is waited for, not any list of ten.
        page.locator("#person-unit-near option:first-child[value='Мектеп 070']").wait_for(state="attached")
        first = page.locator("#person-unit-near option").first
        suggested = first.get_attribute("value"), first.get_attribute("label")
        page.locator("#person-unit").press_sequentially("7")
        page.keyboard.press("Enter")
        page.wait_for_url("**said=saved*")
    people = served.office.context.reads.office().people.values()

    assert suggested == ("Мектеп 070", "Алатау ауданы")
    assert [person.unit for person in people if person.name == "Жаңа Адам"] == ["s77"]
    assert served.watched.complaints == []


def test_without_scripts_what_was_typed_is_understood_or_given_back(served: Served) -> None:
    """The sentence names some, the field's own list the same ones."""
    with served.page("officer", language="ru", java_script_enabled=False) as page:
        page.goto("/open/case")
        page.fill("#unit", "мектеп 07")
        page.locator(".plan-foot button[name=look]").click()
        message = page.locator("[role=alert]").inner_text()
        unit_state = page.input_value("#unit"), page.locator("#unit-near option").count()
        page.fill("#unit", "мектеп 077")
        page.locator(".plan-foot button[name=look]").click()
        field_state = page.input_value("#unit"), page.locator("[role=alert]").count()

    assert "«мектеп 07»" in message
    assert unit_state == ("мектеп 07", 10)
    assert field_state == ("Мектеп 077", 0)


def test_pages_with_the_field_can_be_used_by_everybody(served: Served) -> None:
    """What axe-core knows, one light and wide, one dark and narrow; nothing over the edge."""
    wrong: list[str] = []
    for login, address, width, theme in PAGES:
        with served.page(login, bypass_csp=True, reduced_motion="reduce") as sheet:
            sheet.set_viewport_size({"width": width, "height": 900})
            sheet.emulate_media(color_scheme=theme)
            sheet.goto(address)
            wrong += [f"{address} two of one id: {fault}" for fault in sheet.evaluate(TWICE)]
            wrong += [f"{address} over the edge: {fault}" for fault in sheet.evaluate(OVER)]
            sheet.evaluate(AXE)
            wrong += [f"{address} {theme} {width} {fault}" for fault in sheet.evaluate(RUN, "all")]

    assert wrong == []
