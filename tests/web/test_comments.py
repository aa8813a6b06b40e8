"""Comments on a case: event chain, notifications, replies, withdrawal; inbox; confidential cases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from merzim.services.jobs import rounds
from notifications.channels import OutgoingMessage
from notifications.letters.daily import compose
from notifications.notice import ANSWER_DAY
from notifications.round import round as run_round
from tests.notifications.servers import letters_in
from tests.web.conftest import NOW, TODAY, Site, account, staffed_office
from workflow.cases.changes import comments
from workflow.cases.commands import recording
from workflow.moments import Moment

AT = Moment(by="officer", now=NOW, today=TODAY)


@pytest.fixture
def site() -> Site:
    """The officer is of the people file; the head of hr is b, Өтегенов Ерлан (c) answers for law."""
    return staffed_office()


def count(page: str) -> int:
    """The unread count of the header."""
    match = re.search(r'class="inbox-count">(\d+)', page)
    return int(match[1]) if match else 0


def letters(site: Site) -> list[tuple[str, str]]:
    """Run a round and return the queued letters about comments: recipient and text."""
    return sorted((parcel.notice.person, str(parcel.notice.about.get("text", ""))) for parcel in composed(site))


def composed(site: Site, *, superseded: int = 0) -> Sequence[OutgoingMessage]:
    """Run a round; the queued letters about comments as they would leave, all but the superseded ones."""
    app = site.context
    dispatch = app.dispatch(AT)
    run_round(dispatch)
    waiting = app.reads.notices_matching(state="queued")
    queued = [notice for notice in waiting if notice.kind == "comment" and notice.not_before <= NOW]
    composition = compose(dispatch, queued)
    assert [outcome.state for outcome in composition.settled.values()] == ["withdrawn"] * superseded
    return composition.parcels


def test_a_question_is_asked_by_one_click_told_and_answered_by_a_comment(site: Site) -> None:
    """The officer asks why; Erlan has a letter and one unread line, answers, and the officer has the answer."""
    officer, erlan = site.client(), site.client("erlan")
    assert f'href="/cases/{site.late}?why=start_announced#comment"' in officer.get("/").text
    form = officer.get(f"/cases/{site.late}?why=start_announced&lang=ru").text.partition('id="comment-form"')[2]
    assert "Прошу до 8 апреля 2026 года сообщить" in form
    assert "selected>Өтегенов" in form
    assert comments(site.events(site.late)) == ()
    erlan_page = erlan.get("/deadlines?urgency=overdue&lang=en").text
    assert "<b>Yours</b>" in erlan_page
    assert f'href="/cases/{site.late}?fact=start_announced#record"' in erlan_page
    asked = {"obligation": "start_announced", "text": "Неге?", "asks": "c@org.kz", "until": "2026-04-08"}
    response = officer.post(f"/cases/{site.late}/comments", data=asked)
    (question,) = comments(site.events(site.late))

    assert response.status_code == 303
    message = officer.get(response.headers["location"] + "&lang=ru").text.partition(
        'class="told" role="status">'
    )[2]
    assert "Өтегенов" in message.partition("</div>")[0]
    assert "08.04.2026" in message.partition("</div>")[0]
    assert (question.obligation, question.asks, question.until) == (
        *("start_announced", "c@org.kz"),
        date(2026, 4, 8),
    )
    assert letters(site) == [("c@org.kz", question.text)]
    assert letters(site) == [("c@org.kz", question.text)], "each once"
    inbox = erlan.get("/inbox?lang=ru").text
    assert count(inbox) == 1
    assert "Вопрос вам" in inbox
    assert f'name="place" value="answer-{question.seq}"' in inbox, "the button leads to the box of the answer"
    assert f'id="answer-{question.seq}"' in erlan.get(f"/cases/{site.late}").text

    answer = {"text": "Не было ссылки", "answers": str(question.seq)}
    assert erlan.post(f"/cases/{site.late}/comments", data=answer).status_code == 303
    assert count(erlan.get("/inbox").text) == 0, "what is answered is read"
    assert count(officer.get("/desk").text) == 1
    assert comments(site.events(site.late))[0].answered_by == comments(site.events(site.late))[1].seq
    page = officer.get(f"/cases/{site.late}?lang=ru").text
    assert "Не было ссылки" in page
    assert "есть ответ" in page


def test_the_reminder_of_a_question_leaves_once_on_its_day_and_not_when_it_is_answered(site: Site) -> None:
    """Two questions by the 8th; one is answered on the 7th."""
    officer, app = site.client(), site.context
    for text in ("Қашан?", "Неге?"):
        fields = {"text": text, "asks": "c@org.kz", "until": "2026-04-08"}
        assert officer.post(f"/cases/{site.late}/comments", data=fields).status_code == 303
    composed(site)
    first, second = comments(site.events(site.late))
    answer = {"text": "Ертең", "answers": str(first.seq)}
    assert site.client("erlan").post(f"/cases/{site.late}/comments", data=answer).status_code == 303
    lines_by_day = {}
    for day in (7, 8, 9):
        on = date(2026, 4, day)
        now = datetime(2026, 4, day, 7, tzinfo=UTC)
        rounds.run_round(app, at=Moment(now=now, today=on))
        rounds.deliver(app, at=Moment(now=now, today=on))
        sent = app.reads.notices_matching(person="c@org.kz", state="sent")
        lines_by_day[day] = [notice.about["line"] for notice in sent if notice.step == ANSWER_DAY]

    assert lines_by_day == {7: [], 8: [second.seq], 9: [second.seq]}
    folder = Path(app.settings.channels.of("folder").as_written()["path"])
    texts = [text for _, text in letters_in(folder)]
    line = "жауап әлі берілген жоқ, мерзімі – 2026 жылғы 8 сәуір (Әлиева Гүлнұр): Заң департаменті: Неге?"
    assert [line in text for text in texts].count(True) == 1


def test_who_is_named_is_told_and_a_name_that_fits_nobody_is_refused(site: Site) -> None:
    """Surname and name, the surname alone, words after it; an unknown name writes nothing."""
    url = f"/cases/{site.late}/comments"
    browser = site.client()
    browser.post(url, data={"text": "@Өтегенов Ерлан қараңызшы. Сосын @Өтегенов хабарласаңыз"})
    unknown = browser.post(f"{url}?lang=en", data={"text": "@Nobody Atall look"})

    assert letters(site)[0][0] == "c@org.kz"
    assert unknown.status_code == 422
    assert "“@Nobody Atall look”" not in unknown.text
    assert "There is no “@" in unknown.text
    assert "@Nobody Atall look" in unknown.text, "what was typed stays"
    assert len(comments(site.events(site.late))) == 1


def test_a_comment_is_withdrawn_and_never_deleted(site: Site) -> None:
    """By its author, not by others: its text and its waiting letter go, the event stays."""
    url = f"/cases/{site.late}/comments"
    site.client("erlan").post(url, data={"text": "Қате @Әлиева Гүлнұр"})
    (line,) = [comment.seq for comment in comments(site.events(site.late))]
    assert letters(site)
    account(site, "other", "first_head", "b@org.kz")
    form = {"line": str(line), "ground": "қате"}
    refused = site.client("other").post(f"{url}/withdraw", data=form)
    own_answer = site.client("erlan").post(f"{url}/withdraw", data=form)

    assert (refused.status_code, own_answer.status_code) == (422, 303)
    page = site.client().get(f"/cases/{site.late}?lang=ru").text
    assert "Қате @Әлиева" not in page
    assert "Комментарий отозван." in page
    assert not composed(site, superseded=1)
    assert count(site.client().get("/desk").text) == 0
    assert site.events(site.late)[line - 1].payload["text"] == "Қате @Әлиева Гүлнұр"


def test_an_officer_does_not_withdraw_the_question_of_the_first_head(site: Site) -> None:
    """Neither by the comment, nor as a line of the history, nor among several; the page offers no button."""
    url = f"/cases/{site.late}/comments"
    site.client("first_head").post(url, data={"text": "Неге кешігіп жатыр?"})
    (line,) = [comment.seq for comment in comments(site.events(site.late))]
    officer, ground = site.client("officer"), {"ground": "внесено по ошибке"}
    api = f"/api/v1/cases/{site.late}"
    answers = [
        officer.post(f"{url}/withdraw", data={"line": str(line), **ground}),
        officer.post(f"{api}/comments/{line}/withdrawal", json=ground),
        officer.post(f"{api}/withdrawals", json={"name": f"#{line}", "ground": "сұрақ артық"}),
    ]
    several = {"lines": [{"case": site.late, "line": line}], **ground}
    many = officer.post("/api/v1/withdrawals", json=several).json()

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert (many["changed"], many["refused"]) == (0, 1)
    assert not comments(site.events(site.late))[0].withdrawn
    assert "/comments/withdraw" not in officer.get(f"/cases/{site.late}").text
    assert "/comments/withdraw" in site.client("first_head").get(f"/cases/{site.late}").text


def test_nobody_is_told_of_a_confidential_case_by_a_comment(site: Site) -> None:
    """Who does not know of it is not named; who knows gets a letter that says nothing of it."""
    case = site.open(procedure="conflict-of-interest", unit="law")
    for person in ("a@org.kz", "officer"):
        site.write(case, recording.name_reader, person)
    browser, url = site.client(), f"/cases/{case}/comments"
    refused = browser.post(url, data={"text": "@Өтегенов Ерлан құпия"})
    site.write(case, recording.name_reader, "c@org.kz")
    response = browser.post(url, data={"text": "@Өтегенов Ерлан құпия"})
    queued = letters(site)

    assert (refused.status_code, response.status_code) == (422, 303)
    assert queued == [("c@org.kz", "")]
    assert count(site.client("erlan").get("/inbox").text) == 1
    site.write(case, recording.remove_reader, "c@org.kz", ground="x")
    assert count(site.client("erlan").get("/inbox").text) == 0
    assert "құпия" not in site.client("erlan").get("/inbox").text
    assert f"/cases/{case}" not in site.client("auditor").get("/search?q=құпия").text


def test_an_inbox_is_marked_as_read_by_line_and_whole(site: Site) -> None:
    """One line leads to where it was said; the button reads them all; those of others stay unread."""
    officer, erlan = site.client(), site.client("erlan")
    for text in ("@Өтегенов бір", "@Өтегенов екі"):
        officer.post(f"/cases/{site.late}/comments", data={"text": text})
    first = comments(site.events(site.late))[0].seq
    answer = erlan.post("/inbox/read", data={"case": site.late, "line": str(first)})

    assert answer.headers["location"].endswith(f"#comment-{first}")
    assert count(erlan.get("/inbox").text) == 1
    assert officer.post("/inbox/read").status_code == 303
    assert count(erlan.get("/inbox").text) == 1
    assert erlan.post("/inbox/read").status_code == 303
    assert count(erlan.get("/inbox").text) == 0


def test_what_cannot_be_said_is_refused_in_words(site: Site) -> None:
    """Nothing said, an answer to no question, a day that is past, an unknown step; nothing is written."""
    url = f"/api/v1/cases/{site.late}/comments"
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    for body in (
        {"text": " "},
        {"text": "x", "answers": 1},
        {"text": "x", "asks": "c@org.kz", "until": yesterday},
        {"text": "x", "until": "2026-04-10"},
        {"text": "x", "obligation": "no_such_step"},
    ):
        assert site.client().post(url, json=body).status_code == 422, body
    assert comments(site.events(site.late)) == ()
    assert site.client("auditor").post(url, json={"text": "x"}).status_code == 403


def test_a_step_of_the_first_head_is_escalated_to_nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The officer of the settings replaces a missing head in reminders and stands above nobody."""
    office = site.context.reads.office()
    chief = replace(office.people["b@org.kz"], unit="head", duties=("head",))
    named = replace(office, officer="a@org.kz", people={**office.people, chief.key: chief})
    monkeypatch.setattr(type(site.context.reads), "office", lambda _: named)
    refused = site.client().post(
        f"/cases/{site.late}/ask?lang=ru", data={"obligation": "order_signed", "above": "1"}
    )

    assert refused.status_code == 422
    assert "Вышестоящий руководитель не найден." in refused.text
    assert comments(site.events(site.late)) == ()
