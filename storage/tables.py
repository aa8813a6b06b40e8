"""The tables, and nothing else. Column names are the names of the values they keep.

Reads and writes go by Core statements over the tables (`CASE`, `EVENT`, ...), never by an ORM session:
a session costs more than the whole transaction.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, MetaData, Table, Text, false, text
from sqlmodel import Field, SQLModel

from storage.types import Canonical, Collated, Moment

# SQLite keeps these rows in the tree of their key: one tree less to write, and a case's rows lie together.
_CLUSTERED = {"sqlite_with_rowid": False}

FIRST_ENTRY = text("kind IN ('risk_found', 'position_exposed', 'remark_made', 'cartogram_recorded')")
"""Whether an event begins a register. A query says it in the same words, or the index is not used."""

UNREPORTED = text("state IN ('open', 'missed') AND substr(obligation, 1, 17) = 'quarter_reported.'")
"""Whether a row asks for a quarter's information after an analysis. A query says it in the same words, too."""

SLIPPED = text("state = 'open' AND planned_on IS NOT NULL")
"""Whether a row was planned for a day and is not done. A query says it in the same words, too."""

UNDATED = text("coalesce(due, due) IS NULL AND coalesce(state, state) = 'open' AND force = 'obligatory'")
"""Condition of the index over what is obligatory and has no due date. Written so that no index over `state` and
`due` is taken for it: under theirs lie everybody's rows."""
MEASURES = text("state = 'open' AND substr(obligation, 1, 8) = 'measure.'")
"""Whether a row waits for a measure of a plan. A query says it in the same words, too."""

IN_HOURS = text("due_at IS NOT NULL")
"""Whether a row's term is counted in hours. A query says it in the same words, too."""


class TableBase(SQLModel):
    """What every table shares: one metadata with names for every constraint, which migrations need."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UnitRow(TableBase, table=True):
    """A part of the organisation."""

    __tablename__ = "unit"

    id: str = Field(primary_key=True)
    name: str
    parent: str | None = Field(default=None, index=True)
    kind: str = ""


class PersonRow(TableBase, table=True):
    """Somebody who may be told; `away` holds pairs of ISO dates, both ends included."""

    __tablename__ = "person"

    key: str = Field(primary_key=True)
    name: str
    unit: str = Field(index=True)
    post: str = ""
    duties: list[str] = Field(default_factory=list, sa_type=Canonical)
    email: str | None = None
    language: str = "kk"
    away: list[list[str]] = Field(default_factory=list, sa_type=Canonical)
    deputy: str | None = None
    name_kk: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    name_ru: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class MatchRow(TableBase, table=True):
    """Who a responsible text of a schedule means: the id of a unit or the key of a person."""

    __tablename__ = "match"

    text: str = Field(primary_key=True)
    target: str


class CaseRow(TableBase, table=True):
    """The head of a chain, with what lists need: everything here can be recomputed from its events.

    `object_kk`, `object_ru`: by its passport; `object_also`: the words a schedule named it by last, where they,
    or the unit they go with, are others than `object` and `unit`.
    `confidential`: seen by those alone who were named to know of it or told of it;
    `sealed` is the seq the last seal covers; `search` the casefolded text a search looks in (SQLite
    folds Latin letters only).
    """

    __tablename__ = "case"
    __table_args__ = (
        Index(
            "ix_case_unsealed",
            "id",
            sqlite_where=text("sealed < seq"),
            postgresql_where=text("sealed < seq"),
        ),
        Index("ix_case_unit_stage", "unit", "stage"),
        Index("ix_case_object", "object"),
        Index(
            "ix_case_object_also",
            "object_also",
            sqlite_where=text("object_also <> ''"),
            postgresql_where=text("object_also <> ''"),
        ),
        Index("ix_case_edition", "edition", "standing"),
        # The rest of its columns let a list skip pages and count without looking the cases up.
        Index("ix_case_newest", "opened_at", "id", "confidential", "unit", "standing", "procedure", "stage"),
        # Narrow, so that all of a country are counted by it.
        Index(
            "ix_case_counted",
            *("unit", "stage", "standing", "procedure"),
            sqlite_where=text("confidential = 0"),
            postgresql_where=text("NOT confidential"),
        ),
        Index("ix_case_span", "span_first", "span_last"),
        Index(
            "ix_case_confidential",
            "id",
            sqlite_where=text("confidential = 1"),
            postgresql_where=text("confidential"),
        ),
    )

    id: str = Field(primary_key=True)
    procedure: str
    edition: str
    digest: str
    unit: str
    object: str
    object_kk: str = Field(default="", sa_column_kwargs={"server_default": ""})
    object_ru: str = Field(default="", sa_column_kwargs={"server_default": ""})
    object_also: str = Field(default="", sa_column_kwargs={"server_default": ""})
    standing: str
    ground: str = ""
    stage: str = ""
    opened_at: datetime = Field(sa_type=Moment)
    confidential: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    span_first: date | None = None
    span_last: date | None = None
    seq: int
    head: str
    sealed: int = 0
    search: str = Field(default="", sa_type=Text)


class EventRow(TableBase, table=True):
    """One line of the ledger. The primary key is the compare and swap; UPDATE and DELETE are refused.

    The index finds the cases that have a register (risks, positions, remarks) by its first lines.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_first_entry", "case", sqlite_where=FIRST_ENTRY, postgresql_where=FIRST_ENTRY),
        _CLUSTERED,
    )

    case: str = Field(primary_key=True, foreign_key="case.id")
    seq: int = Field(primary_key=True)
    kind: str
    name: str
    on: date | None = None
    at: datetime = Field(sa_type=Moment)
    by: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class SealRow(TableBase, table=True):
    """The heads of all cases changed since the seal before, bound to it by a hash. Append only, as events."""

    __tablename__ = "seal"

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Moment)
    heads: str = Field(sa_type=Text)
    previous: str
    hash: str


