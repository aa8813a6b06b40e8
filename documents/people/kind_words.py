"""Names of kinds of organisation in the table of people: the code, and words in three languages."""

from __future__ import annotations

from documents.people.words import titled
from documents.sheets.spelling import plain
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
    "oblast_akim_office": (
        *("облыс әкімінің аппараты", "аппарат акима области", "oblast akim office"),
        *("облыс әкімдігі", "акимат области"),
    ),
    "city_akim_office": (
        *("республикалық маңызы бар қала әкімінің аппараты", "аппарат акима города республиканского значения"),
        *("city akim office", "астана әкімінің аппараты", "аппарат акима столицы", "аппарат акима города"),
        *("қала әкімінің аппараты", "акимат города"),
    ),
    "district_akim_office": (
        *("аудан әкімінің аппараты", "аппарат акима района", "district akim office"),
        *("аппарат акима города областного значения", "облыстық маңызы бар қала әкімінің аппараты"),
        *("аудан әкімдігі", "акимат района"),
    ),
    "akim_apparatus": ("әкім аппараты", "аппарат акима", "akim apparatus", "әкімнің аппараты"),
    "city_department": (
        *("қала басқармасы", "управление города", "city administration", "қалалық басқарма"),
        "городское управление",
    ),
    "district_department": (
        *("аудан бөлімі", "отдел района", "district department", "аудандық бөлім", "районный отдел"),
        *("қала бөлімі", "отдел города", "қалалық бөлім", "городской отдел"),
    ),
    "oblast_department": (
        *("облыс басқармасы", "управление области", "oblast department", "облыстық басқарма"),
        "областное управление",
    ),
    "quasi_state": (
        *("квазимемлекеттік сектор субъектісі", "субъект квазигосударственного сектора", "quasi-state entity"),
        *("квазимемлекеттік сектор", "квазигосударственный сектор", "квазигоссектор"),
    ),
}
"""Kind -> further words for it, besides its titles in the catalogues."""

_KINDS = {plain(word): code for code in KINDS for word in (code, *_KIND_WORDS[code])}


def parse_kind(word: str, known: tuple[str, ...] = KINDS) -> str | None:
    """Return the known kind of organisation a word names; None if there is none."""
    if word.strip() in known:
        return word.strip()
    return _KINDS.get(plain(word)) or titled(word, "kind.", known)
