"""Several rows of “My desk” recorded at once: one preview, one result per row."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import TODAY, Site, staffed_office
from workflow.cases.commands import recording


@pytest.fixture
def site() -> Site:
    """The officer is of the people file; Өтегенов Ерлан answers for law."""
    return staffed_office()


def confirm(browser: TestClient, form: dict[str, object], page: str) -> str:
    """Send the form again with the token and the file of its preview."""
    hidden = dict(re.findall(r'name="(confirmed|digest)" value="([0-9a-f]+)"', page))
    return browser.post("/desk/record-many?lang=en", data={**form, **hidden}).text


def test_ticked_rows_are_previewed_and_then_recorded_each_by_itself(site: Site) -> None:
    """Two cases get day, remark, link, file and signatory; a step known with another day is refused."""
    fields = {"case": site.late, "fact": "start_announced", "on": "2026-04-03"}
    browser = site.client()
    assert browser.post("/desk/record", data=fields).status_code == 303
    form: dict[str, object] = {
        "show": "all",
        "on": "2026-04-06",
        "remark": "Одним приказом",
        "link": "https://org.kz/order",
        "signed_by": "head",
        "row": [f"{site.real}:order_signed", f"{site.late}:order_signed", f"{site.late}:start_announced"],
    }
    seq = {case: site.events(case)[-1].seq for case in (site.real, site.late)}
    preview = browser.post(
        "/desk/record-many?lang=en", data=form, files={"file": ("order.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    )

    assert preview.status_code == 200
    assert "order.png" in preview.text, "the file is kept, and the page says so"
    assert "To be recorded: 2, refused: 1. Nothing has been saved yet." in preview.text
    assert {case: site.events(case)[-1].seq for case in seq} == seq
    assert 'value="2026-0001:order_signed" form="many"' in preview.text

    result_page = confirm(browser, form, preview.text)
    assert "Recorded: 2, refused: 1." in result_page
    assert "3 April 2026" in result_page.partition('id="many"')[2], "the refusal names the day on record"
    for case in (site.real, site.late):
        fact = site.facts(case)["order_signed"]
        assert (fact.on, fact.signed_by) == (date(2026, 4, 6), "head")
        # The step asks for one document, the order; no link is asked for.
        assert {item.kind for item in fact.evidence} == {"document:order", ""}
    assert site.facts(site.late)["start_announced"].on == date(2026, 4, 3)


def take_back(browser: TestClient, page: str, ground: str = "Не тот приказ") -> str:
    """Press the button below the results."""
    taken_rows = re.findall(r'name="taken" value="([^"]+)"', page)
    return browser.post("/desk/withdraw-many?lang=en", data={"taken": taken_rows, "ground": ground}).text


def test_all_that_was_recorded_is_taken_back_at_once_with_a_ground(site: Site) -> None:
    """A row somebody withdrew meanwhile is refused by itself; what the button did not record stays."""
    browser = site.client()
    fields = {"case": site.late, "fact": "start_announced", "on": "2026-04-03"}
    assert browser.post("/desk/record", data=fields).status_code == 303
    rows = [f"{site.real}:order_signed", f"{site.late}:order_signed", f"{site.late}:start_announced"]
    form: dict[str, object] = {"on": "2026-04-06", "row": rows}
    result_page = confirm(browser, form, browser.post("/desk/record-many?lang=en", data=form).text)
    assert "Take back all: 2" in result_page

    without_ground = take_back(browser, result_page, ground=" ")
    assert "order_signed" in site.facts(site.late)
    assert "Taken back" not in without_ground

    withdrawal = {"name": "order_signed", "ground": "Раньше"}
    assert browser.post(f"/api/v1/cases/{site.real}/withdrawals", json=withdrawal).status_code == 200
    page = take_back(browser, result_page)

    assert "Taken back: 1, refused: 1." in page
    assert "order_signed" not in site.facts(site.late)
    assert site.facts(site.late)["start_announced"].on == date(2026, 4, 3)
    event = site.events(site.late)[-1]
    assert (event.kind, event.payload["ground"]) == ("withdrawn", "Не тот приказ")


def test_who_may_not_withdraw_takes_back_what_they_have_just_recorded_themselves(site: Site) -> None:
    """By the rule of "Undo": their own, within ten minutes; another's record is refused."""
    ours, theirs = site.client("erlan"), site.client()
    steps = {name: [{"case": site.late, "fact": name}] for name in ("order_signed", "start_announced")}
    mine = ours.post("/api/v1/facts", json={"on": "2026-04-06", "steps": steps["order_signed"]}).json()
    other = theirs.post("/api/v1/facts", json={"on": "2026-04-03", "steps": steps["start_announced"]}).json()
    seqs = [answer["steps"][0]["result"]["events"][0]["seq"] for answer in (mine, other)]
    lines = [{"case": site.late, "line": seq} for seq in seqs]
    answer = ours.post("/api/v1/withdrawals", json={"lines": lines, "ground": "Не то дело"}).json()

    assert (answer["taken_back"], answer["refused"]) == (1, 1)
    assert "made by officer" in answer["lines"][1]["refusal"]["en"]
    assert set(site.facts(site.late)) == {"start_announced"}


def test_what_changed_since_the_preview_is_previewed_again(site: Site) -> None:
    """Another day, or a case somebody wrote to meanwhile: the token no longer fits and nothing is written."""
    browser = site.client()
    form: dict[str, object] = {"on": "2026-04-06", "row": [f"{site.late}:order_signed"]}
    page = browser.post("/desk/record-many?lang=en", data=form).text
    second_page = confirm(browser, {**form, "on": "2026-04-05"}, page)

    assert "Nothing has been saved yet" in second_page
    assert "order_signed" not in site.facts(site.late)

    site.write(site.late, recording.record, "order_signed", on=TODAY)
    assert "Nothing has been saved yet" in confirm(browser, form, page)


def test_rows_out_of_reach_and_bad_forms_are_refused_in_words(site: Site) -> None:
    """A case of another unit is not there; no rows, a day that is none, and a day ahead write nothing."""
    page = "/desk/record-many?lang=en"
    row = f"{site.late}:order_signed"
    foreign = site.client("responsible").post(page, data={"on": "2026-04-06", "row": row})
    nothing = site.client().post(page, data={"on": "2026-04-06"})
    no_day = site.client().post(page, data={"on": "soon", "row": row})
    ahead = site.client().post(page, data={"on": (TODAY + timedelta(days=1)).isoformat(), "row": row})

    assert "To be recorded: 0, refused: 1" in foreign.text
    assert site.real not in foreign.text.partition('id="many"')[2]
    assert (nothing.status_code, no_day.status_code) == (422, 422)
    assert "Tick at least one row." in nothing.text
    assert "refused: 1" in ahead.text
    assert "order_signed" not in site.facts(site.late)


def test_the_api_answers_each_step_and_refuses_decisions_and_register_rows(site: Site) -> None:
    """The sentences stand in three languages; a step sent twice counts once."""
    decision = next(iter(site.context.library.of(site.case(site.late)).decisions), "")
    names = ["order_signed", "order_signed", "measure.1", *([decision] if decision else [])]
    steps = [{"case": site.late, "fact": name} for name in names]
    answer = site.client().post("/api/v1/facts", json={"on": "2026-04-06", "steps": steps}).json()

    assert [step["fact"] for step in answer["steps"]] == list(dict.fromkeys(names))
    assert answer["recorded"] == 1
    assert answer["steps"][0]["result"]["events"][0]["name"] == "order_signed"
    assert all(set(step["refusal"]) == {"kk", "ru", "en"} for step in answer["steps"][1:])
