"""Renders a code with arguments as a sentence: finds its template, and fills each placeholder by its format.

What may follow the colon of a placeholder is a format, one small function each: `{on:long}` is the argument
`on` as a long date. Templates are parsed once per code and language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from string import Formatter
from typing import Any, NamedTuple

from calendars.refusal import Refusal
from calendars.terms import Element
from i18n import values
from i18n.entries import CatalogueError, UnknownCode, knows, template, where


class MissingArgument(KeyError):
    """A placeholder of a sentence has no argument."""

    def __str__(self) -> str:
        return f"{self.args[0]!r} needs the argument {self.args[1]!r}"


def say(code: str, arguments: Mapping[str, object], language: str) -> str:
    """Return the sentence (or word) of a code in a language.

    Raises UnknownCode, UnknownLanguage; MissingArgument: an argument of the sentence is missing.
    """
    text = ""
    try:
        for literal, place in _parsed(code, language):
            text += literal
            if place is not None:
                there = Place(arguments, language, place.options)
                text += FORMATS[place.format](arguments[place.name], there)
    except (UnknownCode, MissingArgument):
        raise
    except KeyError as missing:
        raise MissingArgument(code, str(missing.args[0])) from None
    return text


def explain(elements: Iterable[Element], language: str) -> list[str]:
    """Return the sentences of an explanation, one for each element."""
    return [say(element.code, element.arguments, language) for element in elements]


def refusal(error: BaseException, language: str) -> str:
    """Return the message of an error: its sentence when it has a code and arguments, else its own text."""
    code, arguments = getattr(error, "code", None), getattr(error, "arguments", None)
    if isinstance(code, str) and isinstance(arguments, Mapping) and knows(code):
        return say(code, arguments, language)
    return str(error)


class Placeholder(NamedTuple):
    """A placeholder `{name:format|option|option}` of a template."""

    name: str
    format: str
    options: tuple[str, ...]


def placeholder(name: str, spec: str | None) -> Placeholder:
    """Return a placeholder by its name and what follows the colon."""
    format, *options = (spec or "").split("|")
    return Placeholder(name, format, tuple(options))


@cache
def _parsed(code: str, language: str) -> Sequence[tuple[str, Placeholder | None]]:
    """Return the pieces of a template: plain text and the placeholder after it. Raises CatalogueError."""
    try:
        pieces = [
            (literal, placeholder(name, spec) if name is not None else None)
            for literal, name, spec, _ in Formatter().parse(template(code, language))
        ]
        for _, place in pieces:
            if place is not None:
                _check(place, language)
    except ValueError as error:
        raise CatalogueError(f"{where(code)}: [{code}] {language}: {error}") from error
    return pieces


def _check(place: Placeholder, language: str) -> None:
    """Raise ValueError where the format of a placeholder does not exist, or its options are wrong."""
    if place.format not in FORMATS:
        raise ValueError(f"unknown format {place.format!r}: {', '.join(sorted(filter(None, FORMATS)))}")
    if bool(place.options) != (place.format in WITH_OPTIONS) and place.format not in OPTIONAL:
        raise ValueError(f"format {place.format!r} takes {'some' if not place.options else 'no'} options")
    for number in (1, 5) if place.format == "plural" else ():
        values.plural(number, place.options, language)


class Place(NamedTuple):
    """Where a placeholder stands: the sentence's arguments and language, and the placeholder's options."""

    arguments: Mapping[str, Any]
    language: str
    options: tuple[str, ...]

    def other(self, code: str, arguments: Mapping[str, object] | None = None) -> str:
        """Return another sentence in the same language, with the same arguments unless it has its own."""
        return say(code, self.arguments if arguments is None else arguments, self.language)


Format = Callable[[Any, Place], str]
"""Function from the value of a placeholder, in its sentence, to text."""


def plain(value: object, language: str) -> str:
    """Format any value for a sentence: a text in its language, a date in words, None as a dash."""
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if isinstance(value, date):
        return values.date_long(value, language)
    own_text = value.get(language) if isinstance(value, Mapping) else getattr(value, language, None)
    return own_text if isinstance(own_text, str) else str(value)


def _plain(value: object, there: Place) -> str:
    """Format `{value}`: any value; a refusal by its sentence."""
    if isinstance(value, Refusal):
        return there.other(value.code, value.arguments)
    return plain(value, there.language)


def _of(say: Callable[..., str], *extra_arguments: object) -> Format:
    """Return a format that passes the value to a function: say(value, language, *extra_arguments)."""
    return lambda value, there: say(value, there.language, *extra_arguments)


def _text(say: Callable[[str], str]) -> Format:
    """Return a format that passes the value as a text to a function."""
    return lambda value, there: say(plain(value, there.language))


def _day(case: values.Case | None) -> Format:
    """Return a format for a day, with its year only where that is not the year of the argument `today`."""

    def format_day(day: date, there: Place) -> str:
        today = there.arguments.get("today")
        is_near = not isinstance(today, date) or today.year == day.year
        return (values.date_day if is_near else values.date_long)(day, there.language, case)

    return format_day


def _counted(days: Iterable[date], there: Place) -> str:
    """Format counted days in order; of none (too many to name) the span from the argument `first` to `last`."""
    if days:
        return values.days_list(tuple(days), there.language)
    return values.span(there.arguments["first"], there.arguments["last"], there.language)


def _span(first: date, there: Place) -> str:
    """Format `{first:span|last}`: a span of days."""
    return values.span(first, there.arguments[there.options[0]], there.language)


def _join(items: Iterable[object], there: Place) -> str:
    """Format `{items:join}`, or `{items:join|prefix.}` for codes: with commas; empty, it has its own text."""
    return ", ".join([_name(item, there) for item in items]) or there.other("join.nothing")


def _join_inner(items: Iterable[object], there: Place) -> str:
    """Format `{items:join_inner}`: a list of titles within a sentence."""
    texts = [inner(plain(item, there.language)) for item in items]
    return ", ".join(texts) or there.other("join.nothing")


def _say(value: object, there: Place) -> str:
    """Format `{state:say|state.}`: the entry with that code; a missing one raises UnknownCode."""
    return there.other(f"{there.options[0]}{value}")


def _name(value: object, there: Place) -> str:
    """Format `{of:name|prefix.}`: the entry `prefix.` + value; a value without one as `{of}` shows it."""
    code = f"{there.options[0]}{value}" if there.options else ""
    return there.other(code) if code and knows(code) else plain(value, there.language)


def _bracketed(value: object, language: str) -> str:
    """Return a text in brackets; nothing for an empty one."""
    return f" ({plain(value, language)})" if value not in (None, "") else ""


def _cited(value: str, language: str) -> str:
    """Return a citation in words behind a comma; nothing for an empty one."""
    return f", {paragraph(value, language)}" if value else ""


def inner(text: str) -> str:
    """Return a title for use within a sentence: first letter in lower case, except for an abbreviation."""
    first, second = text[:1], text[1:2]
    if second.isupper() or second.isdigit():
        return text
    return first.lower() + text[1:]


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it ends with a punctuation mark."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", "…")) else text + "."


_ROW_ID = re.compile(r"(?:[a-z0-9-]+-)?(\d{4})-0*(\d+)")


def row_number(value: Any, language: str) -> str:
    """Return the id of a row of a register or of a campaign as said ("№ 3, 2026"); others unchanged."""
    text = plain(value, language)
    id_match = _ROW_ID.fullmatch(text)
    mark = "No." if language == "en" else "№"
    return f"{mark} {id_match[2]}, {id_match[1]}" if id_match else text


_ACT = re.compile(r"(?P<kind>[A-Z])(?P<year>\d\d)[A-Z]?(?P<number>\d+)_?", re.ASCII)


def calendar_act(act: str, language: str) -> str:
    """Return the name of an act that decides about days: its own, else kind, year and number, else its id."""
    if knows(code := f"calendar_act.{act}"):
        return template(code, language)
    match = _ACT.fullmatch(act)
    if match is None or not knows(code := f"calendar_act.kind.{match['kind']}"):
        return act
    year = int(match["year"]) + (1900 if int(match["year"]) > 50 else 2000)
    return template(code, language).format(year=year, number=int(match["number"]))


# Most telling first. "P1.T1.S3" is the instruction's project, task and subtask; "row 2" a row of a map.
_PROJECT = re.compile(r"P(?P<project>\d+)(?:\.T(?P<task>\d+)(?:\.S(?P<subtask>\d+))?)?(?P<intro> intro)?")
_NUMBERED = re.compile(r"(?P<kind>row|art\.|p\.|annex) (?P<number>\w+(?:\.\w+)*)(?:\((?P<inside>\w+)\))?")
_ROW = re.compile(r"row \d+")
_KINDS = {"row": "row", "art.": "article", "p.": "point", "annex": "annex"}


def paragraph(text: str, language: str) -> str:
    """Return a citation in words: "P1.T1.S3" -> "проект №1, задача 1, подзадача 3"; an unknown one unchanged.

    Also "P1 intro", "intro", "row 2", "art. 8(5)", "p. 16(5)", "p. 4.6.2", "annex 2"; several are separated by
    commas.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    rows = [int(part[4:]) for part in parts if _ROW.fullmatch(part)]
    if len(rows) > 1 and len(rows) == len(parts):
        return template("paragraph.rows", language).format(numbers=_runs(rows))
    places = [
        match for part in parts if (match := _PROJECT.fullmatch(part)) and (match["task"] or match["intro"])
    ]
    if len(parts) > 1 and len(places) == len(parts):
        projects = groupby(places, key=lambda match: match["project"])
        return "; ".join(_of_one_project(list(group), language) for _, group in projects)
    return ", ".join(_citation(part, language) for part in parts)


