"""Letters that carry others, what has moved, the proof of what was told, and what people chose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("notice") as notice:
        notice.alter_column("case", existing_type=sa.String(), nullable=True)
        notice.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="reminder"))
        notice.add_column(sa.Column("bundle", sa.String(), nullable=False, server_default=""))
        notice.add_column(sa.Column("carrier", sa.String(), nullable=False, server_default=""))
        notice.add_column(sa.Column("about", sa.Text(), nullable=False, server_default="{}"))
    op.drop_index("ix_notice_queued", table_name="notice")
    op.create_index(
        "ix_notice_queued",
        "notice",
        ["channel", "not_before", "queued_at", "key"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND bundle = ''"),
        postgresql_where=sa.text("state = 'queued' AND bundle = ''"),
    )
    op.create_index(
        "ix_notice_bundled",
        "notice",
        ["person", "channel", "bundle"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND bundle <> ''"),
        postgresql_where=sa.text("state = 'queued' AND bundle <> ''"),
    )
    op.create_index(
        "ix_notice_failed",
        "notice",
        ["queued_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.create_table(
        "moved",
        sa.Column("n", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_moved_case")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_moved")),
    )
    op.create_table(
        "proof",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_proof")),
    )
    op.create_table(
        "preference",
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_preference")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pulse",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pulse")),
        sqlite_with_rowid=False,
    )
    _prove_what_was_sent()


def _prove_what_was_sent() -> None:
    """One batch for the letters sent before there were proofs: from here on none can be put there by hand."""
    import json
    from datetime import UTC, datetime
    from hashlib import sha256

    def plain(value: object) -> str:
        assert isinstance(value, datetime)
        at = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def text(value: object) -> str:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    names = ("key", "kind", "case", "obligation", "due", "rung", "person", "channel", "address", "language")
    more = ("state", "carrier", "text_hash", "message_id", "answer")
    texts = [sa.column(name, sa.String()) for name in (*names, *more) if name != "due"]
    moments = [sa.column(name, sa.DateTime(timezone=True)) for name in ("sent_at", "attempted_at")]
    notice = sa.table("notice", *texts, *moments, sa.column("due", sa.Date()))
    asked = sa.select(notice).where(notice.c.state.in_(("sent", "failed", "unknown"))).order_by(notice.c.key)
    lines, at = [], None
    for record in op.get_bind().execute(asked):
        said = [record._mapping[name] for name in (*names, *more)]
        said[2], said[4] = record.case or "", record.due.isoformat()
        said.append(plain(record.sent_at) if record.sent_at else None)
        lines.append([record.key, record.state, sha256(text(said).encode()).hexdigest()])
        at = max(at or record.attempted_at, record.attempted_at)
    if at is None:
        return
    body = f'{{"at":"{plain(at)}","lines":{text(lines)},"n":1}}'
    kept = [sa.column(name, sa.String()) for name in ("lines", "previous", "hash")]
    proof = sa.table("proof", sa.column("n", sa.Integer()), sa.column("at", sa.DateTime(timezone=True)), *kept)
    values = {"n": 1, "at": at, "lines": text(lines), "previous": "", "hash": sha256(body.encode()).hexdigest()}
    op.get_bind().execute(proof.insert(), values)
