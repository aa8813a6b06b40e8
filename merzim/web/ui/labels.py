"""Names the field of a refused form by its label, which the page alone knows.

A verb refuses a value by the name of its field. On a page the field has a label, another one in each form:
`mark_sentence` marks the sentence while the page is rendered, `fill_in_labels` then fills in the label that
stands there.
"""

from __future__ import annotations

import re
from itertools import product

_START, _FIELD, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_START}([^{_FIELD}]*){_FIELD}(.*?){_END}", re.DOTALL)
_LABEL = re.compile(r"<label\b([^>]*)>(.*?)</label>", re.DOTALL)
_NO_WORDS = re.compile(r"<(select|textarea)\b.*?</\1>|<[^>]*>", re.DOTALL)
FIELD = "\ue003"
"""Stands for the label in a marked sentence."""


def mark_sentence(field: str, sentence: str) -> str:
    """Return the sentence, marked as being about a field: `lines.0.case` is the field `case` of a list."""
    return f"{_START}{field}{_FIELD}{sentence}{_END}"


def fill_in_labels(text: str, otherwise: str) -> str:
    """Return a page whose marked sentences name the field by its label in their form.

    Args:
        otherwise: the sentence about a field without a label, which nobody typed.
    """

    def named(match: re.Match[str]) -> str:
        label = _label(text, match[1], match.start())
        return match[2].replace(FIELD, label) if label else otherwise

    return _MARKED.sub(named, text)


def _label(page: str, field: str, sentence: int) -> str:
    """Return the label of a field, of the form in or above which the sentence stands first; "" if none."""
    form = max(page.rfind("<form", 0, sentence), page.rfind("</form", 0, sentence), 0)
    parts = field.split(".")
    names = [field, *reversed(parts), *(".".join(parts[:n]) for n in range(len(parts) - 1, 1, -1))]
    for name, start in product(names, (form, 0)):
        tag = rf'<(?:input|select|textarea)\b(?![^>]*\stype="hidden")[^>]*\sname="{re.escape(name)}"[^>]*>'
        if found := re.compile(tag).search(page, start):
            id = re.search(r'\sid="([^"]+)"', found[0])
            for label in _LABEL.finditer(page):
                if (id and f'for="{id[1]}"' in label[1]) or label.start() < found.start() < label.end():
                    return " ".join(_NO_WORDS.sub("", label[2]).split()).removesuffix(" *")
    return ""
