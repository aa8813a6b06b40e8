"""Reads plain numbers from JSON data into the answers a score is counted from, reporting all mistakes at
once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter, ValidationError

from workflow.law.files import Mistake, Model, mistakes, one_of, path_text, wrong
from workflow.refusal import Refusal, closest_first, quoted
from workflow.scoring import scale as scales
from workflow.scoring.scale import MAX_NUMBER, Answer, Indicator, Readings, Scoring

_DONE = '{"done": 19, "of": 20}'
_COUNT = '{"count": 7}'
_ABSENT = '{"present": false}'
_MONTHS = '{"per_month": [6, 0, 3]}'
_RISKS = '{"found": 10, "removed": 4, "completed": 2}'
_EVENTS = '{"present": true, "scaled": true, "views": 1500}'
_INSIDE = {"coverage": _DONE, "per_quarter": _DONE, "risks": _RISKS}
"""Examples of records inside another one, by key."""
_CODES = {
    "dict_type": "wrong_form",
    "dataclass_type": "wrong_form",
    "model_type": "wrong_form",
    "int_type": "not_a_count",
    "greater_than_equal": "negative",
    "less_than_equal": "too_large",
    "bool_type": "not_yes_no",
    "tuple_type": "not_a_list",
    "too_short": "not_a_list",
}
"""Codes of the catalogues, by pydantic's names of the errors."""


@dataclass(frozen=True, slots=True)
class InputError:
    """One mistake: a code of the catalogues and its arguments, `place` among them."""

    code: str
    arguments: Mapping[str, object]

    @property
    def place(self) -> str:
        return str(self.arguments["place"])


class BadInputs(Refusal, ValueError):
    """The numbers cannot be scored. The code is that of the first mistake; `errors` lists all, in order of
    place.
    """

    def __init__(self, problems: Sequence[InputError]) -> None:
        super().__init__(problems[0].code, **problems[0].arguments)
        self.errors = tuple(InputError(problem.code, quoted(problem.arguments)) for problem in problems)


def choose(chosen: Mapping[str, str], scoring: Scoring) -> Readings:
    """Return the value of each reading of a scoring: the chosen one, else the usual one.

    Raises:
        Refusal: a name or a value the scoring does not have.
    """
    for name, value in chosen.items():
        if name not in scoring.readings:
            allowed = closest_first(name, scoring.readings)
            raise Refusal("score.unknown_reading", reading=name, allowed=allowed)
        if value not in scoring.readings[name]:
            allowed = closest_first(value, scoring.readings[name])
            raise Refusal("score.unknown_reading_value", reading=name, value=value, allowed=allowed)
    return {**scoring.usual, **chosen}


# ------------------------------------------------------------------------------------------------- records


def _absent(answer: scales.Present) -> scales.Present:
    """Return an answer that says the thing is absent; refuse one that says it is present without numbers."""
    if answer.present:
        raise wrong("numbers_missing")
    return answer


class _EventsRecord(Model):
    """What was shown to the public. `scaled`: whether it was published on the internet, too."""

    present: bool
    scaled: bool | None = None
    views: scales.Whole = 0


def _events(record: _EventsRecord) -> scales.Events | scales.Present:
    """Return the answer of a record of what was shown; one that says it is absent where nothing was."""
    # Anything with views on the internet was published there.
    if not record.present and (record.scaled or record.views):
        raise wrong("not_shown_but_scaled")
    if record.views and record.scaled is False:
        raise wrong("seen_but_not_scaled")
    if not record.present:
        return scales.Present(False)
    return scales.Events(bool(record.scaled or record.views), record.views)


def _kinds(kinds: Iterable[str]) -> Any:
    """Return the type of a record of numbers by these kinds."""
    counts = dict.__class_getitem__((Annotated[str, one_of(*kinds)], scales.Whole))
    return Annotated[counts, scales.some(*kinds), AfterValidator(scales.CountByKind)]


# ------------------------------------------------------------------------------------------------- reading


