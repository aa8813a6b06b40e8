"""Explanations of due dates as data, without sentences in any language.

Only i18n turns elements into sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """One statement of an explanation.

    Attributes:
        code: which statement this is (a key of the catalogues of i18n/).
        arguments: what fills the statement: numbers, dates, tuples of dates, codes, titles by language.
        on: the date the statement speaks of, if it speaks of one.
        act: id of the act the statement rests on, if it rests on one.
    """

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    on: date | None = None
    act: str | None = None


Explanation = tuple[Element, ...]
