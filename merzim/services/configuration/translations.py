"""Sentences for translators: exports and imports PO files of every language, including added ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import i18n
from i18n import further, po
from i18n.po import Translation
from merzim.settings import BadSetting, Settings
from workflow.languages import set_law_languages
from workflow.refusal import Refusal

_used: Path | None = None


class UnknownSource(Refusal, ValueError):
    """A language cannot be translated from that source language."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageState:
    """How far a language is translated.

    Attributes:
        name: its own name.
        fallback: the language used for missing sentences; itself for a shipped one.
        missing: codes without a sentence.
        faults: codes whose sentences have mistakes, and the reason; the fallback is used instead.
    """

    language: str
    name: str
    fallback: str
    translated: int
    missing: tuple[str, ...] = ()
    faults: tuple[tuple[str, further.Fault], ...] = ()


def use_languages(settings: Settings) -> None:
    """Add the languages of the installation's folder for this whole process.

    Raises:
        BadSetting: a file of the folder is not a valid language file.
    """
    global _used
    folder = settings.languages.folder
    if folder == _used:
        return
    try:
        set_law_languages(further.load(folder))
        _used = folder
    except (i18n.CatalogueError, i18n.UnknownLanguage, OSError) as trouble:
        raise BadSetting("languages.unusable", folder=str(folder), problem=str(trouble)) from None


def export_po(settings: Settings, language: str, source: str | None, *, now: datetime) -> bytes:
    """Return a PO file with every sentence and its existing translation.

    Args:
        source: the language of LANGUAGES to translate from; None for the language's fallback if it has one,
            else Russian (for Russian Kazakh).

    Raises:
        UnknownSource: source and language are the same.
        UnknownLanguage: the CLDR does not know it.
    """
    if language in i18n.LANGUAGES:
        texts = {code: entry.texts[language] for code, entry in further.written().items()}
        usual = "ru" if language != "ru" else "kk"
    else:
        further_language = _added_language(settings, language)
        texts, usual = (
            (dict(further_language.sentences), further_language.fallback) if further_language else ({}, "ru")
        )
    if (source or usual) == language:
        raise UnknownSource("languages.no_source", source=language, allowed=i18n.LANGUAGES)
    return po.export(language, source or usual, texts, now=now)


def take_in_po(settings: Settings, data: bytes, language: str) -> Translation:
    """Check a PO file and write its texts: for a shipped language to the catalogues, for another to its own
    file.

    Raises:
        BadTranslation: it has mistakes; nothing is written.
        BadSetting: it is an added language, and there is no folder for it.
    """
    translation = po.read(data, language)
    if translation.language in i18n.LANGUAGES:
        further.write_shipped(translation.language, translation.texts)
        return translation
    if settings.languages.folder is None:
        raise BadSetting("languages.no_folder", language=translation.language)
    further_language = _added_language(settings, translation.language)
    file = settings.languages.folder / f"{translation.language}.toml"
    further.write_language(file, po.merged(further_language, translation))
    return translation


def _added_language(settings: Settings, language: str) -> further.FurtherLanguage | None:
    """Return an added language from its file, None if it has none."""
    folder = settings.languages.folder
    file = further.files_of(folder).get(language) if folder else None
    return further.read_language(file) if file else None


def check_languages(settings: Settings) -> Iterator[LanguageState]:
    """Yield the state of translation of each language, the shipped ones first."""
    codes = list(further.written())
    for shipped_language in i18n.LANGUAGES:
        yield LanguageState(
            language=shipped_language,
            name=i18n.own_name(shipped_language),
            fallback=shipped_language,
            translated=len(codes),
        )
    folder = settings.languages.folder
    for language, file in further.files_of(folder).items() if folder else ():
        read = further.read_language(file)
        faults = ((code, further.fault_of(code, text, language)) for code, text in read.sentences.items())
        wrong = tuple((code, fault) for code, fault in faults if fault is not None)
        sentence_codes = read.sentences.keys() - {code for code, _ in wrong}
        yield LanguageState(
            language=language,
            name=i18n.own_name(language),
            fallback=read.fallback,
            translated=len(sentence_codes),
            missing=tuple(code for code in codes if code not in read.sentences),
            faults=wrong,
        )
