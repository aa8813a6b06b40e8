"""Delivers queued notices: claims, sends and marks them; retries temporary errors, recovers from crashes, and
sends through the other channels what one could not deliver.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from calendars.hours import moment_of
from notifications.channels import Channel, OutgoingMessage, SilentChannel
from notifications.daily import queue_letters
from notifications.dispatch import Dispatch, Outbox
from notifications.letters.daily import OpenDeadlines, compose
from notifications.message import text_hash
from notifications.notice import INSTEAD_OF, PRIVATE, UNREACHABLE, Notice, NoticeState, Outcome
from notifications.rules import BACK_OFF, OTHERS_AFTER, back_off, is_given_up
from workflow.org.office import Recipient
from workflow.refusal import Refusal

BATCH = 100
SMALL_BATCH = 25
"""Batch size of a channel that cannot repeat: a crash makes no more letters unknown."""
Attempt = tuple[Notice, Outcome]
"""A notice as it is after an attempt to send it, with the outcome of that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryReport:
    """The result of a delivery: the number of letters by final state (`queued`: to be tried again), of notices
    recovered from an interrupted one, and the answers of servers about notices that were not sent, by key.
    """

    counts: Mapping[NoticeState, int]
    recovered: int
    answers: Mapping[str, str]


def deliver(dispatch: Dispatch, *, go_on: Callable[[], bool] = lambda: True) -> DeliveryReport:
    """Send what is queued and may leave by now, while `go_on` before each batch. Must not be called inside a
    running event loop.
    """
    outbox, now = dispatch.outbox, dispatch.moment.now
    counts: Counter[NoticeState] = Counter()
    answers: dict[str, str] = {}
    recovered = 0
    overview = OpenDeadlines(dispatch)
    with outbox.delivering():
        for channel in (*dispatch.channels, *_closed(dispatch)):
            limit = BATCH if channel.repeatable else SMALL_BATCH
            while go_on():
                # Before each batch: another sending process may have died by now, and this may take long.
                recovered += outbox.recover(channel.name, state=_left_open(channel), now=now)
                claimed = outbox.claim(channel.name, now=now, limit=limit)
                if not claimed:
                    break
                attempts, answered = _send_claimed(dispatch, overview, channel, claimed)
                counts.update(notice.state for notice, _ in attempts if not notice.bundle)
                answers.update({notice.key: notice.answer for notice, _ in attempts if notice.state != "sent"})
                queued = [outcome for outcome in answered if outcome.state == "queued"]
                # It takes nothing more now, or left messages untried, which keep their attempts.
                if queued and (len(queued) == len(answered) or not all(outcome.tried for outcome in queued)):
                    break
    return DeliveryReport(counts=dict(counts), recovered=recovered, answers=answers)


def _closed(dispatch: Dispatch) -> list[Channel]:
    """Return the channels that letters wait for and that are used no more; none if no other is used. What waits
    goes through the others.
    """
    used = {channel.name for channel in dispatch.channels}
    waiting = dispatch.outbox.awaited_channels() if used else ()
    elsewhere = Outcome(state="withdrawn", answer="", use_other_channels=True, tried=False)
    return [SilentChannel(silenced=name, outcome=elsewhere) for name in waiting if name not in used]


def _left_open(channel: Channel) -> NoticeState:
    """Return the state of a notice of which it is not known whether the channel sent it."""
    return "queued" if channel.repeatable else "unknown"


