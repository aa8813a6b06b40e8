"""From the text of a file of own rules to an overlay, and whether it fits the editions under it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePath
from typing import cast

from calendars import OutOfRange
from calendars.calendar import Calendar
from calendars.counting import Counted, count
from calendars.terms import (
    DayAfterPeriod,
    Embargo,
    InMonth,
    InQuarter,
    InYears,
    OnDate,
    Period,
    PerPeriod,
    Quota,
    Standing,
    Target,
    Term,
    Window,
    WithoutTerm,
)
from workflow.law.overlay import SWITCHES, Overlay, Stricter, stricter
from workflow.law.procedure import Act, Obligation, OwnTerm, Procedure
from workflow.nearest import nearest_first
from workflow.periods import period_of, shorter
from workflow.reading.edition import parsed
from workflow.reading.items import DASHED
from workflow.reading.table import Problem, Table, UnreadableRegulation, Wrong
from workflow.reading.terms import PERIODS, read_term

_NAME = re.compile(r"overlay\.([a-z0-9]+(?:-[a-z0-9]+)*)\.(\d{4}-\d\d-\d\d)\.toml")
_OF_A_PERIOD = (DayAfterPeriod, PerPeriod, Quota)
_NO_DUTY = (Standing, Target, Window)
_WITHOUT_A_DAY = (WithoutTerm, *_NO_DUTY)
_SAMPLE_DAYS = 366


def read_overlay(name: str, text: bytes) -> Overlay:
    """The own rules a file describes.

    Args:
        name: of the file (or its path); it must be `overlay.<name>.<in_force>.toml`.
        text: its bytes, TOML in UTF-8.

    Raises:
        UnreadableRegulation: with all problems found, the first of them in its code and arguments.
    """
    file = PurePath(name).name
    named = _NAME.fullmatch(file)
    top = Table(parsed(file, text))
    found: list[Problem] = []
    terms: list[Stricter] = []
    try:
        top.only("procedure", "unit", "in_force", "act", "term", "switches")
        in_force = top.day("in_force")
        if named is None or named[2] != in_force.isoformat():
            example = f"overlay.{named[1] if named else 'own-rules'}.{in_force.isoformat()}.toml"
            raise Wrong("own_file_name", "in_force", value=example)
        act = _act(top.table("act"), f"overlay-{named[1]}")
        overlay = Overlay(
            name=named[1],
            in_force=in_force,
            procedure=top.name("procedure", DASHED),
            unit=top.optional_text("unit") or "",
            act=act,
            switches=_switches(top.table("switches")) if "switches" in top else {},
            text=text.decode("utf-8-sig"),
        )
        for table in top.tables("term"):
            try:
                terms.append(_term(table, act, terms))
            except Wrong as wrong:
                found.append(wrong.problem)
        if not terms and not overlay.switches and not found:
            raise Wrong("own_nothing", "")
    except Wrong as wrong:
        raise UnreadableRegulation(file, [wrong.problem, *found]) from None
    if found:
        raise UnreadableRegulation(file, found)
    return replace(overlay, terms=tuple(terms))


def _act(table: Table, id: str) -> Act:
    table.only("title", "short", "number", "date")
    return Act(
        id=id,
        title=table.texts("title"),
        short=table.texts("short") if "short" in table else table.texts("title"),
        number=table.optional_text("number"),
        adopted_on=table.day("date") if "date" in table else None,
    )


def _switches(table: Table) -> Mapping[str, str]:
    table.only(*SWITCHES)
    return {name: table.choice(name, SWITCHES[name]) for name in table.values}


def _term(table: Table, act: Act, before: Sequence[Stricter]) -> Stricter:
    table.only("obligation", "term", "every", "paragraph")
    name = table.name("obligation")
    place = Table(table.values, f'term "{name}"')
    if any(one.obligation == name for one in before):
        raise Wrong("duplicate", place.place, value=name)
    every = cast(Period, place.choice("every", PERIODS)) if "every" in table else None
    own = None
    if "term" in table:
        term, since = read_term(place)
        if isinstance(term, _WITHOUT_A_DAY):
            raise Wrong("own_no_day", place.at("term"))
        own = OwnTerm(term=term, since=since, act=act, paragraph=place.text("paragraph"))
    elif every is None:
        raise Wrong("missing_key", place.place, value="term")
    return Stricter(obligation=name, own=own, every=every)


def unfitting(overlay: Overlay, editions: Sequence[Procedure]) -> None:
    """Nothing when the rules can be laid over these editions of their procedure.

    Raises:
        UnreadableRegulation: an obligation or a fact none of them has, or a term that cannot be asked of it.
    """
    found = [problem for one in overlay.terms for problem in _unfitting(one, editions)]
    if found:
        raise UnreadableRegulation(overlay.file, found)


def _unfitting(one: Stricter, editions: Sequence[Procedure]) -> Iterator[Problem]:
    place = f'term "{one.obligation}"'
    known = {name: obligation for edition in editions for name, obligation in edition.by_id.items()}
    asked = known.get(one.obligation)
    if asked is None:
        allowed = nearest_first(one.obligation, known)
        yield Problem(
            "unknown_reference", f"{place}: obligation", {"value": one.obligation, "allowed": allowed}
        )
        return
    if asked.by_itself or isinstance(asked.term, _NO_DUTY):
        yield Problem("own_of_no_duty", f"{place}: obligation", {"value": one.obligation})
        return
    if one.every is not None and asked.recurs is None:
        yield Problem("own_never_recurs", f"{place}: every", {"value": one.obligation})
        return
    if one.own is None:
        return
    term, since = one.own.term, one.own.since
    if since is not None and since not in known:
        allowed = nearest_first(since, known)
        yield Problem("unknown_reference", f"{place}: term.from", {"value": since, "allowed": allowed})
        return
    if since == one.obligation:
        yield Problem("itself", f"{place}: term.from", {"value": since})
    anchor = known.get(since or "")
    if anchor is not None and anchor.recurs is not None and anchor.recurs != asked.recurs:
        yield Problem("recurring_anchor", f"{place}: term.from", {"value": anchor.id})
    if isinstance(term, _OF_A_PERIOD) and asked.recurs is None:
        yield Problem("own_never_recurs", f"{place}: term", {"value": one.obligation})
    if isinstance(term, Embargo) != isinstance(asked.term, Embargo):
        yield Problem("own_other_kind", f"{place}: term", {"value": one.obligation})
    for edition in editions:
        path = _circle(edition, one.obligation, since)
        if path:
            yield Problem("cycle", f"{place}: term.from", {"kind": "since", "path": path})
            return


def _circle(edition: Procedure, obligation: str, since: str | None) -> tuple[str, ...]:
    """The way from an own term's anchor back to its obligation, where there is one."""
    path, here = [obligation], since
    while here is not None and here in edition.by_id and here not in path[1:]:
        path.append(here)
        if here == obligation:
            return tuple(path)
        here = edition.by_id[here].since
    return ()


