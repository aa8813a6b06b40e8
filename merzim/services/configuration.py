"""What an installation is configured with: channels, folders, secret keys, settings changed in the browser."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from i18n import say
from merzim.documents.sheets.texts import is_email
from merzim.settings import KEY_VARIABLE, OLD_KEYS_VARIABLE, BadSetting, Settings
from merzim.storage.accounts.encryption import BadKey, Cipher, UnreadableSecret, new_key, parse_key
from merzim.storage.notices.links import SqlLinks
from merzim.storage.settings import MAIL
from notifications.channels import Channel, OutgoingMessage, send_all
from notifications.letters import render_letter
from notifications.notice import Notice, Outcome, message_id
from workflow.org.office import Person
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from notifications.channels.email import Email
    from notifications.channels.folder import Folder
    from notifications.channels.telegram import Telegram


_PRIVATE = 0o600


def read_cipher(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stored: Callable[[], Sequence[str]],
    note: Callable[..., None],
) -> Cipher:
    """Return the cipher of stored secrets: the present key, and older keys for decryption only.

    If only this machine reaches the pages and neither the environment nor its file holds a key, one is created
    in a file of mode 0600, and noted (`note`), but only while no secret is `stored`: a new key would open none.

    Raises BadSetting for a key that is missing, malformed, or in a file that others may read.
    """
    text = environment.get(KEY_VARIABLE, "").strip()
    if text:
        current = _parse(text, where=KEY_VARIABLE)
    elif not settings.web.on_loopback:
        raise BadSetting("cli.no_secret_key", address=settings.web.public_address, variable=KEY_VARIABLE)
    else:
        if not key_file(settings).exists():
            refuse_new_key(settings, environment, stored())
        current = _read_or_create(key_file(settings), note=note)
    old = environment.get(OLD_KEYS_VARIABLE, "")
    return Cipher(current, *(_parse(key, where=OLD_KEYS_VARIABLE) for key in split_keys(old)))


def refuse_missing(settings: Settings, environment: Mapping[str, str]) -> None:
    """Raise BadSetting for a key that cannot be used, or is missing where none is created; create none."""
    if has_key(settings, environment) or not settings.web.on_loopback:
        read_cipher(settings, environment, stored=list, note=lambda *_, **__: None)


def refuse_new_key(settings: Settings, environment: Mapping[str, str], stored: Sequence[str]) -> None:
    """Raise BadSetting if stored secrets expect a key: none is made in its place."""
    if stored:
        raise BadSetting("cli.key_expected", where=key_place(settings, environment), count=len(stored))


def split_keys(text: str) -> list[str]:
    """Split a list of keys at commas and spaces."""
    return text.replace(",", " ").split()


def key_file(settings: Settings) -> Path:
    """Return the file of the key when the environment holds none: beside the database unless configured."""
    if settings.secrets.key_file is not None:
        return settings.secrets.key_file
    database = settings.database.file
    return database.with_suffix(".key") if database else settings.evidence.folder.parent / "merzim.key"


def key_place(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return where the key is stored, for messages: the name of the variable, or the file."""
    if environment.get(KEY_VARIABLE, "").strip() or not settings.web.on_loopback:
        return KEY_VARIABLE
    return str(key_file(settings))


def has_key(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether the environment has a key, or, if only this machine reaches the pages, its file."""
    in_environment = bool(environment.get(KEY_VARIABLE, "").strip())
    return in_environment or (settings.web.on_loopback and key_file(settings).is_file())


def _read_or_create(file: Path, *, note: Callable[..., None]) -> str:
    """Return the key in a file, created if there is none. Raises BadSetting for one others may read."""
    try:
        if not file.exists():
            _create_key_file(file)
            note("cli.key_made", file=str(file))
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name == "posix" and mode & ~_PRIVATE:
            raise BadSetting("cli.key_file_open", file=str(file), mode=f"{mode:04o}")
        return _parse(file.read_text(encoding="ascii", errors="replace"), where=str(file))
    except OSError as trouble:
        raise BadSetting("cli.key_file_unusable", file=str(file), problem=trouble.strerror or "") from None


def _create_key_file(file: Path) -> None:
    """Write a new key atomically; if two processes do it at once, the first one's key stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w") as stream:
            stream.write(new_key() + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)


def _parse(text: str, *, where: str) -> str:
    """Return the key a text is. Raises BadSetting, naming `where` it stands."""
    try:
        return parse_key(text)
    except BadKey:
        raise BadSetting("cli.secret_key_bad", where=where) from None


def refuse_unwritable(settings: Settings) -> None:
    """Create missing folders and write a temporary file in each. Raises BadSetting, naming the key of
    config.toml.
    """
    for key, folder in folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=folder):
                pass
        except OSError as trouble:
            problem = trouble.strerror or str(trouble)
            raise BadSetting("cli.folder_unwritable", key=key, folder=str(folder), problem=problem) from None


def refuse_missing_folder(settings: Settings) -> None:
    """Raise BadSetting where the folder of the organisation's own forms is not there: ours would be used."""
    folder = settings.forms.folder
    if folder is not None and not folder.is_dir():
        raise BadSetting("cli.no_folder", file=str(settings.file), key="forms.folder", folder=str(folder))


def folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Yield the folders a service writes to, each with its key."""
    yield "evidence.folder", settings.evidence.folder
    if settings.backup.folder is not None:
        yield "backup.folder", settings.backup.folder
    if "folder" in settings.channels.use:
        yield "channels.folder.path", cast("Folder", settings.channels.of("folder")).path


OFFICE_KEYS = ("name", "name_kk", "name_ru", "officer")
MAIL_KEYS = ("host", "port", "tls", "user", "sender")
PASSWORD = "channels.email.password"


def with_browser(
    configured: Settings, stored: Mapping[str, str], secret: str, cipher: Callable[[], Cipher]
) -> Settings:
    """Return the settings with what was set in the browser (`stored` by key, `secret`: the mail server's
    password, encrypted); what the environment says stays.
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
    return with_mail(settings, json.loads(stored[MAIL]), lambda mail: stored_password(mail, secret, cipher))


def is_mail_fixed(settings: Settings) -> bool:
    """Return whether the environment names the mail server or the channels."""
    keys = {"channels.use", *(f"channels.email.{key}" for key in MAIL_KEYS)}
    return not keys.isdisjoint(settings.from_environment)


def with_mail(
    settings: Settings, server: Mapping[str, object], password: Callable[[Email], str | Refusal]
) -> Settings:
    """Return the settings with letters sent through this server instead of into a folder, with its password (""
    for none, or why it cannot be decrypted); that of the environment goes to no server named in the browser.
    """
    channels, office = settings.channels, settings.office
    mail = mail_of(settings).model_copy(update=server)
    mail = mail.with_password(password(mail), language=office.language)
    use = ("email", *(name for name in channels.use if name not in ("email", "folder")))
    channels = channels.model_copy(update={"use": use, "sections": {**channels.sections, "email": mail}})
    from_browser = settings.from_browser | {"channels.email"}
    return settings.model_copy(update={"channels": channels, "from_browser": from_browser})


def mail_of(settings: Settings) -> Email:
    """Return the mail server, with nothing set where no letters leave through one."""
    return cast("Email", settings.channels.of("email"))


def stored_password(mail: Email, secret: str, cipher: Callable[[], Cipher]) -> str | Refusal:
    """Return the stored password (`secret`: as encrypted, "" for none), "" if it was given for another server
    or log-in; with another key, why it cannot be decrypted.
    """
    try:
        if secret and not cipher().opens(secret):
            raise BadSetting("setting.other_key")
        return cipher().decrypt(secret, password_owner(mail)) if secret else ""
    except BadSetting as reason:
        return reason
    except UnreadableSecret:
        return ""


def password_owner(mail: Email) -> str:
    """Return what a password is bound to: the server and the log-in it was given for."""
    return f"{PASSWORD}:{mail.host}:{mail.present_port}:{mail.tls}:{mail.user}"


CHANNEL = "email"
"""The channel with a password, which may be given in the browser."""


def create_channel(name: str, settings: Settings, links: Callable[[], SqlLinks] | None = None) -> Channel:
    """Return a channel ready to send. `links`: opens the table of linked accounts; None for a channel that is
    only asked whether it works.

    Raises Refusal for an unknown channel, or one whose section cannot be used; BadSetting without a required
    key, and, if only asked, where the password given in the browser cannot be decrypted.
    """
    channel = settings.channels.of(name).model_copy()
    for key in channel.needed:
        if not getattr(channel, key):
            raise BadSetting("cli.missing_setting", file=str(settings.file), key=f"channels.{name}.{key}")
    channel.refuse_unusable()
    if name == CHANNEL and links is None:
        cast("Email", channel).refuse_lost_password()
    if name == "telegram" and links is not None:
        return cast("Telegram", channel).with_links(links())
    return channel


def sender_domain(settings: Settings) -> str:
    """Return the mail domain of the first sender among the channels in use; "" if none has a sender."""
    senders = (getattr(settings.channels.of(name), "sender", "") for name in settings.channels.use)
    return str(next(filter(None, senders), "")).strip("> ").rpartition("@")[2]


def refuse_bad_address(address: str) -> None:
    """Raise Refusal for a text that is no e-mail address."""
    if not is_email(address):
        raise Refusal("cli.no_address", address=address[:200])


def try_channel(channel: Channel, person: Person, settings: Settings, *, now: datetime) -> Outcome:
    """Send a person one letter at once, in their language; it is not stored and not repeated. `settings`: those
    the channel was made by. Raises Refusal where the channel does not reach the person.
    """
    address, language = channel.address(person), person.language
    if address is None:
        raise Refusal("web.channels.not_reached", channel=channel.name)
    key = f"test:{uuid4().hex}"
    office = settings.office.name_in(language) or "Merzim"
    letter = render_letter(
        language=language,
        subject=say("letter.test_subject", {}, language),
        name=person.name or address,
        lead=say("letter.test", {"office": office, "channel": channel.name}, language),
    )
    notice = Notice(
        key=key,
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
    message = OutgoingMessage(notice=notice, letter=letter, name=person.name)
    return asyncio.run(send_all(channel, [message], now=now))[key]
