"""Names of duties, languages and kinds of organisation in the table of people: codes, and their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from i18n import knows, say
from merzim.documents.sheets.texts import plain, tidy
from workflow.languages import LANGUAGES
from workflow.law.procedure import Text
from workflow.org.kinds import KINDS
from workflow.org.office import DUTIES

_DUTY_WORDS: dict[str, tuple[str, ...]] = {
    "authorised_person": ("authorized person",),
    "head": ("руководитель организации", "ұйым басшысы", "председатель правления", "басқарма төрағасы"),
    "head_of_unit": ("начальник подразделения", "бөлім басшысы", "начальник отдела", "руководитель отдела"),
    "object_unit": (
        *("талдау объектісі", "объект анализа", "объект", "подразделение объекта", "объект бөлімшесі"),
        "объектінің бөлімшесі",
    ),
    "deputy": ("басшының орынбасары", "заместитель руководителя"),
    "hr": (
        *("кадр қызметі", "кадровая служба", "персонал", "кадры", "персоналды басқару"),
        "управление персоналом",
    ),
    "officer": ("комплаенс офицер", "compliance officer", "мерзімдерге жауапты", "ответственный за сроки"),
    "prevention_unit": ("алдын алу бөлімшесі", "служба предупреждения коррупции"),
    "compliance_officer": (
        *("комплаенс қызметі", "комплаенс-служба", "compliance service"),
        "сыбайлас жемқорлыққа қарсы комплаенс қызметі",
    ),
    "internal_security": ("өзіндік қауіпсіздік", "собственная безопасность"),
    "procurement_unit": ("мемлекеттік сатып алу", "государственные закупки"),
    "collegial_body": ("комиссия",),
    "account_holder": ("владелец учётной записи", "есептік жазба иесі"),
    "outside": ("outside body",),
}
"""Duty -> further words for it, besides its titles in the catalogues.

The duties `officer`, `authorised_person` and `head` give access to the whole office: their words are few, and
none of them is said of an executor as well.
"""
EXECUTOR = ""
"""What a word for somebody who carries out work names: no duty, and no more access than everybody has."""
_EXECUTOR_WORDS = (
    *("исполнитель", "ответственный", "ответственный исполнитель", "ответственный сотрудник"),
    *("ответственный работник", "ответственное лицо", "член рабочей группы", "рабочая группа"),
    *("орындаушы", "жауапты", "жауапты орындаушы", "жауапты қызметкер", "жауапты тұлға"),
    *("жұмыс тобының мүшесі", "жұмыс тобы", "executor", "responsible", "responsible employee"),
)

_LANGUAGE_WORDS = {
    "kk": ("kk", "kz", "каз", "қаз", "қазақ", "қазақша", "қазақ тілі", "казахский", "kazakh"),
    "ru": ("ru", "рус", "орыс", "орысша", "орыс тілі", "русский", "russian"),
    "en": ("en", "eng", "англ", "ағылшын", "ағылшынша", "ағылшын тілі", "английский", "english"),
}
# Titles take precedence over codes: "compliance officer" has always meant the person notified if nobody else
# can be.
_DUTIES = {plain(code): code for code in DUTIES} | {
    plain(word): code for code in reversed(DUTIES) for word in _DUTY_WORDS.get(code, ())
}
_EXECUTORS = {plain(word) for word in _EXECUTOR_WORDS}
_LANGUAGES = {plain(word): code for code, words in _LANGUAGE_WORDS.items() for word in words}


@cache
def titles(prefix: str, codes: tuple[str, ...]) -> tuple[Text, ...]:
    """Return the catalogue titles of these codes: entries "duty." or "kind." followed by the code."""
    return tuple(Text(*(say(prefix + code, {}, language) for language in LANGUAGES)) for code in codes)


def titled(word: str, prefix: str, codes: tuple[str, ...]) -> str | None:
    """Return the code whose title in any language is that word; None if there is none."""
    return _by_title(prefix, codes).get(plain(word))


@cache
def _by_title(prefix: str, codes: tuple[str, ...]) -> dict[str, str]:
    """Return title, in any language and plainly written, -> code."""
    code_titles = zip(codes, titles(prefix, codes), strict=True)
    return {plain(title[language]): code for code, title in code_titles for language in LANGUAGES}


def duty_title(duty: str, language: str) -> str:
    """Return the title of a duty; its code if it has no title any more."""
    return say(f"duty.{duty}", {}, language) if knows(f"duty.{duty}") else duty


def kind_title(kind: str, language: str) -> str:
    """Return the title of a kind of organisation; its code if it has no title any more, "" for none."""
    return say(f"kind.{kind}", {}, language) if knows(f"kind.{kind}") else kind


def parse_duty(word: str) -> str | None:
    """Return the known duty a word names, EXECUTOR for one of an executor; None if it names none."""
    if word.strip() in DUTIES:
        return word.strip()
    if plain(word) in _EXECUTORS:
        return EXECUTOR
    return _DUTIES.get(plain(word)) or titled(word, "duty.", DUTIES)


def duties(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield each duty named in a cell, as written and by its code (EXECUTOR for none, None for an unknown one).

    They are separated by commas, semicolons or lines; a title may itself contain a comma.
    """
    parts = [part for part in map(tidy, re.split(r"[\n;,]", text)) if part]
    while parts:
        ends = range(1, len(parts) + 1)
        named = (end for end in ends if parse_duty(" ".join(parts[:end])) is not None)
        count = next(named, 1)
        duty_text = ", ".join(parts[:count])
        yield duty_text, parse_duty(duty_text)
        del parts[:count]


