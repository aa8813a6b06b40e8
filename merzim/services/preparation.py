"""Prepares a database before its first use."""

from __future__ import annotations

from typing import Any

from merzim.services.jobs import queue
from merzim.services.moments import Clock
from merzim.storage.database.engine import driver, writing
from merzim.storage.maintenance.readiness import claim, refuse_anothers
from merzim.storage.maintenance.schema import create_or_migrate
from merzim.storage.maintenance.vouching import ensure_baseline


def prepare_database(
    engine: Any,
    *,
    installation: str,
    many_nodes: bool,
    clock: Clock,
) -> None:
    """Create or migrate the database, and claim it.

    Raises:
        StorageUnavailable: it cannot be used; nothing was changed.
        AnothersDatabase: it belongs to another installation.
    """
    claimed = refuse_anothers(engine, installation)
    create_or_migrate(engine)
    if many_nodes:
        with writing(engine) as connection:
            queue.prepare(driver(connection))
    if installation and not claimed:
        claim(engine, installation)
    ensure_baseline(engine, now=clock().now)
