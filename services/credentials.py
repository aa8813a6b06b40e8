"""How somebody proves who they are. Alone knows argon2 and the arithmetic of one-time codes."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from workflow.refusal import Refusal

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST, LONGEST = 12, 200
"""Characters of a password."""
STEP = 30
"""Seconds a code of the second factor lasts."""
INVITATION_LASTS = timedelta(hours=72)
RECOVERY_CODES = 10
"""Codes an account gets at once."""
_CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 16
_LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})
_TOTP_SECRET = re.compile(r"[A-Z2-7]{32}")
_LOGIN = re.compile(r"[\w.@+-]{2,80}")


class BadPassword(Refusal, ValueError):
    """A new password that is too short, too long, the log-in's own name, or not typed the same twice."""


def new_secret() -> str:
    """A secret nobody guesses: 256 bits, in letters that fit an address."""
    return secrets.token_urlsafe(32)


def hidden(secret: str) -> str:
    """What is kept of a secret: its SHA-256. It has 256 bits of its own, so no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def check_login(login: str) -> None:
    """Nothing when it may be the name of an account. Raises BadPassword."""
    if not _LOGIN.fullmatch(login):
        raise BadPassword("web.login.form", login=login[:80])


def check_new(password: str, again: str, login: str) -> None:
    """Nothing when it may become a password. Raises BadPassword."""
    if password != again:
        raise BadPassword("web.password.differs")
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword("web.password.length", least=SHORTEST, most=LONGEST)
    if password.casefold() == login.casefold() or len(set(password)) < 4:
        raise BadPassword("web.password.easy")


def hashed(password: str) -> str:
    """The argon2id hash of a password."""
    return _argon2().hash(password)


def matches(password: str, kept: str) -> bool:
    """Whether the password is the one of the hash.

    Without a hash it takes as long and is never so: the time does not tell whether there is such an account.
    """
    known = bool(kept)
    try:
        return _argon2().verify(password[:LONGEST], kept or _nobody()) and known
    except Exception:  # a hash altered by hand is nobody's password
        return False


def new_totp() -> str:
    """A shared secret for a second factor, in base32."""
    import pyotp

    return pyotp.random_base32()


def is_totp_secret(text: str) -> bool:
    """Return whether a text may be a shared secret of ours."""
    return _TOTP_SECRET.fullmatch(text) is not None


def new_recovery_codes() -> tuple[str, ...]:
    """Return one-time codes of 80 random bits each, as they are shown: in four groups of four."""
    plain = ("".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4)) for code in plain)


def recovery_hash(code: str, login: str) -> str | None:
    """Return what is kept of a recovery code: a SHA-256 of it and its account; None when it cannot be one.

    It has 80 bits of its own, so no slow hash is needed. Letter case, spaces, hyphens and letters that look
    like digits are no matter.
    """
    typed = "".join(letter for letter in code.casefold() if letter.isalnum()).translate(_LOOK_ALIKE)
    if len(typed) != _CODE_LENGTH or not set(typed) <= set(_CODE_LETTERS):
        return None
    return sha256(f"recovery:{login}:{typed}".encode()).hexdigest()


def totp_address(secret: str, login: str, issuer: str) -> str:
    """What an authenticator reads from the picture."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def totp_picture(address: str) -> str:
    """The same as a QR code: SVG to stand in a page."""
    import segno

    return segno.make(address, error="m").svg_inline(scale=4, border=4, omitsize=True)


def totp_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The step a code belongs to: this one, the one before or the one after; None when it is none of theirs."""
    import pyotp

    typed = "".join(code.split())
    here = int(now.timestamp()) // STEP
    for step in (here, here - 1, here + 1):
        if compare_digest(pyotp.TOTP(secret).at(step * STEP).encode(), typed.encode()):
            return step
    return None


@cache
def _argon2() -> PasswordHash:
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(),))


@cache
def _nobody() -> str:
    return hashed(new_secret())
