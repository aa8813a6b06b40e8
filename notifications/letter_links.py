"""Addresses in letters that need no log-in: to answer a reminder or a campaign, to be reminded less often.

The secret part of an address holds what it is for, signed with the office's key: nothing is stored, and a guess
causes no database access.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple, TypeVar

from notifications.daily import WEEKLY
from notifications.notice import Notice, fingerprint
from notifications.rules import Rules

_CODE_BYTES = 24
ANSWERED_BY_BUTTONS = ("telegram",)
"""Channels with buttons of their own."""
DAILY = "daily"
CHOICES = {DAILY: "", WEEKLY: WEEKLY}
"""How often a person may be reminded -> the stored value: one letter a day, or one a week."""


class ReminderLink(NamedTuple):
    """What the address for answering a reminder is for: the fingerprint of its notice's key, and its case."""

    mark: str
    case: str


class ChoiceLink(NamedTuple):
    """What the address at which a person (key) chooses how often to be reminded is for."""

    person: str


class CampaignLink(NamedTuple):
    """What the address for answering a campaign is for: the number of the person in it, and of the answers they
    gave before; a further one makes it invalid.
    """

    campaign: str
    number: int
    version: int


_PAGES = {ReminderLink: "answer", ChoiceLink: "digest", CampaignLink: "confirm"}
"""The page of the addresses of each kind; the secret of one is none of another."""
Link = ReminderLink | ChoiceLink | CampaignLink
L = TypeVar("L", ReminderLink, ChoiceLink, CampaignLink)


def secret_of(key: str, link: Link) -> str:
    """Return the secret part of an address. `key`: of the office, never empty."""
    return _signed(key, _PAGES[type(link)], json.dumps(link).encode())


def read_secret(key: str, secret: str, kind: type[L]) -> L | None:
    """Return what an address is for by its secret part; None if the office did not issue it for that kind."""
    try:
        content = urlsafe_b64decode(secret.encode("ascii") + b"==")[_CODE_BYTES:]
    except ValueError:
        return None
    if not key or not hmac.compare_digest(secret, _signed(key, _PAGES[kind], content)):
        return None
    return kind(*json.loads(content))


def _signed(key: str, page: str, content: bytes) -> str:
    code = hmac.digest(key.encode(), f"{page}:".encode() + content, sha256)[:_CODE_BYTES]
    return urlsafe_b64encode(code + content).decode().rstrip("=")


def link_path(key: str, link: Link) -> str:
    """Return the path of an address."""
    return f"/{_PAGES[type(link)]}/{secret_of(key, link)}"


def link_address(rules: Rules, link: Link) -> str:
    """Return the whole address."""
    return f"{rules.public_address}{link_path(rules.link_key, link)}"


def answer_address(rules: Rules, notice: Notice) -> str:
    """Return the address for answering a reminder; "" without https pages, or where the channel has answer
    buttons.
    """
    if not rules.carries_secrets or notice.kind != "reminder" or notice.channel in ANSWERED_BY_BUTTONS:
        return ""
    return link_address(rules, ReminderLink(fingerprint(notice.key), notice.case))


def choice_address(rules: Rules, person: str) -> str:
    """Return the address at which a person chooses how often to be reminded; "" without https pages."""
    return link_address(rules, ChoiceLink(person)) if rules.carries_secrets else ""
