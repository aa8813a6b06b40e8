"""Visibility of names: people of other units are not offered to readers of one unit or none."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from notifications.notice import Notice
from tests.web.conftest import NOW, TODAY, Home, office_with_cases
from tests.web.offices import office
from tests.web.test_access import BODIES, ROUTES, filled, need
from tests.web.test_found import COUNTRY
from workflow.org.access import OF_ONE_UNIT, Access, Reader
from workflow.org.office import Office, Person

OWN, OTHER, OFFICER = "Иванов Пётр", "Өтегенов Ерлан", "officer"
"""A head of hr; an executor of law."""
LIMITED: tuple[Access, ...] = tuple(sorted(OF_ONE_UNIT))


def letter(case: str, person: str) -> Notice:
    """A letter about the case of hr that went to somebody."""
    return Notice(
        key=f"{case}:order_signed:2026-04-06:0:{person}:email",
        case=case,
        obligation="order_signed",
        due=date(2026, 4, 6),
        rung="0",
        person=person,
        channel="email",
        address=person,
        language="kk",
        state="sent",
        sent_at=NOW,
        queued_at=NOW,
        not_before=NOW,
    )


@pytest.fixture(params=["few people", "a thousand people"])
def either(request: pytest.FixtureRequest) -> Home:
    """An office of few people (forms list them), and one of many (forms autocomplete)."""
    sample_office: Office = office() if request.param == "few people" else COUNTRY
    return office_with_cases(sample_office)


def offered(text: str) -> set[str]:
    """Names offered by the lists and fields of a page."""
    return set(re.findall(r'<option[^>]*value="([^"]*)"', text)) | set(
        re.findall(r"<option[^>]*>([^<]*)<", text)
    )


def test_the_desk_offers_deputies_of_one_s_own_unit_alone(either: Home) -> None:
    """Neither by name nor by key; those who see the whole office choose among all."""
    people = either.office.people
    own_desk = either.client("responsible").get("/desk?lang=ru").text
    reader = Reader(login="whole", access="first_head", person="a@org.kz")
    either.accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
    whole_desk = either.client("whole").get("/desk").text

    assert OWN in own_desk
    assert [person.name for person in people.values() if person.unit != "hr" and person.name in own_desk] == []
    assert "c@org.kz" not in own_desk
    assert "из другого подразделения назначает администратор" in own_desk
    if len(people) < 10:
        assert OTHER in whole_desk


def test_a_deputy_of_another_unit_whom_the_administrator_appointed_stays_chosen(home: Home) -> None:
    """Saving one's leave does not take the deputy away."""
    stored_office = home.office
    away = Person(key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", deputy="c@org.kz")
    home.keep(replace(stored_office, people={**stored_office.people, away.key: away}))

    assert '<option value="c@org.kz" selected>' in home.client("responsible").get("/desk").text


def test_the_register_is_narrowed_to_people_of_one_s_own_unit_alone(either: Home) -> None:
    """Other recipients of a case of the unit stand on the line of that letter, and are not offered."""
    either.sent(letter(either.real, "b@org.kz"), letter(either.real, "c@org.kz"))
    own_register = either.client("responsible").get("/register").text
    whole_register = either.client(OFFICER).get("/register").text

    assert OWN in own_register
    assert not offered(own_register) & {OTHER, "c@org.kz"}
    assert OTHER in offered(whole_register)


def test_the_register_of_a_unit_nobody_else_was_told_about_names_nobody_else(either: Home) -> None:
    either.sent(letter(either.real, "b@org.kz"))
    page = either.client("responsible").get("/register").text

    assert [
        person.name for person in either.office.people.values() if person.unit != "hr" and person.name in page
    ] == []


def test_a_key_in_the_address_is_not_turned_into_a_name(home: Home) -> None:
    """A person of another unit without visible deadlines is not named; the officer sees the name."""
    address = "/deadlines?person=c@org.kz"

    assert OTHER not in home.client("responsible").get(address).text
    assert OTHER in home.client(OFFICER).get(address).text


@pytest.fixture(params=LIMITED)
def lost(request: pytest.FixtureRequest) -> tuple[Home, str]:
    """A head, or an executor, whose account and person have no unit; and what the office would show them."""
    home = office_with_cases()
    stored_office = home.office
    nobody = Person(key="x@org.kz", name="Жоқбаев", unit="")
    home.keep(replace(stored_office, people={**stored_office.people, nobody.key: nobody}))
    home.sent(letter(home.real, "b@org.kz"))
    reader = Reader(login="lost", access=request.param, person="x@org.kz", name="Жоқбаев")
    home.accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
    return home, "lost"


def test_a_head_or_executor_without_a_unit_finds_no_case_and_no_person(lost: tuple[Home, str]) -> None:
    """On no page, in no list, in no file, by no program; every route of the router is asked."""
    home, login = lost
    names = [person.name for person in home.office.people.values() if person.key != "x@org.kz"]
    names_by_route: dict[str, list[str]] = {}
    with home.client(login) as browser:
        for method, route in ROUTES:
            if method != "GET" or need(route) is None:
                continue
            answer = browser.get(filled(route.path, home.real))
            words_found = [word for word in (home.late, home.missed, *names) if word in answer.text]
            if words_found or ("{case}" in route.path and answer.status_code != 404):
                names_by_route[route.path] = [*words_found, str(answer.status_code)]
        overview = browser.get("/?lang=ru").text

    assert names_by_route == {}
    assert "не отнесена ни к одному подразделению" in overview


def test_a_head_or_executor_without_a_unit_writes_into_no_case(lost: tuple[Home, str]) -> None:
    """404 for every case there is; the chains stay as they were."""
    home, login = lost
    before = {case: len(home.events(case)) for case in home.cases()}
    with home.client(login) as browser:
        statuses = {
            route.path: browser.request(
                method, filled(route.path, home.real), json=BODIES.get(route.path)
            ).status_code
            for method, route in ROUTES
            if method != "GET" and "{case}" in route.path and need(route) == "record"
        }

    assert set(statuses.values()) == {404}
    assert {case: len(home.events(case)) for case in home.cases()} == before


def test_the_administrator_is_told_which_accounts_see_nothing(lost: tuple[Home, str]) -> None:
    """In the list, and beside the account; with a unit it is gone."""
    home, login = lost
    with home.client("administrator") as browser:
        list_page = browser.get("/administration/accounts?lang=ru").text
        page = browser.get(f"/administration/account?login={login}&lang=ru").text
        reader = Reader(login=login, access="responsible", person="x@org.kz", unit="hr")
        home.accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
        mended = browser.get(f"/administration/account?login={login}&lang=ru").text

    assert "Без подразделения: не видно ни одного дела" in list_page
    assert "не видно ни одного дела" in page
    assert "не видно ни одного дела" not in mended


def test_an_executor_s_account_without_a_unit_sees_the_unit_of_its_person(home: Home) -> None:
    """Erlan's of the law department, and nothing of hr."""
    reader = Reader(login="erlan", access="responsible", person="c@org.kz")
    home.accounts.save(reader, disabled=False, by="test", now=NOW, today=TODAY)
    with home.client("erlan") as browser:
        page = browser.get("/cases").text
        statuses = [browser.get(f"/cases/{case}").status_code for case in (home.late, home.real)]

    assert home.late in page
    assert home.real not in page
    assert statuses == [200, 404]
