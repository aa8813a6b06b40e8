"""Delivers queued notices: claims, sends and marks them; retries temporary errors and recovers from crashes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from calendars.hours import moment_of
from notifications.channels import Channel, ClosedChannel, OnSent, OutgoingMessage
from notifications.daily import LETTER, queue_letters
from notifications.dispatch import Dispatch
from notifications.fallback import fall_back, readdressed
from notifications.letters.composing import ComposedLetters, compose
from notifications.letters.overview import OpenDeadlines
from notifications.notice import UNREACHABLE, Notice, NoticeState, Outcome
from notifications.ports import DeliveryOutcome, Outbox
from notifications.rules import BACK_OFF, OfficeTimes, back_off, is_given_up
from notifications.wire.message import text_hash
from workflow.refusal import Refusal

BATCH = 100
SMALL_BATCH = 25
"""Batch size of a channel that cannot repeat: a crash makes no more letters unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReport:
    """The result of a delivery.

    Attributes:
        counts: number of letters by final state (`queued`: to be tried again), whatever each of them carries.
        recovered: number of notices recovered from an interrupted delivery.
        answers: answers of servers about notices that were not sent, by key.
    """

    counts: Mapping[NoticeState, int]
    recovered: int
    answers: Mapping[str, str]


def deliver(dispatch: Dispatch, *, go_on: Callable[[], bool] = lambda: True) -> DeliveryReport:
    """Send what is queued and may leave by now. Must not be called inside a running event loop.

    Args:
        go_on: called before each batch; when False, the rest stays queued for the next delivery.
    """
    outbox, now = dispatch.outbox, dispatch.moment.now
    counts: Counter[NoticeState] = Counter()
    answers: dict[str, str] = {}
    recovered = 0
    overview = OpenDeadlines(dispatch)
    with outbox.delivering():
        for channel in (*dispatch.channels, *_closed(dispatch)):
            interrupted: NoticeState = "queued" if channel.repeatable else "unknown"
            limit = BATCH if channel.repeatable else SMALL_BATCH
            while go_on():
                # Before each batch: another sending process may have died by now, and this may take long.
                recovered += outbox.recover(channel.name, state=interrupted, now=now)
                claimed = outbox.claim(channel.name, now=now, limit=limit)
                if not claimed:
                    break
                marks, attempted = _send_claimed(dispatch, overview, channel, claimed)
                letters = {notice.key for notice in claimed}
                counts.update(mark.state for mark in marks if mark.key in letters)
                answers.update({mark.key: mark.answer for mark in marks if mark.state != "sent"})
                if _takes_no_more(attempted.values()):
                    break
    return DeliveryReport(counts=dict(counts), recovered=recovered, answers=answers)


def _closed(dispatch: Dispatch) -> list[Channel]:
    """Return the channels that letters wait for and that are used no more; none if no other is used."""
    used = {channel.name for channel in dispatch.channels}
    return [ClosedChannel(name) for name in dispatch.outbox.awaited_channels() if used and name not in used]


def _send_claimed(
    dispatch: Dispatch, overview: OpenDeadlines, channel: Channel, claimed: Sequence[Notice]
) -> tuple[Sequence[DeliveryOutcome], Mapping[str, Outcome]]:
    """Send the claimed notices and store their outcomes; return those, and the channel's own by key.

    What the channel accepts is stored before the next message leaves, so that a crash repeats one at most.
    """
    outbox, times, now = dispatch.outbox, dispatch.times, dispatch.moment.now
    batch = _open_for_delivery(outbox, claimed, times, now=now)
    carried = outbox.collect([notice for notice in batch if notice.kind == LETTER], now=now)
    everything = [*batch, *chain.from_iterable(carried.values())]
    related = outbox.related(everything, since=moment_of(dispatch.moment.today, None))
    composed = compose(dispatch, batch, related=related, carried=carried, overview=overview)
    # Before the others are withdrawn, so that nobody is left without a notice if the process dies meanwhile.
    queued = outbox.add(_redirected(dispatch, composed))
    notices = {notice.key: notice for notice in batch}
    stored: set[str] = set()

    def store(key: str, outcome: Outcome) -> None:
        marks = _outcomes([notices[key]], carried, composed, {key: outcome}, times, now=now)
        outbox.mark(marks, now=now)
        stored.update(mark.key for mark in marks)

    attempted = _send(channel, composed.parcels, store, now=now)
    outcomes = {**composed.settled, **attempted}
    _record_channel_state(outbox, channel, attempted, now=now)
    marks = _outcomes(batch, carried, composed, outcomes, times, now=now)
    # Before the outcomes are stored, so that nobody is left without a notice if the process dies meanwhile.
    queued += fall_back(_with_carried(batch, carried, outcomes), outcomes, marks, channel, dispatch)
    outbox.mark([mark for mark in marks if mark.key not in stored], now=now)
    if queued:
        # They leave by this delivery where their channel's turn is still to come.
        queue_letters(dispatch)
    return marks, attempted


def _redirected(dispatch: Dispatch, composed: ComposedLetters) -> list[Notice]:
    """Return the notices for those who are to be told instead of the people they were queued for."""
    return [
        new
        for notice, channel, person in composed.redirected
        for new in readdressed(notice, person, (channel,), dispatch)
    ]


