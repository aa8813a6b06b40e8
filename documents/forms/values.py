"""What a form is filled with: values of each kind, how they are read from text and shown on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from documents.forms.form import Field
from documents.sheets.dates import Day, Span, read
from documents.sheets.unreadable import UnreadableCell
from i18n import date_long, knows, number, say, span

# What WordprocessingML cannot hold, or what the template's machinery would take for its own breaks.
_NOT_TEXT = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HOUR = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
_BLANKS = re.compile(r"[\s\u00a0\u202f]+")
NEW_PARAGRAPH = "\a"
TICKED, EMPTY = "☒", "□"
_YES = ("1", "yes", "true", "иә", "да", "x", "v", "+")
_NO = ("", "0", "no", "false", "жоқ", "нет", "-")


class UnreadableValue(UnreadableCell):
    """A value is none of the kind its field asks for."""


def title(field: str, language: str) -> str:
    """What a field is called."""
    code = f"form.field.{field}"
    return say(code, {}, language) if knows(code) else field


def parsed(field: Field, texts: Sequence[str]) -> object:
    """The value people mean by a text; a list takes several, anything else the last.

    Raises:
        UnreadableValue: no such date, number or hour.
    """
    if field.kind == "list":
        return tuple(text for text in texts if text.strip())
    text = texts[-1].strip()
    match field.kind:
        case "date":
            said = _read(field, text)
            if isinstance(said, Day):
                return said.on
            raise _unreadable(field, text)
        case "span":
            said = _read(field, text)
            if isinstance(said, Span):
                return (said.first, said.last)
            raise _unreadable(field, text)
        case "hour":
            if found := _HOUR.fullmatch(text):
                return f"{int(found[1]):02}:{found[2]}"
            raise _unreadable(field, text)
        case "number" | "year":
            if text.isascii() and text.isdecimal() and len(text) < 10:
                return int(text)
            raise _unreadable(field, text)
        case "amount":
            return _amount(field, text)
        case "box":
            if text.casefold() in (*_YES, *_NO):
                return text.casefold() in _YES
            raise _unreadable(field, text)
        case _:
            return text


def shown(field: Field, value: object, language: str) -> str | None:
    """A value as it stands on the paper; None where it is not known."""
    match value:
        case None | () | []:
            return None
        case bool():
            return TICKED if value else EMPTY
        case date():
            text = date_long(value, language)
        case (date() as first, date() as last):
            text = span(first, last, language)
        case int() | Decimal() if field.kind == "amount":
            text = say("form.tenge", {"amount": number(value, language)}, language)
        case int() if field.kind == "year":
            text = str(value)
        case int() | Decimal():
            text = number(value, language)
        case _:
            text = clean(str(value))
    if not text.strip():
        return None
    return text if field.shown is None else field.shown[language].format(value=text)


def items(value: object) -> tuple[str, ...]:
    """The items of a list, each one text."""
    if isinstance(value, str):
        value = value.split("\n")
    listed = value if isinstance(value, Sequence) else ()
    return tuple(text for text in (clean(str(item)) for item in listed) if text.strip())


def blank(field: Field, language: str, *, year: object = None) -> str:
    """What is left for the hand: a line, an official date without its day, an empty box."""
    if field.optional:
        return ""
    # Twenty and a line, unless the form says of which year it is.
    of = str(year) if year else "20___"
    if field.blank is not None:
        return field.blank[language].format(year=of)
    match field.kind:
        case "date":
            return say("form.blank.date", {"year": of}, language)
        case "span":
            return say("form.blank.span", {}, language)
        case "hour":
            return "____:____"
        case "year":
            return "20___"
        case "amount":
            return say("form.tenge", {"amount": "_" * 12}, language)
        case "box":
            return EMPTY
        case "long":
            return NEW_PARAGRAPH.join(["_" * 60] * field.lines)
        case _:
            return _ruled(field.line)


def clean(text: str) -> str:
    """Letters only: nothing a word processor would choke on, each new line a paragraph of its own."""
    plain = _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.strip().replace("\n", NEW_PARAGRAPH)


def told(parts: Sequence[tuple[str, str]], language: str, *, between: str = NEW_PARAGRAPH) -> str:
    """Several parts of a row in one cell, each under its title; what speaks for itself without one."""
    own = ("text", "description", "status", "subsection", "name", "post", "object")
    return between.join(
        value if name in own else say("form.part", {"title": title(name, language), "value": value}, language)
        for name, value in parts
    )


def known(values: Mapping[str, object], field: Field, language: str) -> object:
    """The value of a field, or what the documents themselves say where nobody says otherwise."""
    value = values.get(field.id)
    if value in (None, "", (), []) and field.default is not None:
        return field.default[language]
    return value


def _ruled(length: int) -> str:
    """A line that may go on in the next one: a justified line is not torn apart before it."""
    return "\u200b".join("_" * min(5, length - done) for done in range(0, length, 5))


def _read(field: Field, text: str) -> object:
    try:
        return read(text, where=field.id)
    except UnreadableCell:
        raise _unreadable(field, text) from None


def _amount(field: Field, text: str) -> Decimal:
    try:
        value = Decimal(_BLANKS.sub("", text).replace(",", "."))
    except InvalidOperation:
        raise _unreadable(field, text) from None
    if not value.is_finite() or value < 0 or value >= 10**15:
        raise _unreadable(field, text)
    return value


def _unreadable(field: Field, text: str) -> UnreadableValue:
    return UnreadableValue("form_value_unreadable", text=text, field=field.id, kind=field.kind)
