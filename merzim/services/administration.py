"""Administration in the browser: channels and test letters, the settings, what a new office still lacks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, model_validator

from merzim.documents.sheets.texts import is_email
from merzim.services.configuration import (
    CHANNEL,
    MAIL_KEYS,
    OFFICE_KEYS,
    PASSWORD,
    create_channel,
    is_mail_fixed,
    mail_of,
    password_owner,
    stored_password,
    try_channel,
    with_mail,
)
from merzim.services.context import RequestContext
from merzim.services.inputs import Key, Names
from merzim.services.people.staff import recorded_office
from merzim.services.verbs import Ask, Command, verb
from merzim.settings import SECRETS, Settings, is_loopback
from merzim.storage import settings as stored_settings
from merzim.storage.notices.delivery_state import first_letter_day, has_sent
from merzim.storage.settings import MAIL
from merzim.storage.tables.base import canonical
from notifications.channels import STAYS_HERE, Port
from notifications.notice import Outcome
from workflow.board.rows import CaseFilter
from workflow.org.office import Person
from workflow.refusal import Refusal


class ChannelInUse(BaseModel):
    """A channel named in config.toml; `settings` as written there, without secrets."""

    name: str
    settings: dict[str, str]


@verb("settings", writes=False)
def list_channels(ctx: RequestContext, command: Ask) -> list[ChannelInUse]:
    """List the channels letters are sent through."""
    chosen = ctx.app.settings.channels
    return [ChannelInUse(name=name, settings=_shown(chosen.of(name).as_written())) for name in chosen.use]


def _shown(section: Mapping[str, object]) -> dict[str, str]:
    """Return the settings of a channel as texts, with dots in place of its secrets."""
    hidden = {key for key in SECRETS if section.get(key)}
    texts = {key: "" if value is None else str(value) for key, value in sorted(section.items())}
    return texts | dict.fromkeys(hidden, "•••")


def send_test_letter(ctx: RequestContext, channel: str, email: str, language: str) -> Outcome:
    """Send the reader a test letter at once. Raises Refusal for an unknown channel, a malformed address, and
    where the channel does not reach the reader; BadSetting if its section cannot be used.
    """
    if channel not in ctx.app.settings.channels.use:
        raise Refusal("web.channels.unknown", channel=channel[:80])
    person = reader_at(ctx, email, language)
    return try_channel(ctx.app.channels[channel], person, ctx.app.settings, now=ctx.now)


def reader_at(ctx: RequestContext, email: str, language: str) -> Person:
    """Return the reader as a person with this e-mail and language, for a test letter. Raises Refusal."""
    if email and not is_email(email):
        raise Refusal("web.staff.email_malformed", email=email[:200])
    reader = ctx.reader
    name, key = reader.name or reader.login, reader.person or reader.login
    return Person(key=key, name=name, unit="", email=email or None, language=language)


Step = Literal["organisation", "units", "people", "mail", "officer", "accounts", "letter", "schedule"]


def first_steps(ctx: RequestContext) -> Mapping[Step, bool]:
    """Return the first steps of an installation, each with whether it is done; {} once all are."""
    settings, office = ctx.app.settings, recorded_office(ctx)
    steps: dict[Step, bool] = {
        "organisation": bool(settings.office.name),
        "units": any(unit.kind for unit in office.units.values()),
        "people": bool(office.people),
        "mail": not STAYS_HERE.issuperset(settings.channels.use),
        "officer": bool(ctx.reads.office().officer),
        "accounts": any(
            account.reader.access != "administrator" and not account.disabled for account in ctx.accounts.all()
        ),
        "letter": has_sent(ctx.app.engine, STAYS_HERE),
        "schedule": ctx.app.reads.how_many(CaseFilter()) > 0,
    }
    return {} if all(steps.values()) else steps


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficerStart:
    """What an officer's first day still lacks: a case (`year`: of the one opened last), a channel that reaches
    people, the first letter (`letter_on`: its day).
    """

    year: int | None
    reaches: bool
    letter_on: date | None


def officer_start(ctx: RequestContext) -> OfficerStart | None:
    """Return what an officer's first day still lacks; None for others, and once a reminder has gone out."""
    if not ctx.reader.may("manage") or has_sent(ctx.app.engine, (), kind="reminder"):
        return None
    newest = ctx.app.reads.whole([case.id for case in ctx.app.reads.cases(limit=1)])
    begins = [min(case.planned.values(), default=ctx.today) for case in newest.values()]
    return OfficerStart(
        year=begins[0].year if begins else None,
        reaches=not STAYS_HERE.issuperset(ctx.app.settings.channels.use),
        letter_on=first_letter_day(ctx.app.engine, today=ctx.today),
    )


