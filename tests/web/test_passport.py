"""The passport of a case on its page, in the API and in imports; its object name in documents and lists."""

from __future__ import annotations

import html
import io

import docx
from starlette.testclient import TestClient

from tests.web.conftest import Site

RU, KK = "Акционерное общество и его дочерние и зависимые организации", "Қоғам"


def order(client: TestClient, case: str, language: str) -> str:
    """The words of the order, its tables among them."""
    document = docx.Document(io.BytesIO(client.get(f"/cases/{case}/forms/order/{language}").content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_a_passport_is_edited_by_the_fields_that_differ(site: Site, browser: TestClient) -> None:
    """The title, the order in both languages and the feed of events follow; what was shown and is the same is
    not written."""
    case = f"/cases/{site.real}"
    fields_shown = {
        "was.object_kk": "",
        "was.object_ru": "",
        "was.group": "",
        "was.unit": site.case(site.real).unit,
    }
    form_fields = {
        **fields_shown,
        "object_kk": KK,
        "object_ru": RU,
        "unit": site.case(site.real).unit,
        "group": "Ахметов А.; юрист; руководитель\r\nСәрсен Б.; маман",
        "more": "published",
        "more_who": "Б",
        "was.period_first": "",
        "was.period_last": "",
        "period_first": "2024-01-01",
    }
    refused = browser.post(f"{case}/passport", data={**form_fields, "period_last": "2023-12-31"})
    assert refused.status_code == 422
    assert site.case(site.real).object_ru == ""
    assert RU in refused.text

    edit_answer = browser.post(f"{case}/passport", data={**form_fields, "period_last": "2025-12-31"})

    assert edit_answer.status_code == 303
    event = site.events(site.real)[-1]
    assert event.payload.keys() == {"object_kk", "object_ru", "group", "responsible", "period"}
    assert site.case(site.real).responsible["published"] == "Б"
    assert f"<h1>{RU}</h1>" in browser.get(f"{case}?lang=ru").text
    assert KK in browser.get("/cases?lang=kk").text
    kazakh, russian = order(browser, site.real, "kk"), order(browser, site.real, "ru")
    assert f"талдау) жүргізілсін: {KK}." in kazakh
    assert f"объекта: {RU}." in russian
    assert "Ахметов А." in russian
    assert "1 января 2024" in russian
    answer = browser.get(f"/api/v1{case}").json()
    assert (answer["object_kk"], answer["object_ru"], answer["period"]) == (
        KK,
        RU,
        ["2024-01-01", "2025-12-31"],
    )


def test_the_history_names_people_and_units_that_were_changed(site: Site, browser: TestClient) -> None:
    """Never by their keys; words that name nobody of the office stay as they are."""
    person = next(iter(site.office.people.values()))
    old, new = site.office.units[site.case(site.real).unit], site.office.units["law"]
    address = f"/api/v1/cases/{site.real}/passport"
    browser.post(address, json={"responsible": {"published": person.key}})
    browser.post(address, json={"responsible": {"published": "Сарапшы"}, "unit": new.id})

    history = " ".join(html.unescape(browser.get(f"/cases/{site.real}/history?lang=ru").text).split())

    assert f"«{person.name_in('ru')}» → «Сарапшы»" in history
    assert f"«{old.name_in('ru')}» → «{new.name_in('ru')}»" in history
    assert person.key not in history
