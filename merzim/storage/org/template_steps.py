"""Own templates an office has loaded, from its chain; their bytes stand like evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from merzim.storage.database.engine import reading, writing
from merzim.storage.org import chain
from merzim.storage.tables.organisation import ACT

TAKEN = "template_taken"
REMOVED = "template_removed"


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateStep:
    """Adoption of a template, or its removal, after which ours is used again.

    Attributes:
        sha256: of its bytes; "" for a removal.
        name: of its file, as uploaded.
        lacking: obligatory placeholders and lists of the form that were missing in it when checked.
        at: UTC moment; `by`: the account.
    """

    form: str
    language: str
    sha256: str
    name: str
    lacking: tuple[str, ...]
    at: datetime
    by: str


def template_steps(engine: Engine, form: str = "", language: str = "") -> list[TemplateStep]:
    """Return the steps in order: of all forms, or of one form in one language."""
    query = chain.IN_ORDER.where(ACT.c.kind.in_((TAKEN, REMOVED)))
    if form:
        query = query.where(ACT.c.name == _name(form, language))
    with reading(engine) as connection:
        records = tuple(connection.execute(query))
    steps = []
    for record in records:
        form, _, language = record.name.rpartition(".")
        file = json.loads(record.payload)
        steps.append(
            TemplateStep(
                form=form,
                language=language,
                sha256=file.get("sha256", ""),
                name=file.get("name", ""),
                lacking=tuple(file.get("lacking", ())),
                at=record.at,
                by=record.by,
            )
        )
    return steps


def append_step(engine: Engine, step: TemplateStep, *, on: date) -> None:
    """Append the adoption of a stored file as a template, or a removal if there is no file. `on`: the local
    date.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        chain.append(
            connection,
            kind=TAKEN if step.sha256 else REMOVED,
            name=_name(step.form, step.language),
            on=on,
            by=step.by,
            now=step.at,
            payload={"lacking": list(step.lacking), "name": step.name, "sha256": step.sha256}
            if step.sha256
            else {},
        )


def _name(form: str, language: str) -> str:
    """Return the name of an event: `plan.kk`."""
    return f"{form}.{language}"
