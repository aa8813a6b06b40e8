"""Claimed notices become letters, true on the day they leave; or turn out to be needed no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from calendars.calendar import Calendar
from notifications.channels import Channel, OutgoingMessage
from notifications.letters.account import account_letter
from notifications.letters.catch_up import collected_letter
from notifications.letters.digests import digest_letter, managers_letter, unconfirmed_letter, unit_letter
from notifications.letters.moved import moved_letter
from notifications.letters.overview import Overview
from notifications.letters.subjects import Matters
from notifications.letters.texts import Matter, entry, letter
from notifications.letters.unreachable import lost_letter
from notifications.notice import Letter, Notice, Outcome
from notifications.ports import Outbox
from notifications.rules import Rules
from workflow.law.library import Library
from workflow.refusal import Refusal

NOTHING_LEFT = Outcome(state="withdrawn", answer="")
Told = tuple[Notice, Matter]


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposedLetters:
    """Letters ready to go, and what has become of the notices that need none (by key)."""

    parcels: tuple[OutgoingMessage, ...]
    settled: Mapping[str, Outcome] = field(default_factory=dict)


def compose(
    notices: Sequence[Notice],
    channels: Sequence[Channel],
    outbox: Outbox,
    library: Library,
    calendar: Calendar,
    *,
    today: date,
    rules: Rules,
    carried: Mapping[str, Sequence[Notice]] | None = None,
    overview: Overview | None = None,
) -> ComposedLetters:
    """A letter for each of the notices that still has something to say.

    A notice whose obligation is done, no longer required, or due on another day by now is `withdrawn`. What
    cannot be written (its edition is gone) is `queued`: somebody may mend it before its attempts are spent.

    Args:
        carried: the notices that letters of this batch carry, by the letter's key.
        overview: of what is open, for digests; made once for all batches of a delivery.
    """
    carried = carried or {}
    overview = overview or Overview(outbox, library, calendar, today=today, rules=rules)
    every = [*notices, *chain.from_iterable(carried.values())]
    cases = outbox.cases({notice.case for notice in every if notice.case})
    matters = Matters(cases, overview.office, channels, library, calendar, today=today, rules=rules)
    parcels, settled = [], dict[str, Outcome]()
    for notice in notices:
        members = carried.get(notice.key, ())
        try:
            told = _still_true(members, matters, settled)
            said = _letter(notice, told, matters, overview)
        except (Refusal, LookupError) as trouble:
            settled[notice.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
            continue
        if said is None:
            settled[notice.key] = NOTHING_LEFT
            continue
        address, one_click = matters.settings(notice)
        said = replace(said, settings=address, one_click=one_click)
        parcels.append(OutgoingMessage(notice=notice, letter=said, name=matters.name(notice)))
    return ComposedLetters(parcels=tuple(parcels), settled=settled)


def _still_true(members: Sequence[Notice], matters: Matters, settled: dict[str, Outcome]) -> list[Told]:
    found = []
    for one in members:
        try:
            matter = matters.of(one)
        except (Refusal, LookupError) as trouble:
            # It keeps nobody else's news from leaving.
            settled[one.key] = Outcome(state="queued", answer=f"{type(trouble).__name__}: {trouble}")
            continue
        if matter is None:
            settled[one.key] = NOTHING_LEFT
        else:
            found.append((one, matter))
    return found


def _letter(notice: Notice, told: Sequence[Told], matters: Matters, overview: Overview) -> Letter | None:
    language, today = notice.language, matters.today
    match notice.kind:
        case "reminder":
            matter = matters.of(notice)
            return None if matter is None else reminder(notice, matter, matters.calendar, today=today)
        case "moved":
            matter = matters.of(notice)
            return None if matter is None else moved_letter([(notice, matter)], matters.rules, language)
        case "moves":
            return moved_letter(told, matters.rules, language) if told else None
        case "collected":
            return collected_letter(told, matters, language) if told else None
        case "digest":
            return digest_letter(notice, told, matters, overview)
        case "unit_digest":
            return unit_letter(notice, matters, overview)
        case "managers_digest":
            return managers_letter(notice, matters, overview)
        case "calendar":
            return unconfirmed_letter(notice, matters)
        case "lost":
            return _about_lost(notice, matters)
        case "account":
            name = matters.name(notice)
            return account_letter(notice.about, name=name, rules=matters.rules, language=language)


def _about_lost(notice: Notice, matters: Matters) -> Letter:
    """The news for the officer that a channel reaches somebody no more."""
    key = str(notice.about["person"])
    person = matters.office.people.get(key)
    return lost_letter(
        officer=matters.name(notice),
        person=person.name if person else key,
        channel=str(notice.about["channel"]),
        key=key,
        language=notice.language,
    )


def reminder(notice: Notice, matter: Matter, calendar: Calendar, *, today: date) -> Letter:
    """The letter of one rung, with its deadline for the reader's calendar."""
    said = letter(matter, calendar, language=notice.language, today=today)
    if matter.confidential or matter.planned:
        # A plan date is nobody's due date: what stands in the reader's calendar stays as it is.
        return said
    domain = notice.message_id.rpartition("@")[2].rstrip(">")
    item = entry(matter, language=notice.language, domain=domain, queued_at=notice.queued_at)
    return replace(said, entries=(item,))
