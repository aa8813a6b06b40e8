"""Addresses at which somebody answers a campaign without log-in: one for each person and answer.

An address contains the campaign, the person's number in it and the number of earlier answers, signed with the
office's secret: nothing is stored, it cannot be guessed, and an answer makes it invalid. The signature alone
shows whether it is valid, so that guesses cause no database access.
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from notifications.rules import Rules

_PLACE = struct.Struct(">HHII")
_CODE_BYTES = 24
TOKEN_LENGTH = (_PLACE.size + _CODE_BYTES) * 4 // 3
"""Characters of the secret part of an address."""


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """The campaign and person a link belongs to. `version`: the number of answers the person gave before."""

    campaign: str
    number: int
    version: int


def link_token(key: str, link: AnswerLink) -> str:
    """Return the secret part of an address.

    Args:
        key: the office's secret, never empty.
    """
    year, _, number = link.campaign.partition("-")
    place = _PLACE.pack(int(year), int(number), link.number, link.version)
    return urlsafe_b64encode(place + _code(key, place)).decode()


def read_token(key: str, token: str) -> AnswerLink | None:
    """Return the contents of an answer address; None if the office did not issue it."""
    if not key or len(token) != TOKEN_LENGTH:
        return None
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    place, code = content[: _PLACE.size], content[_PLACE.size :]
    if len(content) != _PLACE.size + _CODE_BYTES or not hmac.compare_digest(code, _code(key, place)):
        return None
    year, campaign, number, version = _PLACE.unpack(place)
    return AnswerLink(f"{year:04d}-{campaign:03d}", number, version)


def answer_address(rules: Rules, link: AnswerLink) -> str:
    """Return the full address of a link."""
    return f"{rules.public_address}/confirm/{link_token(rules.link_key, link)}"


def _code(key: str, place: bytes) -> bytes:
    return hmac.digest(key.encode(), b"campaign:" + place, sha256)[:_CODE_BYTES]
