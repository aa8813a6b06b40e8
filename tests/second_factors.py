"""Second factors for tests: a key for the database, and codes as an authenticator computes them."""

from __future__ import annotations

from datetime import datetime

import pyotp
from sqlalchemy import Engine

from merzim.storage.accounts.encryption import Cipher, parse_key
from merzim.storage.accounts.second_factors import SqlSecondFactors
from merzim.storage.notices.outbox import SqlOutbox

KEY = parse_key("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
CIPHER = Cipher(KEY)


def second_factors(engine: Engine, cipher: Cipher = CIPHER) -> SqlSecondFactors:
    """Return the second factors of a database."""
    return SqlSecondFactors(engine, cipher=lambda: cipher, queue=SqlOutbox(engine).queue)


def code_at(secret: str, moment: datetime, *, later: int = 0) -> str:
    """Return the code an authenticator shows so many steps of 30 seconds after a moment."""
    return str(pyotp.TOTP(secret).at(int(moment.timestamp()) + 30 * later))
