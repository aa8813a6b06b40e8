"""The settings page of administrators: organisation, officer, mail server."""

from __future__ import annotations

from pathlib import Path

import pytest

from merzim.app import build_app
from merzim.services.administration import Organisation, change_organisation
from merzim.services.context import operator_context
from merzim.services.moments import Moment
from merzim.settings import ChannelSettings
from merzim.settings_file import read
from tests.merzim.conftest import Merzim, merzim  # noqa: F401 (the fixture)
from tests.web.conftest import NOW, TODAY, Site
from workflow.org.audit import Stamp

PAGE = "/administration/settings"


def test_the_organisation_is_renamed_on_the_page(site: Site) -> None:
    """The name is in force with the next request."""
    with site.client("administrator") as browser:
        saved = browser.post(f"{PAGE}/organisation", data={"name_ru": "Новое название"})
        page = browser.get(PAGE, params={"lang": "ru"}).text

    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?said=saved")
    assert 'value="Новое название"' in page
    assert site.context.settings.office.name_ru == "Новое название"


def test_what_a_variable_fixes_has_no_field(site: Site) -> None:
    """A form that sends the key all the same is refused."""
    site.context.settings = site.context.settings.model_copy(
        update={"from_environment": frozenset({"office.name"})}
    )
    with site.client("administrator") as browser:
        page = browser.get(PAGE, params={"lang": "en"}).text
        sent = browser.post(f"{PAGE}/organisation", params={"lang": "en"}, data={"name": "x"})

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
def test_a_password_is_typed_and_never_shown(site: Site, fields: dict[str, str], words: str) -> None:
    """Neither on the page nor in a refusal, which keeps what was typed beside it."""
    form = {"host": "mail.example.kz", "sender": "m@example.kz", "user": "m-user", "password": "PASS-word-7"}
    with site.client("administrator") as browser:
        refused = browser.post(f"{PAGE}/mail", params={"lang": "en"}, data={**form, **fields})
        saved = browser.post(f"{PAGE}/mail", data=form)
        page = browser.get(PAGE, params={"lang": "en"}).text

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
    ctx = operator_context(app, at=Stamp(by="a", now=NOW, today=TODAY), language="en")
    change_organisation(ctx, Organisation(name_ru="Новое название"))
    app.close()

    assert "Changed in the browser: office.name_ru" in merzim("check-config").out
    assert "office.name_ru" in merzim("doctor").out


def test_a_known_mail_service_needs_its_name_alone(site: Site) -> None:
    """Mail.ru: TLS on port 465, as its help says; another server keeps what was chosen."""
    form = {"host": "smtp.mail.ru", "tls": "starttls", "port": "", "sender": "merzim@mail.ru"}
    with site.client("administrator") as browser:
        browser.post(f"{PAGE}/mail", data=form)
        known = site.context.settings.channels.sections["email"]
        browser.post(f"{PAGE}/mail", data={**form, "host": "mail.example.kz"})
        other = site.context.settings.channels.sections["email"]

    assert (known["tls"], known["port"]) == ("tls", 465)
    assert (other["tls"], other.get("port")) == ("starttls", None)


def test_a_port_of_config_toml_is_offered_with_its_server_and_with_no_other(site: Site) -> None:
    """The form sent back as it was shown leaves the mail as it is."""
    email = {"host": "relay.example.kz", "port": 8725, "sender": "merzim@org.kz", "tls": "none"}
    channels = ChannelSettings(use=("email",), sections={"email": email})
    site.context.settings = site.context.settings.model_copy(update={"channels": channels})
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
    assert site.context.settings.channels.sections["email"]["port"] == 8725
