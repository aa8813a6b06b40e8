"""The letter asking a person to answer a campaign, with a personal link."""

from __future__ import annotations

from datetime import date
from typing import cast

from i18n import date_long, say
from notifications.campaign_links import AnswerLink, answer_address
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.notice import Letter, Notice
from notifications.rules import Rules, local_moment


def campaign_letter(notice: Notice, *, name: str, rules: Rules) -> Letter:
    """Return the letter of a campaign's notice."""
    about, language = notice.about, notice.language
    link = AnswerLink(notice.obligation, int(str(about["number"])), int(str(about["version"])))
    today = local_moment(notice.queued_at, rules).date()
    said = {"title": about["title"], "until": notice.due, "today": today}
    days = [(str(title), str(day)) for title, day in cast("list[list[str]]", about.get("days", []))]
    asks = str(about.get("asks", "link"))
    kind = "reminder" if notice.rung.startswith("reminder") else "invitation"

    def line(code: str) -> str:
        return say(f"campaign_letter.{code}", said, language)

    page = Page(
        subject=line(f"{kind}.subject"),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=str(about["text"]),
        table=tuple(
            Line(label=line(code), text=text)
            for code, text in (
                ("organisation", str(about.get("organisation", ""))),
                ("title", str(about["title"])),
                ("act", str(about["act"])),
            )
            if text
        )
        + tuple(Line(label=title, text=date_long(date.fromisoformat(day), language)) for title, day in days)
        + (Line(label=line("until"), text=say("campaign_letter.day", said, language)),),
        sections=(
            Section(
                heading=line("heading"),
                lines=(
                    Line(text=line(asks), link=answer_address(rules, link), below=True),
                    Line(text=line("own")),
                ),
            ),
        ),
        footer=say("letter.sent", {}, language),
    )
    return render_letter(page, language)
