"""Second factors for tests, with a key for the database."""

from __future__ import annotations

from sqlalchemy import Engine

from merzim.storage.accounts.accounts import SqlAccounts
from merzim.storage.accounts.encryption import Cipher, parse_key

KEY = parse_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
CIPHER = Cipher(KEY)


def second_factors(engine: Engine, cipher: Cipher = CIPHER) -> SqlAccounts:
    """Return the accounts of a database with their second factors."""
    return SqlAccounts(engine, cipher=lambda: cipher)
