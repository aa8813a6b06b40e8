"""The tables of a scoring file, and reading one into a Scoring. Pure: the caller opens the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator

from workflow.law.file_models import (
    BY_ID,
    DashedName,
    Distinct,
    Keyed,
    Name,
    NonBlank,
    Number,
    Texts,
    list_of,
    matching,
    named,
    one_of,
    one_of_forms,
    repeated,
    table,
    within,
    wrong,
)
from workflow.law.procedure import Text
from workflow.law.reader.table import Problem, heading, read_edition
from workflow.org.kinds import KINDS
from workflow.scoring import scale as scales

READINGS: Mapping[str, frozenset[str]] = {
    "rounding": frozenset({"whole_steps", "linear"}),
    "commission_rounding": frozenset({"whole_steps", "linear"}),
    "commission_period": frozenset({"year", "quarter"}),
    "last_row": frozenset({"from_41", "above_41"}),
    "risks": frozenset({"found_and_higher", "sum", "highest"}),
    "propaganda": frozenset({"instead", "sum"}),
    "online_course": frozenset({"civil_servants", "employees"}),
    "deduction": frozenset({"nothing_at_all", "any_analysis"}),
    "whole_body": frozenset({"covers", "named_only"}),
    "embargo": frozenset({"at_year_end", "any_day"}),
    "instruction": frozenset({"renewed", "confirmed"}),
    "own_compliance": frozenset({"own_too", "supervisor_only"}),
    "own_commission": frozenset({"districts", "needed"}),
}
"""The readings supported by the calculation. A file gives their texts and the value used."""

Fact = Annotated[str, matching("^[a-z0-9-]+:[a-z0-9_]+$", '"tbn4-project-4:event_held"')]
Reading = Annotated[str, one_of(*READINGS)]
EvidenceKind = Annotated[str, matching("^(document|link):[a-z0-9_]+$", '"link:site"')]
Kinds = Distinct[Annotated[str, one_of(*KINDS)]]


def _value(id: str, text: Texts) -> tuple[str, Text]:
    """One value of a reading, with its text."""
    return id, text


def _reading(id: Reading, value: tuple[tuple[str, Text], ...]) -> tuple[str, Mapping[str, Text]]:
    """A reading of an unclear place; its first value is the one used."""
    names = [name for name, _ in value]
    for number, name in enumerate(names):
        if name not in READINGS[id]:
            raise wrong("not_allowed", "value", number, "id", allowed=tuple(sorted(READINGS[id])))
    for number in repeated(names):
        raise wrong("duplicate", "value", number, value=names[number])
    if not names:
        raise wrong("missing_key", value="value")
    return id, dict(value)


def _counted(
    by: scales.CountedBy,
    fact: Fact | None = None,
    facts: dict[str, Fact] | None = None,
    done: NonBlank | None = None,
    of: NonBlank | None = None,
    also: Distinct[Fact] = (),
    also_if: Distinct[NonBlank] = (),
    needs: Distinct[Fact] = (),
    evidence: Distinct[EvidenceKind] = (),
    data: Distinct[Fact] = (),
    scaled: Fact | None = None,
    for_year_of: Fact | None = None,
    from_above: bool = False,
    readings: Distinct[Reading] = (),
) -> scales.Counting:
    """How an indicator is counted from recorded facts."""
    given_keys = {"fact": fact, "facts": facts, "done": done, "of": of}
    needed = {"kinds": ("facts",), "value": ("fact", "done"), "values": ("fact", "done", "of")}
    for key in needed.get(by, ("fact",)):
        if given_keys[key] is None:
            raise wrong("missing_key", key)
    facts_by_kind = (facts or {}) if by == "kinds" else {"": fact or ""}
    return scales.Counting(
        by=by,
        facts=facts_by_kind,
        done=done or "",
        of=of or "",
        also=also,
        also_if=also_if,
        needs=needs,
        evidence=evidence,
        data=data,
        scaled=scaled or "",
        for_year_of=for_year_of or "",
        from_above=from_above,
        readings=readings,
    )


# -------------------------------------------------------------------------------------------------- scales


def _adds_up(scale: scales.Share | scales.Sittings) -> scales.Share | scales.Sittings:
    """Return the scale; raise if its steps do not add up to its maximum, which catches mistyped digits."""
    full = scale.full if isinstance(scale, scales.Share) else Fraction(100)
    steps = full / scale.step * scale.per_step
    if steps != scale.maximum:
        raise wrong("not_written_so", "maximum", example=f'"{float(steps):g}"')
    return scale


def _follow_each_other(brackets: scales.Brackets) -> scales.Brackets:
    """Return the brackets; raise if there are gaps between the rows or the last one is bounded."""
    first = 0
    for number, row in enumerate(brackets.rows):
        if row.first != first:
            raise wrong("out_of_bounds", "rows", number, "first", least=first, most=first)
        if row.last is None and number + 1 < len(brackets.rows):
            raise wrong("missing_key", "rows", number, "last")
        if row.last is not None and row.last < first:
            raise wrong("out_of_bounds", "rows", number, "last", least=first, most=None)
        first = (row.first if row.last is None else row.last) + 1
    if not brackets.rows or brackets.rows[-1].last is not None:
        raise wrong("missing_key", value="rows")
    return brackets


def _coverage(units: scales.Share, risks: Mapping[str, Fraction]) -> scales.CoverageAndRisks:
    """A share of units, and points for every risk found, removed, or removed to real completion."""
    return scales.CoverageAndRisks(units=units, **risks)


def _scale(kind: str, declared: Any, *annotations: object, **types: Any) -> Any:
    return Annotated[Any, table(declared, kind=one_of(kind), **types), *annotations]


SHARE = Annotated[Any, table(scales.Share), AfterValidator(_adds_up)]
RISKS = table(scales.CoverageAndRisks, without=["units"], make=dict)
ROW = table(partial(scales.Row, last=None), first=int, last=int)
SCALES = {
    "presence": _scale("presence", scales.Presence),
    "share": _scale("share", scales.Share, AfterValidator(_adds_up)),
    "each": _scale("each", scales.Each),
    "kinds": _scale("kinds", scales.Kinds, points=dict[Name, Number]),
    "brackets": _scale("brackets", scales.Brackets, AfterValidator(_follow_each_other), rows=list_of(ROW)),
    "monthly": _scale("monthly", scales.Monthly),
    "sittings": _scale("sittings", scales.Sittings, AfterValidator(_adds_up)),
    "coverage": _scale("coverage", _coverage, units=SHARE, risks=RISKS),
    "propaganda": _scale("propaganda", scales.Propaganda, views=within(1)),
}


def _kind(value: object) -> str:
    return str(value.get("kind")) if isinstance(value, dict) else ""


INDICATOR = table(
    scales.Indicator,
    id=named(r"^P[0-9]\.T[0-9]\.S[0-9]$"),
    scale=one_of_forms(SCALES, _kind, "not_allowed", kind=dict, keys=("kind",), allowed=tuple(SCALES)),
    counting=Keyed("counted", table(_counted)),
    readings=Distinct[Reading],
)
SCORING = table(
    partial(scales.Scoring, in_force_assumed=False, indicators={}, readings={}),
    id=DashedName,
    units=list_of(table(scales.UnitKinds, of=Kinds, kinds=Kinds)),
    embargo=table(scales.Embargo, facts=Distinct[Fact]),
    indicators=Keyed("indicator", list_of(INDICATOR, BY_ID)),
    readings=Keyed("reading", list_of(table(_reading, value=list_of(table(_value))), AfterValidator(dict))),
)


def read_scoring(name: str, text: bytes) -> scales.Scoring:
    """Return the scoring a file describes; raises UnreadableRegulation naming what is wrong."""
    scoring: scales.Scoring = read_edition(SCORING, name, text, _unexplained)
    return scoring


def _unexplained(scoring: scales.Scoring) -> Iterator[Problem]:
    """Yield the readings used by indicators that the file does not define."""
    for number, indicator in enumerate(scoring.indicators.values()):
        for reading in indicator.readings:
            if reading not in scoring.readings:
                place = f"{heading('indicator', number, indicator.id)}: readings"
                yield Problem("not_allowed", place, {"value": reading, "allowed": tuple(scoring.readings)})
