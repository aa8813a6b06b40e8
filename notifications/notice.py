"""A notice: one message to one person through one channel, with its delivery record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

NoticeKind = Literal[
    "reminder",
    "moved",
    "collected",
    "moves",
    "digest",
    "unit_digest",
    "managers_digest",
    "calendar",
    "lost",
    "account",
]
"""A reminder speaks of one rung; `moved` of a due date that moved or fell away. `collected`, `moves` and
`digest` carry others: missed rungs, what one change moved, what a person has put into their digest. `lost`
tells the officer of a person a channel reaches no more, `account` a person of their own account."""
NoticeState = Literal["queued", "sending", "sent", "unknown", "failed", "withdrawn"]


ANSWER_LIMIT = 1000
"""Characters kept of what a server answers; a reply of SMTP has 512."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One notice.

    Attributes:
        key: `case:obligation:due:rung:person:channel`; the INSERT of it is the decision to send.
        case, obligation: "" where it speaks of no one deadline; `due` is its own day then.
        person: the person's key; `address` where the channel finds them.
        due: the due date it speaks of.
        text_hash: SHA-256 of subject and plain text as sent.
        not_before: UTC moment before which no attempt is made (office hours, back-off).
        answer: what the server said last.
        message_id: deterministic, from the key.
        bundle: "" for a letter of its own; else what it waits to be carried by: `missed`, `digest`, or the
            change that moved a due date.
        carrier: key of the notice whose letter carried it.
        about: what else the letter needs (old date and cause of a move; the bundle a carrier carries).
    """

    key: str
    case: str
    obligation: str
    due: date
    rung: str
    person: str
    channel: str
    address: str
    language: str
    state: NoticeState = "queued"
    attempts: int = 0
    queued_at: datetime
    not_before: datetime
    attempted_at: datetime | None = None
    sent_at: datetime | None = None
    answer: str = ""
    text_hash: str = ""
    message_id: str = ""
    acknowledged_at: datetime | None = None
    kind: NoticeKind = "reminder"
    bundle: str = ""
    carrier: str = ""
    about: Mapping[str, object] = field(default_factory=dict)


EntryStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A deadline as an item of the reader's own calendar.

    Attributes:
        uid: the deadline's, the same in all its letters.
        sequence: rises from letter to letter, so that a calendar program takes the later one.
        on: the whole day it stands on.
        stamp: UTC moment it was queued.
        status: TENTATIVE while the date may still move, CANCELLED when nobody is asked for it any more.
    """

    uid: str
    sequence: int
    on: date
    stamp: datetime
    summary: str
    text: str
    link: str
    status: EntryStatus
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """What a notice says, in its reader's language; every channel makes its own message of it.

    Attributes:
        entries: the deadlines it speaks of, for the reader's calendar.
        settings: address of the page where the reader chooses how to be reminded, "" where there is none.
        one_click: whether one click of the mail program there is to be offered (RFC 8058).
        dispensable: whether the reader may do without letters of this sort (a digest; never a reminder).
    """

    subject: str
    text: str
    html: str
    language: str
    entries: tuple[Entry, ...] = ()
    settings: str = ""
    dispensable: bool = False
    one_click: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one attempt.

    Attributes:
        state: sent, failed, unknown, or queued (try again later).
        answer: what the server or the system said, in one line of at most `ANSWER_LIMIT` printable characters:
            a server answers whatever it likes, and no database keeps every byte of it.
        wait: how long the server asks to be left alone, from the beginning of the batch on.
        others: whether the person is to hear of it through the other channels at once, whatever the state.
        lost: whether the channel reaches the person no more (they have blocked it).
        tried: whether anything was asked of the server for it; what only waited in line keeps its attempts.
        fault: what is wrong with the channel itself and waits for somebody to mend it: `token` (the bot's is
            absent or refused), `login` (the mail server refuses ours, or there is no password for it). "" where
            it is the letter, or the moment.
    """

    state: NoticeState
    answer: str
    wait: timedelta | None = None
    others: bool = False
    lost: bool = False
    tried: bool = True
    fault: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", _printable_line(self.answer))


def _printable_line(answer: str) -> str:
    """Return an answer in one line, cut to `ANSWER_LIMIT`, whatever is not printable written as its escape."""
    line = " ".join(answer[:ANSWER_LIMIT].split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    return line[:ANSWER_LIMIT]