class ActRow(TableBase, table=True):
    """A line of the office's own chain: an act it adopted, which its calendar is made of. Append only.

    `on` is the local date of the adoption, `payload` canonical JSON with the act's text as it was given.
    """

    __tablename__ = "act"
    __table_args__ = (Index("ix_act_kind", "kind", "seq"),)

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    name: str
    on: date | None = None
    at: datetime = Field(sa_type=Moment)
    by: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class DeadlineRow(TableBase, table=True):
    """A row of the board (`workflow.board.rows.Row`)."""

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_next_rung_on",
            "next_rung_on",
            "case",
            "obligation",
            sqlite_where=text("next_rung_on IS NOT NULL"),
            postgresql_where=text("next_rung_on IS NOT NULL"),
        ),
        Index("ix_deadline_state_due", "state", "due"),
        Index("ix_deadline_unit_state_due", "unit", "state", "due"),
        Index(
            "ix_deadline_planned_on",
            *("planned_on", "obligation"),
            sqlite_where=text("planned_on IS NOT NULL"),
            postgresql_where=text("planned_on IS NOT NULL"),
        ),
        Index("ix_deadline_slipped", "planned_on", "due", sqlite_where=SLIPPED, postgresql_where=SLIPPED),
        Index(
            "ix_deadline_counts_until",
            *("counts_until", "due"),
            sqlite_where=text("counts_until IS NOT NULL"),
            postgresql_where=text("counts_until IS NOT NULL"),
        ),
        Index("ix_deadline_due_at", "state", "due_at", sqlite_where=IN_HOURS, postgresql_where=IN_HOURS),
        Index(
            "ix_deadline_undated",
            *("unit", "duty", "responsible", "person"),
            sqlite_where=UNDATED,
            postgresql_where=UNDATED,
        ),
        # With all that who may see a row is decided by.
        Index(
            "ix_deadline_unreported",
            *("obligation", "due", "case", "unit"),
            sqlite_where=UNREPORTED,
            postgresql_where=UNREPORTED,
        ),
        Index(
            "ix_deadline_measures",
            *("due", "case", "obligation", "unit"),
            sqlite_where=MEASURES,
            postgresql_where=MEASURES,
        ),
        _CLUSTERED,
    )

    case: str = Field(primary_key=True, foreign_key="case.id")
    obligation: str = Field(primary_key=True)
    stage: str
    unit: str
    due: date | None = None
    safe_by: date | None = None
    planned_on: date | None = None
    done_on: date | None = None
    late_by: int | None = None
    anchor: str
    calendar: str
    status: str
    state: str
    force: str
    stake: str | None = None
    next_rung: str | None = None
    next_rung_on: date | None = None
    span_first: date | None = None
    span_last: date | None = None
    version: str
    duty: str = ""
    responsible: str = ""
    person: str = ""
    waiting_for: str | None = None
    counts_until: date | None = None
    due_at: datetime | None = Field(default=None, sa_type=Moment)


