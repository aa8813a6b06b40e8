"""What letters say of events: a date that moved, a comment or assignment, a campaign, one's own account, a lost
channel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast

from calendars.hours import almaty, local_date
from i18n import date_long, knows, say
from i18n.sentences import sentence
from notifications.event_notices import REMINDER, WITHDRAWN
from notifications.letter_links import CampaignLink, link_address
from notifications.letters import LetterLine, render_letter
from notifications.letters.deadlines import Matter, calendar_entry
from notifications.letters.matters import Matters
from notifications.notice import ANSWER_DAY, CalendarEntry, Letter, Notice
from notifications.rules import Rules
from workflow.law.procedure import Obligation
from workflow.org.office import Office


def comment_letter(notice: Notice, matters: Matters) -> Letter:
    """Return the letter about a comment, question or assignment; of a confidential case it names nothing but
    the day an answer is due.
    """
    case, language, about = matters.cases[notice.case], notice.language, notice.about
    what, object_name = _comment(notice, matters), case.object_in(language)
    subject, lead = f"{what}: {object_name or case.id}", f"{what} ({about.get('by', '')})."
    if case.confidential:
        subject, lead = what, say("comment_letter.log_in", {}, language)
    table = {}
    if not case.confidential:
        table["head.case"] = f"{object_name} ({case.id})" if object_name else case.id
    if "until" in about:
        asks = case.confidential or about["kind"] in ("question", ANSWER_DAY)
        day = date_long(date.fromisoformat(str(about["until"])), language)
        table[f"comment_letter.{'until' if asks else 'assignment_until'}"] = day
    text = [] if case.confidential else [LetterLine(text=str(about["text"]))]
    link = LetterLine(text=say("letter.link_case", {}, language), link=_place(notice, matters))
    return render_letter(
        language=language,
        subject=subject,
        name=matters.name(notice),
        lead=lead,
        table=_table(table, language),
        sections={say("head.text", {}, language): text, say("letter.heading_do", {}, language): [link]},
        footer="letter.sent",
    )


def _table(texts: Mapping[str, str], language: str) -> list[LetterLine]:
    """Return the table of a letter: texts by the codes of their labels, without empty ones."""
    return [LetterLine(label=say(code, {}, language), text=text) for code, text in texts.items() if text]


def comment_line(notice: Notice, matters: Matters) -> LetterLine:
    """Return what `comment_letter` says as one line of a letter with other items."""
    case, said = matters.cases[notice.case], _comment(notice, matters)
    if not case.confidential:
        about = case.object_in(notice.language) or case.id
        said += f" ({notice.about.get('by', '')}): {about}: {notice.about['text']}"
    return LetterLine(text=said, link=_place(notice, matters), below=True)


def _comment(notice: Notice, matters: Matters) -> str:
    """Return what a letter about a comment tells, in a few words."""
    until = notice.about.get("until")
    word = "discreet" if matters.cases[notice.case].confidential else str(notice.about["kind"])
    arguments = {"until": date.fromisoformat(str(until)) if until else None}
    return say(f"comment_letter.{word}", arguments, notice.language)


def _place(notice: Notice, matters: Matters) -> str:
    """Return the address of a comment or assignment on the page of its case."""
    return f"{matters.rules.public_address}/cases/{notice.case}#{notice.about['place']}"


def campaign_letter(notice: Notice, *, name: str, rules: Rules) -> Letter:
    """Return the letter that asks a person to answer a campaign, with their own address for it."""
    about, language = notice.about, notice.language
    link = CampaignLink(notice.obligation, int(str(about["number"])), int(str(about["version"])))
    arguments = {"title": about["title"], "until": notice.due, "today": local_date(notice.queued_at)}
    kind = "reminder" if notice.step.startswith(REMINDER) else "invitation"

    def said(code: str) -> str:
        return say(f"campaign_letter.{code}", arguments, language)

    table = {
        "setting.group.organisation": str(about.get("organisation", "")),
        "web.campaigns.campaign": str(about["title"]),
        "web.ground": str(about["act"]),
    }
    days = [(title, date.fromisoformat(day)) for title, day in cast("list[list[str]]", about.get("days", []))]
    days.append((say("web.campaigns.last_day", {}, language), notice.due))
    asks = said(str(about.get("asks", "link")))
    to_do = [LetterLine(text=asks, link=link_address(rules, link), below=True), LetterLine(text=said("own"))]
    return render_letter(
        language=language,
        subject=said(f"{kind}.subject"),
        name=name,
        lead=str(about["text"]),
        table=[
            *_table(table, language),
            *(LetterLine(label=label, text=date_long(day, language)) for label, day in days),
        ],
        sections={say("letter.heading_do", {}, language): to_do},
        footer="letter.sent",
    )


def account_letter(notice: Notice, *, name: str, rules: Rules) -> Letter:
    """Return the letter about an account: what happened, when, by whom, and what to do. `about` of the notice
    has `event`, `login`, `at`, and other arguments of the event's sentences.
    """
    about, language = notice.about, notice.language
    arguments = {**about, **{key: _moment(about[key]) for key in ("at", "until") if key in about}}
    way = f"_{about['way']}" if "way" in about else ""

    def said(code: str) -> str:
        return say(f"account_letter.{about['event']}.{code}", arguments, language)

    labels = {"office": "setting.group.organisation"}
    labels |= {key: f"account_letter.{key}" for key in ("login", "at", "by", "until")}
    to_do = [LetterLine(text=said(f"do{way}")), _account_link(about, rules, language)]
    return render_letter(
        language=language,
        subject=said("subject"),
        name=name,
        lead=said("lead"),
        table=_table({label: str(arguments.get(key) or "") for key, label in labels.items()}, language),
        sections={say("letter.heading_do", {}, language): to_do},
        footer="account_letter.footer",
    )


def _moment(value: object) -> str:
    """Return a stored UTC moment as local date and time."""
    return f"{datetime.fromisoformat(str(value)).astimezone(almaty()):%d.%m.%Y, %H:%M}"


def _account_link(about: Mapping[str, object], rules: Rules, language: str) -> LetterLine:
    """Return the link to continue at: the user's own account, or the page for accepting an invitation."""
    place, code = "account", "web.account"
    if about["event"] == "invited":
        sealed, code = str(about["link"]), f"account_letter.enter_{about['way']}"
        secret = rules.unseal(sealed, owner_of_link(str(about["login"]))) if sealed else ""
        place = f"welcome/{secret}" if secret else "login"
    return LetterLine(text=say(code, {}, language), link=f"{rules.public_address}/{place}")


