"""Answers of forms as values: dates, numbers, texts. What cannot be used is refused in one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from calendars import OutOfRange
from workflow.cases.commands.previews import Preview
from workflow.ports import Contradiction
from workflow.refusal import Refusal

LONGEST_TEXT = 4000
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?", re.ASCII)


class InvalidForm(Refusal):
    """An answer of the form that cannot be used; the sentence says which and what is asked."""


def status_of(refusal: object) -> int:
    """Return the HTTP status of a form that was refused: 409 where what others wrote stands against it."""
    return 409 if isinstance(refusal, Contradiction) else 422


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """What a form would do, for who sent it to confirm.

    `people`: how many would be told; `token`: what the confirmed form brings back.
    """

    preview: Preview
    people: int
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedForm:
    """A form that was not carried out: its name on the page, why, and what was typed into it.

    `confirmation`: it was not refused, it is to be confirmed.
    """

    form: str
    refusal: Refusal | OutOfRange | None
    answers: Mapping[str, str] = field(default_factory=dict)
    confirmation: Confirmation | None = None


def parse_date(text: str) -> date:
    """The day a date field names.

    Raises:
        BadForm: it is empty or names no day of the calendar.
    """
    text = text.strip()[:40]
    if not text:
        raise InvalidForm("web.refusal.no_date")
    match = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII)
    dotted = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text, re.ASCII)
    try:
        if match:
            return date(int(match[1]), int(match[2]), int(match[3]))
        if dotted:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    except ValueError:
        pass
    raise InvalidForm("web.refusal.bad_date", text=text)


def parse_numbers(answers: Mapping[str, str]) -> dict[str, Decimal]:
    """The numbers the form carries, by name; with a point or a comma.

    Raises:
        BadForm: one of them is no number.
    """
    found = {}
    for key, text in answers.items():
        part, _, name = key.partition(".")
        written = re.sub(r"\s", "", text).replace(",", ".")
        if part != "value" or not written:
            continue
        if not _NUMBER.fullmatch(written):
            raise InvalidForm("web.refusal.bad_number", value=name, text=text[:100])
        found[name] = Decimal(written)
    return found


def parse_whole_number(text: str, *, name: str = "") -> int:
    """A whole number from 1 to 9999.

    Raises:
        BadForm: it is none.
    """
    if not re.fullmatch(r"[1-9]\d{0,3}", text.strip(), re.ASCII):
        raise InvalidForm("web.refusal.bad_whole", name=name, text=text[:40])
    return int(text)


def parse_line(text: str) -> int:
    """The number of a line of the history.

    Raises:
        InvalidForm: it is none.
    """
    if not re.fullmatch(r"[1-9]\d{0,8}", text, re.ASCII):
        raise InvalidForm("web.refusal.no_record")
    return int(text)


def long_text(text: str) -> str:
    """What was typed into a text field, as one piece of clean text.

    Raises:
        BadForm: it is longer than anybody reads.
    """
    clean = "".join(mark for mark in text if mark.isprintable() or mark == "\n").strip()
    if len(clean) > LONGEST_TEXT:
        raise InvalidForm("web.refusal.too_long", most=LONGEST_TEXT, length=len(clean))
    return clean
