"""The delivery channels that config.toml names, and a test letter through one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from i18n import refusal, say
from merzim.documents.sheets.texts import is_email
from merzim.settings import BadSetting, Settings
from merzim.storage.notices.links import SqlLinks
from notifications.channels import Channel, OutgoingMessage, channel_type, send_all
from notifications.letters.page import LetterPage, render_letter
from notifications.notice import Notice, Outcome, message_id
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.channels.email import Email
    from notifications.channels.telegram import Telegram


CHANNEL = "email"
"""The channel with a password, which may be given in the browser."""


def create_channel(name: str, settings: Settings, links: Callable[[], SqlLinks] | None = None) -> Channel:
    """Create a channel from its section of config.toml, with the password stored for it; of one that cannot be
    decrypted the channel has the reason as `no_key`.

    Args:
        links: function that opens the table of linked accounts, for a channel that people enable themselves;
            None for one that is only asked whether it works.

    Raises:
        Refusal: there is no channel of that name, or what its section names cannot be used.
        BadSetting: a required key is missing.
    """
    channel = channel_type(name).model_validate(settings.channels.sections.get(name, {}))
    for key in channel.needed:
        if not getattr(channel, key):
            raise BadSetting("cli.missing_setting", file=str(settings.file), key=f"channels.{name}.{key}")
    channel.refuse_unusable()
    match name:
        case "telegram" if links is not None:
            return cast("Telegram", channel).with_links(links())
        case "email" if settings.lost_password is not None:
            reason = refusal(settings.lost_password, settings.office.language)
            return cast("Email", channel).with_password("", no_key=reason)
        case "email" if settings.mail_password is not None:
            return cast("Email", channel).with_password(settings.mail_password)
    return cast("Channel", channel)


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
    return asyncio.run(send_all(channel, [message], now=now))[key]
