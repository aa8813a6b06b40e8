"""Kazakh, Russian and English: text catalogues, dates, values as sentences.

The other packages return codes with arguments; this one renders them for people. Loading is lazy: importing
this package reads no catalogue and no locale data.

    say("late", {"title": ..., "due": ..., "on": ..., "late_by": 2}, "ru")
"""

from __future__ import annotations

from i18n.dates import (
    date_day,
    date_long,
    date_short,
    date_weekday,
    days_list,
    days_ranges,
    inflect,
    month_name,
    period,
    span,
    weekday_short,
)
from i18n.entries import CatalogueError, UnknownCode, add_word, codes, knows
from i18n.formats import calendar_act, inner, paragraph, row_number
from i18n.languages import LANGUAGES, UnknownLanguage, available_language
from i18n.numbers import money, number, percent, plural, roman
from i18n.sentences import MissingArgument, explain, explanation, refusal, say

__all__ = [
    "LANGUAGES",
    "CatalogueError",
    "MissingArgument",
    "UnknownCode",
    "UnknownLanguage",
    "add_word",
    "available_language",
    "calendar_act",
    "codes",
    "date_day",
    "date_long",
    "date_short",
    "date_weekday",
    "days_list",
    "days_ranges",
    "explain",
    "explanation",
    "inflect",
    "inner",
    "knows",
    "money",
    "month_name",
    "number",
    "paragraph",
    "percent",
    "period",
    "plural",
    "refusal",
    "roman",
    "row_number",
    "say",
    "span",
    "weekday_short",
]
