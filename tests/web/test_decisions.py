"""Decisions on the case page, on “My desk” and in the API: one question, the same answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from tests.web.conftest import NOW, THREE_UNITS, TODAY, Site, account, build
from workflow.cases.commands.opening import Opening

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
    site.case_commands.open(opening, by="test", now=NOW, today=TODAY)
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


def test_the_api_lists_questions_previews_and_takes_answers(site: Site) -> None:
    """The command's fields are the body; an unknown answer is 422, another one 409."""
    (case,) = site.cases()
    api, address = site.client(), f"/api/v1/cases/{case}/decisions/offence_signs"
    before = {
        obligation["id"]: obligation for obligation in api.get(f"/api/v1/cases/{case}").json()["obligations"]
    }
    unknown = api.post(address, json={"option": "maybe", "on": TODAY.isoformat()})
    foreseen = api.post(address, json={"option": "found", "on": TODAY.isoformat(), "preview": True}).json()
    answer = api.post(
        address, json={"option": "found", "on": TODAY.isoformat(), "decided_by": "prevention_unit"}
    ).json()
    other = api.post(address, json={"option": "none", "on": TODAY.isoformat()})
    after = {
        obligation["id"]: obligation for obligation in api.get(f"/api/v1/cases/{case}").json()["obligations"]
    }
    law = next(
        procedure
        for procedure in api.get("/api/v1/procedures").json()
        if procedure["edition"].startswith("procurement-analysis")
    )

    assert (before["offence_signs"]["answers"], before["offence_signs"]["answer"]) == (["found", "none"], None)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_option")
    assert (foreseen["preview"], answer["events"][0]["name"]) == (True, "offence_signs_found")
    assert (other.status_code, other.json()["code"]) == (409, "answered_otherwise")
    assert (after["offence_signs"]["state"], after["offence_signs"]["answer"]) == ("done", "found")
    assert after["authorities_told"]["state"] == "open"
    assert site.facts(case)["offence_signs_found"].signed_by == "prevention_unit"
    assert law["decisions"] == {"offence_signs": ["found", "none"]}
