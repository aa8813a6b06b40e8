"""A new installation: what to enter and where, adopted acts, the settings of administrators."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from merzim.app import build_app
from merzim.services.administration import Organisation, change_organisation
from merzim.services.context import operator_context
from merzim.settings_file import read
from merzim.storage.database import writing
from merzim.storage.tables.notices import NOTICE
from merzim.web.auth.dependencies import COOKIE
from notifications.channels import ChannelSettings
from notifications.channels.email import Email
from tests.merzim.conftest import Merzim, merzim  # noqa: F401 (the fixture)
from tests.web.conftest import NOW, TODAY, Site, account, people, settings_in
from tests.web.offices import ROOT, installed, office as three_units
from tests.web.serving import shown_meanwhile
from tests.web.test_names_of_others import letter
from workflow.moments import Moment

MAIL = {"host": "mail.example.kz", "sender": "m@a.kz"}
LAST = ["letter", "schedule"]
STEPS = ["organisation", "units", "people", "mail", "officer", "accounts", *LAST]


@pytest.fixture
def begun(tmp_path: Path) -> Site:
    """An office without a name, units and people; its first administrator has an account."""
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    office = installed(tmp_path)
    office.run("user", "add", "administrator", "--access", "administrator")
    return office


def steps(office: Site) -> list[str]:
    """What the first page calls open; the service looks for changes before each."""
    office.context.present()
    with office.client("administrator") as browser:
        page = browser.get("/administration", headers={"accept-language": "en"}).text
    found = re.findall(r'<li id="first-step-(\w+)">.*?state-(done|open)', page, re.DOTALL)
    return [name for name, look in found if look == "open"]


def save(office: Site, part: str, **fields: str) -> None:
    with office.client("administrator") as browser:
        assert browser.post(f"{PAGE}/{part}", data=fields).status_code == 303


def test_what_is_entered_is_called_done_one_after_another(begun: Site) -> None:
    """The table of people brings units and the only officer, who is told where nobody holds a duty; the
    list is there until a letter is out and a case is open."""
    empty = steps(begun)
    save(begun, "organisation", name="Мекеме")
    begun.run("people", str(ROOT / "examples" / "people.csv"))
    entered = steps(begun)
    save(begun, "mail", **MAIL)
    mailed = steps(begun)
    begun.run("user", "add", "aida", "--access", "officer")
    with_colleague = steps(begun)
    save(begun, "organisation", name="Мекеме", officer="a.akhmetova@example.kz")
    set_up = steps(begun)
    begun.run("open", "internal-analysis", "--object", "Сатып алу", "--planned", "analysis_started=2026-06-01")
    with writing(begun.context.engine) as connection:
        begun.context.outbox.queue(connection, [letter("2026-0001", "a.akhmetova@example.kz")])
        connection.execute(update(NOTICE).values(state="sent"))

    assert empty == STEPS
    assert entered == ["mail", "accounts", *LAST]
    assert mailed == ["accounts", *LAST]
    assert with_colleague == set_up == LAST
    assert steps(begun) == []


def test_until_a_channel_reaches_people_it_is_said_in_red(begun: Site) -> None:
    """On the overview of managers and the first head, in administration; gone with the mail server."""
    begun.run("user", "add", "aida", "--access", "officer")
    begun.run("user", "add", "head", "--access", "first_head")
    begun.run("user", "add", "auditor", "--access", "auditor")
    places = [("aida", "/"), ("head", "/"), ("administrator", "/administration")]
    before = said_in_red(begun, places)
    to_others = said_in_red(begun, [("auditor", "/")])
    save(begun, "mail", **MAIL)

    assert (before, to_others) == ([True] * len(places), [False])
    assert said_in_red(begun, places) == [False] * len(places)


def said_in_red(office: Site, places: Sequence[tuple[str, str]]) -> list[bool]:
    """Whether these pages of these people say that no letter reaches anybody."""
    office.context.present()
    found = []
    for login, address in places:
        with office.client(login) as browser:
            page = browser.get(address, headers={"accept-language": "ru"}).text
        card = page.partition('id="nobody-reached"')[2].partition("</section>")[0]
        found.append("Письма никому не отправляются: почтовый сервер не указан" in card)
    return found


def test_an_empty_desk_says_what_to_do_until_the_first_letter_is_out(begun: Site) -> None:
    """An officer: load the schedule, check, and the day of the first letter, also while it waits for office
    hours; then the desk as it always is."""
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


def test_one_person_may_be_officer_and_administrator(begun: Site) -> None:
    """A service of one: the first account takes both by itself; the last administrator stays one."""
    form = {"login": "administrator", "do": "change", "access": "officer_administrator", "person": ""}
    with begun.client("administrator") as browser:
        assert "/administration/account?login=administrator" in browser.get("/administration").text
        assert browser.get("/cases").status_code == 403
        assert browser.post("/administration/account", data=form).status_code == 303
        assert browser.get("/cases").status_code == browser.get("/administration").status_code == 200
        assert browser.post("/administration/account", data={**form, "access": "officer"}).status_code == 422


@pytest.fixture
def bare_office(tmp_path: Path) -> Site:
    """An office that has adopted nothing yet."""
    bare_office = Site(settings_in(tmp_path, acts=()), tmp_path)
    bare_office.keep(three_units())
    people(bare_office.accounts)
    return bare_office


@pytest.fixture
def officer(bare_office: Site) -> Iterator[TestClient]:
    with bare_office.client(headers={"accept-language": "ru"}) as client:
        yield client


def menu(client: TestClient) -> list[str]:
    """The addresses of the menu."""
    page = client.get("/").text
    return re.findall(r'href="(/[^"]*)"', re.search(r'<nav class="menu".*?</nav>', page, re.S)[0])


def adopt(client: TestClient, act: str, leave: str = "") -> None:
    assert client.post("/acts", data={"act": act, "unit": "head", "leave": leave}).status_code == 303


def test_a_new_office_has_internal_analysis_alone(officer: TestClient) -> None:
    """Four entries and "more"; no choice of a procedure; no registers and no hits of other acts."""
    addresses = menu(officer)
    opening = officer.get("/open").text
    registers = re.findall(r'href="/registers/([a-z-]+)"', officer.get("/registers").text)
    hits = officer.get("/search", params={"q": "подарок"}).text

    assert addresses[:4] == ["/desk", "/", "/cases", "/calendar/2026/4"]
    assert not {"/reports/points", "/campaigns", "/registers"} & set(addresses)
    assert "<select" not in opening
    assert 'action="/open/year"' not in opening
    assert registers == []
    assert "/open/case?procedure=" not in hits
    assert "Баллы" not in re.sub(r"<[^>]+>", "", officer.get("/help/officer").text)
    assert 'href="/reports/cartogram"' not in officer.get("/reports/monitoring").text


def test_one_click_adopts_an_act_and_shows_what_it_brings(bare_office: Site, officer: TestClient) -> None:
    """The page says what it adds; adopted, its procedures and pages are there; left, they are gone."""
    page = officer.get("/acts").text
    adopt(officer, "tbn4-2024")
    with_points = menu(officer)
    opening = officer.get("/open").text
    adopt(officer, "tbn4-2024", "leave")

    assert "баллы года" in page
    assert {"/reports/points", "/campaigns"} <= set(with_points)
    assert 'value="tbn4-project-2"' in opening
    assert 'value="mne-standard-year"' not in opening
    assert bare_office.office.units["head"].acts == ()
    assert "/reports/points" not in menu(officer)


def test_erasing_values_of_a_row_says_that_its_case_keeps_what_it_says(officer: TestClient) -> None:
    adopt(officer, "mne-standard-2025")
    fields = {"kind": "gift", "description": "Кесе", "employee": "b@org.kz", "received_on": "2026-03-30"}
    form = {"unit": "law"} | {f"field.{name}": value for name, value in fields.items()}
    row = officer.post("/registers/gifts/new", data=form).headers["location"]

    assert "Из открытого дела 2026-0001 ничего не удаляется" in officer.get(row).text


def test_an_officer_of_a_unit_adopts_acts_for_it_alone(bare_office: Site) -> None:
    """Those above it stay as they are."""
    account(bare_office, "of_law", "officer", unit="law")
    with bare_office.client("of_law") as client:
        above = client.post("/acts", data={"act": "tbn4-2024", "unit": "head"})
        own = client.post("/acts", data={"act": "tbn4-2024"})

    assert (above.status_code, own.status_code) == (403, 303)
    assert [unit.id for unit in bare_office.office.units.values() if unit.acts] == ["law"]


PAGE = "/administration/settings"


def test_the_organisation_is_renamed_on_the_page(site: Site, admin: TestClient) -> None:
    """The name is in force with the next request."""
    saved = admin.post(f"{PAGE}/organisation", data={"name_ru": "Новое название"})
    page = admin.get(PAGE, params={"lang": "ru"}).text
    (entry,) = admin.get("/api/v1/audit?lang=ru&topic=settings").json()["entries"]

    assert entry["what"].endswith(": Название организации на русском"), "not by the key of the file"
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?said=saved")
    assert 'value="Новое название"' in page
    assert site.context.newest.settings.office.name_ru == "Новое название"


def test_what_a_variable_fixes_has_no_field(site: Site, admin: TestClient) -> None:
    """A form that sends the key all the same is refused."""
    fixed = {"from_environment": frozenset({"office.name"})}
    vars(site.context)["settings"] = site.context.settings.model_copy(update=fixed)
    page = admin.get(PAGE, params={"lang": "en"}).text
    sent = admin.post(f"{PAGE}/organisation", params={"lang": "en"}, data={"name": "x"})

    assert "Set by the operator of the server" in page
    assert 'name="name"' not in page
    assert 'name="name_ru"' in page
    assert sent.status_code == 422
    assert "set by the operator of the server" in sent.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": ""}, "Enter the password for mail.example.kz"),
        ({"host": "169.254.169.254"}, "neither the name nor the address of a server"),
        ({"sender": "nobody"}, "is not an e-mail address"),
    ],
)
def test_a_password_is_typed_and_never_shown(fields: dict[str, str], words: str, admin: TestClient) -> None:
    """Neither on the page nor in a refusal, which keeps what was typed beside it."""
    form = {"host": "mail.example.kz", "sender": "m@example.kz", "user": "m-user", "password": "PASS-word-7"}
    refused = admin.post(f"{PAGE}/mail", params={"lang": "en"}, data={**form, **fields})
    saved = admin.post(f"{PAGE}/mail", data=form)
    page = admin.get(PAGE, params={"lang": "en"}).text

    assert (refused.status_code, saved.status_code) == (422, 303)
    assert words in refused.text
    assert 'value="m-user"' in refused.text
    assert 'value="mail.example.kz"' in page
    assert "PASS-word-7" not in refused.text + page


def test_check_config_and_doctor_name_what_the_browser_overrides(
    merzim: Merzim,  # noqa: F811
    tmp_path: Path,
) -> None:
    """Who runs the server finds out why a line of config.toml does nothing."""
    app = build_app(read(at=tmp_path), clock=lambda: Moment(now=NOW, today=TODAY))
    ctx = operator_context(app, at=Moment(by="a", now=NOW, today=TODAY), language="en")
    change_organisation(ctx, Organisation(name_ru="Новое название"))
    app.close()

    assert "Changed in the browser: office.name_ru" in merzim("check-config").out
    assert "office.name_ru" in merzim("doctor").out


def test_a_known_mail_service_needs_its_name_alone(site: Site, admin: TestClient) -> None:
    """Mail.ru: TLS on port 465, as its help says; another server keeps what was chosen."""
    form = {"host": "smtp.mail.ru", "tls": "starttls", "port": "", "sender": "merzim@mail.ru"}
    admin.post(f"{PAGE}/mail", data=form)
    known = site.context.newest.settings.channels.of("email").as_written()
    admin.post(f"{PAGE}/mail", data={**form, "host": "mail.example.kz"})
    other = site.context.newest.settings.channels.of("email").as_written()

    assert (known["tls"], known["port"]) == ("tls", 465)
    assert (other["tls"], other["port"]) == ("starttls", None)


def test_no_page_waits_for_a_silent_mail_server(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        email = Email(host="127.0.0.1", port=mute.getsockname()[1], sender="m@org.kz", tls="none")
        channels = ChannelSettings(use=("email",), sections={"email": email})
        vars(site.context)["settings"] = site.context.settings.model_copy(update={"channels": channels})
        letter: dict[str, Any] = {"data": {"channel": "email", "email": "a@org.kz"}}
        letter["headers"] = {"cookie": f"{COOKIE}={site.way_in('administrator')}"}
        assert asyncio.run(shown_meanwhile(site.app, mute, "POST", "/administration/channels", **letter))


def test_a_port_of_config_toml_is_offered_with_its_server_and_with_no_other(site: Site) -> None:
    """The form sent back as it was shown leaves the mail as it is."""
    email = Email(host="relay.example.kz", port=8725, sender="merzim@org.kz", tls="none")
    channels = ChannelSettings(use=("email",), sections={"email": email})
    vars(site.context)["settings"] = site.context.settings.model_copy(update={"channels": channels})
    form = {"host": "relay.example.kz", "tls": "none", "port": "8725", "sender": "merzim@org.kz"}
    with site.client("administrator") as browser:
        shown = browser.get(PAGE).text
        elsewhere = browser.post(
            f"{PAGE}/mail", data={**form, "host": "other.example.kz"}, params={"lang": "en"}
        )
        saved = browser.post(f"{PAGE}/mail", data=form)

    assert '<option value="8725" selected>' in shown
    assert (elsewhere.status_code, saved.status_code) == (422, 303)
    assert "Port 8725 is not given here. Allowed are 25, 465, 587" in elsewhere.text
    assert site.context.newest.settings.channels.of("email").as_written()["port"] == 8725
