"""The letter about moved or cancelled deadlines: old date, new date, cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from i18n import explain, knows, say
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.letters.texts import Matter, case_page, entry, object_names, with_period
from notifications.notice import Entry, Letter, Notice
from notifications.rules import Rules
from workflow.cases.registers.entries import period_in

WITHDRAWN = "withdrawn"


def moved_letter(notice_pairs: Sequence[tuple[Notice, Matter]], rules: Rules, language: str) -> Letter:
    """Return one letter for all deadlines a change moved of which the recipient had been notified."""
    notice, matter = notice_pairs[0]
    alone = len(notice_pairs) == 1
    arguments = _arguments(notice, matter, language)
    word = _word(notice)
    discreet = any(matter.confidential for _, matter in notice_pairs)
    if discreet:
        subject, lead = say("digest.awaits_subject", {}, language), say("digest.moved_discreet", {}, language)
    elif alone:
        subject = say(f"digest.{word}_subject", arguments, language)
        lead = say(f"digest.{word}_lead", arguments, language)
    else:
        subject = say("digest.moves_subject", {"count": len(notice_pairs)}, language)
        lead = say("digest.moves_lead", {"count": len(notice_pairs)}, language)
    page = Page(
        subject=subject,
        greeting=say("letter.greeting", {"name": matter.name}, language),
        lead=lead,
        table=() if discreet or not alone else tuple(_force(notice, matter, language)),
        sections=tuple(_sections(notice_pairs, language, discreet=discreet)),
        footer=say("letter.footer", {}, language),
    )
    entries = () if discreet else tuple(_entry(*pair, rules, language) for pair in notice_pairs)
    return render_letter(page, language, entries=entries)


def _sections(notice_pairs: Sequence[tuple[Notice, Matter]], language: str, *, discreet: bool) -> list[Section]:
    """Return the sections of the letter: the moved deadlines (unless the first sentence names the only one),
    the cause, what to do.
    """
    first_notice, first = notice_pairs[0]
    link = Line(text=say("letter.link_case", {}, language), link=case_page(first))
    if discreet:
        return [Section(heading=say("letter.heading_do", {}, language), lines=(link,))]
    lines = []
    for notice, matter in notice_pairs:
        move_text = say(f"digest.{_word(notice)}_line", _arguments(notice, matter, language), language)
        if notice.rung == WITHDRAWN:
            # It is no longer required, so it has no force.
            lines.append(Line(text=move_text))
            continue
        force = say(f"letter.force_{matter.deadline.obligation.force}", {}, language)
        lines.append(Line(text=f"{move_text}; {force}"))
    cause = Line(text=describe_cause(first_notice.about.get("cause"), language, first))
    sections = [Section(heading=say("digest.heading_cause", {}, language), lines=(cause,))]
    if len(notice_pairs) > 1:
        sections.insert(0, Section(heading=say("digest.heading_dates", {}, language), lines=tuple(lines)))
    elif first_notice.rung != WITHDRAWN:
        why = tuple(Line(text=sentence) for sentence in explain(first.deadline.explanation, language))
        sections.append(Section(heading=say("letter.heading_why", {}, language), lines=why))
    if link.link:
        sections.append(Section(heading=say("letter.heading_do", {}, language), lines=(link,)))
    return sections


def _force(notice: Notice, matter: Matter, language: str) -> Iterator[Line]:
    """Yield the force of the moved obligation; nothing if it is no longer required."""
    if notice.rung != WITHDRAWN:
        force = say(f"letter.force_{matter.deadline.obligation.force}", {}, language)
        yield Line(label=say("letter.label_force", {}, language), text=force)


def _word(notice: Notice) -> str:
    """Return the key of the sentences for a notice: another date, the same again, none valid yet, or no longer
    required.
    """
    if notice.rung != WITHDRAWN:
        return "again" if notice.about["old"] == notice.due.isoformat() else "moved"
    return "waits" if notice.about.get("awaited") else "withdrawn"


def _arguments(notice: Notice, matter: Matter, language: str) -> dict[str, object]:
    """Return the arguments of the sentence about one deadline; the year is included if it differs from the old
    one.
    """
    old = date.fromisoformat(str(notice.about["old"]))
    title = with_period(matter.deadline.obligation.title, period_in(notice.obligation), language)
    awaited = str(notice.about.get("awaited", ""))
    anchor = matter.procedure.by_id.get(awaited.partition(".")[0])
    about = object_names(matter.case, matter.procedure)
    return {
        "awaited": anchor.title if anchor else awaited,
        "title": title,
        "object": about if about["kk"] else matter.case.id,
        "old": old,
        "new": notice.due,
        "today": old,
    }


def describe_cause(cause: object, language: str, matter: Matter | None = None) -> str:
    """Return the cause of a move in words: an event of the case, or a change of the calendar."""
    details: Mapping[str, object] = cause if isinstance(cause, Mapping) else {}
    kind = str(details.get("kind", "calendar"))
    # A case is taken up again, or one of its obligations is.
    code = f"digest.cause_{kind}" + ("_one" if kind == "reopened" and details.get("name") else "")
    full_name = str(details.get("name", ""))
    name = full_name.partition(".")[0].partition("#")[0]
    anchors = matter.procedure.by_id if matter is not None else {}
    obligation = anchors.get(name) or anchors.get(".".join(full_name.split(".")[:2]))
    # A row of a register is named by its number.
    row = (
        say(f"row.{name}", {"number": full_name.partition(".")[2]}, language)
        if knows(f"row.{name}")
        else full_name
    )
    arguments = {
        "title": obligation.title if obligation else row,
        "on": date.fromisoformat(str(details["on"])) if details.get("on") else None,
        "by": str(details.get("by", "")),
        "ground": str(details.get("ground", "")),
        "acts": "; ".join(_acts(details, language)),
        "days": tuple(date.fromisoformat(day) for day in _texts(details.get("days"))),
    }
    return say(code if knows(code) else "digest.cause_other", arguments, language)


def _acts(details: Mapping[str, object], language: str) -> Iterator[str]:
    """Yield the titles of the acts with date and number; the id of an act without a title."""
    act_ids = _texts(details.get("acts"))
    act_names = details.get("called")
    for id, act_entry in zip_longest(act_ids, act_names if isinstance(act_names, list | tuple) else ()):
        act = act_entry if isinstance(act_entry, Mapping) else {}
        titles = act.get("title")
        title = str(titles.get(language, "")) if isinstance(titles, Mapping) else ""
        text = say("digest.act_title", {"title": title}, language) if title else str(id)
        if act.get("adopted"):
            on = date.fromisoformat(str(act["adopted"]))
            text += say("digest.act_on", {"on": on}, language)
        if act.get("number"):
            text += say("digest.act_number", {"number": str(act["number"])}, language)
        yield text


def _texts(several: object) -> tuple[str, ...]:
    """Return several texts as sentence arguments."""
    return tuple(str(value) for value in several) if isinstance(several, list | tuple) else ()


def _entry(notice: Notice, matter: Matter, rules: Rules, language: str) -> Entry:
    """Return the calendar item of a moved deadline."""
    item = entry(matter, language=language, domain=rules.domain, queued_at=notice.queued_at, on=notice.due)
    return replace(item, status="CANCELLED") if notice.rung == WITHDRAWN else item
