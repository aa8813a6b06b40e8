"""An organisation's own rules applied to an edition: stricter terms, and chosen readings. Pure.

Both terms are kept: which is stricter is decided when they are counted; the other one is shown beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from calendars.counting import CountedTerm
from calendars.terms import (
    AtOnce,
    Before,
    CalendarDays,
    DayAfterPeriod,
    Duration,
    Embargo,
    Months,
    Period,
    PerPeriod,
    Quota,
    Term,
    Weeks,
    WithoutTerm,
    WorkingDays,
    YearlyDate,
    Years,
)
from workflow.cases.case import Case
from workflow.law.procedure import Act, Obligation, OwnTerm, Procedure, Reading
from workflow.org.office import Office
from workflow.periods import shorter

SWITCHES: Mapping[str, tuple[str, ...]] = {
    "roll": ("next", "none"),  # contradiction 8: a term that ends on a day off
    "quarters": ("calendar", "rolling"),  # contradiction 7: calendar quarters, or three months from signing
    "backward": ("nth_day", "clear_days"),  # the N-th working day before, or N clear days between
    "days": ("calendar", "working"),  # contradiction 14: "10 days", and which is not said
    "first_day": ("counted", "not_counted"),  # contradiction 19: of a duration
    "to_day": ("inclusive", "exclusive"),  # contradiction 23: "to 15 April"
    "discussion": ("required", "allowed"),  # contradiction 6
    "once_in": ("calendar_year", "12_months", "18_months"),  # contradictions 3 and 19: `merzim yearly-clock`
}
"""Readings an organisation may choose; the first of each is the usual one."""
DISCUSSION = "discussion"
"""The stage that the switch of that name applies to."""
_NUMBERLESS = (WithoutTerm, Before, AtOnce)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stricter:
    """An own rule for one obligation.

    Attributes:
        every: its own, shorter period; None keeps the act's.
        own: its own term; None where only the period differs.
    """

    obligation: str
    own: OwnTerm | None = None
    every: Period | None = None


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """One file of an organisation's own rules: `overlay.<name>.<in-force-date>.toml`.

    Attributes:
        unit: id or name of the unit it is valid for, with all units below; "" is the whole office.
        switches: chosen readings, by name.
        text: of the file, as given.
    """

    name: str
    in_force: date
    procedure: str
    act: Act
    unit: str = ""
    terms: tuple[Stricter, ...] = ()
    switches: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"overlay.{self.name}.{self.in_force.isoformat()}.toml"


def stricter(own_term: Term, counted_term: CountedTerm, law: Term, by_law: CountedTerm) -> bool:
    """Return whether one counted term is stricter than another: an earlier day, a longer ban, a larger
    number.
    """
    if isinstance(own_term, Embargo) and isinstance(law, Embargo):
        return own_term.years > law.years
    if isinstance(own_term, PerPeriod) and isinstance(law, PerPeriod):
        return own_term.count > law.count
    if isinstance(own_term, Quota) and isinstance(law, Quota):
        return own_term.share > law.share
    if counted_term.due is None:
        # Where the act names no number at all, the own one counts even before there is a day to count from.
        return by_law.due is None and isinstance(law, _NUMBERLESS) and not isinstance(own_term, _NUMBERLESS)
    return by_law.due is None or counted_term.due < by_law.due


def overlaid(procedure: Procedure, overlays: Sequence[Overlay]) -> Procedure:
    """Return the edition with an organisation's own rules applied.

    Args:
        overlays: outermost unit first; of two readings of a switch the innermost counts, of terms the
            strictest.
    """
    terms_by_obligation: dict[str, list[OwnTerm]] = {}
    chosen: dict[str, tuple[str, Act]] = {}
    periods_by_name: dict[str, Period] = {}
    for overlay in overlays:
        chosen |= {switch: (value, overlay.act) for switch, value in overlay.switches.items()}
        for stricter_term in overlay.terms:
            if stricter_term.own is not None:
                terms_by_obligation.setdefault(stricter_term.obligation, []).append(stricter_term.own)
            for name in _together(procedure, stricter_term.obligation) if stricter_term.every else ():
                usual_period = periods_by_name.get(name) or procedure.by_id[name].recurs.every  # type: ignore[union-attr]
                periods_by_name[name] = (
                    stricter_term.every
                    if stricter_term.every and shorter(stricter_term.every, usual_period)
                    else usual_period
                )
    return replace(
        procedure,
        obligations=tuple(
            _laid(
                obligation,
                terms_by_obligation.get(obligation.id, ()),
                chosen,
                periods_by_name.get(obligation.id),
                procedure,
            )
            for obligation in procedure.obligations
        ),
        acts={**procedure.acts, **{overlay.act.id: overlay.act for overlay in overlays}},
        overlays=tuple(f"{overlay.name}.{overlay.in_force.isoformat()}" for overlay in overlays),
    )


def _laid(
    obligation: Obligation,
    own_terms: Sequence[OwnTerm],
    chosen: Mapping[str, tuple[str, Act]],
    period: Period | None,
    procedure: Procedure,
) -> Obligation:
    if obligation.by_itself:
        return obligation
    laid = replace(obligation, own=tuple(own_terms))
    recurs = laid.recurs
    if recurs is not None and period is not None and period != recurs.every:
        laid = replace(laid, recurs=replace(recurs, every=period), asked_every=recurs.every)
    for switch, (value, act) in chosen.items():
        laid = _read(laid, switch, value, act, procedure)
    return laid


def _read(obligation: Obligation, switch: str, value: str, act: Act, procedure: Procedure) -> Obligation:
    """Return the obligation by one reading; the same obligation where the reading changes nothing."""
    if value == SWITCHES[switch][0]:
        return obligation
    term, recurs = obligation.term, obligation.recurs
    if switch == "quarters":
        if recurs is None or recurs.every != "quarter" or procedure.by_id[recurs.since].by_itself:
            return obligation
        readings = (*obligation.readings, Reading(switch=switch, value=value, act=act))
        return replace(obligation, recurs=replace(recurs, rolling=True), readings=readings)
    if switch == "discussion":
        if obligation.stage != DISCUSSION:
            return obligation
        readings = (*obligation.readings, Reading(switch=switch, value=value, act=act))
        return replace(
            obligation, force="may", occasional=True, blocking=False, lapses_with=None, readings=readings
        )
    new_term = _term(term, switch)
    if new_term is None:
        return obligation
    readings = (*obligation.readings, Reading(switch=switch, value=value, act=act, usual=term))
    return replace(obligation, term=new_term, readings=readings)


def _term(term: Term, switch: str) -> Term | None:
    """Return the term by the other reading of a switch, None where the switch does not concern it."""
    match switch, term:
        case "roll", CalendarDays() | Weeks() | Months() | Years() | DayAfterPeriod() | YearlyDate():
            return replace(term, roll="none") if term.roll == "next" else None
        case "backward", WorkingDays(count, "nth_day") if count < 0:
            return replace(term, backward="clear_days")
        case "days", CalendarDays(count, True):
            return WorkingDays(count)
        case "first_day", Duration(count):
            return WorkingDays(count)
        case "to_day", YearlyDate(day_in_doubt=True):
            return _day_before(term)
    return None


def _day_before(term: YearlyDate) -> YearlyDate:
    """Return the term ending on the last day before the date named; a day off must not move it past that
    date.
    """
    before = date.fromordinal(date(2001, term.month, term.day).toordinal() - 1)
    years = term.years - (before.year < 2001)
    return YearlyDate(before.month, before.day, years, roll="none")


def _together(procedure: Procedure, name: str) -> Iterator[str]:
    """Yield the obligation and those that must have the same periods: the ones counted from it or that it
    counts from.
    """
    obligation = procedure.by_id.get(name)
    if obligation is None or obligation.recurs is None:
        return
    alike = {
        other_obligation.id: other_obligation
        for other_obligation in procedure.obligations
        if other_obligation.recurs == obligation.recurs
    }
    visited_names, waiting = set[str](), [name]
    while waiting:
        obligation_id = waiting.pop()
        if obligation_id in visited_names:
            continue
        visited_names.add(obligation_id)
        yield obligation_id
        tied = {alike[obligation_id].since, alike[obligation_id].when}
        waiting += [
            other
            for other in alike
            if other in tied or obligation_id in (alike[other].since, alike[other].when)
        ]


class OwnRules:
    """The own rules an office has adopted, by units."""

    def __init__(self, overlays: Iterable[Overlay], office: Office) -> None:
        self.overlays = tuple(sorted(overlays, key=lambda overlay: (overlay.name, overlay.in_force)))
        self._office = office
        self._above: dict[str, tuple[str, ...]] = {}

    def of(self, procedure: str, unit: str, on: date) -> tuple[Overlay, ...]:
        """Return the rules valid for a procedure in a unit (id or name) on a day, the outermost unit's first.

        Of several with one name the last that has come into force; those of one unit in order of name.
        """
        latest: dict[str, tuple[int, Overlay]] = {}
        for overlay in self.overlays:
            if overlay.procedure == procedure and overlay.in_force <= on:
                depth = self._depth(overlay, unit)
                latest.pop(overlay.name, None)
                if depth is not None:
                    latest[overlay.name] = depth, overlay
        return tuple(
            overlay
            for _, overlay in sorted(
                latest.values(), key=lambda ranked_overlay: (ranked_overlay[0], ranked_overlay[1].name)
            )
        )

    def covers(self, overlay: Overlay, unit: str) -> bool:
        """Return whether rules are valid for a unit: it is theirs, or lies below it."""
        return self._depth(overlay, unit) is not None

    def switch(self, name: str, procedure: str, unit: str, on: date) -> tuple[str, Overlay | None]:
        """Return the reading of a switch for a unit on a day, and the rules that set it; None for the usual
        reading.
        """
        for overlay in reversed(self.of(procedure, unit, on)):
            if name in overlay.switches:
                return overlay.switches[name], overlay
        return SWITCHES[name][0], None

    def _depth(self, overlay: Overlay, unit: str) -> int | None:
        """Return how deep the rules' unit lies on the path down to this unit; None if it is not on the path."""
        if not overlay.unit:
            return 0
        unit_key = self._office.unit_named.get(_plain(overlay.unit), overlay.unit)
        above = self._way(unit)
        return len(above) - above.index(unit_key) if unit_key in above else None

    def _way(self, unit: str) -> tuple[str, ...]:
        if unit not in self._above:
            unit_id = self._office.unit_named.get(_plain(unit), unit)
            self._above[unit] = tuple(self._office.above(unit_id))
        return self._above[unit]


def begins(case: Case) -> date:
    """Return the day that selects own rules for a case: its earliest fact or plan date, as with editions;
    without any, the local day it was opened on.
    """
    days = [*(fact.on for fact in case.facts.values()), *case.planned.values()]
    return min(days) if days else case.opened_on or date.max


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
