"""Addresses in letters at which a recipient chooses, without log-in, how often to be reminded.

Nobody can switch reminders off there: single letters come together in a digest, or come singly again. So a
leaked address does little harm.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256

from notifications.bundling import DAILY, SINGLE, WEEKLY
from notifications.digest_schedule import PERSONAL
from notifications.notice import NoticeKind
from notifications.rules import Rules
from workflow.org.office import Person

DEFAULT = "default"
CHOICES = {DEFAULT: "", DAILY: DAILY, WEEKLY: WEEKLY, SINGLE: SINGLE}
"""Possible choices -> their stored value; `default` removes a choice."""
REMINDING: tuple[NoticeKind, ...] = ("reminder", "moved", "moves", "collected")


def address_secret(key: str, person: str) -> str:
    """Return the secret part of a person's address: 43 characters derived from the office's key."""
    made = hmac.digest(key.encode(), f"digest:{person}".encode(), sha256)
    return urlsafe_b64encode(made).decode().rstrip("=")


def find_person(key: str, given: str, people: Iterable[str]) -> str | None:
    """Return the person (key) with that secret address; None when there is nobody."""
    if not key:
        return None
    return next((one for one in people if hmac.compare_digest(address_secret(key, one), given)), None)


def choice_address(rules: Rules, person: str) -> str:
    """Return the address at which a person chooses how often to be reminded; "" without https pages, or if the
    office sends no personal digests.
    """
    if not (rules.link_key and PERSONAL in rules.digests and rules.public_address.startswith("https://")):
        return ""
    return f"{rules.public_address}/digest/{address_secret(rules.link_key, person)}"


def choice_of(person: Person) -> str:
    """Return the key in `CHOICES` of a person's present choice."""
    return person.digest or DEFAULT


def rarer_than(chosen: str, kind: NoticeKind) -> str:
    """Return the next rarer frequency, chosen by one click on a letter of that kind; "" when there is none."""
    if kind in REMINDING and chosen in ("", SINGLE):
        return DAILY
    if kind == "digest" and chosen in ("", DAILY):
        return WEEKLY if chosen else DAILY
    return ""
