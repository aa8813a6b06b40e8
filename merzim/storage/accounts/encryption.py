"""Encrypts the secrets of second factors with AES-256-GCM, bound to the account. Only this module imports
cryptography.

A stored text names its key by the key's public id: `aes256gcm:<key id>:<nonce and ciphertext>`. Secrets
written by an older version are plain base32; they are read and encrypted at the next start.
"""

from __future__ import annotations

import binascii
import re
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_SCHEME = "aes256gcm"
_NONCE_BYTES = 12
_NAMED_KEY = re.compile(rf"\b{_SCHEME}:([0-9a-f]{{12}}):")
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/]{43}=?")


class BadKey(Refusal, ValueError):
    """A text is not a valid key: `secret_key_bad`. The text itself is never repeated."""


class UnreadableSecret(Refusal):
    """No configured key decrypts the secret, or it was altered: `secret_unreadable {login, key}`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """An encryption key. `id` identifies it and reveals nothing about it."""

    value: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The first characters of its SHA-256, in hexadecimal."""
        return sha256(b"merzim key " + self.value).hexdigest()[:12]


def parse_key(text: str) -> Key:
    """Return the key in a text: 32 bytes in base64, of either alphabet. Raises BadKey."""
    plain = text.strip().replace("-", "+").replace("_", "/")
    if not _KEY_TEXT.fullmatch(plain):
        raise BadKey("secret_key_bad")
    try:
        value = b64decode(plain.rstrip("=") + "=", validate=True)
    except binascii.Error:
        raise BadKey("secret_key_bad") from None
    return Key(value=value)


def new_key() -> str:
    """Return the text of a new random key."""
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(stored: str) -> str:
    """Return the id of the key a stored secret is encrypted with; "" for an unencrypted one."""
    scheme, _, key_and_text = stored.partition(":")
    return key_and_text.partition(":")[0] if scheme == _SCHEME else ""


def keys_named(text: str) -> list[str]:
    """Return the ids of the keys of all encrypted secrets in a text (a row, a dump), one for each secret."""
    return _NAMED_KEY.findall(text)


class Cipher:
    """Encrypts with the current key; decrypts with it or an older one."""

    def __init__(self, current: Key, old: Sequence[Key] = ()) -> None:
        self.key = current.id
        """The id of the key that encrypts."""
        # Created here, because the library loads slowly and the delay of the first log-in would be noticed.
        self._keys = {key.id: _aead(key) for key in (*old, current)}

    def knows(self, key: str) -> bool:
        """Return whether the key of that id is configured; an unencrypted secret needs none."""
        return not key or key in self._keys

    def encrypt(self, secret: str, owner: str) -> str:
        """Encrypt a secret for its owner; under another account it cannot be decrypted."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self.key].encrypt(nonce, secret.encode(), _bound(owner))
        return f"{_SCHEME}:{self.key}:{urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, owner: str) -> str:
        """Decrypt a stored text. Raises UnreadableSecret."""
        from cryptography.exceptions import InvalidTag

        key = key_of(stored)
        if not key:
            return stored
        if key not in self._keys:
            raise UnreadableSecret("secret_unreadable", login=owner, key=key)
        try:
            content = urlsafe_b64decode(stored.rpartition(":")[2])
            nonce, sealed = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
            return self._keys[key].decrypt(nonce, sealed, _bound(owner)).decode()
        except (InvalidTag, ValueError):
            raise UnreadableSecret("secret_unreadable", login=owner, key=key) from None


def _aead(key: Key) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.value)


def _bound(owner: str) -> bytes:
    """Return the associated data that binds a secret to its owner."""
    return f"account.totp:{owner}".encode()
