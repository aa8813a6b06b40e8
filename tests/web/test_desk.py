"""The desk: what somebody must do, and facts on several rows at once."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from merzim.services.jobs.rounds import deliver, run_round
from merzim.web.ui.render import Translator
from tests.web.conftest import AT, NOW, PASSWORD, TODAY, Site, account, build, office_with_cases, staffed_office
from tests.web.test_names_of_others import letter
from workflow.cases.commands import recording
from workflow.org.office import Office, Person, Unit


@pytest.fixture
def site() -> Site:
    """The officer is Әлиева Гүлнұр of hr; Өтегенов Ерлан answers for law."""
    return staffed_office()


def rows(page: str) -> list[str]:
    """Ids of the rows of a desk."""
    return re.findall(r'<tr id="([^"]+)"', page)


def test_a_desk_holds_what_its_reader_must_do_and_nothing_else(site: Site) -> None:
    """The one of law sees the late announcement, the one of hr her own cases; what heads sign neither. The
    officer may look at all."""
    erlan, officer = site.client("erlan"), site.client()
    of_erlan, of_officer = rows(erlan.get("/desk").text), rows(officer.get("/desk").text)
    everything = rows(officer.get("/desk?show=all").text)

    assert f"{site.late}:start_announced" in of_erlan
    assert not any(row.endswith(":order_signed") for row in of_erlan + of_officer)
    assert {row.partition(":")[0] for row in of_officer} == {site.real}
    assert {row.partition(":")[0] for row in everything} >= {site.real, site.late}
    assert rows(erlan.get("/desk?show=all").text) == of_erlan


def test_rows_that_differ_in_their_case_alone_are_one_line_that_opens() -> None:
    """The same report of a quarter in four cases; two of them would stand in the list as any other."""

    def desk(count: int) -> str:
        site = build()
        account(site, "officer", "officer", "a@org.kz")
        for number in range(count):
            site.open(object=f"Объект {number}", planned={"analysis_started": date(2026, 4, 22)})
        page = site.client().get("/desk?lang=ru").text
        return page.partition('id="near"')[2].partition("</section>")[0]

    folded, single = desk(4), desk(2)

    assert re.findall(r'<b>([^<]+)</b> <span class="tally">(\d+)</span>', folded) == [
        ("Объявление о начале анализа", "4")
    ]
    assert len(rows(folded)) == 4
    assert 'class="alike"' not in single
    assert len(rows(single)) == 2


def test_a_fact_is_recorded_on_the_row_with_evidence_and_remark(site: Site) -> None:
    """Date, links, a file and a word: one step, and the row is gone."""
    browser = site.client("erlan")
    form = browser.get(f"/desk?lang=ru&row={site.late}:start_announced").text
    answer = browser.post(
        "/desk/record",
        data={
            "case": site.late,
            "fact": "start_announced",
            "on": "2026-04-03",
            "link.link:site": "https://org.kz/1",
            "remark": "Сайт жаңартылды",
        },
        files={"file.other": ("снимок.png", b"\x89PNG\r\n\x1a\n", "image/png")},
    )
    after = browser.get(answer.headers["location"] + "&lang=ru").text
    fact = site.facts(site.late)["start_announced"]

    assert 'name="link.link:site"' in form
    assert 'name="remark"' in form
    assert answer.status_code == 303
    assert (fact.on, len(fact.evidence)) == (date(2026, 4, 3), 2)
    assert "Записано: Объявление о начале анализа" in after
    assert f"{site.late}:start_announced" not in rows(after)
    assert "Сайт жаңартылды" in browser.get(f"/cases/{site.late}").text


def test_what_is_refused_is_said_though_its_row_is_gone_meanwhile(site: Site) -> None:
    """Somebody else did it while the form was open: once on the page, and where the form looks for it."""
    form = {"case": site.late, "fact": "start_announced", "on": "2026-04-03"}
    browser = site.client("erlan")
    browser.post("/desk/record", data=form)
    answer = browser.post("/desk/record", data={**form, "on": "2026-04-02"})

    assert answer.status_code == 409
    assert f'id="{site.late}:start_announced"' not in answer.text
    (message,) = re.findall(r'<span id="row-problem" class="problem-line">([^<]+)</span></div>', answer.text)
    assert "2026" in message


def test_htmx_is_told_to_fetch_the_content_alone(site: Site) -> None:
    """No page changes: the answer names where the new content is."""
    answer = site.client("erlan").post(
        "/desk/record",
        data={"case": site.late, "fact": "start_announced", "on": "2026-04-03"},
        headers={"hx-request": "true"},
    )

    assert answer.status_code == 204
    assert '"target": "#content"' in answer.headers["hx-location"]


def test_a_letter_is_acknowledged_by_whoever_it_was_sent_to() -> None:
    """Its button is in the row once it is unfolded; keys of other people's rows are not in the page."""
    site = office_with_cases()
    for login, person in (("erlan", "c@org.kz"), ("other", "b@org.kz")):
        account(site, login, "responsible", person)
    notice = letter(site.late, "c@org.kz", "start_announced")
    site.sent(notice)
    fields = {"case": site.late, "key": notice.key}
    folded, page = (
        site.client("erlan").get(f"/desk?lang=ru{row}").text
        for row in ("", f"&row={site.late}:start_announced")
    )
    stranger = site.client("other").post("/desk/read", data=fields)
    own_answer = site.client("erlan").post("/desk/read", data=fields)

    assert "Отметить прочтение" not in folded
    assert "Отметить прочтение" in page
    assert stranger.status_code == 404
    assert own_answer.status_code == 303
    assert [sent.acknowledged_at for sent in site.context.reads.notices(site.case(site.late))] == [NOW]
    assert any(event.payload.get("what") == "acknowledged" for event in site.events(site.late))


