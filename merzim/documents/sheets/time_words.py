"""Splits a text about a date or term, in Russian or Kazakh, into lexemes: numbers, months, prepositions, units.

Every number, word and mark of the text becomes a lexeme (brackets, quotation marks and the dots of
abbreviations aside), so that the grammar in `written_time` can see that nothing was left over. A word of no
known kind is a lexeme of the kind "?".
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal, NamedTuple

Case = Literal["", "from", "to", "of"]
"""The Kazakh case that carries a meaning of its own: `сәуірден`, `сәуірге`, `сәуірдің`."""


class Lexeme(NamedTuple):
    """One number, word or mark. `value`: its number, if it has one; `width`: the digits of a number."""

    kind: str
    value: int = 0
    case: Case = ""
    width: int = 0


_KK_CASE = r"(?P<from>[дтн][ае]н)|(?P<to>[ғгқк][ае]|н?[ае])|(?P<of>[ндт][ыі]ң)|(?:[дт][ае])?(?:[ғг][ыі])?"
_KK_ENDING = rf"(?:с?[ыі]н?)?(?:{_KK_CASE})"
_RU_SOFT, _RU_HARD, _RU_ADJECTIVE = (
    "(?:ь|я|ю|е|ем)",
    "(?:а|у|е|ом)?",
    "(?:ый|ий|ой|ая|яя|ое|ее|ого|его|ому|ему|ым|им|ом|ем|ую|ых|их|ые|ие|ти|и|х)",
)
_MONTHS = (
    (rf"январ{_RU_SOFT}|янв", "қаңтар"),
    (rf"феврал{_RU_SOFT}|февр?", "ақпан"),
    (rf"март{_RU_HARD}|мар", "наурыз"),
    (rf"апрел{_RU_SOFT}|апр", "сәуір"),
    (r"ма(?:й|я|ю|е|ем)", "мамыр"),
    (rf"июн{_RU_SOFT}|июн", "маусым"),
    (rf"июл{_RU_SOFT}|июл", "шілде"),
    (rf"август{_RU_HARD}|авг", "тамыз"),
    (rf"сентябр{_RU_SOFT}|сент?", "қыркүйе[кг]"),
    (rf"октябр{_RU_SOFT}|окт", "қазан"),
    (rf"ноябр{_RU_SOFT}|нояб?", "қараша"),
    (rf"декабр{_RU_SOFT}|дек", "желтоқсан"),
)
_ORDINALS = (
    (rf"перв{_RU_ADJECTIVE}", "бірінші"),
    (rf"втор{_RU_ADJECTIVE}", "екінші"),
    (r"трет(?:ий|ья|ье|ьего|ьей|ьем|ью)", "үшінші"),
    (rf"четверт{_RU_ADJECTIVE}", "төртінші"),
)
_CARDINALS = {
    1: r"один|одн(?:а|о|ого|ой|у|ому)|бір",
    2: r"два|две|двух|екі",
    3: r"три|трех|үш",
    4: r"четыре|четырех|төрт",
    5: r"пят[ьи]|бес",
    6: r"шест[ьи]|алты",
    7: r"сем[ьи]|жеті",
    8: r"восем[ьи]|восьми|сегіз",
    9: r"девят[ьи]|тоғыз",
    10: r"десят[ьи]|он",
    12: r"двенадцат[ьи]|онекі",
    15: r"пятнадцат[ьи]|онбес",
    20: r"двадцат[ьи]|жиырма",
    30: r"тридцат[ьи]|отыз",
}
# Kind, value, the Russian words (a pattern of the whole word), the stems of the Kazakh ones.
_WORDS: tuple[tuple[str, int, str, str], ...] = (
    *(("month", number, *names) for number, names in enumerate(_MONTHS, 1)),
    *(("ordinal", number, *names) for number, names in enumerate(_ORDINALS, 1)),
    *(("cardinal", number, pattern, "") for number, pattern in _CARDINALS.items()),
    ("year", 0, r"гг?|год(?:а|у|е|ом|ы|ов|ах|ам)?|лет", r"жж?|жыл(?:дар)?"),
    ("quarter", 0, r"кв|квартал(?:а|у|е|ом|ы|ов|ах|ам)?", "тоқсан(?:дар)?"),
    ("half_year", 0, r"полугоди(?:е|я|ю|и|ем)|полгода", "жартыжыл(?:ды[қғ])?"),
    ("decade", 0, r"декад(?:а|ы|е|у|ой)", "онкүнді[кг]"),
    ("half", 0, r"половин(?:а|ы|е|у|ой)", "жарты"),
    ("months", 0, r"мес|месяц(?:а|у|е|ем|ы|ев|ам|ах)?", "ай(?:лар)?"),
    ("weeks", 0, r"недел(?:я|и|ю|ь|е|ей)", "апта"),
    ("day", 0, r"дн|день|дн(?:я|ю|е|ем|ей|и)|сут(?:ки|ок)", "күн"),
    ("working", 0, rf"раб|рабоч{_RU_ADJECTIVE}", "жұмыс"),
    ("calendar", 0, rf"кал|календ|календарн{_RU_ADJECTIVE}", "күнтізбелік"),
    ("monthlong", 0, rf"месячн{_RU_ADJECTIVE}", "айлық"),
    ("daylong", 0, rf"дневн{_RU_ADJECTIVE}", "күндік"),
    ("of_month", 0, r"числ(?:о|а|у|е)", "жұлдыз"),
    ("end", 0, r"конец|конц(?:а|у|е|ом)", "соң|ая[қғ]"),
    ("from", 0, r"со?|от|начиная", ""),
    ("until", 0, r"до|ко?", ""),
    ("through", 0, r"по", ""),
    ("no_later", 0, r"непозднее", ""),
    ("in", 0, r"во?|на", ""),
    ("for", 0, r"за", ""),
    ("within", 0, r"втечение|впериод", ""),
    ("plus", 0, r"плюс", ""),
    ("between", 0, r"между", ""),
    ("after", 0, r"после|через|спустя", ""),
    ("and", 0, r"и|[мбп]ен|және", ""),
    ("inclusive", 0, r"включительно|включая|вкл(?:юч)?", ""),
    ("term", 0, r"срок(?:и|ом|а|у)?", "мерзім"),
    ("kk_until", 0, r"дейін|дейінгі|шейін|қарай", ""),
    ("kk_no_later", 0, r"кешіктірмей|кешіктірілмей|кешіктірмейтін", ""),
    ("kk_from", 0, r"бастап|бастапқы", ""),
    ("kk_between", 0, r"аралығында(?:ғы)?|аралығы|арасында(?:ғы)?|кезеңі(?:нде)?", ""),
    ("kk_within", 0, r"ішінде(?:гі)?|бойы|бойында", ""),
    ("kk_after", 0, "кейін", ""),
    ("kk_before", 0, r"бұрын", ""),
    ("every", 0, r"кажд(?:ый|ая|ое|ого|ом|ую|ой)|сайын|әр(?:бір)?", ""),
    ("quarterly", 0, r"ежеквартально|поквартально|quarterly", ""),
    ("monthly", 0, r"ежемесячно|помесячно|monthly", ""),
    ("yearly", 0, r"ежегодно|yearly|annually", ""),
    ("at_least", 0, r"кемінде", ""),
    ("times", 0, r"раза?|рет|мероприяти(?:е|я|й)|ісшара|семинар(?:а|ов)?|заняти(?:е|я|й)", ""),
    ("next", 0, rf"следующ{_RU_ADJECTIVE}", "кейінгі|келесі"),
    ("reported", 0, rf"отчетн{_RU_ADJECTIVE}|период(?:ом|а|у)?", "есепті"),
    ("approval", 0, r"утверждени[яею]|бекітілген", ""),
    ("plan", 0, r"план(?:а|у|ом)?", "жоспар"),
    ("hour", 0, r"ч|час(?:а|ов|ам)?|сағат(?:та|қа)?|сағ", ""),
    ("q", 0, r"q", ""),
)
_PATTERNS = tuple(
    (kind, value, re.compile(ru + (rf"|(?:{kk}){_KK_ENDING}" if kk else ""))) for kind, value, ru, kk in _WORDS
)
# Words that belong together, in lower case.
_PHRASES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bне\s+поз(?:днее|же)(?:\s*,?\s+чем)?\b", "непозднее"),
        (r"\b(?:в|за|на)\s+период(?:е)?\b", "впериод"),
        (r"\b(?:в\s+течени[еи]|на\s+протяжении)\b", "втечение"),
        (r"\bне\s+(?:менее|реже)(?:\s+чем)?\b|\bкак\s+минимум\b|\bкем\s+дегенде\b", "кемінде"),
        (r"\bжарты\s+жыл", "жартыжыл"),
        (r"\bон\s+(күнді|екі|бес)", r"он\1"),
        (r"\bіс[- ]шара(?:лар)?\b", "ісшара"),
        (r"\bқоса\s+алғанда\b", "включительно"),
        (r"\bдейінгі\s+мерзім(?:де|ге)\b", "дейін"),
        (r"\b([iіv]{1,3})-(?:[ыои]?й|о?го|о?м)\b", r"\1"),
        (r"\bр[./]\s?д\b", "рабочих дней"),
        (r"\bк\.\s?д\b", "календарных дней"),
        # A time of the day is understood, and no part of the date.
        (
            r"(?:(?:\b(?:в|с|до|сағат|сағ\.)|-)\s*|(?<=\d)t)?(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
            r"(?:z|\+\d\d:?\d\d)?(?![\d:])",
            " ",
        ),
    )
)
_NUMBER_ENDING = rf"(?:[ыоа]?й|ая|[оы]?е|ого|го|[оу]?му|о?м|ой|ую|х|ти|ми|(?:[ыі]?н)?ш[ыі]|{_KK_ENDING})"
_TOKEN = re.compile(
    rf"(?P<number>\d+)(?:-?(?=[^\W\d_]){_NUMBER_ENDING}(?![^\W\d_]))?|(?P<word>[^\W\d_]+)|(?P<mark>\S)"
)
_MARKS = {".": "dot", ",": "comma", ";": "comma", "-": "dash", "/": "slash", "+": "plus"}
_DROPPED = re.compile(r"[«»\"“”„'()\[\]]|(?<=[^\W\d_])[.:]|[\s.,;:]+$|^[\s.,;:]+")
_DASH = re.compile(r"[-‐‑‒–—―−]+")
_ROMAN = str.maketrans({"і": "i", "ӏ": "i", "l": "i", "ѵ": "v"})
_NUMERALS = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_CYRILLIC = str.maketrans("aceopxykmthbi", "асеорхукмтнві")
"""Latin letters that look like Cyrillic ones and are typed in their place: `aпреля`."""


def lexemes(text: str) -> tuple[Lexeme, ...]:
    """Return the numbers, words and marks of a text in order; unknown words are of the kind "?"."""
    line = _DASH.sub("-", unicodedata.normalize("NFKC", text).lower().replace("ё", "е"))
    for pattern, words in _PHRASES:
        line = pattern.sub(words, line)
    return tuple(_lexeme(match) for match in _TOKEN.finditer(_DROPPED.sub(" ", line)))


def unknown_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that name no day, period or number, as written."""
    words = re.findall(r"[^\W\d_]+", text)
    return tuple(word for word in words if lexemes(word) and all(part.kind == "?" for part in lexemes(word)))


def _lexeme(match: re.Match[str]) -> Lexeme:
    if number := match["number"]:
        if len(number) > 4 or not number.isascii():
            return Lexeme("?")
        return Lexeme("number", int(number), _case(match), len(number))
    if word := match["word"]:
        return _word(word)
    return Lexeme(_MARKS.get(match["mark"], "?"))


@cache
def _word(word: str) -> Lexeme:
    """Return the lexeme of a word, also where Latin letters stand among its Cyrillic ones."""
    if roman := _NUMERALS.get(word.translate(_ROMAN)):
        return Lexeme("ordinal", roman)
    for spelling in dict.fromkeys((word, word.translate(_CYRILLIC))):
        for kind, value, pattern in _PATTERNS:
            if match := pattern.fullmatch(spelling):
                return Lexeme(kind, value, _case(match))
    return Lexeme("?")


def _case(match: re.Match[str]) -> Case:
    """Return the Kazakh case a match found; "" where its ending carries no meaning of its own."""
    groups = match.groupdict()
    return next((case for case in ("from", "to", "of") if groups.get(case)), "")
