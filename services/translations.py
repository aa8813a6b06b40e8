"""Sentences for translators, out and in: PO files of every language; the further ones of the installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import i18n
from i18n import further
from services.settings import BadSetting, Settings
from workflow.languages import set_law_languages
from workflow.refusal import Refusal

if TYPE_CHECKING:
    from i18n.po import Translation


_used: Path | None = None


class UnknownSource(Refusal, ValueError):
    """A language cannot be translated from that one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguageState:
    """How far a language is translated.

    Attributes:
        name: what it calls itself.
        fallback: the language that is read where it says nothing; itself for a shipped one.
        missing: codes it does not say.
        faults: codes that cannot be said as they are written, and why; the fallback is read instead.
    """

    language: str
    name: str
    fallback: str
    said: int
    missing: tuple[str, ...] = ()
    faults: tuple[tuple[str, further.Fault], ...] = ()


def use_languages(settings: Settings) -> None:
    """Add the languages of the installation's folder, for this whole process.

    Raises:
        BadSetting: a file of the folder cannot be read as a language.
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
    """Return a PO file with every sentence, translated as far as it is.

    Args:
        source: the language of LANGUAGES to translate from; None for the language's fallback if it has one,
            else Russian (for Russian Kazakh).

    Raises:
        UnknownSource: it is translated from itself.
        UnknownLanguage: the CLDR does not know it.
    """
    from i18n import po

    if language in i18n.LANGUAGES:
        texts = {code: entry.texts[language] for code, entry in further.written().items()}
        usual = "ru" if language != "ru" else "kk"
    else:
        known = _known(settings, language)
        texts, usual = (dict(known.sentences), known.fallback) if known else ({}, "ru")
    if (source or usual) == language:
        raise UnknownSource("languages.no_source", source=language, allowed=i18n.LANGUAGES)
    return po.export(language, source or usual, texts, now=now)


def take_in_po(settings: Settings, data: bytes, language: str) -> Translation:
    """Check a PO file and write what it says: a shipped language to the catalogues, another to its own file.

    Raises:
        BadTranslation: something is wrong with it; nothing is written.
        BadSetting: a further language, and no folder for it.
    """
    from i18n import po

    translation = po.read(data, language)
    if translation.language in i18n.LANGUAGES:
        further.write_shipped(translation.language, translation.texts)
        return translation
    if settings.languages.folder is None:
        raise BadSetting("languages.no_folder", language=translation.language)
    known = _known(settings, translation.language)
    file = settings.languages.folder / f"{translation.language}.toml"
    further.write_language(file, po.merged(known, translation))
    return translation


def _known(settings: Settings, language: str) -> further.FurtherLanguage | None:
    """Return a further language as its file has it, None for one without a file."""
    folder = settings.languages.folder
    file = further.files_of(folder).get(language) if folder else None
    return further.read_language(file) if file else None


def check_languages(settings: Settings) -> Iterator[LanguageState]:
    """Yield how far each language is translated, the shipped ones first."""
    codes = list(further.written())
    for own in i18n.LANGUAGES:
        yield LanguageState(language=own, name=i18n.own_name(own), fallback=own, said=len(codes))
    folder = settings.languages.folder
    for language, file in further.files_of(folder).items() if folder else ():
        read = further.read_language(file)
        faults = ((code, further.fault_of(code, text, language)) for code, text in read.sentences.items())
        wrong = tuple((code, fault) for code, fault in faults if fault is not None)
        said = read.sentences.keys() - {code for code, _ in wrong}
        yield LanguageState(
            language=language,
            name=i18n.own_name(language),
            fallback=read.fallback,
            said=len(said),
            missing=tuple(code for code in codes if code not in read.sentences),
            faults=wrong,
        )