class TotalRow(TableBase, table=True):
    """How many rows of the board stand how, by month of their due date; kept with every row that changes.

    Rows that are open with a due date, and missed ones; of confidential cases none, for who may know of those
    differs from reader to reader. The state of a row whose date holds until a day names that day's month,
    "open:2026-05". `obligation` is without its period, `month` "2026-04" or "".
    """

    __tablename__ = "total"
    __table_args__ = _CLUSTERED

    unit: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    stage: str = Field(primary_key=True)
    obligation: str = Field(primary_key=True)
    duty: str = Field(primary_key=True)
    responsible: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    n: int


class RecommendationRow(TableBase, table=True):
    """A risk of an active case with one of its measures (0 where it has none): what lists of many are narrowed
    and counted by. What it says is in the events.

    `alike` is what it has in common with the same risk elsewhere, on the first line of each risk; `unasked`
    whether its cause lies above and nobody was asked there.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        Index("ix_recommendation_counted", "unit", "status", "direction", "legal", "case"),
        Index("ix_recommendation_status", "status", "case", "risk", "measure"),
        Index(
            "ix_recommendation_alike",
            *("alike", "case", "risk", "unit", "unasked"),
            sqlite_where=text("alike IS NOT NULL"),
            postgresql_where=text("alike IS NOT NULL"),
        ),
        _CLUSTERED,
    )

    case: str = Field(primary_key=True, foreign_key="case.id")
    risk: int = Field(primary_key=True)
    measure: int = Field(primary_key=True)
    unit: str
    direction: str
    legal: bool
    status: str
    alike: str | None = None
    unasked: bool


class InboxRow(TableBase, table=True):
    """What a line of a case says to a person: a mention, a question, an answer, an assignment.

    What it says is in the event. `due`: the day an answer is asked for; `untold`: no letter was queued yet.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_newest", "person", "at", "case", "seq"),
        Index(
            "ix_inbox_unread",
            "person",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_inbox_untold", "at", sqlite_where=text("untold = 1"), postgresql_where=text("untold")),
        Index("ix_inbox_case", "case", "seq"),
        _CLUSTERED,
    )

    person: str = Field(primary_key=True)
    case: str = Field(primary_key=True, foreign_key="case.id")
    seq: int = Field(primary_key=True)
    kind: str
    due: date | None = None
    at: datetime = Field(sa_type=Moment)
    untold: bool
    read_at: datetime | None = Field(default=None, sa_type=Moment)


class CaseRowRow(TableBase, table=True):
    """A row of a register of a case (`risk.3`), as searches find it. What it says is in the events."""

    __tablename__ = "case_row"
    __table_args__ = _CLUSTERED

    case: str = Field(primary_key=True, foreign_key="case.id")
    row: str = Field(primary_key=True)
    title: str = Field(default="", sa_type=Text)
    search: str = Field(default="", sa_type=Text)


class UnlistedRow(TableBase, table=True):
    """A case whose recommendations are to be listed anew. The database names it by triggers with whatever is
    written of its risks; who lists them, in the same transaction or later, strikes it off.
    """

    __tablename__ = "unlisted"
    __table_args__ = _CLUSTERED

    case: str = Field(primary_key=True, foreign_key="case.id")