def read_inputs(raw_inputs: object, scoring: Scoring, readings: Readings) -> Mapping[str, Answer]:
    """Return the answer of each indicator from the given numbers; an absent indicator is not assessed.

    Args:
        raw_inputs: id of an indicator -> its numbers, as JSON values.
        readings: the chosen readings; one of them decides whether numbers are given by year or by quarter.

    Raises:
        BadInputs: with every mistake.
    """
    if not isinstance(raw_inputs, Mapping):
        raise BadInputs([InputError("score.not_inputs", {"place": "", "example": f'{{"P1.T1.S3": {_DONE}}}'})])
    errors: list[InputError] = []
    answers: dict[str, Answer] = {}
    for name, values in raw_inputs.items():
        indicator = scoring.indicators.get(str(name))
        if indicator is None:
            allowed = closest_first(str(name), scoring.indicators)[:3]
            errors.append(InputError("score.unknown_indicator", {"place": str(name), "allowed": allowed}))
            continue
        record, example = _record(indicator, values, readings)
        try:
            answers[indicator.id] = TypeAdapter(record).validate_python(values)
        except ValidationError as error:
            errors += _errors(indicator, example, list(mistakes(error, values)))
    if errors:
        raise BadInputs(errors)
    return answers


def _record(indicator: Indicator, values: object, readings: Readings) -> tuple[Any, str]:
    """Return the type of the record that an indicator's scale requires, and an example."""
    match indicator.scale:
        case scales.Presence():
            return scales.Present, _ABSENT
        case scales.Share() | scales.Each() if (
            indicator.deduction is not None and isinstance(values, Mapping) and "present" in values
        ):
            return Annotated[scales.Present, AfterValidator(_absent)], _ABSENT
        case scales.Sittings() if readings["commission_period"] == "quarter":
            return scales.Quarters, f'{{"per_quarter": [{_DONE}]}}'
        case scales.Share() | scales.Sittings():
            return scales.Done, _DONE
        case scales.Each() | scales.Brackets():
            return scales.Count, _COUNT
        case scales.Kinds(points=points):
            return _kinds(points), "{" + ", ".join(f'"{kind}": 2' for kind in points) + "}"
        case scales.Monthly():
            return scales.EachMonth, _MONTHS
        case scales.CoverageAndRisks():
            example = f'{{"coverage": {_DONE}, "risks": {_RISKS}}}'
            return Annotated[scales.Analyses, scales.some("coverage", "risks")], example
        case scales.Propaganda():
            return Annotated[_EventsRecord, AfterValidator(_events)], _EVENTS


def _errors(indicator: Indicator, example: str, mistakes: Sequence[Mistake]) -> Iterator[InputError]:
    """Yield the mistakes of one record; missing keys of one place are reported together."""
    misspelt_at = {mistake.path for mistake in mistakes if mistake.code == "unknown_key"}
    for mistake in mistakes:
        if mistake.code == "missing_key" and mistake.path in misspelt_at:
            continue
        missing = tuple(
            other_mistake.given
            for other_mistake in mistakes
            if (other_mistake.code, other_mistake.path) == ("missing_key", mistake.path)
        )
        if mistake.code == "missing_key" and mistake.given != missing[0]:
            continue
        code = _CODES.get(mistake.code, mistake.code)
        record = next((_INSIDE[key] for key in mistake.path if key in _INSIDE), example)
        arguments = {
            "place": path_text((indicator.id, *mistake.path)),
            "value": _as_text(mistake.given),
            "example": record,
            "missing": missing,
            "most": MAX_NUMBER,
            "allowed": tuple(json.loads(record)),
            **mistake.arguments,
        }
        if code == "numbers_missing":
            arguments["example"] = _DONE if isinstance(indicator.scale, scales.Share) else _COUNT
        elif code == "too_long":
            code = "too_many_quarters" if "per_quarter" in mistake.path else "too_many_months"
            arguments["count"] = arguments["actual_length"]
        yield InputError(f"score.{code}", arguments)


def _as_text(value: object) -> str:
    """Return a value as written in a file, shortened if long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
