"""Adds the names of people in campaigns, normalised so that the database can search them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
_LETTERS = str.maketrans("әғқңөұүһіё", "агкноуухие")
_CHUNK = 5_000


def upgrade() -> None:
    op.add_column("campaign_person", sa.Column("search", sa.Text(), nullable=False, server_default=""))
    people = sa.table(
        "campaign_person", *(sa.column(name) for name in ("campaign", "person", "name", "search"))
    )
    key = people.c.campaign == sa.bindparam("of"), people.c.person == sa.bindparam("who")
    connection = op.get_bind()
    rows = [
        {"of": row.campaign, "who": row.person, "text": row.name.casefold().translate(_LETTERS)}
        for row in connection.execute(sa.select(people.c.campaign, people.c.person, people.c.name))
    ]
    for first in range(0, len(rows), _CHUNK):
        step = people.update().where(*key).values(search=sa.bindparam("text"))
        connection.execute(step, rows[first : first + _CHUNK])
