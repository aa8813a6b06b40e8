"""Encrypts the secrets of the database with Fernet: of second factors, of the mail server, in letters.

Only this module imports cryptography. Which of the keys encrypted a secret is found by trying them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from workflow.refusal import Refusal

_TOKEN = re.compile(r"\bgAAAAA[\w-]{60,}={0,2}")


class BadKey(Refusal, ValueError):
    """A text is not a valid key: `secret_key_bad`. The text itself is never repeated."""


class UnreadableSecret(Refusal):
    """No configured key decrypts a secret, or it is altered or not its owner's: `secret_unreadable {login}`."""


def parse_key(text: str) -> str:
    """Return the key in a text: 32 bytes in base64, of either alphabet. Raises BadKey."""
    key = text.strip().replace("+", "-").replace("/", "_").rstrip("=") + "="
    try:
        Fernet(key)
    except ValueError:
        raise BadKey("secret_key_bad") from None
    return key


def new_key() -> str:
    return Fernet.generate_key().decode()


def secrets_in(text: str) -> list[str]:
    """Return the encrypted secrets in a text (a row, a dump)."""
    return _TOKEN.findall(text)


class Cipher:
    """Encrypts with the first key; decrypts with any of them. `keys`: as `parse_key` returns them, the present
    one first.
    """

    def __init__(self, *keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, secret: str, owner: str) -> str:
        """Encrypt a secret for its owner; under another account it cannot be decrypted."""
        return self._fernet.encrypt(json.dumps([owner, secret]).encode()).decode()

    def decrypt(self, stored: str, owner: str) -> str:
        """Decrypt a stored text. Raises UnreadableSecret."""
        try:
            of, secret = json.loads(self._fernet.decrypt(stored))
        except (InvalidToken, ValueError):
            raise UnreadableSecret("secret_unreadable", login=owner) from None
        if of != owner:
            raise UnreadableSecret("secret_unreadable", login=owner)
        return str(secret)

    def opens(self, stored: str) -> bool:
        """Return whether one of the keys decrypts a stored text."""
        return not self.unopened([stored])

    def unopened(self, secrets: Sequence[str]) -> list[str]:
        """Return those of these stored texts that none of the keys decrypts."""
        unopened = []
        for stored in secrets:
            try:
                self._fernet.decrypt(stored)
            except (InvalidToken, ValueError):
                unopened.append(stored)
        return unopened

    def renew(self, stored: str) -> str:
        """Encrypt a stored text anew with the first key. Raises UnreadableSecret: no key decrypts it."""
        try:
            return self._fernet.rotate(stored).decode()
        except InvalidToken:
            raise UnreadableSecret("secret_unreadable", login="") from None
