"""Parses and checks the values of a row, reporting all mistakes at once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from workflow.languages import LANGUAGES
from workflow.refusal import Refusal, closest_first, quoted
from workflow.registers.definition import FILLED, Condition, Register, RegisterField

Value = Any
"""A stored value, as JSON: text, True or False, a list of options, or a file; a number is a decimal in text."""
Values = Mapping[str, Value]
Fields = Mapping[str, RegisterField]
"""The fields of a row, or of an action on one, by id."""
TEXT_LIMITS: Mapping[str, int] = {"long_text": 10_000, "link": 2_000}
TEXT_LIMIT = 1_000
MAX_NUMBER = Decimal(10**13)
MAX_DECIMALS = 4
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
YES, NO = ("yes", "иә", "да", "true", "1"), ("no", "жоқ", "нет", "false", "0")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s]+", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
FILE_KEYS = ("sha256", "name", "type", "size")


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """One mistake in a row: the field, and a code under `register.value.` with its arguments."""

    field: str
    code: str
    arguments: Mapping[str, object] = dataclasses.field(default_factory=dict)


class InvalidRow(Refusal, ValueError):
    """A row cannot be written; `errors` lists all mistakes, the first one gives the sentence."""

    def __init__(self, fields: Fields, problems: tuple[ValueProblem, ...]) -> None:
        self.errors = tuple(
            ValueProblem(problem.field, f"register.value.{problem.code}", problem_arguments(fields, problem))
            for problem in problems
        )
        super().__init__(self.errors[0].code, **self.errors[0].arguments)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lookup:
    """Functions that find names; each returns the id for a name, None for none (or several).

    `row` takes a register and a text, and returns all ids of that name; `term` returns the data of a term
    written as in plans; `post` the post of a person by key, "" for none.
    """

    person: Callable[[str], str | None]
    unit: Callable[[str], str | None]
    row: Callable[[str, str], str | tuple[str, ...] | None]
    term: Callable[[str], Value] = str
    post: Callable[[str], str] = lambda _: ""


NO_NAMES = Lookup(person=lambda _: None, unit=lambda _: None, row=lambda _register, _text: None)
"""Lookup that finds nothing, for values that refer to nothing in the office."""


class _Wrong(Exception):
    """A value that cannot stand in its field; `parse_values` makes a ValueProblem of it."""

    def __init__(self, code: str, **arguments: object) -> None:
        super().__init__(code)
        self.code, self.arguments = code, arguments


def checked_values(
    fields: Fields,
    raw_values: Mapping[str, object],
    lookup: Lookup,
    *,
    today: date,
    any_of: Iterable[Sequence[str]] = (),
    before: Values | None = None,
    shown: Collection[str] | None = None,
) -> tuple[dict[str, Value], list[ValueProblem]]:
    """Return the values of a row as stored (None for an emptied one), and all mistakes, one of a field.

    `any_of`: fields of which one must be filled; `shown`: those whose broken rules are reported, None for all.
    `before`: the row's values, of which those alone that differ are returned; while none does no rule is
    applied, as the row may be from before the rule. None for a new row. A post nobody wrote is that of its
    person, also where another person is named or it was emptied.
    """
    values, problems = parse_values(fields, raw_values, lookup)
    known = before or {}
    changed = {name: value for name, value in values.items() if value != known.get(name)}
    for field in fields.values():
        is_open = before is None or not changed.keys().isdisjoint((field.id, field.post_of))
        if field.post_of and is_open and not is_filled(changed.get(field.id)):
            person = values.get(field.post_of, known.get(field.post_of))
            if post := lookup.post(str(person)):
                values[field.id] = post
    if before is not None:
        values = {name: value for name, value in values.items() if value != before.get(name)}
    if before is None or values:
        wrong = {problem.field for problem in problems}
        reported = {*(fields if shown is None else shown)} - wrong
        rules = _broken_rules(fields, {**(before or {}), **values}, today, any_of)
        problems += [problem for problem in rules if problem.field in reported]
    return values, problems


def parse_values(
    fields: Fields, raw_values: Mapping[str, object], lookup: Lookup
) -> tuple[dict[str, Value], list[ValueProblem]]:
    """Return the values of the given fields (None for an emptied one), and the mistakes in them."""
    values: dict[str, Value] = {}
    problems = []
    for name, raw in raw_values.items():
        field = fields.get(name)
        if field is None:
            allowed = closest_first(name, fields)
            problems.append(ValueProblem(name, "unknown_field", {"value": name, "allowed": allowed}))
            continue
        try:
            values[name] = _parse(field, raw, lookup)
        except _Wrong as wrong:
            raw_text = raw if isinstance(raw, str) else str(raw)
            problems.append(ValueProblem(name, wrong.code, quoted({"value": raw_text, **wrong.arguments})))
    return values, problems


def _broken_rules(
    fields: Fields, values: Values, today: date, any_of: Iterable[Sequence[str]]
) -> Iterator[ValueProblem]:
    """Yield a problem for each empty required field, and for each date or number beyond its limits."""
    for field in fields.values():
        if is_filled(values.get(field.id)):
            yield from _date_problems(field, values, today)
            yield from _number_problems(field, values, today)
        else:
            yield from _missing(field, values)
    for names in any_of:
        if not any(is_filled(values.get(name)) for name in names):
            titles = tuple(fields[name].title for name in names)
            yield ValueProblem(names[0], "one_of", {"fields": titles})


def problem_arguments(fields: Fields, problem: ValueProblem) -> dict[str, object]:
    """Return the arguments of a mistake's sentence, with fields by their titles."""
    arguments = dict(problem.arguments)
    named_fields = {**arguments, "field": problem.field}
    for name in ("field", "than", "when"):
        field = fields.get(str(named_fields.get(name, "")))
        if field is not None:
            arguments[name] = field.title
    return {"field": problem.field, **arguments}


