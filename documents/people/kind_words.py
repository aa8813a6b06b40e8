"""How the table of people may call a kind of organisation: its code, and the words of three languages."""

from __future__ import annotations

from documents.sheets.spelling import plain
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS

_KIND_WORDS: dict[str, tuple[str, ...]] = {
    "central_body": (
        *("орталық мемлекеттік орган", "центральный государственный орган", "central body"),
        *("министрлік", "министерство", "ministry", "агенттік", "агентство"),
    ),
    "committee": ("комитет", "комитет", "committee", "ведомство"),
    "territorial_department": (
        *("аумақтық бөлімше", "территориальное подразделение", "territorial department"),
        *("аумақтық департамент", "территориальный департамент", "территориальный орган"),
    ),
    "oblast_akim_office": ("облыс әкімінің аппараты", "аппарат акима области", "oblast akim office"),
    "city_akim_office": (
        *("республикалық маңызы бар қала әкімінің аппараты", "аппарат акима города республиканского значения"),
        *("city akim office", "астана әкімінің аппараты", "аппарат акима столицы", "аппарат акима города"),
        "қала әкімінің аппараты",
    ),
    "district_akim_office": (
        *("аудан әкімінің аппараты", "аппарат акима района", "district akim office"),
        *("аппарат акима города областного значения", "облыстық маңызы бар қала әкімінің аппараты"),
    ),
    "oblast_department": ("облыс басқармасы", "управление области", "oblast department", "облыстық басқарма"),
    "quasi_state": (
        *("квазимемлекеттік сектор субъектісі", "субъект квазигосударственного сектора", "quasi-state entity"),
        *("квазимемлекеттік сектор", "квазигосударственный сектор", "квазигоссектор"),
    ),
}
"""Kind -> the words for it, the first three being its titles in Kazakh, Russian and English."""

KIND_TITLES = tuple(Text(*_KIND_WORDS[code][:3]) for code in KINDS)
"""What each kind may be called, for a refusal."""

_KINDS = {plain(word): code for code in KINDS for word in (code, *_KIND_WORDS[code])}


def kind(word: str) -> str | None:
    """The kind a word names, one of workflow.org.kinds.KINDS; None when it names none."""
    return _KINDS.get(plain(word))