MAIL_PORTS = (25, 465, 587, 2525)
"""Ports a server named in the browser may have: it is asked from inside the office's network, and the answer of
a test is shown, so that others would let an administrator look around there."""
KNOWN_SERVERS: Mapping[str, tuple[Literal["starttls", "tls"], Literal[465, 587]]] = {
    "smtp.mail.ru": ("tls", 465),
    "smtp.yandex.ru": ("tls", 465),
    "smtp.gmail.com": ("starttls", 587),
    "smtp.office365.com": ("starttls", 587),
}
"""Mail services that offices use, with the encryption and port their own help pages name."""
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?=[A-Za-z]){_LABEL}")
"""A name ends in a label that begins with a letter: 0xa9fea9fe and 2852039166 are addresses, too."""
_TURNING = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))
"""Characters that turn the direction of writing."""
SettingText = Annotated[str, Field(max_length=500)]


class Organisation(Command):
    """The organisation's names, and the e-mail (or key) of who is told when nobody holds a duty. What is left
    empty is as config.toml says.
    """

    name: SettingText = ""
    name_kk: SettingText = ""
    name_ru: SettingText = ""
    officer: SettingText = ""


class MailServer(Command):
    """The server letters leave through; without a `host` the channels of config.toml are used. The password is
    stored encrypted, for this server and log-in alone; without one the stored password stays.
    """

    host: SettingText = ""
    port: Port | None = None
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: SettingText = ""
    sender: SettingText = ""
    password: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Mapping[str, object]) -> Mapping[str, object]:
        """Fill in how a known service is reached, where no port was chosen."""
        known = None if values.get("port") else KNOWN_SERVERS.get(str(values.get("host", "")).lower())
        return values if known is None else {**values, "tls": known[0], "port": known[1]}


class TryMail(MailServer):
    """A test letter through a server that is not saved yet. `email`: to whom."""

    email: Annotated[Key, Names("email")]


class SettingsView(BaseModel):
    """What is in force. `fixed`: what the environment decides, so that it is not changed here."""

    organisation: Organisation
    mail: MailServer
    has_password: bool
    fixed: list[str]


class MailTried(BaseModel):
    """What became of a test letter, and the answer of the server."""

    state: str
    answer: str


@verb("settings", writes=False)
def get_settings(ctx: RequestContext, command: Ask) -> SettingsView:
    """Return the organisation and the mail server in force; the password is not among them."""
    settings = ctx.app.settings
    section = settings.channels.of("email").as_written() if "email" in settings.channels.use else {}
    fixed = [f"office.{key}" for key in OFFICE_KEYS if f"office.{key}" in settings.from_environment]
    return SettingsView(
        organisation=Organisation(**{key: getattr(settings.office, key) for key in OFFICE_KEYS}),
        mail=MailServer.model_construct(None, **{key: section[key] for key in MAIL_KEYS if section.get(key)}),
        has_password=bool(mail_of(settings).given),
        fixed=[*fixed, MAIL] if is_mail_fixed(settings) else fixed,
    )


@verb("settings")
def change_organisation(ctx: RequestContext, command: Organisation) -> SettingsView:
    """Change the organisation's names and its officer, for every process from its next request or round on.

    Raises:
        Refusal: what the environment fixes, control characters, an officer who is nobody.
    """
    settings = ctx.app.settings
    given = command.model_dump()
    values = {f"office.{key}": given[key] for key in OFFICE_KEYS if given[key] != getattr(settings.office, key)}
    for key, text in values.items():
        _refuse_characters(key, text)
        if key in settings.from_environment:
            raise Refusal("setting.fixed", title=key)
    if officer := values.get("office.officer"):
        people = recorded_office(ctx).people
        if officer not in people and officer not in {person.email for person in people.values()}:
            raise Refusal("setting.nobody", title="office.officer", text=officer)
    stored_settings.store(ctx.app.engine, values, at=ctx.moment)
    return get_settings(replace(ctx, app=ctx.app.present()), Ask())


