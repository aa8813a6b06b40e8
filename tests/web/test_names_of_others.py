"""Visibility of names: people of other units are not offered to readers of one unit or none."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from notifications.notice import Notice
from tests.web.conftest import AT, NOW, TODAY, Site, account, office_with_cases
from tests.web.offices import office
from tests.web.test_access import ROUTES, filled, need
from tests.web.test_name_fields import COUNTRY
from workflow.org.access import Reader
from workflow.org.office import Office, Person

OWN, OTHER, OFFICER = "Иванов Пётр", "Өтегенов Ерлан", "officer"
"""A head of hr; an executor of law."""


def letter(
    case: str, person: str, obligation: str = "order_signed", *, due: date = TODAY, at: datetime = NOW
) -> Notice:
    """A letter about a case that went to somebody."""
    of: dict[str, Any] = {"case": case, "obligation": obligation, "due": due, "person": person}
    of |= {"key": f"{case}:{obligation}:{due}:{at}:{person}", "address": person}
    of |= {"queued_at": at, "not_before": at, "sent_at": at}
    return Notice(step="-5", channel="email", language="kk", state="sent", **of)


@pytest.fixture(params=["few people", "a thousand people"])
def either(request: pytest.FixtureRequest) -> Site:
    """An office of few people (forms list them), and one of many (forms autocomplete)."""
    sample_office: Office = office() if request.param == "few people" else COUNTRY
    return office_with_cases(sample_office)


def offered(text: str) -> set[str]:
    """Names offered by the lists and fields of a page."""
    return set(re.findall(r'<option[^>]*value="([^"]*)"', text)) | set(
        re.findall(r"<option[^>]*>([^<]*)<", text)
    )


def test_the_desk_offers_deputies_of_one_s_own_unit_alone(either: Site) -> None:
    """Neither by name nor by key; those who see the whole office choose among all."""
    people = either.office.people
    own_desk = either.client("responsible").get("/desk?lang=ru").text
    account(either, "whole", "first_head", "a@org.kz")
    whole_desk = either.client("whole").get("/desk").text

    assert (OWN in own_desk) == (len(people) < 10), "many are found by what is typed"
    assert [person.name for person in people.values() if person.unit != "hr" and person.name in own_desk] == []
    assert "c@org.kz" not in own_desk
    assert "из другого подразделения назначает администратор" in own_desk
    if len(people) < 10:
        assert OTHER in whole_desk


def test_a_deputy_of_another_unit_whom_the_administrator_appointed_stays_chosen(site: Site) -> None:
    """Saving one's leave does not take the deputy away; one's own choice is of the own unit."""
    stored_office = site.office
    away = Person(key="a@org.kz", name="Әлиева Гүлнұр", unit="hr", deputy="c@org.kz")
    site.keep(replace(stored_office, people={**stored_office.people, away.key: away}))

    with site.client("responsible") as browser:
        assert '<option value="c@org.kz" selected>' in browser.get("/desk").text
        chosen = [browser.post("/desk/leave", data={"none": "1", "deputy": f"{key}@org.kz"}) for key in "cbc"]

    assert [answer.status_code for answer in chosen] == [303, 303, 422]


def test_the_register_is_narrowed_to_people_of_one_s_own_unit_alone(either: Site) -> None:
    """Other recipients of a case of the unit stand on the line of that letter, and are not offered."""
    either.sent(letter(either.real, "b@org.kz"), letter(either.real, "c@org.kz"))
    own_register = either.client("responsible").get("/register").text
    whole_register = either.client(OFFICER).get("/register").text

    assert OWN in own_register
    assert not offered(own_register) & {OTHER, "c@org.kz"}
    is_listed = len(either.office.people) < 10
    assert (OTHER in offered(whole_register)) == is_listed, "many are found by what is typed"


def test_a_key_in_the_address_is_not_turned_into_a_name(site: Site) -> None:
    """A person of another unit without visible deadlines is not named; the officer sees the name."""
    address = "/deadlines?person=c@org.kz"

    assert OTHER not in site.client("responsible").get(address).text
    assert OTHER in site.client(OFFICER).get(address).text


@pytest.mark.parametrize(("login", "sees_all"), [("responsible", False), (OFFICER, True)])
def test_half_a_name_means_people_of_one_s_own_unit_alone(site: Site, login: str, sees_all: bool) -> None:
    """A refusal tells a program nobody of another unit; a whole name is found among all."""
    with site.client(login) as program:
        nobody, half, whole = (ask(program, site.real, text) for text in ("x@org.kz", "Өтеген", OTHER))
        in_text = ask(program, site.real, "", "Қараңыз, @Өтеген")

    assert ("c@org.kz" in nobody) == (half == "") == (in_text == "") == sees_all
    assert ("a@org.kz" in nobody, whole) == (True, "")


def ask(program: TestClient, case: str, person: str, text: str = "?") -> str:
    """The refusal of a question to a person; "" if it was asked."""
    answer = program.post(f"/api/v1/cases/{case}/comments", json={"text": text, "asks": person})
    return str(answer.json().get("detail", ""))


@pytest.fixture
def lost() -> tuple[Site, str]:
    """An executor whose account and person have no unit; and what the office would show them."""
    site = office_with_cases()
    stored_office = site.office
    nobody = Person(key="x@org.kz", name="Жоқбаев", unit="")
    site.keep(replace(stored_office, people={**stored_office.people, nobody.key: nobody}))
    site.sent(letter(site.real, "b@org.kz"))
    reader = Reader(login="lost", access="responsible", person="x@org.kz", name="Жоқбаев")
    site.accounts.save(reader, disabled=False, at=AT)
    return site, "lost"


def test_a_head_or_executor_without_a_unit_finds_no_case_and_no_person(lost: tuple[Site, str]) -> None:
    """On no page, in no list, in no file, by no program; every route of the router is asked."""
    site, login = lost
    names = [person.name for person in site.office.people.values() if person.key != "x@org.kz"]
    names_by_route: dict[str, list[str]] = {}
    with site.client(login) as browser:
        for method, route in ROUTES:
            if method != "GET" or need(route) is None:
                continue
            answer = browser.get(filled(route.path, site.real))
            words_found = [word for word in (site.late, site.missed, *names) if word in answer.text]
            if words_found or ("{case}" in route.path and answer.status_code != 404):
                names_by_route[route.path] = [*words_found, str(answer.status_code)]
        overview = browser.get("/?lang=ru").text

    assert names_by_route == {}
    assert "не отнесена ни к одному подразделению" in overview


def test_the_administrator_is_told_which_accounts_see_nothing(lost: tuple[Site, str]) -> None:
    """In the list, and beside the account; with a unit it is gone."""
    site, login = lost
    with site.client("administrator") as browser:
        list_page = browser.get("/administration/accounts?lang=ru").text
        page = browser.get(f"/administration/account?login={login}&lang=ru").text
        reader = Reader(login=login, access="responsible", person="x@org.kz", unit="hr")
        site.accounts.save(reader, disabled=False, at=AT)
        mended = browser.get(f"/administration/account?login={login}&lang=ru").text

    assert "Без подразделения: не видно ни одного дела" in list_page
    assert "не видно ни одного дела" in page
    assert "не видно ни одного дела" not in mended
