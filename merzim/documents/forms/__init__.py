"""Official forms as DOCX files in Kazakh and Russian, ready for signing. Imports docxtpl lazily.

fill(form("plan"), {"object": "..."}, "kk", rows=[...]).document
"""

from __future__ import annotations

from merzim.documents.forms.checks import FormNote, form_marks
from merzim.documents.forms.definitions import Field, Form, case_forms, form, names, person_forms
from merzim.documents.forms.filling import FilledForm, FormData, Missing, fill, missing_values
from merzim.documents.forms.values import parse_value, title

__all__ = [
    "Field",
    "FilledForm",
    "Form",
    "FormData",
    "FormNote",
    "Missing",
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