@verb("settings")
def change_mail(ctx: RequestContext, command: MailServer) -> SettingsView:
    """Change the server letters leave through, for every process from its next request or round on.

    Without a host that of config.toml holds again. Raises Refusal: a server, port or sender that is none or not
    allowed, a server the environment fixes, a password that would go unprotected or to another server.
    """
    if not command.host:
        stored_settings.store(ctx.app.engine, {MAIL: ""}, secret="", at=ctx.moment)
    else:
        settings = _proposed(ctx, command)
        secret = None
        if command.password is not None:
            text = command.password.get_secret_value()
            secret = ctx.app.cipher.encrypt(text, password_owner(mail_of(settings))) if text else ""
        values = {MAIL: canonical(_server(command))}
        stored_settings.store(ctx.app.engine, values, secret=secret, at=ctx.moment)
    return get_settings(replace(ctx, app=ctx.app.present()), Ask())


@verb("settings", writes=False)
def try_mail(ctx: RequestContext, command: TryMail) -> MailTried:
    """Send the reader a test letter, to the address they give, through a server that is not saved yet.

    Raises:
        Refusal: the server could not be saved, or the address is malformed.
    """
    settings = _proposed(ctx, command)
    person = reader_at(ctx, command.email, ctx.spoken_language)
    channel = create_channel(CHANNEL, settings)
    outcome = try_channel(channel, person, settings, now=ctx.now)
    return MailTried(state=outcome.state, answer=outcome.answer)


def encrypt_password(ctx: RequestContext) -> None:
    """Encrypt the mail server's stored password anew with the present key, if one of the keys decrypts it."""
    text = stored_settings.password(ctx.app.engine)
    if text and ctx.app.cipher.opens(text):
        renewed = ctx.app.cipher.renew(text)
        stored_settings.store(ctx.app.engine, {}, secret=renewed, at=ctx.moment)


def _server(command: MailServer) -> dict[str, object]:
    """Return the keys of the server as they are stored and replace those of the channel's section."""
    return command.model_dump(include=set(MAIL_KEYS))


def _proposed(ctx: RequestContext, command: MailServer) -> Settings:
    """Return the settings with this server and its password, new or stored. Raises Refusal."""
    before = ctx.app.settings
    if is_mail_fixed(before):
        raise Refusal("setting.fixed", title="channels.email.host")
    password = command.password.get_secret_value() if command.password is not None else None
    checks: list[tuple[str, str, Callable[[str], bool]]] = [
        ("host", command.host, _is_host),
        ("sender", command.sender, lambda text: is_email(parseaddr(text)[1])),
    ]
    for key, text in (("host", command.host), ("user", command.user), ("sender", command.sender)):
        _refuse_characters(f"channels.email.{key}", text)
    _refuse_characters(PASSWORD, password or "")
    for key, text, is_right in checks:
        title = f"channels.email.{key}"
        if not text:
            raise Refusal("setting.missing", title=title)
        if not is_right(text):
            raise Refusal(f"setting.{key}", title=title, text=text)
    section = before.channels.of("email").as_written()
    # A port that config.toml names for its server stays allowed with it.
    present = section.get("host"), section.get("port")
    if command.port not in (None, *MAIL_PORTS) and (command.host, command.port) != present:
        raise Refusal("setting.mail_port", port=command.port, allowed=MAIL_PORTS)
    if command.user and command.tls == "none" and not is_loopback(command.host):
        raise Refusal("setting.plain", title="channels.email.tls")
    secret = stored_settings.password(ctx.app.engine) if password is None and command.user else ""
    after = with_mail(
        before,
        _server(command),
        lambda mail: password or stored_password(mail, secret, lambda: ctx.app.cipher),
    )
    if command.user and not mail_of(after).given:
        raise Refusal("setting.password_again", host=command.host)
    return after


def _refuse_characters(key: str, text: str) -> None:
    """Refuse control characters, line breaks and what turns the direction of writing: values stand in headers
    of letters, on pages and in papers.
    """
    if any(
        unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or ord(character) in _TURNING
        for character in text
    ):
        raise Refusal("setting.characters", title=key)


def _is_host(text: str) -> bool:
    """Return whether a text is a host's name or a machine's address: not link-local, multicast or reserved."""
    try:
        address = ip_address(text)
    except ValueError:
        return len(text) <= 253 and _NAME.fullmatch(text) is not None
    if address.is_loopback:
        return True
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)
