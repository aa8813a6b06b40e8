"""An organisation's own DOCX template of a form: checking it at upload, and filling it.

Placeholders `{{ name }}` are replaced by texts; nothing in a template is evaluated. A table row with
placeholders of a list, `{{ rows.name }}`, is repeated for each row of the list.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from merzim.documents.forms.form import Field, Form, Wording
from merzim.documents.forms.reading import form as form_named
from merzim.documents.forms.tables import group_variable
from merzim.documents.forms.values import NEW_PARAGRAPH, inflections
from merzim.documents.sheets.unreadable import Errors, UnreadablePaper
from workflow.refusal import closest_first

MAX_TEMPLATE_BYTES = 5 * 2**20
"""Maximum size of a template in bytes."""
MAX_UNPACKED_BYTES = 40 * 2**20
MAX_TEXT_BYTES = 2 * 2**20
"""Maximum bytes of its text: body, headers, footers and notes together."""
MAX_NEAR = 60
"""Number of characters around a bad placeholder that are quoted in its message."""
MAX_ALLOWED = 8
"""Number of similar placeholders a message suggests in place of an unknown one."""
LIST = "rows"
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BROKEN = ("{{", "}}", "{%", "%}")
_BREAKS = re.compile(f"([{NEW_PARAGRAPH}\n\t])")
_WORD = frozenset(
    {
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    }
)
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_PLACES = {
    "document.main": "body",
    "header": "header",
    "footer": "footer",
    "footnotes": "notes",
    "endnotes": "notes",
}
"""Ending of a part's content type, without "+xml" -> the part of the document its text belongs to."""
_ACTIVE = frozenset(
    {
        "vbaproject",
        "wordvbadata",
        "control",
        "activexcontrolbinary",
        "oleobject",
        "package",
        "afchunk",
        "subdocument",
        "frame",
    }
)
"""Relationship types by which a document embeds a program, an object, or another document."""
_FIELDS = re.compile(r"DDE|INCLUDE|IMPORT|DATABASE|MACROBUTTON|EMBED|QUOTE|(?<!HYPER)LINK")
"""Word processor fields that run or fetch something when they are updated."""
_ADDRESSES = ("http://", "https://", "mailto:")

Element = Any
"""An element of minidom."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """A placeholder of a form.

    Attributes:
        name: as written in a template; for a list with its prefix: `rows.measure`.
        field: the field or part it shows; None: all lines of a group as one text.
        ending: the form of the value it shows (`documents.forms.values.inflections`), "" for the value itself.
        group: the heading of the group of rows it belongs to.
    """

    name: str
    field: Field | None = None
    ending: str = ""
    group: Wording | None = None


def placeholders(form: Form) -> tuple[Placeholder, ...]:
    """Return the placeholders of a form: its fields in order, then the parts of its rows."""
    found_placeholders = [
        Placeholder(name=field.id + ending, field=field, ending=ending)
        for field in form.fields.values()
        for ending in ("", *(() if field.kind == "list" else inflections(field)))
    ]
    if form.rows is None:
        return tuple(found_placeholders)
    number = Field(id="number", kind="number", optional=True)
    lists: list[tuple[str, tuple[Field, ...], Wording | None]] = [
        (group_variable(place), group.parts, group.label) for place, group in enumerate(form.rows.groups)
    ]
    for name, parts, label in lists or [(LIST, form.rows.parts, None)]:
        found_placeholders += [
            Placeholder(name=f"{name}.{part.id}", field=part, group=label) for part in (number, *parts)
        ]
        if label is not None:
            found_placeholders.append(Placeholder(name=f"{name}_told", group=label))
    return tuple(found_placeholders)


def check_template(data: bytes, name: str, *, form: str) -> tuple[str, ...]:
    """Refuse a template that cannot be used; return the obligatory placeholders that are missing.

    Args:
        data: the DOCX file; `name`: its name.
        form: the form's id.

    Raises:
        UnreadablePaper: it is no DOCX, too large, contains a program, an object or a link to another file, or
            has placeholders the form does not have; `errors` lists each.
    """
    errors, used_names = Errors(), set[str]()
    allowed = tuple(placeholder.name for placeholder in placeholders(form_named(form)))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_size(data, archive, name)
            parts = _text_parts(archive)
            if "body" not in parts.values():
                raise UnreadablePaper("form_template_no_docx", name=name)
            _check_relations(archive, errors)
            if sum(archive.getinfo(part).file_size for part in parts) > MAX_TEXT_BYTES:
                raise UnreadablePaper("form_template_too_large", name=name, limit=MAX_TEXT_BYTES // 2**20)
            for part, place in parts.items():
                used_names |= _check_text(_parse(archive.read(part)), place, allowed, errors)
    except (zipfile.BadZipFile, ExpatError, KeyError, ValueError, RuntimeError, NotImplementedError, EOFError):
        raise UnreadablePaper("form_template_no_docx", name=name) from None
    errors.refuse(name, "form_template_refused")
    return _lacking(form_named(form), used_names)


def fill_template(docx: bytes, context: Mapping[str, object]) -> bytes:
    """Return a checked template with its placeholders replaced.

    Args:
        context: placeholder -> text, or a list of texts; list of rows -> part -> text.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx)) as template, zipfile.ZipFile(target, "w") as filled:
        parts = _text_parts(template)
        for item in template.infolist():
            content = template.read(item)
            if item.filename in parts:
                content = _fill_part(content, context)
            filled.writestr(item.filename, content)
    return target.getvalue()


