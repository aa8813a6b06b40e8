"""Addresses in letters that need no log-in: to answer a reminder or a campaign, to be reminded less often."""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from notifications.daily import WEEKLY
from notifications.notice import Notice, NoticeKind
from notifications.rules import Rules
from workflow.org.office import Person

_MARK_BYTES = 12
_CODE_BYTES = 24
ANSWERED_BY_BUTTONS = ("telegram",)
"""Channels with buttons of their own."""


@dataclass(frozen=True, slots=True)
class ReminderLink:
    """The contents of the address for answering a reminder: its case, and the fingerprint of its notice."""

    case: str
    mark: bytes

    def find(self, notices: Iterable[Notice]) -> Notice | None:
        """Return the notice of the link among those of its case."""
        return next((notice for notice in notices if _mark(notice.key) == self.mark), None)


def answer_address(rules: Rules, notice: Notice) -> str:
    """Return the address for answering a reminder; "" without https pages, or where the channel has answer
    buttons.
    """
    if not rules.carries_secrets or notice.kind != "reminder" or notice.channel in ANSWERED_BY_BUTTONS:
        return ""
    return f"{rules.public_address}/answer/{answer_token(rules.link_key, notice)}"


def answer_token(key: str, notice: Notice) -> str:
    """Return the secret part of the address for answering a reminder. `key`: of the office, never empty."""
    place = _mark(notice.key) + notice.case.encode()
    return urlsafe_b64encode(_code(key, b"answer:" + place) + place).decode().rstrip("=")


def read_answer_token(key: str, token: str) -> ReminderLink | None:
    """Return the contents of the address for answering a reminder; None if the office did not issue it."""
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        code, place = content[:_CODE_BYTES], content[_CODE_BYTES:]
        if not key or not hmac.compare_digest(code, _code(key, b"answer:" + place)):
            return None
        return ReminderLink(place[_MARK_BYTES:].decode(), place[:_MARK_BYTES])
    except ValueError:
        return None


def _mark(key: str) -> bytes:
    """Return the fingerprint of a notice's key."""
    return sha256(key.encode()).digest()[:_MARK_BYTES]


def _code(key: str, place: bytes) -> bytes:
    """Return the signature of the content of an address."""
    return hmac.digest(key.encode(), place, sha256)[:_CODE_BYTES]


DAILY = "daily"
CHOICES = {DAILY: "", WEEKLY: WEEKLY}
"""How often a person may be reminded -> the stored value: one letter a day, or one a week."""


def choice_secret(key: str, person: str) -> str:
    """Return the secret part of a person's address for choosing: 43 characters, from the office's key."""
    digest = hmac.digest(key.encode(), f"digest:{person}".encode(), sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def find_person(key: str, secret: str, people: Iterable[str]) -> str | None:
    """Return the person (key) whose address for choosing has that secret; None for nobody's."""
    if not key:
        return None
    return next((person for person in people if hmac.compare_digest(choice_secret(key, person), secret)), None)


def choice_address(rules: Rules, person: str) -> str:
    """Return the address at which a person chooses how often to be reminded; "" without https pages."""
    if not rules.carries_secrets:
        return ""
    return f"{rules.public_address}/digest/{choice_secret(rules.link_key, person)}"


def choice_of(person: Person) -> str:
    """Return the key in `CHOICES` of a person's present choice."""
    return WEEKLY if person.digest == WEEKLY else DAILY


def rarer_than(chosen: str, kind: NoticeKind) -> str:
    """Return the choice one click on a letter of that kind makes, rarer than the present one; "" for none."""
    return WEEKLY if kind in ("letter", "reminder", "moved") and chosen != WEEKLY else ""


_CAMPAIGN_PLACE = struct.Struct(">HHII")
CAMPAIGN_TOKEN_LENGTH = (_CAMPAIGN_PLACE.size + _CODE_BYTES) * 4 // 3
"""Characters of the secret part of an address of a campaign."""


@dataclass(frozen=True, slots=True)
class CampaignLink:
    """The contents of the address for answering a campaign.

    `number`: of the person in the campaign; `version`: the number of answers they gave before.
    """

    campaign: str
    number: int
    version: int


def campaign_token(key: str, link: CampaignLink) -> str:
    """Return the secret part of an address of a campaign. `key`: the office's secret, never empty.

    It contains the campaign, the person's number in it and the number of earlier answers, signed: nothing is
    stored, an answer makes it invalid, and guesses cause no database access.
    """
    year, _, number = link.campaign.partition("-")
    place = _CAMPAIGN_PLACE.pack(int(year), int(number), link.number, link.version)
    return urlsafe_b64encode(place + _code(key, b"campaign:" + place)).decode()


def read_campaign_token(key: str, token: str) -> CampaignLink | None:
    """Return the contents of an address of a campaign; None if the office did not issue it."""
    if not key or len(token) != CAMPAIGN_TOKEN_LENGTH:
        return None
    try:
        content = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:
        return None
    place, code = content[: _CAMPAIGN_PLACE.size], content[_CAMPAIGN_PLACE.size :]
    if len(code) != _CODE_BYTES or not hmac.compare_digest(code, _code(key, b"campaign:" + place)):
        return None
    year, campaign, number, version = _CAMPAIGN_PLACE.unpack(place)
    return CampaignLink(f"{year:04d}-{campaign:03d}", number, version)


def campaign_address(rules: Rules, link: CampaignLink) -> str:
    """Return the address at which a person answers a campaign."""
    return f"{rules.public_address}/confirm/{campaign_token(rules.link_key, link)}"
