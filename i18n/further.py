"""Further languages: one file each in a folder of the installation, `uz.toml`, which needs no code.

    fallback = "ru"

    [sentences]
    "state.open" = "ochiq"

Sentences that a file lacks, or has with mistakes, are taken from its fallback language; so are titles of the
law, which exist in LANGUAGES alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from i18n import dates, entries, sentences
from i18n.entries import CATALOGUE, CatalogueError, codes, template
from i18n.languages import LANGUAGES, own_name, set_added
from i18n.sentences import Gap, compile_template, placeholders_of

ASKING_FOR_A_CODE = ("say", "name", "join")


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in a sentence, as a code of the catalogues with its arguments."""

    code: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FurtherLanguage:
    """A language added by the installation: its fallback among LANGUAGES, and its own sentences."""

    fallback: str
    sentences: Mapping[str, str]


def read_language(file: Path) -> FurtherLanguage:
    """Read the file of a language.

    Raises:
        CatalogueError: it is not TOML, or has other keys than a fallback and sentences.
        UnknownLanguage: the CLDR does not know the language its name says.
    """
    own_name(file.stem)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file.name}: {error}") from error
    sentences, fallback = table.get("sentences"), table.get("fallback")
    if (
        table.keys() != {"fallback", "sentences"}
        or fallback not in LANGUAGES
        or not isinstance(sentences, dict)
    ):
        raise CatalogueError(f"{file.name}: only fallback = {' | '.join(LANGUAGES)} and [sentences]")
    if wrong := [code for code, text in sentences.items() if not isinstance(text, str)]:
        raise CatalogueError(f"{file.name}: [sentences] {wrong[0]}: a code in quotes, and a text")
    return FurtherLanguage(str(fallback), sentences)


def files_of(folder: Path) -> dict[str, Path]:
    """Return the files of languages in a folder, by language."""
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if path.stem not in LANGUAGES}


def load(folder: Path | None) -> dict[str, str]:
    """Replace the added languages with those of a folder; return each one's fallback language.

    Raises:
        CatalogueError, UnknownLanguage: as `read_language`.
    """
    languages = {name: read_language(file) for name, file in files_of(folder).items()} if folder else {}
    set_added({name: language.fallback for name, language in languages.items()})
    entries.set_translations(
        {name: dict(_usable(name, language.sentences)) for name, language in languages.items()}
    )
    sentences.forget()
    dates.forget()
    return {name: language.fallback for name, language in languages.items()}


def _usable(language: str, sentences: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentences without mistakes."""
    return ((code, text) for code, text in sentences.items() if fault_of(code, text, language) is None)


def fault_of(code: str, text: str, language: str) -> Fault | None:
    """Return the mistake in a sentence, None if it can be used wherever the shipped one is."""
    if code not in codes():
        return Fault("languages.no_code")
    if not text.strip():
        return Fault("languages.empty")
    try:
        gaps = placeholders_of(text)
        compile_template(code, text, language)
    except (CatalogueError, ValueError) as error:
        return Fault("languages.template", {"problem": str(error).rpartition(": ")[2] or str(error)})
    shipped = [
        gap for shipped_language in LANGUAGES for gap in placeholders_of(template(code, shipped_language))
    ]
    required, allowed = _required_arguments(shipped), _named(shipped)
    if missing := sorted(required - _required_arguments(gaps)):
        return Fault("languages.missing", {"names": missing})
    if unknown := sorted(_named(gaps) - allowed):
        return Fault("languages.not_known", {"names": unknown, "allowed": sorted(allowed)})
    prefixes = {gap for gap in shipped if gap[1] in ASKING_FOR_A_CODE}
    if strange := [gap for gap in gaps if gap[1] in ASKING_FOR_A_CODE and gap not in prefixes]:
        return Fault(
            "languages.not_known", {"names": [_written(strange[0])], "allowed": map(_written, prefixes)}
        )
    return None


def _required_arguments(gaps: list[Gap] | tuple[Gap, ...]) -> set[str]:
    """Return the arguments a sentence must contain: all but those used only for counted words."""
    return {name for name, form, _ in gaps if form != "plural"}


def _named(gaps: list[Gap] | tuple[Gap, ...]) -> set[str]:
    """Return the names of all arguments in placeholders."""
    return {
        placeholder
        for name, form, options in gaps
        for placeholder in (name, *(options if form == "span" else ()))
    }


def _written(gap: Gap) -> str:
    """Return a placeholder in the notation of templates."""
    name, form, options = gap
    return "{" + name + (f":{'|'.join([form, *options])}" if form else "") + "}"


@dataclass(frozen=True, slots=True)
class Written:
    """An entry of the shipped catalogues as in its file: its texts, line and comments.

    Attributes:
        line: line of its code; the first line is 1.
        comments: beside the code and right above it.
    """

    file: str
    line: int
    comments: tuple[str, ...]
    texts: Mapping[str, str]


def written(folder: Path = CATALOGUE) -> dict[str, Written]:
    """Return the entries of the shipped catalogues as in their files, in the order of the files."""
    sentences: dict[str, Written] = {}
    for file in sorted(folder.glob("*.toml")):
        text, before = file.read_text(encoding="utf-8"), 0
        for code, start, end in entries.cut(text):
            *above, head = text[before:start].split("\n")
            comments = [*above[len(above) - _comments_at_end(above) :], head.partition("] #")[2]]
            remarks = tuple(comment.strip("#- ") for comment in comments if comment.strip("#- "))
            sentences[code] = Written(
                file.name, text.count("\n", 0, start) + 1, remarks, tomllib.loads(text[start:end])
            )
            before = start
    return sentences


def _comments_at_end(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(reversed(lines)) if not line.startswith("#")), len(lines))


def write_language(file: Path, language: FurtherLanguage) -> None:
    """Write the file of a language, its sentences in the order of the shipped catalogues."""
    sentences = {code: language.sentences[code] for code in written() if code in language.sentences}
    head = f"# {own_name(file.stem)}\nfallback = {_quoted(language.fallback)}\n\n[sentences]\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    _replace(file, head + "".join(f"{_quoted(code)} = {_quoted(text)}\n" for code, text in sentences.items()))


def write_shipped(language: str, texts: Mapping[str, str], folder: Path = CATALOGUE) -> None:
    """Write texts of one of LANGUAGES into the shipped catalogue files; every other line stays unchanged."""
    line = re.compile(rf"^{language} = .*$", re.MULTILINE)
    changed_files: dict[Path, str] = {}
    for file in sorted(folder.glob("*.toml")):
        text = file.read_text(encoding="utf-8")
        # From the end backwards, so that earlier positions stay valid.
        for code, start, end in reversed(list(entries.cut(text))):
            if code in texts and tomllib.loads(text[start:end])[language] != texts[code]:
                match = line.search(text, start, end)
                assert match is not None, code
                new = f"{language} = {_quoted(texts[code])}"
                text = text[: match.start()] + new + text[match.end() :]
                changed_files[file] = text
    for file, text in changed_files.items():
        _replace(file, text)


def _quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replace(file: Path, text: str) -> None:
    """Write a file atomically: readers find either the old or the new content."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    new.replace(file)
