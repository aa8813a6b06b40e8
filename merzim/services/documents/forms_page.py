"""Writes the page of forms in Markdown (docs/forms.md): the fields of each form, and the format of its file of
rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from i18n import say
from merzim.documents.forms import form, names, title
from merzim.documents.forms.form import Field, Form


def page(language: str) -> str:
    """Return the whole page in a language."""
    return "\n".join(_lines(language)) + "\n"


def _lines(language: str) -> Iterator[str]:
    yield f"# {say('form.page.title', {}, language)}"
    yield ""
    yield say("form.page.made", {}, language)
    for paragraph in ("filling", "rows", "json", "unknown", "origins"):
        yield ""
        yield say(f"form.page.{paragraph}", {}, language)
    for name in names():
        yield from _form(form(name), language)


def _form(form: Form, language: str) -> Iterator[str]:
    about = say(f"form.about.{form.about}", {}, language)
    yield ""
    yield f"## `{form.id}`: {form.title[language]}"
    yield ""
    origin = say(f"form.page.origin.{form.origin}", {"annex": form.annex or 0}, language)
    yield f"{about[0].upper()}{about[1:]}. {origin}"
    yield ""
    head = [say(f"form.page.head.{name}", {}, language) for name in ("name", "title", "kind")]
    yield "| " + " | ".join(head) + " |"
    yield "|---|---|---|"
    yield from _fields(form.fields.values(), language)
    if form.rows is None:
        return
    if sources := dict.fromkeys(f"`{source.register}`" for source in form.rows.sources.values()):
        yield ""
        yield say("form.page.registers", {"registers": [*sources]}, language)
    yield ""
    if not form.rows.groups:
        yield f"{say('form.page.parts', {}, language)} {_parts(form.rows.parts)}"
        return
    yield say("form.page.groups", {"column": f"`{form.rows.group_by}`"}, language)
    yield ""
    for number, group in enumerate(form.rows.groups, 1):
        yield f"- `{group.id}` ({number}): {_parts(group.parts)}"


def _fields(fields: Iterable[Field], language: str) -> Iterator[str]:
    for field in fields:
        optional = "" if not field.optional else f" ({say('form.page.optional', {}, language)})"
        kind = say(f"form.kind.{field.kind}", {}, language)
        yield f"| `{field.id}` | {title(field.id, language)} | {kind}{optional} |"


def _parts(parts: Iterable[Field]) -> str:
    return ", ".join(f"`{part.id}`" + ("?" if part.optional else "") for part in parts)
