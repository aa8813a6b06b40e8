"""The key that encrypts second factors: from the environment, or from a file if only this machine has access.

If other machines reach the pages (public address or host is not this machine), the key must come from the
environment: then no copy of the disk holds it together with the data it decrypts.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from merzim.settings import KEY_VARIABLE, OLD_KEYS_VARIABLE, BadSetting, Settings
from merzim.storage.accounts.encryption import BadKey, Cipher, new_key, parse_key

_PRIVATE = 0o600


def read_cipher(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    stored: Callable[[], Sequence[str]],
    note: Callable[..., None],
) -> Cipher:
    """Return the cipher of second factors: the present key, and older keys for decryption only.

    If only this machine reaches the pages and neither the environment nor its file holds a key, one is created
    and stored in a file of mode 0600, but only while no secret is encrypted yet: a new key would open none.

    Args:
        stored: returns the encrypted secrets of the database.
        note: called with a message code when a key file was created.

    Raises:
        BadSetting: a key is missing, malformed, or in a file that others may read.
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
    """Raise BadSetting unless there is a usable key; create none."""
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
    scheme, mark, path = settings.database.url.partition(":///")
    if mark and scheme.startswith("sqlite") and path and not path.startswith(":"):
        return Path(path).with_suffix(".key")
    return settings.evidence.folder.parent / "merzim.key"


def key_place(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return where the key is stored, for messages: the name of the variable, or the file."""
    if environment.get(KEY_VARIABLE, "").strip() or not settings.web.on_loopback:
        return KEY_VARIABLE
    return str(key_file(settings))


def has_key(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether there is a key, in the environment or in its file."""
    in_environment = bool(environment.get(KEY_VARIABLE, "").strip())
    return in_environment or (settings.web.on_loopback and key_file(settings).is_file())


def _read_or_create(file: Path, *, note: Callable[..., None]) -> str:
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
    try:
        return parse_key(text)
    except BadKey:
        raise BadSetting("cli.secret_key_bad", where=where) from None
