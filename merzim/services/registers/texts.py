"""Texts of register rows in the language of a paper: rows say a text once, or in Kazakh and in Russian.

Nobody is asked which of two texts is the Kazakh one: it is the one with more words that have letters Russian
lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from merzim.documents.forms import FormNote
from merzim.services.registers.results import FieldView, RowView
from workflow.languages import KAZAKH_LETTERS
from workflow.org.office import Office

NAMED = 20
"""Maximum number of rows a remark names."""
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[а-яёәғқңөұүһі]", re.IGNORECASE)


def row_in_language(row: RowView, fields: Iterable[FieldView], language: str) -> RowView:
    """Return a row whose texts are those in a language, where it has them, and without their translations."""
    values: dict[str, Any] = dict(row.values)
    pairs = _pairs(fields)
    for name, translated in pairs.items():
        values.pop(translated, None)
        text = _in_language(row.values, name, pairs, language)
        if text:
            values[name] = text
    return row.model_copy(update={"values": values})


def foreign_texts(
    row: RowView, fields: Iterable[FieldView], language: str, office: Office
) -> Sequence[FieldView]:
    """Return the fields whose text a row has in the other language only.

    The post of a person the row names is none of them where the office knows it in the language.
    """
    fields = list(fields)
    pairs, by_id = _pairs(fields), {field.id: field for field in fields}
    people = [office.member(str(value)) for value in row.values.values()]
    posts = {
        post
        for person in people
        if person and {"kk": person.post_kk, "ru": person.post_ru}.get(language)
        for post in (person.post, person.post_kk, person.post_ru)
    }
    full_text = " ".join(str(row.values.get(name, "")) for name in pairs)
    foreign_fields = []
    for name, translated in pairs.items():
        texts = [str(row.values[field_name]) for field_name in (name, translated) if row.values.get(field_name)]
        if len(texts) != 1 or texts[0] in posts or not _CYRILLIC.search(texts[0]):
            continue
        if _language(texts[0], full_text) != language:
            foreign_fields.append(by_id[name])
    return foreign_fields


def text_notes(
    rows: Iterable[tuple[Sequence[FieldView], RowView]],
    languages: Iterable[str],
    office: Office,
    *,
    speaks: str,
) -> Sequence[FormNote]:
    """Return for each language of papers a remark: which texts of how many rows are only in the other one.

    Args:
        rows: rows with those of their fields that reach the paper.
        speaks: the language of its reader, in which fields are named.
    """
    rows, notes = list(rows), []
    for language in languages:
        title_counts, ids = dict[str, int](), dict[str, None]()
        for fields, row in rows:
            for field in foreign_texts(row, fields, language, office):
                title = field.title[speaks]
                title_counts[title] = title_counts.get(title, 0) + 1
                ids[row.id] = None
        if title_counts:
            named_ids = [*[*ids][:NAMED], *(["…"] if len(ids) > NAMED else [])]
            texts = [f"{title} ({count})" for title, count in title_counts.items()]
            about = {"count": len(ids), "texts": texts, "rows": named_ids}
            notes.append(FormNote(code=f"form.note.texts_{language}", arguments=about))
    return notes


def with_translations(fields: Mapping[str, FieldView], names: Iterable[str]) -> Sequence[FieldView]:
    """Return the fields of these names, and their translations."""
    field_ids = {*names}
    return [field for field in fields.values() if field.id in field_ids or field.translation_of in field_ids]


def _pairs(fields: Iterable[FieldView]) -> Mapping[str, str]:
    """Return text field -> the field of its translation."""
    return {field.translation_of: field.id for field in fields if field.translation_of}


def _in_language(values: Mapping[str, Any], name: str, pairs: Mapping[str, str], language: str) -> str:
    """Return which of a text and its translation is in a language; the only one where one is empty."""
    text, translated = (str(values.get(field_name) or "") for field_name in (name, pairs[name]))
    if not (text and translated):
        return text or translated
    mine, other = _share(text), _share(translated)
    if mine == other:
        # Short words tell nothing ("сот", "суд"): all the row says in two languages does.
        paired_fields = [
            (name, translation)
            for name, translation in pairs.items()
            if values.get(name) and values.get(translation)
        ]
        mine = _share(" ".join(str(values[name]) for name, _ in paired_fields))
        other = _share(" ".join(str(values[translation]) for _, translation in paired_fields))
    return text if (mine >= other) == (language == "kk") else translated


def _language(text: str, full_text: str) -> str:
    """Return the language a text seems to be in; where it does not tell, that of the whole row."""
    share = _share(text)
    if share >= 0.5:
        return "kk"
    if not share and len(_WORD.findall(text)) > 3:
        return "ru"
    return "kk" if _share(full_text) >= 0.2 else "ru"


def _share(text: str) -> float:
    """Return the share of words with letters that only Kazakh has."""
    words = _WORD.findall(text.casefold())
    return (
        sum(any(letter in KAZAKH_LETTERS for letter in word) for word in words) / len(words) if words else 0.0
    )
