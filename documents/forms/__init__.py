"""Official forms as DOCX files in Kazakh and Russian, ready for signing. Imports docxtpl lazily.

fill(form("plan"), {"object": "..."}, "kk", rows=[...]).document
"""

from __future__ import annotations

from documents.forms.checks import Note, form_marks
from documents.forms.filling import FilledForm, Missing, UnknownField, UnknownGroup, fill, missing_values
from documents.forms.form import Field, Form
from documents.forms.reading import UnknownForm, case_forms, form, names, person_forms
from documents.forms.rows_file import FormData
from documents.forms.values import UnreadableValue, parse_value, title

__all__ = [
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
    "case_forms",
    "fill",
    "form",
    "form_marks",
    "missing_values",
    "names",
    "parse_value",
    "person_forms",
    "title",
]
