"""The letter that combines all reminders missed while the program was not running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from i18n import say
from notifications.letters.lists import Item, sections
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.letters.subjects import Matters
from notifications.letters.texts import (
    Matter,
    answer_links,
    case_page,
    entry,
    object_names,
    relation_to_matter,
    with_period,
)
from notifications.notice import Letter, Notice


def items(told: Sequence[tuple[Notice, Matter]], matters: Matters) -> list[Item]:
    """Return these reminders as items of a list, each deadline once."""
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
            answers=answer_links(matter, one.language),
        )
    return list(found.values())


def reply_section(told: Sequence[tuple[Notice, Matter]], language: str) -> tuple[Section, ...]:
    """Return what a reply with a document does: of one step it is its evidence, of several it must name one."""
    taking = _taking_replies(told)
    if not taking:
        return ()
    first = taking[0].deadline
    title = with_period(first.obligation.title, first.period, language)
    said = say("digest.reply_several" if len(taking) > 1 else "digest.reply", {"title": title}, language)
    return (Section(heading=say("letter.heading_reply", {}, language), lines=(Line(text=said),)),)


def replying(letter: Letter, told: Sequence[tuple[Notice, Matter]], address: str) -> Letter:
    """Return a letter of several reminders with the address for replies and the mark a reply repeats."""
    taking = _taking_replies(told)
    if not taking:
        return letter
    mark = f"{'several' if len(taking) > 1 else 'answer'}.{taking[0].reply}"
    return replace(letter, reply_to=address, reply=mark)


def _taking_replies(told: Sequence[tuple[Notice, Matter]]) -> list[Matter]:
    """Return those of these matters that a document may be sent of by mail, each deadline once."""
    found = {(one.case, one.obligation): matter for one, matter in told if matter.takes_reply}
    return list(found.values())


def collected_letter(told: Sequence[tuple[Notice, Matter]], matters: Matters, language: str) -> Letter:
    """Return the letter; each deadline in it is also a calendar item, except confidential ones."""
    listed = items(told, matters)
    page = Page(
        subject=say("digest.collected_subject", {"count": len(listed)}, language),
        greeting=say("letter.greeting", {"name": told[0][1].name}, language),
        lead=say("digest.collected_lead", {"count": len(listed)}, language),
        table=(),
        sections=(*sections(listed, language), *reply_section(told, language)),
        footer=say("letter.footer", {}, language),
    )
    letter = render_letter(
        page,
        language,
        entries=tuple(
            entry(matter, language=language, domain=matters.rules.domain, queued_at=one.queued_at)
            for one, matter in told
            if not matter.confidential and matter.dated
        ),
    )
    return replying(letter, told, matters.rules.reply_address)
