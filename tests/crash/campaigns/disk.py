"""Full-disk campaign: the disk fills up and is freed again, on SQLite and on PostgreSQL.

Run by root, the disk is a small tmpfs that a file beside the database fills up. Run by another user, it is
simulated on SQLite by a limit of pages (PRAGMA max_page_count), which gives the same error message.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests.crash.account import people
from tests.crash.campaign import Done, Room, balanced
from tests.crash.morning import Morning, morning
from tests.postgres import administer

TIMES = 5
LETTERS = 3_000
SMALL, LARGE = 48, 160
"""Megabytes of the disk for a file of SQLite, and for the tables of PostgreSQL."""
_BLOCK = 64 * 1024


def sqlite(room: Room, times: int = TIMES) -> Done:
    """One process that does it all, pages and letters, on a disk that fills up under it."""
    name, description = "disk full, SQLite", "the disk filled up and freed under `merzim serve`"
    with ExitStack() as company:
        place, pages = room.place(), None
        if _may_mount():
            company.enter_context(_disk(place, SMALL))
        else:
            description = "no page more for SQLite (max_page_count; not root: no disk of its own)"
            pages = place / "pages"
            pages.write_text(_MANY)
        file = place / "office.sqlite"
        address = f"sqlite:///{file.as_posix()}"
        engine = open_database(address)
        create_or_migrate(engine)
        engine.dispose()
        letters = room.letters(LETTERS)
        noticed_count = 0
        with morning(room, letters, address=address, commands=("serve",), pages=pages) as office:
            for number in range(times):
                with _full(place, file, pages):
                    noticed_count += _noticed(office, room)
                _rest(office, room, number)
    return _done(office, name, description, times, noticed_count)


def postgresql(room: Room, times: int = TIMES) -> Done:
    """Three nodes, and the tables of their database on a disk that fills up; its log lies elsewhere."""
    name, description = "disk full, PostgreSQL", "the disk of the tables filled up and freed, nodes go on"
    if not _may_mount():
        return Done(name=name, what=description, skipped="only root can make a small disk for it")
    assert room.server is not None
    with ExitStack() as company:
        place = room.place()
        company.enter_context(_disk(place, LARGE))
        tables = place / "tables"
        tables.mkdir()
        for folder in (place, *place.parents):
            if folder.is_relative_to(room.folder):
                folder.chmod(0o755)
        room.server.owns(tables)
        administer(room.server.address, f"CREATE TABLESPACE small LOCATION '{tables}'")
        address = room.database("small")
        database = address.rpartition("?")[0].rpartition("/")[2]
        company.callback(
            administer, room.server.address, f"DROP DATABASE {database} WITH (FORCE)", "DROP TABLESPACE small"
        )
        noticed_count = 0
        with morning(room, room.letters(LETTERS), address=address) as office:
            for number in range(times):
                with _full(place, None, None):
                    noticed_count += _noticed(office, room)
                _rest(office, room, number)
    return _done(office, name, description, times, noticed_count)


_MANY = str(2**30)


def _may_mount() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def _disk(place: Path, megabytes: int) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def _full(place: Path, file: Path | None, pages: Path | None) -> Iterator[None]:
    """Not a block is left while this lasts; what is freed meanwhile is taken again."""
    if pages is not None:
        assert file is not None
        pages.write_text(str(file.stat().st_size // 4096))
        try:
            yield
        finally:
            pages.write_text(_MANY)
        return
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as heavy:
        size = _BLOCK
        while size:
            try:
                heavy.write(b"\0" * size)
            except OSError:
                size //= 2
    try:
        yield
    finally:
        ballast.unlink()


def _noticed(office: Morning, room: Room) -> bool:
    """Whether letters stood still while there was no room: nobody can write down that one left."""
    time.sleep(0.5 if room.quick else 2)
    before = office.nodes.sent()
    time.sleep(1 if room.quick else 6)
    return office.nodes.sent() == before


def _rest(office: Morning, room: Room, number: int) -> None:
    time.sleep(1 if room.quick else 5)
    with suppress(Exception):
        if 0 <= office.nodes.left() < 200:
            office.more(20 if room.quick else 100)
    room.tell(f"full {number + 1} times, {office.nodes.sent()} letters sent")


def _done(office: Morning, name: str, description: str, times: int, noticed_count: int) -> Done:
    account = office.ended()
    return balanced(
        account,
        name=name,
        description=description,
        times=times,
        seconds=office.seconds,
        twice=2 * 100 * times,
        notes=(
            f"{len(account.seen)} letters; people: {people(account)}",
            f"nothing could be written {noticed_count} of {times} times",
            *office.nodes.said()[:6],
        ),
    )
