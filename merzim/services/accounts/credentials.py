"""Credentials: passwords, secrets, one-time codes. The only module that uses argon2 and pyotp."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from functools import cache
from hashlib import sha256
from hmac import compare_digest

import pyotp
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from workflow.refusal import Refusal

MIN_PASSWORD_LENGTH, MAX_PASSWORD_LENGTH = 12, 200
TOTP_STEP_SECONDS = 30
"""Time after which an authenticator shows another code."""
RECOVERY_CODES = 10
"""Number of recovery codes an account gets at once."""
_CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 16
_LOOK_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})
_TOTP_SECRET = re.compile(r"[A-Z2-7]{32}")
_LOGIN = re.compile(r"[\w.@+-]{2,80}")


class BadPassword(Refusal, ValueError):
    """A password, a code or a login name that is wrong, or that cannot be the new one."""


def new_secret() -> str:
    """Return a random secret of 256 bits, in characters that a URL may hold."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret, to be stored. A secret has 256 random bits, so no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def check_login(login: str) -> None:
    """Refuse a login that cannot be the name of an account. Raises BadPassword."""
    if not _LOGIN.fullmatch(login):
        raise BadPassword("web.login.form", login=login[:80])


def check_new_password(password: str, repeated: str, login: str) -> None:
    """Raise BadPassword for a new password repeated otherwise, too short or long, equal to the login, or of
    fewer than four different characters.
    """
    if password != repeated:
        raise BadPassword("web.password.differs")
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise BadPassword("web.password.length", least=MIN_PASSWORD_LENGTH, most=MAX_PASSWORD_LENGTH)
    if password.casefold() == login.casefold() or len(set(password)) < 4:
        raise BadPassword("web.password.easy")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _argon2().hash(password)


def verify_password(password: str, password_hash: str) -> bool:
    """Return whether the password matches the hash; False for an empty hash. An empty hash takes as long as a
    real one, so the time does not reveal whether the account exists.
    """
    has_password = bool(password_hash)
    try:
        verified = _argon2().verify(password[:MAX_PASSWORD_LENGTH], password_hash or _dummy_hash())
        return verified and has_password
    except Exception:  # a hash altered by hand matches no password
        return False


def new_totp() -> str:
    """Return a new shared secret for a second factor, in base32."""
    return pyotp.random_base32()


def is_totp_secret(text: str) -> bool:
    """Return whether a text has the form of a secret of `new_totp`."""
    return _TOTP_SECRET.fullmatch(text) is not None


def new_recovery_codes() -> tuple[str, ...]:
    """Return RECOVERY_CODES one-time codes of 80 random bits each, formatted in four groups of four."""
    plain = ("".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[start : start + 4] for start in range(0, _CODE_LENGTH, 4)) for code in plain)


def recovery_hash(code: str, login: str) -> str | None:
    """Return the SHA-256 of a recovery code and its login, to be stored; None if the text cannot be a code. A
    code has 80 random bits, so no slow hash is needed. Letter case, spaces, hyphens and letters that look like
    digits make no difference.
    """
    code_letters = "".join(letter for letter in code.casefold() if letter.isalnum()).translate(_LOOK_ALIKE)
    if len(code_letters) != _CODE_LENGTH or not set(code_letters) <= set(_CODE_LETTERS):
        return None
    return sha256(f"recovery:{login}:{code_letters}".encode()).hexdigest()


def totp_address(secret: str, login: str, issuer: str) -> str:
    """Return the otpauth address that opens an authenticator on the same device."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def totp_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is: the present one, that before or after; None if it is wrong."""
    code_digits = "".join(code.split())
    current = int(now.timestamp()) // TOTP_STEP_SECONDS
    for step in (current, current - 1, current + 1):
        if compare_digest(pyotp.TOTP(secret).at(step * TOTP_STEP_SECONDS).encode(), code_digits.encode()):
            return step
    return None


@cache
def _argon2() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@cache
def _dummy_hash() -> str:
    """Hash of a random secret, checked when there is no account."""
    return hash_password(new_secret())
