"""The delivery channels that config.toml names, and a test letter through one of them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin, get_type_hints
from uuid import uuid4

from i18n import refusal, say
from merzim.documents.sheets.texts import is_address
from merzim.settings import BadSetting, Settings
from merzim.storage.notices.links import SqlLinks
from notifications.channels import Channel, OutgoingMessage, load, names
from notifications.letters.page import LetterPage, render_letter
from notifications.notice import Notice, Outcome, message_id
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.channels.email import Email


def create_channel(name: str, settings: Settings, links: Callable[[], SqlLinks]) -> Channel:
    """Create a channel from its section of config.toml.

    Args:
        links: function that opens the table of linked accounts, for a channel that people enable themselves.

    Raises:
        Refusal: there is no channel of that name.
        BadSetting: a key the channel does not accept, a required one that is missing, or a value of the wrong
            kind.
    """
    if name not in names():
        raise Refusal("unknown_channel", channel=name, allowed=names())
    section = settings.channels.sections.get(name, {})
    function = import_module(f"notifications.channels.{name}").channel
    parameters = inspect.signature(function).parameters
    accepted = {key: parameter for key, parameter in parameters.items() if key != "links"}
    file = str(settings.file)
    for key in section:
        if key not in accepted:
            suggestions = get_close_matches(key, accepted, n=1, cutoff=0.5)
            raise BadSetting(
                "cli.unknown_setting_nearest" if suggestions else "cli.unknown_setting",
                file=file,
                key=f"channels.{name}.{key}",
                nearest=suggestions[0] if suggestions else "",
                allowed=tuple(accepted),
            )
    for key, parameter in accepted.items():
        if parameter.default is parameter.empty and key not in section:
            raise BadSetting("cli.missing_setting", file=file, key=f"channels.{name}.{key}")
    kinds = get_type_hints(function)
    for key, value in section.items():
        if expected := _expected(kinds[key], value):
            raise BadSetting("cli.wrong_setting", file=file, key=f"channels.{name}.{key}", expected=expected)
    # Such a channel needs to know who linked an account; that is in the database, not in config.toml.
    extra = {"links": links()} if "links" in parameters else {}
    channel = load(name, {**section, **extra})
    key = f"channels.{name}.password"
    if key in settings.undecrypted:
        reason = refusal(settings.undecrypted[key], settings.office.language)
        return replace(cast("Email", channel), no_key=reason)
    password = settings.passwords.get(key)
    return channel if password is None else replace(cast("Email", channel), password=password)


def _expected(kind: Any, value: object) -> str:
    """Return the code of the expected kind of value under `cli.expected.*`; "" if the value is of that kind."""
    if get_origin(kind) is Literal:
        return "" if value in get_args(kind) else "_".join(get_args(kind))
    if kind == int | None:
        return "" if value in (None, "") else _expected(int, value)
    if kind in (int, float):
        numbers = (int,) if kind is int else (int, float)
        right = isinstance(value, numbers) and not isinstance(value, bool) and value >= 0
        return "" if right else "number" if kind is int else "decimal"
    return "" if isinstance(value, str | PurePath) else "text"


def sender_domain(settings: Settings) -> str:
    """Return the mail domain of the first sender among the channels in use; "" if none has a sender."""
    return sender_address(settings).rpartition("@")[2]


def sender_address(settings: Settings) -> str:
    """Return the address of the first sender among the channels in use; "" if none has a sender."""
    sections = settings.channels.sections
    senders = (sections.get(name, {}).get("sender") for name in settings.channels.use)
    return str(next(filter(None, senders), "")).rpartition("<")[2].strip("> ")


CHANNEL = "email"


def refuse_bad_address(address: str) -> None:
    """Refuse a text that is no e-mail address. Raises Refusal."""
    if not is_address(address):
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
        step="test",
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
