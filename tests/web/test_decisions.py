"""Decisions on the case page, on “My desk” and in the API: one question, the same answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from tests.web.conftest import NOW, THREE_UNITS, TODAY, Site, account, build
from workflow.cases.commands.opening import Opening
from workflow.org.audit import Stamp

ENDED = date(2026, 3, 19)
QUESTION = "Есть ли признаки административного или уголовного правонарушения?"


@pytest.fixture
def site() -> Site:
    """An office with one purchase analysis that has ended; its officer is its prevention unit."""
    officer = replace(THREE_UNITS.people["a@org.kz"], duties=("authorised_person", "prevention_unit"))
    site = build(replace(THREE_UNITS, people={**THREE_UNITS.people, officer.key: officer}))
    account(site, "officer", "officer", "a@org.kz")
    opening = Opening(
        procedure="procurement-analysis",
        unit="hr",
        object="Орда",
        facts={"procurement_analysis_ended": ENDED, "procurement_result_reported": ENDED},
    )
    site.case_commands.open(opening, at=Stamp(by="test", now=NOW, today=TODAY))
    return site


def test_the_case_asks_its_question_and_is_closed_by_the_answer(site: Site) -> None:
    """The page shows the question and its answers; without a choice it is refused in words; answered, the
    case that would have been over before stands where the answer leaves it, and another answer is refused."""
    (case,) = site.cases()
    browser = site.client()
    page = browser.get(f"/cases/{case}?lang=ru&fact=offence_signs").text
    data = {"fact": "offence_signs", "on": TODAY.isoformat(), "preview": "yes"}
    blank = browser.post(f"/cases/{case}?lang=ru", data=data)
    answer = browser.post(f"/cases/{case}", data={**data, "option": "none"})
    after = browser.get(answer.headers["location"]).text
    other = browser.post(f"/cases/{case}", data={**data, "option": "found"})

    assert QUESTION in page
    assert re.findall(r'name="option" value="(\w+)"', page) == ["found", "none"]
    assert (blank.status_code, "Выберите один из ответов" in blank.text) == (422, True)
    assert site.facts(case)["offence_signs_absent"].on == TODAY
    assert "Записано: Признаков правонарушения нет" in after
    assert "Закрыто: сроков больше нет" in after
    assert (other.status_code, "сначала отзовите его" in other.text) == (409, True)
    for address, is_listed in (("/cases?stage=closed", True), ("/cases?stage=completed", False)):
        assert (f"/cases/{case}" in browser.get(address).text) is is_listed
