"""Withdrawals on the pages and in the API: ground required, immediate undo, date preview."""

from __future__ import annotations

import html
import re
from datetime import date, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import NOW, TODAY, Site
from tests.web.test_names_of_others import letter
from workflow.cases.commands import recording
from workflow.moments import Moment


@pytest.fixture
def case(site: Site) -> str:
    """The address of the case whose announcement is recorded."""
    return f"/cases/{site.real}"


def sent(site: Site, obligation: str, due: date, *, at: datetime = NOW) -> None:
    """A letter about the case that has left."""
    site.sent(letter(site.real, "a@org.kz", obligation, due=due, at=at))


def test_what_somebody_else_recorded_is_withdrawn_with_a_ground_of_one_s_own(
    site: Site, case: str, browser: TestClient
) -> None:
    """ "Entered by mistake" is said by who entered it; the cases of the site were opened by `test`."""
    usual = {"ground": "Внесено по ошибке."}
    others = browser.post(f"{case}/withdraw?lang=ru", data={"name": "start_announced", **usual})
    plan = {"analysis_started": "2026-04-14"}
    assert browser.post(f"/api/v1{case}/plans", json={"planned": plan}).status_code == 200
    own = browser.post(f"/api/v1{case}/withdrawals", json={"name": "plan.analysis_started", **usual})

    assert others.status_code == 422
    assert "укажите основание своими словами" in html.unescape(others.text)
    assert "start_announced" in site.facts(site.real)
    assert own.status_code == 200, own.text


def test_a_form_that_moves_dates_shows_them_first(site: Site, case: str, browser: TestClient) -> None:
    """The start a week later: the order is due 13 April instead of 6, one person was told of it. The token of
    what was shown carries it out; other answers with the same token are shown anew."""
    sent(site, "order_signed", date(2026, 4, 6))
    form_fields = {"fact": "analysis_started", "on": "2026-04-20", "preview": "yes"}

    preview = browser.post(f"{case}/plan?lang=ru", data=form_fields)

    assert preview.status_code == 200
    assert "будет уведомлено сотрудников: 1" in preview.text
    assert re.search(r"06\.04\.2026 → 13\.04\.2026", preview.text)
    assert site.case(site.real).planned["analysis_started"] == date(2026, 4, 13)
    token = re.search(r'name="confirmed" value="(\w+)"', preview.text)

    other = browser.post(f"{case}/plan", data={**form_fields, "on": "2026-04-21", "confirmed": token[1]})
    assert other.status_code == 200
    answer = browser.post(f"{case}/plan", data={**form_fields, "confirmed": token[1]})
    assert answer.status_code == 303
    assert site.case(site.real).planned["analysis_started"] == date(2026, 4, 20)


def test_a_plan_date_says_what_becomes_overdue_the_points_at_stake_and_the_days_that_keep_all(
    site: Site, case: str, browser: TestClient
) -> None:
    """On 6 April the start moves to 8 April: the order, 5 working days before it, was due on 1 April (10 points
    where none is made, P1.T1.S2), and the planned end of 26 May is its 32nd working day, not the 30th (5
    points of coverage, P1.T3.S3). A start from 13 April to the announcement of 12 May keeps every term."""
    early = {"fact": "analysis_started", "on": "2026-04-08", "preview": "yes"}
    before = len(site.events(site.real)), dict(site.context.ledger.rows(site.real))

    russian = browser.post(f"{case}/plan?lang=ru", data=early).text
    kazakh = browser.post(f"{case}/plan?lang=kk", data=early).text
    kept = browser.post(f"{case}/plan?lang=ru", data={**early, "on": "2026-04-20"}).text
    answer = browser.post(
        f"/api/v1{case}/plans", json={"planned": {"analysis_started": "2026-04-08"}, "preview": True}
    )

    assert "Станет просроченным: 2; под угрозой баллов: 15." in russian
    assert "Все сроки соблюдаются, если выбрать день с 13 апреля по 12 мая 2026 года." in russian
    assert "Мерзімі өтіп кететіні: 2; қауіптегі балл: 15." in kazakh
    assert "Станет просроченным" not in kept
    body = answer.json()
    assert (body["overdue"], body["points_at_stake"]) == (["order_signed", "analysis_ended"], "15")
    assert body["keeps"] == ["2026-04-13", "2026-05-12"]
    assert (len(site.events(site.real)), dict(site.context.ledger.rows(site.real))) == before, "not one row"


def test_a_withdrawal_shows_what_stands_before_and_after(site: Site, case: str, browser: TestClient) -> None:
    """The start announced for an analysis from 13 April was done; its last day is 30 March again (000: ten
    working days before). The check before it had gone unconfirmed, and is open again, without a term."""
    form = {"name": "start_announced", "ground": "қате жазылған", "preview": "yes"}
    preview = html.unescape(browser.post(f"{case}/withdraw?lang=en", data=form).text)

    shown = re.findall(r"<li[^>]*>\s*([^<]+) – ([^<]+ → [^<]+)</li>", preview)
    assert shown == [
        ("Check of the announcement of the start for protected secrets", "missed → no deadline set"),
        ("Announcement of the start", "done → 30.03.2026"),
    ]
    assert "start_announced" in site.facts(site.real)


