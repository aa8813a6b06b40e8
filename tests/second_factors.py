"""Second factors for tests, with a key for the database."""

from __future__ import annotations

from sqlalchemy import Engine

from merzim.storage.accounts.encryption import Cipher, parse_key
from merzim.storage.accounts.second_factors import SqlSecondFactors
from merzim.storage.notices.outbox import SqlOutbox

KEY = parse_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
CIPHER = Cipher(KEY)


def second_factors(engine: Engine, cipher: Cipher = CIPHER) -> SqlSecondFactors:
    """Return the second factors of a database."""
    return SqlSecondFactors(engine, cipher=lambda: cipher, queue=SqlOutbox(engine).queue)
