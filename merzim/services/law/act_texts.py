"""The full texts of acts an office has loaded: loading from a file, listing, opening at a paragraph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from merzim.documents.act_text import (
    KINDS,
    MAX_ACT_BYTES,
    ActParagraph,
    find_place,
    language_of,
    paragraphs,
    passage,
)
from merzim.documents.sandbox.readers import read_act_text
from merzim.documents.sheets.unreadable import UnreadablePaper
from merzim.services.context import RequestContext
from merzim.services.evidence import open_file
from merzim.services.inputs import FileInput
from merzim.services.verbs import Command, NotFound, verb
from merzim.storage.org.loaded_files import LoadedText, append_text, loaded_texts
from workflow.languages import LANGUAGES
from workflow.law.procedure import Act

ActId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,80}$")]
TextLanguage = Literal["kk", "ru"]
Place = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class UnknownActText(NotFound):
    """No edition rests on that act, or it has no loaded text."""

    not_found = "web.problem.no_act_text"


class AskActTexts(Command):
    """Request the acts editions rest on, and their loaded texts."""

    act: ActId | None = None


class LoadActText(Command):
    """Load the text of an act from a file: DOCX, PDF with a text layer, HTML or TXT.

    Without `language` it is detected by its letters.
    """

    act: ActId
    language: TextLanguage | None = None
    file: FileInput


class OpenActText(Command):
    """Open a text of an act at the place an obligation cites; `number` chooses an earlier version of it."""

    act: ActId
    language: TextLanguage | None = None
    number: Annotated[int, Field(ge=1)] | None = None
    place: Place = ""


class ActTextStep(BaseModel):
    """One loaded version of an act's text in one language. `number`: from 1; `sha256`: of the loaded file."""

    number: int
    language: TextLanguage
    name: str
    sha256: str
    headings: int
    places: int
    at: datetime
    by: str


class ActTexts(BaseModel):
    """An act with its loaded texts, in order; the last of a language is in use."""

    act: str
    title: dict[str, str]
    address: str | None
    steps: list[ActTextStep]


class ActTextList(BaseModel):
    """The acts editions rest on, those with a loaded text first."""

    acts: list[ActTexts]


class ActParagraphView(BaseModel):
    """A paragraph of an act. `anchor`: the id of its element on the page; "" if it cannot be cited."""

    text: str
    heading: bool
    place: str
    anchor: str


class ActReading(BaseModel):
    """An opened text of an act. `found`: the place where the citation was found, "" if it was not."""

    act: str
    title: dict[str, str]
    step: ActTextStep
    place: str
    found: str
    passage: list[ActParagraphView]
    paragraphs: list[ActParagraphView]


@verb("self", writes=False)
def list_act_texts(ctx: RequestContext, command: AskActTexts) -> ActTextList:
    """Return the acts editions rest on, with their loaded texts."""
    acts = _acts(ctx)
    if command.act is not None:
        acts = {command.act: _act(acts, command.act)}
    loaded: dict[str, list[LoadedText]] = {}
    for text in loaded_texts(ctx.app.engine, [command.act] if command.act else ()):
        loaded.setdefault(text.act, []).append(text)
    act_views = [_shown(act, loaded.get(act.id, [])) for act in acts.values()]
    return ActTextList(acts=sorted(act_views, key=lambda act: not act.steps))


