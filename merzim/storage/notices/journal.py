"""The journal of notices: their outcomes as events, batch by batch.

A batch is appended in the transaction that writes the outcomes, so that neither is there without the other. It
holds a hash of each notice's record: recipient, channel, step, time, answer, and the hash of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from sqlmodel import Session

from merzim.storage import events
from merzim.storage.events import NOTICES, Draft
from merzim.storage.tables.base import canonical, moment
from merzim.storage.tables.notices import SETTLED
from notifications.notice import Notice

ACKNOWLEDGED = "acknowledged"
RESENT = "resent"

Line = tuple[str, str, str]
"""Key, state, hash."""


def digest(notice: Notice) -> str:
    """Return the SHA-256 of a notice's record, without its acknowledgement, which comes later."""
    parts = [
        notice.key,
        notice.kind,
        notice.case,
        notice.obligation,
        notice.due,
        notice.step,
        notice.person,
        notice.channel,
        notice.address,
        notice.language,
        notice.state,
        notice.carrier,
        notice.text_hash,
        notice.message_id,
        notice.answer,
        moment(notice.sent_at) if notice.sent_at else None,
    ]
    return sha256(canonical(parts).encode()).hexdigest()


def append_outcomes(session: Session, notices: Iterable[Notice], *, now: datetime) -> None:
    """Append the outcomes of these notices as stored, as far as they are final."""
    settled_notices = sorted(
        (notice for notice in notices if notice.state in SETTLED), key=lambda notice: notice.key
    )
    append(session, [(notice.key, notice.state, digest(notice)) for notice in settled_notices], now=now)


def append(session: Session, lines: Sequence[Line], *, now: datetime) -> None:
    """Append one batch of lines; an empty batch is not written."""
    if lines:
        payload = {"lines": [list(line) for line in lines]}
        events.append(session, NOTICES, [Draft(kind="settled", at=now, by="", payload=payload)])
