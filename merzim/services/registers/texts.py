"""Texts of register rows in the language of a paper: rows say a text once, or in Kazakh and in Russian.

Nobody is asked which of two texts is the Kazakh one: it is the one with more words that have letters Russian
lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from merzim.services.registers.results import FieldView, RowView
from workflow.languages import KAZAKH_LETTERS

_WORD = re.compile(r"[^\W\d_]+")


def row_in_language(row: RowView, fields: Iterable[FieldView], language: str) -> RowView:
    """Return a row whose texts are those in a language, where it has them, and without their translations."""
    values: dict[str, Any] = dict(row.values)
    pairs = {field.translation_of: field.id for field in fields if field.translation_of}
    both = [pair for pair in pairs.items() if all(map(values.get, pair))]
    # Short words tell nothing ("сот", "суд"): all the row says in two languages does.
    all_said = [_share(" ".join(str(row.values[name]) for name in names)) for names in zip(*both, strict=True)]
    for name, translated in pairs.items():
        text, translation = (str(values.pop(each, None) or "") for each in (name, translated))
        if (name, translated) in both:
            shares = [_share(text), _share(translation)]
            first, second = shares if shares[0] != shares[1] else all_said
            text = text if (first >= second) == (language == "kk") else translation
        if text or translation:
            values[name] = text or translation
    return row.model_copy(update={"values": values})


def _share(text: str) -> float:
    """Return the share of words with letters that only Kazakh has."""
    words = _WORD.findall(text.casefold())
    return (
        sum(any(letter in KAZAKH_LETTERS for letter in word) for word in words) / len(words) if words else 0.0
    )