class NoticeRow(TableBase, table=True):
    """A notice with its delivery record (`notifications.notice.Notice`); its key is what makes it one."""

    __tablename__ = "notice"
    __table_args__ = (
        Index(
            "ix_notice_queued",
            "channel",
            "not_before",
            "queued_at",
            "key",
            sqlite_where=text("state = 'queued' AND bundle = ''"),
            postgresql_where=text("state = 'queued' AND bundle = ''"),
        ),
        Index(
            "ix_notice_bundled",
            "person",
            "channel",
            "bundle",
            sqlite_where=text("state = 'queued' AND bundle <> ''"),
            postgresql_where=text("state = 'queued' AND bundle <> ''"),
        ),
        Index("ix_notice_person", "person", "queued_at"),
        Index("ix_notice_case_person", "case", "person"),
        Index("ix_notice_channel", "channel", text("queued_at DESC"), "key"),
        Index(
            "ix_notice_unsent",
            *("state", text("queued_at DESC"), "key"),
            sqlite_where=text("state <> 'sent'"),
            postgresql_where=text("state <> 'sent'"),
        ),
        # As the register is read: a round of a country queues very many at one moment.
        Index("ix_notice_newest", text("queued_at DESC"), "key").ddl_if(dialect="postgresql"),
        Index("ix_notice_by_date", text("queued_at DESC"), "key").ddl_if(dialect="sqlite"),
        # In the order of the page, or SQLite would rather walk all notices by date.
        Index(
            "ix_notice_lost",
            *(text("queued_at DESC"), "key"),
            sqlite_where=text("state IN ('failed', 'unknown')"),
        ).ddl_if(dialect="sqlite"),
        Index(
            "ix_notice_failed",
            "queued_at",
            sqlite_where=text("state IN ('failed', 'unknown')"),
            postgresql_where=text("state IN ('failed', 'unknown')"),
        ),
        Index(
            "ix_notice_sending",
            "channel",
            "attempted_at",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )

    key: str = Field(primary_key=True)
    case: str | None = Field(default=None, index=True, foreign_key="case.id")
    obligation: str
    due: date
    rung: str
    person: str
    channel: str
    address: str
    language: str
    state: str
    attempts: int
    queued_at: datetime = Field(sa_type=Moment, index=True)
    not_before: datetime = Field(sa_type=Moment)
    attempted_at: datetime | None = Field(default=None, sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    answer: str = Field(default="", sa_type=Text)
    text_hash: str = ""
    message_id: str = ""
    acknowledged_at: datetime | None = Field(default=None, sa_type=Moment)
    kind: str = "reminder"
    bundle: str = ""
    carrier: str = ""
    about: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)


class MoveRow(TableBase, table=True):
    """A deadline whose due date moved, until the next round has told whoever was told of the old one.

    `change` names what moved it (an event of the case, an act of the office); `cause` is canonical JSON.
    """

    __tablename__ = "moved"

    n: int | None = Field(default=None, primary_key=True)
    case: str = Field(foreign_key="case.id")
    obligation: str
    change: str
    cause: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    at: datetime = Field(sa_type=Moment)


class ProofRow(TableBase, table=True):
    """What became of a batch of notices, bound to the batch before by a hash. Append only, as events.

    `lines` is canonical JSON: (key, state, hash of the notice's record) of each.
    """

    __tablename__ = "proof"

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Moment)
    lines: str = Field(sa_type=Text)
    previous: str
    hash: str


class PreferenceRow(TableBase, table=True):
    """What a person or a unit chose, beside the table of people: importing that again leaves it alone."""

    __tablename__ = "preference"
    __table_args__ = _CLUSTERED

    owner: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    by: str
    at: datetime = Field(sa_type=Moment)


class PulseRow(TableBase, table=True):
    """When something the metronome does was last done, and how long it took."""

    __tablename__ = "pulse"
    __table_args__ = _CLUSTERED

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    seconds: float = 0.0


class TallyRow(TableBase, table=True):
    """How many notices a channel has in a state: the sum of its lines. The database counts by triggers."""

    __tablename__ = "notice_tally"

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    state: str
    n: int


class MarkRow(TableBase, table=True):
    """What was changed, by a random number each: processes ask whether what they keep still holds
    (`storage.board.change_counters`). The database writes the lines by triggers.

    `what` is `office`, `board` or `facts`; `unit` whose rows or facts, null for all, or for lines folded
    into one.
    """

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_what_unit", "what", "unit"),)

    id: int | None = Field(default=None, primary_key=True)
    what: str
    unit: str | None = None
    n: int = Field(sa_type=BigInteger)


class FaultRow(TableBase, table=True):
    """What is wrong with a channel itself; gone when it is well again."""

    __tablename__ = "channel_fault"
    __table_args__ = _CLUSTERED

    channel: str = Field(primary_key=True)
    code: str
    answer: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=Moment)


class LinkRow(TableBase, table=True):
    """Whose Telegram account is which (`notifications.links.Link`); `awaited` is JSON or null."""

    __tablename__ = "link"

    person: str = Field(primary_key=True)
    chat: str = Field(unique=True)
    language: str
    linked_at: datetime = Field(sa_type=Moment)
    blocked_at: datetime | None = Field(default=None, sa_type=Moment)
    awaited: dict[str, str] | None = Field(default=None, sa_type=Canonical)


