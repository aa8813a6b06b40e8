"""The letter to a person about their own account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from i18n import say
from notifications.letters.page import Line, Page, Section, render_letter
from notifications.notice import Letter
from notifications.rules import Rules, local_moment

_MOMENTS = ("at", "until")


def account_letter(about: Mapping[str, object], *, name: str, rules: Rules, language: str) -> Letter:
    """Return the letter about an account: what happened, when, by whom, and what to do.

    Args:
        about: `event`, `login`, `at`, and other arguments of the event's sentences.
        name: name of the account's holder.
    """
    moments = {key: _moment(about[key], rules) for key in _MOMENTS if key in about}
    said = {**about, **moments}

    event = f"{about['event']}_{about['way']}" if "way" in about else about["event"]

    def line(code: str) -> str:
        return say(f"account_letter.{event}.{code}", said, language)

    def label(code: str, key: str) -> Line:
        return Line(label=say(f"account_letter.{code}", {}, language), text=str(said[key]))

    labels = (
        ("office", "office"),
        ("login", "login"),
        ("at", "at"),
        ("by", "by"),
        ("approved_by", "approved_by"),
        ("until", "until"),
    )
    table = tuple(label(code, key) for code, key in labels if said.get(key))
    page = Page(
        subject=line("subject"),
        greeting=say("letter.greeting", {"name": name}, language),
        lead=line("lead"),
        table=table,
        sections=(
            Section(
                heading=say("account_letter.heading", {}, language),
                lines=(Line(text=line("do")), *_link(about, rules, language)),
            ),
        ),
        footer=say("account_letter.footer", {}, language),
    )
    return render_letter(page, language)


def _moment(value: object, rules: Rules) -> str:
    return f"{local_moment(datetime.fromisoformat(str(value)), rules):%d.%m.%Y, %H:%M}"


def _link(about: Mapping[str, object], rules: Rules, language: str) -> tuple[Line, ...]:
    """Return the link to continue at: the user's own account, or the page for accepting an invitation."""
    if not rules.public_address:
        return ()
    place, code = "account", "link"
    if about["event"] == "sync_held":
        place, code = "administration/people/sync", "sync"
    if about["event"] == "invited":
        sealed, code = str(about["link"]), f"enter_{about['way']}"
        secret = rules.unseal(sealed, owner_of_link(str(about["login"]))) if sealed else ""
        place = f"welcome/{secret}" if secret else "login"
    text = say(f"account_letter.{code}", {}, language)
    return (Line(text=text, link=f"{rules.public_address}/{place}"),)


def owner_of_link(login: str) -> str:
    """Return the string an invitation's encrypted link is bound to; it contains a blank, which no login
    does.
    """
    return f"invitation of {login}"


def is_expired(about: Mapping[str, object], today: date) -> bool:
    """Return whether the letter was delayed so long that the link in it has expired."""
    until = str(about.get("until", ""))
    return about["event"] == "invited" and bool(until) and datetime.fromisoformat(until).date() < today
