"""A new installation: the administrator's first page lists what to enter, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from merzim.storage.database.engine import writing
from merzim.storage.tables.notices import NOTICE
from tests.web.real import ROOT, RealOffice, real_office
from tests.web.test_names_of_others import letter

STEPS = ("organisation", "units", "people", "mail", "officer", "accounts", "letter", "schedule")

LAST = ["letter", "schedule"]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[RealOffice]:
    """An office without a name, units and people; its first administrator has an account."""
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    with real_office(tmp_path, is_new=False) as office:
        office.run("user", "add", "administrator", "--access", "administrator")
        yield office


def steps(office: RealOffice) -> dict[str, bool]:
    """By step: whether the first page calls it done; the service looks for changes before each."""
    office.app.refresh()
    with office.client("administrator") as browser:
        page = browser.get("/administration", headers={"accept-language": "en"}).text
    matches = re.findall(r'<li id="first-step-(\w+)">.*?state-(done|open)', page, re.DOTALL)
    return {name: look == "done" for name, look in matches}


def set_organisation(office: RealOffice, **names: str) -> None:
    with office.client("administrator") as browser:
        assert browser.post("/administration/settings/organisation", data=names).status_code == 303


def set_mail(office: RealOffice) -> None:
    server = {"host": "mail.example.kz", "sender": "m@a.kz"}
    with office.client("administrator") as browser:
        assert browser.post("/administration/settings/mail", data=server).status_code == 303


def test_what_is_entered_is_called_done_one_after_another(begun: RealOffice) -> None:
    """The table of people brings units and the only officer, who is told where nobody holds a duty; the
    list is there until a letter is out and a case is open.
    """
    empty = steps(begun)
    set_organisation(begun, name="Мекеме")
    begun.run("people", str(ROOT / "examples" / "people.csv"))
    entered = steps(begun)
    set_mail(begun)
    mailed = steps(begun)
    begun.run("user", "add", "aida", "--access", "officer")
    with_colleague = steps(begun)
    set_organisation(begun, name="Мекеме", officer="a.akhmetova@example.kz")
    set_up = steps(begun)
    begun.run("open", "internal-analysis", "--object", "Сатып алу", "--planned", "analysis_started=2026-06-01")
    with writing(begun.app.engine) as connection:
        begun.app.outbox.queue(connection, [letter("2026-0001", "a.akhmetova@example.kz")])
        connection.execute(update(NOTICE).values(state="sent"))

    assert empty == dict.fromkeys(STEPS, False)
    assert [name for name, is_done in entered.items() if is_done] == [
        *("organisation", "units", "people", "officer")
    ]
    assert [name for name, is_done in mailed.items() if not is_done] == ["accounts", *LAST]
    assert [name for name, is_done in with_colleague.items() if not is_done] == LAST
    assert [name for name, is_done in set_up.items() if not is_done] == LAST
    assert steps(begun) == {}


def test_until_a_channel_reaches_people_it_is_said_in_red(begun: RealOffice) -> None:
    """On the overview of managers and the first head, in administration; gone with the mail server."""
    begun.run("user", "add", "aida", "--access", "officer")
    begun.run("user", "add", "head", "--access", "first_head")
    begun.run("user", "add", "auditor", "--access", "auditor")
    places = [("aida", "/"), ("head", "/"), ("administrator", "/administration")]
    before = said_in_red(begun, places)
    to_others = said_in_red(begun, [("auditor", "/")])
    set_mail(begun)

    assert (before, to_others) == ([True] * len(places), [False])
    assert said_in_red(begun, places) == [False] * len(places)


def said_in_red(office: RealOffice, places: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether these pages of these people say that no letter reaches anybody."""
    office.app.refresh()
    found = []
    for login, address in places:
        with office.client(login) as browser:
            page = browser.get(address, headers={"accept-language": "ru"}).text
        card = page.partition('id="nobody-reached"')[2].partition("</section>")[0]
        found.append("Письма никому не отправляются: почтовый сервер не указан" in card)
    return found


def test_an_empty_desk_says_what_to_do_until_the_first_letter_is_out(begun: RealOffice) -> None:
    """An officer: load the schedule, check, and the day of the first letter, also while it waits for office
    hours; then the desk as it always is.
    """
    begun.run("people", str(ROOT / "examples" / "people.csv"))
    begun.run("user", "add", "aida", "--access", "officer", "--person", "a.akhmetova@example.kz")

    def desk() -> str:
        with begun.client("aida") as browser:
            return str(browser.get("/desk", headers={"accept-language": "ru"}).text)

    empty = desk()
    begun.run("open", "internal-analysis", "--object", "Закупки", "--planned", "analysis_started=2026-06-01")
    opened = desk()
    begun.run("remind", now="2026-05-06T08:00")
    queued = desk()
    begun.run("open", "internal-analysis", "--object", "Кадры", "--planned", "analysis_started=2027-02-01")
    next_year = desk()
    begun.run("remind", now="2026-05-06T10:00")
    begun.run("deliver", now="2026-05-06T12:00")

    assert ('href="/open">Загрузить график анализа' in empty, "figures-desk" in empty) == (True, False)
    assert "Готово: первое письмо уйдёт 6 мая 2026 года." in opened
    assert "Готово: первое письмо уйдёт 6 мая 2026 года." in queued
    assert "figures-desk" in opened
    assert ("/portfolio?year=2026" in opened, "/portfolio?year=2027" in next_year) == (True, True)
    assert 'id="start"' not in desk()


def test_one_person_may_be_officer_and_administrator(begun: RealOffice) -> None:
    """A service of one: the first account takes both by itself; the last administrator stays one."""
    form = {"login": "administrator", "do": "change", "access": "officer_administrator", "person": ""}
    with begun.client("administrator") as browser:
        assert "/administration/account?login=administrator" in browser.get("/administration").text
        assert browser.get("/cases").status_code == 403
        assert browser.post("/administration/account", data=form).status_code == 303
        assert browser.get("/cases").status_code == browser.get("/administration").status_code == 200
        assert browser.post("/administration/account", data={**form, "access": "officer"}).status_code == 422
