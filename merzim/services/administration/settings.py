"""Settings administrators change in the browser: shown with their source, previewed, changed, taken back.

What was changed goes before config.toml, and what the environment says goes before both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Annotated, Literal, cast

from pydantic import BaseModel, Field, SecretStr

import i18n
from merzim.services.administration import office as administration
from merzim.services.configuration.keys import (
    CHANGEABLE,
    CHANGEABLE_KEYS,
    SERVER_KEYS,
    is_key,
    kind_of,
    overlaid,
    password_owner,
    text_of,
    value_of,
)
from merzim.services.configuration.settings import Settings, is_loopback
from merzim.services.connections import channels
from merzim.services.connections.channels import create_channel
from merzim.services.context import RequestContext
from merzim.services.inputs import Key
from merzim.services.people import retention
from merzim.services.people.staff import recorded_office
from merzim.services.results import Result
from merzim.services.upkeep import backups
from merzim.services.verbs import Command, verb
from merzim.storage.org import setting_changes
from merzim.storage.org.chain import Stamp
from merzim.storage.org.setting_changes import SettingChange
from workflow.refusal import Refusal

Source = Literal["environment", "browser", "file", "default"]
MAIL_PORTS = {"channels.email.port": (25, 465, 587, 2525)}
"""Ports a server named in the browser may have: it is asked from inside the office's network, and the answer of
a test is shown, so that others would let an administrator look around there."""
MAX_HISTORY = 200
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?=[A-Za-z]){_LABEL}")
"""A name ends in a label that begins with a letter: 0xa9fea9fe and 2852039166 are addresses, too."""
_UNSEEN = frozenset(range(0x202A, 0x202F)) | frozenset(range(0x2066, 0x206A))
"""Characters that turn the direction of writing."""
Value = Annotated[str, Field(max_length=500)]
Mark = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class BadChange(Refusal, ValueError):
    """A setting cannot be changed so; the sentence names it and what is allowed."""


class ChangedByOthers(Refusal):
    """Somebody else changed settings since they were looked at."""


class AskSettings(Command):
    """Ask for the settings."""


class SettingValue(Command):
    """A key and its new value: as a variable of the environment would hold it."""

    key: Key
    value: Value


class ChangeSettings(Command):
    """Settings to be changed together. A password is stored encrypted, for the server it is given for alone."""

    changes: list[SettingValue] = Field(default_factory=list, max_length=60)
    mail_password: SecretStr | None = None
    ground: Annotated[str, Field(max_length=2000)] = ""
    mark: Mark | None = None
    preview: bool = False


class TryMail(Command):
    """A test letter by settings that are not saved yet. `email`: to whom."""

    changes: list[SettingValue] = Field(default_factory=list, max_length=60)
    mail_password: SecretStr | None = None
    email: Key


class TakeBackSetting(Command):
    """A setting to be returned to what it was before the last change in force."""

    key: Key
    ground: Annotated[str, Field(max_length=2000)] = ""


class SettingView(BaseModel):
    """A setting. `configured`: what it is without the browser; `group`: "" where only the server sets it."""

    key: str
    value: str
    source: Source
    group: str
    configured: str
    variable: str
    changed_at: datetime | None
    changed_by: str


class SettingList(BaseModel):
    """The settings in force. `mark`: of what was changed in the browser so far, to be sent with a change."""

    settings: list[SettingView]
    mark: str


class SettingChangeView(Result):
    """A change: who, when, on what ground, from what to what. Values of passwords are not shown."""

    seq: int
    key: str
    before: str
    after: str
    ground: str
    taken_back: bool
    in_force: bool
    at: datetime
    by: str


class SettingHistory(BaseModel):
    """The changes, the newest first."""

    changes: list[SettingChangeView]


class SettingDifference(BaseModel):
    """What a setting is, and what it would be."""

    key: str
    before: str
    after: str
    source: Source


class SettingsChanged(BaseModel):
    """What was changed, or would be, and what follows from it, in words."""

    preview: bool
    changes: list[SettingDifference]
    effects: list[str]


class MailTried(BaseModel):
    """What became of a test letter, and the answer of the server."""

    state: str
    answer: str


@verb("settings", writes=False)
def list_settings(ctx: RequestContext, command: AskSettings) -> SettingList:
    """Return the settings in force, each with its source; secrets are not among them."""
    app = ctx.app
    app.refresh()
    all_changes = setting_changes.changes(app.engine)
    force, stored = setting_changes.in_force(all_changes), setting_changes.passwords(app.engine)
    rows = [_view(app.settings, app.configured, key, group, force.get(key)) for group, key in _changeable()]
    for key in SERVER_KEYS:
        change = force.get(key)
        rows.append(
            SettingView(
                key=key,
                value=_password_state(app.settings, key),
                source="browser" if stored.get(key) else _password_source(app.settings, key),
                group=group_of(key),
                configured="",
                variable=password_variable(app.settings, key),
                changed_at=change.at if change else None,
                changed_by=change.by if change else "",
            )
        )
    for key, value in administration.settings_in_force(app):
        if key not in CHANGEABLE_KEYS:
            name = next(
                (prefix for prefix in _beginnings(key) if app.settings.source(prefix) != "default"), key
            )
            rows.append(
                SettingView(
                    key=key,
                    value=value,
                    source=cast("Source", app.settings.source(name)),
                    group="",
                    configured=value,
                    variable=_variable(app.settings, name),
                    changed_at=None,
                    changed_by="",
                )
            )
    return SettingList(settings=rows, mark=all_changes[-1].hash if all_changes else "")


@verb("settings", writes=False)
def list_setting_changes(ctx: RequestContext, command: AskSettings) -> SettingHistory:
    """Return what was changed in the browser and taken back, the newest first."""
    all_changes = setting_changes.changes(ctx.app.engine)
    force = {change.seq for change in setting_changes.in_force(all_changes).values()}
    shown_changes = reversed(all_changes[-MAX_HISTORY:])
    return SettingHistory(
        changes=[
            SettingChangeView.of(change, in_force=change.seq in force, at=cast("datetime", change.at))
            for change in shown_changes
        ]
    )


@verb("settings")
def change_settings(ctx: RequestContext, command: ChangeSettings) -> SettingsChanged:
    """Change settings for every process from its next request or round on; a preview only tells what follows.

    Raises:
        BadChange: a key that is not changed here, a value it does not take, settings that do not fit together.
        ChangedByOthers: somebody else was faster.
    """
    passwords = {"channels.email.password": command.mail_password}
    given_passwords = {
        key: secret.get_secret_value() for key, secret in passwords.items() if secret is not None
    }
    values = {change.key: change.value for change in command.changes}
    return _carry_out(ctx, values, given_passwords, command.ground, mark=command.mark, preview=command.preview)


@verb("settings")
def take_back_setting(ctx: RequestContext, command: TakeBackSetting) -> SettingsChanged:
    """Return a setting to what it was before the last change in force.

    Raises:
        BadChange: it is not changed in the browser, or the settings would not fit together.
        ChangedByOthers: somebody else was faster.
    """
    all_changes = setting_changes.changes(ctx.app.engine)
    change = setting_changes.in_force(all_changes).get(command.key)
    if change is None:
        raise BadChange("setting.not_changed", key=command.key)
    back = SettingChange(
        key=change.key, before=change.after, after=change.before, ground=command.ground, taken_back=True
    )
    force = setting_changes.in_force((*all_changes, back))
    before, stored = ctx.app.settings, setting_changes.passwords(ctx.app.engine)
    secrets = {change.key: ""} if change.key in SERVER_KEYS else {}
    settings = _laid_over(ctx, force)
    after = ctx.app.with_passwords(settings, {**stored, **secrets})
    _refuse_unfit(ctx, after)
    effects = list(_effects(ctx, before, after))
    _write(ctx, all_changes, [back], secrets)
    return SettingsChanged(preview=False, changes=_differences(before, after, [change.key]), effects=effects)


@verb("settings")
def try_mail(ctx: RequestContext, command: TryMail) -> MailTried:
    """Send the reader a test letter by mail settings that are not saved yet.

    Raises:
        BadChange: as when they are changed.
        BadStaff: the address is none.
    """
    values = {change.key: change.value for change in command.changes}
    password = command.mail_password
    given_passwords = {"channels.email.password": password.get_secret_value()} if password is not None else {}
    after = _proposed(ctx, values, given_passwords)
    language = ctx.spoken_language
    person = administration.reader_at(ctx, command.email, language)
    channel = create_channel(channels.CHANNEL, after, lambda: ctx.app.links)
    outcome = channels.try_channel(channel, person, after, now=ctx.now)
    return MailTried(state=outcome.state, answer=outcome.answer)


def encrypt_passwords(ctx: RequestContext) -> int:
    """Encrypt the stored passwords with the present key; return how many an older one had."""
    from merzim.storage.accounts.encryption import key_of

    cipher, renewed = ctx.app.cipher, dict[str, str]()
    for key, text in setting_changes.passwords(ctx.app.engine).items():
        owner = password_owner(ctx.app.settings, key)
        if key_of(text) != cipher.key and ctx.app.settings.passwords.get(key):
            renewed[key] = cipher.encrypt(cipher.decrypt(text, owner), owner)
    setting_changes.renew_passwords(ctx.app.engine, renewed, by=ctx.reader.login, now=ctx.now)
    return len(renewed)


def group_of(key: str) -> str:
    """Return the part of the page a key is changed in; "" for none."""
    server = SERVER_KEYS.get(key, (key,))[0]
    return next((group for group, keys in CHANGEABLE.items() if server in keys), "")


def field_of(key: str) -> tuple[str, tuple[str, ...]]:
    """Return what a form asks for a key by, and the words it may be chosen from."""
    if key in SERVER_KEYS:
        return "password", ()
    if key == "office.language":
        return "choice", i18n.known_languages()
    kind = kind_of(key)
    return kind.control, kind.allowed


def _changeable() -> Iterator[tuple[str, str]]:
    for group, keys in CHANGEABLE.items():
        for key in keys:
            yield group, key


def _view(
    settings: Settings, configured: Settings, key: str, group: str, change: SettingChange | None
) -> SettingView:
    source = cast("Source", settings.source(key))
    in_browser = change is not None and source == "browser"
    return SettingView(
        key=key,
        value=text_of(value_of(settings, key)),
        source=source,
        group=group,
        configured=text_of(value_of(configured, key)),
        variable=_variable(settings, key),
        changed_at=change.at if change and in_browser else None,
        changed_by=change.by if change and in_browser else "",
    )


def _variable(settings: Settings, key: str) -> str:
    """Return the variable that fixes a key; "" where none does."""
    return f"MERZIM__{key.upper().replace('.', '__')}" if key in settings.from_environment else ""


def _beginnings(key: str) -> list[str]:
    """Return a key and what it stands in: "channels.email.host", "channels.email"."""
    parts = key.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 1, -1)]


def password_variable(settings: Settings, key: str) -> str:
    """Return the variable that config.toml names for a password."""
    return str(settings.channels.sections.get("email", {}).get("password_env", ""))


def _password_source(settings: Settings, key: str) -> Source:
    return "environment" if _password_state(settings, key) else "default"


def _password_state(settings: Settings, key: str) -> str:
    """Return "set" where there is a password for the server, from whatever source; "" where there is none."""
    import os

    password = settings.passwords.get(key, os.environ.get(password_variable(settings, key) or "", ""))
    return "set" if password else ""


def _carry_out(
    ctx: RequestContext,
    values: Mapping[str, str],
    given_passwords: Mapping[str, str],
    ground: str,
    *,
    mark: str | None,
    preview: bool,
) -> SettingsChanged:
    ctx.app.refresh()
    all_changes = setting_changes.changes(ctx.app.engine)
    if mark is not None and mark != (all_changes[-1].hash if all_changes else ""):
        raise ChangedByOthers("setting.moved", by=all_changes[-1].by if all_changes else "", at=ctx.now)
    before = ctx.app.settings
    after = _proposed(ctx, values, given_passwords)
    differences = _differences(before, after, [*values])
    differences += [
        SettingDifference(key=key, before="", after="", source="browser") for key in given_passwords
    ]
    result = SettingsChanged(
        preview=preview, changes=differences, effects=list(_effects(ctx, before, after)) if differences else []
    )
    if preview or not differences:
        return result
    changes = [
        SettingChange(key=difference.key, before=difference.before, after=difference.after, ground=ground)
        for difference in differences
    ]
    secrets = {
        key: ctx.app.cipher.encrypt(text, password_owner(after, key)) if text else ""
        for key, text in given_passwords.items()
    }
    _write(ctx, all_changes, changes, secrets)
    return result


def _proposed(ctx: RequestContext, values: Mapping[str, str], given_passwords: Mapping[str, str]) -> Settings:
    """Return the settings with these values and passwords. Raises BadChange."""
    before = ctx.app.settings
    for key, text in values.items():
        _refuse_key(before, key)
        _refuse_characters(key, text)
    for key, text in given_passwords.items():
        _refuse_characters(key, text)
    texts = {
        key: text
        for key, text in values.items()
        if (current := text_of(value_of(before, key))) != text and current != _normal(key, text)
    }
    for key, text in texts.items():
        _refuse_value(ctx, key, text)
    stored = {
        key: text
        for key, text in setting_changes.passwords(ctx.app.engine).items()
        if key not in given_passwords
    }
    after = ctx.app.with_passwords(overlaid(before, texts), stored)
    after = replace(after, passwords={**after.passwords, **given_passwords})
    _refuse_unfit(ctx, after)
    return after


def _normal(key: str, text: str) -> str:
    """Return a text as the value it gives is written. Raises BadChange."""
    from merzim.services.configuration.keys import read_text

    try:
        return text_of(read_text(kind_of(key), text))
    except (TypeError, ValueError) as trouble:
        raise BadChange("setting.wrong", key=key, title=key, expected=str(trouble)) from None


def _refuse_key(settings: Settings, key: str) -> None:
    if key not in CHANGEABLE_KEYS:
        if key in SERVER_KEYS:
            raise BadChange("setting.is_password", key=key)
        if is_key(settings, key):
            raise BadChange("setting.not_here", key=key)
        suggestions = tuple(get_close_matches(key, CHANGEABLE_KEYS, n=1, cutoff=0.8))
        raise BadChange(
            "setting.no_such_nearest" if suggestions else "setting.no_such", key=key, nearest=suggestions
        )
    if key in settings.from_environment:
        raise BadChange("setting.fixed", key=key, title=key, variable=_variable(settings, key))


def _refuse_characters(key: str, text: str) -> None:
    """Refuse line breaks and what is not seen: values stand in headers of letters, on pages and in papers."""
    if any(
        unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or ord(character) in _UNSEEN
        for character in text
    ):
        raise BadChange("setting.characters", key=key, title=key)


def _refuse_value(ctx: RequestContext, key: str, text: str) -> None:
    """Refuse what a key takes from config.toml and not from the browser, or what nobody can mean."""
    from merzim.documents.sheets.texts import is_address

    ports = MAIL_PORTS.get(key)
    if ports and text and int(text) not in ports:
        raise BadChange("setting.mail_port", key=key, title=key, allowed=ports)
    if key.endswith(".host") and text and not _is_host(text):
        raise BadChange("setting.host", key=key, title=key, text=text)
    if key == "channels.email.sender" and not is_address(parseaddr(text)[1]):
        raise BadChange("setting.sender", key=key, title=key, text=text)
    if key == "office.language" and text not in i18n.known_languages():
        raise BadChange("setting.wrong", key=key, title=key, expected="language")
    if key == "office.officer" and text:
        people = recorded_office(ctx).people
        if text not in people and text not in {person.email for person in people.values()}:
            raise BadChange("setting.nobody", key=key, title=key, text=text)


def _is_host(text: str) -> bool:
    """Tell whether a text names a machine letters may be given to: no address of the network's own use."""
    try:
        address = ip_address(text)
    except ValueError:
        return len(text) <= 253 and _NAME.fullmatch(text) is not None
    if address.is_loopback:
        return True
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)


