"""`check-config`, `doctor`, `test-mail`: checks of an installation."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

import i18n
from merzim.settings_file import read
from merzim.storage.accounts.encryption import new_key
from tests import openid
from tests.merzim.conftest import Merzim
from tests.merzim.test_secret_keys import with_mail_server
from tests.notifications.servers import Office, free_port, serving
from tests.notifications.test_email import certified

EVERYTHING_WRONG = """
[ofice]
name = "x"
[office]
langauge = "ru"
name = 7
[web]
host = "10.0.0.1"
port = 99999
[channels]
use = ["email"]
[channels.email]
host = "mail.example.kz"
port = 70000
sender = "merzim@example.kz"
[oidc]
issuer = "https://sso.example.kz"
"""


def test_everything_wrong_is_named_at_once(merzim: Merzim, monkeypatch: pytest.MonkeyPatch) -> None:
    """By file or variable and key, in each language; the exit code is 1, and nothing is created."""
    Path("config.toml").write_text(EVERYTHING_WRONG, "utf-8")
    monkeypatch.setenv("MERZIM__REMINDERS__TICK", "never")
    monkeypatch.setenv("MERZIM__WEB__PRT", "80")
    monkeypatch.setenv("MERZIM__OFFICE__NAME__KK", "Айнымалыдан")
    beginnings = [
        "config.toml: there is no key ofice; did you mean office?",
        "config.toml: there is no key office.langauge; did you mean language?",
        "config.toml: office.name",
        "MERZIM__OFFICE__NAME__KK: there is no key office.name__kk; did you mean name_kk?",
        "config.toml: web.port",
        "MERZIM__WEB__PRT: there is no key web.prt; did you mean port?",
        "config.toml: channels.email.port",
        "MERZIM__REMINDERS__TICK: reminders.tick",
        "web.host = 10.0.0.1",
        "MERZIM_SECRET_KEY",
        "oidc",
    ]
    result = merzim("check-config")

    assert result.code == 1
    for line, beginning in zip(result.out.splitlines(), beginnings, strict=True):
        assert beginning in line
    for language in i18n.LANGUAGES:
        assert len(merzim("check-config", "--lang", language).out.splitlines()) == len(beginnings)
    assert len(merzim("check-config", "--json").json["problems"]) == len(beginnings)
    assert [path.name for path in Path().iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("section", "missing"),
    [
        ('[database]\nurl = "postgresql://u@h/db"\npassword_env = "NOWHERE"\n', "database.password_env"),
        ('[database]\nurl = "oracle://u@h/db"\n', "oracle"),
        ('[regulations]\nfolder = "none"\n', "regulations.folder"),
        ('[forms]\nfolder = "none"\n', "forms.folder"),
        ('[channels]\nuse = ["telegram"]\n[channels.telegram]\nbot = "B"\n', "channels.telegram.token_env"),
        ('[channels.email]\nhost = "h"\nport = 25\nsender = "a@b.kz"\ntls = "ssl"\n', "channels.email.tls"),
        ('[channels.email]\nhost = "h"\nport = 25\nsender = 7\n', "channels.email.sender"),
        ('[channels]\nuse = ["email"]\n[channels.email]\nport = 25\n', "channels.email.host"),
    ],
)
def test_what_only_a_start_or_a_letter_would_find_is_named(merzim: Merzim, section: str, missing: str) -> None:
    """Each of them was found out when a service was started, or when the first letter did not leave."""
    Path("config.toml").write_text(section, "utf-8")
    result = merzim("check-config")

    assert result.code == 1
    assert missing in result.out
    assert result.out.count("\n") == 1


def test_a_variable_goes_before_the_key_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text as it stands, a list as JSON, paths beside the file."""
    file = tmp_path / "office" / "config.toml"
    file.parent.mkdir()
    file.write_text('[office]\nname = "From the file"\nlanguage = "ru"\n[web]\nport = 8001\n', "utf-8")
    variables = {
        "OFFICE__NAME": "2026",
        "WEB__PORT": "9000",
        "DATABASE__URL": "sqlite:///other.sqlite",
        "REMINDERS__OFFICE_HOURS": '["08:00", "17:00"]',
        "OFFICE__DAYS_OFF": '["2026-03-24"]',
        "CHANNELS__USE": '["email"]',
        "CHANNELS__EMAIL__HOST": "mail.example.kz",
        "CHANNELS__EMAIL__PORT": "2525",
        "CHANNELS__EMAIL__USER": "12345",
        "CHANNELS__EMAIL__CA_FILE": "ca.pem",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"MERZIM__{name}", value)
    settings = read(file, at=tmp_path)

    assert (settings.office.name, settings.office.language) == ("2026", "ru")
    assert (settings.web.port, settings.web.public_address) == (9000, "http://127.0.0.1:9000")
    assert settings.database.url == f"sqlite:///{file.parent.as_posix()}/other.sqlite"
    assert [hour.hour for hour in settings.reminders.office_hours] == [8, 17]
    assert settings.channels.use == ("email",)
    assert settings.channels.sections["email"].as_written() == {
        "host": "mail.example.kz",
        "port": 2525,
        "user": "12345",
        "ca_file": file.parent / "ca.pem",
    }


