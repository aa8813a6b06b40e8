"""Kazakh, Russian and English: text catalogues, dates, values as sentences.

The other packages return codes with arguments; this one renders them for people. Loading is lazy: importing
this package reads no catalogue and no locale data.

    say("late", {"title": ..., "due": ..., "on": ..., "late_by": 2}, "ru")
"""

from __future__ import annotations

from i18n.entries import CatalogueError, UnknownCode, add_word, codes, knows
from i18n.languages import LANGUAGES, UnknownLanguage, available_language
from i18n.sentences import (
    MissingArgument,
    calendar_act,
    explain,
    explanation,
    inner,
    paragraph,
    refusal,
    row_number,
    say,
)
from i18n.values import (
    date_day,
    date_long,
    date_short,
    date_weekday,
    days_list,
    days_ranges,
    inflect,
    money,
    month_name,
    number,
    percent,
    period,
    plural,
    roman,
    span,
    weekday_short,
)

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
