"""Sends a test letter through the configured mail server: `merzim test-mail`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING
from uuid import uuid4

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.notice import Outcome
    from services.settings import Settings

CHANNEL = "email"


class BadAddress(Refusal, ValueError):
    """The text is not an e-mail address."""


def send_test_letter(settings: Settings, address: str, *, language: str, now: datetime) -> Outcome:
    """Send one letter to an address at once; it is not stored and not repeated. `now` is aware UTC.

    Raises:
        BadSetting: `[channels.email]` lacks a key or has a wrong one.
        BadAddress: the text is not an e-mail address.
    """
    from i18n import say
    from notifications.channels import OutgoingMessage
    from notifications.notice import Letter, Notice
    from notifications.wire.message import message_id
    from services.channels import sender_domain
    from services.configuration import create_unlinked_channel

    name, at, domain = address.rpartition("@")
    if not (name and at and domain) or any(letter.isspace() for letter in address):
        raise BadAddress("cli.no_address", address=address)
    channel = create_unlinked_channel(CHANNEL, settings)
    key = f"test:{uuid4().hex}"
    notice = Notice(
        key=key,
        case="",
        obligation="",
        due=now.date(),
        rung="",
        person="",
        channel=CHANNEL,
        address=address,
        language=language,
        queued_at=now,
        not_before=now,
        message_id=message_id(key, sender_domain(settings) or "merzim.invalid"),
    )
    text = say("letter.test", {"office": settings.office.name or "Merzim"}, language)
    subject = say("letter.test_subject", {}, language)
    letter = Letter(subject=subject, text=text, html=f"<p>{escape(text)}</p>", language=language)
    message = OutgoingMessage(notice=notice, letter=letter, name="")
    return asyncio.run(channel.send([message], now=now))[key]
