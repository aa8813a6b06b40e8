"""Databases of earlier versions: what each migration did, undone by hand on a database that has content."""

from __future__ import annotations

from sqlalchemy import Engine, text

from storage.board import change_counters

UNDONE = {
    "0002": ("DROP TABLE act",),
    "0003": (
        "DROP INDEX ix_notice_queued",
        "DROP INDEX ix_notice_bundled",
        "DROP INDEX ix_notice_failed",
        *(f"ALTER TABLE notice DROP COLUMN {name}" for name in ("kind", "bundle", "carrier", "about")),
        *(f"DROP TABLE {name}" for name in ("moved", "proof", "preference", "pulse")),
        "CREATE INDEX ix_notice_queued ON notice (channel, not_before, queued_at, key) WHERE state = 'queued'",
    ),
    "0004": tuple(f"DROP TABLE {name}" for name in ("link", "link_code", "lease")),
    "0005": ("ALTER TABLE unit DROP COLUMN kind",),
    "0006": (
        *(f"DROP TABLE {name}" for name in ("account", "entry", "attempt", "reader")),
        'ALTER TABLE "case" DROP COLUMN confidential',
    ),
    "0007": ("DROP INDEX ix_event_first_entry",),
    "0008": ("DROP INDEX ix_notice_person",),
    "0009": ("DROP INDEX ix_case_newest",),
    "0010": ("DROP TABLE answer",),
    "0011": ("DROP TABLE upload",),
    "0012": (
        "DROP INDEX ix_case_newest",
        'CREATE INDEX ix_case_newest ON "case" (opened_at, id)',
    ),
    "0013": (
        "DROP TABLE total",
        "DROP INDEX ix_case_confidential",
        "DROP INDEX ix_deadline_unit_state_due",
        *(f"ALTER TABLE deadline DROP COLUMN {name}" for name in ("duty", "responsible", "person")),
    ),
    "0014": ("DROP TABLE floor",),
    "0015": ("DROP TABLE installation",),
    "0016": ("DROP TABLE notice_tally", "DROP TABLE channel_fault"),
    "0017": ("DROP TABLE mark",),
    "0018": ("DROP INDEX ix_case_counted",),
    "0019": (),
    "0020": ("DROP INDEX ix_deadline_unreported",),
    "0021": ("DROP INDEX IF EXISTS ix_notice_newest",),
    "0022": ("DROP TABLE recommendation", "DROP TABLE unlisted", "DROP INDEX ix_deadline_measures"),
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
