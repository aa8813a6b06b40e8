"""Backup campaign: `merzim backup` and pg_dump under concurrent writes, restored elsewhere and verified."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from merzim.app import build_app
from merzim.services.app import AppContext
from merzim.services.upkeep import maintenance
from merzim.settings_file import read
from merzim.storage.database.engine import open as open_database
from merzim.storage.maintenance.schema import create_or_migrate
from tests.crash.account import people
from tests.crash.campaign import Done, Room, balanced
from tests.crash.morning import Morning, morning
from tests.crash.office import MORNING, TODAY
from tests.crash.people import found

TIMES = 5
LETTERS = 3_000


def sqlite(room: Room, times: int = TIMES) -> Done:
    """`merzim backup` beside `merzim serve`, each restored into an installation of its own."""
    place = room.place()
    address = f"sqlite:///{(place / 'office.sqlite').as_posix()}"
    engine = open_database(address)
    create_or_migrate(engine)
    engine.dispose()

    def copy(office: Morning, number: int) -> str:
        file = place / f"backup{number}.sqlite"
        maintenance.backup(office.nodes.app, file, now=MORNING)
        elsewhere = place / f"elsewhere{number}"
        elsewhere.mkdir()
        copy_url = f"sqlite:///{(elsewhere / 'merzim.sqlite').as_posix()}"
        app = _house(elsewhere, copy_url)
        maintenance.restore(app, file)
        app.close()
        return copy_url

    with morning(room, room.letters(LETTERS), address=address, commands=("serve",)) as office:
        faults = _copied(office, room, place, times, copy)
    return _done(
        office, "backup, SQLite", "`merzim backup` while all write, restored elsewhere, verified", times, faults
    )


def postgresql(room: Room, times: int = TIMES) -> Done:
    """pg_dump beside three nodes, each dump restored into an empty database."""
    assert room.server is not None
    server, place = room.server, room.place()

    def copy(office: Morning, number: int) -> str:
        dump, empty = place / f"dump{number}", room.database()
        server.run("pg_dump", "--format=custom", f"--file={dump}", _plain(office.nodes.app))
        server.run("pg_restore", "--no-owner", f"--dbname={empty}", str(dump))
        return empty

    with morning(room, room.letters(LETTERS), address=room.database()) as office:
        faults = _copied(office, room, place, times, copy)
    return _done(
        office,
        "backup, PostgreSQL",
        "pg_dump while all write, pg_restore into another database, verified",
        times,
        faults,
    )


def _copied(
    office: Morning, room: Room, place: Path, times: int, copy: Callable[[Morning, int], str]
) -> list[str]:
    """Copy so many times; what is wrong with a copy: what `verify` names in it, and what people had been told
    is done before it was begun and is not in it."""
    faults = []
    for number in range(times):
        if 0 <= office.nodes.left() < 200:
            office.more(40 if room.quick else 200)
        time.sleep(0.3 if room.quick else 3)
        before = [deed for writer in office.writers for deed in list(writer.deeds) if deed.fate == "done"]
        copy_url = copy(office, number)
        folder = place / f"copy{number}"
        folder.mkdir()
        app = _house(folder, copy_url)
        problems = maintenance.verify(app, now=MORNING, today=TODAY)
        deed_counts = found(app)
        app.close()
        faults += [f"copy {number + 1}, verify: {problem.code}" for problem in problems[:3]]
        lost = [deed for deed in before if deed_counts[deed.kind, deed.token] != 1]
        faults += [f"copy {number + 1} lacks {deed.kind} {deed.token}" for deed in lost[:3]]
        room.tell(f"copied {number + 1} times, {len(before)} deeds of people in it, {len(problems)} problems")
    return faults


def _house(folder: Path, address: str) -> AppContext:
    (folder / "config.toml").write_text("", encoding="utf-8")
    settings = read(at=folder)
    return build_app(replace(settings, database=replace(settings.database, url=address)))


def _plain(app: AppContext) -> str:
    return app.settings.database.url


def _done(office: Morning, name: str, description: str, times: int, faults: list[str]) -> Done:
    account = office.ended()
    return balanced(
        account,
        name=name,
        description=description,
        times=times,
        seconds=office.seconds,
        twice=0,
        faults=tuple(faults),
        notes=(f"{len(account.seen)} letters; people: {people(account)}",),
    )
