"""Kazakh, Russian and English: text catalogues, dates, values as sentences.

The other packages return codes with arguments; this one renders them for people. Loading is lazy: importing
this package reads no catalogue and no locale data.

    say("late", {"title": ..., "due": ..., "on": ..., "late_by": 2}, "ru")
"""

from __future__ import annotations

from i18n.entries import (
    CatalogueError as CatalogueError,
    UnknownCode as UnknownCode,
    add_word as add_word,
    codes as codes,
    knows as knows,
)
from i18n.languages import LANGUAGES as LANGUAGES, available_language as available_language
from i18n.sentences import (
    calendar_act as calendar_act,
    explain as explain,
    inner as inner,
    paragraph as paragraph,
    refusal as refusal,
    row_number as row_number,
    say as say,
)
from i18n.values import (
    date_day as date_day,
    date_long as date_long,
    date_short as date_short,
    date_weekday as date_weekday,
    days_list as days_list,
    days_ranges as days_ranges,
    inflect as inflect,
    money as money,
    month_name as month_name,
    number as number,
    percent as percent,
    period as period,
    plural as plural,
    span as span,
    titled as titled,
    weekday_short as weekday_short,
)