def _refuse_unfit(ctx: RequestContext, settings: Settings) -> None:
    """Refuse settings that would keep letters from leaving, or send a password where it does not belong."""
    if not settings.reminders.is_digest_hour_in_office_hours:
        key = "reminders.digest_at"
        raise BadChange("setting.wrong", key=key, title=key, expected="digest_hour")
    sections, browser = settings.channels.sections, settings.from_browser
    mail = sections.get("email", {})
    if "email" in settings.channels.use or not browser.isdisjoint(SERVER_KEYS["channels.email.password"]):
        for name in ("host", "sender"):
            if mail.get(name) in (None, ""):
                raise BadChange("setting.missing", key=f"channels.email.{name}", title=f"channels.email.{name}")
    if mail.get("user") and settings.passwords.get("channels.email.password") == "":
        raise BadChange("setting.password_again", key="channels.email.password", host=mail.get("host", ""))
    plain = mail.get("tls") == "none" and mail.get("user") and not is_loopback(str(mail.get("host", "")))
    if plain and not browser.isdisjoint(SERVER_KEYS["channels.email.password"]):
        raise BadChange("setting.plain", key="channels.email.tls", title="channels.email.tls")
    for name in settings.channels.use:
        create_channel(name, settings, lambda: ctx.app.links)
    if not settings.channels.use:
        raise BadChange("setting.missing", key="channels.use", title="channels.use")


