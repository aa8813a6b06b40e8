"""Form fields of units and people: parses submitted values, or explains what is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from documents.sheets.email_address import is_address
from web.pages.administration.time_forms import time_typed
from web.ui.form_values import parse_date
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES, OF_A_PERSON, OUTSIDE, Office, Person, Unit
from workflow.refusal import Refusal

LONGEST = 200
HELD = tuple(duty for duty in DUTIES if duty not in OF_A_PERSON and duty != OUTSIDE)
"""Duties somebody may hold for good."""
DIGESTS = ("", "daily", "weekly")
LANGUAGES = ("kk", "ru", "en")
AWAY = 6
"""Rows for leave a form has at least room for."""


class BadStaff(Refusal):
    """A submitted value of a unit, person or account is invalid."""


def mark(value: Unit | Person | None) -> str:
    """Return the fingerprint of a value, which a form carries to detect concurrent changes."""
    return sha256(repr(value).encode()).hexdigest()[:20] if value is not None else ""


def tidy(text: str) -> str:
    """Return the text in one line with single spaces; control characters become spaces."""
    spaced = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text
    )
    return " ".join(spaced.split())


def unit_of(texts: Mapping[str, str], office: Office, was: Unit | None) -> Unit:
    """Return the unit a form describes.

    Raises:
        BadStaff: no name, a name in use, an unknown parent or kind, a cycle.
        BadOfficeTime: unreadable hours or days.
    """
    name = _text(texts, "name", required=True)
    other = office.unit_named.get(name.casefold())
    if other is not None and (was is None or other != was.id):
        raise BadStaff("web.staff.unit_taken", name=name)
    id = was.id if was is not None else name
    parent = texts.get("parent", "") or None
    kind = texts.get("kind", "")
    through = texts.get("uploads_through", "") or None
    for unit in filter(None, (parent, through)):
        if unit not in office.units:
            raise BadStaff("web.staff.unit_unknown", unit=unit)
    if was is not None and parent is not None and parent in office.below(was.id):
        raise BadStaff("web.staff.unit_circle", name=name, parent=office.units[parent].name)
    if kind and kind not in KINDS:
        raise BadStaff("web.staff.kind_unknown", kind=kind)
    return Unit(
        id=id,
        name=name,
        parent=parent,
        kind=kind,
        uploads_through=through if through != id else None,
        time=time_typed(texts),
        acts=tuple(texts.get("acts", "").split()),
    )


def person_of(texts: Mapping[str, str], duties: list[str], office: Office, was: Person | None) -> Person:
    """Return the person a form describes. The key never changes, as reminders and links refer to it.

    Raises:
        BadStaff: no name, an unknown unit, duty or deputy, an e-mail that is none or somebody else's, leave
            that ends before it begins.
        InvalidForm: a date that is none.
    """
    name = _text(texts, "name", required=True)
    unit = texts.get("unit", "")
    if unit not in office.units:
        raise BadStaff("web.staff.unit_unknown", unit=tidy(unit))
    email = _text(texts, "email").lower() or None
    if email and not is_address(email):
        raise BadStaff("web.staff.email_malformed", email=email)
    key = was.key if was else email or f"{unit} / {name}"
    for other in office.people.values():
        if other.key != key and email and email in ((other.email or "").casefold(), other.key):
            raise BadStaff("web.staff.email_taken", email=email, name=other.name)
    if was is None and key in office.people:
        raise BadStaff("web.staff.person_taken", name=name)
    wrong = [duty for duty in duties if duty not in HELD]
    if wrong:
        raise BadStaff("web.staff.duty_unknown", duty=tidy(wrong[0]))
    language, digest = texts.get("language", "kk"), texts.get("digest", "")
    return Person(
        key=key,
        name=name,
        unit=unit,
        post=_text(texts, "post"),
        duties=tuple(duty for duty in HELD if duty in duties),
        email=email,
        language=language if language in LANGUAGES else "kk",
        away=_away(texts),
        deputy=_deputy(_text(texts, "deputy"), office, key),
        digest=digest if digest in DIGESTS else "",
    )


def _text(texts: Mapping[str, str], field: str, *, required: bool = False) -> str:
    text = tidy(texts.get(field, ""))
    if required and not text:
        raise BadStaff("web.staff.no_name")
    if len(text) > LONGEST:
        raise BadStaff("web.staff.too_long", text=text[:40], most=LONGEST)
    return text


def _away(texts: Mapping[str, str]) -> tuple[tuple[date, date], ...]:
    spans = []
    for n in range(40):
        first, last = (texts.get(f"away_{end}_{n}", "").strip() for end in ("first", "last"))
        if not first and not last:
            continue
        if not first or not last:
            raise BadStaff("web.staff.away_half")
        begins, ends = parse_date(first), parse_date(last)
        if ends < begins:
            raise BadStaff("web.staff.away_backwards", first=begins, last=ends)
        spans.append((begins, ends))
    return tuple(sorted(set(spans)))


def _deputy(text: str, office: Office, key: str) -> str | None:
    if not text:
        return None
    wanted = text.casefold()
    found = [
        one for one in office.people.values() if wanted in (one.key.casefold(), (one.email or "").casefold())
    ]
    found = found or [one for one in office.people.values() if wanted == one.name.casefold()]
    if len(found) != 1:
        raise BadStaff("web.staff.deputy_unknown" if not found else "web.staff.deputy_several", text=text)
    if found[0].key == key:
        raise BadStaff("web.staff.deputy_self")
    return found[0].key
