"""The tables of a regulation file one by one: act, body, stage, ladder, indicator, obligation.

Each function raises Wrong for the first thing in its table that cannot stand there.
"""

from __future__ import annotations

import re
from typing import cast

from calendars.terms import Period, Target
from workflow.kinds import NAMES
from workflow.law.procedure import (
    FORCES,
    Act,
    Body,
    Force,
    Indicator,
    JudgedBy,
    Ladder,
    Obligation,
    Recurrence,
    Rung,
    Stage,
)
from workflow.law.signing import ANY, Signatories
from workflow.office import ABOVE, DUTIES
from workflow.reading.table import Table, Wrong
from workflow.reading.terms import PERIODS, read_term

DASHED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Procedures and acts."""

CHANNEL = re.compile(r"[a-z][a-z0-9_]*")
_EVIDENCE = re.compile(r"(link|document):[a-z_]+")
_INDICATOR = re.compile(r"[A-Z0-9]+(\.[A-Z0-9]+)*")
_BODY = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_SOURCE = re.compile(r"[a-z][a-z0-9-]*:[0-9]+(\.[0-9a-z]+)*")
_OBLIGATION = (
    *(
        "id",
        "stage",
        "title",
        "term",
        "act",
        "paragraph",
        "force",
        "duty",
        "assumed",
        "practice",
        "blocking",
        "occasional",
    ),
    *("lapses_with", "after", "after_by_practice", "judged_by", "evidence", "indicator", "recurs", "ladder"),
    *("only_for", "when", "by_itself", "several", "values", "signed_by", "note"),
    *("bodies", "by_agreement", "sources", "uploads"),
)


def act(table: Table) -> Act:
    """The act a duty rests on."""
    table.only("id", "title", "short", "number", "adopted_on", "address", "issued_by")
    return Act(
        id=table.name("id", DASHED),
        title=table.texts("title"),
        short=table.texts("short"),
        number=table.optional_text("number"),
        adopted_on=table.day("adopted_on") if "adopted_on" in table else None,
        address=table.optional_text("address"),
        by_authorised_body="issued_by" in table and bool(table.choice("issued_by", ("authorised_body",))),
    )


def body(table: Table) -> Body:
    """A state body the obligations name."""
    table.only("id", "title", "short", "abolished_on", "successors", "kinds")
    return Body(
        id=table.name("id", _BODY),
        title=table.texts("title"),
        short=table.texts("short"),
        abolished_on=table.day("abolished_on") if "abolished_on" in table else None,
        successors=table.names("successors", _BODY),
        kinds=table.names("kinds", allowed=NAMES),
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
        rung.only("at", "to", "through")
        # "duty" is whoever must do the thing itself, "above" the next higher head, whoever heads the unit.
        told = rung.names("to", allowed=("duty", ABOVE, *DUTIES))
        # Which channels there are is the office's own matter: here they are only names.
        rungs.append(
            Rung(at=rung.whole("at", least=-250, most=250), to=told, through=rung.names("through", CHANNEL))
        )
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
    by_itself = table.flag("by_itself")
    return Obligation(
        id=table.name("id"),
        stage=table.text("stage"),
        title=table.texts("title"),
        term=term,
        since=since,
        act=table.text("act"),
        paragraph=table.text("paragraph"),
        force=cast(Force, table.choice("force", FORCES)),
        # What comes by itself is nobody's to do.
        duty=table.choice("duty", DUTIES, "outside" if by_itself else None),
        assumed=table.flag("assumed"),
        practice=table.flag("practice"),
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
        only_for=table.names("only_for", allowed=NAMES),
        when=table.optional_text("when"),
        by_itself=by_itself,
        several=table.flag("several"),
        values=table.names("values") or (("measured",) if isinstance(term, Target) else ()),
        signed_by=_signatories(table) if "signed_by" in table else None,
        uploads=table.flag("uploads"),
        bodies=table.names("bodies", _BODY),
        by_agreement=table.names("by_agreement", _BODY),
        sources=table.names("sources", _SOURCE),
        note=table.texts("note") if "note" in table else None,
    )


def _recurs(table: Table) -> Recurrence:
    table.only("every", "since", "years", "open_ended")
    every = cast(Period, table.choice("every", PERIODS))
    if table.flag("open_ended"):
        if "years" in table:
            raise Wrong("years_and_open_ended", table.place)
        return Recurrence(every=every, since=table.text("since"), years=None)
    years = table.whole("years", least=1, most=100) if "years" in table else 1
    return Recurrence(every=every, since=table.text("since"), years=years)


def _signatories(table: Table) -> Signatories:
    if isinstance(table.values["signed_by"], list):
        return Signatories(((ANY, table.names("signed_by", allowed=DUTIES)),))
    by_kind = table.table("signed_by")
    by_kind.only(*NAMES, ANY)
    return Signatories(tuple((kind, by_kind.names(kind, allowed=DUTIES)) for kind in by_kind.values))
