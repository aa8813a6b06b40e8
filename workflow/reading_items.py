"""The tables of a regulation file one by one: act, stage, ladder, indicator, obligation, example.

Each function raises Wrong for the first thing in its table that cannot stand there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import cast

from calendars.terms import Period
from workflow.office import DUTIES
from workflow.procedure import (
    FORCES,
    Act,
    Example,
    Force,
    Indicator,
    JudgedBy,
    Ladder,
    Obligation,
    Recurrence,
    Rung,
    Stage,
)
from workflow.reading_table import Table
from workflow.reading_terms import PERIODS, read_term

DASHED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Procedures and acts."""

_EVIDENCE = re.compile(r"(link|document):[a-z_]+")
_INDICATOR = re.compile(r"[A-Z0-9]+(\.[A-Z0-9]+)*")
_FINDING = re.compile(r"(term|order|evidence|feasibility|duration|range):[a-z0-9_]+(\.[0-9A-Z#-]+)?")
_OBLIGATION = (
    *("id", "stage", "title", "term", "act", "paragraph", "force", "duty", "assumed", "blocking", "occasional"),
    *("lapses_with", "after", "after_by_practice", "judged_by", "evidence", "indicator", "recurs", "ladder"),
    *("only_for", "note"),
)


def act(table: Table) -> Act:
    """The act a duty rests on."""
    table.only("id", "title", "short", "number", "adopted_on", "address")
    return Act(
        id=table.name("id", DASHED),
        title=table.texts("title"),
        short=table.texts("short"),
        number=table.optional_text("number"),
        adopted_on=table.day("adopted_on") if "adopted_on" in table else None,
        address=table.optional_text("address"),
    )


def stage(table: Table) -> Stage:
    """A state of a case's machine."""
    table.only("id", "title")
    return Stage(id=table.name("id"), title=table.texts("title"))


def ladder(table: Table) -> Ladder:
    """Whom to remind when, earliest rung first."""
    table.only("id", "rungs")
    rungs = []
    for rung in table.tables("rungs"):
        rung.only("at", "to")
        # "duty" is whoever must do the thing itself.
        told = rung.names("to", allowed=("duty", *DUTIES))
        rungs.append(Rung(at=rung.whole("at", least=-250, most=250), to=told))
    return Ladder(id=table.name("id"), rungs=tuple(sorted(rungs, key=lambda rung: rung.at)))


def indicator(table: Table) -> Indicator:
    """Points of one subtask."""
    table.only("id", "title", "maximum", "deduction", "scale")
    return Indicator(
        id=table.name("id", _INDICATOR),
        title=table.texts("title"),
        maximum=table.optional_text("maximum"),
        deduction=table.optional_text("deduction"),
        scale=table.optional_text("scale"),
    )


def obligation(table: Table) -> Obligation:
    """One thing somebody must do."""
    table.only(*_OBLIGATION)
    term, since = read_term(table)
    return Obligation(
        id=table.name("id"),
        stage=table.text("stage"),
        title=table.texts("title"),
        term=term,
        since=since,
        act=table.text("act"),
        paragraph=table.text("paragraph"),
        force=cast(Force, table.choice("force", FORCES)),
        duty=table.choice("duty", DUTIES),
        assumed=table.flag("assumed"),
        blocking=table.flag("blocking"),
        occasional=table.flag("occasional"),
        lapses_with=table.optional_text("lapses_with"),
        after=table.names("after"),
        after_by_practice=table.names("after_by_practice"),
        judged_by=cast(JudgedBy, table.choice("judged_by", ("written", "published"), "written")),
        evidence=table.names("evidence", _EVIDENCE),
        indicator=table.optional_text("indicator"),
        recurs=_recurs(table.table("recurs")) if "recurs" in table else None,
        ladder=table.text("ladder") if "ladder" in table else "default",
        only_for=table.names("only_for"),
        note=table.texts("note") if "note" in table else None,
    )


def _recurs(table: Table) -> Recurrence:
    table.only("every", "since", "years")
    every = cast(Period, table.choice("every", PERIODS))
    years = table.whole("years", least=1, most=100) if "years" in table else 1
    return Recurrence(every=every, since=table.text("since"), years=years)


def example(table: Table) -> Example:
    """A worked example."""
    table.only("title", "source", "planned", "facts", "due", "safe_by", "findings")
    return Example(
        title=table.text("title"),
        source=table.text("source"),
        planned=_days(table, "planned"),
        facts=_days(table, "facts"),
        due=_dues(table),
        safe_by=_days(table, "safe_by"),
        findings=table.names("findings", _FINDING) if "findings" in table else None,
    )


def _days(table: Table, key: str) -> Mapping[str, date]:
    if key not in table:
        return {}
    days = table.table(key)
    return {name: days.day(name) for name in days.values}


def _dues(table: Table) -> Mapping[str, date | None]:
    if "due" not in table:
        return {}
    days = table.table("due")
    return {name: None if value == "none" else days.day(name) for name, value in days.values.items()}
