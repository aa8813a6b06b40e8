"""Lists of deadlines in a letter: overdue, due today, coming."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from i18n import say
from notifications.letters.page import LetterLine, LetterSection
from notifications.letters.texts import SECTIONS, DayRelation, with_period
from workflow.law.procedure import Obligation, Text


class ListedDeadline(NamedTuple):
    """A deadline in a list: its day, the word for how today relates to it, and its line."""

    due: date
    word: str
    line: LetterLine


def listed(
    obligation: Obligation,
    period: str | None,
    about: Text,
    due: date,
    relation: DayRelation,
    language: str,
    *,
    today: date,
    link: str,
    discreet: bool,
    more: str = "",
    answers: tuple[tuple[str, str], ...] = (),
    note: str = "",
) -> ListedDeadline:
    """Return a deadline with its line: title, object, day, working days left or late, and force.

    Args:
        period: of what recurs; about: the object of its case.
        discreet: whether the line must not reveal the subject: then it says the day alone.
        more: text after it; answers, note: as in `LetterLine`.
    """
    arguments = {"due": due, "left": relation.left, "late": relation.late, "today": today}
    when = say(f"digest.when_{relation.word}", arguments, language)
    if discreet:
        text = f"{say('digest.discreet', {}, language)} – {when}"
        return ListedDeadline(due, relation.word, LetterLine(text=text, link=link, below=True))
    subject = with_period(obligation.title, period, language)
    subject += f" ({about[language]})" if about[language] else ""
    force = say(f"letter.force_{obligation.force}", {}, language)
    text = "; ".join(filter(None, (f"{subject} – {when}", force, more)))
    line = LetterLine(text=text, link=link, below=True, answers=answers, note=note)
    return ListedDeadline(due, relation.word, line)


def sections(items: Iterable[ListedDeadline], language: str) -> tuple[LetterSection, ...]:
    """Return the items grouped by urgency, each by day; empty groups are left out."""
    ordered = sorted(items, key=lambda item: item.due)
    groups = (
        (name, tuple(item.line for item in ordered if item.word in words)) for name, words in SECTIONS.items()
    )
    return tuple(
        LetterSection(heading=say(f"digest.heading_{name}", {}, language), lines=lines)
        for name, lines in groups
        if lines
    )


def count(items: Iterable[ListedDeadline], *words: str) -> int:
    """Return the number of the items that have one of these words."""
    return sum(item.word in words for item in items)
