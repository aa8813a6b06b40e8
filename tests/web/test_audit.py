"""The audit log on pages and in the API: sentences, filters, lines, access."""

from __future__ import annotations

import json
import re

import pytest

from merzim.services.audit import AskAudit, ask_audit
from merzim.services.context import operator_context
from tests.web.conftest import NOW, PASSWORD, TODAY, Site, hide
from tests.web.serving import browser_of, first_sheet
from workflow.moments import Moment

ADDRESS = "203.0.113.9"
ENDS_OF_TIME = {"since": "0001-01-01"}, {"until": "9999-12-31"}


@pytest.fixture
def watched(site: Site) -> Site:
    """An office in which somebody logged in from outside, and somebody else could not."""
    with browser_of(site.app, address=ADDRESS) as browser:
        for login, password in (("officer", PASSWORD), ("officer", "қате құпиясөз"), ("мен-құпиясөз", "x")):
            browser.post("/login", data={"login": login, "password": password})
    return site


def sentences(site: Site, login: str, **query: str) -> list[str]:
    """The entries the API gives an account, in English, the newest first."""
    return [entry["text"] for entry in read(site, login, lang="en", **query)]


def test_log_ins_and_refused_ones_are_entries_with_names_and_addresses(watched: Site) -> None:
    """An unknown name is written nowhere: it may be a password typed into the wrong field."""
    messages = sentences(watched, "administrator", topic="login")

    assert messages[1:4] == [
        f"Someone not logged in – log-in refused; no such account; address {ADDRESS}; web page",
        f"Someone not logged in – log-in refused: Әлиева Гүлнұр; wrong password; address {ADDRESS}; web page",
        f"Әлиева Гүлнұр – logged in; address {ADDRESS}; web page",
    ]
    assert "мен-құпиясөз" not in " ".join(messages)


def test_refusals_over_a_limit_are_written_once(site: Site) -> None:
    """Guessing fills no disk: ten wrong passwords, one entry for all that follow."""
    with site.stranger() as browser:
        for _ in range(15):
            browser.post("/login", data={"login": "officer", "password": "қате құпиясөз"})

    messages = sentences(site, "administrator", person="officer", topic="login")

    assert sum("wrong password" in message for message in messages) == 10
    assert sum("too many attempts" in message for message in messages) == 1


def test_administrators_see_no_case_and_officers_no_account(watched: Site) -> None:
    """Each sees what their access shows elsewhere; who has none of it gets no page."""
    with watched.client("officer") as officer:
        officer.post(f"/cases/{watched.real}/facts", data={"fact": "order_signed", "on": "2026-04-06"})

    topics = {
        login: {entry["topic"] for entry in read(watched, login)}
        for login in ("administrator", "officer", "auditor")
    }

    assert topics["administrator"] <= {"login", "account", "people", "settings"}
    assert topics["officer"] == topics["auditor"] == {"case"}
    with watched.client("responsible") as client:
        assert client.get("/audit").status_code == 403
        assert client.get("/api/v1/audit").status_code == 403
        assert client.get("/api/v1/audit/file/jsonl").status_code == 403
    with watched.client("administrator") as client:
        refused = client.get("/cases", headers={"accept": "text/html"})
        assert refused.status_code == 403
        assert (
            re.findall(r'<a class="(?:brand|btn[^"]*)" href="([^"]*)"', refused.text) == ["/administration"] * 2
        )


def test_a_confidential_case_is_in_no_entry_of_those_who_may_not_see_it(watched: Site) -> None:
    """Not in the list, not by its name, not in the export; the terminal sees everything."""
    hide(watched, watched.real, "auditor")

    assert watched.real in {entry["case"] for entry in read(watched, "auditor")}
    assert watched.real not in {entry["case"] for entry in read(watched, "officer")}
    assert read(watched, "officer", about=watched.real) == []
    with watched.client("officer") as client:
        assert watched.real not in client.get("/api/v1/audit/file/jsonl").text
        assert watched.real not in cells(client.get("/audit.xlsx").content)
        assert watched.real not in client.get(f"/audit?about={watched.real}").text.partition("<table")[2]
    ctx = operator_context(watched.context, at=Moment(by="root", now=NOW, today=TODAY))
    assert watched.real in {line.case for line in ask_audit(ctx, AskAudit(limit=1000)).entries}


def test_a_row_of_a_register_one_does_not_see_is_no_entry_and_no_change(watched: Site) -> None:
    """So that nobody counts them."""
    gift = {"kind": "gift", "description": "қалам", "employee": "a@org.kz", "received_on": "2026-04-01"}
    with watched.client("officer") as officer:
        row = officer.post("/api/v1/registers/gifts/rows", json={"unit": "hr", "values": gift}).json()["row"][
            "id"
        ]

    for login, names in (("officer", [row]), ("auditor", [])):
        changed = watched.client(login).get("/api/v1/events?limit=1000").json()["events"]
        assert [entry["name"] for entry in read(watched, login, topic="register")] == names
        assert [event["name"] for event in changed if event["type"] == "register.changed"] == names


def test_a_downloaded_file_is_an_entry(watched: Site) -> None:
    """Who took the package of a case with them stands in the log."""
    with watched.client("officer") as client:
        assert client.get(f"/cases/{watched.real}/package").status_code == 200

    assert sentences(watched, "officer", topic="file") == [
        f"Әлиева Гүлнұр – package of the case downloaded; case {watched.real}; address 127.0.0.1; web page"
    ]


def test_older_entries_lead_back_to_the_newest(watched: Site) -> None:
    """Also without a filter in the address."""
    with watched.client("administrator") as client:
        assert 'rel="prev" href="?"' in client.get("/audit?before=3").text


def test_the_export_is_every_entry_in_order_as_lines(watched: Site) -> None:
    """JSON lines resume after a cursor; the export is an entry too; a day beyond all moments is refused."""
    with watched.client("administrator") as client:
        lines = [json.loads(line) for line in client.get("/api/v1/audit/file/jsonl?lang=en").text.splitlines()]
        rest_lines = client.get(f"/api/v1/audit/file/jsonl?after={lines[-1]['seq']}&lang=en").text.splitlines()
        beyond = [client.get("/api/v1/audit", params={"lang": "en", **days}) for days in ENDS_OF_TIME]

    assert [answer.status_code for answer in beyond] == [422, 422]
    assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)
    assert [json.loads(line)["kind"] for line in rest_lines] == ["audit_exported"]
    book = cells(watched.client("administrator").get("/audit.xlsx?lang=ru&topic=login").content)
    assert book[:3] == ["№", "Время", "Кто"]
    assert {*book[9 + 5 :: 9]} == {"Вход и выход"}


def cells(content: bytes) -> list[object]:
    """The cells of the first sheet of a workbook, row by row."""
    return [cell for row in first_sheet(content) for cell in row]


def read(site: Site, login: str, **query: str) -> list[dict[str, str]]:
    """The entries the API gives an account."""
    answer = site.client(login).get("/api/v1/audit", params={"limit": "1000", **query})
    entries: list[dict[str, str]] = answer.json()["entries"]
    return entries