def test_every_value_is_shown_with_its_source_and_no_secret(
    merzim: Merzim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a value comes from is the question when the file says something else."""
    Path("config.toml").write_text('[web]\nport = 8001\n[channels.telegram]\nbot = "B"\n', "utf-8")
    monkeypatch.setenv("MERZIM__DATABASE__URL", "postgresql://merzim:geheim@db/office?sslpassword=geheim")
    monkeypatch.setenv("MERZIM__CHANNELS__TELEGRAM__TOKEN", "1:geheim")
    monkeypatch.setenv("MERZIM__WEB__PORT", "8002")
    text, result = merzim("check-config"), merzim("check-config", "--json")
    rows = {row["key"]: (row["value"], row["source"]) for row in result.json["settings"]}

    assert (text.code, result.code) == (0, 0)
    assert "geheim" not in text.out + text.err + result.out + result.err
    assert {key for key in rows if key in text.out} == {*rows}, "the text shows them as well"
    assert rows["web.port"] == (8002, "MERZIM__WEB__PORT")
    assert rows["channels.telegram.bot"] == ("B", str(Path("config.toml").absolute()))
    assert rows["channels.telegram.token"] == ("***", "MERZIM__CHANNELS__TELEGRAM__TOKEN")
    assert rows["office.language"] == ("kk", "")
    assert rows["database.url"][1] == "MERZIM__DATABASE__URL"


def _states(merzim: Merzim) -> dict[str, str]:
    result = merzim("doctor", "--json")
    assert result.code == (1 if any(check["state"] == "problem" for check in result.json["checks"]) else 0)
    return {check["check"]: check["state"] for check in result.json["checks"]}


def _mail(port: int, settings_lines: str = 'tls = "none"\n') -> None:
    Path("config.toml").write_text(
        '[channels]\nuse = ["email"]\n[channels.email]\nhost = "localhost"\n'
        f'sender = "merzim@example.kz"\nport = {port}\ntimeout = 5\n{settings_lines}',
        "utf-8",
    )


def test_a_doctor_of_nothing_makes_nothing(merzim: Merzim) -> None:
    """In an empty folder it says that there is no database, and makes neither that nor a folder."""
    states = _states(merzim)

    assert states["database"] == "warning"
    assert [name for name, state in states.items() if state == "problem"] == ["letters"]
    assert not list(Path().iterdir())


def test_a_doctor_says_that_nobody_is_told_while_letters_go_into_a_folder(merzim: Merzim) -> None:
    """In each language, with what to do; once a mail server is named, the server itself is asked."""
    sentences = [merzim("doctor", "--lang", language).out for language in i18n.LANGUAGES]
    with serving(Office()) as office:
        _mail(office.port)
        states = _states(merzim)

    for sentence, text in zip(
        ("ешкімге жіберілмейді", "никому не отправляются", "No letters reach anybody"), sentences, strict=True
    ):
        assert sentence in " ".join(text.split())
    assert "letters" not in states
    assert states["email"] == "ok"


def test_a_password_that_cannot_be_decrypted_is_said_to_lack_its_key(
    empty_office: Merzim, tmp_path: Path
) -> None:
    """Not that none was given: host, port and user are right, and nobody has to type it again."""
    with_mail_server(tmp_path)
    Path("config.toml").write_text('[channels]\nuse = ["email"]\n', "utf-8")
    key_file = tmp_path / "var" / "merzim.key"
    key_file.unlink()
    for command, code in ((("doctor",), 1), (("check-config",), 1), (("test-mail", "a@example.kz"), 2)):
        result = empty_office(*command, "--lang", "en")
        text = " ".join((result.out + result.err).split())

        assert result.code == code
        assert "no password was given" not in text
        assert text.count("merzim.key") == 1
    key_file.write_text(new_key() + "\n")
    key_file.chmod(0o600)
    another = empty_office("test-mail", "a@example.kz", "--lang", "en")

    assert "another key than the one here" in another.err


def test_what_nobody_has_done_for_long_is_named(empty_office: Merzim, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round ten minutes ago, a backup 26 hours ago, a verify a week ago: the limits unless set otherwise."""
    days: dict[str, dict[str, str]] = {}
    before = _states(empty_office)
    assert (before["verify"], before["backup"], before["round"]) == ("warning", "warning", "problem")
    for command in (("verify",), ("backup", "copy.sqlite"), ("remind",)):
        assert empty_office(*command, "--now", "2026-04-06").code == 0
    for moment in ("2026-04-06T12:09", "2026-04-06T12:11", "2026-04-07T14:01", "2026-04-13T12:01"):
        monkeypatch.setenv("MERZIM_NOW", f"{moment}+05:00")
        days[moment[5:]] = _states(empty_office)

    names = ("verify", "backup", "round", "clock", "database")
    assert {moment: [states[name] for name in names] for moment, states in days.items()} == {
        "04-06T12:09": ["ok", "ok", "ok", "ok", "ok"],
        "04-06T12:11": ["ok", "ok", "problem", "ok", "ok"],
        "04-07T14:01": ["ok", "warning", "problem", "ok", "ok"],
        "04-13T12:01": ["warning", "warning", "problem", "ok", "ok"],
    }
    monkeypatch.setenv("MERZIM_NOW", "2026-04-06T11:58+05:00")
    assert _states(empty_office)["clock"] == "problem"
    monkeypatch.setattr("os.access", lambda *_: False)  # a file that was made by another user
    assert _states(empty_office)["database"] == "problem"


def test_a_mail_server_is_asked_and_gets_no_letter(
    empty_office: Merzim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged in to with the password of the environment; one that refuses it or is away is a problem."""
    office, authority = Office(), trustme.CA()
    authority.cert_pem.write_to_path("ca.pem")
    monkeypatch.setenv("MERZIM_SMTP_PASSWORD", "geheim")
    with serving(office, starttls=certified(authority), password="geheim"):
        _mail(office.port, 'user = "merzim"\npassword_env = "MERZIM_SMTP_PASSWORD"\nca_file = "ca.pem"\n')
        assert _states(empty_office)["email"] == "ok"
        monkeypatch.setenv("MERZIM_SMTP_PASSWORD", "other")
        assert _states(empty_office)["email"] == "problem"
    _mail(free_port())

    assert _states(empty_office)["email"] == "problem"
    assert office.calls
    assert not office.accepted


def _asked(merzim: Merzim, **settings: str) -> list[tuple[str, str, str]]:
    """Output of `doctor` for the provider: state, message, remedy."""
    keys = "".join(f'{key} = "{value}"\n' for key, value in settings.items() if key != "public_address")
    web = f'[web]\npublic_address = "{settings.get("public_address", "http://127.0.0.1:8000")}"\n'
    Path("config.toml").write_text(f"{web}[oidc]\ninsecure = true\n{keys}", "utf-8")
    checks = merzim("doctor", "--json").json["checks"]
    return [(check["state"], check["message"], check["advice"]) for check in checks if check["check"] == "oidc"]


def test_a_provider_is_asked_and_nobody_logs_in(
    empty_office: Merzim, monkeypatch: pytest.MonkeyPatch, provider: openid.Provider
) -> None:
    """A real one: its name, its keys, whether it takes our client and where it sends people back to."""
    monkeypatch.setenv("MERZIM_OIDC_SECRET", openid.SECRET)
    checks = _asked(empty_office, issuer=provider.issuer, client_id=openid.CLIENT)

    assert [state for state, _, _ in checks] == ["ok"] * 3
    assert [message for _, message, _ in checks] == [
        f"{provider.issuer} answers and calls itself so.",
        "Its signing keys were read: 1.",
        f"It takes us (client_id, secret) and our return address: {openid.CALLBACK}.",
    ]
    Path("config.toml").write_text("", "utf-8")
    assert not any(check["check"] == "oidc" for check in empty_office("doctor", "--json").json["checks"])


@pytest.mark.parametrize(
    ("settings", "message", "advice"),
    [
        ({"client_id": "merzim2"}, "Does not take us: invalid_client.", "oidc.client_id"),
        ({"secret": "another"}, "Does not take us: invalid_client.", "oidc.secret_env"),
        ({"public_address": "http://127.0.0.1:9000"}, "9000/login/oidc/callback: 400.", "Register"),
        ({"slash": "/"}, "Calls itself", "exactly as the provider calls itself"),
        ({"issuer": "http://127.0.0.1:{free}"}, "Does not answer: ", "ca_file"),
        ({"client_id": ""}, "oidc.client_id", "check-config"),
    ],
)
def test_what_a_provider_would_refuse_is_named_with_what_to_do(
    empty_office: Merzim,
    monkeypatch: pytest.MonkeyPatch,
    provider: openid.Provider,
    settings: dict[str, str],
    message: str,
    advice: str,
) -> None:
    """Another client, secret or return address; another name by one stroke; nobody there; nothing set."""
    ours = {"issuer": provider.issuer, "client_id": openid.CLIENT, "secret": openid.SECRET, "slash": ""}
    ours |= settings
    monkeypatch.setenv("MERZIM_OIDC_SECRET", ours.pop("secret"))
    ours["issuer"] = ours["issuer"].format(free=free_port()) + ours.pop("slash")
    *_, (state, sentence, todo) = _asked(empty_office, **ours)

    assert state == "problem"
    assert message in sentence
    assert advice in todo


def test_a_test_letter_leaves_at_once(merzim: Merzim) -> None:
    """It needs no database, and the server's own words are shown, whatever they are."""
    office = Office(rcpt=lambda office, address: "550 unknown here" if "nobody" in address else None)
    with serving(office):
        _mail(office.port)
        sent = merzim("test-mail", "aigul@example.kz", "--lang", "ru")
        refused = merzim("test-mail", "nobody@example.kz", "--json")

    assert (sent.code, refused.code) == (0, 1)
    assert sent.out.endswith("kept\n")
    assert refused.json["answer"].startswith("550 unknown here")
    ((address, message),) = office.accepted
    assert address == "aigul@example.kz"
    assert message["Subject"] == "Мерзім: пробное письмо"
    assert not Path("var").exists()