def _of_one_project(places: Sequence[re.Match[str]], language: str) -> str:
    """Return places of one project: it is named once, and its subtasks by task."""
    phrases = []
    for task, group in groupby(places, key=lambda match: match["task"]):
        among = list(group)
        numbers = [int(match["subtask"]) for match in among if match["subtask"] and not match["intro"]]
        if task and len(numbers) > 1 and len(numbers) == len(among):
            subtasks = template("paragraph.subtasks", language).format(numbers=_runs(numbers))
            phrases.append(f"{_place('task', language, task)}, {subtasks}")
        else:
            phrases += [_citation(match[0], language).partition(", ")[2] for match in among]
    return f"{_place('project', language, places[0]['project'])}, {'; '.join(phrases)}"


def _runs(numbers: Sequence[int]) -> str:
    """Return rising numbers with runs of three and more shortened: "11–13, 15, 16"."""
    places = groupby(enumerate(numbers), key=lambda place: place[1] - place[0])
    runs = ([number for _, number in run] for _, run in places)
    shortened = (f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
    return ", ".join(shortened)


def _citation(part: str, language: str) -> str:
    """Return one citation in words; an unknown one unchanged."""
    if part == "intro":
        return template("paragraph.intro", language)
    if match := _PROJECT.fullmatch(part):
        phrases = [
            _place(kind, language, match[kind]) for kind in ("project", "task", "subtask") if match[kind]
        ]
        return ", ".join([*phrases, template("paragraph.intro", language)] if match["intro"] else phrases)
    if match := _NUMBERED.fullmatch(part):
        inside = match["inside"] or ""
        kind = _KINDS[match["kind"]] + ("_point" if inside else "")
        if knows(f"paragraph.{kind}"):
            return _place(kind, language, match["number"], inside)
    return part


def _place(kind: str, language: str, number: str, inside: str = "") -> str:
    """Return one part of a citation in words."""
    return template(f"paragraph.{kind}", language).format(number=number, inside=inside)


FORMATS: Mapping[str, Format] = {
    "": _plain,
    "long": _of(values.date_long),
    "long_from": _of(values.date_long, "from"),
    "long_to": _of(values.date_long, "to"),
    "long_in": _of(values.date_long, "in"),
    "day": _day(None),
    "day_from": _day("from"),
    "day_to": _day("to"),
    "short": _of(values.date_short),
    "moment": _of(values.moment),
    "weekday": _of(values.date_weekday),
    "month": _of(values.month_name),
    "period": _of(values.period),
    "ranges": _of(values.days_ranges),
    "counted": _counted,
    "span": _span,
    "number": _of(values.number),
    "percent": _of(values.percent),
    "figure": _of(values.figure),
    "figures": _of(values.figures),
    "roman": lambda value, _: values.roman(value),
    "plural": lambda number, there: values.plural(number, there.options, there.language),
    "choose": lambda value, there: there.options[0 if value else 1],
    "join": _join,
    "join_inner": _join_inner,
    "say": _say,
    "name": _name,
    "inner": _text(inner),
    "row": _of(row_number),
    "sentence": _text(sentence),
    "bracketed": _of(_bracketed),
    "cited": _of(_cited),
}
"""By name; "" is a placeholder without a colon."""

WITH_OPTIONS = frozenset({"span", "plural", "choose", "say", "name"})
OPTIONAL = frozenset({"join"})
