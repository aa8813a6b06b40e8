"""Everything added since version 0.1.0, in one step.

Registers and campaigns, the audit log, identities and second factors, the inbox, webhooks, saved views, people
who left, the words of the search. Rows of the board get their new values when it is rebuilt
(`storage.maintenance.after_migration`); search texts are written by the first start, text by text; secrets of
second factors are encrypted by the first start of `merzim serve`, which has the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0022"

# Written out, for what a migration does must not change with the code around it.
_COLLATED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SEARCHED_ROWS = ("risk_found", "measure_set", "position_exposed", "remark_made")
_WITH_FILES = """payload LIKE '%"name":%' AND payload LIKE '%"evidence":%'"""


def upgrade() -> None:
    _accounts()
    _office()
    _board()
    _registers()
    _campaigns()
    _notices()
    _outside()
    _search()


def _accounts() -> None:
    _table("recovery_code", *_texts("login", "hash"), _moment("made_at"), _moment("used_at", None), key=2)
    _table("factor_removal", *_texts("login"), _number("seq"), key=1)
    _table("rate_limit", *_texts("key"), _column("free_at", sa.BigInteger()), key=1)
    _index("ix_rate_limit_free_at", "rate_limit", "free_at")
    moments = (_moment(name) for name in ("created_at", "seen_at", "expires_at"))
    _table("device", *_texts("hash", "login", "name"), *moments, key=1, rowid=True)
    _index("ix_device_login", "device", "login")
    _table("identity", *_texts("login", "provider", "subject"), _flag("by_group"), key=2, rowid=True)
    _index("ix_identity_subject", "identity", "provider", "subject", unique=True)
    _table(
        "saved_view",
        _number("number"),
        *_texts("list", "login", "name", "query"),
        _flag("shared"),
        *_texts("unit"),
        key=1,
        rowid=True,
    )
    _index("ix_saved_view_login_list_name", "saved_view", "login", "list", "name", unique=True)
    _index("ix_saved_view_shared", "saved_view", "list", "unit", where="shared = 1", postgresql="shared")
    _index("ix_upload_at", "upload", "at")
    _index("ix_link_code_until", "link_code", "until")


def _office() -> None:
    for name in ("name_kk", "name_ru"):
        op.add_column("person", _column(name, sa.Text(), server_default=""))
    _table("salt", *_texts("what", "key", "salt"), key=2)
    _table(
        "former_person",
        _number("number", autoincrement=False),
        *_texts("key", "id"),
        _long("said"),
        _column("left_on", sa.Date()),
        _column("anonymised_on", sa.Date(), None),
        *_texts("act"),
        _column("act_on", sa.Date(), None),
        key=1,
        rowid=True,
    )
    _index("ix_former_person_key", "former_person", "key", unique=True)
    _table("rewritten", *_texts("source", "place"), _number("seq"), *_texts("hash"), key=3)
    _index("ix_act_kind", "act", "kind", "seq")


def _board() -> None:
    for column in (
        _column("waiting_for", sa.String(), None),
        _column("counts_until", sa.Date(), None),
        _column("inherited", sa.Integer(), None),
    ):
        op.add_column("deadline", column)
    planned, condition = "planned_on IS NOT NULL", "counts_until IS NOT NULL"
    undated = "coalesce(due, due) IS NULL AND coalesce(state, state) = 'open' AND force = 'obligatory'"
    _index("ix_deadline_planned_on", "deadline", "planned_on", "obligation", where=planned)
    _index("ix_deadline_slipped", "deadline", "planned_on", "due", where=f"state = 'open' AND {planned}")
    _index("ix_deadline_counts_until", "deadline", "counts_until", "due", where=condition)
    _index("ix_deadline_undated", "deadline", "unit", "duty", "responsible", "person", where=undated)
    for name in ("object_kk", "object_ru", "object_also"):
        op.add_column("case", _column(name, sa.String(), server_default=""))
    _index("ix_case_object_also", "case", "object_also", where="object_also <> ''")
    _index("ix_case_edition", "case", "edition", "standing")
    _index("ix_event_assignment", "event", "by", "case", "name", where="kind = 'assignment_given'")
    _index("ix_recommendation_status", "recommendation", "status", "case", "risk", "measure")


def _registers() -> None:
    _table(
        "register_event",
        *_texts("row"),
        _number("seq"),
        *_texts("kind"),
        _moment("at"),
        *_texts("by"),
        _long("payload"),
        *_texts("previous", "hash"),
        key=2,
    )
    _table(
        "register_row",
        *_texts("id", "register_id"),
        _column("number", sa.BigInteger()),
        *_texts("version", "unit", "case", "opened_case"),
        _number("seq"),
        *_texts("head"),
        _number("sealed"),
        _flag("withdrawn"),
        _moment("created_at"),
        *_texts("created_by"),
        _moment("edited_at"),
        *_texts("edited_by"),
        *(_long(name) for name in ("shown", "search")),
        key=1,
        rowid=True,
    )
    _index("uq_register_row_number", "register_row", "register_id", "number", unique=True)
    _index("ix_register_row_listed", "register_row", "register_id", "withdrawn", "number")
    _index("ix_register_row_unit", "register_row", "register_id", "unit", "withdrawn", "number")
    _index("ix_register_row_case", "register_row", "case", "register_id")
    _index("ix_register_row_opened_case", "register_row", "opened_case")
    _index("ix_register_row_unsealed", "register_row", "id", where="sealed < seq")
    _table("register_cell", *_texts("row", "field"), _column("key", _COLLATED), *_texts("register_id"), key=3)
    _index("ix_register_cell_sorted", "register_cell", "register_id", "field", "key", "row")
    _table(
        "register_secret",
        *_texts("row", "field"),
        _number("seq"),
        _column("value", sa.Text(), None),
        _column("salt", sa.String(), None),
        key=3,
    )


def _campaigns() -> None:
    _table(
        "campaign",
        *_texts("id", "register_id", "version", "kind", "title"),
        _long("units"),
        _column("until", sa.Date()),
        *(_long(name) for name in ("document", "given")),
        _column("started_on", sa.Date()),
        *_texts("started_by"),
        _column("closed_on", sa.Date(), None),
        _number("wave"),
        key=1,
        rowid=True,
    )
    _table(
        "campaign_person",
        *_texts("campaign", "person"),
        _number("number"),
        *_texts("name", "unit", "post"),
        _column("joined_on", sa.Date()),
        _column("left_on", sa.Date(), None),
        _number("version"),
        *_texts("answer"),
        _moment("answered_at", None),
        _number("written"),
        _flag("reached"),
        _column("search", sa.Text(), server_default=""),
        _column("refused", sa.Boolean(), server_default=sa.false()),
        key=2,
        of="campaign",
    )
    columns = ("campaign", "name", "person", "unit", "answer", "left_on", "reached", "refused")
    _index("uq_campaign_person_number", "campaign_person", "campaign", "number", unique=True)
    _index("ix_campaign_person_counted", "campaign_person", *columns)
    _index("ix_campaign_person_answer", "campaign_person", "answer", where="answer <> ''")
    _index("ix_campaign_person_unwritten", "campaign_person", "campaign", "written", "number")


def _notices() -> None:
    newest = ("queued_at DESC", "key")
    _index("ix_notice_case_person", "notice", "case", "person")
    _index("ix_notice_channel", "notice", "channel", *newest)
    _index("ix_notice_unsent", "notice", "state", *newest, where="state <> 'sent'")
    if op.get_bind().dialect.name == "sqlite":
        # PostgreSQL has had the first before, and chooses by its figures.
        _index("ix_notice_by_date", "notice", *newest)
        _index("ix_notice_lost", "notice", *newest, where="state IN ('failed', 'unknown')")
    _table(
        "inbox",
        *_texts("person", "case"),
        _number("seq"),
        *_texts("kind"),
        _column("due", sa.Date(), None),
        _moment("at"),
        _flag("untold"),
        _moment("read_at", None),
        key=3,
        of="case",
    )
    _index("ix_inbox_newest", "inbox", "person", "at", "case", "seq")
    _index("ix_inbox_unread", "inbox", "person", where="read_at IS NULL")
    _index("ix_inbox_untold", "inbox", "at", where="untold = 1", postgresql="untold")
    _index("ix_inbox_case", "inbox", "case", "seq")


def _outside() -> None:
    """Add the audit log and webhooks."""
    _table(
        "audit",
        _number("seq", autoincrement=False),
        _moment("at"),
        *_texts("by", "topic", "kind", "name", "case", "way"),
        _long("payload"),
        *_texts("previous", "hash"),
        key=1,
        rowid=True,
    )
    for name in ("at", "by", "topic", "case"):
        _index(f"ix_audit_{name}", "audit", name, "seq")
    address, salt = (_column(name, sa.String(), None) for name in ("address", "salt"))
    _table("audit_origin", _number("seq"), address, salt, key=1)
    _table(
        "webhook",
        *_texts("id"),
        _long("address"),
        *_texts("topics", "unit"),
        _flag("active"),
        *(_long(name) for name in ("secret", "old_secret")),
        _moment("old_until", None),
        *(_number(name) for name in ("cursor", "failures")),
        *(_moment(name, None) for name in ("failing_since", "next_at", "tried_at", "suspended_at")),
        _moment("created_at"),
        *_texts("created_by"),
        key=1,
        rowid=True,
    )
    _table(
        "webhook_delivery",
        *_texts("webhook"),
        _number("seq"),
        *_texts("kind"),
        _number("attempts"),
        _moment("at"),
        _column("status", sa.Integer(), None),
        *_texts("problem"),
        _moment("delivered_at", None),
        key=2,
    )


def _search() -> None:
    """Add what the search looks through; the first start writes it for the cases named here."""
    _table("case_row", *_texts("case", "row"), *(_long(name) for name in ("title", "search")), key=2, of="case")
    _table("search_word", *_texts("kind"), _column("word", _COLLATED), *_texts("place"), key=3)
    _index("ix_search_word_place", "search_word", "place")
    _table("search_typo", *(_column(name, _COLLATED) for name in ("beginning", "word")), key=2)
    _table("unsearched", *_texts("kind", "place"), key=2)
    op.execute("""INSERT INTO unsearched (kind, place) SELECT 'case', id FROM "case" """)
    kinds = ", ".join(f"'{kind}'" for kind in _SEARCHED_ROWS)
    op.execute(
        f'INSERT INTO unlisted ("case") SELECT DISTINCT "case" FROM event WHERE (kind IN ({kinds}) '
        f'OR {_WITH_FILES}) AND "case" NOT IN (SELECT "case" FROM unlisted)'
    )


def _column(name: str, type_: Any, nothing: object = ..., **options: Any) -> sa.Column[Any]:
    """Return a column; `nothing`: None where it may be empty."""
    return sa.Column(name, type_, nullable=nothing is None, **options)


def _texts(*names: str) -> Sequence[sa.Column[Any]]:
    return [_column(name, sa.String()) for name in names]


def _long(name: str) -> sa.Column[Any]:
    return _column(name, sa.Text())


def _number(name: str, **options: Any) -> sa.Column[Any]:
    return _column(name, sa.Integer(), **options)


def _flag(name: str) -> sa.Column[Any]:
    return _column(name, sa.Boolean())


def _moment(name: str, nothing: object = ...) -> sa.Column[Any]:
    return _column(name, sa.DateTime(timezone=True), nothing)


def _table(name: str, *columns: sa.Column[Any], key: int, rowid: bool = False, of: str = "") -> None:
    """Create a table.

    Args:
        key: how many of its first columns are the primary key; rowid: whether SQLite gives its rows numbers.
        of: the table whose `id` its column of that name refers to.
    """
    refers = [sa.ForeignKeyConstraint([of], [f"{of}.id"], name=op.f(f"fk_{name}_{of}_{of}"))] if of else []
    primary = sa.PrimaryKeyConstraint(*(column.name for column in columns[:key]), name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, *refers, primary, **({} if rowid else {"sqlite_with_rowid": False}))


def _index(
    name: str, table: str, *columns: str, where: str = "", postgresql: str = "", unique: bool = False
) -> None:
    """Create an index; `where`: of the rows it holds, `postgresql`: where that is written differently there."""
    op.create_index(
        name,
        table,
        [sa.text(name) if " " in name else name for name in columns],
        unique=unique,
        sqlite_where=sa.text(where) if where else None,
        postgresql_where=sa.text(postgresql or where) if where else None,
    )
