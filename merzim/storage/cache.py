"""Cache of one database in the memory of a process: the office, and the sums of the board.

Every query reads the change counters first (`storage.board.change_counters`), by one small SELECT. They are
read before the values, so that a value may be newer than its counter says, never older.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar, cast

from sqlalchemy import Engine

from merzim.storage.board import change_counters, sums
from merzim.storage.database.engine import read_once, reading
from merzim.storage.org import store as office_store
from workflow.board.sums import Horizon, Sum, Sums, by_unit
from workflow.org.office import Office

MAX_UNITS_REREAD = 2000
"""The most units reread one by one; when more changed, all are reread."""
MAX_COMBINED_ROOTS = 1000
"""The most units whose combined sums (with all units below) are cached."""
MAX_RESULTS = 500
"""The most results of queries that are cached."""
Result = TypeVar("Result")


@dataclass
class _Board:
    """The sums as last read, by unit, and combined for a unit with all below it.

    Attributes:
        stale: units changed since their sums were combined.
    """

    horizon: Horizon
    version: int
    lines: Mapping[int, tuple[str | None, int]]
    units: dict[str, tuple[Sum, ...]]
    tree: Office | None = None
    roots: dict[str | None, Sums] = field(default_factory=dict)
    stale: dict[str | None, set[str]] = field(default_factory=dict)


class DatabaseCache:
    """The cache of one database; safe for use by any thread.

    Args:
        officer, language: the recipient config.toml names for letters nobody else can get, and their language.
    """

    def __init__(self, engine: Engine, *, officer: str = "", language: str = "kk") -> None:
        self._engine = engine
        self._officer = officer
        self._language = language
        self._office: tuple[int, Office] | None = None
        self._board: _Board | None = None
        self._reading_office, self._reading_board = Lock(), Lock()
        self._board_guard = Lock()
        self._results: dict[Hashable, tuple[object, object]] = {}

    def office(self) -> Office:
        """Return the present units, people and matches, with the officer config.toml names.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        return self._office_of(self._versions())

    def sums(self, horizon: Horizon, root: str | None = None) -> Sums:
        """Return the sums of board rows of non-confidential cases, of a unit with all units below it, or of the
        office.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        versions = self._versions()
        tree = self._office_of(versions)
        board = self._board_of(horizon, versions.get(change_counters.BOARD))
        with self._board_guard:
            if board.tree is not tree:
                board.tree, board.roots, board.stale = tree, {}, {}
            combined, changed_units = board.roots.get(root), board.stale.get(root, ())
            if combined is None or len(changed_units) > MAX_UNITS_REREAD:
                within = board.units if root is None else tree.whose_cases(root)
                combined = Sums.of({unit: board.units[unit] for unit in within if unit in board.units})
            elif changed_units:
                combined = combined.exchanged({unit: board.units.get(unit, ()) for unit in changed_units})
            if len(board.roots) >= MAX_COMBINED_ROOTS:
                board.roots, board.stale = {}, {}
            board.roots[root] = combined
            # Only now: after a failure above the next query combines them again.
            board.stale.pop(root, None)
            return combined

    def once(self, read: Callable[[], Result], *key: Hashable, counters: Collection[str]) -> Result:
        """Return what a query over the whole office finds, cached until one of these change counters moves.

        Args:
            key: everything else the result depends on.
        """
        versions = self._versions()
        version = tuple(versions.get(name) for name in counters)
        cached = self._results.get(key)
        if cached is None or cached[0] != version:
            cached = version, read()
            if len(self._results) >= MAX_RESULTS:
                self._results.clear()
            self._results[key] = cached
        return cast(Result, cached[1])

    def _versions(self) -> Mapping[str, int]:
        return read_once(self._engine, change_counters.versions)

    def _office_of(self, versions: Mapping[str, int]) -> Office:
        version = versions.get(change_counters.OFFICE)

        with self._reading_office:
            entry = self._office
            return entry[1] if entry is not None and entry[0] == version else self._read_office()

    def _read_office(self) -> Office:
        """Read the office from the database; called by one thread at a time."""
        version = self._versions().get(change_counters.OFFICE)
        office = office_store.office(self._engine, officer=self._officer, language=self._language)
        self._office = None if version is None else (version, office)
        return office

    def _board_of(self, horizon: Horizon, version: int | None) -> _Board:
        """Return the present sums by unit, from the cache or the database."""

        with self._reading_board:
            board = self._board
            is_current = board is not None and board.version == version and board.horizon == horizon
            return board if board is not None and is_current else self._read_board(horizon)

    def _read_board(self, horizon: Horizon) -> _Board:
        """Read the sums of units that changed, or of all; called by one thread at a time."""
        board = self._board if self._board is not None and self._board.horizon == horizon else None
        with reading(self._engine) as connection:
            lines = change_counters.lines(connection, change_counters.BOARD)
            changed_units = change_counters.changed(board.lines, lines) if board is not None else None
            if changed_units is None or len(changed_units) > MAX_UNITS_REREAD:
                board, changed_units = None, None
            is_same = changed_units == frozenset()
            fresh_sums = {} if is_same else by_unit(sums.plain(connection, horizon, units=changed_units))
        version = sum(n for _, n in lines.values())
        with self._board_guard:
            if board is None or changed_units is None:
                board = self._board = _Board(horizon, version, lines, dict(fresh_sums))
            else:
                _replace_sums(board, changed_units, fresh_sums)
                board.horizon, board.version, board.lines = horizon, version, lines
        return board


def _replace_sums(
    board: _Board, changed_units: Collection[str], fresh_sums: Mapping[str, tuple[Sum, ...]]
) -> None:
    """Replace the sums of changed units, and mark the combined sums of all units above them as stale."""
    for unit in changed_units:
        board.units.pop(unit, None)
        for root in (None, unit, *(board.tree.above(unit or board.tree.root) if board.tree else ())):
            if root in board.roots:
                board.stale.setdefault(root, set()).add(unit)
    board.units.update(fresh_sums)
