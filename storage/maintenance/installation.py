"""Whose database this is. Two on one would each tell the other's people, so the second is refused.

An installation is known by its name: `database.installation` of config.toml, else `office.name`. All its nodes
have the same, however many there are. The first that starts claims the database. Where neither key says
anything, nobody can be told apart, and nobody is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from storage.database.dialect import insert
from storage.database.engine import reading, writing
from storage.database.errors import display_address
from storage.maintenance.schema import known, revision
from storage.refusals import AnothersDatabase
from storage.tables import INSTALLATION


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallationStatus:
    """What the one row says; both are "" where it says nothing."""

    name: str = ""
    board: str = ""


def told(name: str) -> str:
    """A name as it is compared: its words, in small letters."""
    return " ".join(name.casefold().split())


def standing(connection: Connection) -> InstallationStatus:
    """Whose database it is, and at which revision its board was written."""
    found = connection.execute(INSTALLATION.select()).first()
    return InstallationStatus(name=found.name, board=found.board) if found else InstallationStatus()


def refuse_anothers(engine: Engine, name: str) -> InstallationStatus:
    """Look before anything is migrated or written; what stands there.

    Args:
        name: of the installation that asks.

    Raises:
        AnothersDatabase: another one claimed it.
        StorageUnavailable: it cannot be read.
    """
    with reading(engine) as connection:
        at = revision(connection)
        if at is None or at < known()[0] or not at.isdigit():
            return InstallationStatus()
        found = standing(connection)
    if found.name and told(found.name) != told(name):
        code = "installation_other" if name else "installation_unnamed"
        raise AnothersDatabase(code, where=display_address(engine), theirs=found.name, ours=name)
    return found


def claim(engine: Engine, name: str) -> None:
    """Write the name into a database nobody claimed; of two that do it at once the second is refused.

    Raises:
        AnothersDatabase: another one was faster.
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
    """Make the database this installation's, whoever claimed it before."""
    with writing(engine) as connection:
        write(connection, name=name)


def write(connection: Connection, **values: str) -> None:
    """Change what the one row says, in the caller's own transaction."""
    step = insert(connection, INSTALLATION).values(**{"n": 1, "name": "", "board": "", **values})
    connection.execute(step.on_conflict_do_update(index_elements=[INSTALLATION.c.n], set_=values))