def days_late(register: Register, values: Values, *, today: date) -> dict[str, int]:
    """Return the late date fields, each with the calendar days it is late by, missing ones until today."""
    late = {}
    for field in register.late_fields:
        limit, day = as_date(values.get(field.late_after)), as_date(values.get(field.id)) or today
        is_asked = not field.late_when or any(holds(condition, values) for condition in field.late_when)
        if limit is not None and day > limit and is_asked:
            late[field.id] = (day - limit).days
    return late


def is_filled(value: Value) -> bool:
    """Return whether a value is given: False and 0 are values, an empty text or list is not."""
    return value is not None and value != "" and value != []


def holds(condition: Condition | None, values: Values) -> bool:
    """Return whether a row meets a condition; None is always met."""
    if condition is None:
        return True
    value = values.get(condition.field)
    if condition.value == FILLED:
        return is_filled(value)
    if isinstance(value, bool):
        return value == (condition.value == "yes")
    return condition.value in value if isinstance(value, list) else value == condition.value


def as_date(value: Value) -> date | None:
    """Return the stored value of a date field as a date; None if it has none."""
    return date.fromisoformat(value) if value else None


def _parse(field: RegisterField, raw: object, lookup: Lookup) -> Value:
    """Return a value as it is stored; None for an empty one. Raises _Wrong."""
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw in ("", []):
        return None
    match field.kind:
        case "date":
            return _date(raw).isoformat()
        case "choice":
            return _choice(field, raw)
        case "person":
            return _name(raw, lookup.person, "unknown_person")
        case "unit":
            return _name(raw, lookup.unit, "unknown_unit")
        case "row":
            return _name(raw, lambda text: lookup.row(field.rows_of, text), "unknown_row")
        case "term":
            return raw if isinstance(raw, Mapping) else lookup.term(_text(raw, TEXT_LIMIT))
    if field.kind in _PARSERS:
        return _PARSERS[field.kind](raw)
    return _text(raw, TEXT_LIMITS.get(field.kind, TEXT_LIMIT), lines=field.kind == "long_text")


def _link(raw: object) -> str:
    """Return a web address. Raises _Wrong."""
    text = _text(raw, TEXT_LIMITS["link"])
    if not _ADDRESS.fullmatch(text):
        raise _Wrong("not_a_link")
    return text


def _text(raw: object, limit: int, *, lines: bool = False) -> str:
    """Return a text in one line, or with its `lines`. Raises _Wrong: no text, too long, control signs."""
    if isinstance(raw, bool | list | dict):
        raise _Wrong("not_a_text")
    text = str(raw).replace("\r\n", "\n").strip()
    if _CONTROL.search(text):
        raise _Wrong("control_sign")
    if len(text) > limit:
        raise _Wrong("too_long", limit=limit)
    return text if lines else " ".join(text.split())


def written_day(text: str) -> date | None:
    """Return a day written as 2026-03-30 or 30.03.2026; else None. Raises ValueError for no such day."""
    if (parts := _DAY.fullmatch(text)) is None:
        return None
    year, month, day = parts.groups()[:3] if parts[1] else parts.groups()[:2:-1]
    return date(int(year), int(month), int(day))


def written_number(text: str) -> Decimal | None:
    """Return a number of at most 15 digits and 9 decimals, with spaces, comma or point; else None."""
    plain = re.sub(r"\s", "", text).replace(",", ".").replace("−", "-")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def _date(raw: object) -> date:
    """Return a date: one of a sheet, or written 2026-03-30 or 30.03.2026. Raises _Wrong."""
    try:
        parsed_date = written_day(raw) if isinstance(raw, str) else raw
    except ValueError:
        raise _Wrong("impossible_date") from None
    if isinstance(parsed_date, datetime):
        parsed_date = parsed_date.date()
    if not isinstance(parsed_date, date):
        raise _Wrong("not_a_date")
    if not FIRST_DAY <= parsed_date <= LAST_DAY:
        raise _Wrong("impossible_date")
    return parsed_date


