"""Cache of the data for scoring, updated when only a few units have changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, Engine

from merzim.storage.board import change_counters
from merzim.storage.cache import MAX_UNITS_REREAD, DatabaseCache
from merzim.storage.cases import points
from merzim.storage.database.engine import reading
from workflow.org.office import Office
from workflow.scoring.recorded import Body, MissingFact, Numbers, YearRecords, body, numbers
from workflow.scoring.scale import Scoring

MOST_YEARS = 3
"""Number of years cached at once."""
Lines: TypeAlias = Mapping[int, tuple[str | None, int]]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Year:
    """The cached data of a year, with the versions of facts and board it was read at."""

    versions: tuple[int | None, int | None]
    facts: Lines
    board: Lines
    numbers: Mapping[str, Numbers]
    lacking: Mapping[str, list[MissingFact]]
    gathered: YearRecords


class PointsCache:
    """The cache for one database; usable from any thread."""

    def __init__(self, engine: Engine, cache: DatabaseCache) -> None:
        self._engine, self._cache = engine, cache
        self._years: dict[tuple[str, int, date], _Year] = {}
        self._guard = Lock()
        self._reading = Lock()

    def year(self, scoring: Scoring, year: int, *, today: date) -> YearRecords:
        """Return the recorded facts and open obligations of every unit in a year up to a day.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        # A past year is the same on every later day.
        today = min(today, date(year, 12, 31))
        office = self._cache.office()
        with reading(self._engine) as connection:
            versions = _versions(connection)

        def valid_records() -> YearRecords | None:
            with self._guard:
                cached = self._years.get((scoring.edition, year, today))
                if cached is None or cached.versions != versions or cached.gathered.office is not office:
                    return None
                self._keep((scoring.edition, year, today), cached)
                return cached.gathered

        with self._reading:
            return valid_records() or self._read(scoring, office, year, today)

    def _read(self, scoring: Scoring, office: Office, year: int, today: date) -> YearRecords:
        """Reread what has changed in a year, in one thread at a time."""
        place = (scoring.edition, year, today)
        with self._guard:
            before = self._years.get(place)
        with reading(self._engine) as connection:
            gathered_year = self._current(connection, scoring, office, before, year, today)
        with self._guard:
            self._keep(place, gathered_year)
        return gathered_year.gathered

    def _keep(self, place: tuple[str, int, date], gathered_year: _Year) -> None:
        """Store a year; the least recently used one is dropped."""
        self._years.pop(place, None)
        while len(self._years) >= MOST_YEARS:
            self._years.pop(next(iter(self._years)))
        self._years[place] = gathered_year

    def first_record(self) -> datetime | None:
        """Return the UTC moment since when records are kept here; None before the first."""
        with reading(self._engine) as connection:
            return points.first_record(connection)

    def _current(
        self,
        connection: Connection,
        scoring: Scoring,
        office: Office,
        before: _Year | None,
        year: int,
        today: date,
    ) -> _Year:
        """Return the current data of a year, from the cache as far as it is valid."""
        # Read the change counters before the data: the data may be newer, and is then read again.
        versions = _versions(connection)
        if before is not None and before.versions == versions and before.gathered.office is office:
            return before
        facts, board = (
            change_counters.lines(connection, change_counters.FACTS),
            change_counters.lines(connection, change_counters.BOARD),
        )
        recorded = None if before is None else _to_reread(change_counters.changed(before.facts, facts))
        moved_units = (
            None
            if before is None or recorded is None
            else _to_reread(change_counters.changed(before.board, board))
        )
        # A cancelled case has no open obligations any more, and its facts' counter has changed.
        waiting = None if moved_units is None or recorded is None else moved_units | recorded
        numbers = _numbers(connection, scoring, recorded, year, today)
        lacking = points.lacking(connection, scoring.awaited, year, units=waiting)
        if before is not None and recorded is not None:
            numbers = _over(before.numbers, numbers, recorded)
        if before is not None and waiting is not None:
            lacking = _over(before.lacking, lacking, waiting)

        def own(units: Collection[str]) -> dict[str, Body]:
            return {
                unit: body(numbers.get(unit, Counter()), lacking.get(unit, ()), year=year) for unit in units
            }

        if before is not None and waiting is not None and before.gathered.office is office:
            gathered = before.gathered.exchanged(own(waiting)) if waiting else before.gathered
        else:
            gathered = YearRecords(office, own({*numbers, *lacking}))
        return _Year(versions, facts, board, numbers, lacking, gathered)


def _versions(connection: Connection) -> tuple[int | None, int | None]:
    """Return the versions of facts and board."""
    counters = change_counters.versions(connection)
    return counters.get(change_counters.FACTS), counters.get(change_counters.BOARD)


def _numbers(
    connection: Connection, scoring: Scoring, units: frozenset[str] | None, year: int, today: date
) -> dict[str, Numbers]:
    """Read the numbers of some units."""
    facts = points.recorded(connection, scoring, year, units=units)
    entries = points.entries(connection, year, units=units)
    return {
        unit: numbers(facts.get(unit, ()), scoring, year=year, today=today, entries=entries.get(unit, ()))
        for unit in {*facts, *entries}
    }


def _to_reread(changed: frozenset[str] | None) -> frozenset[str] | None:
    """Return the changed units if they are few enough to be read alone."""
    return changed if changed is not None and len(changed) <= MAX_UNITS_REREAD else None


def _over(before: Mapping[str, _T], fresh_values: Mapping[str, _T], units: Collection[str]) -> dict[str, _T]:
    """Return the earlier values with those of the reread units replaced."""
    return {**{unit: value for unit, value in before.items() if unit not in units}, **fresh_values}
