"""Databases of 0.1.0: the later migrations undone by hand on a database with content."""

from __future__ import annotations

from sqlalchemy import Engine, text

from merzim.storage.board import change_counters

_TABLES = (
    *("salt", "recovery_code", "factor_removal", "rate_limit", "device", "identity", "saved_view", "inbox"),
    *("register_event", "register_row", "register_cell", "register_secret", "campaign_person", "campaign"),
    *("audit", "audit_origin", "webhook", "webhook_delivery", "former_person", "rewritten"),
    *("case_row", "search_word", "search_typo", "unsearched"),
)
_INDEXES = (
    *(f"notice_{name}" for name in ("case_person", "channel", "unsent", "by_date", "lost", "unread")),
    *(f"deadline_{name}" for name in ("planned_on", "slipped", "counts_until", "undated")),
    *("case_edition", "case_object_also", "event_assignment", "recommendation_status", "act_kind"),
    *("upload_at", "link_code_until"),
)
_REINDEXED = (
    *(f"DROP INDEX ix_{name}" for name in ("case_of_year", "deadline_unreported", "deadline_measures")),
    'CREATE INDEX ix_deadline_unreported ON deadline (obligation, due, "case", unit) '
    "WHERE state IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'",
    'CREATE INDEX ix_deadline_measures ON deadline (due, "case", obligation, unit) '
    "WHERE state = 'open' AND substr(obligation, 1, 8) = 'measure.'",
)
_COLUMNS = (
    *(("deadline", name) for name in ("waiting_for", "counts_until", "inherited")),
    *(('"case"', f"object_{name}") for name in ("kk", "ru", "also")),
    *(("person", f"name_{language}") for language in ("kk", "ru")),
    ("upload", "size"),
)


def back_to_0_1_0(engine: Engine) -> None:
    """The database as version 0.1.0 left it."""
    with engine.begin() as connection:
        change_counters.remove(connection)
        for operation in ("insert", "delete", "update"):
            on = "" if engine.dialect.name == "sqlite" else " ON notice"
            connection.execute(text(f"DROP TRIGGER merzim_tally_{operation}{on}"))
        for table in _TABLES:
            connection.execute(text(f"DROP TABLE {table}"))
        for index in _INDEXES:
            connection.execute(text(f"DROP INDEX IF EXISTS ix_{index}"))
        for statement in _REINDEXED:
            connection.execute(text(statement))
        for table, column in _COLUMNS:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0022'"))
        connection.execute(text("UPDATE installation SET board = '0022'"))
