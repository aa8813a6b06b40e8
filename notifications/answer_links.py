"""Addresses in a reminder at which its recipient answers without log-in: read, done, not mine.

An address contains the case and a fingerprint of the notice, signed with the office's secret: nothing is
stored, it cannot be guessed, and it is valid only for that notice's person and deadline.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from notifications.notice import Notice
from notifications.rules import Rules
from workflow.cases.registers.entries import row_kind
from workflow.deadlines.deadline import Deadline

_MARK_BYTES = 12
_CODE_BYTES = 24
ANSWERED_BY_BUTTONS = ("telegram",)
"""Channels with buttons of their own."""


@dataclass(frozen=True, slots=True)
class LetterLink:
    """The contents of an answer address: the case of a reminder, and the fingerprint of its notice."""

    case: str
    mark: bytes

    def find(self, notices: Iterable[Notice]) -> Notice | None:
        """Return the notice of the link among those of its case."""
        return next((one for one in notices if _mark(one.key) == self.mark), None)


def answer_address(rules: Rules, notice: Notice) -> str:
    """Return the address for answering a reminder; "" without https pages, or where the channel has answer
    buttons.
    """
    usable = rules.link_key and rules.public_address.startswith("https://")
    if not usable or notice.kind != "reminder" or notice.channel in ANSWERED_BY_BUTTONS:
        return ""
    return f"{rules.public_address}/answer/{answer_token(rules.link_key, notice)}"


def reply_token(rules: Rules, notice: Notice) -> str:
    """Return the secret that identifies a reply to a reminder; "" where replies are not read."""
    usable = rules.link_key and rules.reply_address
    if not usable or notice.kind != "reminder" or notice.channel in ANSWERED_BY_BUTTONS:
        return ""
    return answer_token(rules.link_key, notice)


def takes_document(deadline: Deadline) -> bool:
    """Return whether a document sent by mail is evidence of it: not of a question, nor of rows of registers."""
    return not deadline.obligation.options and row_kind(deadline.id) in ("", "assignment")


def answer_token(key: str, notice: Notice) -> str:
    """Return the secret part of an address. `key`: the office's secret, never empty."""
    place = _mark(notice.key) + notice.case.encode()
    return urlsafe_b64encode(_code(key, place) + place).decode().rstrip("=")


def read_token(key: str, token: str) -> LetterLink | None:
    """Return the contents of an answer address; None if the office did not issue it."""
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        code, place = content[:_CODE_BYTES], content[_CODE_BYTES:]
        if not key or not hmac.compare_digest(code, _code(key, place)):
            return None
        return LetterLink(place[_MARK_BYTES:].decode(), place[:_MARK_BYTES])
    except ValueError:
        return None


def _mark(key: str) -> bytes:
    return sha256(key.encode()).digest()[:_MARK_BYTES]


def _code(key: str, place: bytes) -> bytes:
    return hmac.digest(key.encode(), b"answer:" + place, sha256)[:_CODE_BYTES]
