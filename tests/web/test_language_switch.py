"""Switching language or theme on any page, including answers to a form."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urljoin

import pytest

from merzim.web.auth.dependencies import COOKIE
from tests.web.conftest import Site, untouched
from tests.web.test_access import ROUTES, filled

FORMS = sorted(
    {route.path for method, route in ROUTES if method == "POST" and not route.path.startswith("/api/")}
)
SWITCH = re.compile(r'<a href="([^"]*)" hreflang="kk"')


@pytest.mark.parametrize(("turn", "login"), [(0, "officer"), (1, "administrator"), (2, "")])
def test_the_answer_to_a_form_leads_to_its_page_in_another_language(turn: int, login: str) -> None:
    """After any refusal, for any reader, the switch links to an address that answers GET; each form is sent by
    one of the three.
    """
    site, wrong = untouched(), {}
    with site.stranger() as browser:
        for number, path in enumerate(FORMS):
            if (number + turn) % 3:
                continue
            form_address = filled(path, site.real)
            browser.cookies.clear()
            if login:
                browser.cookies.set(COOKIE, site.way_in(login), domain="127.0.0.1")
            answer = browser.post(form_address, data={"nothing": "typed"})
            if (match := SWITCH.search(answer.text)) is None:
                if answer.status_code not in (303, 204, 200):
                    wrong[path] = ("no switch", answer.status_code)
                continue
            page_answer = browser.get(urljoin(form_address, unescape(match[1])))
            if (
                page_answer.status_code in (405, 422, 500)
                or page_answer.headers.get("content-language", "kk") != "kk"
            ):
                wrong[path] = (match[1], page_answer.status_code)

    assert wrong == {}


def test_a_page_of_somebody_stays_theirs(site: Site) -> None:
    """The switch on a refused form of a person leads to that person, not to an empty form."""
    with site.client("administrator") as browser:
        answer = browser.post(
            "/administration/person?lang=ru", data={"key": "a@org.kz", "name": "", "mark": "x"}
        )
        match = SWITCH.search(answer.text)
        assert answer.status_code == 422
        assert match is not None
        page_again = browser.get(unescape(match[1])).text

    assert "Әлиева Гүлнұр" in page_again
