"""Reads plain numbers from JSON data into the answers a score is counted from, reporting all mistakes at
once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter, ValidationError

from workflow.law.files import Mistake, Model, mistakes, one_of, path_text, wrong
from workflow.refusal import Refusal, closest_first
from workflow.scoring import scales
from workflow.scoring.indicators import Indicator, Scoring
from workflow.scoring.scales import MAX_NUMBER, Answer, Each, Present, Readings, some

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


def _absent(answer: Present) -> Present:
    """Return an answer that says the thing is absent; refuse one that says it is present without numbers."""
    if answer.present:
        raise wrong("numbers_missing")
    return answer


class _EventsRecord(Model):
    """What was shown to the public. `scaled`: whether it was published on the internet, too."""

    present: bool
    scaled: bool | None = None
    views: scales.Whole = 0


def _events(record: _EventsRecord) -> scales.Events | Present:
    """Return the answer of a record of what was shown; one that says it is absent where nothing was."""
    # Anything with views on the internet was published there.
    if not record.present and (record.scaled or record.views):
        raise wrong("not_shown_but_scaled")
    if record.views and record.scaled is False:
        raise wrong("seen_but_not_scaled")
    if not record.present:
        return Present(False)
    return scales.Events(bool(record.scaled or record.views), record.views)


_DONE = '{"done": 19, "of": 20}'
_COUNT = '{"count": 7}'
_RISKS = '{"found": 10, "removed": 4, "completed": 2}'
_INSIDE = {"coverage": _DONE, "per_quarter": _DONE, "risks": _RISKS}
"""Examples of records inside another one, by key."""
_ABSENT = Annotated[Present, AfterValidator(_absent)], '{"present": false}'
_QUARTERS = scales.Quarters, f'{{"per_quarter": [{_DONE}]}}'
_RECORDS: Mapping[str, tuple[Any, str]] = {
    "presence": (Present, '{"present": false}'),
    "share": (scales.Done, _DONE),
    "monthly": (scales.EachMonth, '{"per_month": [6, 0, 3]}'),
    "sittings": (scales.Done, _DONE),
    "coverage": (
        Annotated[scales.Analyses, some("coverage", "risks")],
        f'{{"coverage": {_DONE}, "risks": {_RISKS}}}',
    ),
    "propaganda": (
        Annotated[_EventsRecord, AfterValidator(_events)],
        '{"present": true, "scaled": true, "views": 1500}',
    ),
}
"""The type of the record that a kind of scale asks for, and an example."""


def _record(indicator: Indicator, values: object, readings: Readings) -> tuple[Any, str]:
    """Return the type of the record that an indicator's scale requires, and an example."""
    scale = indicator.scale
    says_presence = isinstance(values, Mapping) and "present" in values
    if scale.kind in ("share", "each") and indicator.deduction is not None and says_presence:
        return _ABSENT
    if scale.kind == "sittings" and readings["commission_period"] == "quarter":
        return _QUARTERS
    if scale.kind in ("each", "brackets"):
        kinds = tuple(scale.points) if isinstance(scale, Each) else ("count",)
        counts: Any = dict.__class_getitem__((Annotated[str, one_of(*kinds)], scales.Whole))
        counted = Annotated[counts, some(*kinds), AfterValidator(scales.Counts)]
        return counted, _COUNT if kinds == ("count",) else json.dumps(dict.fromkeys(kinds, 2))
    return _RECORDS[scale.kind]


# ------------------------------------------------------------------------------------------------- reading


def read_inputs(raw_inputs: object, scoring: Scoring, readings: Readings) -> Mapping[str, Answer]:
    """Return the answer of each indicator from the given numbers; an absent indicator is not assessed.

    Args:
        raw_inputs: id of an indicator -> its numbers, as JSON values.
        readings: the chosen readings; one of them decides whether numbers are given by year or by quarter.

    Raises:
        Refusal: of the first mistake; its `errors` are all of them, each a refusal with its `place`.
    """
    if not isinstance(raw_inputs, Mapping):
        raise Refusal("score.not_inputs", place="", example=f'{{"P1.T1.S3": {_DONE}}}')
    errors: list[Refusal] = []
    answers: dict[str, Answer] = {}
    for name, values in raw_inputs.items():
        indicator = scoring.indicators.get(str(name))
        if indicator is None:
            allowed = closest_first(str(name), scoring.indicators)[:3]
            errors.append(Refusal("score.unknown_indicator", place=str(name), allowed=allowed))
            continue
        record, example = _record(indicator, values, readings)
        try:
            answers[indicator.id] = TypeAdapter(record).validate_python(values)
        except ValidationError as error:
            errors += _errors(indicator, example, list(mistakes(error, values)))
    if errors:
        refusal = Refusal(errors[0].code, **errors[0].arguments)
        refusal.errors = errors
        raise refusal
    return answers


def _errors(indicator: Indicator, example: str, mistakes: Sequence[Mistake]) -> Iterator[Refusal]:
    """Yield the mistakes of one record; missing keys of one place are reported together, and not at all where
    another key is misspelt.
    """
    misspelt_at = {mistake.path for mistake in mistakes if mistake.code == "unknown_key"}
    for mistake in mistakes:
        code, path = _CODES.get(mistake.code, mistake.code), mistake.path
        missing = tuple(other.given for other in mistakes if (other.code, other.path) == ("missing_key", path))
        if code == "missing_key" and (path in misspelt_at or mistake.given != missing[0]):
            continue
        record = next((_INSIDE[key] for key in path if key in _INSIDE), example)
        arguments = {
            "place": path_text((indicator.id, *path)),
            "value": _as_text(mistake.given),
            "example": record,
            "missing": missing,
            "most": MAX_NUMBER,
            "allowed": tuple(json.loads(record)),
            **mistake.arguments,
        }
        if code == "numbers_missing":
            arguments["example"] = _DONE if indicator.scale.kind == "share" else _COUNT
        elif code == "too_long":
            code = "too_many_quarters" if "per_quarter" in path else "too_many_months"
            arguments["count"] = arguments["actual_length"]
        yield Refusal(f"score.{code}", **arguments)


def _as_text(value: object) -> str:
    """Return a value as written in a file, shortened if long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:39] + "…"
