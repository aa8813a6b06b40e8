"""Texts of register rows in the language of a paper: rows say a text once, or in Kazakh and in Russian.

Nobody is asked which of two texts is the Kazakh one: it is the one with more words that have letters Russian
lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from merzim.services.registers.results import FieldView, RowView
from workflow.languages import KAZAKH_LETTERS

_WORD = re.compile(r"[^\W\d_]+")


def row_in_language(row: RowView, fields: Iterable[FieldView], language: str) -> RowView:
    """Return a row whose texts are those in a language, where it has them, and without their translations."""
    values: dict[str, Any] = dict(row.values)
    pairs = _pairs(fields)
    for name, translated in pairs.items():
        values.pop(translated, None)
        text = _in_language(row.values, name, pairs, language)
        if text:
            values[name] = text
    return row.model_copy(update={"values": values})


def _pairs(fields: Iterable[FieldView]) -> Mapping[str, str]:
    """Return text field -> the field of its translation."""
    return {field.translation_of: field.id for field in fields if field.translation_of}


def _in_language(values: Mapping[str, Any], name: str, pairs: Mapping[str, str], language: str) -> str:
    """Return which of a text and its translation is in a language; the only one where one is empty."""
    text, translated = (str(values.get(field_name) or "") for field_name in (name, pairs[name]))
    if not (text and translated):
        return text or translated
    mine, other = _share(text), _share(translated)
    if mine == other:
        # Short words tell nothing ("сот", "суд"): all the row says in two languages does.
        paired_fields = [
            (name, translation)
            for name, translation in pairs.items()
            if values.get(name) and values.get(translation)
        ]
        mine = _share(" ".join(str(values[name]) for name, _ in paired_fields))
        other = _share(" ".join(str(values[translation]) for _, translation in paired_fields))
    return text if (mine >= other) == (language == "kk") else translated


def _share(text: str) -> float:
    """Return the share of words with letters that only Kazakh has."""
    words = _WORD.findall(text.casefold())
    return (
        sum(any(letter in KAZAKH_LETTERS for letter in word) for word in words) / len(words) if words else 0.0
    )
