"""Renders a code with arguments as a sentence.

Templates are parsed once per code and language; rendering then fills the placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Protocol

from i18n.entries import CatalogueError, UnknownCode, knows, template, where
from i18n.formats import Arguments, Filler, Placeholder, filler

_GAP = re.compile(
    r"\{(?P<name>\w+)(?::(?P<format>\w+)(?P<options>(?:\|[^{}|]*)*))?\}|(?P<brace>\{\{|\}\}|[{}])"
)

Gap = tuple[str, str, tuple[str, ...]]

_compiled: dict[tuple[str, str], Callable[[Arguments], str]] = {}


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
    sentence = _compiled.get((code, language))
    if sentence is None:
        sentence = _compiled[code, language] = _compile(code, language)
    try:
        return sentence(arguments)
    except (UnknownCode, MissingArgument):
        raise
    except KeyError as missing:
        raise MissingArgument(code, str(missing.args[0])) from None


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


def placeholders_of(text: str) -> tuple[Gap, ...]:
    """Return name, format and options of each placeholder of a template."""
    return tuple(gap for _, gap in _pieces(text) if gap)


def _compile(code: str, language: str) -> Callable[[Arguments], str]:
    """Compile a template to a function of its arguments.

    Raises:
        CatalogueError: the template is invalid; the message names file and code.
    """
    shape, fillers = "", list[Filler]()
    try:
        for piece, gap in _pieces(template(code, language)):
            shape += piece.replace("%", "%%")
            if gap:
                fillers.append(filler(Placeholder(*gap, language, partial(say, language=language))))
                shape += "%s"
    except ValueError as error:
        raise CatalogueError(f"{where(code)}: [{code}] {language}: {error}") from error
    if not fillers:
        full_text = shape.replace("%%", "%")
        return lambda arguments: full_text
    if len(fillers) == 1:
        only = fillers[0]
        return lambda arguments: shape % only(arguments)
    return lambda arguments: shape % tuple([fill(arguments) for fill in fillers])


def _pieces(text: str) -> Iterator[tuple[str, Gap | None]]:
    """Yield the pieces of a template: plain text with the placeholder after it."""
    end = 0
    for match in _GAP.finditer(text):
        before, end = text[end : match.start()], match.end()
        brace = match["brace"]
        if brace is None:
            options = tuple((match["options"] or "").split("|")[1:])
            yield before, (match["name"], match["format"] or "", options)
        elif len(brace) == 2:
            yield before + brace[0], None
        else:
            raise ValueError(f"a brace that is no placeholder: {text[match.start() :]!r}")
    yield text[end:], None
