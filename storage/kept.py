"""What a process keeps in memory of one database while it holds: the office, and the sums of the board.

Every question asks the marks first (`storage.board.marks`), by one small SELECT. The marks are read before what
they speak of: what is read may be newer than they say and is then read again, and never older.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Engine

from storage.board import marks, sums
from storage.database.engine import reading
from storage.office import store as office_store
from workflow.office import Office
from workflow.sums import Horizon, Sum, Sums, by_unit

MOST_UNITS = 2000
"""Units read anew one by one; where more changed, all are."""
LARGE = 2000
"""Units of an office of which so much is kept that no collection of garbage should walk over it."""
SELDOM = (20_000, 20, 20)
"""Objects made more than gone before the youngest are looked through; how often that, before all others are."""
MOST_ROOTS = 1000
"""Units whose sums, with those of all below, are kept put together."""


@dataclass
class _Board:
    """The sums as last read: by unit, and put together for a unit with all below it; `stale`: units that have
    changed since they were put together."""

    horizon: Horizon
    version: int
    lines: Mapping[int, tuple[str | None, int]]
    units: dict[str, tuple[Sum, ...]]
    tree: Office | None = None
    roots: dict[str | None, Sums] = field(default_factory=dict)
    stale: dict[str | None, set[str]] = field(default_factory=dict)


class Kept:
    """One for each database a process works with; any thread may ask.

    Args:
        officer, language: whom config.toml names where nobody else can be told, and their language.
    """

    def __init__(self, engine: Engine, *, officer: str = "", language: str = "kk") -> None:
        self._engine = engine
        self._officer = officer
        self._language = language
        self._office: tuple[int, Office] | None = None
        self._board: _Board | None = None
        self._reading_office = Lock()
        self._reading_board = Lock()

    def office(self) -> Office:
        """Units, people and matches as they stand, with the officer config.toml names.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        return self._office_of(self._versions())

    def sums(self, horizon: Horizon, root: str | None = None) -> Sums:
        """How many rows of cases that are not confidential stand how, of a unit with all below it or of all.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        versions = self._versions()
        tree = self._office_of(versions)
        with self._reading_board:
            board = self._current(horizon, versions.get(marks.BOARD))
            if board.tree is not tree:
                board.tree, board.roots, board.stale = tree, {}, {}
            found, changed = board.roots.get(root), board.stale.get(root, ())
            if found is None or len(changed) > MOST_UNITS:
                within = board.units if root is None else tree.below(root)
                found = Sums.of({unit: board.units[unit] for unit in within if unit in board.units})
            elif changed:
                found = found.exchanged({unit: board.units.get(unit, ()) for unit in changed})
            if len(board.roots) >= MOST_ROOTS:
                board.roots, board.stale = {}, {}
            board.roots[root] = found
            # Only now: what fails on the way is mended by the next question.
            board.stale.pop(root, None)
            return found

    def _versions(self) -> Mapping[str, int]:
        with reading(self._engine) as connection:
            return marks.versions(connection)

    def _office_of(self, versions: Mapping[str, int]) -> Office:
        version, kept = versions.get(marks.OFFICE), self._office
        if kept is not None and kept[0] == version:
            return kept[1]
        with self._reading_office:
            kept = self._office
            if kept is not None and kept[0] == version:
                # Another thread has read all of it while this one waited its turn.
                return kept[1]
            version = self._versions().get(marks.OFFICE)
            office = office_store.office(self._engine, officer=self._officer, language=self._language)
            self._office = None if version is None else (version, office)
            settle(office)
        return office

    def _current(self, horizon: Horizon, version: int | None) -> _Board:
        """The sums by unit as they stand; those of units that changed are read anew."""
        kept = self._board
        if kept is not None and (kept.version, kept.horizon) == (version, horizon):
            return kept
        with reading(self._engine) as connection:
            lines = marks.lines(connection, marks.BOARD)
            known = kept is not None and kept.horizon == horizon
            changed = marks.changed(kept.lines, lines) if kept is not None and known else None
            if kept is None or changed is None or len(changed) > MOST_UNITS:
                kept = self._board = _Board(horizon, 0, {}, by_unit(sums.plain(connection, horizon)))
            elif changed:
                _exchange(kept, changed, by_unit(sums.plain(connection, horizon, units=changed)))
        kept.lines, kept.version = lines, sum(n for _, n in lines.values())
        return kept


def settle(office: Office) -> None:
    """What was just read of a large office stays for long: collections of garbage go round it from now on, and
    come seldom. Each of them would stop every page of the process for half a second. What they went round
    before, and is garbage by now, goes.
    """
    if len(office.units) > LARGE:
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*SELDOM)


def _exchange(board: _Board, changed: Collection[str], fresh: Mapping[str, tuple[Sum, ...]]) -> None:
    """Other sums for units that changed; what was put together of them is stale on every way up."""
    for unit in changed:
        board.units.pop(unit, None)
        for root in (None, unit, *(board.tree.above(unit) if board.tree else ())):
            if root in board.roots:
                board.stale.setdefault(root, set()).add(unit)
    board.units.update(fresh)
