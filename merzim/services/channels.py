"""The delivery channels that config.toml names, and a test letter through one of them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from i18n import refusal, say
from merzim.documents.sheets.texts import is_email
from merzim.settings import BadSetting, Settings
from merzim.storage.notices.links import SqlLinks
from notifications.channels import Channel, OutgoingMessage, load, names
from notifications.letters.page import LetterPage, render_letter
from notifications.notice import Notice, Outcome, message_id
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.channels.email import Email


CHANNEL = "email"
"""The channel with a password, which may be given in the browser."""


def create_channel(name: str, settings: Settings, links: Callable[[], SqlLinks]) -> Channel:
    """Create a channel from its section of config.toml, with the password stored for it; of one that cannot be
    decrypted the channel has the reason as `no_key`.

    Args:
        links: function that opens the table of linked accounts, for a channel that people enable themselves.

    Raises:
        Refusal: there is no channel of that name.
        BadSetting: a required key is missing.
    """
    if name not in names():
        raise Refusal("unknown_channel", channel=name, allowed=names())
    section = settings.channels.sections.get(name, {})
    parameters = inspect.signature(import_module(f"notifications.channels.{name}").channel).parameters
    for key, parameter in parameters.items():
        if parameter.default is parameter.empty and key not in ("links", *section):
            raise BadSetting("cli.missing_setting", file=str(settings.file), key=f"channels.{name}.{key}")
    # Such a channel needs to know who linked an account; that is in the database, not in config.toml.
    extra = {"links": links()} if "links" in parameters else {}
    channel = load(name, {**section, **extra})
    if name != CHANNEL:
        return channel
    if settings.lost_password is not None:
        reason = refusal(settings.lost_password, settings.office.language)
        return replace(cast("Email", channel), no_key=reason)
    password = settings.mail_password
    return channel if password is None else replace(cast("Email", channel), password=password)


def sender_domain(settings: Settings) -> str:
    """Return the mail domain of the first sender among the channels in use; "" if none has a sender."""
    sections = settings.channels.sections
    senders = (sections.get(name, {}).get("sender") for name in settings.channels.use)
    return str(next(filter(None, senders), "")).strip("> ").rpartition("@")[2]


def refuse_bad_address(address: str) -> None:
    """Raise Refusal for a text that is no e-mail address."""
    if not is_email(address):
        raise Refusal("cli.no_address", address=address[:200])


def try_channel(channel: Channel, person: Person, settings: Settings, *, now: datetime) -> Outcome:
    """Send a person one letter at once, in their language; it is not stored and not repeated.

    Args:
        settings: those the channel was made by.
        now: aware UTC.

    Raises:
        Refusal: the channel does not reach the person.
    """
    address, language = channel.address(person), person.language
    if address is None:
        raise Refusal("web.channels.not_reached", channel=channel.name)
    key = f"test:{uuid4().hex}"
    office = settings.office.name_in(language) or "Merzim"
    page = LetterPage(
        language=language,
        subject=say("letter.test_subject", {}, language),
        name=person.name or address,
        lead=say("letter.test", {"office": office, "channel": channel.name}, language),
    )
    notice = Notice(
        key=key,
        case="",
        obligation="",
        due=now.date(),
        step="test",
        person=person.key,
        channel=channel.name,
        address=address,
        language=language,
        queued_at=now,
        not_before=now,
        message_id=message_id(key, sender_domain(settings) or "merzim.invalid"),
    )
    message = OutgoingMessage(notice=notice, letter=render_letter(page), name=person.name)
    return asyncio.run(channel.send([message], now=now))[key]