def _takes_no_more(outcomes: Collection[Outcome]) -> bool:
    """Return whether the channel accepts nothing more now, or left messages of the batch untried.

    Notices still queued keep their attempts.
    """
    return bool(outcomes) and (
        all(outcome.state == "queued" for outcome in outcomes)
        or any(outcome.state == "queued" and not outcome.tried for outcome in outcomes)
    )


def _record_channel_state(
    outbox: Outbox, channel: Channel, attempted: Mapping[str, Outcome], *, now: datetime
) -> None:
    """Record a fault of the channel itself, or that it works again because something was sent.

    A server that took some letters of the batch and was lost over others is not out of reach.
    """
    fault = next((outcome for outcome in attempted.values() if outcome.fault), None)
    is_sending = any(outcome.state == "sent" for outcome in attempted.values())
    if fault is not None and not (is_sending and fault.fault == UNREACHABLE):
        outbox.fault(channel.name, fault.fault, fault.answer, now=now)
    elif is_sending:
        outbox.fault(channel.name, "", "", now=now)


def _with_carried(
    batch: Sequence[Notice], carried: Mapping[str, Sequence[Notice]], outcomes: dict[str, Outcome]
) -> list[Notice]:
    """Return the notices of a batch, those that a letter carries in its place; these get its outcome where
    `outcomes` has none of their own.
    """
    notices: list[Notice] = []
    for notice in batch:
        members = carried.get(notice.key, ())
        for member in members:
            outcomes.setdefault(member.key, outcomes[notice.key])
        notices.extend(members or [notice])
    return notices


def _outcomes(
    batch: Sequence[Notice],
    carried: Mapping[str, Sequence[Notice]],
    composed: ComposedLetters,
    outcomes: Mapping[str, Outcome],
    times: OfficeTimes,
    *,
    now: datetime,
) -> list[DeliveryOutcome]:
    """Return the outcomes to store: of each notice of a batch, and of each one it carried."""
    addresses = {parcel.notice.key: parcel.notice.address for parcel in composed.parcels}
    hashes = {parcel.notice.key: text_hash(parcel.letter) for parcel in composed.parcels}
    marks = []
    for notice in batch:
        hashed = hashes.get(notice.key, "")
        mark = _outcome_to_store(notice, outcomes[notice.key], hashed, times, now=now)
        mark = replace(mark, address=addresses.get(notice.key, ""))
        marks.append(mark)
        for member in carried.get(notice.key, ()):
            settled = composed.settled.get(member.key)
            marks.append(
                replace(mark, key=member.key)
                if settled is None
                else _outcome_to_store(member, settled, "", times, now=now)
            )
    return marks


def _send(
    channel: Channel, parcels: Sequence[OutgoingMessage], store: OnSent, *, now: datetime
) -> dict[str, Outcome]:
    """Return an outcome for every message, even when the channel raises.

    Raises:
        Refusal: an outcome cannot be stored; nothing more is sent.
    """
    if not parcels:
        return {}
    left_open: NoticeState = "queued" if channel.repeatable else "unknown"
    outcomes: dict[str, Outcome] = {}

    def on_sent(key: str, outcome: Outcome) -> None:
        outcomes[key] = outcome
        store(key, outcome)

    try:
        outcomes |= asyncio.run(channel.send(parcels, now=now, on_sent=on_sent))
        silence = "the channel said nothing of it"
    except Refusal:
        raise
    except Exception as trouble:  # A fault of ours in one channel must not keep the others from sending.
        silence = f"{type(trouble).__name__}: {trouble}"
    unsaid = Outcome(state=left_open, answer=silence)
    return {parcel.notice.key: outcomes.get(parcel.notice.key, unsaid) for parcel in parcels}


def _outcome_to_store(
    notice: Notice, outcome: Outcome, hashed: str, times: OfficeTimes, *, now: datetime
) -> DeliveryOutcome:
    """Return the outcome of a notice to store: after a temporary error with its next attempt, or as failed if
    tried long enough.
    """
    state, retry_at = outcome.state, None
    if state == "queued":
        if outcome.tried and is_given_up(notice.attempts, now - notice.queued_at):
            state = "failed"
        else:
            patience = back_off(notice.attempts) if outcome.tried else BACK_OFF[0]
            wait = max(patience, outcome.wait or timedelta())
            retry_at = times.leaving(notice, now + wait)
    return DeliveryOutcome(
        key=notice.key,
        state=state,
        answer=outcome.answer,
        not_before=retry_at,
        text_hash=hashed,
        tried=outcome.tried,
    )


def _open_for_delivery(
    outbox: Outbox, claimed: Sequence[Notice], times: OfficeTimes, *, now: datetime
) -> list[Notice]:
    """Queue the claimed notices whose recipient's office is closed again, untried; return the others."""
    opens = {notice.key: times.leaving(notice, now) for notice in claimed}
    closed = [notice for notice in claimed if opens[notice.key] > now]
    outbox.mark(
        [
            DeliveryOutcome(
                key=notice.key, state="queued", answer=notice.answer, not_before=opens[notice.key], tried=False
            )
            for notice in closed
        ],
        now=now,
    )
    return [notice for notice in claimed if opens[notice.key] <= now]
