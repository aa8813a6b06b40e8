"""The base of every table: shared metadata with names for every constraint."""

from __future__ import annotations

from sqlalchemy import MetaData, Table
from sqlmodel import SQLModel

CLUSTERED = {"sqlite_with_rowid": False}
"""Keyword arguments of a table whose rows SQLite stores in the tree of their primary key: one tree less to
write, and a case's rows are stored together.
"""


class TableBase(SQLModel):
    """The base class of every table, with shared metadata that names constraints, as migrations require.

    Rows are never validated as pydantic models, so that no validators are built for them.
    """

    model_config = {"defer_build": True}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table(name: str) -> Table:
    """Return the table of a name, for Core statements."""
    return TableBase.metadata.tables[name]