def _check_size(data: bytes, archive: zipfile.ZipFile, name: str) -> None:
    """Refuse a file that is too large, packed or unpacked, or that names a member twice."""
    members = archive.infolist()
    if len(data) > MAX_TEMPLATE_BYTES or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise UnreadablePaper("form_template_too_large", name=name, limit=MAX_TEMPLATE_BYTES // 2**20)
    if len({member.filename.casefold() for member in members}) != len(members):
        raise UnreadablePaper("form_template_no_docx", name=name)


def _text_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the archive members with text -> their position (body, header, footer, notes)."""
    types = _parse(archive.read("[Content_Types].xml"))
    parts = {}
    for override in types.getElementsByTagNameNS("*", "Override"):
        kind = override.getAttribute("ContentType")
        place = _PLACES.get(kind.removesuffix("+xml").rpartition("wordprocessingml.")[2])
        if place is not None and (place != "body" or kind == _MAIN):
            parts[override.getAttribute("PartName").removeprefix("/")] = place
    return parts


def _check_relations(archive: zipfile.ZipFile, errors: Errors) -> None:
    """Add an error for each program, object or link to another file."""
    for member in archive.namelist():
        if not member.casefold().endswith(".rels"):
            continue
        for relationship in _parse(archive.read(member)).getElementsByTagNameNS("*", "Relationship"):
            kind = relationship.getAttribute("Type").rpartition("/")[2].casefold()
            target = relationship.getAttribute("Target")
            if kind in _ACTIVE:
                errors.add(0, "form_template_active", part=target)
            elif relationship.getAttribute("TargetMode").casefold() == "external" and not (
                kind == "hyperlink" and target.casefold().startswith(_ADDRESSES)
            ):
                errors.add(0, "form_template_external", target=target[:200])


def _check_text(document: Element, place: str, allowed: Sequence[str], errors: Errors) -> set[str]:
    """Add an error for each bad placeholder of a part; return the good ones."""
    used_names, lists = set[str](), dict[Element, str]()
    for field_name in dict.fromkeys(_FIELDS.findall(_instructions(document).upper())):
        errors.add(0, "form_template_field", field=field_name)
    for texts in _paragraphs(document):
        joined = "".join(map(_text_of, texts))
        near = " ".join(joined.split())[:MAX_NEAR]
        location = {"place": place, "near": near}
        for name in _PLACEHOLDER.findall(joined):
            if name not in allowed:
                closest = closest_first(name, allowed)[:MAX_ALLOWED]
                errors.add(0, "form_template_unknown", field=name, allowed=closest, **location)
                continue
            used_names.add(name)
            list_name, dot, _ = name.partition(".")
            if not dot:
                continue
            row = _above(texts[0], "tr")
            if row is None:
                errors.add(0, "form_template_not_in_row", field=name, **location)
            elif lists.setdefault(row, list_name) != list_name:
                errors.add(0, "form_template_two_lists", field=name, **location)
        if any(mark in _PLACEHOLDER.sub("", joined) for mark in _BROKEN):
            errors.add(0, "form_template_broken", **location)
    for row in lists:
        outer = _above(row, "tr")
        while outer is not None:
            if outer in lists:
                errors.add(0, "form_template_nested", place=place)
            outer = _above(outer, "tr")
    return used_names


def _instructions(document: Element) -> str:
    """Return the instructions of all Word fields, each as one text even if split over several runs."""
    pieces = []
    for element in _elements(document, "*"):
        if element.localName == "instrText":
            pieces.append(_text_of(element))
        elif element.localName in ("fldChar", "fldSimple"):
            pieces.append(f"\n{element.getAttributeNS(element.namespaceURI, 'instr')}\n")
    return "".join(pieces)


def _lacking(form: Form, used_names: set[str]) -> tuple[str, ...]:
    """Return the placeholders of obligatory fields and lists that the template does not use in any form."""
    shown_fields = {
        placeholder.field.id
        for placeholder in placeholders(form)
        if placeholder.field and placeholder.name in used_names and "." not in placeholder.name
    }
    lacking = [
        field.id for field in form.fields.values() if not field.optional and field.id not in shown_fields
    ]
    if form.rows is not None:
        lists = [group_variable(place) for place in range(len(form.rows.groups))] or [LIST]
        lacking += [
            list_name
            for list_name in lists
            if not any(name.startswith((f"{list_name}.", f"{list_name}_told")) for name in used_names)
        ]
    return tuple(lacking)


def _fill_part(content: bytes, context: Mapping[str, object]) -> bytes:
    """Return a document part with its rows repeated and its placeholders replaced."""
    document = _parse(content)
    paragraphs = list(_paragraphs(document))
    lists: dict[Element, str] = {}
    for texts in paragraphs:
        for name in _PLACEHOLDER.findall("".join(map(_text_of, texts))):
            row = _above(texts[0], "tr") if "." in name else None
            if row is not None:
                lists[row] = name.partition(".")[0]
    plain = {name: _as_text(value) for name, value in context.items()}
    for texts in paragraphs:
        if not any(row in lists for row in _rows_above(texts[0])):
            _replace(texts, plain)
    for row, name in lists.items():
        lines = context.get(name)
        for line in lines if isinstance(lines, list) else ():
            copy = row.cloneNode(True)
            row.parentNode.insertBefore(copy, row)
            variables = plain | {f"{name}.{part}": _as_text(text) for part, text in line.items()}
            for texts in _paragraphs(copy):
                _replace(texts, variables)
        row.parentNode.removeChild(row)
    filled: bytes = document.toxml(encoding="UTF-8", standalone=True)
    return filled


def _as_text(value: object) -> str:
    return NEW_PARAGRAPH.join(map(str, value)) if isinstance(value, list) else str(value)


def _replace(texts: Sequence[Element], variables: Mapping[str, str]) -> None:
    """Replace the placeholders of a paragraph; one split over several runs becomes text of the first.

    A placeholder the form no longer has stays visible. Brackets around nothing but a missing value are removed.
    """
    pieces = [_text_of(text) for text in texts]
    changed_pieces, full_text = set[int](), "".join(pieces)
    for match in reversed(list(_PLACEHOLDER.finditer(full_text))):
        value, begin = variables.get(match[1], match[0]), 0
        start, end = match.span() if value.strip() else _with_brackets(full_text, *match.span())
        for at, piece in enumerate(pieces):
            first, last = max(start - begin, 0), min(end - begin, len(piece))
            begin += len(piece)
            if first < last:
                pieces[at] = piece[:first] + value + piece[last:]
                value = ""
                changed_pieces.add(at)
    for at in changed_pieces:
        _write(texts[at], pieces[at])


def _with_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of a placeholder extended by brackets directly around it and the blanks before them."""
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if not (before.endswith("(") and after.startswith(")")):
        return start, end
    return len(before[:-1].rstrip()), len(text) - len(after) + 1


def _write(text: Element, value: str) -> None:
    """Set the text of an element; new paragraphs and lines become breaks, tabs become tabs."""
    run, after, document = text.parentNode, text.nextSibling, text.ownerDocument
    first, *later_pieces = _BREAKS.split(value)
    text.childNodes = []
    text.appendChild(document.createTextNode(first))
    text.setAttribute("xml:space", "preserve")
    for piece in filter(None, later_pieces):
        if _BREAKS.fullmatch(piece):
            tag = "tab" if piece == "\t" else "br"
            element = document.createElementNS(
                text.namespaceURI, f"{text.prefix}:{tag}" if text.prefix else tag
            )
        else:
            element = text.cloneNode(False)
            element.appendChild(document.createTextNode(piece))
        run.insertBefore(element, after)


def _parse(content: bytes) -> Element:
    """Parse a part of a document. Raises ValueError if it declares a document type, which no real part does."""
    document: Element = minidom.parseString(content)
    if document.doctype is not None:
        raise ValueError("a document type")
    return document


def _elements(node: Element, name: str) -> Iterator[Element]:
    """Yield the elements of that name of WordprocessingML."""
    for element in node.getElementsByTagNameNS("*", name):
        if element.namespaceURI in _WORD:
            yield element


def _paragraphs(node: Element) -> Iterator[list[Element]]:
    """Yield the text elements of each paragraph; a text box inside a paragraph has paragraphs of its own."""
    paragraphs: dict[Element, list[Element]] = {}
    for text in _elements(node, "t"):
        paragraph = _above(text, "p")
        if paragraph is not None:
            paragraphs.setdefault(paragraph, []).append(text)
    yield from paragraphs.values()


def _rows_above(node: Element) -> Iterator[Element]:
    """Yield the table rows around a node, innermost first."""
    row = _above(node, "tr")
    while row is not None:
        yield row
        row = _above(row, "tr")


def _above(node: Element, name: str) -> Element | None:
    """Return the nearest enclosing element of that name."""
    above = node.parentNode
    while above is not None and not (above.localName == name and above.namespaceURI in _WORD):
        above = above.parentNode
    return above


def _text_of(node: Element) -> str:
    return "".join(child.data for child in node.childNodes if child.nodeType == child.TEXT_NODE)
