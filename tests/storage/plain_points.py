"""What points are counted from, the plain way: every case folded anew, every fact looked at for each body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import Engine

from services.scoring import scoring
from storage.cases.ledger import SqlLedger
from workflow.cases.case import Case, Fact
from workflow.cases.registers.risk import register
from workflow.org.office import Office
from workflow.scoring.scale import (
    Analyses,
    Answer,
    Count,
    CountByKind,
    Counting,
    Done,
    Events,
    Months,
    Present,
    Risks,
)
from workflow.scoring.tally import assessed


class Found(NamedTuple):
    """An answer, who is missing of it, and the nearest day of what waits with the first cases that do."""

    answer: Answer
    missing: tuple[str, ...] = ()
    waiting: tuple[date, tuple[str, ...]] | None = None


def plain(engine: Engine, office: Office, root: str, year: int, *, today: date) -> dict[str, Found]:
    """By indicator, under the usual readings; ways of counting that ask quarters or districts are left out."""
    body = _Body(engine, office, root, year, today)
    nothing = not any(body.facts(fact) for fact in _facts()) and not body.anything
    found = {}
    for one in scoring().indicators.values():
        if not nothing and assessed(one, office.kind_of(root) if root else ""):
            answer = body.answer(one.counting)
            if answer is not None:
                found[one.id] = answer
    return found


LEFT_OUT = ("supervised", "supervised_quarters", "districts_quarters")


@cache
def _facts() -> frozenset[str]:
    return frozenset(fact for one in scoring().indicators.values() for fact in one.counting.facts.values())


class _Body:
    def __init__(self, engine: Engine, office: Office, root: str, year: int, today: date) -> None:
        ledger = SqlLedger(engine)
        self._office, self._root, self._year, self._today = office, root, year, today
        every = [one for one in ledger.cases(ledger.ids()).values() if one.standing == "active"]
        self._cases = [one for one in every if self._holds(one)]
        rows = ledger.rows_of([one.id for one in every])
        self._rows = {
            case: [row for row in of_it if row.state in ("open", "missed")] for case, of_it in rows.items()
        }
        self.anything = any(
            f"{case.procedure}:{row.obligation}" in _facts() for case in every for row in self._rows[case.id]
        )

    def _place(self, case: Case) -> str:
        named = " ".join(case.unit.casefold().split())
        return self._office.unit_named.get(named, case.unit) if case.unit else self._root

    def _holds(self, case: Case) -> bool:
        return not self._root or self._root in self._office.above(self._place(case))

    def facts(self, wanted: str) -> list[tuple[Case, Fact]]:
        found: Iterator[tuple[Case, Fact]] = (
            (case, fact) for case in self._cases for fact in case.facts.values()
        )
        return [
            (case, fact)
            for case, fact in found
            if f"{case.procedure}:{fact.name.partition('.')[0]}" == wanted
            and fact.on.year == self._year
            and fact.on <= self._today
        ]

    def _share(self, fact: str, among: Iterable[str]) -> tuple[Done, tuple[str, ...]] | None:
        asked = tuple(among)
        places = {place for case, _ in self.facts(fact) for place in self._office.above(self._place(case))}
        missing = tuple(one for one in asked if one not in places)
        return (Done(len(asked) - len(missing), len(asked)), missing) if asked else None

    def _own(self) -> tuple[str, ...]:
        units = self._office.units.values()
        own = tuple(one.id for one in units if one.parent == (self._root or None) and one.kind != "quasi_state")
        return own or ((self._root,) if self._root else ())

    def _below(self) -> tuple[str, ...]:
        units = [
            one
            for one in self._office.units.values()
            if not self._root or self._root in self._office.above(one.id)
        ]
        return tuple(sorted(one.id for one in units if one.kind and one.id != self._root)) or self._own()

    def _risks(self) -> Risks | None:
        found = [
            register(case).risks.values()
            for case in self._cases
            if "analysis_ended" in case.facts and case.facts["analysis_ended"].on.year == self._year
        ]
        removed = [risk.removal.completed for risks in found for risk in risks if risk.removal]
        number = sum(map(len, found))
        return (
            Risks(found=number, removed=removed.count(False), completed=removed.count(True)) if number else None
        )

    def _values(self, fact: str, *names: str) -> tuple[int, ...] | None:
        found = [one.values for _, one in self.facts(fact) if {*names} <= {*one.values}]
        return tuple(int(sum(values[name] for values in found)) for name in names) if found else None

    def answer(self, counting: Counting) -> Found | None:
        fact, done = counting.fact, self.facts(counting.fact)
        match counting.by:
            case "presence":
                return self._presence(fact)
            case "units" | "below":
                share = self._share(fact, self._own() if counting.by == "units" else self._below())
                return Found(*share) if share else None
            case "analyses":
                share, risks = self._share(fact, self._own()), self._risks()
                if share is None and risks is None:
                    return None
                return Found(Analyses(share and share[0], risks), share[1] if share else ())
            case "value":
                one = self._values(fact, counting.done)
                return Found(Count(*one)) if one else None
            case "values":
                both = self._values(fact, counting.done, counting.of)
                return Found(Done(*both)) if both and both[1] else None
            case "facts":
                return Found(Count(counting.times * len(done))) if done else None
            case "kinds":
                counts = {kind: len(self.facts(name)) for kind, name in counting.facts.items()}
                return Found(CountByKind(counts)) if any(counts.values()) else None
            case "months":
                days, last = (
                    [one.on.month for _, one in done],
                    12 if self._today.year > self._year else self._today.month,
                )
                return Found(Months(tuple(days.count(month) for month in range(1, last + 1))))
            case "propaganda":
                if not done:
                    return Found(Present(False)) if self._today.year > self._year else None
                views = max(int(one.values.get("views", 0)) for _, one in done)
                linked = any(item.kind.startswith("link:") for _, one in done for item in one.evidence)
                return Found(Events(scaled=views > 0 or linked, views=views))
        return None

    def _presence(self, fact: str) -> Found | None:
        dues = {
            case.id: (row.due, row.counts_until)
            for case in self._cases
            for row in self._rows[case.id]
            if f"{case.procedure}:{row.obligation}" == fact and row.due and row.due.year == self._year
        }
        late = tuple(
            sorted(
                case
                for case, (due, until) in dues.items()
                if due < self._today and (until is None or self._today <= until)
            )
        )
        ahead = {case: due for case, (due, _) in dues.items() if case not in late}
        if not dues and not self.facts(fact):
            return None
        waiting = (min(ahead.values()), tuple(sorted(ahead)[:3])) if ahead else None
        return Found(Present(not late), late, waiting)
