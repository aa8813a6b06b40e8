"""Normalises the search text of register rows once instead of at each search.

Code of the previous version normalises it again, which changes nothing.
"""

from __future__ import annotations

from alembic import op

revision = "0044"
down_revision = "0043"
_LETTERS = ("әғқңөұүһіё", "агкноуухие")


def upgrade() -> None:
    folded = "search"
    if op.get_bind().dialect.name == "postgresql":
        folded = "translate(search, '{}', '{}')".format(*_LETTERS)
    else:
        for letter, instead in zip(*_LETTERS, strict=True):
            folded = f"replace({folded}, '{letter}', '{instead}')"
    op.execute(f"UPDATE register_row SET search = {folded} WHERE search <> {folded}")
