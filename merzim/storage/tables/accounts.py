"""The tables of accounts, of ways to log in, of files sent lately, and of stored answers to API requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from merzim.storage.tables.base import CLUSTERED, TableBase, UtcMoment, table

PROVIDER = "oidc"
"""The one kind of identity."""


class AccountRow(TableBase, table=True):
    """A user account. Its changes are events of the office's chain; secrets are stored only here."""

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
    created_at: datetime = Field(sa_type=UtcMoment)


class Credential(TableBase, table=True):
    """A credential other than a password (`workflow.org.access.CredentialKind`), stored as the SHA-256 of its
    secret. `scope`: of a token: `read` or `write`; of a feed: the unit, or "" for the person's own. `ended_at`:
    when it was used up or ended (UTC); None for one that is valid until it expires.
    """

    __tablename__ = "entry"

    hash: str = Field(primary_key=True)
    kind: str
    login: str = Field(index=True)
    name: str = ""
    scope: str = ""
    created_at: datetime = Field(sa_type=UtcMoment)
    seen_at: datetime = Field(sa_type=UtcMoment)
    expires_at: datetime = Field(sa_type=UtcMoment)
    ended_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class IdentityRow(TableBase, table=True):
    """The link between an account and a person the OpenID provider of config.toml knows. `subject`: the
    provider's permanent id of the person (`sub`), never a name. `by_group`: whether the account was created
    because of a group there, which decides its access.
    """

    __tablename__ = "identity"
    __table_args__ = (Index("ix_identity_subject", "provider", "subject", unique=True),)

    login: str = Field(primary_key=True)
    provider: str = Field(default=PROVIDER, primary_key=True)
    subject: str
    by_group: bool


class RecoveryCodeRow(TableBase, table=True):
    """A one-time recovery code in place of an authenticator's, as its SHA-256; an account's ten are made
    together.
    """

    __tablename__ = "recovery_code"
    __table_args__ = CLUSTERED

    login: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcMoment)
    used_at: datetime | None = Field(default=None, sa_type=UtcMoment)


class RateLimitRow(TableBase, table=True):
    """The attempts counted under a rate limit (`workflow.org.access.RateLimit`). `key`: kind and SHA-256 of the
    name the attempts are counted by, since a typed name may be a password. `attempts`: those of the present
    period. `until`: its end, in seconds since 1970.
    """

    __tablename__ = "rate_limit"
    __table_args__ = CLUSTERED

    key: str = Field(primary_key=True)
    attempts: int
    until: int = Field(sa_type=BigInteger, index=True)


class UploadRow(TableBase, table=True):
    """A file that was uploaded in the last day (its SHA-256, its sender): `size` bytes, which are in a file
    beside the evidence.
    """

    __tablename__ = "upload"

    digest: str = Field(primary_key=True)
    login: str = Field(primary_key=True)
    name: str
    at: datetime = Field(sa_type=UtcMoment, index=True)
    size: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class AnswerRow(TableBase, table=True):
    """The answer to an API request by its sender's idempotency key; `answer` is empty until the request has
    ended.
    """

    __tablename__ = "answer"
    __table_args__ = CLUSTERED

    login: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    answer: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=UtcMoment, index=True)


ACCOUNT = table("account")
ENTRY = table("entry")
IDENTITY = table("identity")
RECOVERY_CODE = table("recovery_code")
RATE_LIMIT = table("rate_limit")
UPLOAD = table("upload")
ANSWER = table("answer")
