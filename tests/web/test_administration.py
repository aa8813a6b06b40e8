"""Administration forms: saved whole or refused in a sentence; concurrent edits are detected."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, time
from unittest.mock import Mock

import pytest
from starlette.testclient import TestClient

from merzim.services.context import operator_context
from merzim.services.jobs.rounds import run_round
from merzim.services.law.acts import _follow_act
from merzim.services.people import feeds
from merzim.services.people.feeds import TelegramCode
from merzim.services.people.leaving import pending_duties
from merzim.services.people.staff import mark
from merzim.storage import office as office_store
from merzim.web.pages.account import own_account
from tests.web.conftest import AT, NOW, Site, office_with_cases
from workflow.board.rows import DeadlineFilter, Horizon
from workflow.cases.commands import statuses
from workflow.moments import Moment
from workflow.refusal import Refusal

SCRIPT = "<script>alert(1)</script>"


def person(site: Site, key: str = "a@org.kz", **changes: str) -> dict[str, str]:
    """The form of a person as the page fills it in."""
    stored_person = site.office.people[key]
    return {
        "key": key,
        "mark": mark(stored_person),
        "name": stored_person.name,
        "unit": stored_person.unit,
        "post": stored_person.post,
        "email": stored_person.email or "",
        "language": stored_person.language,
        "duty": stored_person.duties[0],
        **changes,
    }


def unit_form(site: Site, unit: str, **changes: object) -> dict[str, object]:
    """The form of a unit as the page fills it in."""
    stored_unit = site.office.units[unit]
    return {"id": unit, "mark": mark(stored_unit), "name": stored_unit.name, **changes}


def test_a_person_is_changed_and_everything_typed_is_kept(site: Site, admin: TestClient) -> None:
    """Duties, leave from and to, the deputy by name, how they are reminded."""
    answer = admin.post(
        "/administration/person",
        data={
            **person(site, post="  Бас\tсарапшы ", post_ru=" главный  эксперт", name_ru=" Ахметова  Айгуль"),
            "duty": ["authorised_person", "hr"],
            "away_first_0": "2026-07-01",
            "away_last_0": "2026-07-31",
            "deputy": "Иванов Пётр",
            "digest": "weekly",
        },
    )
    stored_person = site.office.people["a@org.kz"]

    assert answer.status_code == 303
    assert [stored_person.post_in(language) for language in ("kk", "ru")] == ["Бас сарапшы", "главный эксперт"]
    assert (stored_person.name_in("ru"), stored_person.name_in("kk")) == ("Ахметова Айгуль", stored_person.name)
    assert stored_person.name in admin.get("/administration/people?q=айгуль&lang=kk").text
    assert 'name="name_ru" value="Ахметова Айгуль"' in admin.get("/administration/person?key=a@org.kz").text
    assert stored_person.duties == ("authorised_person", "hr")
    assert [str(day) for day in stored_person.away[0]] == ["2026-07-01", "2026-07-31"]
    assert (stored_person.deputy, stored_person.digest) == ("b@org.kz", "weekly")


def test_of_two_administrators_the_second_is_told(site: Site, admin: TestClient) -> None:
    """What the second typed is still in the form, and saving again is their decision then."""
    form = person(site, post="бірінші")
    late = {**form, "post": "екінші"}
    admin.post("/administration/person", data=form)
    refused = admin.post("/administration/person?lang=ru", data=late)
    (mark,) = {*re.findall(r'name="mark" value="([0-9a-f]+)"', refused.text)}

    assert refused.status_code == 422
    assert "тем временем" in refused.text
    assert 'value="екінші"' in refused.text
    assert site.office.people["a@org.kz"].post == "бірінші"
    assert admin.post("/administration/person", data={**late, "mark": mark}).status_code == 303
    assert site.office.people["a@org.kz"].post == "екінші"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " \t "}, "Не указано: «Фамилия, имя»"),
        ({"email": "нет"}, "не адрес"),
        ({"email": "b@org.kz"}, "Иванов"),
        ({"duty": "emperor"}, "emperor"),
        ({"deputy": "Никто"}, "Никто"),
        ({"deputy": "a@org.kz"}, "сам себя"),
        ({"away_first_0": "2026-07-02"}, "и начало, и конец"),
        ({"away_first_0": "2026-07-02", "away_last_0": "2026-07-01"}, "раньше"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_lost(
    changes: dict[str, str], said: str, site: Site, admin: TestClient
) -> None:
    before = site.office
    answer = admin.post("/administration/person?lang=ru", data=person(site, **changes))
    (alert,) = re.findall(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)

    assert answer.status_code == 422
    assert said in alert
    assert site.office is before


def test_a_person_is_taken_out_only_from_the_page_that_says_what_falls(site: Site, admin: TestClient) -> None:
    page = admin.get("/administration/person?key=a@org.kz&lang=ru").text
    stale = admin.post("/administration/person/remove", data={"key": "a@org.kz", "mark": "old"})
    (mark,) = {*re.findall(r'name="mark" value="([0-9a-f]+)"', page)}
    removal = admin.post("/administration/person/remove", data={"key": "a@org.kz", "mark": mark})

    assert stale.status_code == 422
    assert removal.status_code == 303
    assert "a@org.kz" not in site.office.people


def test_a_unit_never_lies_below_itself_and_one_with_people_units_or_cases_stays(
    site: Site, admin: TestClient
) -> None:
    below = admin.post("/administration/unit?lang=ru", data=unit_form(site, "head", parent="hr"))
    removal = admin.post("/administration/unit", data=unit_form(site, "hr", do="remove"))

    assert (below.status_code, removal.status_code) == (422, 422)
    assert "само ему подчинено" in below.text
    assert "hr" in site.office.units


def test_a_unit_has_hours_and_days_of_its_own_and_those_below_inherit_them(
    site: Site, admin: TestClient
) -> None:
    """Typed as a form sends them, shown again, and below as what holds; half or backwards: refused."""
    form_fields = unit_form(site, "head", time_first="08:30", time_off="08.05.2026")
    week = {f"time_day_{number}": "1" for number in range(1, 7)}
    ends = ({}, {"time_last": "25:00"}, {"time_last": "07:00"})
    refused = [admin.post("/administration/unit?lang=ru", data={**form_fields, **end}) for end in ends]
    admin.post("/administration/unit", data={**form_fields, "time_last": "17:30", **week})
    office_time = site.office.units["head"].time
    page = admin.get("/administration/unit?id=head").text
    below = admin.get("/administration/unit?id=hr&lang=ru").text

    assert [answer.status_code for answer in refused] == [422] * 3
    assert "конец работы должен быть позже начала" in refused[2].text
    assert (office_time.hours, office_time.week) == ((time(8, 30), time(17, 30)), (1, 2, 3, 4, 5, 6))
    assert office_time.off == (date(2026, 5, 8),)
    assert 'value="08:30"' in page
    assert 'value="08.05.2026"' in page
    assert "Сейчас: 08:30–17:30, пн, вт, ср, чт, пт, сб." in below


def test_a_name_is_enough_for_a_unit_below_the_only_organisation(admin: TestClient) -> None:
    """All other fields are folded; where there are two organisations the place is asked."""

    def asked() -> list[str]:
        form = admin.get("/administration/unit").text.partition('action="/administration/unit"')[2]
        return re.findall(r'<(?:input|select)[^>]* name="([a-z_]+)"', form.partition("<details")[0])

    one = asked()
    admin.post("/administration/unit", data={"name": "Дербес орган", "first_level": "1"})

    assert one == ["id", "mark", "name"]
    assert asked() == ["id", "mark", "name", "parent", "first_level"]


def test_a_unit_is_made_named_and_taken_out(site: Site, admin: TestClient) -> None:
    names = {"name": f"Архив {SCRIPT}", "name_kk": "Мұрағат ", "name_ru": f"Архив {SCRIPT}"}
    unplaced = admin.post("/administration/unit?lang=ru", data=names)
    admin.post("/administration/unit", data={"name": "Дербес орган", "first_level": "1"})
    admin.post("/administration/unit", data={**names, "parent": "head"})
    (unit,) = (candidate for candidate in site.office.units.values() if "Архив" in candidate.name)
    page = admin.get("/administration/units").text
    page += admin.get("/administration/unit", params={"id": unit.id}).text
    top = admin.get("/administration/unit", params={"id": "head"}).text
    admin.post("/administration/unit", data=unit_form(site, unit.id, do="remove"))

    assert unplaced.status_code == 422, "a second root is never made unasked"
    assert "Выберите вышестоящее подразделение или отметьте" in unplaced.text
    assert site.office.units["Дербес орган"].parent is None
    assert unit.parent == "head"
    assert (unit.name_in("kk"), unit.name_in("en")) == ("Мұрағат", f"Архив {SCRIPT}")
    assert 'name="name_kk" value="Мұрағат"' in page
    assert SCRIPT not in page
    assert top.index('name="kind"') < top.index("more-fields"), "the kind is asked of an organisation"
    assert unit.id not in site.office.units


def test_a_table_of_people_is_shown_before_it_is_taken_in(site: Site, admin: TestClient) -> None:
    rows = "unit,name,e-mail,duties,away,hobby\nЗаң департаменті,Жаңа Адам,new@org.kz,hr,13-17.04.26,x\n"
    table = rows.encode()
    preview = admin.post("/administration/people/import?lang=ru", files={"file": ("../../x.csv", table)})
    before = dict(site.office.people)
    (digest,) = re.findall(r'name="digest" value="([^"]+)"', preview.text)
    confirmed = {"digest": digest, "file_name": "x.csv", "do": "take"}
    answer = admin.post("/administration/people/import", data=confirmed)
    wrong = {"file": ("x.csv", rows.replace(",hr,", ",шеф,").encode())}
    refused = admin.post("/administration/people/import?lang=ru", files=wrong)

    assert refused.text.count("Неизвестная обязанность «шеф»") == 1
    assert "Жаңа Адам" in preview.text
    assert "Строка 2: «13-17.04.26» прочитано как 13.04.2026 – 17.04.2026." in preview.text
    assert "Столбец «hobby» не читался." in preview.text
    assert "new@org.kz" not in before
    assert answer.status_code == 303
    assert site.office.people["new@org.kz"].duties == ("hr",)


def test_the_preview_says_in_red_who_gets_access_to_all_cases(site: Site, admin: TestClient) -> None:
    """An executor is not among them, nor who has that access by duty already (Әлиева Гүлнұр)."""
    table = (
        "Подразделение;ФИО;E-mail;Обязанности\n"
        "Заң департаменті;Ибраева Нұргүл;i@org.kz;ответственный сотрудник\n"
        "Заң департаменті;Ким Виктор;k@org.kz;ответственный за сроки\n"
        "Персоналды басқару департаменті;Әлиева Гүлнұр;a@org.kz;уполномоченное лицо\n"
    ).encode()
    page = admin.post("/administration/people/import?lang=ru", files={"file": ("x.csv", table)}).text
    (red,) = re.findall(r'<p class="late-text" role="alert">([^<]*)</p>', page)

    assert red == "Доступ ко всем делам организации получат: Ким Виктор"


def test_an_account_is_made_invited_closed_and_opened(site: Site, admin: TestClient) -> None:
    new = {"login": "New", "access": "responsible", "unit": "hr", "person": "a@org.kz"}
    response = admin.post("/administration/accounts", data=new)
    (secret,) = re.findall(r"/welcome/([A-Za-z0-9_-]+)", response.text)
    act = {"login": "new"}
    other = {**new, "login": "other", "unit": ""}
    unit_notice = "взято подразделение сотрудника"
    assert unit_notice in admin.post("/administration/accounts?lang=ru", data=other).text
    assert unit_notice not in response.text

    assert site.stranger().get(f"/welcome/{secret}").status_code == 200
    assert secret not in admin.get("/administration/account?login=new").text
    assert admin.post("/administration/account", data={**act, "do": "close"}).status_code == 303
    assert site.stranger().get(f"/welcome/{secret}").status_code == 404
    admin.post("/administration/account", data={**act, "do": "reopen"})
    account = site.accounts.account("new")
    assert not account.disabled
    assert account.reader.name == "Әлиева Гүлнұр"


@pytest.mark.parametrize("do", [{"do": "close"}, {"do": "change", "access": "auditor"}])
def test_no_administrator_locks_the_office_out(do: dict[str, str], site: Site, admin: TestClient) -> None:
    answer = admin.post("/administration/account", data={"login": "administrator", **do})
    account = site.accounts.account("administrator")

    assert answer.status_code == 422
    assert (account.disabled, account.reader.access) == (False, "administrator")


def test_ending_the_sessions_of_an_account_ends_them_at_once(admin: TestClient, browser: TestClient) -> None:
    assert browser.get("/account").status_code == 200
    admin.post("/administration/account", data={"login": "officer", "do": "end"})

    assert browser.get("/account").status_code == 303


def test_a_token_lasts_no_longer_than_a_year(admin: TestClient) -> None:
    for days in ("0", "367", "-1", "x", "99999999999", "²"):
        answer = admin.post("/administration/account", data={"login": "officer", "do": "token", "days": days})
        assert answer.status_code == 422, days


def test_a_test_letter_is_sent_to_an_address_that_is_one(site: Site, admin: TestClient) -> None:
    wrong = admin.post("/administration/channels", data={"channel": "folder", "email": "a b"})
    unknown = admin.post("/administration/channels", data={"channel": SCRIPT, "email": "a@org.kz"})
    sent = admin.post("/administration/channels", data={"channel": "folder", "email": "a@org.kz"})
    (letter,) = (site.context.settings.evidence.folder.parent / "letters").rglob("*.eml")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert SCRIPT not in unknown.text
    assert sent.status_code == 200
    assert b"a@org.kz" in letter.read_bytes()


@pytest.fixture
def free() -> Site:
    """An office with cases that has adopted no act yet."""
    return office_with_cases(acts=())


def test_an_act_given_up_makes_nothing_of_its_cases_overdue_until_it_is_adopted_again(free: Site) -> None:
    """The office is bound no more: lists, desk, counts and letters leave them out, the case says why. A case
    opened by hand without the act counts still; one exempted for another reason stays exempted."""
    site, admin = free, free.client("administrator")
    entered = date(2026, 1, 12)
    facts = {"appointed": entered, "office_entered": entered}
    act, today = "mne-standard-2025", date(2026, 4, 6)

    def save(*acts: str) -> None:
        form = unit_form(site, "hr", act=[*acts])
        assert admin.post("/administration/unit", data=form).status_code == 303

    def late() -> dict[str, int]:
        horizon = Horizon(today=today, soon=today)
        rows = site.context.reads.listed(DeadlineFilter(urgency="overdue", horizon=horizon))
        return {case: sum(row.case == case for row in rows) for case in cases}

    by_hand = site.open(procedure="appointment", unit="law", facts=facts)
    save(act)
    bound, freed = (site.open(procedure="appointment", facts=facts) for _ in range(2))
    site.write(freed, statuses.exempt, ground="басқа себеп")
    cases = (by_hand, bound, freed)
    before = late()
    run_round(site.context, at=Moment(now=NOW, today=today))
    save()
    given_up = late()
    run_round(site.context, at=Moment(now=NOW, today=today))
    waiting = [
        notice
        for notice in site.context.reads.notices(site.case(bound))
        if notice.state == "queued" and notice.kind == "reminder"
    ]
    with site.client("officer") as officer:
        page = html.unescape(officer.get(f"/cases/{bound}?lang=ru").text)
        is_listed = bound in officer.get("/cases?lang=ru").text
    save(act)

    assert (before[by_hand] > 0, before[bound] > 0, before[freed]) == (True, True, 0)
    assert given_up == {**before, bound: 0}
    assert late() == before
    assert (waiting, is_listed) == ([], True)
    assert "ұйым «Ұлттық экономика министрлігінің сыбайлас жемқорлыққа қарсы стандарты» актісін енді" in page
    assert "организацией не принят." in page
    assert "его сроки считаются сроками организации" not in page


def test_a_closed_case_of_an_edition_without_the_act_is_left_as_it_is() -> None:
    view, app = Mock(**{"case.status": "cancelled", "procedure.acts": {}}), Mock()
    app.case_commands.write = lambda *of: Mock(events=of[-1](view))
    assert not _follow_act(app, Mock(), "mne-standard-2025", gave_up=True, at=AT)


def test_of_two_writers_the_second_is_refused_by_the_database_too(site: Site) -> None:
    """Though both read the same."""
    engine, was = site.context.engine, site.office.people["a@org.kz"]
    office_store.keep(engine, replace(was, post="бірінші"), was=was, at=AT)
    with pytest.raises(Refusal, match="office_changed_meanwhile"):
        office_store.keep(engine, replace(was, post="екінші"), was=was, at=AT)
    assert site.office.people["a@org.kz"].post == "бірінші"


def test_before_somebody_goes_it_is_said_what_falls_to_whom(site: Site, admin: TestClient) -> None:
    """What the authorised person does falls to the one of another unit; what the head does to nobody."""
    ctx = operator_context(site.context, at=AT)
    authorised, head = (pending_duties(ctx, "a@org.kz"), pending_duties(ctx, "b@org.kz"))
    page = admin.get("/administration/person?key=b@org.kz&lang=ru").text

    assert {tuple(person.name for person in duty.to) for duty in authorised} == {("Өтегенов Ерлан",)}
    assert head
    assert all(duty.to == () for duty in head)
    assert "никому" in page
    assert all(duty.title is not None and duty.title.ru in page for duty in head)


def test_a_telegram_code_is_for_oneself(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    offered = TelegramCode(person="", code="ABCD2345WXYZ", address="https://t.me/b?start=x", until=NOW)
    monkeypatch.setattr(feeds, "create_code", lambda *_: offered)
    monkeypatch.setattr(own_account, "is_linked", lambda *_: False)
    with site.client("responsible") as browser:
        answer = browser.post("/account/telegram")

    assert "ABCD2345WXYZ" in answer.text
    assert site.client("officer").post("/account/telegram").status_code == 404


def test_a_case_of_an_act_its_unit_has_not_adopted_is_marked(free: Site) -> None:
    """On its page, in the lists and by the API, until the act is ticked for the unit or one above it."""
    site, admin = free, free.client("administrator")
    entered = date(2026, 1, 12)
    facts = {"appointed": entered, "office_entered": entered}
    case = site.open(procedure="appointment", facts=facts)
    pages = (f"/cases/{case}?lang=ru", "/cases?lang=ru", "/deadlines?urgency=overdue&lang=ru")
    sentence = "Акт «Антикоррупционный стандарт Министерства национальной экономики» организацией не принят."

    def marked(client: TestClient) -> tuple[list[bool], str | None]:
        marks = [sentence in html.unescape(client.get(page).text) for page in pages]
        return marks, client.get(f"/api/v1/cases/{case}").json()["act_not_adopted"]

    with site.client("officer") as officer:
        before = marked(officer)
        other = sentence in html.unescape(officer.get(f"/cases/{site.real}?lang=ru").text)
        admin.post("/administration/unit", data=unit_form(site, "hr", act="mne-standard-2025"))
        after = marked(officer)

    assert (before, other) == (([True, True, True], "mne-standard-2025"), False)
    assert after == ([False, False, False], None)
