"""Turns claimed notices into letters with today's data, or withdraws notices no longer needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from i18n import available_language, say
from notifications.channels import Channel, OutgoingMessage
from notifications.dispatch import Dispatch
from notifications.letters.daily import Items, daily_letter, unconfirmed_year
from notifications.letters.events import account_letter, campaign_letter, comment_letter, is_expired_invitation
from notifications.letters.overview import OpenDeadlines
from notifications.letters.page import LetterLine, LetterPage, LetterSection, render_letter
from notifications.letters.subjects import Matters
from notifications.notice import ANSWER_DAY, Letter, Notice, Outcome
from notifications.rules import local_day
from workflow.cases.registers.entries import number_of, row_kind
from workflow.org.office import Person
from workflow.refusal import Refusal
from workflow.reminders import step_order

NOTHING_LEFT = Outcome(state="withdrawn", answer="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposedLetters:
    """Letters ready to send, and the outcomes of notices that need none (by key).

    Attributes:
        redirected: notices that are to go to another person, with their channel.
    """

    parcels: tuple[OutgoingMessage, ...]
    settled: Mapping[str, Outcome] = field(default_factory=dict)
    redirected: Sequence[tuple[Notice, Channel, Person]] = ()


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
    parcels, settled = [], dict[str, Outcome]()
    asking = [notice for notice in notices if notice.kind == "campaign"]
    awaited = outbox.awaited(asking, today=today) if asking else frozenset()
    settled |= {notice.key: NOTHING_LEFT for notice in asking if notice.key not in awaited}
    superfluous = superfluous_keys(all_notices, related, today=today)
    settled |= dict.fromkeys(superfluous, NOTHING_LEFT)
    settled |= {notice.key: NOTHING_LEFT for notice in notices if not matters.is_still_for(notice)}
    for notice in notices:
        if notice.key in settled and notice.key not in carried:
            continue
        try:
            letter = _letter(notice, carried.get(notice.key, ()), matters, overview, settled)
        except (Refusal, LookupError) as trouble:
            settled[notice.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
            continue
        if letter is None or notice.key in settled:
            settled.setdefault(notice.key, NOTHING_LEFT)
            continue
        address, one_click = matters.settings(notice)
        letter = replace(letter, settings=address, one_click=one_click)
        notice = replace(notice, address=matters.address(notice))
        parcels.append(OutgoingMessage(notice=notice, letter=letter, name=matters.name(notice)))
    return ComposedLetters(parcels=tuple(parcels), settled=settled, redirected=matters.redirected)


def _items(members: Sequence[Notice], matters: Matters, settled: dict[str, Outcome]) -> Items:
    """Return the items of a letter that are still valid; enter the others in `settled` as withdrawn, or as
    queued where they cannot be written now.
    """
    items = Items()
    for member in members:
        if member.key in settled:
            continue
        try:
            is_valid = _add(items, member, matters)
        except (Refusal, LookupError) as trouble:
            # It does not keep other items from being sent.
            settled[member.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
            continue
        if not is_valid:
            settled[member.key] = NOTHING_LEFT
    return items


def _add(items: Items, member: Notice, matters: Matters) -> bool:
    """Add a notice to the items of its letter if it is still valid; return whether it is."""
    if member.kind == "comment":
        matters.case(member)
        if is_valid := matters.is_still_for(member):
            items.comments.append(member)
        return is_valid
    if member.kind == "calendar":
        if is_valid := unconfirmed_year(matters.calendar, matters.today) is not None:
            items.calls.append(member)
        return is_valid
    matter = matters.to_send(member)
    if matter is not None:
        (items.moved if member.kind == "moved" else items.reminders).append((member, matter))
    return matter is not None


def _letter(
    notice: Notice,
    members: Sequence[Notice],
    matters: Matters,
    overview: OpenDeadlines,
    settled: dict[str, Outcome],
) -> Letter | None:
    """Return the letter of a notice; None when it has no content any more."""
    language, today = notice.language, matters.today
    match notice.kind:
        case "letter" | "reminder" | "moved" | "calendar":
            items = _items(members if notice.kind == "letter" else [notice], matters, settled)
            return daily_letter(notice, items, matters, overview)
        case "lost":
            return _lost_channel_letter(notice, matters)
        case "comment":
            return comment_letter(notice, matters)
        case "account" if is_expired_invitation(notice.about, today):
            return None
        case "account":
            name = matters.name(notice)
            return account_letter(notice.about, name=name, rules=matters.rules, language=language)
        case "campaign":
            return campaign_letter(notice, name=matters.name(notice), rules=matters.rules)


def _lost_channel_letter(notice: Notice, matters: Matters) -> Letter:
    """Return the letter telling the officer that a channel cannot reach somebody any more."""
    key = str(notice.about["person"])
    person = matters.office.people.get(key)
    return lost_letter(
        officer=matters.name(notice),
        person=person.name_in(notice.language) if person else key,
        channel=str(notice.about["channel"]),
        language=notice.language,
    )


def lost_letter(*, officer: str, person: str, channel: str, language: str) -> Letter:
    """Return the letter saying whom the channel cannot reach, that no reminder is lost, and how to restore it.

    `officer`, `person`: their names.
    """

    def line(code: str) -> str:
        return say(f"telegram.{code}", {"person": person, "channel": channel}, language)

    mend = LetterSection(
        heading=say("letter.heading_do", {}, language),
        lines=(LetterLine(text=line("lost_do")),),
    )
    page = LetterPage(
        subject=line("lost_subject"),
        greeting=say("letter.greeting", {"name": officer}, language),
        lead=line("lost_lead"),
        table=(LetterLine(label=line("lost_label"), text=person),),
        sections=(mend,),
        footer=say("letter.footer", {}, language),
    )
    return render_letter(page, language)


WAITING = ("queued", "sending")


def superfluous_keys(batch: Sequence[Notice], related: Sequence[Notice], *, today: date) -> frozenset[str]:
    """Return the keys of the notices that another makes superfluous.

    Args:
        batch: notices about to be sent.
        related: all that may say the same (`Outbox.related`).
    """

    def goes_today(other: Notice) -> bool:
        sent_today = other.sent_at is not None and local_day(other.sent_at) == today
        return other.state in WAITING or sent_today

    by_recipient: dict[tuple[str, str, str], list[Notice]] = {}
    for other in related:
        by_recipient.setdefault((other.case, other.person, other.channel), []).append(other)
    keys: set[str] = set()
    for notice in batch:
        others = by_recipient.get((notice.case, notice.person, notice.channel), [])
        today_others = [other for other in others if goes_today(other)]
        is_told = any(
            _gives_assignment(other, notice) or _asks_question(other, notice) for other in today_others
        )
        if is_told or any(_is_newer_step(other, notice) for other in others):
            keys.add(notice.key)
    return frozenset(keys)


def _is_newer_step(other: Notice, notice: Notice) -> bool:
    """Return whether another notice is about a later step of the same deadline and the same date."""
    kinds = (other.kind, notice.kind)
    if kinds != ("reminder", "reminder") or (other.obligation, other.due) != (notice.obligation, notice.due):
        return False
    kind, at = step_order(notice.step)
    other_kind, other_at = step_order(other.step)
    return kind == other_kind and other_at > at


def _gives_assignment(other: Notice, notice: Notice) -> bool:
    """Return whether another letter gives the assignment a notice reminds of."""
    kinds = (other.kind, notice.kind)
    if kinds != ("comment", "reminder") or row_kind(notice.obligation) != "assignment":
        return False
    return other.about.get("place") == f"given-{number_of(notice.obligation)}"


def _asks_question(other: Notice, notice: Notice) -> bool:
    """Return whether another letter asks the question whose day a notice reminds of."""
    is_question = other.kind == "comment" and other.step != ANSWER_DAY
    return notice.step == ANSWER_DAY and is_question and other.about.get("line") == notice.about.get("line")
