"""Addresses in letters that need no log-in: to answer a reminder or a campaign, to be reminded less often.

The secret part of an address holds what it is for, signed with the office's key: nothing is stored, and a guess
causes no database access.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from notifications.daily import WEEKLY
from notifications.notice import Notice, NoticeKind, fingerprint
from notifications.rules import Rules
from workflow.org.office import Person

_CODE_BYTES = 24
ANSWERED_BY_BUTTONS = ("telegram",)
"""Channels with buttons of their own."""


def _signed(key: str, kind: str, content: str) -> str:
    """Return the secret part of an address of a kind. `key`: of the office, never empty."""
    code = hmac.digest(key.encode(), f"{kind}:{content}".encode(), sha256)[:_CODE_BYTES]
    return urlsafe_b64encode(code + content.encode()).decode().rstrip("=")


def _content(key: str, kind: str, token: str) -> str | None:
    """Return what the secret part of an address holds; None if the office did not issue it for that kind."""
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"==")[_CODE_BYTES:].decode()
    except ValueError:
        return None
    return content if key and hmac.compare_digest(token, _signed(key, kind, content)) else None


@dataclass(frozen=True, slots=True)
class ReminderLink:
    """The contents of the address for answering a reminder: the fingerprint of its notice, and its case."""

    mark: str
    case: str

    def find(self, notices: Iterable[Notice]) -> Notice | None:
        """Return the notice of the link among those of its case."""
        return next((notice for notice in notices if fingerprint(notice.key) == self.mark), None)


def answer_address(rules: Rules, notice: Notice) -> str:
    """Return the address for answering a reminder; "" without https pages, or where the channel has answer
    buttons.
    """
    if not rules.carries_secrets or notice.kind != "reminder" or notice.channel in ANSWERED_BY_BUTTONS:
        return ""
    return f"{rules.public_address}/answer/{answer_token(rules.link_key, notice)}"


def answer_token(key: str, notice: Notice) -> str:
    """Return the secret part of the address for answering a reminder."""
    return _signed(key, "answer", f"{fingerprint(notice.key)} {notice.case}")


def read_answer_token(key: str, token: str) -> ReminderLink | None:
    """Return the contents of the address for answering a reminder; None if the office did not issue it."""
    content = _content(key, "answer", token)
    return ReminderLink(*content.split(" ", 1)) if content else None


DAILY = "daily"
CHOICES = {DAILY: "", WEEKLY: WEEKLY}
"""How often a person may be reminded -> the stored value: one letter a day, or one a week."""


def choice_token(key: str, person: str) -> str:
    """Return the secret part of the address at which a person (key) chooses how often to be reminded."""
    return _signed(key, "digest", person)


def read_choice_token(key: str, token: str) -> str | None:
    """Return the person whose address for choosing it is; None if the office did not issue it."""
    return _content(key, "digest", token)


def choice_address(rules: Rules, person: str) -> str:
    """Return the address at which a person chooses how often to be reminded; "" without https pages."""
    if not rules.carries_secrets:
        return ""
    return f"{rules.public_address}/digest/{choice_token(rules.link_key, person)}"


def choice_of(person: Person) -> str:
    """Return the key in `CHOICES` of a person's present choice."""
    return WEEKLY if person.digest == WEEKLY else DAILY


def rarer_than(chosen: str, kind: NoticeKind) -> str:
    """Return the choice one click on a letter of that kind makes, rarer than the present one; "" for none."""
    return WEEKLY if kind in ("letter", "reminder", "moved") and chosen != WEEKLY else ""


@dataclass(frozen=True, slots=True)
class CampaignLink:
    """The contents of the address for answering a campaign.

    `number`: of the person in the campaign; `version`: the number of answers they gave before.
    """

    campaign: str
    number: int
    version: int


def campaign_token(key: str, link: CampaignLink) -> str:
    """Return the secret part of an address of a campaign; an answer makes it invalid."""
    return _signed(key, "campaign", f"{link.campaign} {link.number} {link.version}")


def read_campaign_token(key: str, token: str) -> CampaignLink | None:
    """Return the contents of an address of a campaign; None if the office did not issue it."""
    if not (content := _content(key, "campaign", token)):
        return None
    campaign, number, version = content.split()
    return CampaignLink(campaign, int(number), int(version))


def campaign_address(rules: Rules, link: CampaignLink) -> str:
    """Return the address at which a person answers a campaign."""
    return f"{rules.public_address}/confirm/{campaign_token(rules.link_key, link)}"
