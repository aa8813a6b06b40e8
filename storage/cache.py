"""What a process keeps in memory of one database while it holds: the office, and the sums of the board.

Every question reads the change counters first (`storage.board.change_counters`), by one small SELECT. They are
read before what they count, so that a value may be newer than its counter says, never older.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock

from sqlalchemy import Engine

from storage.board import change_counters, sums
from storage.database.engine import reading
from storage.database.single_flight import SingleFlight
from storage.org import store as office_store
from workflow.board.sums import Horizon, Sum, Sums, by_unit
from workflow.org.office import Office

MAX_UNITS_REREAD = 2000
"""Units read anew one by one; where more changed, all are."""
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


class DatabaseCache:
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
        self._reading_office: SingleFlight[Office] = SingleFlight()
        self._reading_board: SingleFlight[_Board] = SingleFlight()
        self._board_guard = Lock()

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
        board = self._board_of(horizon, versions.get(change_counters.BOARD))
        with self._board_guard:
            if board.tree is not tree:
                board.tree, board.roots, board.stale = tree, {}, {}
            found, changed = board.roots.get(root), board.stale.get(root, ())
            if found is None or len(changed) > MAX_UNITS_REREAD:
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
            return change_counters.versions(connection)

    def _office_of(self, versions: Mapping[str, int]) -> Office:
        version = versions.get(change_counters.OFFICE)

        def known() -> Office | None:
            kept = self._office
            return kept[1] if kept is not None and kept[0] == version else None

        return self._reading_office.get(known, self._read_office)

    def _read_office(self) -> Office:
        """All of it anew, by one thread at a time."""
        version = self._versions().get(change_counters.OFFICE)
        office = office_store.office(self._engine, officer=self._officer, language=self._language)
        self._office = None if version is None else (version, office)
        return office

    def _board_of(self, horizon: Horizon, version: int | None) -> _Board:
        """The sums by unit as they stand."""

        def known() -> _Board | None:
            kept = self._board
            return kept if kept is not None and (kept.version, kept.horizon) == (version, horizon) else None

        return self._reading_board.get(known, lambda: self._read_board(horizon))

    def _read_board(self, horizon: Horizon) -> _Board:
        """The sums, read anew by one thread at a time: of units that changed, or of all."""
        kept = self._board if self._board is not None and self._board.horizon == horizon else None
        with reading(self._engine) as connection:
            lines = change_counters.lines(connection, change_counters.BOARD)
            changed = change_counters.changed(kept.lines, lines) if kept is not None else None
            if changed is None or len(changed) > MAX_UNITS_REREAD:
                kept, changed = None, None
            fresh = by_unit(sums.plain(connection, horizon, units=changed)) if changed != frozenset() else {}
        version = sum(n for _, n in lines.values())
        with self._board_guard:
            if kept is None or changed is None:
                kept = self._board = _Board(horizon, version, lines, dict(fresh))
            else:
                _exchange(kept, changed, fresh)
                kept.lines, kept.version = lines, version
        return kept


def _exchange(board: _Board, changed: Collection[str], fresh: Mapping[str, tuple[Sum, ...]]) -> None:
    """Other sums for units that changed; what was put together of them is stale on every way up."""
    for unit in changed:
        board.units.pop(unit, None)
        for root in (None, unit, *(board.tree.above(unit) if board.tree else ())):
            if root in board.roots:
                board.stale.setdefault(root, set()).add(unit)
    board.units.update(fresh)