def test_whoever_is_away_is_stood_in_for(site: Site) -> None:
    """Erlan goes on leave and names Gulnur: his tasks are on her “My desk”, with his name."""
    account(site, "erlan", "first_head", "c@org.kz")
    browser = site.client("erlan")
    answer = browser.post(
        "/desk/leave", data={"first": "2026-04-06", "last": "2026-04-17", "deputy": "a@org.kz"}
    )
    hers = site.client().get("/desk?lang=ru").text

    assert answer.status_code == 303
    assert f"{site.late}:start_announced" in rows(hers)
    assert "за отсутствующего: Өтегенов Ерлан" in hers
    assert rows(browser.get("/desk").text) == []

    browser.post("/desk/leave", data={"none": "1", "deputy": "a@org.kz"})
    assert f"{site.late}:start_announced" in rows(browser.get("/desk").text)


def test_an_account_of_nobody_is_told_why_its_desk_is_empty(site: Site) -> None:
    """And it may not go on leave."""
    account(site, "nobody", "responsible")
    browser = site.client("nobody")

    assert "не связана со списком сотрудников" in browser.get("/desk?lang=ru").text
    assert browser.post("/desk/leave", data={"none": "1"}).status_code == 422


def test_the_day_begins_where_its_work_is(site: Site) -> None:
    """After logging in."""
    logins = ("officer", "responsible", "head_of_unit", "first_head", "auditor", "administrator")
    password = {"password": PASSWORD}
    answers = {login: site.stranger().post("/login", data={"login": login, **password}) for login in logins}

    assert {login: answer.headers["location"] for login, answer in answers.items()} == {
        **dict.fromkeys(("officer", "responsible"), "/desk"),
        **dict.fromkeys(("head_of_unit", "first_head", "auditor"), "/"),
        "administrator": "/administration",
    }


def test_obligatory_steps_without_a_term_stand_on_the_desk_as_a_checklist(site: Site) -> None:
    """The check of the announcement for secrets, of the stage the case is at; what comes later is not there."""
    page = site.client("erlan").get("/desk?lang=en").text
    _, _, checklist = page.partition('<section class="card" id="undated"')

    assert "No due date" in checklist
    assert f"{site.late}:start_text_checked" in rows(checklist)
    assert f"{site.late}:publication_text_checked" not in rows(page)
    assert f"{site.late}:work_plan_approved" not in rows(page), "recommended is not obligatory"


def test_everybody_a_letter_tells_of_a_case_of_the_whole_organisation_can_open_it() -> None:
    """Its executor and their head have accounts of one unit: the link of each letter opens under the log-in of
    its recipient, the step stands on the executor's desk and form, and a colleague nobody told is answered 404.
    What of it is nobody's to remind of stands on the executor's desk before any letter."""
    units = {"body": Unit(id="body", name="Басқарма")} | {
        id: Unit(id=id, name=id, parent="body") for id in ("hr", "law")
    }
    duties = {"a": ("authorised_person",), "b": ("head_of_unit",), "c": ()}
    people = [
        Person(key=f"{name}@org.kz", email=f"{name}@org.kz", name=name, unit="hr", duties=duties)
        for name, duties in duties.items()
    ]
    address = "http://testserver"
    site = build(Office(units=units, people={person.key: person for person in people}), address=address)
    for person in people:
        account(site, person.name, "responsible", person.key)
    case = site.open(unit="", planned={"analysis_started": date(2026, 4, 13)})
    site.write(case, recording.record, "schedule_approved", on=TODAY)
    before = site.client("a")
    assert {f"{case}:start_announced", f"{case}:start_text_checked"} <= {*rows(before.get("/desk").text)}
    assert before.get(f"/cases/{case}").status_code == 200
    assert site.client("b").get(f"/cases/{case}").status_code == 404

    run_round(site.context, at=AT)
    deliver(site.context, at=AT)
    statuses = {}
    for file in site.context.settings.channels.of("folder").as_written()["path"].iterdir():
        letter = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = letter.get_body(("plain",))
        login = letter["To"].addresses[0].addr_spec.partition("@")[0]
        for link in re.findall(rf"{address}(/cases/\S+)", body.get_content() if body else ""):
            statuses[login] = site.client(login).get(link).status_code
    assert statuses == {"a": 200, "b": 200}
    assert site.client("c").get(f"/cases/{case}").status_code == 404
    visibilities = [case in site.client(login).get("/cases").text for login in "abc"]
    late = [site.client(login).get("/api/v1/deadlines?urgency=overdue").json()["total"] for login in "abc"]
    assert (visibilities, late) == ([True, True, False], [1, 1, 0])

    form = {"case": case, "fact": "start_announced", "on": "2026-03-30"}
    recorded = site.client("a").post("/desk/record", data=form)
    managed = site.client("a").post(f"/cases/{case}/cancel", data={"ground": "x"})
    assert (recorded.status_code, managed.status_code, [*site.facts(case)]) == (
        303,
        403,
        ["schedule_approved", "start_announced"],
    )


