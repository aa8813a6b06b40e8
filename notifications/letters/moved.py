"""The lines about moved or cancelled deadlines: old date, new date, cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import zip_longest

from i18n import date_long, knows, say
from i18n.sentences import sentence
from notifications.letters.deadlines import Matter, calendar_entry
from notifications.letters.page import LetterLine
from notifications.notice import CalendarEntry
from workflow.law.procedure import Obligation

WITHDRAWN = "withdrawn"


def moved_line(matter: Matter) -> LetterLine:
    """Return the line about a deadline whose date the reader was told of: what it is now, and why."""
    if matter.confidential:
        return replace(matter.line("digest.moved_discreet", link=matter.page), below=True)
    told = _sentence(matter, "line")
    if matter.notice.step != WITHDRAWN:
        # What is no longer required has no force.
        told += f"; {matter.say(f'letter.force_{matter.obligation.force}')}"
    cause = describe_cause(matter.notice.about.get("cause"), matter.language, matter.procedure.by_id)
    return LetterLine(text=f"{told}. {cause}", link=matter.page, below=True)


def moved_subject(matter: Matter) -> str:
    """Return the subject of a letter about one moved deadline alone."""
    return matter.say("digest.awaits_subject") if matter.confidential else _sentence(matter, "subject")


def moved_entry(matter: Matter, domain: str) -> CalendarEntry:
    """Return the calendar item of a moved deadline: on its new day, or cancelled."""
    item = calendar_entry(matter, domain)
    return replace(item, status="CANCELLED") if matter.notice.step == WITHDRAWN else item


def _sentence(matter: Matter, part: str) -> str:
    """Return the sentence about a deadline with another date, the same again, none valid yet, or no longer
    required; its `today` is the old date, so that dates of its year are written without the year.
    """
    notice = matter.notice
    old, awaited = date.fromisoformat(str(notice.about["old"])), str(notice.about.get("awaited", ""))
    word = "again" if old == notice.due else "moved"
    if notice.step == WITHDRAWN:
        word = "waits" if awaited else "withdrawn"
    anchor = matter.procedure.by_id.get(awaited.partition(".")[0])
    about = matter.object_names
    return matter.say(
        f"digest.{word}_{part}",
        awaited=anchor.title if anchor else awaited,
        title=matter.title(matter.language),
        object=about if about["kk"] else matter.case.id,
        old=old,
        new=notice.due,
        today=old,
    )


def describe_cause(cause: object, language: str, obligations: Mapping[str, Obligation] | None = None) -> str:
    """Return the cause of a move in words: an event of the case, or a change of the calendar, as it is stored
    with the move.

    Args:
        obligations: by id, by which a fact is named by its title; None for its id.
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
    about = [_name(full_name, language, obligations or {})] if full_name else []
    if details.get("on") and kind in ("fact", "corrected", "planned"):
        about.append(date_long(date.fromisoformat(str(details["on"])), language))
    what = say(code if knows(code) else "digest.cause_other", {}, language)
    said = f"{': '.join(filter(None, (what, ', '.join(about))))} ({details.get('by', '')})."
    if ground := details.get("ground"):
        said += f" {say('head.ground', {}, language)}: {sentence(str(ground))}"
    return said


def _name(full_name: str, language: str, obligations: Mapping[str, Obligation]) -> str:
    """Return what an event is about: the title of an obligation, a register row by its number, or the id."""
    name = full_name.partition(".")[0].partition("#")[0]
    obligation = obligations.get(name) or obligations.get(".".join(full_name.split(".")[:2]))
    if obligation is not None:
        return obligation.title[language]
    number = full_name.partition(".")[2]
    return say(f"row.{name}", {"number": number}, language) if knows(f"row.{name}") else full_name


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
