"""Identifies the installation a database belongs to, and refuses a second one.

Two installations on one database would notify each other's people. An installation is identified by its name:
`database.installation` of config.toml, else `office.name`, equal on all its nodes. The first to start claims
the database. Without a name the check is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.database.errors import display_address
from storage.maintenance.schema import known, revision
from storage.refusals import AnothersDatabase
from storage.tables.service import INSTALLATION


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallationStatus:
    """The stored installation; both values are "" when unset."""

    name: str = ""
    board: str = ""


def normalised(name: str) -> str:
    """Return a name normalised for comparison: lower case, single spaces."""
    return " ".join(name.casefold().split())


def standing(connection: Connection) -> InstallationStatus:
    """Return the installation stored in the database, and the revision at which its board was written."""
    found = connection.execute(INSTALLATION.select()).first()
    return InstallationStatus(name=found.name, board=found.board) if found else InstallationStatus()


def refuse_anothers(engine: Engine, name: str) -> InstallationStatus:
    """Check the database before anything is migrated or written; return its installation.

    Args:
        name: name of this installation.

    Raises:
        AnothersDatabase: another installation has claimed it.
        StorageUnavailable: the database cannot be read.
    """
    with reading(engine) as connection:
        at = revision(connection)
        if at is None or at < known()[0] or not at.isdigit():
            return InstallationStatus()
        found = standing(connection)
    if found.name and normalised(found.name) != normalised(name):
        code = "installation_other" if name else "installation_unnamed"
        raise AnothersDatabase(code, where=display_address(engine), theirs=found.name, ours=name)
    return found


def claim(engine: Engine, name: str) -> None:
    """Claim an unclaimed database; of two simultaneous claims the second is refused.

    Raises:
        AnothersDatabase: another installation was faster.
    """
    with writing(engine) as connection:
        step = insert(connection, INSTALLATION).values(n=1, name=name, board="")
        connection.execute(
            step.on_conflict_do_update(
                index_elements=[INSTALLATION.c.n],
                set_={"name": step.excluded.name},
                where=INSTALLATION.c.name == "",
            )
        )
    refuse_anothers(engine, name)


def take(engine: Engine, name: str) -> None:
    """Assign the database to this installation, even if another has claimed it."""
    with writing(engine) as connection:
        write(connection, name=name)


def write(connection: Connection, **values: str) -> None:
    """Change the stored installation, in the caller's transaction."""
    step = insert(connection, INSTALLATION).values(**{"n": 1, "name": "", "board": "", **values})
    connection.execute(step.on_conflict_do_update(index_elements=[INSTALLATION.c.n], set_=values))
