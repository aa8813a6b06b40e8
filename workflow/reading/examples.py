"""The worked examples of a regulation file: what is given, and what must come out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from workflow.kinds import KINDS
from workflow.law.procedure import Example
from workflow.office import DUTIES
from workflow.reading.table import Table, Wrong
from workflow.states import STATES

_FINDING = re.compile(r"(term|order|evidence|feasibility|duration|range):[a-z0-9_]+(\.[0-9A-Z#-]+)?")
_EXAMPLE = (
    *("title", "source", "planned", "facts", "due", "safe_by", "findings"),
    *("kind", "object", "values", "signed_by", "state"),
)


def example(table: Table) -> Example:
    """One worked example. Raises Wrong for the first thing in it that cannot stand there."""
    table.only(*_EXAMPLE)
    return Example(
        title=table.text("title"),
        source=table.text("source"),
        planned=_days(table, "planned"),
        facts=_days(table, "facts"),
        due=_dues(table),
        safe_by=_days(table, "safe_by"),
        findings=table.names("findings", _FINDING) if "findings" in table else None,
        kind=table.choice("kind", KINDS, ""),
        object=table.text("object") if "object" in table else "",
        values=_values(table),
        signed_by=_choices(table, "signed_by", DUTIES),
        state=_choices(table, "state", STATES),
    )


def _days(table: Table, key: str) -> Mapping[str, date]:
    if key not in table:
        return {}
    days = table.table(key)
    return {name: days.day(name) for name in days.values}


def _values(table: Table) -> Mapping[str, Mapping[str, Decimal]]:
    if "values" not in table:
        return {}
    facts = table.table("values")
    return {fact: numbers_of(facts.table(fact)) for fact in facts.values}


def numbers_of(table: Table) -> Mapping[str, Decimal]:
    """Numbers by name, written as TOML numbers."""
    found = {}
    for name, value in table.values.items():
        if type(value) not in (int, float):
            raise Wrong("wrong_type", table.at(name), value=str(value), expected="number")
        found[name] = Decimal(str(value))
    return found


def _choices(table: Table, key: str, allowed: Sequence[str]) -> Mapping[str, str]:
    if key not in table:
        return {}
    chosen = table.table(key)
    return {name: chosen.choice(name, allowed) for name in chosen.values}


def _dues(table: Table) -> Mapping[str, date | None]:
    if "due" not in table:
        return {}
    days = table.table("due")
    return {name: None if value == "none" else days.day(name) for name, value in days.values.items()}
