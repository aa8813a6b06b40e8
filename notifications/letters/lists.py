"""Lists of deadlines in a letter: overdue, due today, coming."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from i18n import say
from notifications.letters.page import LetterLine, LetterSection
from notifications.letters.texts import DeadlineSummary, with_period
from workflow.law.procedure import Force, Text

SOON = ("soon", "last_working_day")
OVERDUE = ("overdue", "just_past")
PLANNED = ("planned_today", "planned_soon")
SLIPPED = ("slipped", "just_slipped")
UNDATED = ("open", "before", "points", "year")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedDeadline:
    """A deadline in a list, with its status and its force.

    `period`: of what recurs; `object`: by language; `discreet`: its line must not reveal its subject; `more`:
    text after it; `today`: the local date of the letter; `answers`: to its reminder, with their addresses;
    `note`: why that day, and what proves it.
    """

    title: Text
    period: str | None
    object: Text
    due: date
    relation: DeadlineSummary
    force: Force
    link: str | None
    today: date
    discreet: bool = False
    more: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    note: str = ""


def sections(items: Iterable[ListedDeadline], language: str) -> tuple[LetterSection, ...]:
    """Return the items grouped by urgency, each once; empty groups are left out."""
    sorted_items = sorted(items, key=lambda item: item.due)
    parts = (
        ("overdue", OVERDUE),
        ("today", ("today",)),
        ("soon", SOON),
        ("planned", PLANNED),
        ("slipped", SLIPPED),
        ("asked", ("asked",)),
        ("open", UNDATED),
    )
    sections = []
    for name, standings in parts:
        lines = tuple(line(item, language) for item in sorted_items if item.relation.word in standings)
        if lines:
            sections.append(LetterSection(heading=say(f"digest.heading_{name}", {}, language), lines=lines))
    return tuple(sections)


def line(item: ListedDeadline, language: str) -> LetterLine:
    """Return one line: title, due date, and days left or late."""
    arguments = {"due": item.due, "left": item.relation.left, "late": item.relation.late}
    arguments |= {"today": item.today}
    when = say(f"digest.when_{item.relation.word}", arguments, language)
    if item.discreet:
        return LetterLine(text=f"{say('digest.discreet', {}, language)} – {when}", link=item.link, below=True)
    about = item.object[language]
    title = with_period(item.title, item.period, language)
    subject = f"{title} ({about})" if about else title
    addition = f"; {item.more}" if item.more else ""
    force = say(f"letter.force_{item.force}", {}, language)
    return LetterLine(
        text=f"{subject} – {when}; {force}{addition}",
        link=item.link,
        below=True,
        answers=item.answers,
        note=item.note,
    )


def count(items: Iterable[ListedDeadline], *standings: str) -> int:
    return sum(item.relation.word in standings for item in items)
