"""The organisation's own DOCX templates of forms: files such as `plan.kk.docx` in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from merzim.documents.forms import Form, Note, form_marks
from merzim.services.app import AppContext
from workflow.languages import PAPER_LANGUAGES

InUse = Mapping[tuple[str, str], Path]
"""Form and language -> the organisation's own template; ours is used for those without an entry."""


def templates_in_use(app: AppContext) -> InUse:
    """Return the organisation's own templates, by the names of their files."""
    folder = app.settings.forms.folder
    if folder is None:
        return {}
    files = {tuple(path.name.split(".")[:2]): path for path in sorted(folder.glob("*.??.docx"))}
    return {(name, language): path for (name, language), path in files.items() if language in PAPER_LANGUAGES}


def own_template(app: AppContext, form: str, language: str) -> bytes | None:
    """Return the organisation's own template of a form; None where ours is used."""
    path = templates_in_use(app).get((form, language))
    return path.read_bytes() if path else None


def layout_notes(form: Form, templates: InUse) -> tuple[Note, ...]:
    """Return the remarks on a form's layout: whose it is, its language, and the own template used."""
    ours = [language for language in PAPER_LANGUAGES if (form.id, language) not in templates]
    own = [language for language in PAPER_LANGUAGES if language not in ours]
    return (
        *(form_marks(form, ours[-1]) if ours else ()),
        *(
            Note(code=f"form.mark.own_{language}", arguments={"name": templates[form.id, language].name})
            for language in own
        ),
    )
