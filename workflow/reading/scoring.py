"""From the text of a scoring file to a Scoring. Pure: whoever calls has opened the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import PurePath
from typing import cast, get_args

from workflow.law.procedure import Text
from workflow.points.scale import (
    Brackets,
    CountedBy,
    Counting,
    CoverageAndRisks,
    Each,
    Kinds,
    Monthly,
    Presence,
    Propaganda,
    Row,
    Scale,
    Scored,
    Scoring,
    Share,
    Sittings,
)
from workflow.reading.edition import parsed
from workflow.reading.items import DASHED
from workflow.reading.table import NAME, Problem, Table, UnreadableRegulation, Wrong, texts

READINGS: Mapping[str, frozenset[str]] = {
    "rounding": frozenset({"whole_steps", "linear"}),
    "commission_rounding": frozenset({"whole_steps", "linear"}),
    "commission_period": frozenset({"year", "quarter"}),
    "last_row": frozenset({"from_41", "above_41"}),
    "risks": frozenset({"found_and_higher", "sum", "highest"}),
    "propaganda": frozenset({"instead", "sum"}),
    "online_course": frozenset({"civil_servants", "employees"}),
}
"""The readings the arithmetic knows. A file says what they mean and which value is used."""

_FACT = re.compile(r"[a-z0-9-]+:[a-z0-9_]+")
_SUBTASK = re.compile(r"P\d\.T\d\.S\d")
_NUMBER = re.compile(r"\d{1,4}(\.\d{1,4})?")
_TOP = ("id", "in_force", "in_force_assumed", "last_checked_on", "title", "notes", "reading", "indicator")


def read_scoring(name: str, text: bytes) -> Scoring:
    """The scoring a file describes.

    Args:
        name: name of the file (or its path); it must be `<id>.<in_force>.toml`.
        text: its bytes, TOML in UTF-8.

    Raises:
        UnreadableRegulation: with the first problem found.
    """
    top = Table(parsed(name, text))
    try:
        scoring = _scoring(top)
    except Wrong as wrong:
        raise UnreadableRegulation(name, [wrong.problem]) from wrong
    expected = f"{scoring.edition}.toml"
    if PurePath(name).name != expected:
        raise UnreadableRegulation(name, [Problem("file_name", "in_force", {"value": expected})])
    return scoring


def _scoring(top: Table) -> Scoring:
    top.only(*_TOP)
    readings: dict[str, Mapping[str, Text]] = {}
    for table in top.tables("reading"):
        table.only("id", "value")
        reading = _new(table, table.choice("id", tuple(READINGS)), readings)
        readings[reading] = _values(table, tuple(sorted(READINGS[reading])))
    indicators: dict[str, Scored] = {}
    for table in top.tables("indicator"):
        indicator = _indicator(table, tuple(readings))
        indicators[_new(table, indicator.id, indicators)] = indicator
    return Scoring(
        id=top.name("id", DASHED),
        in_force=top.day("in_force"),
        in_force_assumed=top.flag("in_force_assumed"),
        last_checked_on=top.day("last_checked_on"),
        title=top.texts("title"),
        indicators=indicators,
        readings=readings,
        notes=tuple(texts(note) for note in top.tables("notes")),
    )


def _values(reading: Table, allowed: tuple[str, ...]) -> Mapping[str, Text]:
    """The values of one reading, the one used first."""
    found: dict[str, Text] = {}
    for value in reading.tables("value"):
        value.only("id", "text")
        found[_new(value, value.choice("id", allowed), found)] = value.texts("text")
    if not found:
        raise Wrong("missing_key", reading.place, value="value")
    return found


def _indicator(table: Table, readings: tuple[str, ...]) -> Scored:
    table.only("id", "title", "scale", "counted", "deduction", "assessed", "readings", "notes")
    scale = table.table("scale")
    build = _KINDS[scale.choice("kind", tuple(_KINDS))]
    return Scored(
        id=table.name("id", _SUBTASK),
        title=table.texts("title"),
        scale=build(scale),
        counting=_counting(table.table("counted")),
        deduction=_number(table, "deduction") if "deduction" in table else None,
        assessed=table.names("assessed"),
        readings=table.names("readings", allowed=readings),
        notes=tuple(texts(note) for note in table.tables("notes")),
    )


def _counting(table: Table) -> Counting:
    table.only("by", "fact", "facts", "done", "of", "times")
    by = cast(CountedBy, table.choice("by", get_args(CountedBy)))
    given = table.table("facts") if by == "kinds" else table
    facts = {
        key if by == "kinds" else "": given.text(key) for key in (given.values if by == "kinds" else ["fact"])
    }
    for key, fact in facts.items():
        if not _FACT.fullmatch(fact):
            raise Wrong(
                "not_written_so", given.at(key or "fact"), value=fact, example='"tbn4-project-4:event_held"'
            )
    return Counting(
        by=by,
        facts=facts,
        done=table.text("done") if by in ("value", "values") else "",
        of=table.text("of") if by == "values" else "",
        times=table.whole("times", least=1) if "times" in table else 1,
    )


def _presence(table: Table) -> Scale:
    table.only("kind")
    return Presence()


def _share(table: Table) -> Share:
    table.only("kind", "maximum", "step", "per_step", "full", "nothing_below")
    scale = Share(
        maximum=_number(table, "maximum"),
        step=_number(table, "step"),
        per_step=_number(table, "per_step"),
        full=_number(table, "full") if "full" in table else Fraction(100),
        nothing_below=_number(table, "nothing_below") if "nothing_below" in table else None,
    )
    _adds_up(table, scale.full / scale.step * scale.per_step, scale.maximum)
    return scale


def _each(table: Table) -> Scale:
    table.only("kind", "points")
    return Each(points=_number(table, "points"))


def _kinds(table: Table) -> Scale:
    table.only("kind", "points")
    points = table.table("points")
    for kind in points.values:
        if not NAME.fullmatch(kind):
            raise Wrong("not_a_name", points.at(kind), value=kind)
    return Kinds(points={kind: _number(points, kind) for kind in points.values})


def _brackets(table: Table) -> Scale:
    table.only("kind", "rows")
    rows: list[Row] = []
    next_first = 0
    for row in table.tables("rows"):
        row.only("first", "last", "points")
        if rows and rows[-1].last is None:
            raise Wrong("missing_key", f"{table.at('rows')}[{len(rows)}]", value="last")
        first = row.whole("first", least=next_first, most=next_first)
        last = row.whole("last", least=first) if "last" in row else None
        rows.append(Row(first=first, last=last, points=_number(row, "points")))
        next_first = (first if last is None else last) + 1
    if not rows or rows[-1].last is not None:
        raise Wrong("missing_key", table.place, value="rows")
    return Brackets(rows=tuple(rows))


def _monthly(table: Table) -> Scale:
    table.only("kind", "points", "at_most")
    return Monthly(points=_number(table, "points"), at_most=_number(table, "at_most"))


def _sittings(table: Table) -> Scale:
    table.only("kind", "maximum", "step", "per_step")
    maximum, step, per_step = (_number(table, key) for key in ("maximum", "step", "per_step"))
    _adds_up(table, Fraction(100) / step * per_step, maximum)
    return Sittings(maximum=maximum, step=step, per_step=per_step)


def _coverage(table: Table) -> Scale:
    table.only("kind", "units", "risks")
    risks = table.table("risks")
    risks.only("found", "removed", "completed")
    found, removed, completed = (_number(risks, key) for key in ("found", "removed", "completed"))
    units = _share(table.table("units"))
    return CoverageAndRisks(units=units, found=found, removed=removed, completed=completed)


def _propaganda(table: Table) -> Scale:
    table.only("kind", "shown", "scaled", "viewed", "views")
    shown, scaled, viewed = (_number(table, key) for key in ("shown", "scaled", "viewed"))
    return Propaganda(shown=shown, scaled=scaled, viewed=viewed, views=table.whole("views", least=1))


_KINDS: Mapping[str, Callable[[Table], Scale]] = {
    "presence": _presence,
    "share": _share,
    "each": _each,
    "kinds": _kinds,
    "brackets": _brackets,
    "monthly": _monthly,
    "sittings": _sittings,
    "coverage": _coverage,
    "propaganda": _propaganda,
}


def _number(table: Table, key: str) -> Fraction:
    """A decimal in quotes, more than nothing: `"0.3"`. Floats of TOML would not be exact."""
    text = table.text(key)
    if not _NUMBER.fullmatch(text) or not Fraction(text):
        raise Wrong("not_written_so", table.at(key), value=text, example='"0.3"')
    return Fraction(text)


def _adds_up(table: Table, steps: Fraction, maximum: Fraction) -> None:
    """All steps together are the maximum: a slip of one digit must not pass."""
    if steps != maximum:
        raise Wrong("not_written_so", table.at("maximum"), value=str(maximum), example=f'"{float(steps):g}"')


def _new(table: Table, name: str, known: Mapping[str, object]) -> str:
    if name in known:
        raise Wrong("duplicate", table.place, value=name)
    return name
