"""What administrators set in the browser, laid over config.toml: organisation and mail server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from merzim.settings import BadSetting, Settings
from merzim.storage.accounts.encryption import Cipher, UnreadableSecret
from merzim.storage.org.settings import MAIL

OFFICE_KEYS = ("name", "name_kk", "name_ru", "officer")
MAIL_KEYS = ("host", "port", "tls", "user", "sender")
PASSWORD = "channels.email.password"
PORTS: Mapping[object, int] = {"starttls": 587, "tls": 465, "none": 25}


def with_browser(
    configured: Settings, stored: Mapping[str, str], secret: str, cipher: Callable[[], Cipher]
) -> Settings:
    """Return the configured settings with what was set in the browser; what the environment says stays.

    Args:
        stored: the values by key; secret: the encrypted password of the mail server.
    """
    fixed = configured.from_environment
    names = {name: stored[f"office.{name}"] for name in OFFICE_KEYS if f"office.{name}" in stored}
    names = {name: text for name, text in names.items() if f"office.{name}" not in fixed}
    settings = configured.model_copy(
        update={
            "office": configured.office.model_copy(update={**names}),
            "from_browser": frozenset(f"office.{name}" for name in names),
        }
    )
    if MAIL not in stored or is_mail_fixed(configured):
        return settings
    return with_password(with_mail(settings, json.loads(stored[MAIL])), secret, cipher)


def is_mail_fixed(settings: Settings) -> bool:
    """Return whether the environment names the mail server or the channels."""
    keys = {"channels.use", *(f"channels.email.{key}" for key in MAIL_KEYS)}
    return not keys.isdisjoint(settings.from_environment)


def with_mail(settings: Settings, server: Mapping[str, object]) -> Settings:
    """Return the settings with letters sent through this server instead of into a folder.

    The password of the environment goes to no server that was named in the browser.
    """
    channels = settings.channels
    use = ("email", *(name for name in channels.use if name not in ("email", "folder")))
    section = {**channels.sections.get("email", {}), **server}
    return settings.model_copy(
        update={
            "channels": channels.model_copy(
                update={"use": use, "sections": {**channels.sections, "email": section}}
            ),
            "from_browser": settings.from_browser | {"channels.email"},
            "passwords": {PASSWORD: ""},
        }
    )


def with_password(settings: Settings, secret: str, cipher: Callable[[], Cipher]) -> Settings:
    """Return the settings with the stored password, if it was given for this server and log-in."""
    if not secret:
        return settings
    try:
        if not cipher().opens(secret):
            raise BadSetting("setting.other_key")
        text = cipher().decrypt(secret, password_owner(settings))
    except BadSetting as refusal:
        return settings.model_copy(update={"undecrypted": {PASSWORD: refusal}})
    except UnreadableSecret:
        return settings
    return settings.model_copy(update={"passwords": {PASSWORD: text}})


def password_owner(settings: Settings) -> str:
    """Return what a password is bound to: the server and the log-in it was given for."""
    mail = settings.channels.sections.get("email", {})
    tls = mail.get("tls", "starttls")
    port = mail.get("port") or PORTS[tls]
    return ":".join(str(part) for part in (PASSWORD, mail.get("host", ""), port, tls, mail.get("user", "")))
