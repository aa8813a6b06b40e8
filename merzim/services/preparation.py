"""Prepares a database before its first use: creates or migrates it, and rewrites what a new version needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from merzim.services.moments import Clock, NoteWriter
from merzim.storage.board import word_index
from merzim.storage.cases import recommendations
from merzim.storage.maintenance.readiness import claim, refuse_anothers
from merzim.storage.maintenance.schema import BOARD, create_or_migrate
from merzim.storage.maintenance.vouching import ensure_baseline

if TYPE_CHECKING:
    from workflow.cases.case import Case
    from workflow.ports import CaseWrite


def prepare_database(
    engine: Any,
    *,
    installation: str,
    many_nodes: bool,
    clock: Clock,
    system_clock: Clock,
    note: NoteWriter,
    recompute: Callable[[Case, date], CaseWrite],
) -> None:
    """Create or migrate the database, and write what older versions did not.

    Args:
        recompute: computes the board's rows of a case as of a day.

    Raises:
        StorageUnavailable: it cannot be used; nothing was changed.
        AnothersDatabase: it belongs to another installation.
    """
    status = refuse_anothers(engine, installation)
    migrated = create_or_migrate(engine)
    if many_nodes:
        from merzim.services.jobs import queue
        from merzim.storage.database.engine import driver, writing

        with writing(engine) as connection:
            queue.prepare(driver(connection))
    if installation and not status.name:
        claim(engine, installation)
    ensure_baseline(engine, now=clock().now)
    if not migrated and status.board >= BOARD:
        return
    from merzim.storage.maintenance import after_migration

    def rebuild_board(on_case: Callable[[], None]) -> None:
        from merzim.storage.maintenance.verify import rebuild
        from merzim.storage.refusals import CannotRebuild

        note("cli.board_behind")
        moment = clock()
        try:
            rebuild(engine, lambda case: recompute(case, moment.today), now=moment.now, after_chunk=on_case)
        except CannotRebuild as refusal:
            # All other cases are rebuilt; `merzim verify` says what is wrong with these; no restart helps.
            note(refusal.code, **refusal.arguments)

    if after_migration.behind(engine):
        after_migration.catch_up(engine, rebuild_board, holder=uuid4().hex, clock=lambda: system_clock().now)
    if waiting := recommendations.waiting(engine):
        note("cli.recommendations_behind", count=waiting)
        recommendations.catch_up(engine)
    if waiting := word_index.waiting(engine):
        note("cli.search_behind", count=waiting)
        word_index.catch_up(engine)
