"""Sends notices that one channel could not deliver through the others, and tells the officer whom a channel
cannot reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from notifications.channels import Channel, Switchable
from notifications.dispatch import Dispatch, readdressed
from notifications.notice import INSTEAD_OF, PRIVATE, Notice, Outcome
from notifications.recipients import reached
from notifications.rules import OTHERS_AFTER
from workflow.org.office import Recipient

Attempt = tuple[Notice, Outcome]
"""A notice as it is after an attempt to send it, with the outcome of that."""


def fall_back(attempts: Sequence[Attempt], channel: Channel, dispatch: Dispatch) -> int:
    """Queue for other channels what failed, is not to wait for this one, or has waited OTHERS_AFTER; tell the
    officer and the channel whom it cannot reach any more. Return how many notices were queued.

    The keys make it idempotent: a person already reached through another channel gets nothing twice, nor does a
    repetition after a crash add anything.
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
    if isinstance(channel, Switchable):
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
    told = person and reached(Recipient(person=person, why="duty"), channels, dispatch.office)
    if not told or (told.person != person and notice.kind in PRIVATE):
        return iter(())
    if told.person != person:
        notice = replace(notice, about={**notice.about, INSTEAD_OF: notice.person})
    return readdressed(notice, told.person, channels, dispatch)


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
        yield from readdressed(news, officer, channels, dispatch)
