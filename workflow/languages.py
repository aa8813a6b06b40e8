"""The languages of the law, and which of them readers of a further language read instead of theirs.

What the law says, and what things and people are called, is in Kazakh, Russian and English. An installation may
speak more (`i18n.further`): each has one of the three that stands in for it.
"""

from __future__ import annotations

from collections.abc import Mapping

_stand_ins: dict[str, str] = {}


def set_law_languages(stand_ins: Mapping[str, str]) -> None:
    """Set the further languages, each with the one of the three that is read instead."""
    _stand_ins.clear()
    _stand_ins.update(stand_ins)


def law_language(language: str) -> str:
    """Return the language in which a reader of a language reads what the law says."""
    return _stand_ins.get(language, language)
