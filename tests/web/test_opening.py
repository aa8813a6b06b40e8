"""Opening cases: schedule preview, one case by hand, a year; on a real database."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from merzim.documents.schedules.reading import empty_schedule
from merzim.services.app import AppContext
from merzim.settings import OfficeSettings
from tests.web.conftest import AT, Site, account, build, hide

EXAMPLE = Path(__file__).parents[2] / "examples" / "real_schedule_2026_ru.xlsx"


def table(*rows: tuple[object, ...]) -> bytes:
    """A filled template: object, unit, responsible, start, end."""
    book = openpyxl.load_workbook(io.BytesIO(empty_schedule("ru")))
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def site() -> Site:
    """An office with three units and their people, no case, and an officer of one unit."""
    site = build()
    vars(site.context)["settings"] = site.context.settings.model_copy(
        update={"office": OfficeSettings(name="Министрлік")}
    )
    account(site, "of_law", "officer", unit="law")
    return site


@pytest.fixture
def app(site: Site) -> AppContext:
    return site.context


def logged_in(site: Site, login: str = "officer") -> TestClient:
    """A logged-in user who reads Russian."""
    client = site.client(login, follow_redirects=True)
    client.get("/?lang=ru")
    return client


@pytest.fixture
def officer(site: Site) -> Iterator[TestClient]:
    with logged_in(site) as client:
        yield client


def sent(client: TestClient, content: bytes, name: str = "график.xlsx", path: str = "/open/schedule") -> Any:
    return client.post(path, files={"file": (name, content)}, data={"procedure": "internal-analysis"})


def test_a_schedule_is_shown_whole_and_written_only_when_confirmed(
    app: AppContext, officer: TestClient
) -> None:
    """Every row, every date, every conflict; then one button."""
    page = sent(
        officer,
        table(
            ("Закупки", "Заң департаменті", "Әлиева Гүлнұр", date(2026, 6, 1), date(2026, 7, 10)),
            ("Кадры", "hr", "Никто Такой", date(2026, 4, 8), date(2026, 5, 5)),
        ),
    )
    before = app.reads.cases()
    result_page = officer.post(page.url.path, data={"said.0": "Никто Такой", "meant.0": "иванов пётр"})

    assert page.url.path.startswith("/open/schedule/")
    assert "Закупки" in page.text
    assert "строка 4" in page.text
    assert "последний день прошёл (1 апреля 2026 года, срок предположительный)" in page.text
    assert "«Никто Такой»" in page.text
    assert before == []
    assert "Открыто: 2 дела" in result_page.text
    assert {(case.object, case.unit) for case in app.reads.cases()} == {("Закупки", "law"), ("Кадры", "hr")}
    assert app.reads.office().matches["Никто Такой"] == "b@org.kz"


def test_a_preview_shows_each_date_beside_the_law_s_and_the_button_below(officer: TestClient) -> None:
    """The cell, the day, the act's day, how late: 30 working days from 1 September 2026 end on 12 October."""
    page = sent(officer, table(("Склад", "hr", "", date(2026, 9, 1), date(2026, 10, 30)))).text
    rows = [re.sub(r"<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    ended = next(row for row in rows if "E3" in row)

    assert [text in ended for text in ("Окончание анализа", "30.10.2026", "12.10.2026", "13 рабочих дней")] == [
        True
    ] * 4
    assert page.index("13 рабочих дней") < page.index('type="submit">Подтвердить')


def test_every_bad_row_is_named_and_nothing_is_written(app: AppContext, officer: TestClient) -> None:
    """All of the file or none: the row as the spreadsheet numbers it, and what is wrong with it."""
    answer = sent(
        officer,
        table(
            ("Хороший", "hr", "", date(2026, 6, 1), date(2026, 7, 10)),
            ("Плохой", "hr", "", "0", "32.13.2026"),
            ("", "hr", "", date(2026, 6, 1), date(2026, 7, 10)),
        ),
    )

    assert answer.status_code == 422
    assert ">4</td>" in answer.text
    assert "Ничего не записано" in answer.text
    assert app.reads.cases() == []


def test_an_upload_is_seen_by_whoever_sent_it_alone(site: Site, app: AppContext, officer: TestClient) -> None:
    """A digest is no key: another officer is told that there is no such file."""
    page = sent(officer, EXAMPLE.read_bytes(), EXAMPLE.name)
    with logged_in(site, "of_law") as other:
        upload_answer, confirmed = other.get(page.url.path), other.post(page.url.path)

    assert (upload_answer.status_code, confirmed.status_code) == (404, 404)
    assert app.reads.cases() == []


def test_an_upload_whose_bytes_were_changed_by_hand_is_none(app: AppContext) -> None:
    """It is named by their SHA-256; what becomes evidence of it would be another document."""
    uploads = app.uploads
    digest = uploads.keep(b"order", "a.pdf", at=AT)
    (file,) = (app.settings.evidence.folder / "uploads").iterdir()
    file.write_bytes(b"forged")

    assert uploads.stored_file(digest, at=AT) is None


def test_an_officer_of_a_unit_opens_in_it_alone(site: Site, app: AppContext) -> None:
    """By a file and by hand."""
    file = table(("Чужое", "hr", "", date(2026, 6, 1), date(2026, 7, 10)))
    with logged_in(site, "of_law") as law_client:
        page = sent(law_client, file)
        confirmed = law_client.post(page.url.path)
        by_hand = law_client.post("/open/case", data={"unit": "hr", "object": "Чужое"})
        nowhere = law_client.post("/open/case", data={"unit": "", "object": "Чужое"})
        mine = law_client.post("/open/case", data={"unit": "law", "object": "Своё"})

    assert "не относится к вашим подразделениям" in page.text
    assert confirmed.status_code == by_hand.status_code == nowhere.status_code == 422
    assert "Заң департаменті" in by_hand.text
    assert mine.url.path.startswith("/cases/")
    assert [case.object for case in app.reads.cases()] == ["Своё"]


def test_a_file_tells_nothing_of_a_confidential_case_and_writes_nothing_to_it(
    site: Site, app: AppContext, officer: TestClient
) -> None:
    """A person without access to a case cannot move its dates by naming its object in a file."""
    page = sent(officer, table(("Тайное", "law", "", date(2026, 6, 1), date(2026, 7, 10))))
    officer.post(page.url.path)
    (case,) = app.reads.cases()
    hide(site, case.id, "b@org.kz")
    before = app.ledger.cases([case.id])[case.id].planned
    moved = table(("Тайное", "law", "", date(2026, 6, 2), date(2026, 7, 14)))
    preview = sent(officer, moved)
    confirmed = officer.post(preview.url.path)

    assert "не относится к вашим подразделениям" in preview.text
    assert "<b>1</b><span>новое дело откроется" in page.text
    assert "<b>0</b><span>новых дел откроется" in preview.text
    assert "</span>новое дело</span>" not in preview.text
    assert case.id not in preview.text
    assert "10.07.2026" not in preview.text
    assert confirmed.status_code == 422
    assert app.ledger.cases([case.id])[case.id].planned == before


def test_who_opens_cases_asks_by_post_so_that_no_address_has_names(officer: TestClient) -> None:
    """Without scripts by the form's method, with them by htmx."""
    form = officer.get("/open/case").text

    assert '<form class="card form plan-form" method="post" action="/open/case" hx-post="/open/case"' in form


def test_a_case_is_opened_by_hand_with_its_dates(app: AppContext, officer: TestClient) -> None:
    """The look before shows the chain and writes nothing."""
    answers = {
        "procedure": "internal-analysis",
        "unit": "law",
        "object": "Мемлекеттік сатып алу",
        "planned.analysis_started": "2026-06-01",
        "fact.schedule_approved": "2026-03-02",
    }
    linked = officer.get("/open/case", params=answers)
    preview = officer.post("/open/case", data={**answers, "look": "1"})
    before = app.reads.cases()
    answer = officer.post("/open/case", data=answers)
    (head,) = app.reads.cases()
    case = app.reads.case(head.id)

    assert "15 мая 2026 года" in preview.text
    assert "15 мая 2026 года" in linked.text
    assert 'value="Мемлекеттік сатып алу"' in preview.text
    assert before == []
    assert answer.url.path == f"/cases/{head.id}"
    assert case.planned == {"analysis_started": date(2026, 6, 1)}
    assert case.facts["schedule_approved"].on == date(2026, 3, 2)
    assert case.unit == "law"


def test_a_case_opened_later_takes_over_the_schedule_it_stands_in(app: AppContext, officer: TestClient) -> None:
    """One schedule of a year is recorded once (map 000, row 1), with its document and who signed it."""
    first = {"procedure": "internal-analysis", "unit": "law", "object": "Закупки"}
    assert 'name="schedule_of"' not in officer.get("/open/case").text
    head = officer.post("/open/case", data=first).url.path.rpartition("/")[2]
    too_early = officer.post("/open/case", data={**first, "object": "Кадры", "schedule_of": head})
    record = {"fact": "schedule_approved", "on": "2026-03-02", "signed_by": "deputy"}
    officer.post(f"/cases/{head}", data={**record, "link": "https://example.kz/kesta.pdf"})

    form = officer.get("/open/case").text
    later = {**first, "object": "Кадры", "planned.analysis_started": "2026-06-01", "schedule_of": head}
    other_day = officer.post("/open/case", data={**later, "fact.schedule_approved": "2026-03-03"})
    opened = officer.post("/open/case", data=later).url.path.rpartition("/")[2]
    cases = {name: app.reads.case(name) for name in (head, opened)}
    original, taken = (case.facts["schedule_approved"] for case in cases.values() if case)

    assert too_early.status_code == 422
    assert f"В деле {head} утверждение графика не записано." in too_early.text
    assert f"утверждённом 2 марта 2026 года (дело {head})" in form
    assert other_day.status_code == 422
    assert f"График дела {head} утверждён" in other_day.text
    assert taken.on == date(2026, 3, 2)
    assert (taken.evidence, taken.signed_by) == (original.evidence, original.signed_by)
    assert original.signed_by == "deputy"
    assert original.evidence


@pytest.mark.parametrize(
    "wrong",
    [
        {"planned.analysis_started": "2026-02-30"},
        {"fact.order_signed": "2026-04-07"},
        {"unit": "<script>alert(1)</script>"},
        {"procedure": "no-such-procedure"},
        {"object": ""},
    ],
    ids=str,
)
def test_a_wrong_answer_is_refused_and_nothing_typed_is_lost(
    wrong: dict[str, str], app: AppContext, officer: TestClient
) -> None:
    """One sentence, and the form as it was filled in."""
    answers = {"unit": "law", "object": "Сатып алу", "planned.analysis_ended": "2026-07-10", **wrong}
    answer = officer.post("/open/case", data=answers)

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert app.reads.cases() == []
    if "procedure" not in wrong:
        assert 'value="2026-07-10"' in answer.text
        for name, typed_text in wrong.items():
            if name.startswith(("planned.", "fact.")):
                assert f'name="{name}" value="{typed_text}"' in answer.text


def test_whom_a_case_concerns_is_found_by_name_or_mail(app: AppContext, officer: TestClient) -> None:
    """A procedure about a person asks for one; nobody of that name is a sentence."""
    form = officer.get("/open/case?procedure=conflict-of-interest").text
    unknown = officer.post("/open/case", data={"procedure": "conflict-of-interest", "person": "Нет Такого"})
    answer = officer.post("/open/case", data={"procedure": "conflict-of-interest", "person": "ИВАНОВ Пётр"})

    assert 'name="person"' in form
    assert unknown.status_code == 422
    assert answer.status_code in (200, 404)  # a confidential case is seen by those alone who were named
    assert [case.person for case in app.ledger.cases([c.id for c in app.reads.cases()]).values()] == [
        "b@org.kz"
    ]


def test_the_page_says_what_a_year_brings_and_one_button_takes_it_back(
    app: AppContext, officer: TestClient
) -> None:
    """Kept from today on nothing is overdue; kept from the beginning of a year gone by, much is."""
    year = app_year(officer)
    page = officer.get(f"/open/year?year={year}&lang=ru").text
    early = officer.get(f"/open/year?year={year}&lang=ru&kept_from={year}-01-01").text
    opened = officer.post("/open/year", data={"year": year}).text
    undone = officer.post("/open/year/undo", data={"year": year})

    assert "Просроченных сроков сразу после открытия – 0." in page
    assert f'name="kept_from" value="{year}-01-01"' in early
    assert 'action="/open/year/undo"' in opened
    assert undone.status_code == 200
    assert 'action="/open/year"' in undone.text
    assert {case.status for case in app.reads.cases()} == {"cancelled"}


def app_year(officer: TestClient) -> str:
    """The year proposed on the first page."""
    return re.findall(r'href="/open/year\?year=(\d+)"', officer.get("/").text)[0]


@pytest.mark.parametrize("year", ["abcd", "2100", "２０２７"])
def test_a_year_that_is_none_is_refused(year: str, officer: TestClient) -> None:
    answer = officer.post("/open/year", data={"year": year})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_page_of_the_preview_stays_small(officer: TestClient) -> None:
    """However many analyses the file has: 200 KB hold a page of them; the rest are on the next pages."""
    rows = [(f"Объект {n}", "hr", "Әлиева Гүлнұр", date(2026, 6, 1), date(2026, 7, 10)) for n in range(45)]
    page = sent(officer, table(*rows))
    last = officer.get(f"{page.url.path}?page=5")

    assert len(page.content) < 200 * 1024
    assert "Объект 44" in last.text
    assert "Объект 44" not in page.text
    assert 'href="/open/case?procedure=internal-analysis&amp;unit=hr&amp;planned.analysis_started' in page.text


def test_a_row_is_corrected_on_the_page_before_anything_is_opened(app: AppContext, officer: TestClient) -> None:
    """A unit, a day that was lacking and a row that is no analysis; an end before the start opens nothing."""
    page = sent(
        officer,
        table(
            ("Закупки", "hrr", "", date(2026, 6, 1), date(2026, 7, 10)),
            ("Итого", "hr", "", date(2026, 6, 1), date(2026, 7, 10)),
            ("Кадры", "hr", "", None, None),
        ),
    )
    corrected = {"unit.3": "Заң департаменті", "skip.4": "on", "on.5.analysis_started": "2026-09-01"}
    looked = officer.post(page.url.path, data={**corrected, "look": "1"})
    backwards = officer.post(page.url.path, data={**corrected, "on.3.analysis_ended": "2026-05-01"})
    nothing = app.reads.cases()
    officer.post(page.url.path, data=corrected)

    assert 'name="on.5.analysis_started"' in page.text
    assert "Кадры" in looked.text
    assert 'name="skip.4" checked' in looked.text
    assert backwards.status_code == 422
    assert "«Закупки»: окончание (01.05.2026) раньше начала (01.06.2026)." in backwards.text
    assert nothing == []
    cases = app.ledger.cases([case.id for case in app.reads.cases()]).values()
    opened = {(case.object, case.unit, case.planned["analysis_started"]) for case in cases}
    assert opened == {("Закупки", "law", date(2026, 6, 1)), ("Кадры", "", date(2026, 9, 1))}
