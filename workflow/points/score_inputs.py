"""From plain numbers, as a JSON file gives them, to what a score is counted from; all mistakes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workflow.nearest import nearest_first
from workflow.points.scale import (
    Analyses,
    Answer,
    Brackets,
    Count,
    CountByKind,
    CoverageAndRisks,
    Done,
    Each,
    Events,
    Kinds,
    Monthly,
    Months,
    Presence,
    Present,
    Propaganda,
    Quarters,
    Readings,
    Risks,
    Scored,
    Scoring,
    Share,
    Sittings,
)
from workflow.refusal import Refusal, quoted

MOST = 1_000_000_000
"""No office counts further; beyond it stands a slip of the hand."""

_DONE = '{"done": 19, "of": 20}'
_COUNT = '{"count": 7}'
_ABSENT = '{"present": false}'
_MONTHS = '{"per_month": [6, 0, 3]}'
_QUARTERS = '{"per_quarter": [{"done": 19, "of": 20}]}'
_ANALYSES = '{"coverage": {"done": 19, "of": 20}, "risks": {"found": 10, "removed": 4, "completed": 2}}'
_EVENTS = '{"present": true, "scaled": true, "views": 1500}'


@dataclass(frozen=True, slots=True)
class InputError:
    """One thing wrong at one place: a code of the catalogues and its arguments, `place` among them."""

    code: str
    arguments: Mapping[str, object]

    @property
    def place(self) -> str:
        return str(self.arguments["place"])


class BadInputs(Refusal, ValueError):
    """Numbers that cannot be scored. The code says the first; `problems` holds all, in the order they stand."""

    def __init__(self, problems: Sequence[InputError]) -> None:
        super().__init__(problems[0].code, **problems[0].arguments)
        self.problems = tuple(InputError(one.code, quoted(one.arguments)) for one in problems)


class UnknownReading(Refusal, LookupError):
    """No such reading, or no such value of it; `allowed` are those there are, the nearest first."""


def choose(chosen: Mapping[str, str], scoring: Scoring) -> Readings:
    """All readings of a scoring: the chosen ones, and the usual ones for the rest.

    Raises:
        UnknownReading: a name or a value the scoring does not have.
    """
    for name, value in chosen.items():
        if name not in scoring.readings:
            allowed = nearest_first(name, scoring.readings)
            raise UnknownReading("score.unknown_reading", reading=name, allowed=allowed)
        if value not in scoring.readings[name]:
            allowed = nearest_first(value, scoring.readings[name])
            raise UnknownReading("score.unknown_reading_value", reading=name, value=value, allowed=allowed)
    return {**scoring.usual, **chosen}


def read_inputs(given: object, scoring: Scoring, readings: Readings) -> Mapping[str, Answer]:
    """What is given for each indicator; one that is absent is not assessed.

    Args:
        given: id of an indicator -> its numbers, made of what JSON knows.
        readings: one of them decides which form a place takes (year or quarters).

    Raises:
        BadInputs: with every mistake there is.
    """
    if not isinstance(given, Mapping):
        raise BadInputs([InputError("score.not_inputs", {"place": "", "example": f'{{"P1.T1.S3": {_DONE}}}'})])
    errors: list[InputError] = []
    answers: dict[str, Answer] = {}
    for name, values in given.items():
        indicator = scoring.indicators.get(str(name))
        if indicator is None:
            allowed = nearest_first(str(name), scoring.indicators)[:3]
            errors.append(InputError("score.unknown_indicator", {"place": str(name), "allowed": allowed}))
            continue
        answer = _answer(_Record(indicator.id, values, errors), indicator, readings)
        if answer is not None:
            answers[indicator.id] = answer
    if errors:
        raise BadInputs(errors)
    return answers


def _answer(record: _Record, indicator: Scored, readings: Readings) -> Answer | None:
    """The answer in the form its scale asks for; None after a mistake."""
    match indicator.scale:
        case Presence():
            if record.only(_ABSENT, needed=("present",)):
                return Present(record.flag("present"))
        case Share() | Each() if indicator.deduction is not None and "present" in record:
            if record.only(_ABSENT, needed=("present",)) and record.flag("present"):
                example = _DONE if isinstance(indicator.scale, Share) else _COUNT
                record.wrong("score.numbers_missing", example=example)
            return Present(False)
        case Share():
            return record.done()
        case Sittings() if readings["commission_period"] == "quarter":
            if record.only(_QUARTERS, needed=("per_quarter",)):
                quarters = record.records("per_quarter", most=4, code="score.too_many_quarters")
                return Quarters(tuple(quarter.done() for quarter in quarters))
        case Sittings():
            return record.done()
        case Each() | Brackets():
            if record.only(_COUNT, needed=("count",)):
                return Count(record.count("count"))
        case Kinds(points=points):
            example = "{" + ", ".join(f'"{kind}": 2' for kind in points) + "}"
            if record.only(example, some_of=tuple(points)):
                return CountByKind({kind: record.count(kind) for kind in points if kind in record})
        case Monthly():
            if record.only(_MONTHS, needed=("per_month",)):
                return Months(record.counts("per_month", most=12))
        case CoverageAndRisks():
            return _analyses(record)
        case Propaganda():
            return _events(record)
    return None


def _analyses(record: _Record) -> Answer | None:
    if not record.only(_ANALYSES, some_of=("coverage", "risks")):
        return None
    coverage = record.record("coverage").done() if "coverage" in record else None
    if "risks" not in record:
        return Analyses(coverage, None)
    risks = record.record("risks")
    kinds = ("found", "removed", "completed")
    if not risks.only('{"found": 10, "removed": 4, "completed": 2}', some_of=kinds):
        return None
    return Analyses(coverage, Risks(**{kind: risks.count(kind) for kind in kinds if kind in risks}))


def _events(record: _Record) -> Answer | None:
    if not record.only(_EVENTS, needed=("present",), others=("scaled", "views")):
        return None
    present = record.flag("present")
    views = record.count("views") if "views" in record else 0
    # What was seen on the internet was published there.
    scaled = record.flag("scaled") if "scaled" in record else views > 0
    if not present and (scaled or views):
        record.wrong("score.not_shown_but_scaled")
    elif views and not scaled:
        record.wrong("score.seen_but_not_scaled")
    return Events(scaled, views) if present else Present(False)


class _Record:
    """One record of the inputs and its place. What is wrong goes to `errors`; reading goes on with nothing."""

    def __init__(self, place: str, values: object, errors: list[InputError]) -> None:
        self.place = place
        self._given = values
        self._values: Mapping[object, object] = values if isinstance(values, Mapping) else {}
        self._errors = errors

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def wrong(self, code: str, place: str | None = None, **arguments: object) -> None:
        self._errors.append(InputError(code, {"place": place or self.place, **arguments}))

    def only(
        self,
        example: str,
        *,
        needed: tuple[str, ...] = (),
        some_of: tuple[str, ...] = (),
        others: tuple[str, ...] = (),
    ) -> bool:
        """Whether it is a record with the needed keys, at least one of `some_of`, and none besides."""
        before = len(self._errors)
        allowed = (*needed, *some_of, *others)
        if not isinstance(self._given, Mapping):
            self.wrong("score.wrong_form", example=example)
            return False
        for key in self._values:
            if key not in allowed:
                self.wrong("score.unknown_key", value=str(key), example=example)
        missing = [key for key in needed if key not in self]
        if missing or (some_of and not any(key in self for key in some_of)):
            self.wrong("score.missing_key", missing=tuple(missing or some_of), example=example)
        return len(self._errors) == before

    def done(self) -> Done:
        """`{"done": 19, "of": 20}`."""
        if not self.only(_DONE, needed=("done", "of")):
            return Done(0, 1)
        of = self.count("of")
        if self._values["of"] == 0 and type(self._values["of"]) is int:
            self.wrong("score.of_nothing", f"{self.place}.of")
        return Done(self.count("done"), of or 1)

    def count(self, key: str) -> int:
        """A whole number, not negative; 0 after a mistake."""
        return self._count(self._values[key], f"{self.place}.{key}")

    def flag(self, key: str) -> bool:
        """true or false; false after a mistake."""
        value = self._values[key]
        if not isinstance(value, bool):
            self.wrong("score.not_yes_no", f"{self.place}.{key}", value=_shown(value))
            return False
        return value

    def counts(self, key: str, *, most: int) -> tuple[int, ...]:
        """A list of whole numbers, one for each month."""
        listed = self._list(key, most=most, code="score.too_many_months")
        return tuple(self._count(value, place) for place, value in listed)

    def records(self, key: str, *, most: int, code: str) -> list[_Record]:
        """A list of records."""
        listed = self._list(key, most=most, code=code)
        return [_Record(place, value, self._errors) for place, value in listed]

    def record(self, key: str) -> _Record:
        return _Record(f"{self.place}.{key}", self._values[key], self._errors)

    def _list(self, key: str, *, most: int, code: str) -> list[tuple[str, object]]:
        place, values = f"{self.place}.{key}", self._values[key]
        if not isinstance(values, list | tuple) or not values:
            self.wrong("score.not_a_list", place, value=_shown(values))
            return []
        if len(values) > most:
            self.wrong(code, place, count=len(values))
            return []
        return [(f"{place}[{number}]", value) for number, value in enumerate(values, 1)]

    def _count(self, value: object, place: str) -> int:
        # type() and not isinstance(): True is an int in Python.
        if type(value) is not int:
            self.wrong("score.not_a_count", place, value=_shown(value))
        elif value < 0:
            self.wrong("score.negative", place, value=_shown(value))
        elif value > MOST:
            self.wrong("score.too_large", place, most=MOST)
        else:
            return value
        return 0


def _shown(value: object) -> str:
    """A value as its writer knows it, cut where it is long."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            text = f'"{value}"'
        case _:
            text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
