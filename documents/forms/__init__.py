"""Official forms as DOCX, in Kazakh and Russian, ready to be signed. Alone knows docxtpl, and late.

fill(form("plan"), {"object": "..."}, "kk", rows=[...]).document
"""

from __future__ import annotations

from documents.forms.checks import Note
from documents.forms.filling import FilledForm, Missing, UnknownField, UnknownGroup, fill, lacking
from documents.forms.form import LANGUAGES, Field, Form
from documents.forms.reading import UnknownForm, form, names
from documents.forms.rows_file import FormData
from documents.forms.values import UnreadableValue, parsed, title

__all__ = [
    "LANGUAGES",
    "Field",
    "FilledForm",
    "Form",
    "FormData",
    "Missing",
    "Note",
    "UnknownField",
    "UnknownForm",
    "UnknownGroup",
    "UnreadableValue",
    "fill",
    "form",
    "lacking",
    "names",
    "parsed",
    "title",
]