def parse_language(word: str) -> str | None:
    """Return the language a word names (kk, ru or en); None if it names none."""
    return _LANGUAGES.get(plain(word))


_KIND_WORDS: dict[str, tuple[str, ...]] = {
    "central_body": ("министрлік", "министерство", "ministry", "агенттік", "агентство"),
    "committee": ("комитет", "ведомство"),
    "territorial_department": ("аумақтық департамент", "территориальный департамент", "территориальный орган"),
    "oblast_akim_office": ("облыс әкімдігі", "акимат области"),
    "city_akim_office": (
        "республикалық маңызы бар қала әкімінің аппараты",
        *("аппарат акима города республиканского значения", "астана әкімінің аппараты"),
        *("аппарат акима столицы", "аппарат акима города", "қала әкімінің аппараты", "акимат города"),
    ),
    "district_akim_office": (
        *("аудан әкімінің аппараты", "аппарат акима района", "аппарат акима города областного значения"),
        *("облыстық маңызы бар қала әкімінің аппараты", "аудан әкімдігі", "акимат района"),
    ),
    "akim_apparatus": ("әкім аппараты", "аппарат акима", "әкімнің аппараты"),
    "city_department": (
        *("қала басқармасы", "управление города", "city administration", "қалалық басқарма"),
        "городское управление",
    ),
    "district_department": (
        *("аудан бөлімі", "отдел района", "аудандық бөлім", "районный отдел", "қала бөлімі"),
        *("отдел города", "қалалық бөлім", "городской отдел"),
    ),
    "oblast_department": ("облыстық басқарма", "областное управление"),
    "quasi_state": ("квазимемлекеттік сектор", "квазигосударственный сектор", "квазигоссектор"),
}
"""Kind -> further words for it, besides its titles in the catalogues."""

_KINDS = {plain(word): code for code in KINDS for word in (code, *_KIND_WORDS.get(code, ()))}


def parse_kind(word: str) -> str | None:
    """Return the known kind of organisation a word names; None if there is none."""
    if word.strip() in KINDS:
        return word.strip()
    return _KINDS.get(plain(word)) or titled(word, "kind.", KINDS)
