"""The schema of version 0.1.0, in one step: the office, the ledger, the board, notices, accounts.

A database of 0.1.0 has this revision and continues with the next one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("totp", sa.String(), nullable=False),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_person"), "account", ["person"], unique=False)
    op.create_table(
        "act",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_act")),
    )
    op.create_table(
        "answer",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login", "key", name=op.f("pk_answer")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_answer_at"), "answer", ["at"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_attempt")),
    )
    op.create_table(
        "case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confidential", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("span_first", sa.Date(), nullable=True),
        sa.Column("span_last", sa.Date(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
    )
    op.create_index(
        "ix_case_confidential",
        "case",
        ["id"],
        unique=False,
        sqlite_where=sa.text("confidential = 1"),
        postgresql_where=sa.text("confidential"),
    )
    op.create_index(
        "ix_case_counted",
        "case",
        ["unit", "stage", "standing", "procedure"],
        unique=False,
        sqlite_where=sa.text("confidential = 0"),
        postgresql_where=sa.text("NOT confidential"),
    )
    op.create_index(
        "ix_case_newest",
        "case",
        ["opened_at", "id", "confidential", "unit", "standing", "procedure", "stage"],
        unique=False,
    )
    op.create_index("ix_case_object", "case", ["object"], unique=False)
    op.create_index("ix_case_span", "case", ["span_first", "span_last"], unique=False)
    op.create_index("ix_case_unit_stage", "case", ["unit", "stage"], unique=False)
    op.create_index(
        "ix_case_unsealed",
        "case",
        ["id"],
        unique=False,
        sqlite_where=sa.text("sealed < seq"),
        postgresql_where=sa.text("sealed < seq"),
    )
    op.create_table(
        "channel_fault",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_fault")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_counter")),
    )
    op.create_table(
        "entry",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_entry")),
    )
    op.create_index(op.f("ix_entry_login"), "entry", ["login"], unique=False)
    op.create_table(
        "floor",
        sa.Column("revision", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_floor")),
    )
    op.create_table(
        "installation",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("board", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_installation")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "link",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaited", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_link")),
        sa.UniqueConstraint("chat", name=op.f("uq_link_chat")),
    )
    op.create_table(
        "link_code",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_link_code")),
    )
    op.create_index(op.f("ix_link_code_person"), "link_code", ["person"], unique=False)
    op.create_table(
        "mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
    )
    op.create_index("ix_mark_what_unit", "mark", ["what", "unit"], unique=False)
    op.create_table(
        "match",
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_match")),
    )
    op.create_table(
        "notice_tally",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_tally")),
    )
    op.create_table(
        "person",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("duties", sa.Text(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("away", sa.Text(), nullable=False),
        sa.Column("deputy", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_unit"), "person", ["unit"], unique=False)
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
        "proof",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_proof")),
    )
    op.create_table(
        "pulse",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pulse")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "seal",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_seal")),
    )
    op.create_table(
        "total",
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "unit",
            "state",
            "month",
            "edition",
            "stage",
            "obligation",
            "duty",
            "responsible",
            "person",
            name=op.f("pk_total"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_parent"), "unit", ["parent"], unique=False)
    op.create_table(
        "upload",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("procedure", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "login", "kind", name=op.f("pk_upload")),
    )
    op.create_table(
        "deadline",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("safe_by", sa.Date(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("late_by", sa.Integer(), nullable=True),
        sa.Column("anchor", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("force", sa.String(), nullable=False),
        sa.Column("stake", sa.String(), nullable=True),
        sa.Column("next_rung", sa.String(), nullable=True),
        sa.Column("next_rung_on", sa.Date(), nullable=True),
        sa.Column("span_first", sa.Date(), nullable=True),
        sa.Column("span_last", sa.Date(), nullable=True),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("duty", sa.String(), server_default="", nullable=False),
        sa.Column("responsible", sa.String(), server_default="", nullable=False),
        sa.Column("person", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_deadline_case")),
        sa.PrimaryKeyConstraint("case", "obligation", name=op.f("pk_deadline")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deadline_measures",
        "deadline",
        ["due", "case", "obligation", "unit"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND substr(obligation, 1, 8) = 'measure.'"),
        postgresql_where=sa.text("state = 'open' AND substr(obligation, 1, 8) = 'measure.'"),
    )
    op.create_index(
        "ix_deadline_next_rung_on",
        "deadline",
        ["next_rung_on", "case", "obligation"],
        unique=False,
        sqlite_where=sa.text("next_rung_on IS NOT NULL"),
        postgresql_where=sa.text("next_rung_on IS NOT NULL"),
    )
    op.create_index("ix_deadline_state_due", "deadline", ["state", "due"], unique=False)
    op.create_index("ix_deadline_unit_state_due", "deadline", ["unit", "state", "due"], unique=False)
    op.create_index(
        "ix_deadline_unreported",
        "deadline",
        ["obligation", "due", "case", "unit"],
        unique=False,
        sqlite_where=sa.text("state IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'"),
        postgresql_where=sa.text(
            "state IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'"
        ),
    )
    op.create_table(
        "event",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_event_case")),
        sa.PrimaryKeyConstraint("case", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_event_first_entry",
        "event",
        ["case"],
        unique=False,
        sqlite_where=sa.text("kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')"),
        postgresql_where=sa.text(
            "kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')"
        ),
    )
    op.create_table(
        "moved",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_moved_case")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_moved")),
    )
    op.create_table(
        "notice",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case", sa.String(), nullable=True),
        sa.Column("obligation", sa.String(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.String(), server_default="reminder", nullable=False),
        sa.Column("bundle", sa.String(), server_default="", nullable=False),
        sa.Column("carrier", sa.String(), server_default="", nullable=False),
        sa.Column("about", sa.Text(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_notice_case")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notice")),
    )
    op.create_index(
        "ix_notice_bundled",
        "notice",
        ["person", "channel", "bundle"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND bundle <> ''"),
        postgresql_where=sa.text("state = 'queued' AND bundle <> ''"),
    )
    op.create_index(op.f("ix_notice_case"), "notice", ["case"], unique=False)
    op.create_index(
        "ix_notice_failed",
        "notice",
        ["queued_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.create_index("ix_notice_person", "notice", ["person", "queued_at"], unique=False)
    op.create_index(
        "ix_notice_queued",
        "notice",
        ["channel", "not_before", "queued_at", "key"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND bundle = ''"),
        postgresql_where=sa.text("state = 'queued' AND bundle = ''"),
    )
    op.create_index(op.f("ix_notice_queued_at"), "notice", ["queued_at"], unique=False)
    op.create_index(
        "ix_notice_sending",
        "notice",
        ["channel", "attempted_at"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_table(
        "paper",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_paper_case")),
        sa.PrimaryKeyConstraint("digest", "place", name=op.f("pk_paper")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_paper_case"), "paper", ["case"], unique=False)
    op.create_table(
        "reader",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_reader_case_case")),
        sa.PrimaryKeyConstraint("case", "person", name=op.f("pk_reader")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reader_person"), "reader", ["person"], unique=False)
    op.create_table(
        "recommendation",
        sa.Column("case", sa.String(), nullable=False),
        sa.Column("risk", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("alike", sa.String(), nullable=True),
        sa.Column("unasked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_recommendation_case_case")),
        sa.PrimaryKeyConstraint("case", "risk", "measure", name=op.f("pk_recommendation")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_recommendation_alike",
        "recommendation",
        ["alike", "case", "risk", "unit", "unasked"],
        unique=False,
        sqlite_where=sa.text("alike IS NOT NULL"),
        postgresql_where=sa.text("alike IS NOT NULL"),
    )
    op.create_index(
        "ix_recommendation_counted",
        "recommendation",
        ["unit", "status", "direction", "legal", "case"],
        unique=False,
    )
    op.create_table(
        "unlisted",
        sa.Column("case", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_unlisted_case_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_unlisted")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_notice_newest", "notice", [sa.text("queued_at DESC"), "key"])
