"""The sentences as PO files of gettext, for translators' tools: `msgctxt` is the code, `msgid` the text it is
translated from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, PoFileParser, write_po

from i18n.further import Fault, FurtherLanguage, fault_of, written
from i18n.languages import LANGUAGES, names, own_name


@dataclass(frozen=True, slots=True)
class PoError:
    """A mistake in one message of a PO file: its line, and a sentence of the catalogues."""

    row: int
    code: str
    arguments: Mapping[str, object]


class BadTranslation(ValueError):
    """A PO file is refused as a whole because of mistakes.

    Attributes:
        code, arguments: the sentence of the refusal.
        errors: the mistakes, in the order of the file.
    """

    def __init__(self, code: str, *errors: PoError, **arguments: object) -> None:
        super().__init__(code, arguments)
        self.code = code
        self.arguments = arguments
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Translation:
    """A checked PO file: its language, the one it was translated from, the texts by code ("" for none yet)."""

    language: str
    source: str
    texts: Mapping[str, str]


def export(language: str, source: str, texts: Mapping[str, str], *, now: datetime) -> bytes:
    """Return a PO file of every sentence, with the translations that exist.

    Args:
        source: the language of LANGUAGES to translate from.
        texts: existing translations, by code.
    """
    catalog = Catalog(
        language.replace("-", "_"),
        project="merzim",
        creation_date=now,
        revision_date=now,
        last_translator="Merzim <merzim@localhost>",
        msgid_bugs_address="merzim@localhost",
        language_team=own_name(language),
        charset="utf-8",
        fuzzy=False,
        header_comment=f"# Merzim: {own_name(source)} -> {own_name(language)}",
    )
    for code, entry in written().items():
        message = Message(
            entry.texts[source],
            texts.get(code, ""),
            locations=[(entry.file, entry.line)],
            auto_comments=list(_help(entry.comments, entry.texts, language, source)),
            context=code,
        )
        # A per cent sign is one, and what follows a colon is no format of Python.
        strange = any("|" in text for text in entry.texts.values())
        message.flags -= {"python-format", *(["python-brace-format"] if strange else ())}
        catalog[message.id] = message
    file = BytesIO()
    write_po(file, catalog, width=0)
    return file.getvalue().replace(b'"Language: ', f'"X-Source-Language: {source}\\n"\n"Language: '.encode(), 1)


def _help(comments: tuple[str, ...], texts: Mapping[str, str], language: str, source: str) -> Iterator[str]:
    """Yield hints for translating a text: its comments, the other languages, the number of plural forms."""
    yield from comments
    for other in LANGUAGES:
        if other not in (language, source):
            yield f"{other}: " + texts[other].replace("\n", " ")
    if any(":plural|" in text for text in texts.values()):
        yield f":plural| {' | '.join(names(language).plural_tags)}"


class _Messages(Catalog):
    """The messages of a PO file in order, including duplicates, and its header fields."""

    def __init__(self) -> None:
        self.head: dict[str, str] = {}
        self.found: list[Message] = []
        super().__init__(creation_date="", revision_date="")

    def __setitem__(self, id: object, message: Message) -> None:
        if id or message.context:
            self.found.append(message)
            return
        lines = (line.partition(":") for line in str(message.string).splitlines())
        self.head = {name.strip().lower(): value.strip() for name, _, value in lines}


def read(data: bytes, language: str = "") -> Translation:
    """Read and check a PO file.

    Args:
        language: the language the file must be in; "" for the language in its header.

    Raises:
        BadTranslation: no PO file, another language, or messages with mistakes.
        UnknownLanguage: the CLDR does not know its language.
    """
    catalog = _Messages()
    try:
        text = data.decode("utf-8-sig")
        PoFileParser(catalog, ignore_obsolete=True, abort_invalid=True).parse(text.splitlines())
    except PoFileError as error:
        raise BadTranslation("languages.no_po", line=error.lineno + 1, problem=str(error)) from None
    except (ValueError, IndexError) as error:
        raise BadTranslation("languages.no_po", line=0, problem=str(error)) from None
    own_language, source = (
        catalog.head.get("language", "").replace("_", "-"),
        catalog.head.get("x-source-language", ""),
    )
    if not own_language or (language and own_language != language):
        raise BadTranslation("languages.other", language=own_language, asked=language)
    if source not in LANGUAGES or source == own_language:
        raise BadTranslation("languages.no_source", source=source, allowed=LANGUAGES)
    names(own_language)
    errors = tuple(_errors(catalog.found, own_language, source))
    if errors:
        raise BadTranslation("languages.bad", *errors, count=len(errors))
    return Translation(
        own_language, source, {str(message.context): str(message.string) for message in catalog.found}
    )


def _errors(messages: list[Message], language: str, source: str) -> Iterator[PoError]:
    """Yield the mistakes in messages."""
    shipped = written()
    code_counts: Counter[str] = Counter()
    for message in messages:
        code = message.context or ""
        code_counts[code] += 1
        text = shipped[code].texts[source] if code in shipped else None
        fault = _fault(message, code, language, source, text)
        if code_counts[code] > 1:
            fault = Fault("languages.twice")
        if fault:
            yield PoError(message.lineno or 0, fault.code, {"sentence": code, **fault.arguments})


def _fault(message: Message, code: str, language: str, source: str, text: str | None) -> Fault | None:
    """Return the mistake in a message; a missing text is no mistake in an added language."""
    if text is None:
        return Fault("languages.no_code")
    if message.id != text:
        return Fault("languages.source_changed", {"source": source})
    if message.fuzzy:
        return Fault("languages.fuzzy")
    if not message.string and language not in LANGUAGES:
        return None
    return fault_of(code, str(message.string), language)


def merged(language: FurtherLanguage | None, translation: Translation) -> FurtherLanguage:
    """Return a further language with a translation applied; texts left empty become missing."""
    sentences = {**(language.sentences if language else {}), **translation.texts}
    return FurtherLanguage(translation.source, {code: text for code, text in sentences.items() if text})
