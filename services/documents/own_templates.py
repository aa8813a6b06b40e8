"""The organisation's own templates of forms in use: their bytes, and remarks shown beside a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from documents.sheets.unreadable import EvidenceDamaged
from services.moments import almaty
from workflow.languages import PAPER_LANGUAGES

if TYPE_CHECKING:
    from documents.forms import Form, Note
    from services.app import AppContext
    from storage.org.templates import TemplateStep

InUse = Mapping[tuple[str, str], "TemplateStep"]
"""Form and language -> the template in use; ours is used for those without an entry."""


def templates_in_use(app: AppContext) -> InUse:
    """Return the organisation's own templates in use."""
    from storage.org.templates import template_steps

    last = {(step.form, step.language): step for step in template_steps(app.engine)}
    return {place: step for place, step in last.items() if step.sha256}


def own_template(app: AppContext, form: str, language: str) -> bytes | None:
    """Return the organisation's own template of a form after checking its hash; None where ours is used.

    Raises:
        EvidenceDamaged: the stored file is missing, altered or unreadable.
    """
    from storage.org.templates import template_steps

    steps = template_steps(app.engine, form, language)
    if not steps or not steps[-1].sha256:
        return None
    try:
        with app.evidence.open(steps[-1].sha256) as content:
            return content.read()
    except EvidenceDamaged as damage:
        raise damage.of(form, steps[-1].name) from None


def layout_notes(form: Form, own: InUse) -> tuple[Note, ...]:
    """Return the remarks on a form's layout: whose it is, its language, and the own template used."""
    from documents.forms import Note, form_marks

    used = {one: own[form.id, one] for one in PAPER_LANGUAGES if (form.id, one) in own}
    ours = [language for language in PAPER_LANGUAGES if (form.id, language) not in own]
    marks = form_marks(form, ours[-1]) if ours else ()
    chosen = {one: {"name": step.name, "on": step.at.astimezone(almaty()).date()} for one, step in used.items()}
    return (*marks, *(Note(code=f"form.mark.own_{one}", arguments=told) for one, told in chosen.items()))
