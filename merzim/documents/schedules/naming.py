"""Names the columns of a schedule by their headings, in the words of offices, in Russian, Kazakh and English.

A column holds the object, the unit, the responsible, a work; the start, the end or the period of an analysis, a
month, a quarter, a year; or the day of one step, which is named as the product names it or as people do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from merzim.documents.schedules.audit_table import Headings
from merzim.documents.schedules.roots import match_facts
from merzim.documents.sheets.columns import columns
from merzim.documents.sheets.texts import plain
from merzim.documents.sheets.written_time import Named, parse

STEP = "step:"
"""What stands before the name of a fact in the kind of a column of its days."""
PART = "part:"
"""What stands before the words of a month or quarter whose column has a mark in it."""
_OUTSIDE_TABLE = ("case", "number")
COLUMNS, ASIDE = columns("schedule"), "aside"
"""ASIDE: the kind of columns that are not read."""
Naming = Callable[[str], str]
"""Returns what a heading names; "" for nothing known."""


def naming(facts: Collection[str], headings: Mapping[str, str]) -> Naming:
    """Return the function that names columns by their headings.

    Args:
        facts: the names of the procedure's facts.
        headings: the product's own words of a heading -> fact.
    """
    own = Headings(facts, headings)
    known: dict[str, str] = {}

    def name(heading: str) -> str:
        if heading not in known:
            known[heading] = _named(heading, own)
        return known[heading]

    return name


def _named(heading: str, own: Headings) -> str:
    """Return what a heading names, by the product's own words, else by those of offices; "" if unknown."""
    column = own.column(heading)
    if column and column not in _OUTSIDE_TABLE and "." not in column:
        return {"analysis_started": "start", "analysis_ended": "end"}.get(column, STEP + column)
    text = plain(heading)
    written = parse(heading)
    if isinstance(written, Named) and written.stretch.unit in ("month", "quarter") and not written.until:
        return PART + heading
    kind = next((kind for kind, roots in COLUMNS.roots.items() if roots.search(text)), "")
    if kind in ("start", "end", "period", "work", "object"):
        step = _step(text)
        return STEP + step if step else kind
    return "" if kind == ASIDE else kind


def _step(text: str) -> str:
    """Return the fact whose day a heading names, the last of several; "" for none, and for the analysis itself,
    its start or its end.
    """
    if re.search(
        r"(?:объявлен|анонс|хабарландыр|хабарлама)\w* (?:о|туралы)? ?(?:начал|баста)|басталғаны туралы", text
    ):
        return "start_announced"
    found = match_facts(text)
    named = (*found.facts, *found.likely)
    certain = [fact for fact in named if fact not in ("analysis_started", "analysis_ended")]
    return certain[-1] if certain and not found.is_analysis else ""
