"""The key second factors are encrypted with: from the environment, or on this machine alone from a file.

An office that others reach (its public address or host is not this machine) must give the key in the
environment: then it lies in no copy of a disk beside what it opens.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from services.settings import BadSetting, Settings

if TYPE_CHECKING:
    from storage.accounts.encryption import Cipher, Key

_PRIVATE = 0o600


def read_cipher(settings: Settings, environment: Mapping[str, str], *, note: Callable[..., None]) -> Cipher:
    """Return what encrypts second factors, with the older keys it reads by.

    Where only this machine reaches the pages and no key is given, one is made at the first need and kept in a
    file of mode 0600.

    Args:
        note: hears the code of a sentence when a file was made.

    Raises:
        BadSetting: a key is missing, is none, or lies in a file others may read.
    """
    from storage.accounts.encryption import Cipher

    chosen = settings.secrets
    text = environment.get(chosen.key_env, "").strip() if chosen.key_env else ""
    if text:
        current = _parsed(text, where=chosen.key_env)
    elif not settings.web.on_loopback:
        raise BadSetting("cli.no_secret_key", address=settings.web.public_address, variable=chosen.key_env)
    else:
        current = _from_file(key_file(settings), note=note)
    old = environment.get(chosen.old_keys_env, "") if chosen.old_keys_env else ""
    return Cipher(current, [_parsed(one, where=chosen.old_keys_env) for one in separate(old)])


def refuse_missing(settings: Settings, environment: Mapping[str, str]) -> None:
    """Refuse a start that would have no key, or one that cannot be used; make none. Raises BadSetting."""
    if at_hand(settings, environment) or not settings.web.on_loopback:
        read_cipher(settings, environment, note=lambda *_, **__: None)


def separate(text: str) -> list[str]:
    """Return the keys of a list, which commas or spaces separate."""
    return text.replace(",", " ").split()


def key_file(settings: Settings) -> Path:
    """Return the file the key is kept in where the environment gives none: beside the database."""
    if settings.secrets.key_file is not None:
        return settings.secrets.key_file
    scheme, mark, path = settings.database.url.partition(":///")
    if mark and scheme.startswith("sqlite") and path and not path.startswith(":"):
        return Path(path).with_suffix(".key")
    return settings.evidence.folder.parent / "merzim.key"


def key_place(settings: Settings, environment: Mapping[str, str]) -> str:
    """Return where the key is, for a sentence: the name of the variable, or the file."""
    variable = settings.secrets.key_env
    if environment.get(variable, "").strip() or not settings.web.on_loopback:
        return variable
    return str(key_file(settings))


def at_hand(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Return whether there is a key: in the environment, or in its file."""
    given = bool(environment.get(settings.secrets.key_env, "").strip())
    return given or (settings.web.on_loopback and key_file(settings).is_file())


def _from_file(file: Path, *, note: Callable[..., None]) -> Key:
    try:
        if not file.exists():
            _make(file)
            note("cli.key_made", file=str(file))
        mode = stat.S_IMODE(file.stat().st_mode)
        if os.name == "posix" and mode & ~_PRIVATE:
            raise BadSetting("cli.key_file_open", file=str(file), mode=f"{mode:04o}")
        return _parsed(file.read_text(encoding="ascii", errors="replace"), where=str(file))
    except OSError as trouble:
        raise BadSetting("cli.key_file_unusable", file=str(file), problem=trouble.strerror or "") from None


def _make(file: Path) -> None:
    """Write a new key whole or not at all; of two processes that do it at once the first one's stays."""
    from storage.accounts.encryption import new_key

    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w") as written:
            written.write(new_key() + "\n")
            written.flush()
            os.fsync(written.fileno())
        os.link(part, file)
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)


def _parsed(text: str, *, where: str) -> Key:
    from storage.accounts.encryption import BadKey, parse_key

    try:
        return parse_key(text)
    except BadKey:
        raise BadSetting("cli.secret_key_bad", where=where) from None
