"""Turns claimed notices into letters with today's data, or withdraws notices no longer needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from i18n import available_language
from notifications.channels import OutgoingMessage
from notifications.dispatch import Dispatch
from notifications.letters.daily import Items, OpenDeadlines, daily_letter, unconfirmed_year
from notifications.letters.events import (
    account_letter,
    campaign_letter,
    comment_letter,
    is_expired_invitation,
    lost_letter,
)
from notifications.letters.matters import Matters
from notifications.notice import ANSWER_DAY, Letter, Notice, Outcome
from notifications.rules import local_day
from workflow.cases.registers.rows import number_of, row_kind
from workflow.org.office import Person
from workflow.refusal import Refusal
from workflow.reminders import step_order

NOTHING_LEFT = Outcome(state="withdrawn", answer="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposedLetters:
    """Letters ready to send, and the outcomes of notices that need none (by key).

    Attributes:
        redirected: notices that are to go to another person.
    """

    parcels: tuple[OutgoingMessage, ...]
    settled: Mapping[str, Outcome] = field(default_factory=dict)
    redirected: Sequence[tuple[Notice, Person]] = ()


def compose(
    dispatch: Dispatch,
    notices: Sequence[Notice],
    *,
    related: Sequence[Notice] = (),
    carried: Mapping[str, Sequence[Notice]] | None = None,
    overview: OpenDeadlines | None = None,
) -> ComposedLetters:
    """Return a letter for each notice that is still needed.

    A notice whose obligation is done, no longer required, or due on another day by now is `withdrawn`, as is
    one of a comment withdrawn or a question answered, one for somebody else by now, or superfluous beside
    another. A letter that cannot be written (its edition is missing) stays `queued`, in case that is corrected
    in time.

    Args:
        related: what may say the same to the same people (`Outbox.related`).
        carried: the notices carried by letters of this batch, by the letter's key.
        overview: the open deadlines, for digests; built once for all batches of a delivery.
    """
    carried = carried or {}
    outbox, today = dispatch.outbox, dispatch.moment.today
    overview = overview or OpenDeadlines(dispatch)
    # A language may have left the installation since.
    notices = [replace(notice, language=available_language(notice.language)) for notice in notices]
    all_notices = [*notices, *chain.from_iterable(carried.values())]
    comments = outbox.comments({notice.case for notice in all_notices if notice.kind == "comment"})
    matters = Matters(
        dispatch, outbox.cases({notice.case for notice in all_notices if notice.case}), comments=comments
    )
    asking = [notice for notice in notices if notice.kind == "campaign"]
    awaited = outbox.awaited(asking, today=today) if asking else frozenset()
    needless = {notice.key for notice in asking if notice.key not in awaited}
    needless |= superfluous_keys(all_notices, related, today=today)
    needless |= {notice.key for notice in all_notices if not matters.is_still_for(notice)}
    settled = dict.fromkeys(needless, NOTHING_LEFT)
    parcels = []
    for notice in notices:
        try:
            letter = _letter(notice, carried.get(notice.key, ()), matters, overview, settled)
        except (Refusal, LookupError) as trouble:
            settled[notice.key] = _later(trouble)
            continue
        if letter is None or notice.key in settled:
            settled.setdefault(notice.key, NOTHING_LEFT)
            continue
        address, one_click = matters.settings(notice)
        letter = replace(letter, settings=address, one_click=one_click)
        notice = replace(notice, address=matters.address(notice))
        parcels.append(OutgoingMessage(notice=notice, letter=letter, name=matters.name(notice)))
    return ComposedLetters(parcels=tuple(parcels), settled=settled, redirected=matters.redirected)


def _later(trouble: Exception) -> Outcome:
    """Return the outcome of a notice that cannot be written now, in case that is corrected in time."""
    return Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")


def _letter(
    notice: Notice,
    members: Sequence[Notice],
    matters: Matters,
    overview: OpenDeadlines,
    settled: dict[str, Outcome],
) -> Letter | None:
    """Return the letter of a notice; None when it has no content any more."""
    if notice.kind == "letter":
        return daily_letter(notice, _items(members, matters, settled), matters, overview)
    if notice.key in settled:
        return None
    name, language = matters.name(notice), notice.language
    match notice.kind:
        case "lost":
            key = str(notice.about["person"])
            person = matters.office.people.get(key)
            return lost_letter(
                officer=name,
                person=person.name_in(language) if person else key,
                channel=str(notice.about["channel"]),
                language=language,
            )
        case "comment":
            return comment_letter(notice, matters)
        case "account" if is_expired_invitation(notice.about, matters.today):
            return None
        case "account":
            return account_letter(notice.about, name=name, rules=matters.rules, language=language)
        case "campaign":
            return campaign_letter(notice, name=name, rules=matters.rules)
    return daily_letter(notice, _items([notice], matters, settled), matters, overview)


def _items(members: Sequence[Notice], matters: Matters, settled: dict[str, Outcome]) -> Items:
    """Return the items of a letter that are still valid; enter the others in `settled` as withdrawn, or as
    queued where they cannot be written now, which does not keep the others from being sent.
    """
    items = Items()
    for member in members:
        if member.key in settled:
            continue
        try:
            is_valid = _add(items, member, matters)
        except (Refusal, LookupError) as trouble:
            settled[member.key] = _later(trouble)
            continue
        if not is_valid:
            settled[member.key] = NOTHING_LEFT
    return items


def _add(items: Items, member: Notice, matters: Matters) -> bool:
    """Add a notice to the items of its letter if it is still valid; return whether it is."""
    if member.kind == "comment":
        matters.case(member)  # raises where it is missing
        items.comments.append(member)
        return True
    if member.kind == "calendar":
        if is_valid := unconfirmed_year(matters.dispatch.calendar, matters.today) is not None:
            items.calls.append(member)
        return is_valid
    matter = matters.of(member)
    if matter is not None:
        (items.moved if member.kind == "moved" else items.reminders).append(matter)
    return matter is not None


def superfluous_keys(batch: Sequence[Notice], related: Sequence[Notice], *, today: date) -> frozenset[str]:
    """Return the keys of the notices that another makes superfluous.

    Args:
        batch: notices about to be sent.
        related: all that may say the same (`Outbox.related`).
    """
    by_recipient: dict[tuple[str, str, str], list[Notice]] = {}
    for other in related:
        by_recipient.setdefault((other.case, other.person, other.channel), []).append(other)
    return frozenset(
        notice.key
        for notice in batch
        for other in by_recipient.get((notice.case, notice.person, notice.channel), ())
        if _is_newer_step(other, notice) or (_goes_on(today, other) and _tells_of(other, notice))
    )


def _is_newer_step(other: Notice, notice: Notice) -> bool:
    """Return whether another notice is about a later step of the same deadline and the same date."""
    kinds = (other.kind, notice.kind)
    if kinds != ("reminder", "reminder") or (other.obligation, other.due) != (notice.obligation, notice.due):
        return False
    kind, at = step_order(notice.step)
    other_kind, other_at = step_order(other.step)
    return kind == other_kind and other_at > at


def _goes_on(today: date, other: Notice) -> bool:
    """Return whether a notice is sent today, or waits to be."""
    sent_today = other.sent_at is not None and local_day(other.sent_at) == today
    return other.state in ("queued", "sending") or sent_today


def _tells_of(other: Notice, notice: Notice) -> bool:
    """Return whether another letter gives the assignment a notice reminds of, or asks the question whose day
    it reminds of.
    """
    if other.kind != "comment":
        return False
    if notice.step == ANSWER_DAY:
        return other.step != ANSWER_DAY and other.about.get("line") == notice.about.get("line")
    is_reminder = notice.kind == "reminder" and row_kind(notice.obligation) == "assignment"
    return is_reminder and other.about.get("place") == f"given-{number_of(notice.obligation)}"