def test_what_was_recorded_is_undone_within_ten_minutes(site: Site, case: str, browser: TestClient) -> None:
    """The page offers it beside "recorded"; the ground is that it was entered by mistake."""
    answer = browser.post(case, data={"fact": "order_signed", "on": "2026-04-06"})
    page = browser.get(f"{answer.headers['location']}&lang=ru").text
    line = re.search(r'action="/cases/[^"]+/undo"><input type="hidden" name="line" value="(\d+)"', page)
    assert "Отменить: Подписание приказа о внутреннем анализе, 6 апреля 2026 года</button>" in page
    lacking = re.search(
        r"записано, но не приложены подтверждающие документы: [^<]+<a[^>]+href=\"([^\"]+)", page
    )
    assert lacking is not None, "the evidence the act asks for, and where to add it"
    assert lacking[1] == f"{case}?fact=order_signed#record"

    undone = browser.post(f"{case}/undo?lang=ru", data={"line": line[1]})

    assert undone.status_code == 303
    assert "Запись отменена: Подписание приказа" in browser.get(undone.headers["location"]).text
    assert "order_signed" not in site.facts(site.real)
    event = site.events(site.real)[-1]
    assert (event.kind, event.payload["ground"]) == ("withdrawn", "внесено по ошибке")


def test_undo_is_not_offered_once_a_letter_left(site: Site, case: str, browser: TestClient) -> None:
    """Neither offered nor done: then a withdrawal with a ground is."""
    answer = browser.post(case, data={"fact": "order_signed", "on": "2026-04-06"})
    sent(site, "published", date(2026, 5, 18), at=NOW + timedelta(seconds=1))

    assert "/undo" not in browser.get(answer.headers["location"]).text
    line = site.events(site.real)[-1].seq
    refused = browser.post(f"{case}/undo?lang=ru", data={"line": str(line)})
    assert refused.status_code == 422
    assert "уже отправлено уведомление" in refused.text
    assert "order_signed" in site.facts(site.real)


@pytest.mark.parametrize(("minutes", "status"), [(10, 303), (11, 422)])
def test_undo_lasts_ten_minutes(site: Site, case: str, browser: TestClient, minutes: int, status: int) -> None:
    """To the tenth minute, no longer."""
    earlier = NOW - timedelta(minutes=minutes)
    site.case_commands.write(
        site.real, Moment(by="officer", now=earlier, today=TODAY), recording.record, "order_signed", on=TODAY
    )
    event = site.events(site.real)[-1]

    assert browser.post(f"{case}/undo", data={"line": str(event.seq)}).status_code == status


def test_nobody_undoes_what_another_recorded(site: Site, case: str, browser: TestClient) -> None:
    """They may withdraw it, with a ground."""
    browser.post(case, data={"fact": "order_signed", "on": "2026-04-06"})
    line = site.events(site.real)[-1].seq

    refused = site.client("responsible").post(f"{case}/undo?lang=ru", data={"line": str(line)})

    assert refused.status_code == 422
    assert "Эту запись внёс officer" in refused.text
    assert "order_signed" in site.facts(site.real)


def test_a_fact_out_of_order_says_so_at_once(site: Site, case: str, browser: TestClient) -> None:
    """The end before the start is recorded, and the page that says so says what is wrong with it: that of the
    case, and one's own tasks, which say nothing of what stands in order."""
    browser.post(case, data={"fact": "analysis_started", "on": "2026-04-06"})
    answer = browser.post(case, data={"fact": "analysis_ended", "on": "2026-04-03"})
    pages = [browser.get(f"{answer.headers['location']}&lang=ru").text]
    for fact, on in (("analysis_started", "2026-04-06"), ("analysis_ended", "2026-04-03")):
        answer = browser.post("/desk/record", data={"case": site.late, "fact": fact, "on": on})
        pages.append(browser.get(f"{answer.headers['location']}&lang=ru").text)

    sentence = "Окончание анализа: дата – 3 апреля 2026 года, а до этого должно быть: начало анализа."
    matches = [f'role="status">{sentence}</div>' in html.unescape(page) for page in pages]
    assert matches == [True, False, True]
    assert all("analysis_ended" in site.facts(name) for name in (site.real, site.late))


def test_every_kind_of_row_has_its_form(case: str, browser: TestClient) -> None:
    """With its fields as they stand; an empty description is refused beside it, nothing typed lost."""
    browser.post(f"{case}/rows/risks", data={"field.description": "Тәртіп жоқ", "field.on": "2026-04-01"})
    browser.post(f"{case}/rows/measures", data={"field.risk": "1", "field.action": "Тәртіп бекіту"})
    browser.post(f"{case}/rows/positions", data={"field.title": "Басшы", "field.on": "2026-04-01"})
    browser.post(f"{case}/rows/remarks", data={"field.text": "Мерзім жоқ", "field.on": "2026-04-01"})
    fields = {
        "risk": ("description", "Описание риска"),
        "measure": ("action", "Мероприятие"),
        "position": ("title", "Должность"),
        "remark": ("text", "Текст замечания"),
    }
    for kind, (field, label) in fields.items():
        page = browser.get(f"{case}/risks?{kind}=1").text
        form_fields = {"form": f"edit-{kind}-1", "at": f"{kind}-1", f"field.{field}": " ", f"was.{field}": "x"}
        refused = browser.post(f"{case}/rows/{kind}s/1/edit?lang=ru", data=form_fields)

        assert f'id="edit-{kind}-1"' in page
        assert 'id="orphans"' not in page, "the risk of the measure is there"
        assert f'id="edit-{kind}-1"' in refused.text
        assert refused.status_code == 422
        assert f"Заполните поле «{label}»" in refused.text, "by the label above it"
