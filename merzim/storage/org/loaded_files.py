"""Files an office has loaded, from its chain: full texts of acts, own templates; bytes stand like evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from sqlalchemy import Engine, select

from merzim.storage.database.engine import reading, writing
from merzim.storage.database.in_list import fetch_for_names, in_names
from merzim.storage.database.prepared import Prepared
from merzim.storage.org import chain
from merzim.storage.tables.organisation import ACT

LOADED = "text_loaded"


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedText:
    """The text of an act in one language, as loaded.

    Attributes:
        file: the name of the file it was read from; `file_sha256`: of that file's bytes.
        name: name of the stored text; `sha256`: of its bytes.
        headings: found in it; `places`: paragraphs that can be cited.
        at: UTC moment; `by`: the account.
    """

    act: str
    language: str
    file: str
    file_sha256: str
    name: str
    sha256: str
    headings: int
    places: int
    at: datetime
    by: str


_STORED_FIELDS = tuple(
    field.name for field in fields(LoadedText) if field.name not in ("act", "language", "at", "by")
)

_LOADED_TEXTS = select(*(ACT.c[name] for name in ("seq", "name", "at", "by", "payload"))).where(
    ACT.c.kind == LOADED
)
_TEXTS = Prepared(_LOADED_TEXTS)
_TEXTS_OF = Prepared(_LOADED_TEXTS.where(in_names(ACT.c.name)))


def loaded_texts(engine: Engine, acts: Sequence[str] = ()) -> list[LoadedText]:
    """Return the texts in the order they were loaded: of all acts, or of some."""
    names = [f"{act}.{language}" for act in acts for language in ("kk", "ru")]
    with reading(engine) as connection:
        records = fetch_for_names(connection, _TEXTS_OF, names) if acts else _TEXTS.fetch(connection, {})
        rows = sorted(records)
    texts = []
    for _, of, at, by, stored in rows:
        act, _, language = of.rpartition(".")
        payload = json.loads(stored)
        stored_values = {name: payload[name] for name in _STORED_FIELDS}
        texts.append(LoadedText(act=act, language=language, at=at, by=by, **stored_values))
    return texts


def append_text(engine: Engine, text: LoadedText, *, on: date) -> None:
    """Append the event of loading a stored text. `on`: the local date.

    Raises:
        StorageUnavailable: the database cannot be written.
    """
    with writing(engine) as connection:
        chain.append(
            connection,
            kind=LOADED,
            name=f"{text.act}.{text.language}",
            on=on,
            by=text.by,
            now=text.at,
            payload={name: value for name, value in asdict(text).items() if name in _STORED_FIELDS},
        )


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
