"""A notice: one message to one person through one channel, with its delivery record."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from workflow.reminders import PLAN_STEPS, undated_kind

NoticeKind = Literal["reminder", "moved", "comment", "calendar", "letter", "lost", "account", "campaign"]
"""Kinds of notices.

A reminder is about one step; `moved` about a due date that moved or disappeared; `calendar` asks the officer
to confirm next year's days; `letter` carries others, the items of one person on one day. `lost` informs the
officer of a person a channel cannot reach, `account` a person about their own account, `campaign` asks
somebody to answer a campaign, `comment` is about an event of a case that concerns its recipient.
"""
ANSWER_DAY = "answer_day"
"""The step of the reminder of a question on the day its answer is due; withdrawn when it is answered."""
INSTEAD_OF = "instead_of"
"""What tells in `about` for whom, whom no channel reaches, the officer gets a notice: their key."""
PRIVATE: frozenset[NoticeKind] = frozenset({"account", "campaign"})
"""Kinds that only their recipient may read: if no channel reaches them, the officer gets none."""
NoticeState = Literal["queued", "sending", "sent", "unknown", "failed", "withdrawn"]
NOTICE_STATES: tuple[NoticeState, ...] = get_args(NoticeState)


UNREACHABLE = "unreachable"
"""The fault of a channel whose server cannot be reached: no connection, no answer, or a lost connection."""
ANSWER_LIMIT = 1000
"""Maximum characters stored of a server's answer; an SMTP reply has 512."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A notice to one person (by key) through one channel, which finds them by the address.

    Attributes:
        key: `case:obligation:due:step:person:channel`; the INSERT of it is the decision to send.
        case, obligation: "" when it is not about one deadline; `due` is then its own day.
        text_hash: SHA-256 of subject and plain text as sent.
        not_before: UTC moment before which no attempt is made (office hours, back-off).
        answer: the server's last answer.
        bundle: "" for a separate letter; else the letter it waits for (`notifications.daily`).
        carrier: key of the letter that carried it.
        about: further data for the letter (old date, cause and change of a move).
    """

    key: str
    case: str = ""
    obligation: str = ""
    due: date
    step: str
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

    @property
    def told_due(self) -> date | None:
        """The due date it tells of; None for a plan date, a duty without a term, a comment without a day."""
        is_said = self.kind == "comment" and "until" not in self.about
        return None if is_said or self.step in PLAN_STEPS or undated_kind(self.step) else self.due

    @property
    def displayed_state(self) -> str:
        return displayed_state(self.state, self.channel)


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID of a notice's key, so that a receiving server can recognise a second copy."""
    return f"<{fingerprint(key)}@{domain}>"


def fingerprint(text: str) -> str:
    """Return 128 bits of a text's SHA-256: of a key or a case, for Message-IDs and the data of buttons."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def item_id(case: str, obligation: str, domain: str) -> str:
    """Return the permanent id of a deadline's calendar item: one in all letters and feeds."""
    return f"{fingerprint(f'{case}:{obligation}')}@{domain}"


def displayed_state(state: str, channel: str) -> str:
    """Return the word for a state: what went into the folder is written there ("written"), not sent."""
    return "written" if (state, channel) == ("sent", "folder") else state


EntryStatus = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarEntry:
    """A deadline as an all-day item of the recipient's calendar.

    Attributes:
        uid: the same in all its letters, from which to the next `sequence` rises: programs take the later one.
        stamp: UTC moment the notice was queued.
        status: TENTATIVE while the date may still move, CANCELLED when it is no longer required.
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
class Action:
    """A reminder of a letter that a chat gives buttons of its own.

    `asks`: whether it asks for a decision, which a day alone does not answer; `can_put_off`: whether its
    recipient may be reminded again on a later day instead.
    """

    key: str
    obligation: str
    asks: bool = False
    can_put_off: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """The content of a notice in its recipient's language; every channel formats it in its own way.

    Attributes:
        settings: address of the page for choosing how to be reminded; "" where there is none.
        one_click: whether mail programs may offer one-click unsubscription there (RFC 8058).
        brief: what a chat says below the subject in place of the text; "" for the text.
    """

    subject: str
    text: str
    html: str
    language: str
    entries: tuple[CalendarEntry, ...] = ()
    settings: str = ""
    one_click: bool = False
    brief: str = ""
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The result of one delivery attempt, with the answer of server or system, made one printable line.

    Attributes:
        state: sent, failed, unknown, queued (try again later), or withdrawn (by a channel used no more).
        wait: pause requested by the server, from the beginning of the batch.
        use_other_channels: whether to use the person's other channels at once, whatever the state.
        lost: whether the channel cannot reach the person any more (they have blocked it).
        tried: whether a request was made; a notice that only waited keeps its attempts.
        fault: a fault of the channel itself: one an administrator must correct, `token` (missing or refused),
            `login` (refused by the mail server, or no password), `key` (its password cannot be decrypted); or
            `UNREACHABLE`. "" for faults of the letter.
    """

    state: NoticeState
    answer: str
    wait: timedelta | None = None
    use_other_channels: bool = False
    lost: bool = False
    tried: bool = True
    fault: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", _printable_line(self.answer))


def _printable_line(answer: str) -> str:
    """Return an answer in one line, cut to `ANSWER_LIMIT`, with what no database stores escaped."""
    line = " ".join(answer[:ANSWER_LIMIT].split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    return line[:ANSWER_LIMIT]
