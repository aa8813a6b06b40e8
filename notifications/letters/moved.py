"""The lines about moved or cancelled deadlines: old date, new date, cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from i18n import date_long, knows, say
from i18n.formats import sentence
from notifications.letters.page import LetterLine
from notifications.letters.texts import Matter, case_page, entry, object_names, with_period
from notifications.notice import CalendarEntry, Notice
from notifications.rules import Rules
from workflow.cases.registers.entries import period_in

WITHDRAWN = "withdrawn"


def moved_line(notice: Notice, matter: Matter, language: str) -> LetterLine:
    """Return the line about a deadline whose date the reader was told of: what it is now, and why."""
    link = case_page(matter)
    if matter.confidential:
        return LetterLine(text=say("digest.moved_discreet", {}, language), link=link, below=True)
    told = say(f"digest.{_word(notice)}_line", _arguments(notice, matter, language), language)
    cause = describe_cause(notice.about.get("cause"), language, matter)
    if notice.step != WITHDRAWN:
        # What is no longer required has no force.
        told += f"; {say(f'letter.force_{matter.deadline.obligation.force}', {}, language)}"
    return LetterLine(text=f"{told}. {cause}", link=link, below=True)


def moved_subject(notice: Notice, matter: Matter, language: str) -> str:
    """Return the subject of a letter about one moved deadline alone."""
    if matter.confidential:
        return say("digest.awaits_subject", {}, language)
    return say(f"digest.{_word(notice)}_subject", _arguments(notice, matter, language), language)


def moved_entry(notice: Notice, matter: Matter, rules: Rules, language: str) -> CalendarEntry:
    """Return the calendar item of a moved deadline: on its new day, or cancelled."""
    item = entry(matter, language=language, domain=rules.domain, queued_at=notice.queued_at, on=notice.due)
    return replace(item, status="CANCELLED") if notice.step == WITHDRAWN else item


def _word(notice: Notice) -> str:
    """Return the key of the sentences for a notice: another date, the same again, none valid yet, or no longer
    required.
    """
    if notice.step != WITHDRAWN:
        return "again" if notice.about["old"] == notice.due.isoformat() else "moved"
    return "waits" if notice.about.get("awaited") else "withdrawn"


def _arguments(notice: Notice, matter: Matter, language: str) -> dict[str, object]:
    """Return the arguments of the sentence about one deadline; `today` is the old date, so that dates of its
    year are written without the year.
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
    """Return the cause of a move in words: an event of the case, or a change of the calendar, as it is stored
    with the move.

    Args:
        matter: by which a fact is named by its title; None for its id.
    """
    details: Mapping[str, object] = cause if isinstance(cause, Mapping) else {}
    kind = str(details.get("kind", "calendar"))
    if kind in ("act", "calendar"):
        days = tuple(date.fromisoformat(day) for day in _texts(details.get("days")))
        return say(
            f"digest.cause_{kind}", {"acts": "; ".join(_acts(details, language)), "days": days}, language
        )
    # A case is taken up again, or one of its obligations is.
    code = f"event.{kind}" + ("_one" if kind == "reopened" and details.get("name") else "")
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
    about = [obligation.title[language] if obligation else row] if full_name else []
    if details.get("on") and kind in ("fact", "corrected", "planned"):
        about.append(date_long(date.fromisoformat(str(details["on"])), language))
    what = say(code if knows(code) else "digest.cause_other", {}, language)
    cause = f"{': '.join(filter(None, (what, ', '.join(about))))} ({details.get('by', '')})."
    if ground := details.get("ground"):
        cause += f" {say('head.ground', {}, language)}: {sentence(str(ground))}"
    return cause


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
    """Return a stored list as texts; none for anything else."""
    return tuple(str(value) for value in several) if isinstance(several, list | tuple) else ()
