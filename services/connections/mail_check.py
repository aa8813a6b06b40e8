"""Sends a test letter through a channel, to see that it lets letters out."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.channels import Channel
    from notifications.notice import Outcome
    from services.configuration.settings import Settings
    from workflow.org.office import Person

CHANNEL = "email"


class BadAddress(Refusal, ValueError):
    """The text is not an e-mail address."""


class NotReached(Refusal):
    """A channel does not reach the person a test letter is for."""


def refuse_bad_address(address: str) -> None:
    """Refuse a text that is no e-mail address. Raises BadAddress."""
    from documents.sheets.addresses import is_address

    if not is_address(address):
        raise BadAddress("cli.no_address", address=address[:200])


def send_test_letter(channel: Channel, person: Person, settings: Settings, *, now: datetime) -> Outcome:
    """Send a person one letter at once, in their language; it is not stored and not repeated.

    Args:
        settings: those the channel was made by.
        now: aware UTC.

    Raises:
        NotReached: the channel does not reach the person.
    """
    from i18n import say
    from notifications.channels import OutgoingMessage
    from notifications.letters.page import Page, render_letter
    from notifications.notice import Notice, message_id
    from services.connections.channels import sender_domain

    address, language = channel.address(person), person.language
    if address is None:
        raise NotReached("web.channels.not_reached", channel=channel.name)
    key = f"test:{uuid4().hex}"
    office = settings.office.name_in(language) or "Merzim"
    page = Page(
        subject=say("letter.test_subject", {}, language),
        greeting=say("letter.greeting", {"name": person.name or address}, language),
        lead=say("letter.test", {"office": office, "channel": channel.name}, language),
        table=(),
        sections=(),
        footer=say("letter.footer", {}, language),
    )
    notice = Notice(
        key=key,
        case="",
        obligation="",
        due=now.date(),
        rung="test",
        person=person.key,
        channel=channel.name,
        address=address,
        language=language,
        queued_at=now,
        not_before=now,
        message_id=message_id(key, sender_domain(settings) or "merzim.invalid"),
    )
    message = OutgoingMessage(notice=notice, letter=render_letter(page, language), name=person.name)
    return asyncio.run(channel.send([message], now=now))[key]
