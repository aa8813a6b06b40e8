"""Formats of placeholders: what may follow the colon, one small function each.

`{on:long}` is the argument `on` as a long date. A format is compiled once per placeholder and language into a
filler: arguments -> text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

from calendars.refusal import Refusal
from i18n import dates
from i18n.entries import knows, template
from i18n.numbers import figure, figures, number, percent, plural, plural_form, roman


def text_in(value: object, language: str) -> str:
    """Return the text of a language from a text in three languages; any other value as a string."""
    if isinstance(value, str):
        return value
    own_text = value.get(language) if isinstance(value, Mapping) else getattr(value, language, None)
    return own_text if isinstance(own_text, str) else str(value)


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


# Most telling first. "P1.T1.S3" is the instruction's project, task and subtask; "row 2" a row of a map.
_PROJECT = re.compile(r"P(?P<project>\d+)(?:\.T(?P<task>\d+)(?:\.S(?P<subtask>\d+))?)?(?P<intro> intro)?")
_NUMBERED = re.compile(r"(?P<kind>row|art\.|p\.|annex) (?P<number>\w+(?:\.\w+)*)(?:\((?P<inside>\w+)\))?")
_ROW = re.compile(r"row \d+")
_KINDS = {"row": "row", "art.": "article", "p.": "point", "annex": "annex"}


@lru_cache(maxsize=1024)
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
    runs: list[list[int]] = []
    for row in numbers:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
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
        kind, inside = _KINDS[match["kind"]], match["inside"]
        if inside and kind in ("article", "point"):
            return _place(f"{kind}_point", language, match["number"], inside)
        return part if inside else _place(kind, language, match["number"])
    return part


def _place(kind: str, language: str, number: str, inside: str = "") -> str:
    """Return one part of a citation in words."""
    return template(f"paragraph.{kind}", language).format(number=number, inside=inside)


Arguments = Mapping[str, Any]
Filler = Callable[[Arguments], str]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder `{name:format|option|option}` of a template in one language.

    `speak` renders another entry in the same language.
    """

    name: str
    format: str
    options: tuple[str, ...]
    language: str
    speak: Callable[[str, Arguments], str]


def filler(place: Placeholder) -> Filler:
    """Return the function that fills a placeholder.

    Raises:
        ValueError: the format does not exist, or its options are wrong.
    """
    make = FORMATS.get(place.format)
    if make is None:
        raise ValueError(f"unknown format {place.format!r}: {', '.join(sorted(filter(None, FORMATS)))}")
    if bool(place.options) != (place.format in WITH_OPTIONS) and place.format not in OPTIONAL:
        raise ValueError(f"format {place.format!r} takes {'some' if not place.options else 'no'} options")
    return make(place)


def plain(value: object, language: str) -> str:
    """Format any value for a sentence: a text in its language, a date in words, None as a dash."""
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if isinstance(value, date):
        return dates.date_long(value, language)
    return str(value) if isinstance(value, int) else text_in(value, language)


def _plain(place: Placeholder) -> Filler:
    """Format `{value}`: any value; a refusal by its sentence."""
    name, language = place.name, place.language

    def fill(arguments: Arguments) -> str:
        value = arguments[name]
        if isinstance(value, Refusal):
            return place.speak(value.code, value.arguments)
        return value if type(value) is str else plain(value, language)

    return fill


def _of(say: Callable[..., str], *extra_arguments: object) -> Callable[[Placeholder], Filler]:
    """Return a placeholder format that passes the argument to a function: say(value, language, *options)."""

    def make(place: Placeholder) -> Filler:
        name, language = place.name, place.language
        return lambda arguments: say(arguments[name], language, *extra_arguments)

    return make


def _day(case: dates.Case | None) -> Callable[[Placeholder], Filler]:
    """Return a format for a day: without its year, or with it if the sentence is about another year than the
    argument `today`.
    """

    def make(place: Placeholder) -> Filler:
        name, language = place.name, place.language

        def fill(arguments: Arguments) -> str:
            day, today = arguments[name], arguments.get("today")
            is_near = not isinstance(today, date) or today.year == day.year
            return (dates.date_day if is_near else dates.date_long)(day, language, case)

        return fill

    return make


def _counted(place: Placeholder) -> Filler:
    """Format counted days in order; of none (too many to name) the span from the argument `first` to `last`."""
    name, language = place.name, place.language

    def fill(arguments: Arguments) -> str:
        days = arguments[name]
        if days:
            return dates.days_list(tuple(days), language)
        return dates.span(arguments["first"], arguments["last"], language)

    return fill


def _span(place: Placeholder) -> Filler:
    """Format `{first:span|last}`: a span of days."""
    name, language, (last,) = place.name, place.language, place.options
    return lambda arguments: dates.span(arguments[name], arguments[last], language)


def _plural(place: Placeholder) -> Filler:
    """Format `{n:plural|form|form}`: a counted word."""
    name, language, forms = place.name, place.language, place.options
    if len(forms) > 1 or language != "kk":
        plural(5, forms, language)
        plural(1, forms, language)
    else:
        return lambda arguments: forms[0]
    return lambda arguments: forms[plural_form(arguments[name], language)]


