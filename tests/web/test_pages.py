"""The reading pages, those of the calendar, and the feeds a calendar program reads."""

from __future__ import annotations

import re
from datetime import date

import pytest
from icalendar import Calendar
from starlette.testclient import TestClient

from notifications.notice import item_id
from tests.law import library
from tests.web.conftest import Site, account, hide, rewrite
from tests.web.offices import example_office
from workflow.cases.commands import recording


def test_the_explanation_stands_on_the_page_word_for_word(site: Site, browser: TestClient) -> None:
    """What the board says is defended with the act and the counted days, in Kazakh and in Russian."""
    kazakh = browser.get(f"/cases/{site.real}?lang=kk").text
    russian = browser.get(f"/cases/{site.real}?lang=ru").text

    assert "Оған дейінгі 10 жұмыс күні: 10, 9, 8, 7, 6, 3, 2, 1 сәуір, 31, 30 наурыз." in kazakh
    assert "10 рабочих дней до него: 10, 9, 8, 7, 6, 3, 2, 1 апреля, 31, 30 марта." in russian
    assert "не позднее 30 марта 2026 года" in russian
    assert "по предположению" in russian, "the date of its edition is assumed, and says so"


def test_an_unknown_case_is_a_404_page_in_the_readers_language(browser: TestClient) -> None:
    """A wrong number leads to a page that says so and leads on."""
    answer = browser.get("/cases/2026-999", params={"lang": "ru"})

    assert answer.status_code == 404
    assert "нет" in answer.text
    assert 'href="/cases"' in answer.text


def test_a_case_says_nothing_of_a_question_nobody_asked(site: Site, browser: TestClient) -> None:
    """An address that says so, sent on or kept, is a page like any other."""
    answer = browser.get(f"/cases/{site.real}?said=asked")

    assert (answer.status_code, 'class="told"' in answer.text) == (200, False)


def test_lists_stand_on_the_last_days_of_the_calendar() -> None:
    """The seventh working day ahead lies beyond it: what is near is counted in calendar days there."""
    paths = "/", "/desk", "/cases", "/calendar/2038/12", "/api/v1/deadlines?urgency=near"
    with example_office(day="2038-12-30T10:00").client() as officer:
        assert {path: officer.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


@pytest.mark.parametrize("year", [2010, 2026, 2038])
def test_every_year_of_the_records_has_its_calendar(year: int, browser: TestClient) -> None:
    """From the first to the last year on record, and those after it by rule; what is not confirmed is said."""
    answer = browser.get(f"/calendar/{year}?lang=ru")

    assert answer.status_code == 200
    assert f"Производственный календарь на {year} год" in answer.text
    assert (f"Приказа о переносе выходных дней в {year} году ещё нет" in answer.text) == (year > 2026)


@pytest.mark.parametrize("number", ["-1", "99999999999999999999"])
def test_a_page_number_that_is_none_is_refused_plainly(number: str, browser: TestClient) -> None:
    """A refused value is a sentence, not a stack of JSON."""
    answer = browser.get(f"/cases?page={number}&lang=ru")

    assert answer.status_code == 422
    assert "не распознан" in answer.text


def test_a_file_of_the_law_that_is_gone_is_said(site: Site, browser: TestClient) -> None:
    """A case whose edition is no longer at hand explains itself instead of breaking."""
    rewrite(site, site.real, edition="internal-analysis.1999-01-01")
    answer = browser.get(f"/cases/{site.real}?lang=ru")

    assert answer.status_code == 422
    assert "internal-analysis.1999-01-01" in answer.text


def test_a_case_of_every_procedure_can_be_shown(site: Site, browser: TestClient) -> None:
    """Ongoing duties, targets, rights and branches included."""
    account(site, "named", "officer", "a@org.kz")
    browser_of_named, wrong = site.client("named"), list[str]()
    for procedure in library().ids():
        edition = library().latest(procedure)
        began = max(date(2026, 1, 1), edition.in_force)
        case = site.open(procedure=procedure, unit="law", planned={edition.begins_with: began})
        if edition.confidential:
            site.write(case, recording.name_reader, "a@org.kz")
        reader = browser_of_named if edition.confidential else browser
        if reader.get(f"/cases/{case}").status_code != 200:
            wrong.append(procedure)

    assert wrong == []


def test_procedures_are_offered_by_document_the_offices_own_first(browser: TestClient) -> None:
    """Under the instruction of the base direction stand the analysis and the year of its projects; the list of
    analyses offers them alike."""
    pages = [browser.get(f"{path}?lang=ru").text for path in ("/open/case", "/cases")]
    select = pages[0].partition('name="procedure"')[2].partition("</select>")[0]
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', select, re.DOTALL)

    assert groups[0][0] == "Инструкция по исполнению проектов ТБН №4"
    assert 'value="internal-analysis"' in groups[0][1]
    assert 'value="tbn4-year"' in groups[0][1]
    assert all("<optgroup" in page for page in pages)


def cell(page: str, day: int) -> str:
    """The cell of a day."""
    (cell_text,) = re.findall(
        rf'<td class="big-day[^"]*">\s*<div class="day-line">\s*<span class="day-number">{day}<.*?</td>',
        page,
        re.DOTALL,
    )
    return cell_text


def test_a_month_shows_what_falls_due_on_its_day(site: Site, browser: TestClient) -> None:
    """The order of the real schedule on 6 April, and nothing on a day off; holidays by their names."""
    page = browser.get("/calendar/2026/4?lang=ru").text
    march = browser.get("/calendar/2026/3?lang=ru").text

    assert f'href="/cases/{site.real}#order_signed"' in cell(page, 6)
    assert "/cases/" not in cell(page, 5)
    assert "day-today" in cell(page, 6)
    assert "Наурыз" in cell(march, 21)
    assert "24–25 марта" in march


@pytest.mark.parametrize("path", ["/calendar/2026/13", "/calendar/2009/12", "/calendar/2026/x"])
def test_a_month_that_is_none_is_not_found(path: str, browser: TestClient) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/calendar/2010/1", "/calendar/2028/12", "/calendar/2038/12", "/calendar/2027/2?unit=nowhere"]
)
def test_months_at_the_ends_of_the_records_and_empty_ones_stand(path: str, browser: TestClient) -> None:
    answer = browser.get(path + ("&" if "?" in path else "?") + "lang=ru")

    assert answer.status_code == 200
    assert "открытых сроков нет" in answer.text
    assert ("даты предварительные" in answer.text) == ("/2010/" not in path)