@dataclass(frozen=True, slots=True)
class Milder:
    """An own term that is nowhere stricter than the act's: kept, and the act's counts."""

    obligation: Obligation
    own: OwnTerm | None


def milder(overlay: Overlay, edition: Procedure, calendar: Calendar) -> tuple[Milder, ...]:
    """The own terms that ask no more than the act on any day of the year after the rules come into force.

    Told only of terms counted from the same day; of others the dates of a case decide.
    """
    found = []
    for one in overlay.terms:
        asked = edition.by_id.get(one.obligation)
        if asked is None:
            continue
        finer = one.every and asked.recurs and shorter(one.every, asked.recurs.every)
        if one.own is None:
            if not finer:
                found.append(Milder(asked, None))
        elif not finer and one.own.since == asked.since and not _ever(one.own.term, asked, overlay, calendar):
            found.append(Milder(asked, one.own))
    return tuple(found)


def _ever(own: Term, asked: Obligation, overlay: Overlay, calendar: Calendar) -> bool:
    """Whether it is stricter from any day of a year."""
    if isinstance(own, OnDate | InMonth | InQuarter | InYears):
        return True
    for step in range(_SAMPLE_DAYS):
        day = overlay.in_force + timedelta(days=step)
        if asked.recurs is not None and isinstance(own, _OF_A_PERIOD):
            day = period_of(day, asked.recurs.every).last
        if stricter(own, _count(own, day, calendar), asked.term, _count(asked.term, day, calendar)):
            return True
    return False


def _count(term: Term, day: date, calendar: Calendar) -> Counted:
    try:
        return count(term, day, calendar)
    except OutOfRange:
        return Counted()