def test_a_plan_that_slipped_is_asked_about_apart_from_what_is_overdue(site: Site) -> None:
    """Planned for 1 April and not recorded: a question on the desk, the overview and the board."""
    site.write(site.late, recording.replan, {"discussion_announced": date(2026, 4, 1)})
    page = site.client("erlan").get("/desk?lang=en").text
    _, _, slipped = page.partition('<section class="card" id="slipped"')
    board = site.client().get("/api/v1/board").json()

    assert f"{site.late}:discussion_announced" in rows(slipped.partition("</section>")[0])
    assert "planned 1 April, 3 working days ago" in slipped
    last_year: Any = SimpleNamespace(look="slipped", planned_on=date(2025, 12, 30), working_days=4)
    assert "30 December 2025" in Translator("en").line_state(last_year, date(2026, 1, 8))[1]
    assert f'href="/cases/{site.late}?plan=discussion_announced#plan"' in slipped
    assert [line["obligation"] for line in board["slipped"]] == ["discussion_announced"]
    assert board["slipped_count"] == 1
    assert "discussion_announced" not in [
        line["obligation"] for line in board["overdue"] if line["case"] == site.late
    ]


def test_a_next_step_whose_planned_day_passed_is_told_as_passed(site: Site) -> None:
    """The start was planned for Friday 3 April; on Monday the page of the case says so beside the day."""
    facts = dict.fromkeys(("start_announced", "start_text_checked", "order_signed"), date(2026, 3, 2))
    planned = {"analysis_started": date(2026, 4, 3)}
    case = site.open(object="В", facts=facts, planned=planned)
    page = site.client().get(f"/cases/{case}?lang=ru").text
    next_one = page.partition('class="fact-next"')[2].partition("</div>")[0]

    assert "3 апреля 2026 года" in next_one
    assert "плановая дата прошла · Начало анализа" in next_one


def test_do_now_offers_neither_what_is_not_signed_yet_nor_what_is_weeks_away(site: Site) -> None:
    """A publication by a plan nobody approved, and an announcement of the discussion due in 23 working days:
    neither stands on top of the desk; in the case the start planned for tomorrow comes first."""
    planned = {"analysis_started": date(2026, 4, 7), "analysis_ended": date(2026, 5, 26)}
    facts = dict.fromkeys(("schedule_approved", "start_announced", "start_text_checked"), date(2026, 3, 2))
    facts["order_signed"] = date(2026, 3, 3)
    first = site.open(object="А", facts=facts, planned=planned)
    unsigned = {**facts, "analysis_started": date(2026, 3, 4), "note_signed": date(2026, 3, 30)}
    second = site.open(object="Б", facts=unsigned, planned={"plan_approved": date(2026, 4, 6)})
    desk = site.client().get("/desk?show=all&lang=ru").text
    card = desk.partition('"now-title"')[2].partition("</section>")[0]
    page = site.client().get(f"/cases/{first}?lang=ru").text
    next_one = page.partition('class="fact-next"')[2].partition("</div>")[0]

    assert "/cases/" in card
    assert f"/cases/{second}#published" not in card
    assert f"/cases/{first}#discussion_announced" not in card
    assert "7 апреля 2026 года" in next_one
    assert "Начало анализа" in next_one


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
    seqs = [answer["rows"][0]["result"]["events"][0]["seq"] for answer in (mine, other)]
    lines = [{"case": site.late, "line": seq} for seq in seqs]
    answer = ours.post("/api/v1/withdrawals", json={"lines": lines, "ground": "Не то дело"}).json()

    assert (answer["changed"], answer["refused"]) == (1, 1)
    assert "made by officer" in answer["rows"][1]["refusal"]["en"]
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

    assert [step["fact"] for step in answer["rows"]] == list(dict.fromkeys(names))
    assert answer["changed"] == 1
    assert answer["rows"][0]["result"]["events"][0]["name"] == "order_signed"
    assert all(set(step["refusal"]) == {"kk", "ru", "en"} for step in answer["rows"][1:])
