"""Names the field of a refused form by its label, which the page alone knows.

A verb refuses a value by the name of its field. On a page the field has a label, another one in each form:
`mark_sentence` marks the sentence while the page is rendered, `fill_in_labels` then fills in the label that
stands there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

_START, _FIELD, _END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_START}([^{_FIELD}]*){_FIELD}(.*?){_END}", re.DOTALL)
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
    if _START not in text:
        return text
    fields = _Fields()
    fields.feed(text)

    def named(match: re.Match[str]) -> str:
        label = fields.label(match[1])
        return match[2].replace(FIELD, label) if label else otherwise

    return _MARKED.sub(named, text)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the form with this number; `around`: the pieces of the label it stands in."""

    form: int
    name: str
    id: str
    around: list[str]


class _Fields(HTMLParser):
    """Collects the fields of a page with their labels, and the form in or above which a sentence is marked."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._fields: list[_Field] = []
        self._labels: dict[str, list[str]] = {}
        self._open: list[str] = []
        """The pieces of the label that is open, else a list that is thrown away."""
        self._form = self._marked_form = self._forms = 0
        self._options = False

    def label(self, field: str) -> str:
        """Return the label of a field, the marked form's own first; "" where it has none."""
        parts = field.split(".")
        names = [field, *reversed(parts), *(".".join(parts[:n]) for n in range(len(parts) - 1, 1, -1))]
        for name in names:
            same = [known for known in self._fields if known.name == name]
            for known in sorted(same, key=lambda known: known.form != self._marked_form):
                if text := " ".join("".join(self._labels.get(known.id) or known.around).split()):
                    return text.removesuffix(" *")
        return ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._forms += 1
            self._form = self._forms
        elif tag == "label":
            self._open = self._labels.setdefault(found.get("for", ""), []) if "for" in found else []
        elif tag in ("input", "select", "textarea") and found.get("type") != "hidden":
            name = found.get("name", "")
            self._fields.append(_Field(self._form, name, found.get("id", ""), self._open))
            self._options = tag != "input"

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = 0
        elif tag == "label":
            self._open = []
        elif tag in ("select", "textarea"):
            self._options = False

    def handle_data(self, data: str) -> None:
        if _START in data:
            self._marked_form = self._form or self._forms + 1
        if not self._options:
            self._open.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")