def owner_of_link(login: str) -> str:
    """Return what an invitation's encrypted link is bound to; it contains a blank, which no login does."""
    return f"invitation of {login}"


def lost_letter(notice: Notice, *, name: str, office: Office) -> Letter:
    """Return the letter telling the officer whom the channel cannot reach any more, that no reminder is lost,
    and how to restore it.
    """
    key, language = str(notice.about["person"]), notice.language
    person = office.people[key].name_in(language) if key in office.people else key
    arguments = {"person": person, "channel": str(notice.about["channel"])}

    def said(code: str) -> str:
        return say(f"telegram.lost_{code}", arguments, language)

    return render_letter(
        language=language,
        subject=said("subject"),
        name=name,
        lead=said("lead"),
        table=[LetterLine(label=said("label"), text=person)],
        sections={say("letter.heading_do", {}, language): [LetterLine(text=said("do"))]},
    )


def moved_line(matter: Matter) -> LetterLine:
    """Return the line about a deadline whose date the reader was told of: what it is now, and why."""
    if matter.confidential:
        return replace(matter.line("digest.moved_discreet", link=matter.page), below=True)
    told = _sentence(matter, "line")
    if matter.notice.step != WITHDRAWN:
        # What is no longer required has no force.
        told += f"; {matter.say(f'letter.force_{matter.obligation.force}')}"
    stored = cast("Mapping[str, Any]", matter.notice.about["cause"])
    cause = describe_cause(stored, matter.language, matter.procedure.by_id)
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


def describe_cause(
    cause: Mapping[str, Any], language: str, obligations: Mapping[str, Obligation] | None = None
) -> str:
    """Return the cause of a move, as it is stored with it, in words: an event of the case, or a change of the
    calendar. `obligations`: by id, so that a fact is named by its title.
    """
    kind = cause.get("kind", "calendar")
    if kind in ("act", "calendar"):
        days = tuple(date.fromisoformat(day) for day in cause.get("days", ()))
        acts = "; ".join(_acts(cause, language))
        return say(f"digest.cause_{kind}", {"acts": acts, "days": days}, language)
    # A case is taken up again, or one of its obligations is.
    full_name = cause.get("name", "")
    code = f"event.{kind}" + ("_one" if kind == "reopened" and full_name else "")
    about = [_name(full_name, language, obligations or {})] if full_name else []
    if cause.get("on") and kind in ("fact", "corrected", "planned"):
        about.append(date_long(date.fromisoformat(cause["on"]), language))
    what = say(code if knows(code) else "digest.cause_other", {}, language)
    said = f"{': '.join(filter(None, (what, ', '.join(about))))} ({cause.get('by', '')})."
    if ground := cause.get("ground"):
        said += f" {say('head.ground', {}, language)}: {sentence(ground)}"
    return said


def _name(full_name: str, language: str, obligations: Mapping[str, Obligation]) -> str:
    """Return what an event is about: the title of an obligation, a register row by its number, or the id."""
    name = full_name.partition(".")[0].partition("#")[0]
    obligation = obligations.get(name) or obligations.get(".".join(full_name.split(".")[:2]))
    if obligation is not None:
        return obligation.title[language]
    number = full_name.partition(".")[2]
    return say(f"row.{name}", {"number": number}, language) if knows(f"row.{name}") else full_name


def _acts(cause: Mapping[str, Any], language: str) -> Iterator[str]:
    """Yield the titles of the acts with date and number; the id of an act without a title."""
    named = dict(zip(cause.get("acts", ()), cause.get("called", ()), strict=False))
    for id in cause.get("acts", ()):
        act: Mapping[str, Any] = named.get(id) or {}
        title = act.get("title", {}).get(language, "")
        text = say("digest.act_title", {"title": title}, language) if title else id
        if act.get("adopted"):
            text += say("digest.act_on", {"on": date.fromisoformat(act["adopted"])}, language)
        if act.get("number"):
            text += say("digest.act_number", {"number": act["number"]}, language)
        yield text