def test_what_was_known_before_an_order_is_shown_as_it_was_known(browser: TestClient) -> None:
    """31 August 2026 stopped being a day off by an act known on 18 March 2026."""
    before = browser.get("/calendar/2026/8?as_of=2026-03-17").text
    after = browser.get("/calendar/2026/8?as_of=2026-03-18").text

    assert "day-substitute" in cell(before, 31)
    assert "day-working" in cell(after, 31)


@pytest.mark.parametrize("as_of", ["2026-02-30", "<script>"])
@pytest.mark.parametrize("path", ["/calendar/2026", "/calendar/2026/4"])
def test_a_date_that_is_none_is_said(path: str, as_of: str, browser: TestClient) -> None:
    answer = browser.get(path, params={"as_of": as_of})

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def counted(page: str) -> list[tuple[str, str]]:
    """Number and date of each line of the table."""
    lines = re.findall(r'<td class="col-n"[^>]*>(.*?)</td>\s*<td[^>]*>([^<]*)</td>', page)
    return [(number, " ".join(day.split())) for number, day in lines]


def test_the_order_is_counted_back_from_the_planned_start_over_a_weekend(
    site: Site, browser: TestClient
) -> None:
    """Planned start: Monday 13 April 2026. Five working days before: 10, 9, 8, 7 and 6 April (Rules, p. 17)."""
    page = browser.get(f"/cases/{site.real}/dates/order_signed?lang=ru").text

    assert counted(page) == [
        ("–", "12 апреля 2026 года, воскресенье"),
        ("–", "11 апреля 2026 года, суббота"),
        ("1", "10 апреля 2026 года, пятница"),
        ("2", "9 апреля 2026 года, четверг"),
        ("3", "8 апреля 2026 года, среда"),
        ("4", "7 апреля 2026 года, вторник"),
        ("5", "6 апреля 2026 года, понедельник"),
    ]
    assert "<b>6 апреля 2026 года</b>" in page
    assert "по состоянию на 6 апреля 2026 года" in page


