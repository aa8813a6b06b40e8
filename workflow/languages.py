"""The languages of the law (Kazakh, Russian, English), and which of them stands in for each further language.

Texts of the law and names exist in these three only. An installation may add languages (`i18n.further`); their
readers get such texts in one of the three.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("kk", "ru", "en")
"""Every title and text of the law is written in these."""
PAPER_LANGUAGES = ("kk", "ru")
"""Documents to sign are written in these; English is only for reading the list of forms."""
KAZAKH_LETTERS = "әғқңөұүһі"
"""Letters of Kazakh that Russian lacks: by them texts that name no language are told apart."""

_stand_ins: dict[str, str] = {}


def set_law_languages(stand_ins: Mapping[str, str]) -> None:
    """Set the further languages, each with the language of the law that is read instead."""
    _stand_ins.clear()
    _stand_ins.update(stand_ins)


def law_language(language: str) -> str:
    """Return the language in which readers of a language get texts of the law."""
    return _stand_ins.get(language, language)