def _number(raw: object) -> str:
    """Return a number as it is stored: a decimal point, no spaces, no zeros at the end. Raises _Wrong."""
    if isinstance(raw, bool | list | dict):
        raise _Wrong("not_a_number")
    number = written_number(str(raw))
    if number is None:
        raise _Wrong("not_a_number")
    rounded = round(number, MAX_DECIMALS)
    if rounded != number or abs(number) >= MAX_NUMBER:
        raise _Wrong("number_too_long", limit=MAX_DECIMALS)
    return f"{rounded.normalize():f}" if rounded else "0"


def _yes_no(raw: object) -> bool:
    """Return a yes or no, as a boolean or a word in any language. Raises _Wrong."""
    if isinstance(raw, bool):
        return raw
    text = str(raw).casefold()
    if text not in (*YES, *NO):
        raise _Wrong("not_yes_no")
    return text in YES


def _choice(field: RegisterField, raw: object) -> Value:
    """Return the id of the one option, given by id or title; of `several` a list, each once. Raises _Wrong."""
    texts = raw if isinstance(raw, list | tuple) else [raw]
    if field.several and isinstance(raw, str):
        texts = [text for text in re.split(r"\s*;\s*", raw) if text]
    chosen = [_option(field, text) for text in texts]
    if field.several:
        return list(dict.fromkeys(chosen))
    if len(chosen) != 1:
        raise _Wrong("one_option")
    return chosen[0]


def _option(field: RegisterField, raw: object) -> str:
    """Return the id of the option with that id, or title in any language. Raises _Wrong."""
    text = str(raw).strip().casefold()
    for option in field.options:
        titles = (option.title[language].casefold() for language in LANGUAGES)
        if text in (option.id, *titles):
            return option.id
    raise _Wrong("not_an_option", allowed=tuple(option.title for option in field.options))


def _file(raw: object) -> dict[str, object]:
    """Return a stored file without other keys than FILE_KEYS. Raises _Wrong."""
    if not isinstance(raw, Mapping) or not _SHA256.fullmatch(str(raw.get("sha256"))):
        raise _Wrong("not_a_file")
    return {key: raw[key] for key in FILE_KEYS if key in raw}


def _name(raw: object, find: Callable[[str], str | tuple[str, ...] | None], code: str) -> str:
    """Return the id a name is found to mean. Raises _Wrong: `code` for none, or that there are several."""
    key = None if isinstance(raw, bool | list | dict) else find(str(raw))
    if isinstance(key, tuple):
        raise _Wrong("several_rows", ids=key)
    if key is None:
        raise _Wrong(code)
    return key


_PARSERS: Mapping[str, Callable[[object], Value]] = {
    "number": _number,
    "money": _number,
    "yes_no": _yes_no,
    "file": _file,
    "link": _link,
}
"""Kind of a field -> what parses a value of it, where neither the field nor the office has a say."""


def _missing(field: RegisterField, values: Values) -> Iterator[ValueProblem]:
    """Yield a problem where an empty field is required, always or by a condition the row meets."""
    if field.required:
        yield ValueProblem(field.id, "required")
    for condition in field.required_when:
        if holds(condition, values):
            yield ValueProblem(field.id, "required_when", {"when": condition.field})


def _date_problems(field: RegisterField, values: Values, today: date) -> Iterator[ValueProblem]:
    """Yield a problem for a date after today, or before the one it must not precede."""
    if field.kind != "date" or not (day := as_date(values[field.id])):
        return
    if field.past and day > today:
        yield ValueProblem(field.id, "in_future", {"value": day, "limit": today})
    limit = as_date(values.get(field.not_before))
    if limit and day < limit:
        yield ValueProblem(field.id, "not_before", {"value": day, "than": field.not_before, "limit": limit})


def _number_problems(field: RegisterField, values: Values, today: date) -> Iterator[ValueProblem]:
    """Yield a problem for a number outside its limits, and for a year too far ahead."""
    value = values[field.id]
    most = field.at_most if field.years_ahead is None else today.year + field.years_ahead
    if field.at_least is not None and Decimal(str(value)) < field.at_least:
        arguments = {"value": value, "limit": str(field.at_least)}
        if field.at_least_when is None:
            yield ValueProblem(field.id, "at_least", arguments)
        elif holds(field.at_least_when, values):
            yield ValueProblem(field.id, "at_least_when", {**arguments, "when": field.at_least_when.field})
    if most is not None and Decimal(str(value)) > most:
        yield ValueProblem(field.id, "at_most", {"value": value, "limit": str(most)})