def _send_claimed(
    dispatch: Dispatch, overview: OpenDeadlines, channel: Channel, claimed: Sequence[Notice]
) -> tuple[list[Attempt], Collection[Outcome]]:
    """Compose and send claimed notices and store what becomes of them; return that, and the channel's own
    outcomes.

    What the channel accepts is stored before the next message leaves, so that a crash repeats one at most.
    """
    outbox, now = dispatch.outbox, dispatch.moment.now
    letters, items = _open_letters(dispatch, claimed)
    everything = [*letters.values(), *chain.from_iterable(items.values())]
    related = outbox.related(everything, since=moment_of(dispatch.moment.today, None))
    composed = compose(dispatch, [*letters.values()], related=related, carried=items, overview=overview)
    # Before the others are withdrawn, so that nobody is left without a notice if the process dies meanwhile.
    successors = (dispatch.readdressed(*successor, dispatch.channels) for successor in composed.redirected)
    queued = outbox.add([*chain.from_iterable(successors)])
    for parcel in composed.parcels:
        key, hashed = parcel.notice.key, text_hash(parcel.letter)
        letters[key] = replace(letters[key], address=parcel.notice.address, text_hash=hashed)
    attempts: dict[str, list[Attempt]] = {}

    def attempt(key: str, outcome: Outcome) -> list[Attempt]:
        """Return the attempt of a letter, and of each notice it carries: its own where it was not sent."""
        letter = letters[key]
        results = [_after(letter, outcome, letter, dispatch)]
        for item in items.get(key, ()):
            if (own := composed.settled.get(item.key)) is not None:
                results.append(_after(item, own, item, dispatch))
            else:
                carried = replace(item, address=letter.address, text_hash=letter.text_hash)
                results.append(_after(carried, outcome, letter, dispatch))
        return results

    def store(key: str, outcome: Outcome) -> None:
        results = attempt(key, outcome)
        outbox.mark([notice for notice, _ in results], now=now)
        attempts[key] = results

    answered = _send(channel, composed.parcels, store, now=now)
    _record_channel_state(outbox, channel, answered.values(), now=now)
    outcomes = {**composed.settled, **answered}
    others = [pair for key in letters if key not in attempts for pair in attempt(key, outcomes[key])]
    results = [*chain.from_iterable(attempts.values()), *others]
    # Before the outcomes are stored, so that nobody is left without a notice if the process dies meanwhile.
    queued += fall_back([pair for pair in results if pair[0].key not in items], channel, dispatch)
    outbox.mark([notice for notice, _ in others], now=now)
    if queued:
        # They leave by this delivery where their channel's turn is still to come.
        queue_letters(dispatch)
    return results, answered.values()


def _open_letters(
    dispatch: Dispatch, claimed: Sequence[Notice]
) -> tuple[dict[str, Notice], dict[str, list[Notice]]]:
    """Return the claimed letters by key, and what each carries; those whose recipient's office is closed again
    are queued, untried.
    """
    now = dispatch.moment.now
    letters = {notice.key: notice for notice in claimed if not notice.bundle}
    opens = {key: dispatch.times.leaving(letter, now) for key, letter in letters.items()}
    items: dict[str, list[Notice]] = {}
    closed = []
    for notice in claimed:
        # An item is in the letter that carries it.
        key = notice.carrier if notice.bundle else notice.key
        if opens[key] > now:
            closed.append(replace(notice, state="queued", not_before=opens[key], attempts=notice.attempts - 1))
            letters.pop(key, None)
        elif notice.bundle:
            items.setdefault(key, []).append(notice)
    dispatch.outbox.mark(closed, now=now)
    return letters, items


def _record_channel_state(
    outbox: Outbox, channel: Channel, outcomes: Iterable[Outcome], *, now: datetime
) -> None:
    """Record a fault of the channel itself, or that it works again because something was sent.

    A server that took some letters of the batch and was lost over others is not out of reach.
    """
    fault = next((outcome for outcome in outcomes if outcome.fault), None)
    is_sending = any(outcome.state == "sent" for outcome in outcomes)
    if fault is not None and not (is_sending and fault.fault == UNREACHABLE):
        outbox.fault(channel.name, fault.fault, fault.answer, now=now)
    elif is_sending:
        outbox.fault(channel.name, "", "", now=now)


def _send(
    channel: Channel,
    parcels: Sequence[OutgoingMessage],
    store: Callable[[str, Outcome], None],
    *,
    now: datetime,
) -> dict[str, Outcome]:
    """Return an outcome for every message, even when the channel raises.

    Raises Refusal: an outcome cannot be stored; nothing more is sent.
    """
    if not parcels:
        return {}
    outcomes: dict[str, Outcome] = {}

    async def send() -> None:
        async with aclosing(channel.send(parcels, now=now)) as answers:
            async for key, outcome in answers:
                outcomes[key] = outcome
                if outcome.state == "sent":
                    store(key, outcome)

    try:
        asyncio.run(send())
        silence = "the channel said nothing of it"
    except Refusal:
        raise
    except Exception as trouble:  # A fault of ours in one channel must not keep the others from sending.
        silence = f"{type(trouble).__name__}: {trouble}"
    unsaid = Outcome(state=_left_open(channel), answer=silence)
    return {parcel.notice.key: outcomes.get(parcel.notice.key, unsaid) for parcel in parcels}


