"""Turns claimed notices into letters with today's data, or withdraws notices no longer needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from i18n import available_language
from notifications.channels import OutgoingMessage
from notifications.dispatch import Dispatch
from notifications.letters.daily import OpenDeadlines, daily_letter
from notifications.letters.events import account_letter, campaign_letter, comment_letter, lost_letter
from notifications.letters.matters import NOTHING_LEFT, Item, Matters, put_off
from notifications.notice import Letter, Notice, Outcome
from workflow.org.office import Person
from workflow.refusal import Refusal


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
    letters: Sequence[Notice],
    *,
    related: Sequence[Notice] = (),
    carried: Mapping[str, Sequence[Notice]] | None = None,
    overview: OpenDeadlines | None = None,
) -> ComposedLetters:
    """Return a letter for each notice that is still needed; `Matters.item` says which are.

    Args:
        related: what may say the same to the same people (`Outbox.related`).
        carried: the notices carried by letters of this batch, by the letter's key; the others carry themselves.
        overview: the open deadlines, for digests; built once for all batches of a delivery.
    """
    carried = carried or {}
    overview = overview or OpenDeadlines(dispatch)
    matters = Matters(dispatch, [*letters, *chain.from_iterable(carried.values())], related=related)
    parcels: list[OutgoingMessage] = []
    settled: dict[str, Outcome] = {}
    for letter in letters:
        # A language may have left the installation since.
        letter = replace(letter, language=available_language(letter.language))
        is_carrier = letter.kind == "letter"
        members = carried.get(letter.key, ()) if is_carrier else [letter]
        items = {member.key: matters.item(member) for member in members}
        settled |= {key: item for key, item in items.items() if isinstance(item, Outcome)}
        if letter.key in settled:
            continue
        valid = [item for item in items.values() if not isinstance(item, Outcome)]
        try:
            content = _content(letter, valid, matters, overview)
        except (Refusal, LookupError) as trouble:
            settled[letter.key] = put_off(trouble)
            continue
        if content is None or not matters.is_still_for(letter):
            settled[letter.key] = NOTHING_LEFT
            continue
        address, one_click = matters.settings(letter)
        parcels.append(
            OutgoingMessage(
                notice=replace(letter, address=matters.address(letter)),
                letter=replace(content, settings=address, one_click=one_click),
                name=matters.name(letter),
            )
        )
    return ComposedLetters(parcels=tuple(parcels), settled=settled, redirected=matters.redirected)


def _content(letter: Notice, items: Sequence[Item], matters: Matters, overview: OpenDeadlines) -> Letter | None:
    """Return what a letter with these items says; None when there is nothing to say any more."""
    name = matters.name(letter)
    match letter.kind:
        case "lost":
            return lost_letter(letter, name=name, office=matters.office)
        case "comment":
            return comment_letter(letter, matters)
        case "account":
            return account_letter(letter, name=name, rules=matters.rules)
        case "campaign":
            return campaign_letter(letter, name=name, rules=matters.rules)
    return daily_letter(letter, items, matters, overview)
