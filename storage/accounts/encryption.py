"""Encryption of the secrets of second factors: AES-256-GCM, bound to the account. Alone knows cryptography.

What is stored says which key opens it, by that key's public id: `aes256gcm:<key id>:<nonce and ciphertext>`.
A secret an older version wrote stands as it is, in base32; it is read and encrypted at the next start.
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
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/]{43}=?")


class BadKey(Refusal, ValueError):
    """A text that is no key: `secret_key_bad`. The text itself is never repeated."""


class UnreadableSecret(Refusal):
    """A secret that no given key opens, or that was altered: `secret_unreadable {login, key}`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A key. `id` tells keys apart and reveals nothing of them."""

    value: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """The beginning of its SHA-256, in hexadecimal."""
        return sha256(b"merzim key " + self.value).hexdigest()[:12]


def parse_key(text: str) -> Key:
    """Return the key a text says: 32 bytes in base64, of either alphabet. Raises BadKey."""
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
    """Return the id of the key a stored secret is encrypted with; "" where it stands in clear."""
    scheme, _, rest = stored.partition(":")
    return rest.partition(":")[0] if scheme == _SCHEME else ""


class Cipher:
    """Encrypts with one key; reads what it or an older one encrypted."""

    def __init__(self, current: Key, old: Sequence[Key] = ()) -> None:
        self.key = current.id
        """The id of the key that encrypts."""
        # Made here: the library takes its time to load, and the first log-in would tell.
        self._known = {key.id: _aead(key) for key in (*old, current)}

    def knows(self, key: str) -> bool:
        """Return whether the key of that id was given; what stands in clear needs none."""
        return not key or key in self._known

    def encrypt(self, secret: str, owner: str) -> str:
        """Return a secret encrypted for its owner: moved to another account it opens nothing."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._known[self.key].encrypt(nonce, secret.encode(), _bound(owner))
        return f"{_SCHEME}:{self.key}:{urlsafe_b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str, owner: str) -> str:
        """Return the secret of a stored text. Raises UnreadableSecret."""
        from cryptography.exceptions import InvalidTag

        key = key_of(stored)
        if not key:
            return stored
        if key not in self._known:
            raise UnreadableSecret("secret_unreadable", login=owner, key=key)
        try:
            content = urlsafe_b64decode(stored.rpartition(":")[2])
            nonce, sealed = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
            return self._known[key].decrypt(nonce, sealed, _bound(owner)).decode()
        except (InvalidTag, ValueError):
            raise UnreadableSecret("secret_unreadable", login=owner, key=key) from None


def _aead(key: Key) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.value)


def _bound(owner: str) -> bytes:
    return f"account.totp:{owner}".encode()
