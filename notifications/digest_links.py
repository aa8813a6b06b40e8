"""The address in a letter where its reader chooses, without log-in, how often to be reminded.

Nobody can switch reminders off there: single letters come together in a digest, or come singly again. So
whoever finds the address can do no more harm than that.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256

from notifications.bundling import DAILY, WEEKLY
from notifications.digest_schedule import PERSONAL
from notifications.notice import NoticeKind
from notifications.rules import Rules

SINGLE = "single"
CHOICES = {SINGLE: "", DAILY: DAILY, WEEKLY: WEEKLY}
"""What somebody may choose -> how it is kept."""
REMINDING: tuple[NoticeKind, ...] = ("reminder", "moved", "moves", "collected")


def secret(key: str, person: str) -> str:
    """The secret part of somebody's address: 43 letters only the office's key makes."""
    made = hmac.digest(key.encode(), f"digest:{person}".encode(), sha256)
    return urlsafe_b64encode(made).decode().rstrip("=")


def whose(key: str, given: str, people: Iterable[str]) -> str | None:
    """The person (key) whose address has that secret part; None where it is nobody's."""
    if not key:
        return None
    return next((one for one in people if hmac.compare_digest(secret(key, one), given)), None)


def choice_address(rules: Rules, person: str) -> str:
    """Somebody's own page; "" where no page is reached over https, or the office keeps no personal digests."""
    if not (rules.link_key and PERSONAL in rules.digests and rules.public_address.startswith("https://")):
        return ""
    return f"{rules.public_address}/digest/{secret(rules.link_key, person)}"


def rarer_than(chosen: str, kind: NoticeKind) -> str:
    """What one click on a letter of that kind makes of it: the next rarer choice; "" where there is none."""
    if kind in REMINDING and chosen == "":
        return DAILY
    if kind == "digest" and chosen != WEEKLY:
        return WEEKLY
    return ""