class LinkCodeRow(TableBase, table=True):
    """A one-time code that links an account: its hash, for whom, and until when it is good."""

    __tablename__ = "link_code"

    hash: str = Field(primary_key=True)
    person: str = Field(index=True)
    until: datetime = Field(sa_type=Moment, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class LeaseRow(TableBase, table=True):
    """What one process at a time may do: who does it, and until when unless they say so again."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_type=Moment)


class InstallationRow(TableBase, table=True):
    """Whose database this is, in one row. `name`: of the installation, "" while nobody claimed it;
    `board`: the revision at which the read models were last written whole
    (`storage.maintenance.schema.BOARD`)."""

    __tablename__ = "installation"

    n: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    name: str = ""
    board: str = ""


class PaperRow(TableBase, table=True):
    """Which case a place of an imported file became, so that importing the file again changes nothing."""

    __tablename__ = "paper"
    __table_args__ = _CLUSTERED

    digest: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    case: str = Field(foreign_key="case.id", index=True)
    at: datetime = Field(sa_type=Moment)


class UploadRow(TableBase, table=True):
    """A file that was sent and is not yet imported (`documents.sheets.upload.Upload`); deleted after a day."""

    __tablename__ = "upload"

    digest: str = Field(primary_key=True)
    login: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str
    procedure: str
    content: bytes
    at: datetime = Field(sa_type=Moment, index=True)


class CounterRow(TableBase, table=True):
    """The last case number given in a year."""

    __tablename__ = "counter"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class AccountRow(TableBase, table=True):
    """Somebody who may log in. What changes stands in the office's chain; secrets stand here alone."""

    __tablename__ = "account"

    login: str = Field(primary_key=True)
    access: str
    person: str = Field(default="", index=True)
    name: str = ""
    unit: str = ""
    password: str = ""
    # The second factor's secret, encrypted (`storage.accounts.encryption`); the last step whose code was taken.
    totp: str = ""
    totp_step: int = 0
    disabled: bool = False
    created_at: datetime = Field(sa_type=Moment)


class EntryRow(TableBase, table=True):
    """A way in that is no password, kept by the SHA-256 of its secret: a session, an invitation, a token of the
    API, a feed. `scope` says what of it may be done."""

    __tablename__ = "entry"

    hash: str = Field(primary_key=True)
    kind: str
    login: str = Field(index=True)
    name: str = ""
    scope: str = ""
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


class IdentityRow(TableBase, table=True):
    """The person of an outside directory an account belongs to (`workflow.org.access.Identity`)."""

    __tablename__ = "identity"
    __table_args__ = (Index("ix_identity_subject", "provider", "subject", unique=True),)

    login: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    subject: str
    by_group: bool


class RecoveryCodeRow(TableBase, table=True):
    """A one-time code in place of an authenticator's, by its SHA-256; an account's ten are made together."""

    __tablename__ = "recovery_code"
    __table_args__ = _CLUSTERED

    login: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    made_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class FactorRemovalRow(TableBase, table=True):
    """A request to remove an account's second factor. Who asks, why and until when stands in the office's chain
    alone: `seq` is the number of that line."""

    __tablename__ = "factor_removal"
    __table_args__ = _CLUSTERED

    login: str = Field(primary_key=True)
    seq: int


class AttemptRow(TableBase, table=True):
    """Failed log-ins in a row, as versions before 0028 counted them; nothing reads it any more."""

    __tablename__ = "attempt"

    name: str = Field(primary_key=True)
    failed: int
    failed_at: datetime = Field(sa_type=Moment)


class RateLimitRow(TableBase, table=True):
    """What was tried under a limit (`workflow.org.access.RateLimit`).

    Attributes:
        key: kind and SHA-256 of whose attempts these are; a name that was typed may be a password.
        free_at: when nothing of it is left, in seconds since 1970: each attempt adds the limit's period.
    """

    __tablename__ = "rate_limit"
    __table_args__ = _CLUSTERED

    key: str = Field(primary_key=True)
    free_at: int = Field(sa_type=BigInteger, index=True)


class DeviceRow(TableBase, table=True):
    """A browser an account has logged in from, by the SHA-256 of its cookie's secret. Ended ones are deleted.

    Apart from `entry`: pages of the version before list every row of that table, and know no devices.
    """

    __tablename__ = "device"

    hash: str = Field(primary_key=True)
    login: str = Field(index=True)
    name: str = ""
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)


