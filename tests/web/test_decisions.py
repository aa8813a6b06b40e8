"""Decisions on the case page, on “My desk” and in the API: one question, the same answer."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from tests.web.conftest import NOW, THREE_UNITS, TODAY, Site, build
from workflow.cases.commands.opening import Opening
from workflow.org.access import Reader

ENDED = date(2026, 3, 19)
QUESTION = "Есть ли признаки административного или уголовного правонарушения?"


@pytest.fixture
def site() -> Site:
    """An office with one purchase analysis that has ended; its officer is its prevention unit."""
    officer = replace(THREE_UNITS.people["a@org.kz"], duties=("authorised_person", "prevention_unit"))
    site = build(replace(THREE_UNITS, people={**THREE_UNITS.people, officer.key: officer}))
    reader = Reader(login="officer", access="officer", person="a@org.kz")
    site.accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
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


def test_an_answer_that_opens_a_term_is_confirmed_first(site: Site) -> None:
    """A confirmed conflict asks for measures within ten working days: the page says so before it writes."""
    opening = Opening(
        procedure="conflict-of-interest", unit="hr", facts={"opinion_given": ENDED}, readers=("officer",)
    )
    case = site.case_commands.open(opening, by="officer", now=NOW, today=TODAY).id
    browser = site.client()
    data = {"fact": "conflict", "option": "confirmed", "on": TODAY.isoformat(), "preview": "yes"}
    question = browser.post(f"/cases/{case}?lang=ru", data=data)
    token = re.search(r'name="confirmed" value="(\w+)"', question.text)

    assert token is not None
    assert "conflict_confirmed" not in site.facts(case)
    browser.post(f"/cases/{case}", data={**data, "confirmed": token[1]})
    assert site.facts(case)["conflict_confirmed"].on == TODAY


def test_the_question_stands_on_the_desk_and_is_answered_there(site: Site) -> None:
    """Of no due date it is part of the checklist; its form offers the answers."""
    (case,) = site.cases()
    browser = site.client()
    desk = browser.get(f"/desk?lang=ru&row={case}:offence_signs").text
    answer = browser.post(
        "/desk/record",
        data={
            "case": case,
            "fact": "offence_signs",
            "option": "none",
            "on": TODAY.isoformat(),
            "remark": "нет",
        },
    )

    assert QUESTION in desk
    assert re.findall(r'name="option" value="(\w+)"', desk) == ["found", "none"]
    assert answer.status_code == 303
    assert "Признаков правонарушения нет" in browser.get(answer.headers["location"]).text
    assert site.facts(case)["offence_signs_absent"].on == TODAY


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