def _differences(before: Settings, after: Settings, keys: Sequence[str]) -> list[SettingDifference]:
    rows = (
        SettingDifference(
            key=key,
            before=text_of(value_of(before, key)),
            after=text_of(value_of(after, key)),
            source=cast("Source", before.source(key)),
        )
        for key in keys
        if key in CHANGEABLE_KEYS
    )
    return [row for row in rows if row.before != row.after]


def _laid_over(ctx: RequestContext, force: Mapping[str, SettingChange]) -> Settings:
    return overlaid(
        ctx.app.configured, {key: change.after for key, change in force.items() if key in CHANGEABLE_KEYS}
    )


def _write(
    ctx: RequestContext,
    earlier_changes: Sequence[SettingChange],
    changes: Sequence[SettingChange],
    secrets: Mapping[str, str],
) -> None:
    stamp = Stamp(by=ctx.reader.login, now=ctx.now, today=ctx.today)
    head = earlier_changes[-1].hash if earlier_changes else ""
    if not setting_changes.append(ctx.app.engine, head, changes, secrets=secrets, stamp=stamp):
        raise ChangedByOthers("setting.moved", by="", at=ctx.now)
    ctx.app.refresh()


def _effects(ctx: RequestContext, before: Settings, after: Settings) -> Iterator[str]:
    """Yield what follows from a change, in words."""
    from merzim.services.outgoing.sending import figures

    language = ctx.language or before.office.language

    def say(code: str, **arguments: object) -> str:
        return i18n.say(f"setting.effect.{code}", arguments, language)

    def differs(read: Callable[[Settings], object]) -> bool:
        return read(before) != read(after)

    waiting = dict.fromkeys({*before.channels.use, *after.channels.use}, 0)
    if differs(lambda settings: (settings.reminders, settings.channels, settings.passwords)):
        for (channel, state), count in figures(ctx.app, now=ctx.now).counts.items():
            if state == "queued" and channel in waiting:
                waiting[channel] += count
    if differs(lambda settings: settings.reminders.office_hours):
        first, last = after.reminders.office_hours
        yield say("hours", first=text_of(first), last=text_of(last), count=sum(waiting.values()))
    if differs(
        lambda settings: (
            settings.channels.sections.get("email"),
            settings.passwords.get("channels.email.password"),
        )
    ):
        yield say("mail", count=waiting.get("email", 0))
    for channel in before.channels.use:
        if channel not in after.channels.use:
            code = f"web.channel.{channel}"
            name = i18n.say(code, {}, language) if i18n.available_language(code) else channel
            yield say("channel_off", channel=name, count=waiting[channel])
    if differs(lambda settings: settings.reminders.digest_at):
        at = after.reminders.digest_at or after.reminders.office_hours[0]
        yield say("digest_at", at=text_of(at))
    if differs(lambda settings: (settings.web.session_hours, settings.web.session_idle_minutes)):
        yield say("sessions")
    if differs(lambda settings: settings.backup) and after.backup.folder is None:
        yield say("backup_off")
    elif differs(lambda settings: settings.backup):
        moment, removed = backups.next_backup(ctx.app, after.backup, now=ctx.now)
        yield say("backup", at=moment, count=removed)
    if differs(lambda settings: settings.retention.people_years):
        count = retention.count_due(ctx, after.retention.people_years)
        yield say("retention", years=after.retention.people_years, count=count)
    if differs(lambda settings: (settings.office.name, settings.office.name_kk, settings.office.name_ru)):
        yield say("names")
    yield say("taken_up", seconds=after.reminders.tick)
