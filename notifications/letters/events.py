"""Letters about events: a comment or assignment, a campaign that asks, one's own account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import cast

from i18n import date_long, say
from notifications.letter_links import CampaignLink, campaign_address
from notifications.letters.page import LetterLine, LetterPage, LetterSection, render_letter
from notifications.letters.subjects import Matters
from notifications.notice import Letter, Notice
from notifications.rules import Rules, local_day, local_moment


def comment_letter(notice: Notice, matters: Matters) -> Letter:
    """Return the letter about a comment, question or assignment; of a confidential case it names nothing but
    the day an answer is due.
    """
    return render_letter(_comment_page(notice, matters), notice.language)


def _comment_page(notice: Notice, matters: Matters) -> LetterPage:
    """Return the parts of `comment_letter`."""
    case, language, about = matters.case(notice), notice.language, notice.about
    word = "discreet" if case.confidential else str(about["kind"])
    until = date.fromisoformat(str(about["until"])) if "until" in about else None
    what = say(f"comment_letter.{word}", {"until": until}, language)
    subject, lead = f"{what}: {case.object_in(language) or case.id}", f"{what} ({about.get('by', '')})."
    if case.confidential:
        subject, lead = what, say("comment_letter.log_in", {}, language)
    table = []
    if not case.confidential:
        object_name = case.object_in(language)
        case_name = f"{object_name} ({case.id})" if object_name else case.id
        table.append(LetterLine(label=say("head.case", {}, language), text=case_name))
    if until is not None:
        label = "until" if word in ("question", "answer_day", "discreet") else "assignment_until"
        day = date_long(until, language)
        table.append(LetterLine(label=say(f"comment_letter.{label}", {}, language), text=day))
    lines = () if case.confidential else (LetterLine(text=str(about["text"])),)
    link = f"{matters.rules.public_address}/cases/{case.id}#{about['place']}"
    sections = []
    if lines:
        sections.append(LetterSection(heading=say("head.text", {}, language), lines=lines))
    do = LetterLine(text=say("letter.link_case", {}, language), link=link)
    sections.append(LetterSection(heading=say("letter.heading_do", {}, language), lines=(do,)))
    return LetterPage(
        subject=subject,
        greeting=say("letter.greeting", {"name": matters.name(notice)}, language),
        lead=lead,
        table=tuple(table),
        sections=tuple(sections),
        footer=say("letter.sent", {}, language),
    )


def comment_line(notice: Notice, matters: Matters) -> LetterLine:
    """Return what `comment_letter` says as one line of a letter with other items."""
    letter = _comment_page(notice, matters)
    said = letter.sections[0].lines[0].text if len(letter.sections) > 1 else ""
    link = letter.sections[-1].lines[0].link if letter.sections else None
    return LetterLine(text=": ".join(filter(None, (letter.subject, said))), link=link, below=True)


def campaign_letter(notice: Notice, *, name: str, rules: Rules) -> Letter:
    """Return the letter that asks a person to answer a campaign, with their own address for it."""
    about, language = notice.about, notice.language
    link = CampaignLink(notice.obligation, int(str(about["number"])), int(str(about["version"])))
    today = local_moment(notice.queued_at).date()
    arguments = {"title": about["title"], "until": notice.due, "today": today}
    days = [(str(title), str(day)) for title, day in cast("list[list[str]]", about.get("days", []))]
    asks = str(about.get("asks", "link"))
    kind = "reminder" if notice.step.startswith("reminder") else "invitation"

    def line(code: str) -> str:
        return say(f"campaign_letter.{code}", arguments, language)

    page = LetterPage(
        subject=line(f"{kind}.subject"),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=str(about["text"]),
        table=tuple(
            LetterLine(label=say(code, {}, language), text=text)
            for code, text in (
                ("setting.group.organisation", str(about.get("organisation", ""))),
                ("web.campaigns.campaign", str(about["title"])),
                ("web.ground", str(about["act"])),
            )
            if text
        )
        + tuple(
            LetterLine(label=title, text=date_long(date.fromisoformat(day), language)) for title, day in days
        )
        + (
            LetterLine(label=say("web.campaigns.last_day", {}, language), text=date_long(notice.due, language)),
        ),
        sections=(
            LetterSection(
                heading=say("letter.heading_do", {}, language),
                lines=(
                    LetterLine(text=line(asks), link=campaign_address(rules, link), below=True),
                    LetterLine(text=line("own")),
                ),
            ),
        ),
        footer=say("letter.sent", {}, language),
    )
    return render_letter(page, language)


_MOMENTS = ("at", "until")


def account_letter(about: Mapping[str, object], *, name: str, rules: Rules, language: str) -> Letter:
    """Return the letter about an account: what happened, when, by whom, and what to do.

    Args:
        about: `event`, `login`, `at`, and other arguments of the event's sentences.
        name: name of the account's holder.
    """
    arguments = {**about, **{key: _moment(about[key]) for key in _MOMENTS if key in about}}
    way = f"_{about['way']}" if "way" in about else ""

    def line(code: str) -> str:
        return say(f"account_letter.{about['event']}.{code}", arguments, language)

    def label(code: str, key: str) -> LetterLine:
        return LetterLine(label=say(code, {}, language), text=str(arguments[key]))

    labels = (
        ("setting.group.organisation", "office"),
        *((f"account_letter.{key}", key) for key in ("login", "at", "by", "until")),
    )
    page = LetterPage(
        subject=line("subject"),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=line("lead"),
        table=tuple(label(code, key) for code, key in labels if arguments.get(key)),
        sections=(
            LetterSection(
                heading=say("letter.heading_do", {}, language),
                lines=(LetterLine(text=line(f"do{way}")), *_link(about, rules, language)),
            ),
        ),
        footer=say("account_letter.footer", {}, language),
    )
    return render_letter(page, language)


def _moment(value: object) -> str:
    """Return a stored UTC moment as local date and time."""
    return f"{local_moment(datetime.fromisoformat(str(value))):%d.%m.%Y, %H:%M}"


def _link(about: Mapping[str, object], rules: Rules, language: str) -> tuple[LetterLine, ...]:
    """Return the link to continue at: the user's own account, or the page for accepting an invitation."""
    place, code = "account", "web.account"
    if about["event"] == "invited":
        sealed, code = str(about["link"]), f"account_letter.enter_{about['way']}"
        secret = rules.unseal(sealed, owner_of_link(str(about["login"]))) if sealed else ""
        place = f"welcome/{secret}" if secret else "login"
    text = say(code, {}, language)
    return (LetterLine(text=text, link=f"{rules.public_address}/{place}"),)


def owner_of_link(login: str) -> str:
    """Return the string an invitation's encrypted link is bound to; it contains a blank, which no login
    does.
    """
    return f"invitation of {login}"


def is_expired_invitation(about: Mapping[str, object], today: date) -> bool:
    """Return whether a letter is an invitation whose link expired before today, a day in Almaty."""
    until = str(about.get("until", ""))
    return about["event"] == "invited" and bool(until) and local_day(datetime.fromisoformat(until)) < today
