"""The words of the search, and how each may be mistyped: written by the first start, text by text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Collated

revision = "0060"
down_revision = "0059"
_TEXTS = (
    """SELECT 'case', id FROM "case" """,
    """SELECT DISTINCT 'case_row', "case" FROM case_row""",
    """SELECT 'register_row', id FROM register_row""",
)


def upgrade() -> None:
    op.create_table(
        "search_word",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("word", Collated, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "place", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_word_place", "search_word", ["place"])
    op.create_table(
        "search_typo",
        sa.Column("beginning", Collated, nullable=False),
        sa.Column("word", Collated, nullable=False),
        sa.PrimaryKeyConstraint("beginning", "word", name=op.f("pk_search_typo")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unsearched",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "place", name=op.f("pk_unsearched")),
        sqlite_with_rowid=False,
    )
    for texts in _TEXTS:
        op.execute(f"INSERT INTO unsearched (kind, place) {texts}")
    # Files of cases are found by their names since; their rows are written by the first start, too.
    op.execute(
        """INSERT INTO unlisted ("case") SELECT DISTINCT "case" FROM event WHERE payload LIKE '%"name":%' """
        """AND payload LIKE '%"evidence":%' AND "case" NOT IN (SELECT "case" FROM unlisted)"""
    )
