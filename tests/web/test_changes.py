"""The change feed: every event once and in order, limited to what its reader may see."""

from __future__ import annotations

from typing import Any

from tests.web.conftest import Home, hide


def changes(home: Home, login: str, after: int = 0, **query: int) -> Any:
    """An answer of the feed."""
    with home.client(login) as client:
        answer = client.get("/api/v1/events", params={"after": after, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def record(home: Home, fact: str = "order_signed") -> None:
    """Record a fact of the real case, as its officer."""
    with home.client("officer") as client:
        answer = client.post(f"/api/v1/cases/{home.real}/facts", json={"fact": fact, "on": "2026-04-06"})
    assert answer.json()["changed"], answer.text


def test_what_comes_after_a_cursor_is_what_was_written_since(home: Home) -> None:
    """A fact is one event with its case and step; asked again from the new cursor, there is nothing."""
    before = changes(home, "officer", limit=1000)
    record(home)
    after = changes(home, "officer", before["cursor"])
    (event,) = after["events"]

    assert (event["type"], event["case"], event["name"]) == ("case.fact", home.real, "order_signed")
    assert (event["by"], event["count"], event["at"]) == ("officer", 1, "2026-04-06T07:00:00Z")
    assert changes(home, "officer", after["cursor"])["events"] == []


def test_page_by_page_it_is_the_same_feed(home: Home) -> None:
    """One by one from the start: nothing twice, nothing left out, `more` until the last."""
    record(home)
    all_events, pages, cursor, has_more = changes(home, "auditor", limit=1000)["events"], [], 0, True
    while has_more:
        page = changes(home, "auditor", cursor, limit=1)
        pages += page["events"]
        cursor, has_more = page["cursor"], page["more"]

    assert pages == all_events
    assert len(all_events) > 3


def test_each_reads_of_what_they_may_see_alone(home: Home) -> None:
    """Administrators of no case, officers and heads of no account; without a token nobody of anything."""
    record(home)
    topics = {
        login: {event["type"].partition(".")[0] for event in changes(home, login, limit=1000)["events"]}
        for login in ("administrator", "officer", "first_head")
    }

    assert "case" not in topics["administrator"]
    assert topics["officer"] == topics["first_head"] == {"case"}
    assert home.stranger().get("/api/v1/events").status_code == 401


def test_of_a_confidential_case_it_tells_the_number_alone(home: Home) -> None:
    """Neither the step nor who did it, to those who know of the case; nothing at all to others."""
    record(home)
    hide(home, home.real, "auditor")
    case_events = [
        event for event in changes(home, "auditor", limit=1000)["events"] if event["case"] == home.real
    ]

    assert {(event["type"], event["name"], event["by"]) for event in case_events} == {("case.changed", "", "")}
    assert home.real not in {event["case"] for event in changes(home, "officer", limit=1000)["events"]}


def test_a_cursor_that_is_no_number_is_refused(home: Home) -> None:
    """422 with the name of the parameter, not an empty list."""
    with home.client("officer") as client:
        answers = [client.get(f"/api/v1/events?{query}") for query in ("after=x", "after=-1", "limit=1001")]

    assert [(answer.status_code, answer.json()["errors"][0]["where"]) for answer in answers] == [
        (422, "query.after"),
        (422, "query.after"),
        (422, "query.limit"),
    ]
