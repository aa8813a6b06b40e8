"""The settings page and command of administrators."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.merzim.conftest import Merzim, merzim  # noqa: F401 (the fixture)
from tests.web.conftest import Site

PAGE = "/administration/settings"


@pytest.mark.parametrize(
    ("language", "follows"),
    [
        ("kk", "Енді хаттар 08:30–18:00 аралығында жіберіледі."),
        ("ru", "Письма теперь отправляются с 08:30 до 18:00."),
        ("en", "Letters will be sent between 08:30 and 18:00."),
    ],
)
def test_hours_are_previewed_saved_and_taken_back(site: Site, language: str, follows: str) -> None:
    """Nothing is written by a preview; each value says its source, and the history who changed it."""
    key = "reminders.office_hours"
    form = {f"{key}.first": "08:30", f"{key}.last": "18:00", "ground": "Қыс", "lang": language}
    with site.client("administrator") as browser:
        place, query = f"{PAGE}/reminders", {"lang": language}
        settings_page = browser.get(place, params=query).text
        form["mark"] = re.findall(r'name="mark" value="([0-9a-f]*)"', settings_page)[0]
        preview = browser.post(place, params=query, data={**form, "do": "preview"}).text
        before = browser.get(PAGE, params=query).text
        saved = browser.post(place, params=query, data={**form, "do": "save"})
        after = browser.get(PAGE, params=query).text
        late = browser.post(place, params=query, data={**form, f"{key}.first": "07:00", "do": "save"})
        back = browser.post(f"{PAGE}/back", params=query, data={"key": key})
        last = browser.get(PAGE, params=query).text

    assert follows in preview
    assert "08:30–18:00" not in before
    assert (saved.status_code, late.status_code, back.status_code) == (303, 422, 303)
    assert saved.headers["location"] == f"{PAGE}?said=saved"
    assert after.count("08:30–18:00") == 2
    assert "Қыс" in after
    assert last.count("08:30–18:00") == 2  # in the history alone: from, and to
    assert 'settings/back"' not in last


def test_what_a_variable_fixes_has_no_field(site: Site) -> None:
    """The page says who set it; a form that sends the key all the same is refused."""
    site.context.settings = replace(site.context.settings, from_environment=frozenset({"office.name"}))
    with site.client("administrator") as browser:
        settings_page = browser.get(f"{PAGE}/organisation", params={"lang": "en"}).text
        sent = browser.post(
            f"{PAGE}/organisation", params={"lang": "en"}, data={"office.name": "x", "do": "save"}
        )

    assert "Set by the operator of the server" in settings_page
    assert "MERZIM_" not in settings_page + sent.text
    assert 'name="office.name"' not in settings_page
    assert 'name="office.name_ru"' in settings_page
    assert sent.status_code == 422
    assert "set by the operator of the server" in sent.text


def test_a_password_is_typed_and_never_shown(site: Site) -> None:
    """Neither in the preview nor in a refusal; an empty number that was empty before is no change."""
    form = {
        "channels.email.host": "mail.example.kz",
        "channels.email.sender": "m@example.kz",
        "channels.email.user": "m",
        "channels.email.password": "PASS-word-7",
        "do": "preview",
    }
    with site.client("administrator") as browser:
        pages = [
            browser.post(f"{PAGE}/mail", params={"lang": "en"}, data={**form, **changed_fields})
            for changed_fields in ({}, {"channels.email.port": "6379"}, {"channels.email.password": ""})
        ]
        mail = browser.post(
            f"{PAGE}/mail", params={"lang": "en"}, data={"channels.email.port": "", "do": "preview"}
        )

    assert [page.status_code for page in pages] == [200, 422, 422]
    assert "25, 465, 587, 2525" in pages[1].text
    assert "Enter the password for mail.example.kz" in pages[2].text
    assert not any("PASS-word-7" in page.text for page in pages)
    assert "Nothing would change" in mail.text


def test_the_command_lists_changes_and_takes_back(merzim: Merzim) -> None:  # noqa: F811
    """`check-config` and `doctor` say what the browser overrides; a password is not written into a command."""
    assert merzim("settings", "set", "backup.daily", "9", "backup.at", "03:00", "--ground", "disk").code == 0
    rows = {row["key"]: row for row in merzim("settings", "list", "--json").json["settings"]}
    checked = merzim("check-config").out
    diagnosed = merzim("doctor").out
    refused = [
        merzim("settings", "set", *arguments)
        for arguments in (
            ["backup.daily"],
            ["channels.email.password", "open"],
            ["backup.daily", "many"],
            ["web.port", "1"],
        )
    ]
    assert merzim("settings", "set", "backup.daily", "9").out.startswith("Nothing would change")
    assert merzim("settings", "take-back", "backup.daily").code == 0
    history = merzim("settings", "history", "--json").json["changes"]
    history_text = merzim("settings", "history").out

    assert re.findall(r"(?m)^\d\d\.\d\d\.\d{4} \d\d:\d\d ", history_text), "the moment in the time of Almaty"
    assert (rows["backup.daily"]["value"], rows["backup.daily"]["source"]) == ("9", "browser")
    assert "Changed in the browser: backup.at, backup.daily" in checked
    assert "backup.at, backup.daily" in diagnosed
    assert [result.code for result in refused] == [2, 2, 2, 2]
    assert [(change["key"], change["after"], change["taken_back"]) for change in history] == [
        ("backup.daily", "7", True),
        ("backup.at", "03:00", False),
        ("backup.daily", "9", False),
    ]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_settings_of_the_server_are_called_by_names_and_not_by_their_keys(site: Site, language: str) -> None:
    """Every key but those of a plug-in's channel has a name of its own in each language."""
    with site.client("administrator") as browser:
        page = browser.get(PAGE, params={"lang": language}).text
    names = re.findall(r"<dt>(.*?)</dt>", page.partition('id="server"')[2])

    assert len(names) > 40
    assert [name for name in names if re.search(r"[a-z]+[._][a-z]+", name)] == []
    assert {"kk": "Ұйымның түрі", "ru": "Вид организации", "en": "Kind of organisation"}[language] in names
