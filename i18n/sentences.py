"""Renders a code with arguments as a sentence.

Templates are parsed once per code and language; rendering then fills the placeholders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from string import Formatter
from typing import NamedTuple, Protocol

from i18n.entries import CatalogueError, UnknownCode, knows, template, where
from i18n.formats import FORMATS, OPTIONAL, WITH_OPTIONS, Format, Sentence
from i18n.numbers import plural


class Placeholder(NamedTuple):
    """A placeholder `{name:format|option|option}` of a template."""

    name: str
    format: str
    options: tuple[str, ...]


class Sayable(Protocol):
    """Anything with a code and arguments, such as an element of an explanation."""

    @property
    def code(self) -> str: ...

    @property
    def arguments(self) -> Mapping[str, object]: ...


class MissingArgument(KeyError):
    """A placeholder of a sentence has no argument."""

    def __init__(self, code: str, name: str) -> None:
        super().__init__(code, name)

    def __str__(self) -> str:
        return f"{self.args[0]!r} needs the argument {self.args[1]!r}"


def say(code: str, arguments: Mapping[str, object], language: str) -> str:
    """Return the sentence (or word) of a code in a language.

    Raises:
        UnknownCode: no catalogue has the code.
        UnknownLanguage: none of LANGUAGES.
        MissingArgument: an argument of the sentence is missing.
    """
    text = ""
    try:
        for literal, name, show, options in _parsed(code, language):
            text += literal
            if show is not None:
                text += show(arguments[name], Sentence(arguments, language, options, say))
    except (UnknownCode, MissingArgument):
        raise
    except KeyError as missing:
        raise MissingArgument(code, str(missing.args[0])) from None
    return text


def explain(elements: Iterable[Sayable], language: str) -> list[str]:
    """Return the sentences of an explanation, one for each element."""
    return [say(element.code, element.arguments, language) for element in elements]


def explanation(elements: Iterable[Sayable], language: str) -> str:
    """Return an explanation as one text."""
    return " ".join(explain(elements, language))


def refusal(error: BaseException, language: str) -> str:
    """Return the message of an error: its sentence when it has a code and arguments, else its own text."""
    code, arguments = getattr(error, "code", None), getattr(error, "arguments", None)
    if isinstance(code, str) and isinstance(arguments, Mapping) and knows(code):
        return say(code, arguments, language)
    return str(error)


@cache
def _parsed(code: str, language: str) -> Sequence[tuple[str, str, Format | None, tuple[str, ...]]]:
    """Return the pieces of a template: plain text with the placeholder after it, if any (cached).

    Raises:
        CatalogueError: the template is invalid; the message names file and code.
    """
    pieces = []
    try:
        for literal, name, spec, _ in Formatter().parse(template(code, language)):
            place = placeholder(name, spec) if name is not None else None
            show = _format(place, language) if place else None
            pieces.append((literal, place.name if place else "", show, place.options if place else ()))
    except ValueError as error:
        raise CatalogueError(f"{where(code)}: [{code}] {language}: {error}") from error
    return pieces


def placeholder(name: str, spec: str | None) -> Placeholder:
    """Return a placeholder by its name and what follows the colon."""
    format, *options = (spec or "").split("|")
    return Placeholder(name, format, tuple(options))


def _format(place: Placeholder, language: str) -> Format:
    """Return the format of a placeholder. Raises ValueError: it does not exist, or its options are wrong."""
    if place.format not in FORMATS:
        raise ValueError(f"unknown format {place.format!r}: {', '.join(sorted(filter(None, FORMATS)))}")
    if bool(place.options) != (place.format in WITH_OPTIONS) and place.format not in OPTIONAL:
        raise ValueError(f"format {place.format!r} takes {'some' if not place.options else 'no'} options")
    if place.format == "plural":
        plural(1, place.options, language)
        plural(5, place.options, language)
    return FORMATS[place.format]