def _after(notice: Notice, outcome: Outcome, letter: Notice, dispatch: Dispatch) -> Attempt:
    """Return a notice as it is after an attempt, with the outcome: after a temporary error queued for its next
    attempt, or failed if its letter was tried long enough.
    """
    now, state, not_before = dispatch.moment.now, outcome.state, notice.not_before
    if state == "queued" and outcome.tried and is_given_up(letter.attempts, now - letter.queued_at):
        state = "failed"
    elif state == "queued":
        patience = back_off(letter.attempts) if outcome.tried else BACK_OFF[0]
        not_before = dispatch.times.leaving(letter, now + max(patience, outcome.wait or timedelta()))
    after = replace(
        notice,
        state=state,
        answer=outcome.answer,
        attempts=notice.attempts if outcome.tried else notice.attempts - 1,
        not_before=not_before,
        sent_at=now if state == "sent" else notice.sent_at,
    )
    return after, outcome


def fall_back(attempts: Sequence[Attempt], channel: Channel, dispatch: Dispatch) -> int:
    """Queue for other channels what failed, is not to wait for this one, or has waited OTHERS_AFTER; tell the
    officer and the channel whom it cannot reach any more. Return how many notices were queued: by their keys,
    nobody gets anything twice, not after a crash either.
    """
    other_channels = [other for other in dispatch.channels if other.name != channel.name]
    notices = [
        new
        for notice, outcome in attempts
        if _goes_elsewhere(notice, outcome, dispatch)
        for new in _via_other_channels(notice, other_channels, dispatch)
    ]
    lost = {notice.person: notice for notice, outcome in attempts if outcome.lost}
    for notice in lost.values():
        notices += _to_officer(notice, channel, other_channels, dispatch)
    queued = dispatch.outbox.add(notices)
    for person in lost:
        channel.lose(person, now=dispatch.moment.now)
    return queued


def _goes_elsewhere(notice: Notice, outcome: Outcome, dispatch: Dispatch) -> bool:
    """Return whether a notice is to go through the other channels as well."""
    if notice.state == "failed" or outcome.use_other_channels:
        return True
    # A letter queued at night waits for the office hours, not for its server.
    waits_since = dispatch.times.leaving(notice, notice.queued_at)
    return notice.state == "queued" and dispatch.moment.now - waits_since >= OTHERS_AFTER


def _via_other_channels(notice: Notice, channels: Sequence[Channel], dispatch: Dispatch) -> Iterator[Notice]:
    """Return the same notice for the person's other channels; where none reaches them, for the officer instead.

    Private notices (`PRIVATE`) never go to the officer.
    """
    person = dispatch.office.people.get(notice.person)
    told = person and dispatch.reached(Recipient(person=person, why="duty"), channels)
    if not told or (told.person != person and notice.kind in PRIVATE):
        return iter(())
    if told.person != person:
        notice = replace(notice, about={**notice.about, INSTEAD_OF: notice.person})
    return dispatch.readdressed(notice, told.person, channels)


def _to_officer(
    notice: Notice, channel: Channel, channels: Sequence[Channel], dispatch: Dispatch
) -> Iterator[Notice]:
    """Yield the notice that tells the officer whom the channel reaches no more; none about themselves."""
    officer = dispatch.office.officer_of_last_resort
    if officer is not None and officer.key != notice.person:
        about = {"channel": channel.name, "person": notice.person}
        place = f"{notice.case}:{notice.obligation}:{notice.due.isoformat()}"
        key = f"{place}:lost.{channel.name}.{notice.person}:{notice.person}:{notice.channel}"
        news = replace(notice, key=key, kind="lost", step="lost", about=about, bundle="")
        yield from dispatch.readdressed(news, officer, channels)
