"""The letter that combines all reminders missed while nothing ran."""

from __future__ import annotations

from collections.abc import Sequence

from i18n import say
from notifications.letters.lists import Item, sections
from notifications.letters.page import Page, render_letter
from notifications.letters.subjects import Matters
from notifications.letters.texts import Matter, case_page, entry, object_names, relation_to_matter
from notifications.notice import Letter, Notice


def items(told: Sequence[tuple[Notice, Matter]], matters: Matters) -> list[Item]:
    """Return these reminders as lines of a list, each deadline once."""
    found: dict[tuple[str, str], Item] = {}
    for one, matter in told:
        if not matter.dated and (one.case, one.obligation) in found:
            continue
        day, now = relation_to_matter(matter, matters.calendar, today=matters.today)
        found[one.case, one.obligation] = Item(
            title=matter.deadline.obligation.title,
            period=matter.deadline.period,
            object=object_names(matter.case, matter.procedure),
            due=day,
            standing=now,
            force=matter.deadline.obligation.force,
            link=case_page(matter),
            today=matters.today,
            discreet=matter.confidential,
        )
    return list(found.values())


def collected_letter(told: Sequence[tuple[Notice, Matter]], matters: Matters, language: str) -> Letter:
    """Return the letter, with every deadline it lists as a calendar item, except confidential ones."""
    listed = items(told, matters)
    page = Page(
        subject=say("digest.collected_subject", {"count": len(listed)}, language),
        greeting=say("letter.greeting", {"name": told[0][1].name}, language),
        lead=say("digest.collected_lead", {"count": len(listed)}, language),
        table=(),
        sections=sections(listed, language),
        footer=say("letter.footer", {}, language),
    )
    return render_letter(
        page,
        language,
        entries=tuple(
            entry(matter, language=language, domain=matters.rules.domain, queued_at=one.queued_at)
            for one, matter in told
            if not matter.confidential and matter.dated
        ),
    )
