"""Values of form fields: formatting them for paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from i18n import date_long, inflect, knows, money, number, say, span
from merzim.documents.forms.definitions import Field

# What WordprocessingML cannot hold, or what the template's machinery would take for its own breaks.
_NOT_TEXT = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NEW_PARAGRAPH = "\a"
TICKED, EMPTY = "☒", "□"
_SIGNERS = ("chair", "secretary")
"""Fields that name people who sign."""
_SOFT_LETTERS = "БВГДЖЗЛМНПРСТЦЧЭЮІӘӨҮЕ"
"""Letters whose names have front vowels, or end in a consonant as if they had (for suffixes): ЖШС-нің."""


def title(field: str, language: str) -> str:
    """Return the title of a field by its id; the id itself where the catalogues have none."""
    code = f"form.field.{field}"
    return say(code, {}, language) if knows(code) else field


def format_value(field: Field, value: object, language: str) -> str | None:
    """Return a value formatted for the document; None if it is missing."""
    match value:
        case None | () | []:
            return None
        case _ if field.kind == "list":
            text = "; ".join(items(value))
        case bool():
            return TICKED if value else EMPTY
        case date():
            text = date_long(value, language)
        case (date() as first, date() as last):
            text = span(first, last, language)
        case int() | Decimal() if field.kind == "amount":
            text = say("form.tenge", {"amount": money(value, language)}, language)
        case int() if field.kind == "year":
            text = str(value)
        case int() | Decimal():
            text = number(value, language)
        case _:
            text = clean_text(str(value))
    return text if text.strip() else None


def variables(field: Field, value: object, language: str, *, year: object = None) -> dict[str, object]:
    """Return what a template may say of a field: its text, or a blank for handwriting; whether it is known
    (`_known`); a date used as an attribute or a Kazakh name in the genitive (`_of`); a name as in a signature
    (`_signed`). A list gives its numbered items.
    """
    if field.kind == "list":
        numbered = [f"{number}. {item}" for number, item in enumerate(items(value), 1)]
        return {field.id: numbered or ["_" * 60] * field.lines, f"{field.id}_known": bool(numbered)}
    text = format_value(field, value, language)
    said = inflected = placeholder(field, language, year=year) if text is None else text
    is_signer = field.id.endswith("_name") or field.id in _SIGNERS
    if text is not None and is_signer:
        inflected = signed_name(text)
    elif isinstance(value, date):
        inflected = date_long(value, language, "of")
    elif text is not None and language == "kk":
        inflected = genitive(text)
    variables = {field.id: said, f"{field.id}_known": text is not None}
    if field.kind in ("date", "text"):
        variables[f"{field.id}_signed" if is_signer and field.kind == "text" else f"{field.id}_of"] = inflected
    return variables


def signed_name(name: str) -> str:
    """Return a name as written beside a signature: "С. Жумагулов" for "Жумагулов Серик Маратович". A name of
    one word, of more than three, or with initials stays unchanged; up to three words do not wrap.
    """
    words = name.split()
    if len(words) > 3:
        return name
    if len(words) > 1 and "." not in name:
        words = [f"{words[1][0]}.", words[0]]
    return "\u00a0".join(words)


def genitive(name: str) -> str:
    """Return a Kazakh name in the genitive: "министрлігінің", "МКК-ның"; unchanged if it ends in no word."""
    word = name.rsplit(maxsplit=1)[-1] if name.strip() else ""
    if not word or not word[-1].isalpha():
        return name
    if len(word) > 1 and word.isupper():
        return f"{name}-{'нің' if word[-1] in _SOFT_LETTERS else 'ның'}"
    return name.removesuffix(word) + inflect(word, "genitive")


def items(value: object) -> tuple[str, ...]:
    """Return the items of a list that are not empty; a text has one in each line."""
    if isinstance(value, str):
        value = value.split("\n")
    elements = value if isinstance(value, Sequence) else ()
    return tuple(text for text in (clean_text(str(item)) for item in elements) if text.strip())


def placeholder(field: Field, language: str, *, year: object = None) -> str:
    """Return the placeholder for handwriting: a line, a date without its day, an empty box."""
    if field.optional:
        return ""
    # "20" and a line, unless the form states the year.
    of = str(year) if year else "20___"
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
            # It may wrap: a justified paragraph does not break before it.
            return "\u200b".join("_" * min(5, field.line - at) for at in range(0, field.line, 5))


def clean_text(text: str) -> str:
    """Return the text without control characters, each line break as a new paragraph."""
    plain = _NOT_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.strip().replace("\n", NEW_PARAGRAPH)


def join_parts(parts: Sequence[tuple[str, str]], language: str, *, between: str = NEW_PARAGRAPH) -> str:
    """Return several parts of a row as the text of one cell, each under its title where it needs one."""
    untitled_parts = ("text", "description", "status", "subsection", "name", "post", "object")
    pieces = list[str]()
    for name, value in parts:
        titled = title(name, language)
        if pieces and between != NEW_PARAGRAPH and not titled[:2].isupper():
            # It continues in the same line.
            titled = titled[:1].lower() + titled[1:]
        pieces.append(value if name in untitled_parts else f"{titled}: {value}")
    return between.join(pieces)
