"""Reads a file of own rules into an overlay, and checks it against the editions it changes. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import WrapValidator

from calendars import OutOfRange, terms
from calendars.calendar import Calendar
from calendars.counting import CountedTerm, count
from calendars.terms import Period
from workflow.law.file_models import DashedName, Name, list_of, one_of, table, wrong
from workflow.law.overlay import SWITCHES, Overlay, Stricter, stricter
from workflow.law.procedure import Act, Obligation, OwnTerm, Procedure, Text
from workflow.law.reader.table import Problem, UnreadableRegulation, read_table
from workflow.law.reader.terms import TERM, AnchoredTerm
from workflow.periods import period_of, shorter
from workflow.refusal import closest_first

_NAME = re.compile(r"overlay\.([a-z0-9]+(?:-[a-z0-9]+)*)\.(\d{4}-\d\d-\d\d)\.toml")
_OF_A_PERIOD = (terms.DayAfterPeriod, terms.PerPeriod, terms.Quota)
_NO_DUTY = (terms.OngoingDuty, terms.Target, terms.Window)
_WITHOUT_A_DAY = (terms.WithoutTerm, *_NO_DUTY)
_SAMPLE_DAYS = 366
_NO_TEXT = Text(kk="", ru="", en="")
_NO_ACT = Act(id="overlay", title=_NO_TEXT, short=_NO_TEXT)


def _act(title: Text, short: Text | None = None, number: str | None = None, date: date | None = None) -> Act:
    """The organisation's own act; its id comes from the name of the file."""
    return Act(id="overlay", title=title, short=short or title, number=number, adopted_on=date)


def _term(
    obligation: Name,
    term: AnchoredTerm | None = None,
    every: Period | None = None,
    paragraph: str | None = None,
) -> Stricter:
    """The organisation's own term for an obligation, or its own shorter period."""
    if term is None:
        if every is None:
            raise wrong("missing_key", "term")
        return Stricter(obligation=obligation, every=every)
    if isinstance(term[0], _WITHOUT_A_DAY):
        raise wrong("own_no_day", "term")
    if paragraph is None:
        raise wrong("missing_key", "paragraph")
    own_term = OwnTerm(term=term[0], since=term[1], act=_NO_ACT, paragraph=paragraph)
    return Stricter(obligation=obligation, own=own_term, every=every)


def _overlay(
    procedure: DashedName,
    in_force: date,
    act: Act,
    unit: str = "",
    term: tuple[Stricter, ...] = (),
    switches: Mapping[str, str] | None = None,
) -> Overlay:
    """An organisation's own rules for a procedure."""
    return Overlay(
        name="", in_force=in_force, procedure=procedure, act=act, unit=unit, terms=term, switches=switches or {}
    )


def _in_file_order(texts: Mapping[str, str], check: Callable[[object], object]) -> Mapping[str, str]:
    check(texts)
    return dict(texts)


def _switches(**readings: str) -> Mapping[str, str]:
    """The readings the organisation has chosen, by switch."""
    return readings


_READINGS: dict[str, Any] = {name: one_of(*values) for name, values in SWITCHES.items()}
OVERLAY = table(
    _overlay,
    act=table(_act),
    term=list_of(table(_term, term=TERM)),
    switches=Annotated[Any, table(_switches, **_READINGS), WrapValidator(_in_file_order)],
)


def read_overlay(name: str, text: bytes) -> Overlay:
    """Return the own rules a file describes.

    Args:
        name: of the file (or its path); it must be `overlay.<name>.<in_force>.toml`.
        text: its bytes, TOML in UTF-8.

    Raises:
        UnreadableRegulation: with all problems found, the first of them in its code and arguments.
    """
    file = PurePath(name).name
    name_match = _NAME.fullmatch(file)
    overlay: Overlay = read_table(OVERLAY, file, text)
    if name_match is None or name_match[2] != overlay.in_force.isoformat():
        expected = replace(overlay, name=name_match[1] if name_match else "own-rules").file
        raise UnreadableRegulation(file, [Problem("own_file_name", "in_force", {"value": expected})])
    if not overlay.terms and not overlay.switches:
        raise UnreadableRegulation(file, [Problem("own_nothing", "")])
    act = replace(overlay.act, id=f"overlay-{name_match[1]}")
    terms = (
        replace(stricter_term, own=stricter_term.own and replace(stricter_term.own, act=act))
        for stricter_term in overlay.terms
    )
    return replace(overlay, name=name_match[1], act=act, terms=tuple(terms), text=text.decode("utf-8-sig"))


