"""Assignments in a case: given, notified, reminded, answered with evidence, refused, extended."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from merzim.services.upkeep.maintenance import verify
from merzim.services.verbs import NotAllowed
from merzim.settings import ChannelSettings
from notifications.channels.email import Email
from tests.web.conftest import AT, NOW, TODAY, Site, account, staffed_office
from tests.web.serving import first_sheet
from tests.web.test_comments import composed, count, letters
from tests.web.test_names_of_others import letter
from tests.web.test_write_access import OF_CASES, ctx_of
from workflow.cases.case import Case
from workflow.cases.registers.assignments import Assignment, assignments
from workflow.org.access import Reader
from workflow.org.office import Office, Person


@pytest.fixture
def site() -> Site:
    """A head of law (h) gives; Өтегенов Ерлан (c) of law does."""
    site = staffed_office()
    account(site, "boss", "first_head", "b@org.kz")
    return site


def given(site: Site) -> Assignment:
    return assignments(site.case(site.late))[1]


def give(site: Site, until: str = "2026-04-10", person: str = "c@org.kz") -> None:
    form = {"person": person, "text": "Тізімді дайындаңыз", "until": until}
    answer = site.client("boss").post(f"/cases/{site.late}/assignments", data=form)
    assert answer.status_code == 303


def test_the_special_days_of_a_year_say_how_many_deadlines_are_due_on_them(site: Site) -> None:
    """An assignment until a holiday is counted on it, and on no other day."""
    give(site, "2026-05-01")

    days = site.client("boss").get("/api/v1/calendar/2026").json()["unusual"]
    assert {day["date"]: day["due"] for day in days if day["due"]} == {"2026-05-01": 1}


def test_an_assignment_is_told_and_stands_on_the_desk_of_who_is_to_do_it(site: Site) -> None:
    """A letter, an unread line, a row of the desk with its day; the board reminds as of any deadline."""
    give(site)
    row = site.context.reads.rows_of([site.case(site.late)])[site.late]
    (assignment,) = [candidate for candidate in row if candidate.obligation == "assignment.1"]

    assert letters(site) == [("c@org.kz", "Тізімді дайындаңыз")]
    assert count(site.client("erlan").get("/desk").text) == 1
    assert "Тізімді дайындаңыз" in site.client("erlan").get("/desk").text
    assert f'id="{site.late}:assignment.1"' in site.client("erlan").get("/desk").text
    assert (assignment.due, assignment.state) == (date(2026, 4, 10), "open")
    assert assignment.next_step_on is not None
    row_page = site.client("erlan").get("/deadlines?on=2026-04-10&lang=ru").text
    cell = row_page.partition("Тізімді дайындаңыз")[2].partition("</tr>")[0]
    assert "Поручение" in cell, "it is of no stage of the analysis"
    page = site.client("erlan").get(f"/cases/{site.late}").text
    assert re.findall(r'<(\w+) id="assignment.1"', page) == ["p"], "nor counted in one"


def test_it_is_answered_with_evidence_by_its_assignee_alone(site: Site) -> None:
    """Others are refused; the giver is told; the row is done."""
    give(site)
    url = f"/cases/{site.late}/assignments/answer"
    form = {"number": "1", "on": "2026-04-06", "text": "Дайын", "link.other": "https://org.kz/list"}
    stranger = site.client("officer").post(url, data=form)
    own_answer = site.client("erlan").post(
        url, data=form, files={"file.other": ("list.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    )

    assert (stranger.status_code, own_answer.status_code) == (422, 303)
    assert (given(site).answered_on, given(site).answer, len(given(site).evidence)) == (TODAY, "Дайын", 2)
    assert count(site.client("boss").get("/inbox").text) == 1
    assert site.client("erlan").post(url, data=form).status_code == 422, "done already"
    assert f'id="{site.late}:assignment.1"' not in site.client("erlan").get("/desk").text
    assert site.client("officer").get(f"/cases/{site.late}/package").status_code == 200, "no act asks for it"


def test_it_is_refused_with_a_ground_and_asked_for_again_by_another_day(site: Site) -> None:
    """A refused one waits for nobody; only its giver sets another day, not its assignee, and not a past one."""
    give(site)
    url = f"/cases/{site.late}/assignments"
    erlan, boss = site.client("erlan"), site.client("boss")
    assert erlan.post(f"{url}/refuse", data={"number": "1", "ground": " "}).status_code == 422
    assert erlan.post(f"{url}/refuse", data={"number": "1", "ground": "Менің жұмысым емес"}).status_code == 303
    assert given(site).refused == "Менің жұмысым емес"
    assert f'id="{site.late}:assignment.1"' not in erlan.get("/desk").text
    assert "Менің жұмысым емес" in boss.get("/inbox").text
    assert "/assignments/answer" not in erlan.get(f"/cases/{site.late}").text
    assert 'href="#assignment-text"' in boss.get(f"/cases/{site.late}").text, "it may be given to another"

    extension = {"number": "1", "until": "2026-04-15"}
    assert erlan.post(f"{url}/extend", data=extension).status_code == 422
    assert boss.post(f"{url}/extend", data={**extension, "until": "2026-04-05"}).status_code == 422
    assert boss.post(f"{url}/extend", data=extension).status_code == 303
    assert (given(site).until, given(site).refused) == (date(2026, 4, 15), "")
    later = boss.post(f"/api/v1{url}/1/extension", json={"until": "2026-04-16"}).json()
    assert later["moved"] == [{"obligation": "assignment.1", "from": "2026-04-15", "to": "2026-04-16"}]
    assert f'id="{site.late}:assignment.1"' in erlan.get("/desk").text


def _by_subject(site: Site, *, superseded: int = 0) -> dict[str, tuple[str, str]]:
    return {
        parcel.letter.subject.partition(":")[0]: (parcel.notice.person, parcel.letter.text)
        for parcel in composed(site, superseded=superseded)
    }


def test_its_letters_say_what_became_of_it_and_name_a_day_only_where_one_is_set(site: Site) -> None:
    """Given and extended to its assignee, with the day; refused and done to its giver, without one. What waited
    in the outbox until the assignment was done gives it no more."""
    give(site)
    url = f"/cases/{site.late}/assignments"
    first = _by_subject(site)
    site.client("erlan").post(f"{url}/refuse", data={"number": "1", "ground": "Менің жұмысым емес"})
    assert "Сізге тапсырма берілді" not in _by_subject(site, superseded=1), "refused before its letter left"
    site.client("boss").post(f"{url}/extend", data={"number": "1", "until": "2026-04-15"})
    extended = _by_subject(site)
    site.client("erlan").post(f"{url}/answer", data={"number": "1", "on": "2026-04-06", "text": "Дайын"})
    done = _by_subject(site, superseded=2)

    assert {subject: person for subject, (person, _) in first.items()} == {"Сізге тапсырма берілді": "c@org.kz"}
    assert "Орындау мерзімі: 2026 жылғы 10 сәуір\n" in first["Сізге тапсырма берілді"][1]
    told, text = extended["Тапсырманың мерзімі ауыстырылды"]
    assert (told, "Орындау мерзімі: 2026 жылғы 15 сәуір\n" in text) == ("c@org.kz", True)
    assert {subject: person for subject, (person, _) in done.items()} == {
        "Отказ от поручения": "b@org.kz",
        "Поручение исполнено": "b@org.kz",
    }
    assert not any("Срок" in text for _, text in done.values())


def test_only_heads_and_officers_give_and_a_mistaken_one_is_withdrawn(site: Site) -> None:
    """An executor is refused; withdrawn it leaves the board and keeps its number."""
    body = {"person": "c@org.kz", "text": "x", "until": "2026-04-10"}
    url = f"/api/v1/cases/{site.late}/assignments"
    assert site.client("erlan").post(url, json=body).status_code == 403
    assert site.client("officer").post(url, json={**body, "until": "2026-04-05"}).status_code == 422
    give(site)
    withdrawal = {"name": "assignment.1", "ground": "қате"}
    withdrawal_answer = site.client("officer").post(f"/api/v1/cases/{site.late}/withdrawals", json=withdrawal)
    rows = {row.obligation for row in site.context.reads.rows_of([site.case(site.late)])[site.late]}

    assert withdrawal_answer.status_code == 200
    assert "assignment.1" not in rows
    assert count(site.client("erlan").get("/desk").text) == 0
    give(site)
    assert list(assignments(site.case(site.late))) == [2]


def give_alone(site: Site, login: str = "boss", **fields: str) -> int:
    form = {"person": "c@org.kz", "text": "Есеп дайындаңыз", "until": "2026-04-10", **fields}
    return site.client(login).post("/assignments", data=form).status_code


def alone(site: Site) -> Case:
    (case,) = site.context.reads.cases(procedure="assignment")
    return site.case(case.id)


def test_one_given_alone_opens_a_case_of_its_own_in_the_unit_of_who_is_to_do_it(site: Site) -> None:
    """Told by letter, on the desk, in the search; the case stands at its one stage until it is done."""
    before = {listed_case.id for listed_case in site.context.reads.cases()}
    assert give_alone(site) == 303
    case = alone(site)
    row = site.context.reads.rows_of([case])[case.id]
    erlan = site.client("erlan")

    assert {listed_case.id for listed_case in site.context.reads.cases()} - before == {case.id}
    assert (case.unit, case.object, case.edition) == ("law", "Есеп дайындаңыз", "assignment.2000-01-01")
    assert [(deadline_row.obligation, deadline_row.due, deadline_row.state) for deadline_row in row] == [
        ("assignment.1", date(2026, 4, 10), "open")
    ]
    assert letters(site) == [("c@org.kz", "Есеп дайындаңыз")]
    assert f'id="{case.id}:assignment.1"' in erlan.get("/desk").text
    assert site.context.reads.stages([case]) == {case.id: "execution"}
    page = erlan.get(f"/cases/{case.id}").text
    assert "Есеп дайындаңыз" in page
    assert "Қолданылатын редакция" not in page, "no act, so no edition of one"
    assert 'name="person"' not in page, "its case takes no second one"

    form = {"number": "1", "on": "2026-04-06", "text": "Дайын"}
    assert erlan.post(f"/cases/{case.id}/assignments/answer", data=form).status_code == 303
    assert site.context.reads.stages([case]) == {case.id: "closed"}
    assert list(verify(site.context, at=AT)) == []


def test_one_given_alone_is_for_heads_and_their_own_people(site: Site) -> None:
    """An executor gives none; a head of one unit none outside it; an empty or past one is refused."""
    account(site, "hr", "head_of_unit", "b@org.kz", unit="hr")
    assert give_alone(site, "erlan") == 403
    assert give_alone(site, "hr") == 422
    assert give_alone(site, text=" ") == 422
    assert give_alone(site, until="2026-04-05") == 422, "the day before"
    assert not site.context.reads.cases(procedure="assignment")
    assert give_alone(site, until="2026-04-06") == 303, "the day itself"
    assert give_alone(site, "hr", person="a@org.kz", until="2026-04-07") == 303


def test_the_list_shows_whose_and_in_which_state(site: Site) -> None:
    """Given by one, to one, all; overdue from the day after; the workbook has the same rows."""
    give(site, until="2026-04-06")
    give_alone(site, until="2026-04-10")
    give_alone(site, "officer", person="a@org.kz", text="Тізім", until="2026-04-06")
    refusal = {"number": "1", "ground": "Менің жұмысым емес"}
    site.client("erlan").post(f"/cases/{alone_of(site, 'c@org.kz')}/assignments/refuse", data=refusal)

    def listed(login: str, **filters: str) -> list[str]:
        answer = site.client(login).get("/api/v1/assignments", params=filters).json()
        assert answer["total"] == len(answer["assignments"])
        return sorted(assignment["text"] for assignment in answer["assignments"])

    assert listed("boss", whose="given") == ["Тізімді дайындаңыз"]
    assert listed("boss", whose="given", state="all") == ["Есеп дайындаңыз", "Тізімді дайындаңыз"]
    assert listed("boss", whose="given", state="refused") == ["Есеп дайындаңыз"]
    assert listed("erlan", whose="mine") == ["Тізімді дайындаңыз"]
    assert listed("officer") == ["Тізім", "Тізімді дайындаңыз"]
    assert listed("officer", state="overdue") == [], "its day is today"
    boss = site.client("boss")
    for page in (boss.get("/assignments").text, boss.post("/assignments", data={"text": ""}).text):
        said = [text in page for text in ("Тізімді дайындаңыз", "Есеп дайындаңыз", '"/assignments.xlsx?')]
        assert said == [True, False, True]
    _, *rows = first_sheet(boss.get("/assignments.xlsx?whose=given&state=all").content)
    assert {row[0] for row in rows} == {"Есеп дайындаңыз", "Тізімді дайындаңыз"}


def alone_of(site: Site, person: str) -> str:
    cases = [site.case(case.id) for case in site.context.reads.cases(procedure="assignment")]
    return next(case.id for case in cases if case and person in case.responsible.values())


OUTSIDE = Reader(login="hr_executor", access="responsible", unit="hr", person="h@org.kz")
"""Somebody of hr, who is given an assignment in a case of law."""


@pytest.fixture
def lent(site: Site) -> Site:
    """An assignment in a case of law to an executor of hr, told by the letter that left."""
    site.keep(
        Office(people={"h@org.kz": Person(key="h@org.kz", name="Хасенов Олжас", unit="hr", email="h@org.kz")})
    )
    site.accounts.save(OUTSIDE, disabled=False, at=AT)
    assert site.client(OUTSIDE.login).get(f"/cases/{site.late}").status_code == 404
    give(site, person="h@org.kz")
    site.sent(*(replace(parcel.notice, state="sent", sent_at=NOW) for parcel in composed(site)))
    return site


def test_an_assignment_lets_its_case_be_read_and_nothing_else_of_it_be_written(lent: Site) -> None:
    """Facts, plan dates, risks, comments and assignments are refused; the page offers no form for them."""
    api, before = f"/api/v1/cases/{lent.late}", len(lent.events(lent.late))
    writes: dict[str, dict[str, object]] = {
        "facts": {"fact": "order_signed", "on": "2026-04-06"},
        "plans": {"planned": {"analysis_started": "2026-04-14"}},
        "registers/risks/rows": {"values": {"description": "Тәуекел"}},
        "comments": {"text": "Пікір"},
    }
    with lent.client(OUTSIDE.login) as browser:
        page = browser.get(f"/cases/{lent.late}")
        answers = {path: browser.post(f"{api}/{path}", json=body) for path, body in writes.items()}
        steps = {"steps": [{"case": lent.late, "fact": "order_signed"}], "on": "2026-04-06"}
        many = browser.post("/api/v1/facts", json=steps)
        desk = browser.post(
            "/desk/record", data={"case": lent.late, "fact": "order_signed", "on": "2026-04-06"}
        )
        listed = browser.get("/api/v1/cases").json()

    assert (page.status_code, desk.status_code) == (200, 403)
    assert "/assignments/answer" in page.text
    assert 'id="comment-form"' not in page.text
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(writes, 403)
    assert many.json()["changed"] == 0
    assert lent.late in str(listed)
    assert len(lent.events(lent.late)) == before


def test_of_all_verbs_only_those_that_answer_the_assignment_are_open(lent: Site) -> None:
    """Snoozing its own reminder is among them; every other one is refused before it looks at its fields."""
    ctx = ctx_of(lent, OUTSIDE)
    open_verbs = {verb.name for verb in OF_CASES if verb.answers}
    assert open_verbs == {
        *("answer_assignment", "refuse_assignment"),
        *("acknowledge_letter", "answer_letter", "snooze"),
    }
    for verb in OF_CASES:
        if verb.writes and verb.needs != "read" and not verb.answers:
            with pytest.raises(NotAllowed):
                verb(ctx, verb.command.model_construct(case=lent.late))


@pytest.mark.parametrize("outcome", ["answer", "refuse"])
def test_the_case_is_closed_to_who_has_answered(lent: Site, outcome: str) -> None:
    """Page, list and API are as before the assignment; extended by its giver the case is open to them again."""
    form = {"number": "1", "on": "2026-04-06", "text": "Дайын", "ground": "Менің жұмысым емес"}
    with lent.client(OUTSIDE.login) as browser:
        done = browser.post(f"/cases/{lent.late}/assignments/{outcome}", data=form)
        left = browser.get(done.headers["location"])
        statuses = [browser.get(f"{place}/cases/{lent.late}").status_code for place in ("", "/api/v1")]
        listed = browser.get("/api/v1/cases").json()

    assert (done.status_code, left.status_code) == (303, 200)
    assert "Тізімді дайындаңыз" in left.text
    assert statuses == [404, 404]
    assert lent.late not in str(listed)
    if outcome == "refuse":
        extension = {"number": "1", "until": "2026-04-15"}
        lent.client("boss").post(f"/cases/{lent.late}/assignments/extend", data=extension)
        assert lent.client(OUTSIDE.login).get(f"/cases/{lent.late}").status_code == 200


def test_who_was_told_of_a_step_of_their_own_goes_on_after_the_assignment(lent: Site) -> None:
    """A reminder of another obligation gives what it gave before: the case is seen, and written to."""
    lent.sent(letter(lent.late, "h@org.kz"))
    form = {"number": "1", "on": "2026-04-06", "text": "Дайын"}
    with lent.client(OUTSIDE.login) as browser:
        browser.post(f"/cases/{lent.late}/assignments/answer", data=form)
        comment = browser.post(f"/api/v1/cases/{lent.late}/comments", json={"text": "Пікір"})

    assert comment.status_code == 200


def test_an_assignment_due_on_a_day_off_says_so(site: Site) -> None:
    """Saturday 11 April 2026, under a case and alone; Friday says nothing, but that no letter reaches them."""
    browser = site.client()

    def said(address: str, until: str) -> str:
        answer = browser.post(address, data={"text": "Проверить", "person": "c@org.kz", "until": until})
        return str(answer.headers["location"])

    assert "said=assigned_day_off" in said(f"/cases/{site.late}/assignments", "2026-04-11")
    assert "said=assigned_day_off" in said("/assignments", "2026-04-11")
    assert "said=assignment_given#" in said("/assignments", "2026-04-10")
    assert "выходной день" in browser.get(f"/cases/{site.late}?said=assigned_day_off&lang=ru").text

    vars(site.context)["channels"] = {"email": Email(host="mail.example.kz", sender="m@org.kz")}
    assert "said=told_nobody" in said("/assignments", "2026-04-10")
    assert "адресата нет адреса" in browser.get(f"/cases/{site.late}?said=told_nobody&lang=ru").text
    settings, of_context = site.context.settings, vars(site.context)
    of_context["settings"] = settings.model_copy(update={"channels": ChannelSettings(use=("pigeon",))})
    del of_context["channels"]
    assert "said=assignment_given#" in said("/assignments", "2026-04-10")  # given, whatever the channels lack