@verb("settings")
def load_act_text(ctx: RequestContext, command: LoadActText) -> ActTexts:
    """Load the text of an act from a file and use it from now on; loading the text in use again changes
    nothing.

    Raises:
        UnknownActText: no edition rests on that act.
        UnreadablePaper: the file holds no text that can be read.
    """
    act = _act(_acts(ctx), command.act)
    opened_file = open_file(ctx, command.file)
    if opened_file is None:
        raise UnreadablePaper("act_text_no_file", kinds=", ".join(kind.upper() for kind in KINDS))
    content, name = opened_file
    data = content.read(MAX_ACT_BYTES + 1)
    if len(data) > MAX_ACT_BYTES:
        raise UnreadablePaper("act_text_too_large", name=name, limit=MAX_ACT_BYTES // 2**20)
    text = read_act_text(data, name)
    language = command.language or language_of(text)
    act_paragraphs = paragraphs(text)
    before = [
        loaded_text
        for loaded_text in loaded_texts(ctx.app.engine, [act.id])
        if loaded_text.language == language
    ]
    stored_name = f"{act.id}.{language}.txt"
    stored = ctx.app.evidence.keep(BytesIO(text.encode()), stored_name)
    digest = sha256(data).hexdigest()
    if not before or (before[-1].file_sha256, before[-1].sha256) != (digest, stored.reference):
        loaded = LoadedText(
            act=act.id,
            language=language,
            file=name,
            file_sha256=digest,
            name=stored_name,
            sha256=stored.reference,
            headings=sum(paragraph.heading for paragraph in act_paragraphs),
            places=sum(bool(paragraph.place) for paragraph in act_paragraphs),
            at=ctx.now,
            by=ctx.reader.login,
        )
        append_text(ctx.app.engine, loaded, on=ctx.today)
    return _shown(act, loaded_texts(ctx.app.engine, [act.id]))


@verb("self", writes=False)
def open_act_text(ctx: RequestContext, command: OpenActText) -> ActReading:
    """Open a text of an act in a language, or in another if it was not loaded in that one.

    Raises:
        UnknownActText: no text of it was loaded, or none of that number.
        EvidenceDamaged: the stored text is missing or altered.
    """
    texts = loaded_texts(ctx.app.engine, [command.act])
    if not texts:
        raise UnknownActText("web.problem.no_act_text")
    languages = {text.language for text in texts}
    language = (
        command.language
        if command.language in languages
        else next(language for language in ("ru", "kk") if language in languages)
    )
    texts = [text for text in texts if text.language == language]
    number = command.number or len(texts)
    if number > len(texts):
        raise UnknownActText("web.problem.no_act_text")
    act = _act(_acts(ctx), command.act)
    with ctx.app.evidence.open(texts[number - 1].sha256) as content:
        all_paragraphs = _paragraphs(content.read().decode())
    start = find_place(all_paragraphs, command.place) if command.place else None
    return ActReading(
        act=act.id,
        title=_titles(act),
        step=_step(number, texts[number - 1]),
        place=command.place,
        found=all_paragraphs[start].place if start is not None else "",
        passage=_views(passage(all_paragraphs, start)) if start is not None else [],
        paragraphs=_views(all_paragraphs),
    )


def loaded_languages(ctx: RequestContext, acts: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Return the acts among these that have a loaded text, with the languages."""
    languages_by_act: dict[str, set[str]] = {}
    for text in loaded_texts(ctx.app.engine, list(acts)):
        languages_by_act.setdefault(text.act, set()).add(text.language)
    return {act: frozenset(languages) for act, languages in languages_by_act.items()}


@lru_cache(maxsize=8)
def _paragraphs(text: str) -> tuple[ActParagraph, ...]:
    return paragraphs(text)


def _acts(ctx: RequestContext) -> dict[str, Act]:
    """Return the acts of all editions, by id."""
    return {act.id: act for edition in ctx.library.all() for act in edition.acts.values()}


def _act(acts: Mapping[str, Act], id: str) -> Act:
    if id not in acts:
        raise UnknownActText("web.problem.no_act_text")
    return acts[id]


def _shown(act: Act, texts: list[LoadedText]) -> ActTexts:
    numbers = {"kk": 0, "ru": 0}
    steps = []
    for text in texts:
        numbers[text.language] += 1
        steps.append(_step(numbers[text.language], text))
    return ActTexts(act=act.id, title=_titles(act), address=act.address, steps=steps)


def _step(number: int, text: LoadedText) -> ActTextStep:
    return ActTextStep(
        number=number,
        language="kk" if text.language == "kk" else "ru",
        name=text.file,
        sha256=text.file_sha256,
        headings=text.headings,
        places=text.places,
        at=text.at,
        by=text.by,
    )


def _titles(act: Act) -> dict[str, str]:
    return {language: act.title[language] for language in LANGUAGES}


def _views(paragraphs: Iterable[ActParagraph]) -> list[ActParagraphView]:
    return [
        ActParagraphView(
            text=paragraph.text, heading=paragraph.heading, place=paragraph.place, anchor=paragraph.anchor
        )
        for paragraph in paragraphs
    ]