class AnswerRow(TableBase, table=True):
    """What a request of the API was answered under its sender's key; `answer` is empty until it ended."""

    __tablename__ = "answer"
    __table_args__ = _CLUSTERED

    login: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    answer: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Moment, index=True)


class FloorRow(TableBase, table=True):
    """One row: the oldest revision whose code may still use the schema (`storage.maintenance.schema.FLOOR`)."""

    __tablename__ = "floor"

    revision: str = Field(primary_key=True)


class SaltRow(TableBase, table=True):
    """What the values of a row are hashed with in the events of the office's chain; deleted with the row.

    `what` is the table, `key` the row's key as canonical JSON.
    """

    __tablename__ = "salt"
    __table_args__ = _CLUSTERED

    what: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    salt: str


class AuditRow(TableBase, table=True):
    """An entry of the audit log, bound to the one before by a hash. Append only, as events.

    `payload` is canonical JSON and holds the salted hash of the client's address, which stands in
    `AuditOriginRow`; `case` is "" where it is about none.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "seq"),
        Index("ix_audit_by", "by", "seq"),
        Index("ix_audit_topic", "topic", "seq"),
        Index("ix_audit_case", "case", "seq"),
    )

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Moment)
    by: str
    topic: str
    kind: str
    name: str
    case: str
    way: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class AuditOriginRow(TableBase, table=True):
    """The client's address of an entry of the audit log, and the salt of its hash there; both may be erased."""

    __tablename__ = "audit_origin"
    __table_args__ = _CLUSTERED

    seq: int = Field(primary_key=True)
    address: str | None = None
    salt: str | None = None


class AuditPositionRow(TableBase, table=True):
    """The last entry of the audit log that was sent to a receiver of syslog messages."""

    __tablename__ = "audit_position"
    __table_args__ = _CLUSTERED

    receiver: str = Field(primary_key=True)
    seq: int


class ReaderRow(TableBase, table=True):
    """Who was named to know of a confidential case; computed from its events."""

    __tablename__ = "reader"
    __table_args__ = _CLUSTERED

    case: str = Field(primary_key=True, foreign_key="case.id")
    person: str = Field(primary_key=True, index=True)


class RegisterEventRow(TableBase, table=True):
    """A line of a row's own chain in a register. Append only, as the events of cases.

    Values of people and confidential values stand in `RegisterSecretRow`; the payload has their salted hashes.
    """

    __tablename__ = "register_event"
    __table_args__ = _CLUSTERED

    row: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    kind: str
    at: datetime = Field(sa_type=Moment)
    by: str
    payload: str = Field(sa_type=Text)
    previous: str
    hash: str


class RegisterRowRow(TableBase, table=True):
    """The head of a row's chain, with what lists need: everything here can be recomputed from its events.

    `number` orders rows by the time they were added; `case` is the case the row is kept in, `opened_case` the
    one it opened; `shown` are the values of fields that are not confidential.
    """

    __tablename__ = "register_row"
    __table_args__ = (
        Index("uq_register_row_number", "register_id", "number", unique=True),
        Index("ix_register_row_listed", "register_id", "withdrawn", "number"),
        Index("ix_register_row_unit", "register_id", "unit", "withdrawn", "number"),
        Index("ix_register_row_case", "case", "register_id"),
        Index("ix_register_row_opened_case", "opened_case"),
        Index(
            "ix_register_row_unsealed",
            "id",
            sqlite_where=text("sealed < seq"),
            postgresql_where=text("sealed < seq"),
        ),
    )

    id: str = Field(primary_key=True)
    register_id: str
    number: int = Field(sa_type=BigInteger)
    version: str
    unit: str
    case: str = ""
    opened_case: str = ""
    seq: int
    head: str
    sealed: int = 0
    withdrawn: bool = False
    created_at: datetime = Field(sa_type=Moment)
    created_by: str
    edited_at: datetime = Field(sa_type=Moment)
    edited_by: str
    shown: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    search: str = Field(default="", sa_type=Text)


class RegisterCellRow(TableBase, table=True):
    """By which a register's rows are filtered and sorted: a key for each field, "" where it is not filled."""

    __tablename__ = "register_cell"
    __table_args__ = (
        Index("ix_register_cell_sorted", "register_id", "field", "key", "row"),
        _CLUSTERED,
    )

    row: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    key: str = Field(primary_key=True, sa_type=Collated)
    register_id: str