def test_it_can_be_asked_as_the_days_were_known_then(site: Site, browser: TestClient) -> None:
    page = browser.get(f"/cases/{site.real}/dates/order_signed?lang=ru&as_of=2026-03-01").text

    assert "по состоянию на 1 марта 2026 года" in page


def test_a_name_that_is_no_obligation_has_no_statement(site: Site, browser: TestClient) -> None:
    assert browser.get(f"/cases/{site.real}/dates/tea_drunk").status_code == 404


DOMAIN = "merzim.example.kz"


def feed(site: Site, login: str = "responsible") -> str:
    """The path of a feed somebody just made for themselves."""
    page = site.client(login).post("/account/feed").text
    (path,) = re.findall(r"(/feeds/[A-Za-z0-9_-]{43}\.ics)", page)
    return path


def unit_feed(site: Site, unit: str) -> str:
    page = site.client("administrator").post("/administration/unit/feed", data={"id": unit}).text
    (path,) = re.findall(r"(/feeds/[A-Za-z0-9_-]{43}\.ics)", page)
    return path


def test_a_person_s_feed_holds_what_waits_for_them(site: Site) -> None:
    """Whole days, the UIDs of the letters, no later than the page says."""
    answer = site.stranger().get(feed(site, "head_of_unit") + "?lang=ru")
    read = Calendar.from_ical(answer.content)
    items = {str(item["uid"]): item for item in read.walk("VEVENT")}
    order = items[item_id(site.real, "order_signed", DOMAIN)]

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"].startswith("private")
    assert str(read["refresh-interval"].to_ical(), "ascii") == "PT4H"
    assert order.decoded("dtstart") == date(2026, 4, 6)
    assert order["dtstart"].params["VALUE"] == "DATE"
    assert "Персоналды басқару департаменті" in order["summary"]
    assert str(order["url"]).endswith(f"/cases/{site.real}")
    assert b"\r\n" in answer.content
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_a_feed_holds_nothing_of_others(site: Site) -> None:
    """In a person's neither another unit's case nor what waits for a colleague; in a unit's what its units
    owe."""
    own, of_law = (
        {str(item["uid"]) for item in Calendar.from_ical(site.stranger().get(path).content).walk("VEVENT")}
        for path in (feed(site), unit_feed(site, "law"))
    )

    assert own
    assert item_id(site.late, "order_signed", DOMAIN) in of_law - own
    assert item_id(site.real, "order_signed", DOMAIN) not in of_law


def test_nothing_confidential_is_in_a_unit_s_feed_nor_named_in_one_s_own(site: Site) -> None:
    hide(site, site.real, "a@org.kz")
    hide(site, site.late, "a@org.kz")
    feed_text = site.stranger().get(feed(site)).content.decode()
    units = site.stranger().get(unit_feed(site, "law")).content.decode()

    assert site.late not in units
    assert item_id(site.late, "order_signed", DOMAIN) not in units
    assert "BEGIN:VEVENT" in feed_text
    assert site.real not in feed_text
    assert "Персоналды" not in feed_text


def test_only_a_feed_s_own_address_opens_it_until_it_is_revoked_by_its_owner(site: Site) -> None:
    """The address is shown once; others revoke nothing; an unknown one is not there, and takes no POST."""
    path = feed(site)
    page = site.client("responsible").get("/account").text
    (hash,) = re.findall(r'action="/account/feed">\s*<input type="hidden" name="hash" value="(\w{64})"', page)
    revocation = {"do": "revoke", "hash": hash}

    assert path not in page
    assert site.stranger().post(path).status_code == 405
    assert site.client("officer").post("/account/feed", data=revocation).status_code == 303
    assert site.stranger().get(path).status_code == 200
    site.client("responsible").post("/account/feed", data=revocation)
    for gone in (path, "/feeds/" + "x" * 43 + ".ics", "/feeds/x.ics", "/feeds/../etc.ics"):
        assert site.stranger().get(gone).status_code == 404


def test_a_closed_account_s_feed_is_not_there(site: Site) -> None:
    path = feed(site)
    site.client("administrator").post("/administration/account", data={"login": "responsible", "do": "close"})

    assert site.stranger().get(path).status_code == 404
