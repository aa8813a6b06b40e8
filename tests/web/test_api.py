"""Answers of the API, and its feed of changes."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from merzim.services.results import OpenedCase
from merzim.web.errors import AWAY
from tests.web.conftest import Site, hide
from workflow.cases.case import Case
from workflow.refusal import Refusal


def test_the_board_has_its_figures_and_lines_and_goes_on_where_it_ended(
    site: Site, browser: TestClient
) -> None:
    """The machine reads what the manager sees; three lines at a time it is the same, with all figures."""
    whole_board, rows, cursor = browser.get("/api/v1/board").json(), [], ""
    while cursor is not None:
        part = browser.get(f"/api/v1/board?limit=3&cursor={cursor}").json()
        assert part["overdue_count"] == whole_board["overdue_count"]
        rows += part["overdue"]
        cursor = part["next"]
    line = next(line for line in whole_board["due"] if line["case"] == site.real)

    assert (whole_board["today"], whole_board["due_until"]) == ("2026-04-06", "2026-04-15")
    # The note of the late case was due on 6 March; its plan and publication wait for it, and are not overdue.
    assert whole_board["overdue_count"] == len(rows) == 5
    assert (rows, whole_board["next"]) == (whole_board["overdue"], None)
    assert (line["obligation"], line["due"], line["working_days"]) == ("order_signed", "2026-04-06", 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/cases/none", 404),
        ("/api/v1/cases/%00", 404),
        ("/api/v1/board?lang=de", 422),
        ("/api/v1/x", 404),
    ],
)
def test_a_refusal_is_json_with_a_sentence(path: str, status: int, browser: TestClient) -> None:
    """A machine gets a code, a person reading its log a sentence."""
    answer = browser.get(path)

    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


def test_the_description_is_served_without_a_foreign_page(browser: TestClient) -> None:
    """OpenAPI as data; no page that would fetch its scripts elsewhere."""
    description = browser.get("/api/openapi.json").json()

    assert {"/healthz", "/api/v1/board", "/api/v1/cases", "/api/v1/plan"} <= set(description["paths"])
    assert all(path.startswith(("/api/v1/", "/healthz", "/ready", "/metrics")) for path in description["paths"])
    assert browser.get("/docs").status_code == 404
    assert browser.get("/redoc").status_code == 404


def test_a_case_is_opened_planned_recorded_and_read_by_the_api_alone(browser: TestClient) -> None:
    """A full step without a page; its author is in the chain."""
    opened_answer = browser.post(
        "/api/v1/cases",
        json={"procedure": "internal-analysis", "unit": "law", "planned": {"analysis_started": "2026-09-01"}},
    )
    case = opened_answer.json()["case"]
    plan_answer = browser.post(
        f"/api/v1/cases/{case}/plans", json={"planned": {"analysis_started": "2026-09-08"}}
    )
    link = {"kind": "link:site", "address": "https://example.kz/1", "published_on": "2026-04-06"}
    recorded = browser.post(
        f"/api/v1/cases/{case}/facts",
        json={"fact": "schedule_approved", "on": "2026-04-06", "evidence": [link]},
    )
    second_answer = browser.post(
        f"/api/v1/cases/{case}/facts", json={"fact": "schedule_approved", "on": "2026-04-06"}
    )
    events = browser.get(f"/api/v1/cases/{case}/events").json()

    assert opened_answer.status_code == 201
    assert "order_signed" in {change["obligation"] for change in plan_answer.json()["moved"]}
    assert (recorded.json()["changed"], second_answer.json()["changed"]) == (True, False)
    assert [event["kind"] for event in events] == ["opened", "planned", "planned", "fact"]
    assert {event["by"] for event in events} == {"officer"}


def test_a_request_said_again_under_its_key_is_done_once(site: Site, browser: TestClient) -> None:
    """The line was cut, the program says it again: one case, the same answer; another request, another key."""
    body = {"procedure": "internal-analysis", "unit": "law"}
    key = {"Idempotency-Key": "opening-of-the-law-department"}
    before = len(site.cases())
    first = browser.post("/api/v1/cases", json=body, headers=key)
    second = browser.post("/api/v1/cases", json=body, headers=key)
    other = browser.post("/api/v1/cases", json={**body, "unit": "hr"}, headers=key)

    assert first.json() == second.json()
    assert len(site.cases()) == before + 1
    assert (other.status_code, other.json()["code"]) == (409, "web.problem.other_request")


def test_a_refused_request_gives_its_key_back(browser: TestClient) -> None:
    """After correction it may be repeated under the same key."""
    key = {"Idempotency-Key": "mended-later"}
    refused = browser.post("/api/v1/cases", json={"procedure": "internal-analisys"}, headers=key)
    mended = browser.post("/api/v1/cases", json={"procedure": "internal-analysis"}, headers=key)

    assert (refused.status_code, mended.status_code) == (422, 201)


def test_what_may_have_been_done_is_not_done_again_under_its_key(
    site: Site, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke during the commit: a repeated request is answered that the outcome is unknown."""
    body, key = {"procedure": "internal-analysis", "unit": "law"}, {"Idempotency-Key": "cut-at-the-end"}

    def cut_off(case: Case) -> OpenedCase:
        trouble = Refusal(AWAY, what="unreachable", where="here", problem="")
        trouble.undecided = True
        raise trouble

    before = len(site.cases())
    with monkeypatch.context() as away:
        away.setattr(OpenedCase, "of", cut_off)
        cut = browser.post("/api/v1/cases", json=body, headers=key)
    second_answer = browser.post("/api/v1/cases", json=body, headers=key)

    assert (cut.status_code, second_answer.status_code) == (503, 409)
    assert second_answer.json()["code"] == "web.problem.never_ended"
    assert len(site.cases()) == before + 1


