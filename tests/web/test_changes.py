"""The change feed: every event once and in order, limited to what its reader may see."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Site, hide


def changes(site: Site, login: str, after: int = 0, **query: int) -> Any:
    """An answer of the feed."""
    with site.client(login) as client:
        answer = client.get("/api/v1/events", params={"after": after, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def record(site: Site, fact: str = "order_signed") -> None:
    """Record a fact of the real case, as its officer."""
    with site.client("officer") as client:
        answer = client.post(f"/api/v1/cases/{site.real}/facts", json={"fact": fact, "on": "2026-04-06"})
    assert answer.json()["changed"], answer.text


def test_what_comes_after_a_cursor_is_what_was_written_since(site: Site) -> None:
    """A fact is one event with its case and step; asked again from the new cursor, there is nothing. One by
    one from the start it is the same feed: nothing twice, nothing left out, `more` until the last."""
    before = changes(site, "officer", limit=1000)
    record(site)
    after = changes(site, "officer", before["cursor"])
    (event,) = after["events"]
    pages, cursor, has_more = [], 0, True
    while has_more:
        page = changes(site, "officer", cursor, limit=1)
        pages += page["events"]
        cursor, has_more = page["cursor"], page["more"]

    assert (event["type"], event["case"], event["name"]) == ("case.fact", site.real, "order_signed")
    assert (event["by"], event["at"]) == ("officer", "2026-04-06T07:00:00Z")
    assert changes(site, "officer", after["cursor"])["events"] == []
    assert pages == [*before["events"], event]
    assert len(pages) > 3


def test_each_reads_of_what_they_may_see_alone(site: Site) -> None:
    """Administrators of no case, officers and heads of no account; without a token nobody of anything."""
    record(site)
    topics = {
        login: {event["type"].partition(".")[0] for event in changes(site, login, limit=1000)["events"]}
        for login in ("administrator", "officer", "first_head")
    }

    assert "case" not in topics["administrator"]
    assert topics["officer"] == topics["first_head"] == {"case"}
    assert site.stranger().get("/api/v1/events").status_code == 401


def test_of_a_confidential_case_it_tells_the_number_alone(site: Site) -> None:
    """Neither the step nor who did it, to those who know of the case; nothing at all to others."""
    record(site)
    hide(site, site.real, "auditor")
    case_events = [
        event for event in changes(site, "auditor", limit=1000)["events"] if event["case"] == site.real
    ]

    assert {(event["type"], event["name"], event["by"]) for event in case_events} == {("case.changed", "", "")}
    assert site.real not in {event["case"] for event in changes(site, "officer", limit=1000)["events"]}