class RegisterSecretRow(TableBase, table=True):
    """A value that stands outside the events of a row, and the salt of its hash there; both may be erased."""

    __tablename__ = "register_secret"
    __table_args__ = _CLUSTERED

    row: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    value: str | None = Field(default=None, sa_type=Text)
    salt: str | None = None


class CampaignRow(TableBase, table=True):
    """What many people are asked to confirm or fill in; its events stand in the office's chain.

    `kind` is the id of a `[[campaign]]` of the register's `version`; `units` are those whose people are asked,
    with all below them; `document` is a link or a file, {} for none; `given` are values the same for all rows;
    `wave` counts the reminders, the invitation is 0.
    """

    __tablename__ = "campaign"

    id: str = Field(primary_key=True)
    register_id: str
    version: str
    kind: str
    title: str
    units: list[str] = Field(default_factory=list, sa_type=Canonical)
    until: date
    document: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    given: dict[str, object] = Field(default_factory=dict, sa_type=Canonical)
    started_on: date
    started_by: str
    closed_on: date | None = None
    wave: int = 0


class CampaignPersonRow(TableBase, table=True):
    """Somebody a campaign asks, kept beside the table of people, which those who leave are removed from.

    `number` stands in their link instead of their key. `answer` is the row their answer added, "" while it is
    awaited; `version` counts their answers, withdrawn ones too, so that no link is good twice. `written` is the
    last wave their letter was queued for, -1 for none; `reached`: whether a channel had their address then.
    """

    __tablename__ = "campaign_person"
    __table_args__ = (
        Index("uq_campaign_person_number", "campaign", "number", unique=True),
        Index(
            "ix_campaign_person_counted",
            *("campaign", "name", "person", "unit", "answer", "left_on", "reached"),
        ),
        Index(
            "ix_campaign_person_answer",
            "answer",
            sqlite_where=text("answer <> ''"),
            postgresql_where=text("answer <> ''"),
        ),
        Index("ix_campaign_person_unwritten", "campaign", "written", "number"),
        _CLUSTERED,
    )

    campaign: str = Field(primary_key=True, foreign_key="campaign.id")
    person: str = Field(primary_key=True)
    number: int
    name: str
    unit: str
    post: str = ""
    joined_on: date
    left_on: date | None = None
    version: int = 0
    answer: str = ""
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    written: int = -1
    reached: bool = False
    search: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


def _table(name: str) -> Table:
    return TableBase.metadata.tables[name]


UNIT = _table("unit")
PERSON = _table("person")
MATCH = _table("match")
CASE = _table("case")
EVENT = _table("event")
SEAL = _table("seal")
ACT = _table("act")
DEADLINE = _table("deadline")
TOTAL = _table("total")
RECOMMENDATION = _table("recommendation")
CASE_ROW = _table("case_row")
UNLISTED = _table("unlisted")
INBOX = _table("inbox")
NOTICE = _table("notice")
MOVED = _table("moved")
PROOF = _table("proof")
PREFERENCE = _table("preference")
PULSE = _table("pulse")
TALLY = _table("notice_tally")
MARK = _table("mark")
CHANNEL_FAULT = _table("channel_fault")
LINK = _table("link")
LINK_CODE = _table("link_code")
LEASE = _table("lease")
INSTALLATION = _table("installation")
PAPER = _table("paper")
UPLOAD = _table("upload")
COUNTER = _table("counter")
ACCOUNT = _table("account")
ENTRY = _table("entry")
IDENTITY = _table("identity")
RATE_LIMIT = _table("rate_limit")
DEVICE = _table("device")
RECOVERY_CODE = _table("recovery_code")
FACTOR_REMOVAL = _table("factor_removal")
READER = _table("reader")
ANSWER = _table("answer")
FLOOR = _table("floor")
SALT = _table("salt")
REGISTER_EVENT = _table("register_event")
REGISTER_ROW = _table("register_row")
REGISTER_CELL = _table("register_cell")
REGISTER_SECRET = _table("register_secret")
CAMPAIGN = _table("campaign")
CAMPAIGN_PERSON = _table("campaign_person")
AUDIT = _table("audit")
AUDIT_ORIGIN = _table("audit_origin")
AUDIT_POSITION = _table("audit_position")
