"""Databases of earlier versions: what each migration did, undone by hand on a database that has content."""

from __future__ import annotations

from sqlalchemy import Engine, text

from storage.board import change_counters

UNDONE = {
    "0023": ("DROP TABLE salt",),
    "0025": ("DROP TABLE recovery_code", "DROP TABLE factor_removal"),
    "0027": (
        *(f"DROP INDEX ix_notice_{name}" for name in ("case_person", "channel", "unsent")),
        *(
            "DROP INDEX IF EXISTS ix_notice_by_date",
            "DROP INDEX IF EXISTS ix_notice_lost",
            "DROP INDEX ix_deadline_planned_on",
        ),
        *("DROP INDEX ix_case_edition", "DROP INDEX ix_recommendation_status", "DROP INDEX ix_act_kind"),
        *("DROP INDEX ix_upload_at", "DROP INDEX ix_link_code_until"),
    ),
    "0028": ("DROP TABLE rate_limit", "DROP TABLE device"),
    "0029": (
        "DROP INDEX ix_deadline_slipped",
        "DROP INDEX ix_deadline_counts_until",
        "ALTER TABLE deadline DROP COLUMN waiting_for",
        "ALTER TABLE deadline DROP COLUMN counts_until",
    ),
    "0032": (
        "DROP INDEX ix_case_object_also",
        *(f'ALTER TABLE "case" DROP COLUMN {name}' for name in ("object_kk", "object_ru", "object_also")),
    ),
    "0037": ("DROP TABLE inbox",),
    "0033": tuple(f"DROP TABLE register_{name}" for name in ("event", "row", "cell", "secret")),
    "0034": ("DROP TABLE campaign_person", "DROP TABLE campaign"),
    "0040": ("DROP TABLE identity",),
    "0044": (),
    "0043": ("ALTER TABLE campaign_person DROP COLUMN search",),
    "0041": ("DROP TABLE audit", "DROP TABLE audit_origin", "DROP TABLE audit_position"),
    "0045": ("DROP INDEX ix_deadline_undated",),
    "0046": tuple(f"ALTER TABLE person DROP COLUMN name_{language}" for language in ("kk", "ru")),
    "0049": ("DROP TABLE case_row",),
    "0052": ("ALTER TABLE deadline DROP COLUMN inherited",),
    "0053": ("DROP TABLE webhook", "DROP TABLE webhook_delivery"),
    "0054": ("DROP TABLE saved_view",),
    "0055": ("DROP INDEX ix_event_assignment",),
    "0059": ("DROP TABLE former_person", "DROP TABLE rewritten"),
    "0062": (),
    "0060": ("DROP TABLE search_word", "DROP TABLE search_typo", "DROP TABLE unsearched"),
    "0063": (
        "DROP INDEX ix_campaign_person_counted",
        "ALTER TABLE campaign_person DROP COLUMN refused",
        "CREATE INDEX ix_campaign_person_counted ON campaign_person (campaign, name)",
    ),
    "0042": ("DROP INDEX ix_deadline_due_at", "ALTER TABLE deadline DROP COLUMN due_at"),
}
"""Revision -> statements that take it back."""


def back_to(engine: Engine, revision: str) -> None:
    """The database as a version before left it."""
    with engine.begin() as connection:
        change_counters.remove(connection)
        for what in ("insert", "delete", "update"):
            on = "" if engine.dialect.name == "sqlite" else " ON notice"
            connection.execute(text(f"DROP TRIGGER merzim_tally_{what}{on}"))
        for name in sorted(UNDONE, reverse=True):
            if name > revision:
                for statement in UNDONE[name]:
                    connection.execute(text(statement))
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        connection.execute(text("UPDATE installation SET board = :r"), {"r": revision})