@pytest.mark.parametrize(
    "body",
    [
        {"fact": "order_signed", "on": "2026-02-30"},
        {"fact": "order_signed\u0000", "on": "2026-04-06"},
        {"fact": "order_signed", "on": "2026-04-06", "evidence": [{"address": "javascript:alert(1)"}]},
        {"fact": "order_signed", "on": "2026-04-06", "values": {"x": 1e300}},
        {"fact": "order_signed", "on": "2026-04-06", "forgotten": 1},
        {"fact": "order_signed", "on": "2026-04-07"},
        [],
    ],
    ids=str,
)
def test_what_cannot_be_recorded_is_a_problem_in_words(site: Site, browser: TestClient, body: object) -> None:
    """422 as RFC 9457 has it; nothing is written."""
    before = site.facts(site.real)
    answer = browser.post(f"/api/v1/cases/{site.real}/facts", json=body)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) - {"errors"} == {"type", "title", "status", "code", "detail"}
    if problem["code"] == "web.problem.bad_body":
        assert all(error["where"].startswith("body") and error["detail"] for error in problem["errors"])
    assert site.facts(site.real) == before


def test_a_field_that_is_not_allowed_is_named_in_the_language_of_the_reader(
    site: Site, browser: TestClient
) -> None:
    """What, where and what is allowed, in one sentence of the catalogue; nothing of the library's English."""
    good = {"fact": "order_signed", "on": "2026-04-06"}
    facts, comments = (f"/api/v1/cases/{site.real}/{path}" for path in ("facts", "comments"))
    requests: list[tuple[str, object, str]] = [
        (facts, {"fact": "order_signed"}, "Не указано: on."),
        (facts, {**good, "on": "06.04.2026"}, "on: «06.04.2026» – не дата. Пишите дату так: 2026-04-13."),
        (facts, {**good, "forgotten": 1}, "Поля forgotten нет."),
        (facts, {**good, "remark": "ә" * 4001}, "remark: слишком длинно, не более 4000 знаков."),
        (facts, {**good, "remark": 7}, "remark: ожидается текст."),
        (facts, {**good, "preview": "perhaps"}, "preview: ожидается true или false."),
        (facts, {**good, "evidence": {}}, "evidence: ожидается список."),
        (
            facts,
            {**good, "evidence": [{"address": "org"}]},
            "evidence.0.address: «org» – не полный адрес. Адрес начинается с http:// или https://.",
        ),
        (facts, {**good, "evidence": [{}]}, "evidence.0: укажите либо адрес, либо файл: что-то одно."),
        (facts, {**good, "values": {"x": -1}}, "values.x: слишком малое число, не менее 0."),
        (facts, [], "body: ожидается объект с именованными полями."),
        (comments, {"text": "x", "answers": "many"}, "answers: ожидается целое число."),
        (comments, {"text": "x", "answers": 10**10}, "answers: слишком большое число, не более 1000000000."),
    ]
    answers = [browser.post(path, json=body, headers={"Accept-Language": "ru"}) for path, body, _ in requests]
    assert [(answer.status_code, answer.json()["errors"][0]["detail"]) for answer in answers] == [
        (422, sentence) for _, _, sentence in requests
    ]
    problem = browser.get("/api/v1/deadlines?urgency=hot", headers={"Accept-Language": "kk"}).json()
    assert [error["detail"] for error in problem["errors"]] == [
        "urgency: «hot» мәні жарамсыз. Ықтимал мәндер: overdue, today, near, later, due, missed, unconfirmed, "
        "never_confirmed, slipped, undated, open."
    ]


def test_a_day_says_whether_it_is_worked(browser: TestClient) -> None:
    """Nauryz is not; the Monday the holiday of a Saturday is moved to is not either."""
    days = {day: browser.get(f"/api/v1/days/{day}").json()["working"] for day in ("2026-03-21", "2026-03-26")}

    assert days == {"2026-03-21": False, "2026-03-26": True}
    assert browser.get("/api/v1/days/2026-02-30").status_code == 404
    assert browser.get("/api/v1/days/1999-01-01").status_code == 422


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