def _choose(place: Placeholder) -> Filler:
    """Format `{counted:choose|text if true|text if false}`: one of two texts."""
    name, (yes, no) = place.name, place.options
    return lambda arguments: yes if arguments[name] else no


def _join(place: Placeholder) -> Filler:
    """Format `{items:join}`, or `{items:join|prefix.}` for codes."""
    return _joined(place, _one_item(place))


def _join_inner(place: Placeholder) -> Filler:
    """Format `{items:join_inner}`: a list of titles within a sentence."""
    return _joined(place, lambda item, _: inner(plain(item, place.language)))


def _joined(place: Placeholder, say_item: Callable[[object, Arguments], str]) -> Filler:
    """Return the filler of a list, with commas between its items; an empty one has its own text."""
    name, speak = place.name, place.speak

    def fill(arguments: Arguments) -> str:
        items: Iterable[object] = arguments[name]
        return ", ".join([say_item(item, arguments) for item in items]) or speak("join.nothing", {})

    return fill


def _one_item(place: Placeholder) -> Callable[[object, Arguments], str]:
    """Return the function that renders one item of a list."""
    language, speak = place.language, place.speak
    if not place.options:
        return lambda item, arguments: plain(item, language)
    (prefix,) = place.options

    def each(item: object, arguments: Arguments) -> str:
        code = f"{prefix}{item}"
        return speak(code, arguments) if knows(code) else plain(item, language)

    return each


def _say(place: Placeholder) -> Filler:
    """Format `{state:say|state.}`: the entry with that code; a missing one raises UnknownCode."""
    name, speak, (prefix,) = place.name, place.speak, place.options
    return lambda arguments: speak(f"{prefix}{arguments[name]}", arguments)


def _name(place: Placeholder) -> Filler:
    """Format `{of:name|prefix.}`: the entry `prefix.` + value; a value without one as `{of}` shows it."""
    name, say_item = place.name, _one_item(place)
    return lambda arguments: say_item(arguments[name], arguments)


def _bracketed(value: object, language: str) -> str:
    """Return a text in brackets; nothing for an empty one."""
    text = "" if value is None else plain(value, language)
    return f" ({text})" if text else ""


def _cited(value: str, language: str) -> str:
    """Return a citation in words behind a comma; nothing for an empty one."""
    text = paragraph(value, language) if value else ""
    return f", {text}" if text else ""


_ROW_ID = re.compile(r"(?:[a-z0-9-]+-)?(\d{4})-0*(\d+)")


def row_number(value: Any, language: str) -> str:
    """Return the id of a row of a register or of a campaign as said ("№ 3, 2026"); others unchanged."""
    text = plain(value, language)
    id_match = _ROW_ID.fullmatch(text)
    mark = "No." if language == "en" else "№"
    return f"{mark} {id_match[2]}, {id_match[1]}" if id_match else text


_ACT = re.compile(r"(?P<kind>[A-Z])(?P<year>\d\d)[A-Z]?(?P<number>\d+)_?", re.ASCII)


def calendar_act(act: str, language: str) -> str:
    """Return the name of an act that decides about days; of a registered one without a name of its own its
    kind, year and number, of any other its id.
    """
    if knows(code := f"calendar_act.{act}"):
        return template(code, language)
    match = _ACT.fullmatch(act)
    if match is None or not knows(code := f"calendar_act.kind.{match['kind']}"):
        return act
    year = int(match["year"]) + (1900 if int(match["year"]) > 50 else 2000)
    return template(code, language).format(year=year, number=int(match["number"]))


FORMATS: Mapping[str, Callable[[Placeholder], Filler]] = {
    "": _plain,
    "long": _of(dates.date_long),
    "long_from": _of(dates.date_long, "from"),
    "long_to": _of(dates.date_long, "to"),
    "long_in": _of(dates.date_long, "in"),
    "day": _day(None),
    "day_from": _day("from"),
    "day_to": _day("to"),
    "short": _of(dates.date_short),
    "moment": _of(dates.moment),
    "weekday": _of(dates.date_weekday),
    "month": _of(dates.month_name),
    "period": _of(dates.period),
    "ranges": _of(lambda days, language: dates.days_ranges(tuple(days), language)),
    "counted": _counted,
    "span": _span,
    "number": _of(number),
    "percent": _of(percent),
    "figure": _of(figure),
    "figures": _of(figures),
    "roman": _of(lambda value, language: roman(value)),
    "plural": _plural,
    "choose": _choose,
    "join": _join,
    "join_inner": _join_inner,
    "say": _say,
    "name": _name,
    "inner": _of(lambda value, language: inner(plain(value, language))),
    "row": _of(row_number),
    "sentence": _of(lambda value, language: sentence(plain(value, language))),
    "bracketed": _of(_bracketed),
    "cited": _of(_cited),
}
"""By name; "" is a placeholder without a colon."""

WITH_OPTIONS = frozenset({"span", "plural", "choose", "say", "name"})
OPTIONAL = frozenset({"join"})