def unfitting(overlay: Overlay, editions: Sequence[Procedure]) -> None:
    """Raise UnreadableRegulation unless the rules can be applied to these editions of their procedure.

    Raises:
        UnreadableRegulation: an obligation or fact that none of them has, or a term that does not suit the
            obligation.
    """
    problems = [problem for stricter_term in overlay.terms for problem in _unfitting(stricter_term, editions)]
    if problems:
        raise UnreadableRegulation(overlay.file, problems)


def _unfitting(stricter_term: Stricter, editions: Sequence[Procedure]) -> Iterator[Problem]:
    place = f'term "{stricter_term.obligation}"'
    obligations_by_id = {name: obligation for edition in editions for name, obligation in edition.by_id.items()}
    obligation = obligations_by_id.get(stricter_term.obligation)
    if obligation is None:
        allowed = closest_first(stricter_term.obligation, obligations_by_id)
        yield Problem(
            "unknown_reference", f"{place}: obligation", {"value": stricter_term.obligation, "allowed": allowed}
        )
        return
    if obligation.by_itself or isinstance(obligation.term, _NO_DUTY):
        yield Problem("own_of_no_duty", f"{place}: obligation", {"value": stricter_term.obligation})
        return
    if stricter_term.every is not None and obligation.recurs is None:
        yield Problem("own_never_recurs", f"{place}: every", {"value": stricter_term.obligation})
        return
    if stricter_term.own is None:
        return
    term, since = stricter_term.own.term, stricter_term.own.since
    if since is not None and since not in obligations_by_id:
        allowed = closest_first(since, obligations_by_id)
        yield Problem("unknown_reference", f"{place}: term.from", {"value": since, "allowed": allowed})
        return
    if since == stricter_term.obligation:
        yield Problem("itself", f"{place}: term.from", {"value": since})
    anchor = obligations_by_id.get(since or "")
    if anchor is not None and anchor.recurs is not None and anchor.recurs != obligation.recurs:
        yield Problem("recurring_anchor", f"{place}: term.from", {"value": anchor.id})
    if isinstance(term, _OF_A_PERIOD) and obligation.recurs is None:
        yield Problem("own_never_recurs", f"{place}: term", {"value": stricter_term.obligation})
    if isinstance(term, terms.Embargo) != isinstance(obligation.term, terms.Embargo):
        yield Problem("own_other_kind", f"{place}: term", {"value": stricter_term.obligation})
    for edition in editions:
        path = _circle(edition, stricter_term.obligation, since)
        if path:
            yield Problem("cycle", f"{place}: term.from", {"kind": "since", "path": path})
            return


def _circle(edition: Procedure, obligation: str, since: str | None) -> tuple[str, ...]:
    """Return the path from an own term's anchor back to its obligation, if there is one."""
    path, name = [obligation], since
    while name is not None and name in edition.by_id and name not in path[1:]:
        path.append(name)
        if name == obligation:
            return tuple(path)
        name = edition.by_id[name].since
    return ()


@dataclass(frozen=True, slots=True)
class Milder:
    """An own term that is never stricter than the act's: it is kept, but the act's counts."""

    obligation: Obligation
    own: OwnTerm | None


def milder(overlay: Overlay, edition: Procedure, calendar: Calendar) -> tuple[Milder, ...]:
    """Return the own terms that are not stricter than the act on any day of the year after the rules come into
    force.

    Only terms counted from the same day are checked; for others it depends on the dates of a case.
    """
    milder_terms = []
    for stricter_term in overlay.terms:
        obligation = edition.by_id.get(stricter_term.obligation)
        if obligation is None:
            continue
        finer = (
            stricter_term.every and obligation.recurs and shorter(stricter_term.every, obligation.recurs.every)
        )
        if stricter_term.own is None:
            if not finer:
                milder_terms.append(Milder(obligation, None))
        elif (
            not finer
            and stricter_term.own.since == obligation.since
            and not _ever(stricter_term.own.term, obligation, overlay, calendar)
        ):
            milder_terms.append(Milder(obligation, stricter_term.own))
    return tuple(milder_terms)


def _ever(own_term: terms.Term, obligation: Obligation, overlay: Overlay, calendar: Calendar) -> bool:
    """Return whether an own term is stricter when counted from some day of a year."""
    if isinstance(own_term, terms.OnDate | terms.InMonth | terms.InQuarter | terms.InYears):
        return True
    for step in range(_SAMPLE_DAYS):
        day = overlay.in_force + timedelta(days=step)
        if obligation.recurs is not None and isinstance(own_term, _OF_A_PERIOD):
            day = period_of(day, obligation.recurs.every).last
        if stricter(
            own_term, _count(own_term, day, calendar), obligation.term, _count(obligation.term, day, calendar)
        ):
            return True
    return False


def _count(term: terms.Term, day: date, calendar: Calendar) -> CountedTerm:
    try:
        return count(term, day, calendar)
    except OutOfRange:
        return CountedTerm()
