"""Letters about events: a comment or assignment, a campaign that asks, one's own account, a lost channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import cast

from i18n import date_long, say
from notifications.letter_links import CampaignLink, link_address
from notifications.letters.matters import Matters
from notifications.letters.page import LetterLine, LetterPage, render_letter
from notifications.notice import Letter, Notice
from notifications.rules import Rules, local_day, local_moment


def comment_letter(notice: Notice, matters: Matters) -> Letter:
    """Return the letter about a comment, question or assignment; of a confidential case it names nothing but
    the day an answer is due.
    """
    case, language, about = matters.case(notice), notice.language, notice.about
    what, object_name = _comment(notice, matters), case.object_in(language)
    subject, lead = f"{what}: {object_name or case.id}", f"{what} ({about.get('by', '')})."
    if case.confidential:
        subject, lead = what, say("comment_letter.log_in", {}, language)
    table = {}
    if not case.confidential:
        table["head.case"] = f"{object_name} ({case.id})" if object_name else case.id
    if "until" in about:
        asks = case.confidential or about["kind"] in ("question", "answer_day")
        day = date_long(date.fromisoformat(str(about["until"])), language)
        table[f"comment_letter.{'until' if asks else 'assignment_until'}"] = day
    text = [] if case.confidential else [LetterLine(text=str(about["text"]))]
    link = LetterLine(text=say("letter.link_case", {}, language), link=_place(notice, matters))
    page = LetterPage(
        language=language,
        subject=subject,
        name=matters.name(notice),
        lead=lead,
        table=[LetterLine(label=say(code, {}, language), text=line) for code, line in table.items()],
        sections={say("head.text", {}, language): text, say("letter.heading_do", {}, language): [link]},
        footer="letter.sent",
    )
    return render_letter(page)


def comment_line(notice: Notice, matters: Matters) -> LetterLine:
    """Return what `comment_letter` says as one line of a letter with other items."""
    case, said = matters.case(notice), _comment(notice, matters)
    if not case.confidential:
        said += f": {case.object_in(notice.language) or case.id}: {notice.about['text']}"
    return LetterLine(text=said, link=_place(notice, matters), below=True)


def _comment(notice: Notice, matters: Matters) -> str:
    """Return what a letter about a comment tells, in a few words."""
    until = notice.about.get("until")
    word = "discreet" if matters.case(notice).confidential else str(notice.about["kind"])
    arguments = {"until": date.fromisoformat(str(until)) if until else None}
    return say(f"comment_letter.{word}", arguments, notice.language)


def _place(notice: Notice, matters: Matters) -> str:
    """Return the address of a comment or assignment on the page of its case."""
    return f"{matters.rules.public_address}/cases/{notice.case}#{notice.about['place']}"


def campaign_letter(notice: Notice, *, name: str, rules: Rules) -> Letter:
    """Return the letter that asks a person to answer a campaign, with their own address for it."""
    about, language = notice.about, notice.language
    link = CampaignLink(notice.obligation, int(str(about["number"])), int(str(about["version"])))
    arguments = {"title": about["title"], "until": notice.due, "today": local_day(notice.queued_at)}
    kind = "reminder" if notice.step.startswith("reminder") else "invitation"

    def said(code: str) -> str:
        return say(f"campaign_letter.{code}", arguments, language)

    table = {
        say("setting.group.organisation", {}, language): str(about.get("organisation", "")),
        say("web.campaigns.campaign", {}, language): str(about["title"]),
        say("web.ground", {}, language): str(about["act"]),
    }
    days = [(title, date.fromisoformat(day)) for title, day in cast("list[list[str]]", about.get("days", []))]
    days.append((say("web.campaigns.last_day", {}, language), notice.due))
    page = LetterPage(
        language=language,
        subject=said(f"{kind}.subject"),
        name=name,
        lead=str(about["text"]),
        table=[
            *(LetterLine(label=label, text=text) for label, text in table.items() if text),
            *(LetterLine(label=label, text=date_long(day, language)) for label, day in days),
        ],
        sections={
            say("letter.heading_do", {}, language): [
                LetterLine(
                    text=said(str(about.get("asks", "link"))), link=link_address(rules, link), below=True
                ),
                LetterLine(text=said("own")),
            ]
        },
        footer="letter.sent",
    )
    return render_letter(page)


def account_letter(about: Mapping[str, object], *, name: str, rules: Rules, language: str) -> Letter:
    """Return the letter about an account: what happened, when, by whom, and what to do.

    Args:
        about: `event`, `login`, `at`, and other arguments of the event's sentences.
        name: name of the account's holder.
    """
    moments = {key: _moment(about[key]) for key in ("at", "until") if key in about}
    arguments = {**about, **moments}
    way = f"_{about['way']}" if "way" in about else ""

    def said(code: str) -> str:
        return say(f"account_letter.{about['event']}.{code}", arguments, language)

    labels = {"office": "setting.group.organisation"}
    labels |= {key: f"account_letter.{key}" for key in ("login", "at", "by", "until")}
    page = LetterPage(
        language=language,
        subject=said("subject"),
        name=name,
        lead=said("lead"),
        table=[
            LetterLine(label=say(label, {}, language), text=str(arguments[key]))
            for key, label in labels.items()
            if arguments.get(key)
        ],
        sections={
            say("letter.heading_do", {}, language): [
                LetterLine(text=said(f"do{way}")),
                _account_link(about, rules, language),
            ]
        },
        footer="account_letter.footer",
    )
    return render_letter(page)


def _moment(value: object) -> str:
    """Return a stored UTC moment as local date and time."""
    return f"{local_moment(datetime.fromisoformat(str(value))):%d.%m.%Y, %H:%M}"


def _account_link(about: Mapping[str, object], rules: Rules, language: str) -> LetterLine:
    """Return the link to continue at: the user's own account, or the page for accepting an invitation."""
    place, code = "account", "web.account"
    if about["event"] == "invited":
        sealed, code = str(about["link"]), f"account_letter.enter_{about['way']}"
        secret = rules.unseal(sealed, owner_of_link(str(about["login"]))) if sealed else ""
        place = f"welcome/{secret}" if secret else "login"
    return LetterLine(text=say(code, {}, language), link=f"{rules.public_address}/{place}")


def owner_of_link(login: str) -> str:
    """Return the string an invitation's encrypted link is bound to; it contains a blank, which no login
    does.
    """
    return f"invitation of {login}"


def is_expired_invitation(about: Mapping[str, object], today: date) -> bool:
    """Return whether a letter is an invitation whose link expired before today, a day in Almaty."""
    until = str(about.get("until", ""))
    return about["event"] == "invited" and bool(until) and local_day(datetime.fromisoformat(until)) < today


def lost_letter(*, officer: str, person: str, channel: str, language: str) -> Letter:
    """Return the letter telling the officer whom the channel cannot reach any more, that no reminder is lost,
    and how to restore it.

    `officer`, `person`: their names.
    """

    def said(code: str) -> str:
        return say(f"telegram.{code}", {"person": person, "channel": channel}, language)

    page = LetterPage(
        language=language,
        subject=said("lost_subject"),
        name=officer,
        lead=said("lost_lead"),
        table=[LetterLine(label=said("lost_label"), text=person)],
        sections={say("letter.heading_do", {}, language): [LetterLine(text=said("lost_do"))]},
    )
    return render_letter(page)
