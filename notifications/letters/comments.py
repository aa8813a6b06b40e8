"""The letter about a comment: its author, text and case, and the day by which an answer is requested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from i18n import date_long, say
from notifications.answer_links import answer_address
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.notice import Letter, Notice
from notifications.rules import Rules
from workflow.cases.case import Case


def comment_letter(notice: Notice, case: Case, *, name: str, rules: Rules) -> Letter:
    """Return the letter; for a confidential case it only says that somebody there waits for the reader."""
    language, about = notice.language, notice.about
    word = "discreet" if case.confidential else "reply_several" if "steps" in about else str(about["kind"])
    until = date.fromisoformat(str(about["until"])) if "until" in about else None
    arguments = {
        "by": str(about.get("by", "")),
        "case": case.object_names() if case.object_in("kk") else case.id,
        "until": until,
    }
    table = []
    if not case.confidential:
        object_name = case.object_in(language)
        named = f"{object_name} ({case.id})" if object_name else case.id
        table.append(Line(label=say("comment_letter.case", {}, language), text=named))
    if until is not None:
        label = "until" if word in ("question", "answer_day", "discreet") else "assignment_until"
        day = date_long(until, language)
        table.append(Line(label=say(f"comment_letter.{label}", {}, language), text=day))
    said = () if case.confidential else tuple(_steps(notice, rules)) or (Line(text=str(about["text"])),)
    link = (
        f"{rules.public_address.rstrip('/')}/cases/{case.id}#{about['place']}" if rules.public_address else None
    )
    if word == "reply_several":
        # The steps may be of several cases.
        table, link = [], None
    sections = []
    if said:
        heading = "letter.heading_do" if word == "reply_several" else "comment_letter.text"
        sections.append(Section(heading=say(heading, {}, language), lines=said))
    if link:
        do = Line(text=say("letter.link_case", {}, language), link=link)
        sections.append(Section(heading=say("letter.heading_do", {}, language), lines=(do,)))
    page = Page(
        subject=say(f"comment_letter.{word}.subject", arguments, language),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=say(f"comment_letter.{word}.lead", arguments, language),
        table=tuple(table),
        sections=tuple(sections),
        footer=say("letter.sent", {}, language),
    )
    return render_letter(page, language)


def _steps(notice: Notice, rules: Rules) -> Iterator[Line]:
    """Yield the steps a reply may have been meant for, each with the page it is answered on."""
    steps = notice.about.get("steps", ())
    for one in steps if isinstance(steps, Sequence) else ():
        reminder = replace(notice, kind="reminder", key=str(one["key"]), case=str(one["case"]))
        yield Line(text=str(one["title"]), link=answer_address(rules, reminder) or None, below=True)
